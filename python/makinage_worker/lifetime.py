"""When a worker ends: with the service, and for no other reason."""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def ignore_signals() -> None:
    """A terminal's Ctrl-C and systemd's stop reach the whole group; the service drains, so its workers go on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def die_with_parent(parent: int) -> None:
    """Linux: asks the kernel to kill this process when the service dies, whatever it is doing then.

    `parent` is the service's process id, read first thing in the process. Best effort: end of file on the socket
    says the same.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return
    # It may have died before the request; its id may be 1 in a container, so only the change tells.
    if os.getppid() != parent:
        os._exit(0)

"""Runs the command in its arguments, and ends it with all its children when standard input ends: with the service."""

import os
import signal
import subprocess
import sys
import threading


def _follow():
    os.read(0, 1)
    # This process leads a group of its own.
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=_follow, daemon=True).start()
sys.exit(subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL))

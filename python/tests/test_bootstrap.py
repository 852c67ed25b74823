"""What the launcher leaves behind for a child's sudden end, and what the first code of children imports."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent
LAUNCH = (SCRIPTS / "launch.py").read_text()
DEADLINE_SECONDS = 60

WORKER = """
import os, subprocess, sys, time
{before}
exec({source!r})
try:
    os.waitpid(-1, os.WNOHANG)
    sys.exit("the model meets a child that isn't its own")
except ChildProcessError:
    pass
children = [
    subprocess.Popen(["sleep", "1000"]),
    subprocess.Popen(["sleep", "1000"], start_new_session=True),
]
print(*[child.pid for child in children], flush=True)
time.sleep(1000)
"""


def start(before: str) -> tuple[subprocess.Popen[str], list[int]]:
    script = WORKER.format(source=LAUNCH, before=before)
    mark = {**os.environ, "MAKINAGE_CHILD": f"test-{os.getpid()}-{time.time_ns()}"}
    worker = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, process_group=0, env=mark
    )
    assert worker.stdout is not None
    return worker, [int(child) for child in worker.stdout.readline().split()]


def lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def wait_until_gone(processes: list[int]) -> None:
    wait_until(lambda: not any(map(lives, processes)))


def wait_until(over: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not over():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked up in /proc")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="the test starts a process group")
@pytest.mark.parametrize("before", ["", "del os.pidfd_open"], ids=["with a pidfd", "without"])
def test_what_a_killed_worker_has_started_ends_with_it(before: str) -> None:
    worker, children = start(before)
    assert len(children) == 2
    # As an init that ends a whole service does: the worker itself ignores it, and so does what watches it.
    watching = [process for process in in_group(worker.pid) if process not in (worker.pid, *children)]
    assert len(watching) == 1
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(watching[0], name)
    worker.kill()
    worker.wait()
    wait_until_gone([*children, *watching])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked up in /proc")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="the test starts a process group")
@pytest.mark.parametrize("before", ["", "import os; del os.pidfd_open\n"], ids=["with a pidfd", "without"])
@pytest.mark.parametrize("sends_first", [False, True])
def test_a_program_ends_when_the_service_does_whatever_that_sent_before(before: str, sends_first: bool) -> None:
    service, theirs = socket.socketpair()
    with theirs:
        program = subprocess.Popen(
            [sys.executable, "-c", before + LAUNCH, "sleep", "1000"], stdin=theirs, process_group=0
        )
    wait_until(lambda: b"sleep" in Path(f"/proc/{program.pid}/cmdline").read_bytes()[:6])
    if sends_first:
        service.sendall(b"what the program never reads")
    assert program.poll() is None
    service.close()
    assert program.wait(DEADLINE_SECONDS) == -signal.SIGKILL


def in_group(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == group:
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("script", ["bootstrap.py", "registry.py", "launch.py"])
def test_a_file_in_the_current_folder_takes_the_place_of_no_standard_module(script: str, tmp_path: Path) -> None:
    for name in ("json", "os", "struct", "signal", "socket", "subprocess", "threading"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('mine')")
    text = (SCRIPTS / script).read_text()
    # Without what the script does: it waits for a service.
    imports = text[: text.index("\ndef ")]
    subprocess.run([sys.executable, "-c", imports], cwd=tmp_path, check=True, timeout=DEADLINE_SECONDS)

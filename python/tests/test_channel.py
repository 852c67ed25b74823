"""The worker's end of the socket: what wakes it."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from makinage_worker.protocol import Kind, frame

_ECHO = """
import socket, sys

sys.path.insert(0, sys.argv[1])
from makinage_worker.channel import Channel
from makinage_worker.counting import Counting
from makinage_worker.protocol import Kind, frame

channel = Channel(socket.socket(fileno=0))
counting = Counting(channel)
while True:
    channel.send(frame(Kind.RESULT, channel.receive(counting)[1]))
"""
_TIMES = 30


def _sleeps(process):
    """How often the process's main thread has gone to sleep, once it sleeps."""
    while True:
        status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
        if "\nState:\tS" in status:
            return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
        assert process.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="a property of Linux's sockets, told by its /proc")
def test_a_worker_wakes_once_for_each_frame_and_not_when_its_answer_is_read():
    mine, theirs = socket.socketpair()
    mine.settimeout(60)
    package = str(Path(__file__).parents[1])
    with subprocess.Popen([sys.executable, "-c", _ECHO, package], stdin=theirs) as process, mine:
        theirs.close()

        def ask():
            mine.sendall(frame(Kind.BATCH, 7))
            # It has answered, and waits for the next frame.
            assert mine.recv(100, socket.MSG_PEEK) == frame(Kind.RESULT, 7)
            _sleeps(process)
            mine.recv(100)
            return _sleeps(process)

        before = ask()
        for _ in range(_TIMES):
            after = ask()
    assert after - before < 1.5 * _TIMES

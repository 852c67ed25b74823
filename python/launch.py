"""First code of every child process of the service: leaves a watcher in its group, then becomes what was asked for.

The service runs `python -c <this text>` as the leader of a group of its own, with a socket as standard input.

- With arguments, those are a program, which takes this one's place. It never sees the socket: the end of that is the
  service's end, and the watcher's business.
- Without, the text of a script follows below, which has the socket, and ends by itself when the service does.
"""

import sys

# Before anything is imported: `-c` puts the current folder first on the path, where a `json.py` may be anybody's.
sys.path[:] = [entry for entry in sys.path if entry != ""]

import os
import select
import signal
import time

_MARK = b"MAKINAGE_CHILD"
# The longest, in seconds, that a service which runs may take to end the group of a leader that has ended.
_SERVICE_FIRST = 60


def _leave_a_watcher(leader, service, socket):
    """Leaves a small process in the leader's group, which ends that once the leader has ended, however that came about.

    The service does the same, but may be killed itself, and the kernel then ends a leader alone, if that: what a model
    has started (a pool of processes, programs) would stay for good. The end of `socket` is the service's.
    """
    if os.getpgrp() != leader:
        return  # the group is somebody else's, who would end with it
    started = os.fork()
    if started:
        os.waitpid(started, 0)
        return
    try:
        # What asks the whole service to stop is no reason to leave: a worker goes on until it has finished.
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        # Nobody's child, so that a model that waits for, or counts, its own children doesn't meet it.
        if os.fork() == 0:
            _wait_for_an_end(leader, service, socket)
            _end_what_left_the_group()
            os.killpg(0, signal.SIGKILL)
    finally:
        os._exit(0)


def _wait_for_an_end(leader, service, socket):
    waiting = select.poll()
    # What is sent over the socket isn't for this process: only its end is waited for, which is always told.
    if socket is not None:
        waiting.register(socket, 0)
    try:
        waiting.register(os.pidfd_open(leader), select.POLLIN)
        tick = None
    except (AttributeError, OSError):
        # An older system, or one that isn't Linux. While this process is in the leader's group nobody else gets the
        # leader's number.
        tick = 100
    # The ends of the socket and of the output are told by the leader's copies alone.
    os.closerange(0 if socket is None else 1, 3)
    ended = []
    while not ended and _is_there(leader):
        ended = [descriptor for descriptor, _ in waiting.poll(tick)]
    if socket not in ended:
        _leave_it_to_the_service(leader, service)


def _leave_it_to_the_service(leader, service):
    """A service that runs ends the group itself, and before this process: it takes note of those that it ends.

    As a container's first process it must. A leader that has ended keeps its number until that is done, or until
    nobody is there to do it.
    """
    deadline = time.monotonic() + _SERVICE_FIRST
    while _is_there(leader) and _runs(service) and time.monotonic() < deadline:
        time.sleep(0.02)


def _runs(process):
    try:
        with open("/proc/" + str(process) + "/stat", "rb") as stat:
            state = stat.read().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state not in (b"T", b"t", b"X", b"Z")


def _end_what_left_the_group():
    mark = _MARK + b"=" + os.environb.get(_MARK, b"")
    try:
        processes = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return  # not Linux
    for process in processes:
        try:
            with open("/proc/" + process + "/environ", "rb") as environ:
                marked = mark in environ.read().split(b"\0")
            if marked and os.getpgid(int(process)) != os.getpgrp():
                os.kill(int(process), signal.SIGKILL)
        except OSError:
            pass  # it has ended, or is somebody else's


def _is_there(process):
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _become(program):
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    # Python ignores these, and what is ignored stays so in the program.
    for name in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(name, signal.SIG_DFL)
    try:
        os.execvp(program[0], program)
    except OSError as error:
        sys.exit(f"{program[0]} can't be run: {error.strerror}")


def _launch(program):
    # Before there is anything to copy.
    _leave_a_watcher(os.getpid(), os.getppid(), 0 if program else None)
    if program:
        _become(program)


_launch(sys.argv[1:])

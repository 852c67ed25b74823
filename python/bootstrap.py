"""First code of a worker process: the service runs `python -c <this text>` with the socket as standard input.

It takes the socket off descriptor 0, receives the worker package over it and imports that package from memory,
so that nothing is written to disk and the package is always of the service's own version. Layout of the first
message: `protocol/README.md`, "Start of a worker".
"""

import sys

# Before anything is imported: `-c` puts the current folder first on the path, where a `json.py` may be anybody's.
sys.path[:] = [entry for entry in sys.path if entry != ""]

# All at the top: an import inside the importer's own methods would ask the importer again.
import json
import linecache
import os
import select
import signal
import socket
import struct
import time
from importlib.machinery import ModuleSpec


def _receive(sock, size):
    """Exactly `size` bytes from the socket; ends the process when the service has gone."""
    chunks = []
    while size:
        chunk = sock.recv(min(size, 1 << 20))
        if not chunk:
            sys.exit(0)
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


class _MemoryImporter:
    """Finder and loader of the received modules, by their full dotted names only."""

    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, name, path=None, target=None):
        if name not in self.sources:
            return None
        package = any(other.startswith(name + ".") for other in self.sources)
        return ModuleSpec(name, self, origin=self.filename(name), is_package=package)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__spec__.name
        source, filename = self.sources[name], self.filename(name)
        module.__file__ = filename
        # No modification time: linecache keeps the entry, so tracebacks can show these lines.
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        exec(compile(source, filename, "exec", dont_inherit=True), module.__dict__)

    def get_source(self, name):
        return self.sources[name]

    def filename(self, name):
        return "<" + name + ">"


def _end_the_group_with(worker):
    """Leaves a small process in the worker's group, which ends that once the worker has ended, however that came about.

    The service does the same, but may be killed itself, and the kernel then ends the worker alone: what a model has
    started (a pool of processes, programs) would stay for good.
    """
    if os.getpgrp() != worker:
        return  # the group is somebody else's, who would end with it
    started = os.fork()
    if started:
        os.waitpid(started, 0)
        return
    try:
        # What asks the whole service to stop is no reason to leave: the worker goes on until it has finished.
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        # Nobody's child, so that a model that waits for, or counts, its own children doesn't meet it.
        if os.fork() == 0:
            _wait_for_the_end_of(worker)
            _end_what_left_the_group()
            os.killpg(0, signal.SIGKILL)
    finally:
        os._exit(0)


def _wait_for_the_end_of(worker):
    try:
        handle = os.pidfd_open(worker)
    except (AttributeError, OSError):
        handle = None
    # The ends of the socket and of the output are told by the worker's copies alone.
    os.closerange(0, 3)
    if handle is None:
        # An older system, or one that isn't Linux. While this process is in the worker's group nobody else gets the
        # worker's number.
        while _is_there(worker):
            time.sleep(0.1)
    else:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        waiting.poll()


def _end_what_left_the_group():
    mark = b"MAKINAGE_WORKER=" + os.environb.get(b"MAKINAGE_WORKER", b"")
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


def _main():
    parent = os.getppid()
    # Before there is anything to copy.
    _end_the_group_with(os.getpid())
    # os.dup makes a descriptor that children of the worker don't inherit.
    sock = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    (size,) = struct.unpack("<I", _receive(sock, 4))
    sources = json.loads(_receive(sock, size))
    sys.meta_path.insert(0, _MemoryImporter(sources))
    from makinage_worker.loop import main

    main(sock, parent)


_main()

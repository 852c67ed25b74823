"""First code of a worker process, which follows `launch.py` there: the socket is standard input.

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
import socket
import struct
from importlib.machinery import ModuleSpec


def _receive_page(sock, size):
    """Exactly `size` bytes, and the descriptor of the page that came with them, or None."""
    # Children of the worker must not inherit it.
    head, pages, _, _ = socket.recv_fds(sock, size, 1, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
    if not head:
        sys.exit(0)
    return head + _receive(sock, size - len(head)), pages[0] if pages else None


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


def _main():
    parent = os.getppid()
    # os.dup makes a descriptor that children of the worker don't inherit.
    sock = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    head, page = _receive_page(sock, 4)
    sources = json.loads(_receive(sock, *struct.unpack("<I", head)))
    sys.meta_path.insert(0, _MemoryImporter(sources))
    from makinage_worker.loop import main

    main(sock, parent, page)


_main()

"""The library of `crates/trees`, compiled for the tests as the service's build does it."""

import os
import subprocess
from pathlib import Path

CRATE = Path(__file__).parents[2] / "crates/trees"


def module_text(folder):
    """The text of the module `trees_binary`."""
    file = folder / "trees.so"
    compiler = os.environ.get("RUSTC", "rustc")
    command = [compiler, f"@{CRATE / 'library.args'}", str(CRATE / "src/lib.rs"), "-o", str(file)]
    subprocess.run(command, check=True, cwd=CRATE)
    return f'LIBRARY = "{file.read_bytes().hex()}"\n'

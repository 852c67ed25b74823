"""What a worker writes that nobody has told it to: the levels of log lines, and where it crashed."""

import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import logging, warnings
from makinage_worker import stdio
stdio.make_tolerant()
stdio.name_levels()
logging.getLogger("mine").info("nothing")
logging.getLogger("mine").warning("odd")
logging.getLogger().error("worse")
own = logging.StreamHandler()
logging.getLogger("other").addHandler(own)
logging.getLogger("other").warning("as its handler says")
"""

CRASH = """
import ctypes
from makinage_worker import stdio
stdio.tell_crashes()
def step(event):
    ctypes.string_at(0)
step(1)
"""


def test_lines_of_loggers_without_a_handler_say_their_level_and_others_are_their_own():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert ran.stderr.splitlines() == ["WARNING:mine:odd", "ERROR:root:worse", "as its handler says"]
    assert ran.stdout == ""


def test_a_crash_says_where_in_python_it_was_and_stays_a_crash():
    ended = subprocess.run(
        [sys.executable, "-c", CRASH], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert ended.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in ended.stderr
    assert 'File "<string>", line 6 in step' in ended.stderr

"""What Python's own logging writes in a worker where nobody has set it up."""

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


def test_lines_of_loggers_without_a_handler_say_their_level_and_others_are_their_own():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert ran.stderr.splitlines() == ["WARNING:mine:odd", "ERROR:root:worse", "as its handler says"]
    assert ran.stdout == ""

"""Saves a model that keeps what its users keep: pools of processes, forked and spawned, and programs.

An event above 100 says how its worker ends: 101 with `os._exit`, 102 by a crash.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import mlflow.pyfunc


class WithChildren(mlflow.pyfunc.PythonModel):
    """Ten processes beside the worker's own, or more."""

    def load_context(self, context):
        self.pools = [multiprocessing.get_context(way).Pool(2) for way in ("fork", "spawn", "forkserver")]
        # A fork by itself has the worker's socket, and nobody tells it of the worker's end.
        self.fork = multiprocessing.get_context("fork").Process(target=time.sleep, args=(1000,))
        self.fork.start()
        # What they inherit is not closed, as in a program that is older than PEP 446.
        self.programs = [
            subprocess.Popen(["sleep", "1000"], close_fds=False),
            subprocess.Popen(["sh", "-c", "sleep 1000 & sleep 1000"]),
            subprocess.Popen(["sleep", "1000"], start_new_session=True),
            # Whose parent has ended before.
            subprocess.Popen(["sh", "-c", "setsid sleep 999 &"]),
        ]

    def predict(self, context, model_input, params=None):
        for row in model_input:
            if row[0] == 101:
                os._exit(3)
            if row[0] == 102:
                os.kill(os.getpid(), signal.SIGSEGV)
        return [sum(self.pools[0].map(float, row)) for row in model_input]


mlflow.pyfunc.save_model(sys.argv[1], python_model=WithChildren(), pip_requirements=[])

"""Saves a model that predicts 0, and does to its process what a row's third number says."""

import logging
import os
import signal
import sys
import time

import mlflow.pyfunc
import numpy as np

logging.getLogger("mlflow").setLevel(logging.ERROR)

CRASHES, HANGS, LEAKS, FAILS = 1, 2, 3, 4
LEAK = 16 * 1024 * 1024


class Faulty(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        kinds = np.asarray(model_input, dtype=float)[:, 2]
        for kind in kinds[kinds != 0]:
            self.act(int(kind))
        return np.zeros(len(kinds), int)

    def act(self, kind):
        if kind == CRASHES:
            os.kill(os.getpid(), signal.SIGSEGV)
        while kind == HANGS:
            time.sleep(1)
        if kind == LEAKS:
            # Filled, so that it is there and not only promised.
            self.__dict__.setdefault("leaked", []).append(b"\x01" * LEAK)
        if kind == FAILS:
            raise ValueError("this one fails")


mlflow.pyfunc.save_model(sys.argv[1], python_model=Faulty(), pip_requirements=["mlflow"])

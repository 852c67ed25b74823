"""How long a fresh interpreter takes until it has a model: what no service that loads it can be quicker than.

Prints three lines as they come: once MLflow is imported, once the model is loaded, and once it has answered a row.
"""

import json
import sys
import warnings
from pathlib import Path

import mlflow.pyfunc

print("imported", flush=True)
warnings.simplefilter("ignore")
folder = sys.argv[1]
model = mlflow.pyfunc.load_model(folder)
print("loaded", flush=True)
with (Path(folder).parent / "events.jsonl").open() as events:
    model.predict([json.loads(events.readline())])
print("answered", flush=True)

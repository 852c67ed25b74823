"""Trains the demo's model and saves it with MLflow, run by the Python that is to serve it; its argument is a folder.

Leaves there `model/`, `classes.txt` (what the model's numbers mean, one a line) and `events.jsonl` (flowers that the
model hasn't seen).
"""

import json
import os
import sys
from pathlib import Path

if sys.version_info < (3, 10):
    sys.exit("it is Python %d.%d, and 3.10 or newer is needed" % sys.version_info[:2])

# The demo reports to nobody.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow.sklearn
import sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

folder = Path(sys.argv[1])
iris = load_iris()
seen, unseen, kinds, _ = train_test_split(iris.data, iris.target, test_size=50, random_state=4)
mlflow.sklearn.save_model(
    LogisticRegression(max_iter=1000).fit(seen, kinds),
    folder / "model",
    serialization_format="cloudpickle",
    # Named, because MLflow would start another Python to find them out.
    pip_requirements=["scikit-learn==" + sklearn.__version__],
)
(folder / "classes.txt").write_text("".join(name + "\n" for name in iris.target_names), encoding="utf-8")
(folder / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in unseen.tolist()), encoding="utf-8")

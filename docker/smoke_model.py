"""Makes the model that `cargo xtask images` publishes: FOLDER/model.zip, run with the image's own Python."""

import shutil
import sys
from pathlib import Path

import mlflow.sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

folder = Path(sys.argv[1])
rows, kinds = load_iris(return_X_y=True)
mlflow.sklearn.save_model(LogisticRegression(max_iter=1000).fit(rows, kinds), folder / "model")
shutil.make_archive(str(folder / "model"), "zip", folder / "model")

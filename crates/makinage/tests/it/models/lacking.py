"""Saves models that name a package that isn't installed here: FOLDER/<name>."""

import logging
import sys
from pathlib import Path

import mlflow.pyfunc

logging.getLogger("mlflow").setLevel(logging.ERROR)


class Plural(mlflow.pyfunc.PythonModel):
    """Can't be loaded without the package."""

    def load_context(self, context):
        import inflection

        self.pluralize = inflection.pluralize

    def predict(self, context, model_input, params=None):
        return [self.pluralize(str(word)) for word in model_input]


class Upper(mlflow.pyfunc.PythonModel):
    """Does without it."""

    def predict(self, context, model_input, params=None):
        return [str(word).upper() for word in model_input]


worker = [f"mlflow-skinny=={mlflow.__version__}", "numpy", "pandas", "cloudpickle"]
for name, model, requirements in (
    ("plural", Plural(), [*worker, "inflection==0.5.1"]),
    ("upper", Upper(), [*worker, "inflection==0.5.1"]),
    ("impossible", Upper(), [*worker, "inflection==99.0"]),
):
    folder = Path(sys.argv[1]) / name
    mlflow.pyfunc.save_model(folder, python_model=model, pip_requirements=requirements)
    # MLflow adds itself, whole, which would take the build a minute more.
    listed = (folder / "requirements.txt").read_text().splitlines()
    (folder / "requirements.txt").write_text("\n".join(line for line in listed if not line.startswith("mlflow==")))

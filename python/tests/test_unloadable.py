"""A model that doesn't load is told with the hint that helps, and with none where the cause isn't sure."""

import pickle
import platform
import subprocess
import sys
import types

import numpy as np
import pytest
from harness import setup_request

from makinage_worker import environment, errors, model, unloadable
from makinage_worker.environment import Mismatch
from makinage_worker.namesakes import HookModules
from makinage_worker.unloadable import Loading, hint

HERE = ".".join(platform.python_version_tuple()[:2])


def loading(tmp_path, *mismatches, python=HERE):
    (tmp_path / "MLmodel").write_text(f"flavors:\n  python_function:\n    python_version: {python}.1\n")
    return Loading(str(tmp_path), list(mismatches))


@pytest.mark.parametrize(
    "text",
    [
        "Can't get attribute 'Scale' on <module '__main__' (built-in)>",
        "Can't get attribute 'Scale' on <module '__main__' from '/home/me/train.py'>",
        "Can't get attribute 'Scale' on <module '__mp_main__' from '/home/me/train.py'>",
        "Can't resolve path 'Scale' on module '__main__'",
    ],
)
def test_what_a_notebook_or_script_defined_is_to_be_moved_whatever_else_differs(text, tmp_path):
    told = hint(AttributeError(text), loading(tmp_path, Mismatch("pandas==1.0", "2.0")))
    assert told.startswith("Scale was defined in the notebook or script")
    assert 'code_paths=["parts.py"]' in told
    assert "pip" not in told


def test_a_missing_main_module_is_a_script_too(tmp_path):
    told = hint(ModuleNotFoundError("No module named '__mp_main__'", name="__mp_main__"), loading(tmp_path))
    assert "notebook or script" in told
    assert "pip" not in told


def test_a_module_of_the_users_that_lacks_a_name_is_another_one(tmp_path, monkeypatch):
    other = types.ModuleType("utils")
    other.__file__ = "/home/me/utils.py"
    monkeypatch.setitem(sys.modules, "utils", other)
    told = hint(
        AttributeError("Can't get attribute 'Scale' on <module 'utils' from '/home/me/utils.py'>"), loading(tmp_path)
    )
    assert "the module utils here (/home/me/utils.py) is another one" in told
    assert 'code_paths=["utils.py"]' in told


def test_an_installed_package_that_lacks_a_name_or_a_module_is_another_version(tmp_path):
    version = environment.installed_version("scikit-learn")
    lacks = AttributeError("Can't get attribute '_Old' on <module 'sklearn.tree' from '/x/sklearn/tree/__init__.py'>")
    gone = ModuleNotFoundError("No module named 'sklearn.linear_model.logistic'", name="sklearn.linear_model.logistic")
    nodes = ValueError("node array from the pickle has an incompatible dtype:\n- expected: ...")
    for error in (lacks, gone, nodes):
        told = hint(error, loading(tmp_path))
        assert f"another version of scikit-learn than is here ({version})" in told
        assert "pip install sklearn" not in told
        known = hint(error, loading(tmp_path, Mismatch("scikit-learn==0.22", version)))
        assert "pip install 'scikit-learn==0.22'" in known


def test_a_pickle_of_numpy_2_on_numpy_1_asks_for_2(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "installed_version", lambda package: "1.26.4")
    told = hint(
        ModuleNotFoundError("No module named 'numpy._core.numeric'", name="numpy._core.numeric"), loading(tmp_path)
    )
    assert "another version of numpy than is here (1.26.4)" in told
    assert "pip install 'numpy>=2'" in told


def test_a_random_generator_of_another_numpy_is_named(tmp_path):
    error = ValueError("<class 'numpy.random._mt19937.MT19937'> is not a known BitGenerator module.")
    assert f"another version of numpy than is here ({np.__version__})" in hint(error, loading(tmp_path))


@pytest.mark.parametrize(
    "error",
    [
        TypeError("code() argument 13 must be str, not int"),
        TypeError("code expected at least 16 arguments, got 15"),
        ValueError("bad marshal data (unknown type code)"),
        SystemError("unknown opcode"),
        ValueError("unsupported pickle protocol: 6"),
        ModuleNotFoundError("No module named 'distutils'", name="distutils"),
    ],
)
def test_code_of_another_python_is_named_where_it_was_another(error, tmp_path):
    told = hint(error, loading(tmp_path, python="3.7"))
    assert f"the model was saved with Python 3.7, and this is {HERE}" in told
    assert "operators.<name>.python" in told
    assert hint(error, loading(tmp_path)) is None


def test_a_module_that_nobody_knows_may_be_the_users_own(tmp_path):
    told = hint(ModuleNotFoundError("No module named 'my_features'", name="my_features"), loading(tmp_path))
    assert 'code_paths=["my_features.py"]' in told
    assert told.endswith("pip install my_features")
    told = hint(
        ModuleNotFoundError("No module named 'my_features'", name="my_features"),
        loading(tmp_path, Mismatch("pandas==1.0", "2.0")),
    )
    assert "pandas" not in told


def test_a_package_that_the_model_names_is_installed_by_its_requirement(tmp_path):
    told = hint(
        ModuleNotFoundError("No module named 'inflection'", name="inflection"),
        loading(tmp_path, Mismatch("inflection==0.5.1", None)),
    )
    assert told == environment.command([Mismatch("inflection==0.5.1", None)])
    assert "code_paths" not in told
    yaml = hint(ModuleNotFoundError("No module named 'cv2'", name="cv2"), loading(tmp_path))
    assert yaml == errors.install_command(["opencv-python"])


def test_a_pointer_of_git_lfs_in_the_model_is_named_before_what_it_leads_to(tmp_path):
    where = loading(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "model.pkl").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n")
    told = hint(pickle.UnpicklingError("invalid load key, 'v'."), where)
    assert told.startswith("data/model.pkl in the model is a Git LFS pointer")


@pytest.mark.parametrize(
    "error", [ValueError("bad weights"), AttributeError("'X' object has no attribute 'y'"), KeyError("a")]
)
def test_what_is_not_sure_has_no_hint(error, tmp_path):
    assert hint(error, loading(tmp_path)) is None
    assert hint(error, loading(tmp_path, Mismatch("pandas==1.0", "2.0"))) == environment.command(
        [Mismatch("pandas==1.0", "2.0")]
    )


def test_the_cause_is_looked_for_behind_what_was_raised_of_it(tmp_path):
    error = RuntimeError("can't load")
    error.__cause__ = AttributeError("Can't get attribute 'Scale' on <module '__main__' (built-in)>")
    assert "Scale was defined" in hint(error, loading(tmp_path))
    error.__cause__ = error
    assert hint(error, loading(tmp_path)) is None


SCRIPT = """
import sys, mlflow.sklearn
from sklearn.base import BaseEstimator
{header}
mlflow.sklearn.save_model(Scale(), sys.argv[1], serialization_format='pickle', pip_requirements=['scikit-learn'])
"""
SCALE = """
class Scale(BaseEstimator):
    def predict(self, x):
        return x
"""


def saved(tmp_path, header, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "train.py").write_text(SCRIPT.format(header=header))
    folder = tmp_path / "model"
    command = [sys.executable, "train.py", str(folder)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)  # our own text
    return str(folder)


def failure(folder):
    with pytest.raises(errors.SetupError) as caught:
        model.load(folder, HookModules(setup_request(folder)))
    return caught.value.report


def test_a_real_model_whose_class_stood_in_a_script(tmp_path, monkeypatch):
    # As it is in a worker; here it is pytest.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    report = failure(saved(tmp_path, SCALE))
    assert report.error == "AttributeError"
    assert report.hint.startswith("Scale was defined in the notebook or script")


def test_a_real_model_whose_class_stood_in_a_module_that_is_not_here(tmp_path):
    report = failure(
        saved(tmp_path, "from my_scale import Scale", my_scale=f"from sklearn.base import BaseEstimator{SCALE}")
    )
    assert 'code_paths=["my_scale.py"]' in report.hint


def test_hints_never_fail(tmp_path):
    class BrokenError(Exception):
        def __str__(self):
            raise RuntimeError

    assert hint(BrokenError(), Loading(str(tmp_path / "nowhere"), [])) is None
    assert unloadable.hint(ModuleNotFoundError("x", name=".."), loading(tmp_path)) is not None

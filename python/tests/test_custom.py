"""Whose code is in a model."""

import numpy as np

from makinage_worker.custom import has_users_code
from makinage_worker.errors import is_installed


def doubled(data):
    return data * 2


def test_a_model_with_code_of_the_users_runs_one_event_after_the_other():
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    class Own(LinearRegression):
        def predict(self, data):
            return super().predict(data)

    assert not has_users_code(LinearRegression())
    assert not has_users_code(make_pipeline(FunctionTransformer(np.log1p), LinearRegression()))
    assert has_users_code(Own())
    assert has_users_code(make_pipeline(FunctionTransformer(doubled), LinearRegression()))
    assert has_users_code(make_pipeline(LinearRegression(), Own()))


def test_packages_of_the_user_and_of_the_system_are_installed_as_those_of_the_environment_are():
    folders = ("/home/ada/.local/lib/python3.12/site-packages/x", "/usr/lib/python3/dist-packages", np.__path__[0])
    assert all(is_installed(f"{folder}/module.py") for folder in folders)
    assert not is_installed("/home/ada/packages/module.py")


def test_a_class_that_was_typed_in_is_the_users_and_one_that_is_made_of_a_text_is_its_librarys():
    files = {"<stdin>": True, "<ipython-input-3-0a>": True, "<string>": False, "<frozen x>": False}
    for file, is_users in files.items():
        made = {}
        exec(compile("class Typed:\n    def predict(self, data):\n        return data\n", file, "exec"), made)
        assert has_users_code(made["Typed"]()) is is_users, file

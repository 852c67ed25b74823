"""Modules that hooks and a model's code have under one name, with real models in a fresh Python, as in a worker."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness import setup_request
from models import QUICK

PACKAGE = Path(__file__).parents[1]

RUN = """
import json, sys
sys.path[:] = [entry for entry in sys.path if entry]
sys.path.append(PACKAGE)
request, model, event = json.load(sys.stdin)
from makinage_worker import errors, protocol
import numpy
from makinage_worker.assembly import Setup
from harness import notices, raw_batch, read_results
try:
    serving, _ = Setup(request).load(model, notices([]))
except errors.SetupError as error:
    print("\\n" + json.dumps(error.report.as_json()))
else:
    results = serving.run(protocol.decode_batch(memoryview(raw_batch([event])))).frames(1, 1)
    payloads = [protocol.split_body(frame[4:])[2] for frame in results]
    (result,) = read_results(payloads)
    print("\\n" + json.dumps([result.status, result.value]))
"""

WRAPPER = """
import mlflow.pyfunc
{imports}
class Wrapper(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [{value}]
"""
"""A class in a module of the model's, which its pickle names."""

HOOK = """
{imports}
def predict(model, config):
    def step(x):
        {lazy}
        return [{value}, model.predict(x)]
    return step
"""


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """A model folder of MLflow's whose class is `wrapper.Wrapper` of its code folder; the tests put the code there."""
    folder = tmp_path_factory.mktemp("saved")
    write(folder, {"code/wrapper.py": WRAPPER.format(imports="", value="0")})
    script = (
        "import sys, mlflow.pyfunc, wrapper\n"
        f"mlflow.pyfunc.save_model(sys.argv[1], python_model=wrapper.Wrapper(), code_paths=[sys.argv[2]], "
        f"**{QUICK!r})\n"
    )
    model = folder / "model"
    done = subprocess.run(
        [sys.executable, "-c", script, str(model), str(folder / "code" / "wrapper.py")],
        env={**os.environ, "PYTHONPATH": str(folder / "code"), "MLFLOW_DISABLE_TELEMETRY": "true"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return model


@pytest.fixture
def serve(saved, tmp_path):
    """`serve(beside, code, …)`: the hook's and the model's answer, or the report, with these files on both sides."""

    def start(beside, code, hook="hooks:predict", python_path=None, unsent=()):
        config, model = tmp_path / "config", tmp_path / "model"
        subprocess.run(["cp", "-r", str(saved), str(model)], check=True)
        write(config, beside)
        write(model / "code", code)
        request = setup_request(str(config), hooks={"predict": hook} if hook else None)
        sources = {str(config / name): text for name, text in beside.items() if name not in unsent}
        request["modules"] = {name: text for name, text in sources.items() if name.endswith(".py")}
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [python_path, str(PACKAGE / "tests")]))}
        done = subprocess.run(
            [sys.executable, "-c", RUN.replace("PACKAGE", repr(str(PACKAGE)))],
            input=json.dumps([request, str(model), [1.0]]),
            capture_output=True,
            text=True,
            env=env,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return start


def wrapper(imports, value):
    return WRAPPER.format(imports=imports, value=value)


def hook(imports, value, lazy="pass"):
    return HOOK.format(imports=imports, value=value, lazy=lazy)


def scored(answer):
    """The hook's own value, and the model's."""
    assert isinstance(answer, list), answer
    status, value = answer
    assert status in ("prediction", "output"), answer
    return value


def refused(answer, *files):
    """Whether the answer is a refusal that names both files and what to rename."""
    assert isinstance(answer, dict), answer
    assert answer["step"] == "load", answer
    for file in files:
        assert file in answer["message"], answer
    assert "rename" in answer["hint"], answer
    assert "pip install" not in answer["hint"], answer
    return answer


@pytest.mark.parametrize("lazily", [False, True])
def test_two_files_of_one_name_that_differ_are_refused_with_both_named(serve, tmp_path, lazily):
    imports = "import utils"
    answer = serve(
        {"utils.py": "VALUE = 'hook'\n", "hooks.py": hook("" if lazily else imports, "utils.VALUE", imports)},
        {"utils.py": "VALUE = 'model'\n", "wrapper.py": wrapper(imports, "utils.VALUE")},
    )
    told = refused(answer, str(tmp_path / "config/utils.py"), str(tmp_path / "model/code/utils.py"))
    assert "only one utils" in told["hint"]


def test_files_with_the_same_text_are_one(serve):
    text = "VALUE = 'same'\n"
    answer = serve(
        {"utils.py": text, "hooks.py": hook("import utils", "utils.VALUE")},
        {"utils.py": text.replace("\n", "\r\n"), "wrapper.py": wrapper("import utils", "utils.VALUE")},
    )
    assert scored(answer) == ["same", "same"]


@pytest.mark.parametrize("beside_init", [None, "'''Only a text.'''\n# and a comment\n", "NAME = 'hooks'\n"])
@pytest.mark.parametrize("model_init", [None, "", "NAME = 'model'\n"])
@pytest.mark.parametrize("lazily", [False, True])
def test_packages_of_one_name_share_their_modules(serve, tmp_path, beside_init, model_init, lazily):
    both = beside_init is not None and model_init is not None
    beside = {"my_model/serve.py": "VALUE = 'hook'\n", "my_model/deep/one.py": "VALUE = 1\n"}
    code = {"my_model/net.py": "from my_model.deep.two import VALUE\n", "my_model/deep/two.py": "VALUE = 'model'\n"}
    imports = "import my_model.serve, my_model.deep.one"
    beside["hooks.py"] = hook("" if lazily else imports, "my_model.serve.VALUE", imports)
    code["wrapper.py"] = wrapper("import my_model.net, my_model", "[my_model.net.VALUE, vars(my_model).get('NAME')]")
    if beside_init is not None:
        beside |= {"my_model/__init__.py": beside_init, "my_model/deep/__init__.py": beside_init}
    if model_init is not None:
        code |= {"my_model/__init__.py": model_init, "my_model/deep/__init__.py": model_init}
    answer = serve(beside, code)
    says = [text for text in (beside_init, model_init) if text and "NAME" in text]
    if both and len(says) == 2:
        refused(
            answer, str(tmp_path / "config/my_model/__init__.py"), str(tmp_path / "model/code/my_model/__init__.py")
        )
    else:
        name = says[0].split("'")[1] if says else None
        assert scored(answer) == ["hook", ["model", name]]


def test_the_package_that_the_readme_names_may_be_in_both(serve):
    answer = serve(
        {"my_model/__init__.py": "", "my_model/serve.py": hook("", "'hook'")},
        {
            "my_model/__init__.py": "",
            "my_model/net.py": "VALUE = 'model'\n",
            "wrapper.py": wrapper("from my_model.net import VALUE", "VALUE"),
        },
        hook="my_model.serve:predict",
    )
    assert scored(answer) == ["hook", "model"]


def test_a_module_deep_in_both_packages_is_refused_by_its_whole_name(serve, tmp_path):
    answer = serve(
        {"my_model/parts/cells.py": "VALUE = 1\n", "hooks.py": hook("import my_model.parts.cells", "1")},
        {"my_model/parts/cells.py": "VALUE = 2\n", "wrapper.py": wrapper("import my_model.parts.cells", "1")},
    )
    told = refused(
        answer,
        "my_model.parts.cells",
        str(tmp_path / "config/my_model/parts/cells.py"),
        str(tmp_path / "model/code/my_model/parts/cells.py"),
    )
    assert told["where"] == str(tmp_path / "config/my_model/parts/cells.py")


@pytest.mark.parametrize(
    ("beside", "code"),
    [
        ({"utils.py": ""}, {"utils/__init__.py": ""}),
        ({"utils/__init__.py": ""}, {"utils.py": ""}),
        ({"utils.py": ""}, {"utils/part.py": ""}),
        ({"utils/part.py": ""}, {"utils.py": ""}),
    ],
)
def test_a_module_and_a_package_of_one_name_are_refused(serve, beside, code):
    answer = serve(
        beside | {"hooks.py": hook("import utils", "1")}, code | {"wrapper.py": wrapper("import utils", "1")}
    )
    refused(answer, "utils", "/config/utils", "/model/code/utils")


def test_a_folder_of_data_is_no_package(serve):
    answer = serve(
        {"data/table.csv": "1\n", "utils.py": "VALUE = 'hook'\n", "hooks.py": hook("import utils", "utils.VALUE")},
        {"utils/table.csv": "1\n", "data.py": "VALUE = 'model'\n", "wrapper.py": wrapper("import data", "data.VALUE")},
    )
    assert scored(answer) == ["hook", "model"]


def test_what_no_hook_imports_doesn_t_matter_and_the_model_gets_its_own(serve):
    answer = serve(
        {"train.py": "1/0\n", "old/__init__.py": "1/0\n", "old/x.py": "", "hooks.py": hook("", "'hook'")},
        {
            "train.py": "VALUE = 1\n",
            "old/x.py": "VALUE = 2\n",
            "wrapper.py": wrapper("import train, old.x", "[train.VALUE, old.x.VALUE]"),
        },
        unsent=("train.py", "old/__init__.py", "old/x.py"),
    )
    assert scored(answer) == ["hook", [1, 2]]


def test_imports_by_names_put_together_count(serve):
    answer = serve(
        {
            "utils.py": "VALUE = 1\n",
            "hooks.py": hook("import importlib", "importlib.import_module('ut' + 'ils').VALUE"),
        },
        {"utils.py": "VALUE = 2\n", "wrapper.py": wrapper("import utils", "utils.VALUE")},
        unsent=("utils.py",),
    )
    refused(answer, "/config/utils.py", "/model/code/utils.py")


@pytest.mark.parametrize(
    ("how", "value"),
    [
        ("import pickle", r"pickle.loads(b'cutils\nVALUE\n.')"),
        ("import pydoc", "pydoc.locate('utils.VALUE')"),
        ("import pkgutil", "pkgutil.resolve_name('utils:VALUE')"),
        ("scope = {}; exec('import ' + 'utils', scope)", "scope['utils'].VALUE"),
    ],
)
def test_imports_by_names_that_stand_in_data_count(how, value, serve):
    answer = serve(
        {"utils.py": "VALUE = 1\n", "hooks.py": hook(how, value)},
        {"utils.py": "VALUE = 2\n", "wrapper.py": wrapper("import utils", "utils.VALUE")},
        unsent=("utils.py",),
    )
    refused(answer, "/config/utils.py", "/model/code/utils.py")


def test_hooks_find_what_only_the_model_s_code_has_when_they_are_called(serve):
    answer = serve(
        {"hooks.py": hook("", "net.VALUE", "import net")},
        {"net.py": "VALUE = 'only the model'\n", "wrapper.py": wrapper("import net", "net.VALUE")},
    )
    assert scored(answer) == ["only the model", "only the model"]


def test_a_collision_of_encoders_is_refused_too(serve, tmp_path):
    shared = {"utils.py": "VALUE = 1\n"}
    codec = "import json, utils\ndef decode(data): return json.loads(data)\ndef encode(value): return b'1'\n"
    answer = serve(
        shared | {"hooks.py": hook("import codec", "1"), "codec.py": codec},
        {"codec.py": codec, "utils.py": "VALUE = 2\n", "wrapper.py": wrapper("import utils, codec", "1")},
    )
    refused(answer, str(tmp_path / "config/utils.py"), str(tmp_path / "model/code/utils.py"))


def test_modules_in_pythonpath_collide_alike(serve, tmp_path):
    write(tmp_path / "lib", {"utils.py": "VALUE = 'hook'\n"})
    answer = serve(
        {"hooks.py": hook("import utils", "utils.VALUE")},
        {"utils.py": "VALUE = 'model'\n", "wrapper.py": wrapper("import utils", "utils.VALUE")},
        python_path=str(tmp_path / "lib"),
    )
    refused(answer, str(tmp_path / "lib/utils.py"), str(tmp_path / "model/code/utils.py"))


@pytest.mark.parametrize("name", ["joblib", "colorsys"])
def test_a_module_of_the_model_s_that_hooks_import_from_elsewhere_is_refused(serve, tmp_path, name):
    # An installed package and a standard module, which the hooks have brought before the model looks for its own.
    answer = serve(
        {"hooks.py": hook(f"import {name}", "1")},
        {f"{name}.py": "VALUE = 'model'\n", "wrapper.py": wrapper(f"import {name}", f"{name}.VALUE")},
    )
    told = refused(answer, f"/{name}", str(tmp_path / f"model/code/{name}.py"))
    assert "rename the model's" in told["hint"]


@pytest.mark.parametrize(("name", "hides"), [("sklearn", True), ("joblib", True), ("statistics_of_mine", False)])
def test_a_file_beside_the_config_that_hides_what_a_model_needs_is_named(serve, tmp_path, name, hides):
    imports = f"from {name} import nothing_of_this_name"
    answer = serve({f"{name}.py": "", "hooks.py": hook("", "1")}, {"wrapper.py": wrapper(imports, "1")})
    hint = answer["hint"] or ""
    assert (f"{tmp_path}/config/{name}.py hides the installed package {name}: rename it" in hint) == hides, answer
    assert "pip install" not in hint, answer


@pytest.mark.parametrize("use", ["import colorsys; colorsys.rgb_to_hsv", "from colorsys import rgb_to_hsv"])
def test_a_file_that_hides_a_standard_module_from_a_model_is_named(serve, tmp_path, use):
    answer = serve({"colorsys.py": "", "hooks.py": hook("", "1")}, {"wrapper.py": wrapper(use, "1")})
    assert answer["step"] == "load"
    assert f"{tmp_path}/config/colorsys.py hides the standard module colorsys: rename it" in answer["hint"], answer


def test_a_file_that_hides_what_mlflow_itself_needs_is_named(serve, tmp_path):
    answer = serve({"yaml.py": "", "hooks.py": hook("", "1")}, {})
    assert f"{tmp_path}/config/yaml.py hides the installed package yaml: rename it" in answer["hint"], answer


def test_a_module_that_a_package_of_both_lacks_is_nothing_to_install(serve, tmp_path):
    answer = serve(
        {"my_model/serve.py": hook("", "1")},
        {"my_model/net.py": "", "wrapper.py": wrapper("import my_model.other", "1")},
        hook="my_model.serve:predict",
    )
    assert answer["hint"].startswith("the package my_model is "), answer
    assert f"{tmp_path}/config/my_model" in answer["hint"]
    assert "has no module other" in answer["hint"]

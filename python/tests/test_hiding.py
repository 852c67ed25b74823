"""Files beside the config that stand in for standard and installed modules: what `check` says, in a fresh Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
STEP = "def predict(model, config): return lambda x: x\n"


@pytest.fixture
def check(tmp_path):
    """`check(files, hook)`: problems and warnings of a config folder with these files."""

    def start(files, hook="hooks:predict", encoders=()):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        request = {
            "folder": str(tmp_path),
            "hooks": {"predict": hook},
            "encoders": list(encoders),
            "packages": ["numpy", "mlflow"],
            "retry_on": [],
            "modules": {},
        }
        script = (
            f"import json, sys\nsys.path[:] = [entry for entry in sys.path if entry]\n"
            f"sys.path.append({str(PACKAGE)!r})\nfrom makinage_worker.check import check\n"
            "print(json.dumps(check(json.load(sys.stdin))))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], input=json.dumps(request), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        return answer["problems"], answer["warnings"]

    return start


@pytest.mark.parametrize(
    ("name", "attribute"),
    [("colorsys", "rgb_to_hsv"), ("plistlib", "load"), ("joblib", "dump"), ("mlflow", "log_param")],
)
@pytest.mark.parametrize("form", ["{}.py", "{}/__init__.py"])
@pytest.mark.parametrize("use", ["from {0} import {1}\n", "import {0}\n{0}.{1}\n", "import {0}.deep.down\n"])
def test_what_hides_another_module_is_named_where_a_hook_s_import_fails(check, tmp_path, name, attribute, form, use):
    file = form.format(name)
    (problem,), _ = check({file: "", "hooks.py": use.format(name, attribute) + STEP})
    kind = "standard module" if name in sys.stdlib_module_names else "installed package"
    assert problem["hint"] == f"{tmp_path}/{file} hides the {kind} {name}: rename it, and what imports it"


def test_what_hides_a_standard_module_is_named_before_anything_fails(check, tmp_path):
    problems, warnings = check({"colorsys.py": "", "utils.py": "", "mlflow/__init__.py": "", "hooks.py": STEP})
    assert problems == []
    assert [warning.partition(",")[0] for warning in warnings] == [
        f"{tmp_path}/colorsys.py hides the standard module colorsys",
        f"{tmp_path}/mlflow/__init__.py hides the installed package mlflow",
    ]


@pytest.mark.parametrize(
    "files", [{"colorsys/table.csv": ""}, {"colorsys/part.py": ""}, {"random.py": "", "json.py": ""}]
)
def test_what_hides_nothing_is_not_named(check, files):
    # A folder without `__init__.py` comes after whole modules; what NumPy has imported already, nobody imports again.
    assert check(
        files | {"hooks.py": "import colorsys, random, json\ncolorsys.rgb_to_hsv, random.random\n" + STEP}
    ) == (
        [],
        [],
    )


@pytest.mark.parametrize("name", ["random", "json", "time"])
def test_a_file_that_a_standard_module_comes_before_is_named(check, tmp_path, name):
    (problem,), _ = check({f"{name}.py": STEP}, hook=f"{name}:predict")
    assert f"the standard module {name}" in problem["hint"]
    assert f"comes before {tmp_path}/{name}.py: rename your file" in problem["hint"]


def test_an_encoder_that_a_standard_module_comes_before_is_named(check, tmp_path):
    codec = "def encode(value): return b''\ndef decode(data): return 1\n"
    (problem,), _ = check({"json.py": codec, "hooks.py": STEP}, encoders=["json"])
    assert f"comes before {tmp_path}/json.py: rename your file" in problem["hint"]


def test_a_submodule_that_isn_t_there_is_nothing_to_install(check, tmp_path):
    (problem,), _ = check({"my_model/serve.py": ""}, hook="my_model.sevre:predict")
    assert problem["hint"].startswith(
        f"the package my_model is {tmp_path}/my_model, and has no module sevre: put sevre.py"
    )


def test_a_module_that_is_really_missing_is_still_to_be_installed(check):
    (problem,), _ = check({"hooks.py": "import nothing_of_this_name\n" + STEP})
    assert problem["hint"].endswith("-m pip install nothing_of_this_name")
    (problem,), _ = check({}, hook="nowhere:predict")
    assert problem["hint"].startswith("no nowhere.py or package of that name in ")

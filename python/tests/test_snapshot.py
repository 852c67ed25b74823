"""The user's modules from memory: what they are to code that looks, and that the disk's later state doesn't matter."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path):
    """`run(files, modules, code)`: what the code prints as JSON, in a fresh Python with the folder on its path."""

    def start(files, modules, code, more_path=()):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        sources = {str(tmp_path / name): text for name, text in modules.items()}
        script = (
            "import json, sys\n"
            f"sys.path[:0] = {[str(tmp_path), *map(str, more_path), str(PACKAGE)]!r}\n"
            "from makinage_worker import snapshot\n"
            f"snapshot.install({sources!r})\n{code}\n"
        )
        output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert output.returncode == 0, output.stderr
        return json.loads(output.stdout)

    return start


def test_the_modules_of_the_protocol_s_fixture_are_enough_without_the_disk(run):
    fixture = json.loads((PACKAGE.parent / "protocol/fixtures/modules.json").read_text("utf-8"))
    modules = {name: fixture["disk"][name] for name in fixture["modules"]}
    code = "import my_model.serve as m, my_codec.inner\nprint(json.dumps(m.VALUE))"
    assert run({}, modules, code) == fixture["VALUE"]


def test_the_text_in_memory_wins_over_the_disk_and_its_compilation(run, tmp_path):
    files = {"my_model/serve.py": "half = (", "other.py": "x = 'disk'"}
    modules = {"my_model/serve.py": "import other\nvalue = other.x"}
    got = run(files, modules, "import my_model.serve as m\nprint(json.dumps([m.value, m.__file__]))")
    assert got == ["disk", str(tmp_path / "my_model/serve.py")]
    assert not list((tmp_path / "my_model").glob("__pycache__/*"))


def test_files_that_are_gone_are_imported_all_the_same(run):
    modules = {"whole/__init__.py": "from . import part", "whole/part.py": "x = 1", "open/deep/m.py": "y = 2"}
    code = "import whole, open.deep.m\nprint(json.dumps([whole.part.x, open.deep.m.y]))"
    assert run({}, modules, code) == [1, 2]


def test_data_files_and_resources_beside_a_module_are_found(run):
    files = {"my_model/__init__.py": "", "my_model/data.txt": "data"}
    code = (
        "import importlib.resources, pkgutil, my_model\n"
        "one = importlib.resources.files('my_model').joinpath('data.txt').read_text()\n"
        "print(json.dumps([one, pkgutil.get_data('my_model', 'data.txt').decode()]))"
    )
    assert run(files, {"my_model/__init__.py": "x = 1"}, code) == ["data", "data"]


def test_a_traceback_shows_the_lines_that_run(run, tmp_path):
    code = "import traceback, m\ntry: m.f()\nexcept ValueError: print(json.dumps(traceback.format_exc()))"
    got = run({"m.py": "\n\nsomething_else\n"}, {"m.py": "def f():\n    raise ValueError('here')\n"}, code)
    assert f'File "{tmp_path / "m.py"}", line 2, in f' in got
    assert "raise ValueError('here')" in got


def test_a_module_before_it_on_the_path_still_wins(run, tmp_path):
    first = tmp_path / "first"
    first.mkdir()
    (first / "m.py").write_text("x = 'first'", "utf-8")
    code = f"sys.path.insert(0, {str(first)!r})\nimport m\nprint(json.dumps(m.x))"
    assert run({"m.py": ""}, {"m.py": "x = 'memory'"}, code) == "first"


def test_a_package_in_parts_keeps_the_parts_that_are_on_disk(run, tmp_path):
    code = "import p.here, p.there\nprint(json.dumps([p.here.x, p.there.x]))"
    files = {"more/p/there.py": "x = 2", "p/here.py": "x = 0"}
    assert run(files, {"p/here.py": "x = 1"}, code, [tmp_path / "more"]) == [1, 2]


def test_modules_of_python_itself_are_left_alone(run):
    assert run({}, {"elsewhere/json.py": "1/0"}, "import colorsys\nprint(json.dumps(colorsys.__name__))") == "colorsys"

"""Hooks whose source is nowhere, or isn't what runs, are in doubt, and the line says so."""

import linecache
import py_compile
import sys
import types
import zipfile
import zipimport
from importlib.machinery import SourcelessFileLoader
from importlib.util import module_from_spec, spec_from_file_location

import pytest
from harness import FakeModel

from makinage_worker.arrays import ArrayPlan
from makinage_worker.desk import Desk
from makinage_worker.encoding import built_in
from makinage_worker.native import Libraries
from makinage_worker.predict import Manner
from makinage_worker.proxy import ModelProxy
from makinage_worker.purity import look
from makinage_worker.steps import Steps, Topics

HOOK = """
class Limits:
    LOW = 0.5

def predict(model):
    def _predict(i):
        return model.predict(i) > Limits.LOW
    return _predict
"""


def said_of(module):
    model = ModelProxy(
        object(), Libraries(FakeModel(None, object())), ArrayPlan(), Desk(ArrayPlan(), None, Manner("serve"))
    )
    json = built_in("makinage.encoding.json")
    found = look(Topics([json], json, 1 << 20), Steps(predict=module.predict(model))).doubtful
    return "" if found is None else str(found)


@pytest.fixture
def loaded(monkeypatch):
    """`loaded(name, loader)`: a module as this loader has it."""

    def load(name, loader, path):
        module = module_from_spec(spec_from_file_location(name, path, loader=loader))
        monkeypatch.setitem(sys.modules, name, module)
        loader.exec_module(module)
        return module

    return load


def test_a_file_of_bytecode_alone(tmp_path, loaded):
    source = tmp_path / "purity_compiled.py"
    source.write_text(HOOK)
    compiled = tmp_path / "purity_compiled.pyc"
    py_compile.compile(source, compiled)
    source.unlink()
    assert "has no source that can be read" in said_of(
        loaded("purity_compiled", SourcelessFileLoader("purity_compiled", str(compiled)), compiled)
    )


def test_a_class_whose_file_is_bytecode_alone(tmp_path, loaded):
    source = tmp_path / "purity_limits.py"
    source.write_text("class Limits:\n    LOW = 0.5\n")
    compiled = tmp_path / "purity_limits.pyc"
    py_compile.compile(source, compiled)
    loaded("purity_limits", SourcelessFileLoader("purity_limits", str(compiled)), compiled)
    path = tmp_path / "purity_hook.py"
    path.write_text(HOOK.replace("class Limits:\n    LOW = 0.5\n", "from purity_limits import Limits\n"))
    module = types.ModuleType("purity_hook")
    exec(compile(path.read_text(), str(path), "exec", dont_inherit=True), vars(module))
    assert "whose source can't be read" in said_of(module)


def test_text_that_was_executed():
    module = types.ModuleType("purity_executed")
    exec(HOOK, vars(module))
    assert "has no source that can be read" in said_of(module)


def test_a_file_that_has_changed_since(tmp_path):
    path = tmp_path / "purity_changed.py"
    path.write_text(HOOK)
    module = types.ModuleType("purity_changed")
    exec(compile(HOOK, str(path), "exec", dont_inherit=True), vars(module))
    path.write_text(HOOK.replace("> Limits", "< Limits"))
    linecache.checkcache(str(path))
    assert "can't be told from its source" in said_of(module)


def test_a_file_in_an_archive_is_read_there(tmp_path, loaded):
    archive = tmp_path / "hooks.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("purity_zipped.py", HOOK.replace("Limits.LOW", "0.5"))
    loader = zipimport.zipimporter(str(archive))
    assert said_of(loaded("purity_zipped", loader, archive / "purity_zipped.py")) == ""

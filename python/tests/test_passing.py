"""Errors after which an event may be tried again: which they are, and how the service is told."""

import sys
import types

import pytest
from harness import FakeModel, Served, raw_batch

from makinage_worker.passing import Passing


class Busy(Exception):  # noqa: N818  # as users name theirs
    """An error of a user's."""

    class Deeper(Exception):  # noqa: N818
        """One within a class."""


class Busier(Busy):
    """One that is made from it."""


HERE = __name__


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (["TimeoutError"], TimeoutError("late")),
        (["builtins.TimeoutError"], TimeoutError("late")),
        (["OSError"], ConnectionRefusedError("away")),
        (["IOError"], FileNotFoundError("gone")),
        ([f"{HERE}.Busy"], Busy()),
        ([f"{HERE}.Busy"], Busier()),
        ([f"{HERE}.Busy.Deeper"], Busy.Deeper()),
        (["ValueError", f"{HERE}.Busier"], Busier()),
    ],
)
def test_errors_of_a_named_class_and_of_those_made_from_it_may_pass(names, error):
    passing = Passing(names)
    assert passing.includes(error)
    assert passing.warnings == []


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ([], TimeoutError()),
        (["TimeoutError"], OSError()),
        ([f"{HERE}.Busier"], Busy()),
        (["Exception"], SystemExit(1)),
        (["Exception"], KeyboardInterrupt()),
        (["Exception"], MemoryError()),
        (["OSError"], OSError(12, "no memory")),
    ],
)
def test_others_do_not_and_never_what_ends_a_process(names, error):
    assert not Passing(names).includes(error)


def test_a_class_may_be_named_as_it_is_imported_or_as_it_calls_itself(monkeypatch):
    module, hidden = types.ModuleType("shop"), types.ModuleType("shop_errors")
    module.Busy = hidden.Busy = type("Busy", (Exception,), {"__module__": "shop.errors"})
    monkeypatch.setitem(sys.modules, "shop", module)
    assert Passing(["shop.Busy"]).includes(hidden.Busy())
    # The module that it calls its own can't be imported: it is known by that name alone.
    passing = Passing(["shop.errors.Busy"])
    assert passing.includes(hidden.Busy())
    assert len(passing.warnings) == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("TimeoutEror", "no error of its own that is called TimeoutEror (did you mean TimeoutError"),
        ("json.JSONDecodeErrror", "the module json has no JSONDecodeErrror (did you mean JSONDecodeError?)"),
        ("no_such_package.Busy", "there is no module no_such_package"),
        ("json.loads", "json.loads is no class of errors"),
        ("builtins.SystemExit", "builtins.SystemExit is no class of errors"),
        ("print", "print is no class of errors"),
        ("json.loads.nothing", "has no loads.nothing"),
    ],
)
def test_a_name_that_leads_nowhere_is_one_warning_with_what_is_near(name, told):
    (warning,) = Passing([name]).warnings
    assert warning.startswith("retry_on: ")
    assert told in warning


def test_a_module_that_cannot_be_imported_is_a_warning(tmp_path, monkeypatch):
    (tmp_path / "breaks_here.py").write_text("raise SystemExit('no')")
    monkeypatch.syspath_prepend(tmp_path)
    (warning,) = Passing(["breaks_here.Busy"]).warnings
    assert "breaks_here can't be imported (SystemExit: no)" in warning


def hook(tmp_path, monkeypatch, name, text):
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return str(tmp_path)


RAISES = """
class Away(Exception):
    pass
def predict(model, config):
    def step(event):
        if event == "away":
            raise Away("the shop is away")
        if event == "bad":
            raise ValueError("bad")
        return event
    return step
"""


def test_the_service_is_told_which_failures_may_pass(tmp_path, monkeypatch):
    folder = hook(tmp_path, monkeypatch, "raises_away", RAISES)
    hooks = {"predict": "raises_away:predict"}
    served = Served(FakeModel(len), folder=folder, hooks=hooks, retry_on=["raises_away.Away"])
    for results in (served.raw(["fine", "away", "bad"]), served.singly(raw_batch(["fine", "away", "bad"]))):
        assert [result.status for result in results] == ["prediction", "passing", "failed"]
        assert results[1].value["error"] == "Away"
        assert results[1].value["message"] == "the shop is away"
    assert served.loaded["warnings"] == []


def test_a_name_that_leads_nowhere_is_told_when_the_model_is_loaded(tmp_path, monkeypatch):
    folder = hook(tmp_path, monkeypatch, "raises_away_2", RAISES)
    served = Served(
        FakeModel(len), folder=folder, hooks={"predict": "raises_away_2:predict"}, retry_on=["raises_away_2.Awy"]
    )
    assert served.loaded["warnings"] == [
        "retry_on: the module raises_away_2 has no Awy (did you mean Away?); only an error that calls itself "
        "raises_away_2.Awy is tried again"
    ]


def test_a_decoder_and_a_model_may_meet_errors_that_pass(tmp_path, monkeypatch):
    codec = "def decode(data):\n    raise TimeoutError('late')\nencode = decode\n"
    folder = hook(tmp_path, monkeypatch, "codec_away", codec)
    served = Served(FakeModel(len), folder=folder, source="codec_away", retry_on=["TimeoutError"])
    assert [result.status for result in served.raw(["1"])] == ["passing"]

    def away(rows):
        raise ConnectionError("away")

    served = Served(FakeModel(away), folder=folder, retry_on=["ConnectionError"])
    assert [result.status for result in served.raw([[1, 2], [3, 4]])] == ["passing", "passing"]

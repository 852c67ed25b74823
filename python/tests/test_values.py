"""What reaches a model is what the event had, numbers, texts, dates and fields, or the event is refused."""

import numpy as np
import pandas as pd
import pytest
from harness import FakeModel, Served
from hypothesis import example, given
from hypothesis import strategies as st

from makinage_worker import features, jsontext
from makinage_worker.arrays import ArrayPlan, as_array, numbers
from makinage_worker.cells import Column
from makinage_worker.columns import ColumnPlan
from makinage_worker.moments import moment
from makinage_worker.records import RecordPlan
from makinage_worker.tensors import Tensor, TensorPlan

BIG = [2**53 + 1, -(2**53) - 1, 2**60 + 1, 2**63 - 1, 2**63 + 1, 2**64 - 1]


def given_to_model(plan, *events):
    rows = [plan.row(event) for event in events]
    assert len({row.key for row in rows}) == 1
    data, errors = plan.assemble(rows[0].key, [row.value for row in rows])
    for error in errors.values():
        raise error
    return data


class TestNumbers:
    @pytest.mark.parametrize(
        "text", ["1e400", "-1e309", "1" + "0" * 400 + ".0", "[1, 2e999]", '{"a": {"b": [1E+1000]}}']
    )
    @pytest.mark.parametrize("has_orjson", [True, False])
    def test_numbers_beyond_float64_are_not_json_events(self, text, has_orjson, monkeypatch):
        if not has_orjson:
            monkeypatch.setattr(jsontext, "orjson", None)
        with pytest.raises(ValueError, match="exceeds float64"):
            jsontext.loads(text.encode())

    @pytest.mark.parametrize("has_orjson", [True, False])
    def test_numbers_within_it_are_what_they_were(self, has_orjson, monkeypatch):
        if not has_orjson:
            monkeypatch.setattr(jsontext, "orjson", None)
        got = jsontext.loads(b"[1.7976931348623157e308, -0.0, 18446744073709551617, 9007199254740993]")
        assert repr(got) == "[1.7976931348623157e+308, -0.0, 18446744073709551617, 9007199254740993]"

    @pytest.mark.parametrize("big", BIG)
    @pytest.mark.parametrize("around", [lambda n: [n, 0.5], lambda n: [[0.5, 1], [2, n]], lambda n: [[[n]], [[0.25]]]])
    def test_an_integer_that_a_float_would_round_is_refused(self, big, around):
        with pytest.raises(ValueError, match=f"{big} would be rounded"):
            ArrayPlan().row(around(big))

    @given(
        st.recursive(st.integers() | st.floats(allow_nan=False), lambda inner: st.lists(inner, min_size=1, max_size=3))
    )
    @example([2**63, 2**63 + 2**11])
    def test_an_array_equals_its_event(self, event):
        try:
            array = as_array(event)
        except ValueError:
            return
        assert array.tolist() == event

    def test_that_is_the_events_failure_and_no_other_events(self, serve):
        model = FakeModel(lambda data: data[:, 0])
        first, bad, last = serve(model).raw([[1, 0.5], [2**53 + 1, 0.5], [2**53, 0.5]])
        assert (first.value, last.value) == (1, 2**53)
        assert (bad.status, bad.value["step"]) == ("failed", "pre_transform")
        assert "9007199254740993" in bad.value["message"]

    @pytest.mark.parametrize("big", BIG[:4])
    def test_columns_keep_the_last_digit(self, big):
        plan = ColumnPlan([Column("a", "long"), Column("b", "double")])
        for event in ([big, 0.5], {"a": big, "b": 0.5}):
            assert given_to_model(plan, event)["a"].tolist() == [big]

    @pytest.mark.parametrize(("kind", "big"), [("double", 2**53 + 1), ("float", 2**24 + 1), ("float", 2**200)])
    def test_a_float_column_refuses_an_integer_that_it_would_round(self, kind, big):
        plan = ColumnPlan([Column("a", kind)])
        row = plan.row({"a": big})
        _, errors = plan.assemble(row.key, [row.value, [0.5]])
        assert list(errors) == [0]
        assert "'a'" in str(errors[0])
        if big < 2**63:
            assert plan.dense(np.array([[big]])) is None

    @pytest.mark.parametrize("kind", ["long", "integer"])
    @pytest.mark.parametrize("number", [2.0**53, 1e18, 1e300, 0.5])
    def test_a_column_of_whole_numbers_refuses_a_float_that_may_not_be_what_was_written(self, kind, number):
        plan = ColumnPlan([Column("a", kind)])
        assert plan.dense(np.array([[number]])) is None
        with pytest.raises(ValueError, match="'a'"):
            given_to_model(plan, {"a": number})

    @pytest.mark.parametrize(
        ("dtype", "event"),
        [
            (np.float32, [2**24 + 1, 0.5]),
            (np.float32, [2**24 + 1, 1]),
            (np.float16, [2049, 1.5]),
            (np.float64, [2**53 + 1, 0.5]),
            (np.float32, [1e39, 0.5]),
            (np.float16, [70000.0, 0.5]),
            (np.int32, [2**31, 1]),
            (np.uint8, [-1, 1]),
            (np.int64, [2.0**53, 1.0]),
            (np.int64, [2**63, 1]),
            (np.str_, [1, 2]),
            (np.str_, ["a", 1]),
            (np.str_, ["a\0", "b"]),
        ],
    )
    def test_a_tensor_refuses_what_its_type_cannot_hold(self, dtype, event):
        plan = TensorPlan([Tensor("t", np.dtype(dtype), -1, (2,))])
        with pytest.raises(ValueError, match=r"'t'|would be rounded"):
            plan.row({"t": event})

    def test_a_decimal_is_the_nearest_float_of_the_type(self):
        plan = TensorPlan([Tensor(None, np.dtype(np.float32), -1, (3,))])
        data = given_to_model(plan, [0.1, 16777217.5, 2**24])
        assert data.tolist() == [[float(np.float32(0.1)), 16777218.0, 16777216.0]]
        assert given_to_model(ColumnPlan([Column("a", "float")]), [16777217.0])["a"].tolist() == [16777216.0]

    def test_a_matrix_of_numbers_is_all_integers_or_all_floats(self):
        assert numbers([[2**53 + 1, 1], [2, 3]]).tolist() == [[2**53 + 1, 1], [2, 3]]
        assert numbers([[2**53 + 1, 1.5], [2, 3.5]]) is None
        assert numbers([[2**64, 1], [2, 3]]) is None


class TestTexts:
    @given(st.lists(st.text(max_size=3) | st.sampled_from(["a\0", "\0", "b\0\0"]), min_size=1, max_size=4))
    def test_texts_keep_their_last_character_alone_and_in_lists(self, texts):
        plan = ArrayPlan()
        for text in texts:
            assert given_to_model(plan, text).tolist() == [text]
        assert given_to_model(plan, texts).tolist() == [texts]
        assert given_to_model(plan, [texts, texts]).tolist() == [texts, texts]

    @pytest.mark.parametrize("event", [[1, "a"], [1.5, "a"], [True, "a"], [["a", 1], ["b", 2]], [None, "a"]])
    def test_a_number_beside_a_text_stays_a_number(self, event):
        assert as_array(event).tolist() == event

    @given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
    def test_no_text_is_wider_for_its_neighbours(self, texts):
        plan = ArrayPlan()
        rows = [plan.row(text) for text in texts]
        for row in rows:
            together = plan.assemble(row.key, [other.value for other in rows if other.key == row.key])[0]
            assert together.dtype == plan.assemble(row.key, [row.value])[0].dtype


class TestKeys:
    """What stands in another place, or is of another type, is no neighbour."""

    @pytest.mark.parametrize(
        "pair",
        [
            (np.array([1.0, np.nan]), np.array([np.nan, 1.0])),
            (np.array([1.0, np.nan]), np.array([1.0, 2.0])),
            (np.array(["2024-01-01", "NaT"], dtype="M8[s]"), np.array(["2024-01-01", "2024-01-01"], dtype="M8[s]")),
            (np.array([1, None], dtype=object), np.array(["1", None], dtype=object)),
            (pd.DataFrame({"a": [1.0, None]}), pd.DataFrame({"a": [None, 1.0]})),
            (pd.DataFrame({"a": [1.0]}), pd.DataFrame({"a": [1]})),
            ({"a": 1}, {"a": 1.5}),
            ({"a": None}, {"a": 1.5}),
            ({"a": float("nan")}, {"a": 1.5}),
            ({"a": [1]}, {"a": [1.5]}),
            ({"a": 10**400, "b": 1e308}, {"a": 1, "b": 1e308}),
            ({"a": 1.5, "b": float("nan")}, {"a": float("nan"), "b": 1.5}),
        ],
    )
    def test_rows_that_could_change_each_other_do_not_stack(self, pair):
        assert len({ArrayPlan().row(value).key for value in pair}) == 2

    @pytest.mark.parametrize(
        "pair",
        [
            ({"a": 1}, {"a": 1.5}),
            ({"a": 1}, {"b": 1}),
            ({"a": 1}, {"a": None}),
            ({"a": {"b": [1, 2]}}, {"a": {"b": [1, "2"]}}),
            ([1], [1, 2]),
            (1, True),
        ],
    )
    def test_records_of_another_form_do_not_stack(self, pair):
        assert len({RecordPlan().row(value).key for value in pair}) == 2

    def test_like_values_do(self):
        for pair in ((np.array([1.0, np.nan]), np.array([2.0, np.nan])), ({"a": "x", "b": [1]}, {"a": "yy", "b": [2]})):
            plan = ArrayPlan()
            assert len({plan.row(value).key for value in pair}) == 1
        assert RecordPlan().row({"a": ["x", 1.5]}).key == RecordPlan().row({"a": ["zz", 2.5]}).key

    def test_tensors_with_nulls_do_not_stack_with_others(self):
        plan = TensorPlan([Tensor(None, np.dtype(np.float32), -1, (2,))])
        assert plan.row(np.array([1, np.nan])).key != plan.row(np.array([1, 2.0])).key


NO_MOMENTS = [
    *("", " ", "now", "today", "NaT", "nan", "null", "None", "x", "1", "10", "0", "-1", "2024", "2024-01", "10:30"),
    *("T10:30", "9999-12-31", "0001-01-01", "0000-01-01", "2024-02-30", "2024-13-01", "01/02/2024", "2024-01-02T"),
    *("2262-04-11T23:47:16.854775808", "1677-09-21T00:12:43.145224192", "2024-01-02T03:04:05.1234567891"),
    *("2024-01-02T24:00:00", "2024-01-02T03:04:60", "2024-01-02T03:04:05+25:00", "2024-01-02T03:04:05 EST"),
    "\N{FULLWIDTH DIGIT TWO}024-01-02",
]


class TestDates:
    @pytest.mark.parametrize(
        ("text", "want"),
        [
            ("2024-01-02", "2024-01-02"),
            ("20240102", "2024-01-02"),
            ("2024-01-02T03:04", "2024-01-02T03:04"),
            ("2024-01-02 03:04:05", "2024-01-02T03:04:05"),
            ("2024-01-02T03:04:05.123456789", "2024-01-02T03:04:05.123456789"),
            ("2024-01-02T03:04:05,5", "2024-01-02T03:04:05.5"),
            ("2024-01-02T03:04:05.1234567890000", "2024-01-02T03:04:05.123456789"),
            ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05"),
            ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05"),
            ("20240102T030405-0530", "2024-01-02T08:34:05"),
            ("2024-01-01T00:00:00+14", "2023-12-31T10:00:00"),
            ("1677-09-22", "1677-09-22"),
            ("2262-04-11T23:47:16.854775807", "2262-04-11T23:47:16.854775807"),
        ],
    )
    def test_iso_8601_is_read(self, text, want):
        assert moment(text) == np.datetime64(want, "ns")

    @pytest.mark.parametrize(
        "text",
        NO_MOMENTS,
    )
    def test_what_is_not_one_moment_is_refused(self, text):
        with pytest.raises(ValueError, match="'at'"):
            given_to_model(ColumnPlan([Column("at", "datetime")]), {"at": text})

    @pytest.mark.parametrize(
        "value", [pd.Timestamp("2024-01-02"), np.datetime64("2024-01-02"), pd.Timestamp("2024-01-02").date()]
    )
    def test_dates_of_a_pre_transform_are_dates(self, value):
        assert given_to_model(ColumnPlan([Column("at", "datetime")]), {"at": value})["at"].tolist() == [
            pd.Timestamp("2024-01-02")
        ]

    @pytest.mark.parametrize("value", [np.datetime64("9999-12-31"), pd.Timestamp("0001-01-01"), 5, True, [1]])
    def test_others_of_it_are_refused(self, value):
        with pytest.raises(ValueError, match="'at'"):
            given_to_model(ColumnPlan([Column("at", "datetime")]), {"at": value})


class TestFields:
    """Objects for a model without a signature."""

    def rows(self, plan, *events):
        return [plan.assemble(row.key, [row.value])[0].to_dict("records")[0] for row in map(plan.row, events)]

    def test_the_first_objects_order_holds_by_name_from_then_on(self):
        first, second = self.rows(ArrayPlan(), {"b": 1, "a": 2}, {"a": 3, "b": 4})
        assert list(first.items()) == [("b", 1), ("a", 2)]
        assert list(second.items()) == [("b", 4), ("a", 3)]

    def test_an_object_that_the_model_cannot_score_does_not_decide_the_order(self, serve):
        def predict(frame):
            return (frame["a"] - frame["b"]).to_numpy()

        events = [{"x": 1}, {"y": "stray"}, {"b": 1, "a": 3}, {"a": 5, "b": 1}, {"a": 1}, {"a": 1, "b": 2, "c": 3}]
        for batches in ([events], [[event] for event in events]):
            served = serve(FakeModel(predict))
            results = [result for batch in batches for result in served.raw(batch)]
            assert [result.status for result in results] == ["failed"] * 2 + ["prediction"] * 2 + ["failed"] * 2
            assert [result.value for result in results[2:4]] == [2, 4]
            assert "lacks 'b'" in results[4].value["message"]

    @pytest.mark.parametrize(
        ("event", "named"), [({"a": 1}, "'b'"), ({"a": 1, "b": 2, "c": 3}, "'c'"), ({"a": 1, "c": 2}, "'b'.*'c'")]
    )
    @pytest.mark.parametrize("names", [None, ["b", "a"]])
    def test_a_field_more_or_less_is_that_events_error_and_is_named(self, names, event, named):
        order = features.FieldOrder(names)
        plan = ArrayPlan(order)
        plan.row({"b": 1, "a": 2})
        order.settle(scored=True)
        with pytest.raises(ValueError, match=named):
            plan.row(event)
        assert self.rows(plan, {"a": 1, "b": 2}) == [{"b": 2, "a": 1}]

    def test_an_object_that_cannot_be_the_models_does_not_set_the_order(self):
        plan = ArrayPlan(features.FieldOrder(width=2))
        with pytest.raises(ValueError, match="'type'"):
            plan.row({"type": "ping"})
        assert self.rows(plan, {"b": 1, "a": 2}) == [{"b": 1, "a": 2}]


NAMES = ["second one", "first"]


def boosters():
    from lightgbm import LGBMRegressor
    from xgboost import XGBRegressor

    lightgbm, xgboost = LGBMRegressor(n_estimators=3, verbose=-1, min_child_samples=2), XGBRegressor(n_estimators=3)
    return {"lightgbm": lightgbm, "xgboost": xgboost}


def models():
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return {
        "sklearn": LinearRegression(),
        "pipeline": make_pipeline(StandardScaler(), LinearRegression()),
        "pipeline of lightgbm": make_pipeline(boosters()["lightgbm"]),
        **boosters(),
    }


def served_by(model, tmp_path):
    import mlflow.lightgbm
    import mlflow.sklearn
    import mlflow.xgboost

    kind = type(model).__module__.split(".", maxsplit=1)[0]
    flavour = {"lightgbm": mlflow.lightgbm, "xgboost": mlflow.xgboost}.get(kind, mlflow.sklearn)
    more = {"serialization_format": "cloudpickle"} if flavour is mlflow.sklearn else {}
    flavour.save_model(model, str(tmp_path / "model"), pip_requirements=[], **more)
    return Served(str(tmp_path / "model"), folder=str(tmp_path))


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("name", list(models()))
def test_a_models_own_names_decide_the_order_of_an_objects_fields(name, native, tmp_path):
    model = models()[name]
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=NAMES)
    model.fit(frame, frame["first"] * 100 + frame["second one"])
    want = model.predict(frame[:2]).tolist()
    if native and name in boosters():
        model = model.booster_ if name == "lightgbm" else model.get_booster()
    elif native:
        pytest.skip("it has one form only")
    events = [dict(reversed(row.items())) for row in frame[:2].to_dict("records")]
    good, other, bad = served_by(model, tmp_path).raw([*events, {**events[0], "extra": 1}])
    assert [good.value, other.value] == pytest.approx(want)
    assert "'extra'" in bad.value["message"]


@pytest.mark.parametrize("name", list(models()))
def test_a_model_without_names_takes_the_first_objects_order(name, tmp_path):
    model = models()[name]
    rows = np.random.default_rng(1).normal(size=(60, 2))
    model.fit(rows, rows[:, 1] * 100 + rows[:, 0])
    want = model.predict(rows[:2]).tolist()
    (x, y), (u, v) = rows[:2].tolist()
    bad, good, other = served_by(model, tmp_path).raw([{"b": 1.0}, {"b": x, "a": y}, {"a": v, "b": u}])
    assert [good.value, other.value] == pytest.approx(want)
    assert "2 features" in bad.value["message"]


class TestNeighbours:
    """Events that look alike and aren't: what a batch makes of one is what it is alone."""

    @pytest.mark.parametrize(
        "events",
        [
            [[9007199254740993, 1], [2**63, -1], [3, 4]],
            [9007199254740993, 2**64 - 1, 5, -1],
            [[2**63, 1], [1, 2], [3, 4]],
        ],
    )
    def test_integers_keep_their_type_beside_larger_ones(self, events, serve):
        def seen(data):
            return [f"{data.dtype} {row.tolist()}" for row in data]

        together = serve(FakeModel(seen), row_wise=True).raw(events)
        alone = [serve(FakeModel(seen)).raw([event])[0] for event in events]
        assert [(one.status, one.value) for one in together] == [(one.status, one.value) for one in alone]

    @pytest.mark.parametrize("categories", [["a", "b"], ["b", "a"], None])
    def test_categories_are_what_they_are_alone(self, categories):
        frames = [pd.DataFrame({"c": pd.Categorical([value], categories)}) for value in ("a", "b")]
        plan = ArrayPlan()
        rows = [plan.row(frame) for frame in frames]
        assert (rows[0].key == rows[1].key) is (categories is not None)
        other = plan.row(pd.DataFrame({"c": pd.Categorical(["a"], ["a", "b", "c"])}))
        assert other.key not in [row.key for row in rows]
        data, _ = plan.assemble(rows[0].key, [rows[0].value])
        assert str(data["c"].dtype) == "category"

    @pytest.mark.parametrize(
        "index", [pd.DatetimeIndex(["2024-01-05"]), pd.Index(["id"]), pd.Index([7], name="id"), pd.RangeIndex(5, 6)]
    )
    def test_a_frame_with_an_index_of_its_own_reaches_the_model_with_it(self, index):
        from makinage_worker.stack import single

        plan = ArrayPlan()
        frame = pd.DataFrame({"x": [1.0]}, index=index)
        rows = [plan.row(frame), plan.row(frame)]
        assert rows[0].key != rows[1].key
        assert single(plan, rows[0]).input([0]).index.equals(frame.index)

    def test_masked_values_and_doubled_names_are_refused(self):
        with pytest.raises(ValueError, match="masked"):
            ArrayPlan().row(np.ma.masked_array([1.0, 100.0], mask=[False, True]))
        with pytest.raises(ValueError, match="'a'"):
            ArrayPlan().row(pd.Series([1.0, 2.0], index=["a", "a"]))

    def test_a_null_in_a_float_tensor_is_nan(self):
        plan = TensorPlan([Tensor(None, np.dtype(np.float32), -1, (2,))])
        (array,) = plan.row([None, 1]).value
        assert np.isnan(array[0, 0])
        assert array[0, 1] == 1


class TestLaterNames:
    def test_names_of_a_later_step_give_the_order_where_they_are_the_event_s(self):
        order = features.FieldOrder(None, None, ["b", "a"])
        assert order.values({"a": 1, "b": 2}) == (("b", "a"), [2, 1])
        order = features.FieldOrder(None, None, ["scaled_a", "scaled_b"])
        assert order.values({"a": 1, "b": 2}) == (("a", "b"), [1, 2])

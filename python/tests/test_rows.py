"""Which events share a model call, and that no event's prediction depends on its batch."""

import numpy as np
import pandas as pd
import pytest
from harness import FakeModel, batch, dense_group, raw_group

from makinage_worker.cells import Column
from makinage_worker.columns import ColumnPlan
from makinage_worker.rows import split
from makinage_worker.tensors import Tensor, TensorPlan


def seen(data):
    """A model that answers, for each row, what its input looked like."""
    return [f"{data.dtype}{data.shape[1:]}"] * len(data)


def values(results):
    assert {result.status for result in results} <= {"prediction"}, results
    return [result.value for result in results]


def test_numbers_stack_to_n_by_1_and_texts_to_n(serve):
    served = serve(FakeModel(lambda data: [str(data.shape)] * len(data)), row_wise=True)
    assert values(served.raw([1, 2, "a", "b", "c"])) == ["(2, 1)", "(2, 1)", "(3,)", "(3,)", "(3,)"]


def test_only_rows_of_one_dtype_and_shape_stack(serve):
    served = serve(FakeModel(seen))
    events = [[1, 2], [1.5, 2], [3, 4], [1, 2, 3], True, [True], [2**63, 1], [1, None]]
    want = ["int64(2,)", "float64(2,)", "int64(2,)", "int64(3,)", "bool(1,)", "bool(1,)", "uint64(2,)", "object(2,)"]
    want[6] = "float64(2,)" if np.array([2**63, 1]).dtype.kind == "f" else want[6]
    assert values(served.raw(events)) == want
    assert [values(served.raw([event]))[0] for event in events] == want


def test_rank_two_events_are_rows_each_and_are_split_back(serve):
    served = serve(FakeModel(lambda data: data.sum(axis=1)), row_wise=True)
    assert values(served.raw([[[1, 2], [3, 4]], [[5, 6]], [7, 8]])) == [[3, 7], [11], 15]
    assert served.calls == [2, 1, 1]


def test_a_long_text_beside_short_ones_does_not_widen_them(serve):
    served = serve(FakeModel(lambda data: [data.nbytes for _ in data]), row_wise=True)
    results = values(served.raw(["x" * 1_000_000] + ["short"] * 1023))
    assert results[0] == 4 * 2**20
    assert set(results[1:]) == {1023 * 8 * 4}


def test_bytes_keep_their_trailing_nuls(serve):
    served = serve(FakeModel(lambda data: [repr(item) for item in data]), source="makinage.encoding.none")
    assert [result.value[1] for result in served.raw([b"a\0", b"b"])] == [r"b'a\x00'", "b'b'"]


def test_a_ragged_list_is_that_events_failure(serve):
    good, bad = serve(FakeModel(lambda data: data[:, 0])).raw([[1, 2], [[1], [2, 3]]])
    assert good.value == 1
    assert (bad.status, bad.value["step"]) == ("failed", "pre_transform")


def test_groups_of_all_forms_come_back_in_the_order_of_their_places(serve):
    served = serve(FakeModel(lambda data: data[:, 0]))
    payload = batch([raw_group([1, 3], [[30, 0, 0], [50, 0, 0]]), dense_group([0, 2], [10.5, 20.5])], 4)
    assert values(served.run(payload)) == [10.5, 30, 20.5, 50]
    payload = batch([dense_group([1, 2], [[1], [2]]), dense_group([0], [0])], 3)
    assert values(served.run(payload)) == [0, 1, 2]
    assert served.form == 1


@pytest.mark.parametrize(
    ("result", "form", "want"),
    [
        (np.array([1, 2], dtype=np.int32), 1, [1, 2]),
        (np.array([0.1, np.nan], dtype=np.float32), 2, [float(np.float32(0.1)), None]),
        (np.array([True, False]), 3, [True, False]),
        (np.array([1, 2**64 - 1], dtype=np.uint64), 0, [1, 2**64 - 1]),
        (np.array([[0.5, np.inf], [1.0, 2.0]]), 0, [[0.5, None], [1.0, 2.0]]),
        (np.array(["a", "bc"]), 0, ["a", "bc"]),
        ([1, "x"], 0, [1, "x"]),
        (pd.Series([1.5, 2.5], index=[7, 8]), 2, [1.5, 2.5]),
        (pd.Series(pd.to_datetime(["2024-01-02", None])), 0, ["2024-01-02T00:00:00", None]),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), 0, [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
        ({"a": np.array([1, 2]), "b": [[1], "x"]}, 0, [{"a": 1, "b": [1]}, {"a": 2, "b": "x"}]),
    ],
)
def test_every_kind_of_result_is_split_by_row(result, form, want, serve):
    served = serve(FakeModel(lambda data: result), row_wise=True)
    assert values(served.dense([1.0, 2.0])) == want
    assert served.form == form
    assert not served.warnings


def test_mixed_types_in_a_result_stay_what_they_are():
    assert split({"a": [1, "x"]}, 2) == [{"a": 1}, {"a": "x"}]
    assert split((1, 2), 2) is None
    assert split({"a": 1}, 1) is None


def test_sparse_results_and_inputs_are_rows(serve):
    sparse = pytest.importorskip("scipy.sparse")
    assert split(sparse.csr_matrix([[0, 1], [2, 0]]), 2).tolist() == [[0, 1], [2, 0]]


class TestColumns:
    @pytest.fixture
    def served(self, serve):
        return serve("optional", row_wise=True)

    def test_types_are_the_signatures_whatever_the_json_says(self, served):
        first, second = served.raw([{"x": 1, "n": 2.0, "s": "a", "extra": 0}, {"s": "b", "n": 3, "x": 1.5}])
        assert first.value == second.value
        assert first.value[:2] == ["x:float64", "n:int64"]
        assert served.calls == [2]

    def test_a_missing_required_column_is_named_in_that_events_error(self, served):
        bad, good = served.raw([{"x": 1, "s": "a"}, {"x": 1, "n": 1, "s": "a"}])
        assert bad.status == "failed"
        assert "'n'" in bad.value["message"]
        assert good.status == "prediction"

    @pytest.mark.parametrize(
        ("event", "column"),
        [
            ({"x": 1, "n": 1.5, "s": "a"}, "n"),
            ({"x": 1, "n": 2**63, "s": "a"}, "n"),
            ({"x": "1", "n": 1, "s": "a"}, "x"),
            ({"x": True, "n": 1, "s": "a"}, "x"),
            ({"x": 1, "n": None, "s": "a"}, "n"),
            ({"x": 1, "n": 1, "s": 5}, "s"),
        ],
    )
    def test_a_lossy_value_is_that_events_error_and_names_the_column(self, event, column, served):
        good = {"x": 1, "n": 1, "s": "a"}
        first, bad, last = served.raw([good, event, good])
        assert bad.status == "failed"
        assert f"column '{column}'" in bad.value["message"]
        assert (first.status, last.status) == ("prediction", "prediction")
        assert served.calls == [2]

    def test_an_optional_column_changes_no_neighbours_types(self, served):
        plain = {"x": 1, "n": 1, "s": "a"}
        without, with_it = served.raw([plain, {**plain, "o": 1}])
        assert [item.split(":")[0] for item in without.value] == ["x", "n", "s"]
        assert with_it.value[-1] == "o:int64"

    def test_a_list_of_another_length_is_refused_with_both_counts(self, served):
        (result,) = served.raw([[1, 2, 3]])
        assert "4 columns" in result.value["message"]
        assert "3 values" in result.value["message"]

    def test_a_lossy_number_in_a_dense_group_fails_alone(self, serve):
        plan = ColumnPlan([Column("a", "long"), Column("b", "double")])
        served = serve(FakeModel(lambda data: data["a"].to_numpy(), plan=plan))
        good, bad = served.dense([[1.0, 2.0], [1.5, 2.0]])
        assert good.value == 1
        assert "'a'" in bad.value["message"]
        assert values(served.dense([[1.0, 2.0], [2.0, 2.0]])) == [1, 2]
        assert served.form == 1

    def test_several_rows_in_one_event_give_a_list(self, serve):
        plan = ColumnPlan([Column("a", "long"), Column("b", "string")])
        served = serve(FakeModel(lambda data: (data["b"] + data["a"].astype(str)).tolist(), plan=plan))
        assert values(served.raw([[[1, "x"], [2, "y"]], {"a": 3, "b": "z"}])) == [["x1", "y2"], "z3"]

    def test_dates_binary_and_nested_values(self, serve):
        plan = ColumnPlan(
            [Column("at", "datetime"), Column("data", "binary"), Column("list", "array", nested=list)],
        )
        model = FakeModel(
            lambda data: [[str(at), raw.decode(), items] for at, raw, items in data.itertuples(index=False)], plan=plan
        )
        event = {"at": "2024-01-02T03:00:00+02:00", "data": "aGk=", "list": [1, 2]}
        assert values(serve(model).raw([event])) == [["2024-01-02 01:00:00", "hi", [1, 2]]]


class TestTensors:
    def plan(self, sample, dtype=np.float32, name=None, rows=-1):
        return TensorPlan([Tensor(name, np.dtype(dtype), rows, sample)])

    def test_one_sample_is_one_row_and_k_samples_are_k_rows(self, serve):
        served = serve(FakeModel(lambda data: data.sum(axis=(1, 2)), plan=self.plan((2, 2))))
        assert values(served.raw([[[1, 2], [3, 4]], [[[1, 1], [1, 1]], [[2, 2], [2, 2]]]])) == [10, [4, 8]]

    def test_another_shape_is_refused_with_both_shapes(self, serve):
        (result,) = serve(FakeModel(len, plan=self.plan((4,)))).raw([[1, 2, 3]])
        assert "(4,)" in result.value["message"]
        assert "(3,)" in result.value["message"]

    def test_a_scalar_sample_makes_a_list_rows(self, serve):
        served = serve(FakeModel(lambda data: data * 2, plan=self.plan(())))
        assert values(served.raw([1, [2, 3]])) == [2, [4, 6]]
        assert values(served.dense([1.0, 2.0])) == [2, 4]

    def test_a_fixed_batch_size_gives_each_event_its_own_call(self, serve):
        served = serve(FakeModel(lambda data: data.sum(axis=1), plan=self.plan((2,), rows=1)))
        assert values(served.dense([[1, 2], [3, 4]])) == [3, 7]
        assert served.calls == [1, 1]

    def test_a_number_that_an_integer_tensor_cannot_hold_is_refused(self, serve):
        served = serve(FakeModel(lambda data: data[:, 0], plan=self.plan((1,), np.int64)))
        bad, good = served.dense([1.5, 2.0])
        assert (bad.status, good.value) == ("failed", 2)

    def test_named_inputs_come_from_an_objects_keys(self, serve):
        tensors = [Tensor("a", np.dtype(np.float32), -1, (2,)), Tensor("b", np.dtype(np.int64), -1, ())]
        served = serve(
            FakeModel(lambda data: data["a"].sum(axis=1) + data["b"], plan=TensorPlan(tensors)),
        )
        good, bad = served.raw([{"a": [1, 2], "b": 3}, {"a": [1, 2]}])
        assert good.value == 6
        assert "'b'" in bad.value["message"]

    def test_an_object_for_an_unnamed_tensor_is_told_to_use_a_pre_transform(self, serve):
        (result,) = serve(FakeModel(len, plan=self.plan((2,)))).raw([{"a": 1}])
        assert "pre_transform" in result.value["message"]

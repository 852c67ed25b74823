"""Each flavour of MLflow's: what is served equals the model's own predict on the same rows."""

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from models import FRUIT, TEXTS


def own(folder, data):
    return mlflow.pyfunc.load_model(folder).predict(data)


@pytest.mark.parametrize("model", ["lr", "xgboost", "lightgbm", "statsmodels"])
def test_lists_of_numbers_give_the_models_own_predictions(model, serve, model_folder, iris):
    rows = iris[0][::10]
    served = serve(model)
    want = own(model_folder(model), rows).tolist()
    assert [result.value for result in served.raw(rows.tolist())] == pytest.approx(want)
    assert [result.value for result in served.dense(rows)] == pytest.approx(want)
    assert len(rows) in served.calls  # in one call, once the model has been seen to answer row by row
    assert served.loaded["flavour"] == ("sklearn" if model == "lr" else model)


def test_onnx_answers_an_object_a_row(serve, model_folder, iris):
    rows = iris[0][:5].astype(np.float64)
    ((name, values),) = own(model_folder("onnx"), rows.astype(np.float32)).items()
    results = serve("onnx").dense(rows)
    assert [result.value[name] for result in results] == [pytest.approx(row.tolist(), abs=1e-6) for row in values]


def test_a_pipeline_with_named_columns_takes_objects(serve, model_folder):
    events = FRUIT.to_dict("records")
    want = own(model_folder("pipeline"), FRUIT).tolist()
    served = serve("pipeline")
    assert [result.value for result in served.raw(events)] == pytest.approx(want)
    served.raw(events * 3)
    served.raw(events)
    assert 4 in served.calls


def test_a_pipeline_with_named_columns_takes_mixed_lists_by_position(serve, model_folder):
    want = own(model_folder("pipeline"), FRUIT).tolist()
    assert [result.value for result in serve("pipeline").raw(FRUIT.values.tolist())] == pytest.approx(want)


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_a_dense_group_becomes_the_named_columns(dtype, serve, model_folder, iris):
    rows = iris[0][::10].astype(dtype)
    frame = pd.DataFrame(rows.astype(float), columns=["a", "b", "c", "d"])
    served = serve("named_lr")
    assert [result.value for result in served.dense(rows)] == own(model_folder("named_lr"), frame).tolist()
    served.dense(rows)
    assert len(rows) in served.calls  # in one call, once the model has been seen to answer row by row


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_a_tensor_signatures_dtype_wins(dtype, serve, model_folder, iris):
    rows = iris[0][::10].astype(dtype)
    served = serve("float32_tensor")
    want = own(model_folder("float32_tensor"), rows.astype(np.float32)).astype(np.float64).tolist()
    # A row alone and one among many are summed in other orders, in a float32's seven digits.
    wanted = pytest.approx(want, rel=1e-5)
    assert [result.value for result in served.dense(rows)] == wanted
    assert [result.value for result in served.raw(rows.tolist())] == wanted


def test_a_text_model_takes_plain_strings(serve, model_folder):
    served = serve("text")
    want = own(model_folder("text"), TEXTS).tolist()
    assert [result.value for result in served.raw(TEXTS)] == want
    texts = serve("text", source="makinage.encoding.string")
    assert [result.value for result in texts.raw([text.encode() for text in TEXTS])] == [
        list(pair) for pair in zip(TEXTS, want, strict=True)
    ]


def test_a_pyfunc_class_takes_an_object_as_a_frame_row_and_answers_objects(serve):
    results = serve("pyfunc").raw([{"a": 1, "b": 2, "name": "x"}, {"a": 1.5, "b": 2, "name": "y"}])
    assert [result.value for result in results] == [{"sum": 3, "name": "x"}, {"sum": 3.5, "name": "y"}]


def test_a_type_hinted_model_takes_one_list_element_an_event(serve):
    served = serve("hinted")
    assert [result.value for result in served.raw(["a", "bcd", ""])] == [1, 3, 0]
    served.raw(["a", "bcd", ""] * 4)
    served.raw(["a", "bcd", ""])
    assert 3 in served.calls

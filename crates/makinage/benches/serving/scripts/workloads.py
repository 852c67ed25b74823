"""Makes a workload: a model, events, and the output that each event must get.

`workloads.py NAME FOLDER COUNT` writes `model/`, `events.jsonl`, `outputs.jsonl` (of the same number of lines), maybe
`hooks_of_bench.py`, and `own.json`: what the model's call alone costs, in microseconds of processor time, for a row
among 1,024 and for one row, and how long a row among many takes by the clock. `workloads.py --own NAME FOLDER` prints
the same at another moment.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd

BATCH = 1024
SEED = 20260101

HOOKS = """
import numpy as np


def pre_transform(config):
    def _transform(i):
        return np.array(i["values"])

    return _transform


def predict(model, config):
    threshold = config["config"]["serve"]["threshold"]

    def _predict(i):
        proba = model.predict_proba(i)
        if proba[1] >= threshold:
            return True
        return False

    return _predict


def post_transform(config):
    def _transform(i, pred):
        return {"values": i["values"], "positive": pred}

    return _transform
"""


# What is written to between events can be known by nobody who looks at one event.
STATEFUL = HOOKS.replace(
    """        proba = model.predict_proba(i)
""",
    """        seen["events"] += 1
        proba = model.predict_proba(i)
""",
).replace(
    """    threshold = config""",
    """    seen = {"events": 0}
    threshold = config""",
)


def iris():
    from sklearn.datasets import load_iris

    return load_iris(return_X_y=True)


def rows_of_four(random, count):
    return np.round(random.uniform([4, 2, 1, 0.1], [8, 4.5, 7, 2.6], size=(count, 4)), 1)


def logistic():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=500).fit(*iris())


def forest():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(100, random_state=0, n_jobs=1).fit(*iris())


class Workload:
    """Rows of four numbers for a scikit-learn model: lists in, `[event, prediction]` out."""

    # How many rows its costliest call has, and how many such calls are timed.
    batch, calls = BATCH, 40

    def __init__(self, make, hooks=None):
        self.make, self.hooks = make, hooks

    def save(self, folder):
        self.native = self.make()
        mlflow.sklearn.save_model(
            self.native, folder, serialization_format="cloudpickle", pip_requirements=["scikit-learn"]
        )
        return mlflow.pyfunc.load_model(str(folder))

    def rows(self, random, count):
        return rows_of_four(random, count)

    def events(self, rows):
        return [{"values": row} for row in rows.tolist()] if self.hooks else rows.tolist()

    def call(self, model, rows):
        return self.native.predict_proba(rows) if self.hooks else model.predict(rows)

    def answers(self, model, rows):
        parts = [rows[begin : begin + BATCH] for begin in range(0, len(rows), BATCH)]
        return np.concatenate([np.asarray(self.call(model, part)) for part in parts])

    def outputs(self, events, answers):
        if self.hooks:
            positive = (answers[:, 1] >= 0.5).tolist()
            return [{**event, "positive": one} for event, one in zip(events, positive, strict=True)]
        return [list(pair) for pair in zip(events, np.asarray(answers).tolist(), strict=True)]


class Boosted(Workload):
    """XGBoost on thirty named columns: objects in."""

    NAMES = [f"feature_{number}" for number in range(30)]

    def __init__(self):
        self.hooks = None

    def save(self, folder):
        import xgboost

        random = np.random.default_rng(SEED)
        rows = pd.DataFrame(random.normal(size=(2000, 30)), columns=self.NAMES)
        target = (rows.iloc[:, :5].sum(axis=1) > 0).astype(int)
        native = xgboost.XGBClassifier(n_estimators=100, max_depth=6, n_jobs=1).fit(rows, target)
        signature = mlflow.models.infer_signature(rows, native.predict(rows))
        mlflow.xgboost.save_model(native, folder, signature=signature, pip_requirements=["xgboost"])
        return mlflow.pyfunc.load_model(str(folder))

    def rows(self, random, count):
        return pd.DataFrame(np.round(random.normal(size=(count, 30)), 6), columns=self.NAMES)

    def events(self, rows):
        return rows.to_dict("records")


class Crayfish(Workload):
    """Crayfish's feed-forward network (EDBT 2024): 28x28 numbers, 784-32-32-10, ONNX."""

    def __init__(self):
        self.hooks = None

    def save(self, folder):
        from onnx import TensorProto, helper, numpy_helper

        random = np.random.default_rng(SEED)
        sizes, nodes, weights, last = [784, 32, 32, 10], [], [], "flat"
        nodes.append(helper.make_node("Flatten", ["image"], ["flat"]))
        for number, (inner, outer) in enumerate(zip(sizes, sizes[1:], strict=False)):
            for name, shape in ((f"w{number}", (inner, outer)), (f"b{number}", (outer,))):
                values = random.normal(scale=inner**-0.5, size=shape).astype(np.float32)
                weights.append(numpy_helper.from_array(values, name))
            nodes.append(helper.make_node("Gemm", [last, f"w{number}", f"b{number}"], [f"z{number}"]))
            kind = "Softmax" if outer == 10 else "Relu"
            last = "classes" if outer == 10 else f"a{number}"
            nodes.append(helper.make_node(kind, [f"z{number}"], [last]))
        graph = helper.make_graph(
            nodes,
            "crayfish",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 28, 28])],
            [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["n", 10])],
            weights,
        )
        network = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        schema = mlflow.types.Schema([mlflow.types.TensorSpec(np.dtype(np.float32), (-1, 28, 28))])
        answer = mlflow.types.Schema([mlflow.types.TensorSpec(np.dtype(np.float32), (-1, 10))])
        signature = mlflow.models.ModelSignature(schema, answer)
        mlflow.onnx.save_model(
            network,
            folder,
            signature=signature,
            pip_requirements=["onnxruntime"],
            onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
        )
        return mlflow.pyfunc.load_model(str(folder))

    def rows(self, random, count):
        return np.round(random.random(size=(count, 28, 28)), 3).astype(np.float32)

    def events(self, rows):
        return [json.loads(json.dumps(np.round(row.astype(float), 3).tolist())) for row in rows]

    def call(self, model, rows):
        return model.predict(rows)["classes"]

    def outputs(self, events, answers):
        return [[event, {"classes": answer}] for event, answer in zip(events, answers.tolist(), strict=True)]


class Texts(Workload):
    """TF-IDF and a linear model on short texts."""

    WORDS = (
        "order late refund great broken love hate screen battery fast slow price cheap support again never box "
        "arrived missing perfect"
    ).split()

    def __init__(self):
        self.hooks = None

    def save(self, folder):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        texts = self.rows(np.random.default_rng(SEED), 1000)
        target = [("love" in text or "great" in text) for text in texts]
        self.native = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, target)
        mlflow.sklearn.save_model(
            self.native, folder, serialization_format="cloudpickle", pip_requirements=["scikit-learn"]
        )
        return mlflow.pyfunc.load_model(str(folder))

    def rows(self, random, count):
        return np.array([" ".join(random.choice(self.WORDS, 12)) for _ in range(count)], dtype=object)

    def events(self, rows):
        return list(rows)


class Wide(Workload):
    """So many numbers an event, for a linear model of them all."""

    def __init__(self, width):
        super().__init__(self.fit)
        self.width = width

    def fit(self):
        from sklearn.linear_model import LogisticRegression

        rows = self.rows(np.random.default_rng(SEED), 200)
        return LogisticRegression(max_iter=500).fit(rows, rows.sum(axis=1) > 4.5 * self.width)

    def rows(self, random, count):
        return np.round(random.uniform(0, 9, size=(count, self.width)), 1)

    def answers(self, model, rows):
        return model.predict(rows)

    def outputs(self, events, answers):
        return zip(events, answers.tolist(), strict=True)


class Slow(Workload):
    """Rows of four numbers for a model that takes ten milliseconds for each."""

    batch, calls = 20, 5

    def __init__(self):
        self.hooks = None

    def save(self, folder):
        class Sleeping(mlflow.pyfunc.PythonModel):
            def predict(self, context, model_input, params=None):
                time.sleep(0.01 * len(model_input))
                return np.asarray(model_input)[:, 0]

        mlflow.pyfunc.save_model(folder, python_model=Sleeping(), pip_requirements=["numpy"])
        return mlflow.pyfunc.load_model(str(folder))

    def answers(self, model, rows):
        return rows[:, 0]


WORKLOADS = {
    "W1": lambda: Workload(logistic),
    "W2": lambda: Workload(forest),
    "W3": Boosted,
    "W4": Crayfish,
    "W5": Texts,
    "W6": lambda: Workload(logistic, HOOKS),
    "W6f": lambda: Workload(forest, HOOKS),
    "W6s": lambda: Workload(logistic, STATEFUL),
    "W7": Slow,
    "F40": lambda: Wide(40),
    "F400": lambda: Wide(400),
    "F4000": lambda: Wide(4000),
}


def cost(call, rows, size, calls):
    """Processor time, and time by the clock, for a row, in microseconds, of calls with so many rows."""
    parts = [rows[begin : begin + size] for begin in range(0, min(len(rows), calls * size), size)]
    parts = [part for part in parts if len(part) == size] or [rows]
    for part in parts[:3]:
        call(part)
    took = []
    for part in parts:
        before, at = time.process_time_ns(), time.perf_counter_ns()
        call(part)
        took.append((time.process_time_ns() - before, time.perf_counter_ns() - at))
    rows = len(parts[0])
    return [sorted(times)[len(took) // 2] / 1e3 / rows for times in zip(*took, strict=True)]


def own(workload, call, rows, calls):
    """What the model's call alone costs."""
    batched, wall = cost(call, rows, workload.batch, calls)
    single, _ = cost(call, rows, 1, calls)
    return {"batched": batched, "single": single, "wall": wall}


def measure(name, folder):
    """Prints what the model's call of a workload that is written costs at this moment."""
    workload = WORKLOADS[name]()
    model = mlflow.pyfunc.load_model(str(folder / "model"))
    if workload.hooks:
        workload.native = mlflow.sklearn.load_model(str(folder / "model"))
    rows = workload.rows(np.random.default_rng(SEED + 1), 12 * workload.batch)
    print(json.dumps(own(workload, lambda rows: workload.call(model, rows), rows, 12)))


def main():
    """Writes one workload."""
    warnings.simplefilter("ignore")
    if sys.argv[1] == "--own":
        measure(sys.argv[2], Path(sys.argv[3]))
        return
    name, folder, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    workload = WORKLOADS[name]()
    model = workload.save(folder / "model")
    rows = workload.rows(np.random.default_rng(SEED + 1), count)
    events = workload.events(rows)
    answers = workload.answers(model, rows)

    def write(file, values):
        (folder / file).write_text("".join(json.dumps(value) + "\n" for value in values))

    write("events.jsonl", events)
    write("outputs.jsonl", workload.outputs(events, answers))
    if workload.hooks:
        (folder / "hooks_of_bench.py").write_text(workload.hooks)

    def call(rows):
        return workload.call(model, rows)

    (folder / "own.json").write_text(json.dumps(own(workload, call, rows, workload.calls)))


main()

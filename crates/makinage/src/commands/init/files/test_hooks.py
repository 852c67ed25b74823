"""Tests of hooks.py, without Kafka and without a model: run `pytest` in this folder."""

import json
from pathlib import Path

import hooks

CONFIG = {"config": {"serve": {"output_field": "prediction"}}}
LINES = Path(__file__).with_name("events.jsonl").read_text("utf-8").split("\n")
EVENTS = [json.loads(line) for line in LINES if line]


class StandIn:
    """A model that answers everything with the same, and keeps what it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.rows = []

    def predict(self, row):
        self.rows.append(row)
        return self.answer


def score(event, model):
    """An event's way through the three steps."""
    row = hooks.pre_transform(CONFIG)(event)
    prediction = hooks.predict(model, CONFIG)(row)
    return hooks.post_transform(CONFIG)(event, prediction)


def test_the_model_is_asked_for_each_event():
    model = StandIn(1)
    for event in EVENTS:
        score(event, model)
    assert model.rows == EVENTS


def test_an_output_has_the_event_and_its_prediction():
    for event in EVENTS:
        output = score(event, StandIn("yes"))
        assert output == {"event": event, "prediction": "yes"}
        assert json.loads(json.dumps(output)) == output

"""The steps before, at and after the model.

Each function here is called once for a model, with the whole configuration; what it returns is called for each event,
one after the other, and skips the event by returning None. test_hooks.py tests them without Kafka.
"""
{columns}

def pre_transform(config):
    """What the model gets of an event."""

    def step(event):
        return event

    return step


def predict(model, config):
    """What the model says: `predict` is MLflow's, all else (`predict_proba`, ...) the model's own."""

    def step(row):
        return model.predict(row)

    return step


def post_transform(config):
    """What is written of an event and its prediction."""
    field = config["config"]["serve"]["output_field"]

    def step(event, prediction):
        return {"event": event, field: prediction}

    return step

"""Quix Streams: each event through `apply`, as its documentation has it, with the model's own object.

Its ways to batch are windows, which are per key: events with a key each can't be stacked by them.
"""

import sys
import warnings

import mlflow
import numpy as np
from quixstreams import Application

warnings.simplefilter("ignore")
endpoint, events, outputs, folder, _models = sys.argv[1:]
model = mlflow.sklearn.load_model(folder)
app = Application(
    broker_address=endpoint,
    consumer_group=outputs,
    auto_offset_reset="earliest",
    auto_create_topics=False,
    loglevel="WARNING",
    consumer_extra_config={"fetch.queue.backoff.ms": 5},
    producer_extra_config={"compression.type": "lz4", "linger.ms": 0},
)
stream = app.dataframe(app.topic(events, value_deserializer="json"))
stream = stream.apply(lambda event: [event, model.predict(np.array([event])).tolist()[0]])
stream.to_topic(app.topic(outputs, value_serializer="json"))
app.run()

"""What somebody writes who knows the client and the model: batches, a fast JSON library, offsets after delivery."""

import sys
import warnings

import mlflow
import numpy as np
import orjson
import pandas as pd
from confluent_kafka import Consumer, Producer, TopicPartition

warnings.simplefilter("ignore")
endpoint, events, outputs, folder, _models = sys.argv[1:]
model = mlflow.pyfunc.load_model(folder)
consumer = Consumer(
    {
        "bootstrap.servers": endpoint,
        "group.id": outputs,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "fetch.queue.backoff.ms": 5,
    }
)
consumer.subscribe([events])
producer = Producer(
    {
        "bootstrap.servers": endpoint,
        "compression.type": "lz4",
        "enable.idempotence": True,
        "linger.ms": 5,
        "queue.buffering.max.messages": 1_000_000,
    }
)
failed = []


def delivered(error, _message):
    """Remembers what was not delivered."""
    if error is not None:
        failed.append(error)


while True:
    messages = [message for message in consumer.consume(1000, 0.005) if not message.error()]
    if not messages:
        continue
    values = [orjson.loads(message.value()) for message in messages]
    if isinstance(values[0], dict):
        rows = pd.DataFrame(values)
    elif isinstance(values[0], str):
        rows = np.array(values, dtype=object)
    else:
        rows = np.array(values)
        rows = rows.astype(np.float32) if rows.ndim == 3 else rows
    answers = model.predict(rows)
    if isinstance(answers, dict):
        [(name, rows)] = answers.items()
        answers = [{name: row} for row in rows.tolist()]
    else:
        answers = np.asarray(answers).tolist()
    for message, value, answer in zip(messages, values, answers, strict=True):
        producer.produce(outputs, orjson.dumps([value, answer]), message.key(), on_delivery=delivered)
    producer.flush()
    if failed:
        sys.exit(f"{failed[0]}")
    offsets = {}
    for message in messages:
        offsets[message.topic(), message.partition()] = message.offset() + 1
    consumer.commit(offsets=[TopicPartition(*place, offset) for place, offset in offsets.items()], asynchronous=True)

"""The first script that one writes: one event, one call of the model, one output."""

import json
import sys
import warnings

import mlflow
import numpy as np
import pandas as pd
from confluent_kafka import Consumer, Producer

warnings.simplefilter("ignore")
endpoint, events, outputs, folder, _models = sys.argv[1:]
model = mlflow.pyfunc.load_model(folder)
consumer = Consumer({"bootstrap.servers": endpoint, "group.id": outputs, "auto.offset.reset": "earliest"})
consumer.subscribe([events])
producer = Producer({"bootstrap.servers": endpoint, "compression.type": "lz4"})
while True:
    message = consumer.poll(0.1)
    if message is None or message.error():
        continue
    event = json.loads(message.value())
    if isinstance(event, dict):
        row = pd.DataFrame([event])
    elif isinstance(event, str):
        row = np.array([event], dtype=object)
    else:
        row = np.array([event])
        row = row.astype(np.float32) if row.ndim == 3 else row
    answer = model.predict(row)
    if isinstance(answer, dict):
        answer = {name: rows.tolist()[0] for name, rows in answer.items()}
    else:
        answer = np.asarray(answer).tolist()[0]
    producer.produce(outputs, json.dumps([event, answer]), message.key())
    producer.poll(0)

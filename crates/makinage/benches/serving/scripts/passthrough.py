"""Events as they are, by the Python client's batch calls: what a stream costs at least in a script. No guarantees."""

import sys

from confluent_kafka import Consumer, Producer

endpoint, events, outputs, _model, _models = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": endpoint,
        "group.id": outputs,
        "auto.offset.reset": "earliest",
        "fetch.queue.backoff.ms": 5,
    }
)
consumer.subscribe([events])
producer = Producer({"bootstrap.servers": endpoint, "compression.type": "lz4", "linger.ms": 0})
while True:
    for message in consumer.consume(1000, 0.01):
        while True:
            try:
                producer.produce(outputs, message.value(), message.key())
                break
            except BufferError:
                producer.poll(0.01)
    producer.poll(0)

"""The worker side of makinage: loads one MLflow model and runs the three steps on batches of events.

`loop` talks to the service, `protocol` is the wire format, `serving` takes a batch through decode, pre-transform,
predict, post-transform and encode. `rows` and the four plans (`arrays`, `tensors`, `columns`, `records`) decide how
events become the rows of one model call. The package never speaks to Kafka and never sees its settings.
"""

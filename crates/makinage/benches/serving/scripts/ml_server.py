"""MLServer: settings for its Kafka listener and its scikit-learn runtime, and then its own command."""

import json
import os
import socket
import sys
from pathlib import Path

endpoint, events, outputs, folder, _models = sys.argv[1:]
place = Path(folder).parent / f"mlserver-{outputs}"
place.mkdir()


def free_port():
    """A port that nobody listens on: it opens its HTTP and gRPC listeners whether one wants them or not."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


settings = {
    "kafka_enabled": True,
    "kafka_servers": endpoint,
    "kafka_topic_input": events,
    "kafka_topic_output": outputs,
    "host": "127.0.0.1",
    "http_port": free_port(),
    "grpc_port": free_port(),
    "metrics_endpoint": None,
    "debug": False,
    # No process of its own for a model: its documentation's advice for models that are quick.
    "parallel_workers": 0,
    # Not a line for each event.
    "logging_settings": {
        "version": 1,
        "disable_existing_loggers": False,
        "loggers": {"mlserver": {"level": "WARNING"}},
    },
}
model = {
    "name": "bench",
    "implementation": "mlserver_sklearn.SKLearnModel",
    "parameters": {"uri": str(Path(folder) / "model.pkl")},
    # Events that wait together are scored together.
    "max_batch_size": 256,
    "max_batch_time": 0.002,
}
(place / "settings.json").write_text(json.dumps(settings))
(place / "model-settings.json").write_text(json.dumps(model))
command = [sys.executable, "-c", "from mlserver.cli import main; main()", "start", str(place)]
os.execv(command[0], command)

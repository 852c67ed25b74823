"""Maki Nage 0.8.0: a configuration for its serve operator, and then its own command.

Hooks are needed for what it does by default for nobody: a row is a table of one row for scikit-learn, and an array isn't
JSON. It serves what is published on a topic of models; its outputs have no keys, and so stand by their order alone.
"""

import os
import sys
from pathlib import Path

import yaml

endpoint, events, outputs, folder, models = sys.argv[1:]
place = Path(folder).parent / f"maki-{outputs}"
place.mkdir()
(place / "hooks_of_maki.py").write_text("""
import numpy as np


def pre_transform(config):
    return lambda event: np.array([event])


def post_transform(config):
    return lambda event, prediction: [event, prediction.tolist()[0]]
""")
json, none = "makinage.encoding.json", "makinage.encoding.none"
config = {
    "application": {"name": outputs},
    "kafka": {"endpoint": endpoint},
    "topics": [
        {"name": events, "encoder": json, "start_from": "beginning"},
        {"name": models, "encoder": none, "start_from": "beginning"},
        {"name": outputs, "encoder": json},
    ],
    "operators": {
        "serve": {"factory": "makinage.serve:serve", "sources": [models, events], "sinks": [outputs]},
    },
    "config": {
        "serve": {
            "pre_transform": "hooks_of_maki:pre_transform",
            "post_transform": "hooks_of_maki:post_transform",
        },
    },
}
(place / "config.yaml").write_text(yaml.safe_dump(config))
os.chdir(place)
os.environ["PYTHONPATH"] = str(place)
command = [sys.executable, "-c", "from makinage.makinage import main; main()", "--config", "config.yaml"]
os.execv(command[0], command)

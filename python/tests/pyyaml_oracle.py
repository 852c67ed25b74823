"""What PyYAML makes of YAML, in the tagged form of the worker protocol: the measure of the service's own reading.

`python pyyaml_oracle.py < documents.json`: for each text of a JSON list the tagged value in a list of one, or null
where PyYAML refuses it.
`python pyyaml_oracle.py --write`: writes `protocol/fixtures/pyyaml.json` anew, from the texts in it.
"""

import base64
import json
import math
import sys
from datetime import date, datetime
from pathlib import Path

import yaml

FIXTURE = Path(__file__).parents[2] / "protocol" / "fixtures" / "pyyaml.json"


def load(text):
    """The tagged value of a document, None (no value at all) where PyYAML refuses it."""
    try:
        return tag(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, IndexError, OverflowError, TypeError):
        return None


def tag(value):
    """The tagged form, in a list of one so that a null is told from nothing."""
    return [_tagged(value)]


def _tagged(value):  # noqa: PLR0911  # one return a type
    match value:
        case dict():
            return {"m": [[_tagged(key), _tagged(item)] for key, item in value.items()]}
        case set():
            return {"s": sorted(map(_tagged, value), key=json.dumps)}
        case list() if value and all(isinstance(item, tuple) for item in value):
            return {"p": [[_tagged(key), _tagged(item)] for key, item in value]}
        case list():
            return [_tagged(item) for item in value]
        case bytes():
            return {"b": base64.b64encode(value).decode()}
        case datetime():
            return {"d": value.isoformat(timespec="microseconds")}
        case date():
            return {"d": value.isoformat()}
        case float() if not math.isfinite(value):
            return {"f": str(value)}
    return value


def main():
    sys.set_int_max_str_digits(0)
    if "--write" in sys.argv:
        texts = [case["yaml"] for case in json.loads(FIXTURE.read_text("utf-8"))]
        lines = [json.dumps({"yaml": text, "tagged": load(text)}, ensure_ascii=False) for text in texts]
        FIXTURE.write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")
    else:
        json.dump([load(text) for text in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()

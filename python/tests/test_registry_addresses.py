"""What the publisher is told of a failure has no credentials, whatever addresses MLflow's message holds."""

import types
from pathlib import Path

import pytest

pytest.importorskip("mlflow")
REGISTRY = Path(__file__).parents[1] / "registry.py"

CASES = [
    ("403 Client Error: Forbidden for url: https://b/m?X-Amz-Signature=SECRET", "for url: https://b/m"),
    ("for url: https://b/m?X-Amz-Credential=me@SECRET/x", "for url: https://b/m"),
    ("for url: https://b:9000/m#access_token=SECRET", "for url: https://b:9000/m"),
    ("for url: https://b/m.zip%3Ftoken=SECRET", "for url: https://b/m.zip"),
    ("(host='b', port=443): Max retries exceeded with url: /b/m?sig=SECRET (Caused by x)", "url: /b/m (Caused by x)"),
    ("can't connect to postgresql://u:SECRET@h/db", "postgresql://h/db"),
    ("can't connect to postgresql://u:p@SECRET@h/db, twice", "postgresql://h/db, twice"),
    ("can't connect to postgresql://u:p/SECRET@h/db", "postgresql://h/db"),
    ("can't connect to postgresql://u:12/SECRET@h/db", "postgresql://h/db"),
    ("can't connect to postgresql://u:p?SECRET@h/db", "postgresql://"),
    ("can't connect to postgresql://u:p#SECRET@h/db?sslmode=SECRET", "postgresql://"),
    ("can't connect to https://u:SECRET@h/m?c=me@SECRET", "https://"),
    ("can't connect to https:///u:SECRET@h/m", "https://h/m"),
    ("can't connect to //u:SECRET@h/m", "//h/m"),
    ("'https://u:SECRET@h/m?x=SECRET' and \"http://u:SECRET@[::1]:80/m\"", "'https://h/m' and \"http://[::1]:80/m\""),
    ("x" * 480 + " https://u:SECRET" + "SECRET" * 20 + "@h/m", "x https://h/m"),
]


@pytest.fixture(scope="module")
def failure():
    """The script's own `_failure`, without what it starts when it is run."""
    text = REGISTRY.read_text("utf-8").removesuffix("\n\nmain()\n")
    script = types.ModuleType("registry")
    exec(compile(text, str(REGISTRY), "exec"), script.__dict__)
    return script._failure


def _mlflow(uri):
    return types.SimpleNamespace(get_tracking_uri=lambda: uri, get_registry_uri=lambda: uri)


@pytest.mark.parametrize(("message", "shown"), CASES)
def test_no_credential_of_an_address_in_a_message_is_told(failure, message, shown):
    told = failure(LookupError(message), _mlflow("http://h"), {})["message"]
    assert told.endswith(shown)
    assert "SECRET" not in told


@pytest.mark.parametrize("request_", [{}, {"name": "iris"}])
def test_nor_one_of_the_address_that_was_asked(failure, request_):
    told = failure(LookupError("x"), _mlflow("postgresql://u:p@SE/CRET@h/db?password=SECRET"), request_)
    assert told["where"] == "postgresql://h/db"


@pytest.mark.parametrize(
    "message",
    [
        "models:/iris@champion isn't there. Is http://[::1]:5000/a right?",
        "no such file: /models/a@b/MLmodel",
        "sqlite:///mlflow.db and http://127.0.0.1:5000 are away",
    ],
)
def test_what_holds_none_is_told_whole(failure, message):
    assert failure(LookupError(message), _mlflow("http://h"), {})["message"] == message

"""The JSON schemas of the configuration files, held to what a validator makes of them.

`config/schema/cases.json` has changes of the examples, with what an editor says of each, and what the program does;
its own tests read the same list. An editor may let through what the program refuses, never the other way round.
"""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

CONFIG = Path(__file__).parents[2] / "config"
BEGUN = CONFIG.parent / "crates" / "makinage" / "src" / "commands" / "init" / "files"
EXAMPLES = sorted((CONFIG / "examples").glob("*.yaml"))
CASES = json.loads((CONFIG / "schema" / "cases.json").read_text("utf-8"))


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: `off` and dates are texts."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # PyYAML's own way to begin anew


for tag, form in {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
}.items():
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^({form})$"), None)


def complaints(text):
    """What an editor says of the text of a file that names its schema."""
    place = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)[1]
    schema = json.loads((CONFIG / "examples" / place).read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(yaml.load(text, Core))]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_example_fits_the_schema_that_it_names(example):
    assert complaints(example.read_text("utf-8")) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['file']}: {case['to']}")
def test_an_editor_says_of_a_change_what_it_should(case):
    text = (CONFIG / "examples" / case["file"]).read_text("utf-8")
    assert case["from"] in text
    found = complaints(text.replace(case["from"], case["to"], 1))
    assert (found == []) == case["editor"], found


@pytest.mark.parametrize(("file", "schema"), [("config.serve.yaml", "service"), ("config.publish.yaml", "publisher")])
def test_what_init_writes_fits_the_schema_that_it_writes_beside(file, schema):
    text = (BEGUN / file).read_text("utf-8")
    first, rest = text.split("\n", 1)
    assert first == f"# yaml-language-server: $schema=.makinage/{schema}.schema.json"
    filled = re.sub(r"\{\w+\}", "chosen", rest)
    assert complaints(f"# yaml-language-server: $schema=../schema/{schema}.json\n{filled}") == []


def test_no_schema_refuses_what_the_program_takes():
    assert [case for case in CASES if case["program"] and not case["editor"]] == []


def test_every_property_says_what_it_is():
    def silent(schema, path):
        for name, below in schema.get("properties", {}).items():
            if not below.get("description", "").strip():
                yield f"{path}.{name}"
            yield from silent(below, f"{path}.{name}")
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                yield from silent(schema[key], f"{path}[]")

    for file in ("service", "publisher"):
        schema = json.loads((CONFIG / "schema" / f"{file}.json").read_text("utf-8"))
        assert list(silent(schema, file)) + list(silent(schema["$defs"]["kafka"], "kafka")) == []

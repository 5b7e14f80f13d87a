"""The JSON Schema that editors check a configuration with says what the loader says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from support.config_files import problems, write_repository

from bloatcheck.config.checkout import Checkout
from bloatcheck.config.load import load_config, parse_config
from bloatcheck.config.model import Config
from bloatcheck.config.schema import SCHEMA_URL, configuration_schema

ROOT = Path(__file__).parents[3]
SCHEMA = configuration_schema()


class EditorsLoader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: numbers and booleans are such, days are texts."""


EditorsLoader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def accepted(configuration: str) -> bool:
    """What an editor says."""
    return bool(
        Draft202012Validator(SCHEMA).is_valid(
            yaml.load(configuration, EditorsLoader)  # noqa: S506 - a safe loader
        )
    )


def sections(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "the file", schema
    yield from schema["$defs"].items()


def test_the_committed_schema_is_the_one_that_the_models_make() -> None:
    """Mended with `bloatcheck config schema > docs/bloatcheck.schema.json`."""
    assert json.loads((ROOT / "docs" / "bloatcheck.schema.json").read_text()) == SCHEMA


def test_it_is_a_schema_and_names_its_place() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == SCHEMA_URL
    assert SCHEMA_URL.endswith("/docs/bloatcheck.schema.json")


def test_every_key_has_a_description_and_an_example_for_the_editor() -> None:
    for name, section in sections(SCHEMA):
        for key, value in section.get("properties", {}).items():
            described = value if "description" in value else SCHEMA["$defs"][value["$ref"].split("/")[-1]]
            assert described["description"].endswith((".", "`.")), f"{key} of {name}"
            assert value["examples"], f"{key} of {name}"


def test_every_mapping_refuses_unknown_keys() -> None:
    for name, section in sections(SCHEMA):
        assert section["type"] == "string" or section["additionalProperties"] is False, name


GOOD = [
    "version: 1",
    "version: 1\nimages: [{name: api}]",
    "version: 1\nimages: [{name: api, args: {A: 1.10, B: no, C: , D: x}, target: 2}]",
    "version: 1\nimages: [{name: api, context: ., dockerfile: Dockerfile}]",
    "version: 1\nimages: [{name: api, secrets: ['id=a,src=b'], tags: ['a:b']}]",
    "version: 1\nimages: [{name: api, image: 'acme/api:ci', platform: linux/arm/v7}]",
    "version: 1\nimages: [{name: api, metadata: {file: bake.json, target: api}, dockerfile: Dockerfile}]",
    "version: 1\nlimits: {content: 250 MB, content-growth: 5%, layer-growth: 1.5GiB, layers: 20}",
    "version: 1\nlimits: {content: {warn: 1 B, fail: {bytes: 1000}}, layers: {fail: 3}}",
    "version: 1\nlimits: {content-growth: {fail: {bytes: 1_000 kB, percent: 5, when: all}, warn: 0.5 %}}",
    "version: 1\nlimits: {content: {bytes: 5}, content-growth: {bytes: 5, percent: 5, when: all}}",
    "version: 1\nimages: [{name: a, limits: {content: none, layers: none}}]",
    "version: 1\nbaseline: ci/\ncomment: {when: never, min-change: 1%, author: 'a[bot]', key: a/b}",
    "version: 1\nenforce: false\non-incomparable: fail\ncomment: {min-change: {bytes: 5}}",
]
BAD = [
    "images: []",
    "version: 2",
    "version: 1\nimages: []",
    "version: 1\nimages: [{}]",
    "version: 1\nimages: [{name: API}]",
    "version: 1\nimages: [{name: a, image: b, context: .}]",
    "version: 1\nimages: [{name: a, image: b, metadata: {file: c}}]",
    "version: 1\nimages: [{name: a, image: 'A B'}]",
    "version: 1\nimages: [{name: a, dockerfile: /Dockerfile}]",
    "version: 1\nimages: [{name: a, args: [A=1]}]",
    "version: 1\nimages: [{name: a, args: {-x: 1}}]",
    "version: 1\nimages: [{name: a, secrets: [npmrc]}]",
    "version: 1\nimages: [{name: a, platform: amd64}]",
    "version: 1\nlimits: {content: 250}",
    "version: 1\nlimits: {content: 5%}",
    "version: 1\nlimits: {content: -5 MB}",
    "version: 1\nlimits: {content: {}}",
    "version: 1\nlimits: {content: {fail: {percent: 5}}}",
    "version: 1\nlimits: {content-growth: {fail: {when: all}}}",
    "version: 1\nlimits: {content-growth: {bytes: 5, warn: 1 B}}",
    "version: 1\nlimits: {content-growth: {bytes: 5, percnet: 1}}",
    "version: 1\nlimits: {layers: {bytes: 5}}",
    "version: 1\nlimits: {layers: 20 MB}",
    "version: 1\nlimits: {layers: -1}",
    "version: 1\nlimits: {compressed: 1 MB}",
    "version: 1\nlimits:",
    "version: 1\nlimit: {}",
    "version: 1\nenforce: maybe",
    "version: 1\ncomment: {when: sometimes}",
    "version: 1\ncomment: {min-change: {}}",
    "version: 1\non-incomparable: ignore",
]


@pytest.mark.parametrize("configuration", GOOD)
def test_what_the_loader_takes_is_fine_in_an_editor(tmp_path: Path, configuration: str) -> None:
    assert problems(tmp_path, configuration) == []
    assert accepted(configuration)


@pytest.mark.parametrize("configuration", BAD)
def test_what_the_loader_refuses_is_marked_in_an_editor(tmp_path: Path, configuration: str) -> None:
    assert problems(tmp_path, configuration) != []
    assert not accepted(configuration)


def documented() -> Iterator[Any]:
    """The configurations in the documentation, by page and line."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text()
        for block in re.finditer(r"^```ya?ml\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            if re.search("^version: ", block[1], re.MULTILINE):
                line = text.count("\n", 0, block.start()) + 1
                yield pytest.param(block[1], id=f"{page.name}:{line}")


@pytest.mark.parametrize("configuration", list(documented()))
def test_every_configuration_in_the_documentation_is_right(tmp_path: Path, configuration: str) -> None:
    checkout = Checkout(write_repository(tmp_path, None), wants=lambda _: False)
    assert isinstance(parse_config(configuration, ".bloatcheck.yml", checkout), Config)
    assert accepted(configuration)


@pytest.mark.parametrize(
    "file", [pytest.param(file, id=file.name) for file in sorted(ROOT.glob("examples/**/*bloatcheck.y*ml"))]
)
def test_the_examples_configurations_are_right_and_their_files_there(file: Path) -> None:
    assert load_config(ROOT, path=str(file.relative_to(ROOT))).images
    assert accepted(file.read_text())


def test_the_reference_names_every_key() -> None:
    reference = (ROOT / "docs" / "configuration.md").read_text()
    keys = {key for _, section in sections(SCHEMA) for key in section.get("properties", {})}
    assert {key for key in keys if f"`{key}`" not in reference} == set()

"""The published schema accepts what we write and refuses what is no report."""

import json

import jsonschema
import pytest
from support.report_cases import NAMES, case

from bloatcheck.report.document import json_schema, to_json

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", NAMES)
def test_every_report_we_write_is_valid(name: str) -> None:
    VALIDATOR.validate(json.loads(to_json(case(name))))


@pytest.mark.parametrize("change", [{"version": "2.0"}, {"images": None}, {"notes": [1]}])
def test_what_is_no_report_of_version_1_is_not_valid(change: dict[str, object]) -> None:
    assert not VALIDATOR.is_valid(json.loads(to_json(case("no_change"))) | change)

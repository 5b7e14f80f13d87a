"""The configuration of an image: what is taken from it, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.oci.image_config import parse_image_config
from bloatcheck.oci.platform import Platform


def platform_of(**fields: str) -> Platform:
    return parse_image_config(json.dumps(fields).encode()).platform


def test_a_platform_is_normalised_and_has_defaults() -> None:
    assert platform_of(os="Linux", architecture="x86_64") == Platform("linux", "amd64")
    assert platform_of(os="linux", architecture="arm", variant="v7") == Platform("linux", "arm", "v7")
    assert platform_of() == Platform("linux", "unknown")


@pytest.mark.parametrize(
    "fields",
    [
        {"os": "linux\n::add-mask::a"},
        {"os": "lin\ud800ux"},
        {"os": "linux", "architecture": "\x1b[2Jamd64"},
        {"os": "linux", "architecture": "amd64/../.."},
        {"os": "linux", "architecture": "a" * 65},
        {"os": "linux", "architecture": "arm", "variant": "v 7"},
    ],
)
def test_what_is_no_platform_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="names no platform"):
        platform_of(**fields)


@given(st.text(), st.text(), st.text())
def test_every_platform_that_is_taken_reads_as_it_is_written(
    os: str, architecture: str, variant: str
) -> None:
    try:
        platform = platform_of(os=os, architecture=architecture, variant=variant)
    except ValueError:
        return
    assert Platform.parse(str(platform)) == platform
    assert str(platform).isascii()
    assert str(platform).isprintable()

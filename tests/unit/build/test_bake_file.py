"""The bake file says what one build at a time would: no text in it is filled in by bake."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.build.bake_file import BakeTarget, _literal, bake_file, target_names
from bloatcheck.config.model import BuildSpec, BuildxSettings, ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.oci.platform import Platform


def target_of(root: Path, build: BuildSpec, **more: object) -> dict[str, object]:
    spec = ImageSpec("api", build=build, **more)  # type: ignore[arg-type]  # a spec's own fields
    text = bake_file(
        [BakeTarget("api", spec, build, "bloatcheck.local/x/api:1")],
        root=root,
        environment={"TOKEN_LIKE": "v", "EMPTY": ""},
        buildx=BuildxSettings(cache_from=("type=gha",), cache_to=("type=gha,mode=max",)),
    )
    document = json.loads(text)
    assert document["group"] == {"default": {"targets": ["api"]}}
    found: dict[str, object] = document["target"]["api"]
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "services/api").mkdir(parents=True)
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/api.Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


def test_everything_that_is_configured_is_in_it(root: Path) -> None:
    build = BuildSpec(
        "docker/api.Dockerfile",
        context="services/api",
        target="runtime",
        args={"A": "1", "TOKEN_LIKE": None, "EMPTY": None, "UNSET": None},
        secrets=("id=ca,src=/etc/ca.crt",),
    )
    assert target_of(root, build, platform=Platform.parse("linux/arm64"), tags=("acme/api:ci",)) == {
        "context": "./services/api",
        "dockerfile": "../../docker/api.Dockerfile",
        "target": "runtime",
        "args": {"A": "1", "TOKEN_LIKE": "v", "EMPTY": ""},
        "secret": ["id=ca,src=/etc/ca.crt"],
        "tags": ["bloatcheck.local/x/api:1", "acme/api:ci"],
        "platforms": ["linux/arm64"],
        "cache-from": ["type=gha"],
        "cache-to": ["type=gha,mode=max"],
    }


def test_what_bake_would_fill_in_is_doubled(root: Path) -> None:
    args = {"A": "${HOME} %{if x} $HOME 100%", "B": "$${HOME}"}
    assert target_of(root, BuildSpec("Dockerfile", args=dict(args)))["args"] == {
        "A": "$${HOME} %%{if x} $HOME 100%",
        "B": "$$${HOME}",
    }


@given(st.text(alphabet='${}% a"\\\n'))
def test_no_text_has_a_place_to_be_filled_in(text: str) -> None:
    written = _literal(text)
    assert isinstance(written, str)
    # As HCL reads it: a doubled sign before a brace is that sign once.
    assert re.sub(r"([$%])\1\{", r"\1{", written) == text
    assert not re.search(r"(?<![$%])[$%]\{", written)


def test_a_path_out_of_the_repository_is_refused(root: Path) -> None:
    with pytest.raises(BuildError, match="outside of the repository"):
        target_of(root, BuildSpec("Dockerfile", context=".."))


def test_names_are_in_bakes_letters_and_all_different() -> None:
    arm, amd = Platform.parse("linux/arm64"), Platform.parse("linux/amd64")
    specs = [ImageSpec("a.b"), ImageSpec("a-b"), ImageSpec("c", platform=arm), ImageSpec("c", platform=amd)]
    names = target_names(specs)
    assert names == ["a-b", "a-b-1", "c-linux-arm64", "c-linux-amd64"]

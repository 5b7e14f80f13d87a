"""What a base image is: by the registry, by the engine, or by both where they differ."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path

import pytest
from support.recording_log import RecordingLog

from bloatcheck.config.model import BuilderChoice
from bloatcheck.errors import NotThereError, ReadError
from bloatcheck.inputs import bases
from bloatcheck.inputs.bases import resolve_bases
from bloatcheck.inputs.model import UnresolvedError
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.platform import Platform
from bloatcheck.oci.registry_reference import RegistryReference, parse_registry_reference

AMD = Platform("linux", "amd64")
OLD, NEW = Digest("sha256:" + "1" * 64), Digest("sha256:" + "2" * 64)
HERE = "sha256:" + "a" * 64
NAME = "debian:12"
PULLED = f"docker.io/library/debian@{NEW}"


def resolved(
    monkeypatch: pytest.MonkeyPatch,
    *,
    remote: Digest | ReadError,
    local: tuple[str, Collection[str]] | None,
    name: str = NAME,
) -> str:
    engine = bases._Local(*local) if local else None
    monkeypatch.setattr(bases, "_in_engine", lambda wanted, _: dict.fromkeys(wanted, engine))
    monkeypatch.setattr(bases, "_in_registries", lambda wanted, _: dict.fromkeys(wanted, remote))
    return str(resolve_bases({(name, AMD)}, log=RecordingLog())[name, AMD])


@pytest.mark.parametrize(
    ("remote", "local", "told"),
    [
        (NEW, None, str(NEW)),
        (NEW, (HERE, [PULLED]), str(NEW)),
        (NEW, (HERE, [f"docker.io/library/debian@{OLD}"]), f"{NEW}, engine:{HERE}"),
        (NEW, (HERE, []), f"{NEW}, engine:{HERE}"),
        (NotThereError("404"), (HERE, [PULLED]), f"engine:{HERE}"),
        (ReadError("no answer"), (HERE, []), f"engine:{HERE}"),
        (ReadError("no answer"), (HERE, [PULLED]), f"the registry doesn't tell what {NAME} is: no answer"),
        (NotThereError("404"), None, f"the registry doesn't tell what {NAME} is: 404"),
    ],
)
def test_a_tag_is_what_a_builder_may_find_there(
    monkeypatch: pytest.MonkeyPatch,
    remote: Digest | ReadError,
    local: tuple[str, Collection[str]] | None,
    told: str,
) -> None:
    assert resolved(monkeypatch, remote=remote, local=local) == told


@pytest.mark.parametrize(
    ("builder", "told"),
    [
        (BuilderChoice.PODMAN, f"{NEW}, engine:{HERE}"),
        (BuilderChoice.BUILDAH, str(NEW)),
        (BuilderChoice.DOCKER, f"{NEW}, engine:sha256:{'b' * 64}"),
    ],
)
def test_each_builder_finds_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, builder: BuilderChoice, told: str
) -> None:
    """Podman goes on with what it pulled before; buildah looks for newer ones; neither sees an engine's."""
    podman = tmp_path / "podman"
    inspected = json.dumps([{"Id": "a" * 64, "RepoDigests": [f"docker.io/library/debian@{OLD}"]}])
    podman.write_text(
        '#!/bin/sh\ncase "$*" in\n'
        f"*inspect*debian:12) echo '{inspected}' ;;\n*inspect*) exit 125 ;;\n"
        "*info*) echo '{\"store\": {}}' ;;\n*) echo podman version 4.3.1 ;;\nesac\n"
    )
    podman.chmod(0o755)
    engine = bases._Local("sha256:" + "b" * 64, [])
    monkeypatch.setattr(bases, "_in_engine", lambda wanted, _: dict.fromkeys(wanted, engine))
    monkeypatch.setattr(bases, "_in_registries", lambda wanted, _: dict.fromkeys(wanted, NEW))
    found = resolve_bases(
        {(NAME, AMD), ("other:1", AMD)},
        log=RecordingLog(),
        builder=builder,
        environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert found[NAME, AMD] == told
    assert (found["other:1", AMD] == str(NEW)) is (builder is not BuilderChoice.DOCKER)


def test_what_is_named_by_its_digest_is_known_and_nobody_is_asked() -> None:
    name = f"debian:12@{OLD}"
    assert resolve_bases({(name, AMD)}, log=RecordingLog()) == {(name, AMD): str(OLD)}


@pytest.mark.parametrize("name", ["acme/base:1", "ruby:2.7-onbuild"])
def test_what_an_onbuild_reads_is_not_known(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    engine = None if "onbuild" in name else bases._Local(HERE, [], triggers=True)
    monkeypatch.setattr(bases, "_in_engine", lambda wanted, _: dict.fromkeys(wanted, engine))
    monkeypatch.setattr(bases, "_in_registries", lambda wanted, _: dict.fromkeys(wanted, NEW))
    told = resolve_bases({(name, AMD)}, log=RecordingLog())[name, AMD]
    assert str(told) == f"the ONBUILD of {name} reads what no line here tells"


def test_what_is_no_name_can_not_be_told() -> None:
    (found,) = resolve_bases({("no name", AMD)}, log=RecordingLog()).values()
    assert isinstance(found, UnresolvedError)


def test_each_registry_is_asked_once_for_a_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[RegistryReference] = []

    def ask(references: Collection[RegistryReference], _: Log) -> dict[RegistryReference, Digest]:
        asked.extend(references)
        return dict.fromkeys(references, NEW)

    monkeypatch.setattr(bases, "_in_engine", lambda wanted, _: dict.fromkeys(wanted))
    monkeypatch.setattr(bases, "_in_registries", ask)
    wanted = {(name, AMD) for name in ("debian:12", "docker.io/library/debian:12", "library/debian:12")}
    assert set(resolve_bases(wanted, log=RecordingLog()).values()) == {str(NEW)}
    assert asked == [parse_registry_reference("debian:12")]

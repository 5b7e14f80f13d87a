"""A baseline that is read from a real registry, without a pull and without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.git import Repository
from support.image_builder import ImageUnderTest, files, layout_of
from support.recording_log import RecordingLog
from support.registry import docker_registry, push

from bloatcheck.baseline.model import Baseline
from bloatcheck.ci.model import CiContext, Event
from bloatcheck.config.load import load_config
from bloatcheck.references import References


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("registry")
    layout_of(ImageUnderTest([files(a=b"x" * 2000)])).write(folder / "api")
    with docker_registry(folder / "registry") as host:
        push(f"oci:{folder}/api:example:latest", f"{host}/acme/api:main")
        yield host


def baseline(registry: str, root: Path, images: str) -> Baseline:
    repository = Repository(root)
    repository.git("init", "-q", "-b", "main")
    before = repository.commit(README="1")
    repository.commit(README="2")
    (root / ".bloatcheck.yml").write_text(
        f"version: 1\nimages: [{images}]\n"
        f'baseline: {{sources: [registry, file], registry: "{registry}/acme/{{image}}:main"}}\n'
    )
    references = References(
        config=load_config(root),
        context=CiContext(ci="github", event=Event.PUSH, base_sha=before),
        token=None,
        environment={"XDG_CACHE_HOME": str(root / "cache"), "HOME": str(root)},
        log=RecordingLog(),
    )
    return references.baselines().before


def test_the_published_image_is_what_is_compared_with(registry: str, tmp_path: Path) -> None:
    found = baseline(registry, tmp_path, "{name: api, image: 'oci:layout'}")
    (entry,) = found.entries
    assert (entry.snapshot.name, entry.snapshot.content_size) == ("api", 2000)
    assert found.origin == f"{registry}/acme/{{image}}:main as published now"


def test_one_that_is_not_published_is_passed_over_with_a_note(registry: str, tmp_path: Path) -> None:
    found = baseline(registry, tmp_path, "{name: web, image: 'oci:layout'}")
    assert found.entries == ()
    assert found.notes[0] == f"{registry}/acme/web:main is not published, or not for strangers."

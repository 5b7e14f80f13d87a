"""What images are built with is chosen by configuration, and a buildx cache stays where it belongs."""

from pathlib import Path

import pytest
from support.config_files import load, problems

from bloatcheck.config.model import BuilderChoice, BuildxSettings, Config


def loaded(root: Path, text: str) -> Config:
    return load(root, f"version: 1\n{text}")


@pytest.mark.parametrize("choice", BuilderChoice)
def test_every_builder_can_be_chosen(tmp_path: Path, choice: BuilderChoice) -> None:
    assert loaded(tmp_path, f"builder: {choice.value}\n").builder is choice


def test_without_a_word_the_builder_is_found(tmp_path: Path) -> None:
    config = loaded(tmp_path, "")
    assert config.builder is BuilderChoice.AUTO
    assert config.buildx == BuildxSettings()


def test_settings_of_buildx_ask_for_it(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
buildx:
  builder: ci
  cache-from: [type=gha, "ghcr.io/acme/cache:main", "type=local,src=.cache"]
  cache-to: ["type=gha,mode=max"]
""",
    )
    assert config.builder is BuilderChoice.BUILDX
    assert config.buildx == BuildxSettings(
        builder="ci",
        cache_from=("type=gha", "ghcr.io/acme/cache:main", "type=local,src=.cache"),
        cache_to=("type=gha,mode=max",),
    )


def test_they_serve_bake_as_well(tmp_path: Path) -> None:
    config = loaded(tmp_path, "builder: bake\nbuildx: {builder: ci}\n")
    assert config.builder is BuilderChoice.BAKE
    assert config.buildx.builder == "ci"


def test_how_many_are_built_at_once_is_the_machines_choice_unless_said(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").jobs is None
    assert loaded(tmp_path, "jobs: 3\n").jobs == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("builder: kaniko\n", "'kaniko'"),
        ("jobs: 0\n", "'0' is no number of builds at once; write 1 to 64"),
        ("jobs: many\n", "'many' is no number of builds at once"),
        ("jobs: 65\n", "'65' is no number of builds at once"),
        ("builder: podman\nbuildx: {builder: ci}\n", "`builder` is podman"),
        ("buildx: {builder: --push}\n", "is no name of a builder"),
        ("buildx: {cache-to: [gha=yes]}\n", "no `type` that buildx knows"),
        ("buildx: {cache-to: ['type=gha,max']}\n", "is no cache"),
        ("buildx: {cache-to: ['type=local,dest=/etc']}\n", "is not relative"),
        ("buildx: {cache-to: ['type=local,dest=../up']}\n", "leads out of the repository"),
        ("buildx: {cache-from: ['--push']}\n", "no image reference"),
    ],
)
def test_what_no_builder_could_use_is_told(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = problems(tmp_path, f"version: 1\n{text}")
    assert said in problem

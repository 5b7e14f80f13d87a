"""Compose and bake themselves say what their files mean, and we read compose files as compose does."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support.engines import buildx_plugins

from bloatcheck.config.discovery.compose_yaml import builds_of, read_compose
from bloatcheck.config.discovery.find import discover
from bloatcheck.config.discovery.model import Found

pytestmark = pytest.mark.slow

COMPOSE = """\
x-build: &build
  context: ./services/api
  args:
    VERSION: ${VERSION:-1.10}
    FLAG: true
    FROM_ENV:
services:
  db:
    image: postgres
  base:
    profiles: [never]
    build: *build
  api:
    extends: base
    build:
      target: final
      args: [MORE=1, VERSION=own]
  web:
    profiles: [debug, tools]
    build:
      context: ${WHERE-web}
      dockerfile: ../docker/web.Dockerfile
      platforms: [linux/amd64]
      secrets: [npm]
  job:
    build: services/job
secrets:
  npm:
    environment: NPM_TOKEN
"""
OVERRIDE = "services: {web: {build: {target: '${STAGE:+made}final', args: {A: b}}}}\n"

BAKE = """\
variable "VERSION" { default = "1.10" }
group "default" { targets = ["api", "tools"] }
target "_common" {
  context = "services/api"
  args = { VERSION = VERSION, FROM_ENV = null }
}
target "api" {
  inherits = ["_common"]
  target = "final"
}
target "tools" {
  name = "tools-${kind}"
  matrix = { kind = ["lint", "test"] }
  context = "tools"
  target = kind
  platforms = ["linux/amd64"]
  secret = ["id=npm,env=NPM_TOKEN"]
}
target "left-out" { context = "web" }
"""


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose docker has compose and buildx."""
    settings = tmp_path_factory.mktemp("docker")
    (settings / "cli-plugins").symlink_to(buildx_plugins())
    return {**os.environ, "DOCKER_CONFIG": str(settings)}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        "services/api/Dockerfile",
        "services/job/Containerfile",
        "docker/web.Dockerfile",
        "tools/Dockerfile",
        "web/index.html",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("FROM scratch AS final\n")
    return tmp_path


def same(images: tuple[Found, ...]) -> list[Found]:
    """By name. Compose drops arguments of the environment that aren't set; a builder does so later."""
    without = [
        replace(each, args={name: text for name, text in each.args.items() if text is not None})
        for each in images
    ]
    return sorted(without, key=lambda image: image.name)


@pytest.mark.parametrize(
    "variables", [{}, {"VERSION": "2", "STAGE": "x", "WHERE": "web"}], ids=["none", "some"]
)
def test_compose_files_mean_the_same_with_compose_and_without(
    root: Path, plugins: dict[str, str], variables: dict[str, str]
) -> None:
    (root / "compose.yaml").write_text(COMPOSE)
    (root / "compose.override.yaml").write_text(OVERRIDE)
    by_compose = discover(root, {**plugins, **variables})
    by_us = discover(root, {"PATH": "/nonexistent", **variables})

    assert by_compose.notes == by_us.notes == ()
    assert {image.name for image in by_compose.images} == {"base", "api", "web", "job", "tools"}
    assert same(by_us.images) == same(by_compose.images)


def test_it_was_compose_that_was_asked(root: Path, plugins: dict[str, str]) -> None:
    (root / "compose.yaml").write_text(COMPOSE)
    done = subprocess.run(
        ["docker", "compose", "--profile", "*", "config", "--format", "json"],
        cwd=root, env=plugins, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(builds_of(read_compose(root / "compose.yaml"), {})) == {"base", "api", "web", "job"}


def test_bake_resolves_groups_matrices_and_inheritance(root: Path, plugins: dict[str, str]) -> None:
    (root / "docker-bake.hcl").write_text(BAKE)
    found = discover(root, plugins)
    images = {image.name: image for image in found.images}

    assert found.notes == ()
    assert list(images) == ["api", "tools-lint", "tools-test", "docker-web", "services-job"]
    api, lint = images["api"], images["tools-lint"]
    assert (api.dockerfile, api.context, api.target) == ("services/api/Dockerfile", "services/api", "final")
    assert api.args["VERSION"] == "1.10"
    assert (lint.dockerfile, lint.target, lint.platforms) == ("tools/Dockerfile", "lint", ("linux/amd64",))
    assert lint.secrets == ("id=npm,env=NPM_TOKEN",)
    assert lint.source == "target 'tools-lint' of 'docker-bake.hcl'"

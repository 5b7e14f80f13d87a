"""A repository is known by the same name at a desk and in CI, and never by a secret."""

import os
import subprocess
from pathlib import Path

import pytest

from bloatcheck.build.identity import identity_of_url, repository_identity

DESK = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True, env=DESK)
    return tmp_path


def set_origin(repository: Path, url: str) -> None:
    subprocess.run(["git", "remote", "add", "origin", url], cwd=repository, check=True, env=DESK)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/shop",
        "https://github.com/Acme/Shop.git",
        "https://x-access-token:ghs_secret@github.com/acme/shop.git/",
        "ssh://git@github.com:22/acme/shop.git",
        "git@github.com:acme/shop.git",
        "github.com:acme/shop",
    ],
)
def test_every_way_to_write_a_remote_is_the_same_repository(url: str) -> None:
    assert identity_of_url(url) == "github.com/acme/shop"


@pytest.mark.parametrize(
    "url", ["", "/srv/git/shop.git", "../shop", "file:///srv/git/shop", "https://github.com/"]
)
def test_a_local_remote_tells_nothing(url: str) -> None:
    assert identity_of_url(url) is None


def test_actions_and_a_clone_agree(repository: Path) -> None:
    set_origin(repository, "git@github.com:acme/shop.git")
    assert repository_identity(repository, DESK, "https://github.com/acme/Shop") == "github.com/acme/shop"
    assert repository_identity(repository, DESK) == "github.com/acme/shop"


def test_a_fork_is_another_repository(repository: Path) -> None:
    set_origin(repository, "https://github.com/somebody/shop")
    assert repository_identity(repository, DESK) == "github.com/somebody/shop"


def test_a_repository_without_a_remote_is_its_directory(repository: Path) -> None:
    assert repository_identity(repository, DESK) == str(repository.resolve())


def test_a_folder_of_a_repository_is_the_repository(repository: Path) -> None:
    (repository / "services").mkdir()
    assert repository_identity(repository / "services", DESK) == repository_identity(repository, DESK)


def test_no_git_at_all_is_no_error(tmp_path: Path) -> None:
    assert repository_identity(tmp_path, {"PATH": "/nonexistent"}) == str(tmp_path.resolve())

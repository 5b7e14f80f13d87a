"""Credentials come from where `docker login` keeps them, and show up nowhere else."""

import base64
import json
import sys
from pathlib import Path

import pytest
from support.recording_log import RecordingLog

from bloatcheck.image.registry.credentials import Credentials, docker_credentials

SECRET = "s3cret-pä$$word"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DOCKER_CONFIG, whose folder is on PATH too."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def configure(folder: Path, **config: object) -> None:
    (folder / "config.json").write_text(json.dumps(config))


def auth(username: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


def add_helper(folder: Path, name: str, script: str) -> None:
    helper = folder / f"docker-credential-{name}"
    helper.write_text(f"#!/bin/sh\nread server\n{script}\n")
    helper.chmod(0o755)


def test_no_configuration_means_no_credentials_and_no_docker_library(folder: Path) -> None:
    before = "docker.auth" in sys.modules
    assert docker_credentials("ghcr.io") is None
    configure(folder, currentContext="default")
    assert docker_credentials("ghcr.io") is None
    assert ("docker.auth" in sys.modules) == before


@pytest.mark.parametrize("key", ["ghcr.io", "https://ghcr.io", "https://ghcr.io/v2/"])
def test_a_login_is_found_by_its_registry(folder: Path, key: str) -> None:
    configure(folder, auths={key: auth("me", SECRET), "quay.io": auth("other", "x")})
    assert docker_credentials("ghcr.io") == Credentials("me", SECRET)
    assert docker_credentials("gcr.io") is None
    assert docker_credentials("ghcr.io.example") is None


def test_the_hub_is_found_under_its_old_name(folder: Path) -> None:
    configure(folder, auths={"https://index.docker.io/v1/": auth("me", SECRET)})
    assert docker_credentials("docker.io") == Credentials("me", SECRET)


def test_an_identity_token_is_no_password(folder: Path) -> None:
    configure(folder, auths={"a.example": {**auth("x", ""), "identitytoken": SECRET}})
    assert docker_credentials("a.example") == Credentials(identity_token=SECRET)


def test_a_helper_is_asked_for_its_own_registry_only(folder: Path) -> None:
    add_helper(folder, "mine", 'echo "{\\"Username\\": \\"$server\\", \\"Secret\\": \\"x\\"}"')
    configure(folder, credHelpers={"a.example:5000": "mine"}, auths={"b.example": auth("b", "y")})
    assert docker_credentials("a.example:5000") == Credentials("a.example:5000", "x")
    assert docker_credentials("b.example") == Credentials("b", "y")


def test_the_store_may_hold_an_identity_token(folder: Path) -> None:
    add_helper(folder, "store", 'echo \'{"Username": "<token>", "Secret": "t"}\'')
    configure(folder, credsStore="store", auths={"a.example": {}})
    assert docker_credentials("a.example") == Credentials(identity_token="t")


def test_a_store_without_an_entry_leads_to_the_file(folder: Path) -> None:
    add_helper(folder, "store", 'echo "credentials not found in native keychain"; exit 1')
    configure(folder, credsStore="store", auths={"a.example": auth("me", "x")})
    assert docker_credentials("a.example") == Credentials("me", "x")
    assert docker_credentials("b.example") is None


@pytest.mark.parametrize(
    "config",
    [
        {"credsStore": "not-installed"},
        {"credsStore": "broken"},
        {"credsStore": "talks"},
        {"credsStore": 7},
        {"credHelpers": ["x"]},
        {"auths": ["x"]},
        {"auths": {"a.example": SECRET}},
        {"auths": {"a.example": {"auth": "!" + SECRET}}},
        {"auths": {"a.example": {"auth": base64.b64encode(SECRET.encode()).decode()}}},
    ],
)
def test_what_does_not_work_is_warned_of_without_a_secret(folder: Path, config: dict[str, object]) -> None:
    add_helper(folder, "broken", f"echo '{SECRET}'; exit 1")
    add_helper(folder, "talks", f"echo '{SECRET}'")
    configure(folder, **config)
    log = RecordingLog()
    assert docker_credentials("a.example", log=log) is None
    assert len(log.warnings) == 1
    assert "docker login a.example" in log.warnings[0]
    assert SECRET not in log.warnings[0]


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, SECRET])
def test_a_file_that_is_no_configuration_is_warned_of(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    log = RecordingLog()
    assert docker_credentials("a.example", log=log) is None
    assert len(log.warnings) == 1
    assert SECRET not in log.warnings[0]


def test_a_helper_that_hangs_is_not_waited_for(folder: Path) -> None:
    add_helper(folder, "hangs", "exec sleep 5")
    configure(folder, credsStore="hangs")
    log = RecordingLog()
    assert docker_credentials("a.example", log=log, patience=0.5) is None
    assert "TimeoutError" in log.warnings[0]


def test_credentials_do_not_print_themselves() -> None:
    credentials = Credentials("me", SECRET, SECRET)
    assert SECRET not in f"{credentials} {credentials!r}"


def test_names_and_passwords_are_sent_in_utf_8() -> None:
    header = Credentials("mé", SECRET).basic or ""
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == f"mé:{SECRET}"
    assert Credentials(identity_token="t").basic is None

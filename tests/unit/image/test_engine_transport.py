"""A local socket is talked to directly, everything else through docker-py, and it makes no difference."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.faulty_engine import ID, as_json, faulty_engine

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon import open_docker_daemon, transport
from bloatcheck.image.docker_daemon.transport import local_socket

USUAL = "/var/run/docker.sock"


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({}, USUAL),
        ({"DOCKER_HOST": ""}, USUAL),
        ({"DOCKER_HOST": "unix:///run/user/1/podman.sock"}, "/run/user/1/podman.sock"),
        ({"DOCKER_CONTEXT": "default"}, USUAL),
        ({"DOCKER_CONTEXT": ""}, USUAL),
        ({"DOCKER_CONTEXT": "other"}, None),
        ({"DOCKER_HOST": "unix://run/s"}, None),
        ({"DOCKER_HOST": "tcp://127.0.0.1:2375"}, None),
        ({"DOCKER_HOST": "ssh://somewhere"}, None),
        ({"DOCKER_TLS_VERIFY": "1"}, None),
        ({"DOCKER_CERT_PATH": "/certs"}, None),
    ],
)
def test_only_a_socket_of_this_machine_is_talked_to_directly(
    tmp_path: Path, environment: dict[str, str], path: str | None
) -> None:
    assert local_socket({"DOCKER_CONFIG": str(tmp_path), **environment}) == path
    assert local_socket({"HOME": str(tmp_path), **environment}) == path


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ('{"auths": {"a": {}}}', USUAL),
        ('{"currentContext": ""}', USUAL),
        ('{"currentContext": "default"}', USUAL),
        ('{"currentContext": "other"}', None),
        ('{"HttpHeaders": {"X-Team": "a"}}', None),
        ("[]", None),
        ("nonsense", None),
        ("[" * 100_000, None),
    ],
)
def test_docker_py_is_asked_where_the_configuration_says_more(
    tmp_path: Path, settings: str, path: str | None
) -> None:
    (tmp_path / "config.json").write_text(settings)

    assert local_socket({"DOCKER_CONFIG": str(tmp_path)}) == path
    on_this_machine = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_HOST": "unix:///s"}
    assert local_socket(on_this_machine) == (path and "/s")


@pytest.mark.parametrize("settings", [{}, {"HttpHeaders": {"X-Team": "a"}}], ids=["socket", "docker-py"])
def test_both_ways_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    history = as_json([{"CreatedBy": "COPY a", "Size": 1, "Comment": ""}])
    with faulty_engine(tmp_path, **{f"images__{ID}__history": history}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with open_docker_daemon("api") as image:
            assert image.image_id == ID
            assert image.source.engine == "docker 99"
            assert [entry.created_by for entry in image.config.history] == ["COPY a"]


@pytest.mark.parametrize("settings", [{}, {"HttpHeaders": {"X-Team": "a"}}], ids=["socket", "docker-py"])
def test_an_answer_without_end_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(transport, "MAX_ANSWER", 1000)
    with faulty_engine(tmp_path, info=as_json({"Driver": "x" * 2000})) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(ReadError, match="longer than 1000 bytes"):
            open_docker_daemon("api")


def test_an_image_of_a_local_engine_is_read_without_docker_py(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from bloatcheck.image.open import open_image\n"
        "with open_image('docker-daemon:api') as image:\n"
        "    assert image.image_id\n"
        "print(*sorted({'docker', 'requests', 'urllib3'} & set(sys.modules)))\n"
    )
    with faulty_engine(tmp_path) as host:
        environment = {"DOCKER_HOST": host, "HOME": str(tmp_path)}
        result = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
    assert result.stdout.strip() == ""

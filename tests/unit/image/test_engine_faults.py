"""What goes wrong with an engine is told clearly, with what to do."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.faulty_engine import ANSWERS, ID, LAYER, Answer, Request, as_json, faulty_engine

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon import engine as engine_module
from bloatcheck.image.docker_daemon import open_docker_daemon
from bloatcheck.oci.digest import parse_digest
from bloatcheck.oci.platform import Platform


@pytest.fixture(autouse=True)
def no_context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's privileges for a moment, where we have them."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def hang_up(request: Request) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000000")
    request.end_headers()
    request.output.write(bytes(512))
    request.close_connection = True


def chunks_that_stop(request: Request) -> None:
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
    request.output.write(b"200\r\n" + bytes(512) + b"\r\n400\r\n")
    request.close_connection = True


def silence(request: Request) -> None:
    request.rfile.read(1)


def test_a_socket_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    with pytest.raises(ReadError, match="no container engine answers at unix://") as error:
        open_docker_daemon("api")
    assert "docker-archive:" in str(error.value.hint)


def test_a_socket_that_nobody_listens_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/s")
    with pytest.raises(ReadError, match="no container engine answers"):
        open_docker_daemon("api")


def test_a_socket_that_may_not_be_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        (tmp_path / "s").chmod(0)
        with as_nobody(), pytest.raises(ReadError, match="may not be opened by this user") as error:
            open_docker_daemon("api")
    assert "group docker" in str(error.value.hint)


@pytest.mark.parametrize("host", ["nonsense://x", "tcp://user:secret@127.0.0.1:1", "unix://"])
def test_a_host_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(ReadError) as error:
        open_docker_daemon("api")
    assert error.value.hint
    assert "secret" not in str(error.value)


def test_a_certificate_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path / "none"))
    with pytest.raises(ReadError) as error:
        open_docker_daemon("api")
    assert "DOCKER_TLS_VERIFY" in str(error.value.hint)


@pytest.mark.parametrize(
    "version",
    [as_json({}), as_json([]), as_json({"message": "boom"}, 500), hang_up, chunks_that_stop],
    ids=["empty", "list", "error", "hangs up", "stops"],
)
def test_something_else_than_an_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: Answer
) -> None:
    with faulty_engine(tmp_path, version=version) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(ReadError, match=r"the container engine at .* can't be talked to"):
            open_docker_daemon("api")


@pytest.mark.parametrize(
    "fault",
    [as_json([]), as_json({"message": "boom"}, 500), hang_up, chunks_that_stop],
    ids=["list", "error", "hangs up", "stops"],
)
@pytest.mark.parametrize("where", ["images__api__json", "info"])
def test_answers_that_make_no_sense(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str, fault: Answer
) -> None:
    with faulty_engine(tmp_path, **{where: fault}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(ReadError, match="engine"):
            open_docker_daemon("api")


@pytest.mark.parametrize("fault", [hang_up, chunks_that_stop, as_json({"message": "disk full"}, 500)])
def test_a_stream_that_breaks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Answer) -> None:
    with faulty_engine(tmp_path, images__get=fault) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with open_docker_daemon("api") as image, pytest.raises(ReadError, match="engine"):
            list(image.index_layers([parse_digest(LAYER)]))


def test_a_stream_that_stays_silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine_module, "_SAVE_SILENCE_SECONDS", 0.2)
    with faulty_engine(tmp_path, images__get=silence) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with open_docker_daemon("api") as image, pytest.raises(ReadError, match="engine"):
            list(image.index_layers([parse_digest(LAYER)]))


def test_a_stream_without_the_layer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def empty(request: Request) -> None:
        request.send(bytes(1024))

    with faulty_engine(tmp_path, images__get=empty) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with open_docker_daemon("api") as image, pytest.raises(ReadError, match=f"no layer {LAYER}"):
            list(image.index_layers([parse_digest(LAYER)]))


def test_an_engine_with_no_image_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with faulty_engine(tmp_path) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(ReadError, match="has no image web") as error:
            open_docker_daemon("web")
        assert "no tagged image at all" in str(error.value.hint)


def test_another_platform_than_wanted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with faulty_engine(tmp_path) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(
            ReadError, match="is an image for linux/amd64 in the engine, and linux/arm64 is wanted"
        ):
            open_docker_daemon("api", platform=Platform.parse("linux/arm64"))


def test_an_engine_that_can_choose_is_asked_for_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []

    def inspect(request: Request) -> None:
        asked.append(request.path)
        if "platform" in request.path:
            request.send(b'{"message": "was found but does not match the specified platform"}', 404)
        else:
            ANSWERS["images/api/json"](request)

    version = as_json({"Version": "99", "ApiVersion": "1.49"})
    with faulty_engine(tmp_path, version=version, images__api__json=inspect) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(ReadError, match="for linux/amd64 in the engine, and linux/arm64 is wanted"):
            open_docker_daemon("api", platform=Platform.parse("linux/arm64"))
    assert "platform=%7B%22os%22%3A+%22linux%22%2C+%22architecture%22%3A+%22arm64%22%7D" in asked[1]


def test_an_image_of_a_chosen_platform_is_saved_by_the_name_that_the_engine_knows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Asked for a platform, the engine answers with a manifest's id, which it can't save by."""
    saved = []
    manifest = f"sha256:{'3' * 64}"

    def inspect(request: Request) -> None:
        identity, machine = (manifest, "arm64") if "platform" in request.path else (ID, "amd64")
        as_json({"Id": identity, "Architecture": machine, "RootFS": {"Layers": [LAYER]}})(request)

    def save(request: Request) -> None:
        saved.append(request.path)
        request.send(bytes(1024))

    version = as_json({"Version": "99", "ApiVersion": "1.49"})
    with faulty_engine(tmp_path, version=version, images__api__json=inspect, images__get=save) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with (
            open_docker_daemon("api", platform=Platform.parse("linux/arm64")) as image,
            pytest.raises(ReadError),
        ):
            list(image.index_layers([parse_digest(LAYER)]))
    assert [path.partition("names=")[2] for path in saved] == [ID.replace(":", "%3A")]

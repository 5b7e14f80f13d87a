"""An engine is asked once what it is, however many of its images are opened."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from support.faulty_engine import ANSWERS, Answer, Request, faulty_engine

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon import open_docker_daemon


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often an engine was asked for what."""
    for name in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    return Counter()


def counting(asked: Counter[str]) -> dict[str, Answer]:
    def counted(name: str, answer: Answer) -> Answer:
        def reply(request: Request) -> None:
            asked[name] += 1
            answer(request)

        return reply

    return {name.replace("/", "__"): counted(name, answer) for name, answer in ANSWERS.items()}


def open_api() -> None:
    with closing(open_docker_daemon("api")):
        pass


def test_each_further_image_takes_one_request(
    asked: Counter[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with faulty_engine(tmp_path, **counting(asked)) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        for _ in range(5):
            open_api()
    assert asked == {"version": 1, "info": 1, "images/api/json": 5}


def test_an_engine_that_was_started_again_is_asked_again(
    asked: Counter[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for _ in range(2):
        with faulty_engine(tmp_path, **counting(asked)) as host:
            monkeypatch.setenv("DOCKER_HOST", host)
            open_api()
        (tmp_path / "s").unlink()
    assert asked["version"] == asked["info"] == 2
    with pytest.raises(ReadError, match="no container engine answers"):
        open_api()

"""What the client refuses before it sends anything, and what it never shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.manners import GITHUB, PUBLIC_API
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience

TOKEN = "ghs_pretend0123456789"


@pytest.mark.parametrize(
    "token", ["", "  ", f"{TOKEN}\n", f"{TOKEN}\r\nX-Evil: 1", "geheim\N{SNOWMAN}", "a b"]
)
def test_a_token_that_can_not_be_one_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(PublishError, match=r"no (usable )?GitHub token") as caught:
        Client(token, api_url=PUBLIC_API, manners=GITHUB)
    assert "pretend" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.github.com",
        "ftp://github.example",
        "file:///etc/passwd",
        "https://",
        "https://me:secret@github.example",
        "https://github.example?secret",
        "https://github.example#secret",
        "https://github.example:port",
        "https://[::1",
    ],
)
def test_an_address_that_is_no_apis_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(PublishError, match="address of GitHub's API is not usable") as caught:
        Client(TOKEN, manners=GITHUB, api_url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://github.example/api/v3", "http://10.0.0.1", "http://127.0.0.1.example", "http://0.0.0.0"]
)
def test_the_token_is_not_sent_in_the_clear(url: str) -> None:
    with pytest.raises(PublishError, match="is not encrypted") as caught:
        Client(TOKEN, manners=GITHUB, api_url=url)
    assert "https" in str(caught.value.hint)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:3000"])
def test_on_the_machine_itself_nobody_reads_along(url: str) -> None:
    assert repr(Client(TOKEN, manners=GITHUB, api_url=url)) == f"GitHub({url!r})"


def test_its_repr_shows_no_token() -> None:
    assert repr(Client(TOKEN, manners=GITHUB, api_url="https://github.example/api/v3/")) == (
        "GitHub('https://github.example/api/v3')"
    )


def test_nobody_at_the_address_is_a_clear_error() -> None:
    client = Client(TOKEN, manners=GITHUB, api_url="http://127.0.0.1:1", patience=Patience(tries=1))
    with pytest.raises(PublishError, match="could not ask: the connection failed") as caught:
        client.request("GET", "/user", doing="ask")
    assert "http://127.0.0.1:1 reachable" in str(caught.value.hint)
    assert TOKEN not in str(caught.value)


def test_a_netrc_file_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """requests would put another password from ~/.netrc in the place of our header."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client = Client(TOKEN, manners=GITHUB, api_url="http://127.0.0.1:1")
    prepared = client._session.prepare_request(requests.Request("GET", "http://127.0.0.1:1/"))

    assert prepared.headers["Authorization"] == f"Bearer {TOKEN}"

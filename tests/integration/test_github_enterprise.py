"""A GitHub in a company's network: another address, an authority of its own, a proxy. Real TLS throughout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.tls import Authority, Server, connect_proxy, https_server

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience

TOKEN = "ghs_pretend0123456789"
VARIABLES = (
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy",
    "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
)  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    with https_server(authority, b'{"login": "octo"}') as running:
        yield running


def ask(host: str, port: int) -> bytes:
    client = Client(
        TOKEN, manners=GITHUB, api_url=f"https://{host}:{port}/api/v3", patience=Patience(tries=1)
    )
    return client.request("GET", "/user", doing="ask who we are").body


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_of_the_companys_own_is_believed_where_it_is_named(
    server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(authority.certificate))

    assert ask("localhost", server.port) == b'{"login": "octo"}'
    assert server.asked == [f"/api/v3/user Bearer {TOKEN}"]


def test_an_authority_that_nobody_named_gets_no_token(server: Server) -> None:
    with pytest.raises(PublishError, match="certificate is not trusted here"):
        ask("localhost", server.port)
    assert server.asked == []


def test_a_bundle_that_is_not_there_is_said_to_be_missing(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(PublishError, match="that REQUESTS_CA_BUNDLE or SSL_CERT_FILE names are not there"):
        ask("localhost", server.port)


def test_the_proxy_of_the_machine_is_gone_through(
    server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
    with connect_proxy(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")

        assert ask("github.example", 443) == b'{"login": "octo"}'
        assert proxy.asked == ["github.example:443"]


def test_a_host_that_needs_no_proxy_is_asked_directly(
    server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with connect_proxy(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "localhost")
        ask("localhost", server.port)

        assert proxy.asked == []


def test_a_proxy_that_does_not_answer_is_named(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(PublishError, match="the proxy of this machine does not answer"):
        ask("github.example", server.port)

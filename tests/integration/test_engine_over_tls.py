"""An engine over TLS is known by its own authority, whatever other hosts of the company are known by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.tls import Authority, https_server

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.docker_py import docker_client

VERSION = json.dumps({"ApiVersion": "1.41", "Version": "20.10.24"}).encode()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """As docker-in-docker leaves its certificates for clients."""
    made = Authority.create(tmp_path)
    for name, file in (
        ("ca", made.certificate),
        ("cert", made.server_certificate),
        ("key", made.server_key),
    ):
        shutil.copy(file, tmp_path / f"{name}.pem")
    return made


@pytest.mark.parametrize("bundle", [None, "/etc/ssl/certs/ca-certificates.crt"])
def test_its_own_certificates_count_beside_a_bundle_of_the_company(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: str | None
) -> None:
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    if bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with https_server(authority, VERSION) as server:
        host = f"tcp://localhost:{server.port}"
        monkeypatch.setenv("DOCKER_HOST", host)
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
        client, address = docker_client()
        client.close()
    assert address == host
    assert server.asked[0].startswith("/version")


def test_an_engine_of_another_authority_is_not_believed(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    shutil.copy(Authority.create(tmp_path / "other").certificate, tmp_path / "ca.pem")
    with https_server(authority, VERSION) as server:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://localhost:{server.port}")
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
        with pytest.raises(ReadError, match="certificate verify failed"):
            docker_client()

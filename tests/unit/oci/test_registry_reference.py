"""Names of images in registries, as docker reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.oci.registry_reference import RegistryReference, parse_registry_reference

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3.20", "docker.io/library/alpine:3.20"),
        ("team/api", "docker.io/team/api:latest"),
        ("docker.io/alpine", "docker.io/library/alpine:latest"),
        ("index.docker.io/alpine", "docker.io/library/alpine:latest"),
        ("ghcr.io/owner/api:1", "ghcr.io/owner/api:1"),
        ("localhost/api", "localhost/api:latest"),
        ("localhost:5000/a/b/c:d", "localhost:5000/a/b/c:d"),
        ("[::1]:5000/api", "[::1]:5000/api:latest"),
        ("HOST/api", "HOST/api:latest"),
        ("host:5000", "docker.io/library/host:5000"),
        (f"quay.io/a/b@{DIGEST}", f"quay.io/a/b@{DIGEST}"),
        (f"quay.io/a/b:1@{DIGEST}", f"quay.io/a/b:1@{DIGEST}"),
    ],
)
def test_short_forms_mean_what_they_mean_to_docker(text: str, full: str) -> None:
    assert str(parse_registry_reference(text)) == full


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "@",
        "a@b",
        "API",
        "a//b",
        "a/../b",
        "/etc/passwd",
        "host.example/",
        "host.example:0/a",
        "host.example:65536/a",
        "host.example:000443/a",
        "host.example:x/a",
        "user@host.example/a",
        "host.example/a:",
        "host.example/a:tag with blank",
        "host.example/a?x=1",
        "host.example/a#x",
        "host.example/a%2e",
        "[::1/a",
        "[1:2]/a",
        "-host.example/a",
        "host.example/a\n",
        "host.example/" + "a" * 250,
        "a@sha256:0",
    ],
)
def test_whatever_else_could_lead_to_another_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_registry_reference(text)


@pytest.mark.parametrize(
    ("registry", "loopback"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("127.0.0.1", True),
        ("127.1.2.3:80", True),
        ("[::1]:5000", True),
        ("127.0.0.1.example:80", False),
        ("localhost.example", False),
        ("10.0.0.1:5000", False),
        ("0.0.0.0:5000", False),
        ("ghcr.io", False),
    ],
)
def test_only_this_machine_is_loopback(registry: str, loopback: bool) -> None:  # noqa: FBT001 - a table
    assert RegistryReference(registry, "a").is_loopback is loopback


def test_the_hub_answers_elsewhere() -> None:
    assert parse_registry_reference("alpine").api_host == "registry-1.docker.io"
    assert parse_registry_reference("ghcr.io/a/b").api_host == "ghcr.io"


@given(st.text(alphabet="aA0.:/@-_[]% \n\\", max_size=60))
def test_what_is_read_is_read_again_as_the_same(text: str) -> None:
    try:
        reference = parse_registry_reference(text)
    except ValueError:
        return
    assert parse_registry_reference(str(reference)) == reference

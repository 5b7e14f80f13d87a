"""Names of images in registries (the reference grammar of distribution, and docker's short forms)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from bloatcheck.oci.digest import Digest, parse_digest

_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_IPV6_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]")
_PORT = re.compile(r":([0-9]{1,5})$")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_MAX_NAME = 255
"""Characters of registry and repository together; the limit of docker's own grammar."""
_MAX_PORT = 65535
_HUB = "docker.io"
_HUB_API = "registry-1.docker.io"


@dataclass(frozen=True, slots=True)
class RegistryReference:
    """A repository in a registry and what is asked of it: a digest, else a tag.

    `registry` is `host[:port]` as the user knows it; `api_host` is where its API answers.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @property
    def api_host(self) -> str:
        """Docker Hub's API lives on another host than its name says."""
        return _HUB_API if self.registry == _HUB else self.registry

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine: the only ones that plain HTTP is spoken to."""
        return is_loopback(_PORT.sub("", self.registry))

    def __str__(self) -> str:
        """`registry/repository[:tag][@digest]`."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def parse_registry_reference(text: str) -> RegistryReference:
    """Reads `[registry/]repository[:tag][@digest]`; `alpine` is `docker.io/library/alpine:latest`.

    Raises:
        ValueError: not a reference by the grammar.
    """
    name, at, digest_text = text.partition("@")
    digest = parse_digest(digest_text) if at else None
    first, slash, rest = name.partition("/")
    # As docker tells hosts from the first part of a repository's name; that is never in upper case.
    has_registry = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or first != first.lower()
    )
    registry, remainder = (first, rest) if has_registry else (_HUB, name)
    repository, colon, tag = remainder.partition(":")
    if registry in (_HUB, "index.docker.io"):
        registry = _HUB
        repository = repository if "/" in repository else f"library/{repository}"
    if not _is_registry(registry):
        raise ValueError(f"not a registry's host: {registry[:100]!r}")
    if not _REPOSITORY.fullmatch(repository):
        raise ValueError(f"not a repository's name: {repository[:100]!r}")
    if len(registry) + 1 + len(repository) > _MAX_NAME:
        raise ValueError(f"longer than {_MAX_NAME} characters: {text[:100]!r}")
    if colon and not _TAG.fullmatch(tag):
        raise ValueError(f"not a tag: {tag[:100]!r}")
    return RegistryReference(registry, repository, tag or (None if digest else "latest"), digest)


def is_loopback(host: str) -> bool:
    """Whether a host, without its port, is this machine by its name alone; nothing is resolved."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def is_confidential(scheme: str, host: str) -> bool:
    """Whether nobody on the way can read what is sent there: encrypted, or never leaving the machine."""
    return scheme == "https" or is_loopback(host)


def _is_registry(text: str) -> bool:
    port = _PORT.search(text)
    host = text[: port.start()] if port else text
    if port and not 0 < int(port[1]) <= _MAX_PORT:
        return False
    return bool(_HOST.fullmatch(host)) or _is_ipv6(host)


def _is_ipv6(host: str) -> bool:
    try:
        return bool(_IPV6_HOST.fullmatch(host)) and bool(ipaddress.IPv6Address(host[1:-1]))
    except ValueError:
        return False

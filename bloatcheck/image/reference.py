"""References with a transport, by skopeo's names (containers-transports(5))."""

from __future__ import annotations

from dataclasses import dataclass

from bloatcheck.errors import UsageError

TRANSPORTS = ("docker-daemon", "docker-archive", "oci", "oci-archive", "docker")


@dataclass(frozen=True, slots=True)
class Reference:
    """`transport:rest`; a plain reference means the engine."""

    transport: str
    rest: str

    def __str__(self) -> str:
        """As skopeo writes it."""
        return f"docker://{self.rest}" if self.transport == "docker" else f"{self.transport}:{self.rest}"


def parse_reference(text: str) -> Reference:
    """Reads a reference.

    Raises:
        UsageError: empty, or the transport has nothing after it.
    """
    transport, colon, rest = text.partition(":")
    if not colon or transport not in TRANSPORTS:
        transport, rest = "docker-daemon", text
    elif transport == "docker":
        if not rest.startswith("//"):
            return _checked("docker-daemon", text, text)
        rest = rest.removeprefix("//")
    return _checked(transport, rest, text)


def _checked(transport: str, rest: str, text: str) -> Reference:
    if not rest or not rest.isprintable():
        raise UsageError(
            f"not an image reference: {text[:200]!r}",
            hint="for example api:latest, docker-archive:image.tar, oci:layout:latest or docker://ghcr.io/o/api",
        )
    return Reference(transport, rest)


def split_path(rest: str) -> tuple[str, str | None]:
    """Splits `path[:name]` at the first colon, as skopeo does; a path with a colon can't be written."""
    path, colon, name = rest.partition(":")
    return path, name if colon else None

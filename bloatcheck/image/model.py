"""What every reader offers, whatever the transport.

A reader is opened on a reference, tells what the manifest and the configuration say without opening a
layer, and lists the records of the layers it is asked for in one pass over the source.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bloatcheck.image.capture import Capture
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.image_config import ImageConfig

__all__ = ["Image", "LayerDescriptor", "LayerIndex", "Source"]


Reader = TypeVar("Reader", bound="ClosedAtEnd")


@dataclass(frozen=True, slots=True)
class LayerDescriptor:
    """One layer as manifest and configuration describe it.

    `compressed_size` is the blob's size in the manifest, in bytes; None where the transport has none.
    `identity` names the very bytes on this machine that the layer would be listed from without hashing
    them; None where listing it proves its diff_id.
    """

    diff_id: Digest
    media_type: str | None = None
    digest: Digest | None = None
    compressed_size: int | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where an image came from, for the fingerprint: informational, never compared.

    For example `Source("docker-daemon", engine="docker 26.1.5", store="containerd overlayfs")`.
    """

    transport: str
    engine: str | None = None
    store: str | None = None


class Image(Protocol):
    """An image that was opened. Closing it is the context manager's work."""

    @property
    def reference(self) -> str:
        """The reference with its transport, as skopeo writes it: `docker-daemon:api:latest`."""
        ...

    @property
    def image_id(self) -> Digest:
        """The digest of the image configuration (on the containerd store too)."""
        ...

    @property
    def config(self) -> ImageConfig:
        """The image configuration."""
        ...

    @property
    def layers(self) -> Sequence[LayerDescriptor]:
        """One descriptor per entry of `config.diff_ids`, base first."""
        ...

    @property
    def source(self) -> Source:
        """Where it came from."""
        ...

    def index_layers(
        self, diff_ids: Collection[Digest], capture: Capture | None = None
    ) -> Iterator[LayerIndex]:
        """Lists the records of these layers, in any order, each once, in one pass over the source.

        Args:
            diff_ids: which.
            capture: what to keep of the contents on the way, with a digest of every regular file's that
                isn't sparse; None leaves all contents out, which costs nothing where they can be skipped.

        Raises:
            ReadError: a layer is damaged, missing, or can't be read; the message names it.
        """
        ...

    def close(self) -> None:
        """Frees files and connections."""
        ...


class ClosedAtEnd(ABC):
    """For readers: a `with` block that closes the image at its end."""

    @abstractmethod
    def close(self) -> None:
        """See `Image`."""

    def __enter__(self: Reader) -> Reader:  # noqa: PYI019 - typing has no Self before Python 3.11
        """The image itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes."""
        self.close()

"""Layers written down record by record, for tests of what is made of them."""

import hashlib
from dataclasses import dataclass

from bloatcheck.image.capture import Captured
from bloatcheck.image.layer_index import DIGEST_LENGTH, NO_DIGEST, Kind, LayerIndex, RecordColumns
from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.whiteout import OPAQUE_NAME, PREFIX


@dataclass(frozen=True)
class Entry:
    path: bytes
    kind: int
    size: int = 0
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    link_target: bytes = b""
    digest: bytes = NO_DIGEST
    captured: Captured | None = None


def file(
    path: str | bytes,
    size: int | None = None,
    *,
    content: bytes | None = None,
    mode: int = 0o644,
    uid: int = 0,
    captured: Captured | None = None,
) -> Entry:
    """A regular file; with its content it has a digest, and the content counts as captured whole."""
    if content is not None and captured is None:
        captured = Captured("whole", content)
    return Entry(
        _bytes(path),
        Kind.REGULAR,
        size if size is not None else len(content or b""),
        mode,
        uid,
        digest=hashlib.sha256(content).digest()[:DIGEST_LENGTH] if content is not None else NO_DIGEST,
        captured=captured,
    )


def folder(path: str | bytes) -> Entry:
    return Entry(_bytes(path), Kind.DIRECTORY, mode=0o755)


def symlink(path: str | bytes, target: str | bytes) -> Entry:
    return Entry(_bytes(path), Kind.SYMLINK, mode=0o777, link_target=_bytes(target))


def hard_link(path: str | bytes, target: str | bytes) -> Entry:
    return Entry(_bytes(path), Kind.HARD_LINK, link_target=_bytes(target))


def whiteout(path: str | bytes) -> Entry:
    above, slash, name = _bytes(path).rpartition(b"/")
    return Entry(above + slash + PREFIX + name, Kind.REGULAR)


def opaque(path: str | bytes) -> Entry:
    path = _bytes(path)
    return Entry(path + b"/" + OPAQUE_NAME if path else OPAQUE_NAME, Kind.REGULAR)


def layer(*entries: Entry, name: str | None = None) -> LayerIndex:
    """The layer of these records, in this order."""
    columns = RecordColumns()
    captured: dict[bytes, Captured] = {}
    for entry in entries:
        columns.paths += entry.path + b"\0"
        columns.kinds.append(entry.kind)
        columns.sizes.append(entry.size)
        columns.modes.append(entry.mode)
        columns.uids.append(entry.uid)
        columns.gids.append(entry.gid)
        if entry.kind in (Kind.SYMLINK, Kind.HARD_LINK):
            columns.link_targets += entry.link_target + b"\0"
        columns.digests += entry.digest
        if entry.captured:
            captured[entry.path] = entry.captured
    return LayerIndex(
        diff_id=diff_id(name if name is not None else repr(entries)),
        records=columns.build(),
        uncompressed_size=None,
        verified=True,
        captured=captured,
    )


def diff_id(name: str) -> Digest:
    return parse_digest(f"sha256:{hashlib.sha256(name.encode()).hexdigest()}")


def _bytes(path: str | bytes) -> bytes:
    return path.encode("utf-8", "surrogateescape") if isinstance(path, str) else path

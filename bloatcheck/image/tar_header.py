"""The fields of tar headers: POSIX ustar and pax, GNU, and the V7 format before them.

pax: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
GNU: https://www.gnu.org/software/tar/manual/html_node/Standard.html
Where the two disagree with what engines unpack by (Go's archive/tar), the engines are followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)
USTAR = b"ustar\0"

REGULAR, OLD_REGULAR, CONTIGUOUS, SPARSE = ord("0"), 0, ord("7"), ord("S")
HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO = b"123456"
WITHOUT_CONTENT = frozenset((HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO))
"""Types whose size, whatever it says, is not followed by content."""
LONG_NAME, LONG_LINK = b"LK"
PAX_LOCAL, PAX_LOCAL_SOLARIS, PAX_GLOBAL = b"xXg"
EXTENDED = frozenset((LONG_NAME, LONG_LINK, PAX_LOCAL, PAX_LOCAL_SOLARIS, PAX_GLOBAL))
KEYWORDS = frozenset(
    (
        *(b"path", b"linkpath", b"size", b"uid", b"gid"),
        *(b"GNU.sparse.name", b"GNU.sparse.size", b"GNU.sparse.realsize"),
    )
)
"""What of an extended header is looked at."""
SPARSE_EXTENSION_CONTINUES = 504
"""Where a further block of an old GNU sparse map says that yet another follows."""

_BASE_256 = 0x80
_NEGATIVE = 0x40
_TERMINATORS = (b"\0", b" ")
_MAX_DIGITS = 20
_NEWLINE = ord("\n")
_MAX_SIZE = (1 << 63) - 1


def parse_number(field: bytes) -> int:
    """A numeric field: octal digits between blanks and zero bytes, or GNU's base 256. Empty is 0.

    Raises:
        ValueError: neither.
    """
    if field[-1:] in _TERMINATORS and field[:-1].isdigit():
        return int(field[:-1], 8)
    if field and field[0] & _BASE_256:
        # two's complement with the first bit set aside as the mark; the second is the sign
        number = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        return number - (1 << (8 * len(field) - 1)) if field[0] & _NEGATIVE else number
    digits = field.partition(b"\0")[0].strip(b" ")
    if not digits:
        return 0
    if not digits.isdigit():
        raise ValueError(f"not an octal number: {digits!r}")
    return int(digits, 8)


def check_size(size: int) -> int:
    """Returns a size that a file can have.

    Raises:
        ValueError: negative, or more than 63 bits.
    """
    if not 0 <= size <= _MAX_SIZE:
        raise ValueError(f"a size of {size} bytes")
    return size


def check_owner_id(number: int) -> int:
    """A user's or group's number in the kernel's 32 bits; macOS writes `nobody` as -2.

    Raises:
        ValueError: more than 32 bits.
    """
    if not -(1 << 31) <= number < 1 << 32:
        raise ValueError(f"a user or group number of {number}")
    return number & 0xFFFFFFFF


def parse_attributes(fields: bytes) -> tuple[int, int, int]:
    """Permission bits, user and group, from the 24 bytes that hold them.

    Raises:
        ValueError: no numbers, or out of range.
    """
    return (
        parse_number(fields[:8]) & 0o7777,
        check_owner_id(parse_number(fields[8:16])),
        check_owner_id(parse_number(fields[16:])),
    )


class Header(NamedTuple):
    """One header block. Names are as written, `flag` is the type's byte.

    `size` is the number of bytes that follow, `real_size` the size with holes for the old GNU sparse format,
    whose map goes on in another block if `map_continues`.
    """

    name: bytes
    flag: int
    size: int
    mode: int
    uid: int
    gid: int
    link: bytes
    real_size: int | None
    map_continues: bool


def parse_header(block: bytes, attributes: tuple[int, int, int]) -> Header:
    """Reads one header block, whose checksum is not looked at.

    Args:
        block: the header.
        attributes: what `parse_attributes` makes of it; few differ, so the caller has them at hand.

    Raises:
        ValueError: a field is no number or out of range.
    """
    flag = block[156]
    name = _until_zero(block[:100])
    if block[345] and block[257:263] == USTAR:
        name = _until_zero(block[345:500]) + b"/" + name
    sparse = flag == SPARSE
    return Header(
        name,
        flag,
        0 if flag in WITHOUT_CONTENT else check_size(parse_number(block[124:136])),
        *attributes,
        _until_zero(block[157:257]),
        check_size(parse_number(block[483:495])) if sparse else None,
        sparse and block[482] != 0,
    )


def _until_zero(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def checksum_matches(block: bytes) -> bool:
    """Whether the checksum is that of the bytes, taken as unsigned or, as old tars did, as signed.

    Raises:
        ValueError: the checksum is no number.
    """
    field = block[148:156]
    stored = parse_number(field)
    unsigned = sum(block) - sum(field) + len(field) * ord(" ")
    if stored == unsigned:
        return True
    high = sum(byte >= _BASE_256 for byte in block) - sum(byte >= _BASE_256 for byte in field)
    return stored == unsigned - 256 * high


class Extended:
    """What long names and extended headers say about the record that follows.

    A second one of the same type replaces the first, an empty value says nothing, and GNU's long names win
    over extended headers: so it is with the engines.
    """

    __slots__ = ("long_link", "long_name", "pax")

    def __init__(self, everywhere: Mapping[bytes, bytes]) -> None:
        self.pax = everywhere
        self.long_name = b""
        self.long_link = b""

    def path(self, name: bytes) -> bytes:
        """The record's path; `name` where nothing else is said."""
        pax = self.pax
        return self.long_name or _pax_name(pax, b"GNU.sparse.name") or _pax_name(pax, b"path") or name

    def link(self, name: bytes) -> bytes:
        """The record's link target, likewise."""
        return self.long_link or _pax_name(self.pax, b"linkpath") or name

    def owner_id(self, keyword: bytes, number: int) -> int:
        """`uid` or `gid`, likewise."""
        return check_owner_id(self._number(keyword, default=number))

    def size(self, size: int) -> int:
        """The number of bytes that follow the header, likewise."""
        return check_size(self._number(b"size", default=size))

    def real_size(self, size: int | None) -> int | None:
        """The size of a sparse file with its holes, likewise; None for other files."""
        for keyword in (b"GNU.sparse.realsize", b"GNU.sparse.size"):
            if self.pax.get(keyword):
                return check_size(self._number(keyword, default=0))
        return size

    def _number(self, keyword: bytes, *, default: int) -> int:
        value = self.pax.get(keyword)
        if not value:
            return default
        if not value.removeprefix(b"-").isdigit() or len(value) > _MAX_DIGITS:
            raise ValueError(f"not a decimal number: {value[:30]!r}")
        return int(value)


def _pax_name(records: Mapping[bytes, bytes], keyword: bytes) -> bytes:
    value = records.get(keyword, b"")
    if b"\0" in value:
        raise ValueError(f"a zero byte in {keyword.decode('ascii')}")
    return value


def parse_pax(payload: bytes) -> dict[bytes, bytes]:
    """The keywords and values of an extended header; the last of several values counts.

    Raises:
        ValueError: malformed.
    """
    records: dict[bytes, bytes] = {}
    position, length = 0, len(payload)
    while position < length and payload[position]:
        blank = payload.find(b" ", position, position + _MAX_DIGITS)
        digits = payload[position:blank]
        if blank < 0 or not digits.isdigit():
            raise ValueError("an extended header's record has no length")
        end = position + int(digits)
        equals = payload.find(b"=", blank, end)
        if not blank < equals < end <= length or payload[end - 1] != _NEWLINE:
            raise ValueError("an extended header's record is cut or runs over")
        records[payload[blank + 1 : equals]] = payload[equals + 1 : end - 1]
        position = end
    return records

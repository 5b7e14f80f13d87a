"""The fields of tar headers: POSIX ustar and pax, GNU, and the V7 format before them.

pax: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
GNU: https://www.gnu.org/software/tar/manual/html_node/Standard.html
Where the two disagree with what engines unpack by (Go's archive/tar), the engines are followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)

_BASE_256 = 0x80
_NEGATIVE = 0x40
_MAX_DIGITS = 20
_MAX_SIZE = (1 << 63) - 1


def parse_number(field: bytes) -> int:
    """A numeric field: octal digits between blanks and zero bytes, or GNU's base 256. Empty is 0.

    Raises:
        ValueError: neither.
    """
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


def parse_size(field: bytes) -> int:
    """A size in bytes.

    Raises:
        ValueError: no number, negative, or more than 63 bits.
    """
    return check_size(parse_number(field))


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


def checksum_matches(block: bytes) -> bool:
    """Whether a header's checksum is that of its bytes, taken as unsigned or, as old tars did, signed.

    Raises:
        ValueError: the checksum field is no number.
    """
    field = block[148:156]
    stored = parse_number(field)
    unsigned = sum(block) - sum(field) + 8 * ord(" ")
    if stored == unsigned:
        return True
    high = sum(byte >= _BASE_256 for byte in block) - sum(byte >= _BASE_256 for byte in field)
    return stored == unsigned - 256 * high


def pax_records(payload: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keywords and values of an extended header, in order.

    Raises:
        ValueError: malformed.
    """
    position = 0
    while position < len(payload) and payload[position]:
        blank = payload.find(b" ", position, position + _MAX_DIGITS)
        digits = payload[position:blank]
        if blank < 0 or not digits.isdigit():
            raise ValueError("an extended header's record has no length")
        end = position + int(digits)
        equals = payload.find(b"=", blank, end)
        if not blank < equals < end <= len(payload) or payload[end - 1] != ord("\n"):
            raise ValueError("an extended header's record is cut or runs over")
        yield payload[blank + 1 : equals], payload[equals + 1 : end - 1]
        position = end


def pax_number(value: bytes) -> int:
    """A decimal number in an extended header.

    Raises:
        ValueError: not one, or absurdly long.
    """
    if not value.removeprefix(b"-").isdigit() or len(value) > _MAX_DIGITS:
        raise ValueError(f"not a decimal number: {value[:30]!r}")
    return int(value)


def pax_text(records: Mapping[bytes, bytes], keyword: bytes) -> bytes:
    """A name in an extended header; empty where it isn't given.

    Raises:
        ValueError: it holds a zero byte.
    """
    value = records.get(keyword, b"")
    if b"\0" in value:
        raise ValueError(f"a zero byte in {keyword.decode('ascii', 'replace')}")
    return value

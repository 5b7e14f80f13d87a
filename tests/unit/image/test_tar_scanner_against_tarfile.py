"""The scanner makes of every archive that Python's tarfile writes what tarfile itself makes of it."""

import tarfile

from hypothesis import assume, given
from hypothesis import strategies as st
from support.image_builder import END, header, layer, long_name, padded, pax
from support.tar_oracle import read_by_tarfile, scanned

_LETTERS = st.sampled_from("ab.é\udcffz_- ")
_NAMES = st.lists(st.text(_LETTERS, min_size=1, max_size=60), min_size=1, max_size=6).map("/".join)
_SOUND_NAMES = _NAMES.filter(
    lambda name: not {"", ".", ".."} & set(name.split("/")) and ".wh." not in name and not name.endswith(" ")
)
_TYPES = st.sampled_from(
    (tarfile.REGTYPE, tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE)
)
_PIECES = st.lists(st.integers(1, 3000), min_size=1, max_size=5)
_FORMATS = st.sampled_from((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))


@st.composite
def _members(draw: st.DrawFn) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(draw(_SOUND_NAMES))
    info.type = draw(
        st.sampled_from(
            (
                tarfile.REGTYPE,
                tarfile.REGTYPE,
                tarfile.DIRTYPE,
                tarfile.SYMTYPE,
                tarfile.LNKTYPE,
                tarfile.FIFOTYPE,
            )
        )
    )
    content = draw(st.binary(max_size=1500)) if info.type == tarfile.REGTYPE else b""
    info.size = len(content)
    info.mode = draw(st.integers(0, 0o7777))
    info.uid, info.gid = draw(st.integers(0, 0x1FFFFF)), draw(st.integers(0, 0x1FFFFF))
    info.mtime = draw(st.sampled_from((0, 1.5, 1_700_000_000)))
    if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        info.linkname = draw(_SOUND_NAMES)
    return info, content


@given(st.lists(_members(), max_size=8), _FORMATS, _PIECES, st.booleans())
def test_archives_that_tarfile_writes(
    members: list[tuple[tarfile.TarInfo, bytes]],
    form: int,
    pieces: list[int],
    winding: bool,  # noqa: FBT001 - drawn
) -> None:
    try:
        stream = layer(*members, format=form)
    except ValueError:  # a name that this format can't hold
        return

    assert scanned(stream, pieces=pieces, winding=winding) == read_by_tarfile(stream)


_HEADERS = st.builds(
    header,
    st.sampled_from((b"name", b"dir/", b"n" * 100, b"\xff", b"./a", b"a//b", b"name\0junk")),
    flag=st.sampled_from([bytes([flag]) for flag in b"0123456750\0"]),
    size=st.sampled_from((0, 1, 512, 1000, b"0000000001", b"       12 \0", b"\x80" + bytes(10) + b"\7", b"")),
    mode=st.sampled_from((0, 0o755, 0o100644, b"0000644", b"   755 \0")),
    uid=st.sampled_from((0, 1000, b"\x80" + bytes(4) + b"\1\0\0", b"\xff" * 7 + b"\xfe")),
    link=st.sampled_from((b"", b"target", b"t" * 100)),
    prefix=st.sampled_from((b"", b"prefix", b"p" * 155)),
)
_EXTENSIONS = st.one_of(
    st.just(b""),
    st.just(b""),
    st.builds(long_name, st.sampled_from((b"long", b"l" * 600))),
    st.builds(long_name, st.sampled_from((b"long", b"l" * 600)), flag=st.just(b"K")),
    st.builds(
        pax,
        st.dictionaries(
            st.sampled_from((b"path", b"linkpath", b"uid", b"gid", b"mtime", b"comment")),
            st.sampled_from((b"12", b"345678")),
            max_size=4,
        ),
    ),
)


@given(st.lists(st.tuples(_EXTENSIONS, _HEADERS), max_size=6), _PIECES, st.booleans())
def test_headers_that_no_tool_writes_but_tarfile_reads(
    parts: list[tuple[bytes, bytes]],
    pieces: list[int],
    winding: bool,  # noqa: FBT001 - drawn
) -> None:
    # whether the long name or the short one makes a directory, engines and tarfile see differently
    assume(not any(extension and block.startswith(b"dir/") and block[156] == 0 for extension, block in parts))
    # whatever a header says, as many zeros follow as the largest of the sizes: a shorter one ends there
    stream = b"".join(extension + block + padded(bytes(_content(block))) for extension, block in parts) + END

    assert scanned(stream, pieces=pieces, winding=winding) == read_by_tarfile(stream)


def _content(block: bytes) -> int:
    info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    return info.size if info.isreg() else 0

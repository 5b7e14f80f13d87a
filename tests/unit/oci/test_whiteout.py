"""Whiteouts are told by their name, wherever they lie."""

import pytest

from bloatcheck.oci.whiteout import Marker, hidden_path, marker


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"etc/.wh.passwd", Marker.WHITEOUT),
        (b".wh.etc", Marker.WHITEOUT),
        (b"etc/.wh..wh..opq", Marker.OPAQUE),
        (b".wh..wh..opq", Marker.OPAQUE),
        (b".wh..wh.aufs", Marker.RESERVED),
        (b"etc/passwd", None),
        (b"etc/a.wh.b", None),
        (b".wh.dir/file", None),
        (b"", None),
    ],
)
def test_a_markers_name_tells_what_it_is(path: bytes, expected: Marker | None) -> None:
    assert marker(path) is expected


@pytest.mark.parametrize(
    ("path", "hidden"),
    [
        (b"etc/.wh.passwd", b"etc/passwd"),
        (b".wh.etc", b"etc"),
        (b"var/lib/.wh..wh..opq", b"var/lib"),
        (b".wh..wh..opq", b""),
    ],
)
def test_a_marker_hides_its_sibling_or_its_directorys_content(path: bytes, hidden: bytes) -> None:
    assert hidden_path(path) == hidden

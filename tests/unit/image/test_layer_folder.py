"""Files of an unpacked layer are opened where they are, and nowhere else, whatever an image put there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.folder import LayerFolder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "diff"
    (folder / "a/b/c").mkdir(parents=True)
    (folder / "a/b/c/file").write_text("123")
    (folder / "a/other").write_text("12345")
    (folder / "top").write_text("1")
    return folder


@pytest.fixture
def folder(root: Path) -> Iterator[LayerFolder]:
    with LayerFolder(PurePosixPath(root)) as opened:
        yield opened


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def content(folder: LayerFolder, path: bytes, size: int) -> bytes:
    return os.pread(folder.find(path, size), size, 0)


def test_files_are_found_in_any_order(folder: LayerFolder) -> None:
    for _ in range(2):
        assert content(folder, b"a/b/c/file", 3) == b"123"
        assert content(folder, b"top", 1) == b"1"
        assert content(folder, b"a/other", 5) == b"12345"


def test_no_more_stays_open_than_the_way_to_the_last_file(folder: LayerFolder) -> None:
    before = open_files()
    for _ in range(100):
        content(folder, b"a/b/c/file", 3)
        content(folder, b"top", 1)
    content(folder, b"top", 1)
    assert open_files() == before + 1


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd", "top"])
def test_a_link_in_a_files_place_isnt_followed(root: Path, folder: LayerFolder, target: str) -> None:
    (root / "a/link").symlink_to(target)

    with pytest.raises(ReadError, match="a/link"):
        folder.find(b"a/link", 6)


def test_nor_one_in_a_folders_place(root: Path, folder: LayerFolder) -> None:
    (root / "up").symlink_to("..")
    (root / "a/root").symlink_to("/")

    for path in (b"up/secret", b"a/root/etc/passwd", b"up/diff/top"):
        with pytest.raises(ReadError, match="doesn't hold"):
            folder.find(path, 6)


def test_a_folder_replaced_by_a_link_while_it_is_open_leads_nowhere(root: Path, folder: LayerFolder) -> None:
    assert content(folder, b"a/b/c/file", 3) == b"123"
    (root / "a/b").rename(root / "a/moved")
    (root / "a/b").symlink_to("/etc")

    assert content(folder, b"top", 1) == b"1"
    with pytest.raises(ReadError, match="doesn't hold"):
        folder.find(b"a/b/passwd", 6)


def test_what_is_no_file_is_refused_without_waiting_on_it(root: Path, folder: LayerFolder) -> None:
    os.mkfifo(root / "fifo")

    for path in (
        b"fifo",
        b"a",
        b"missing",
        b"top/below",
        b"a/\0",
        b"",
        b"x/" * 5000 + b"y",
        b"a/b/" * 200 + b"c",
    ):
        with pytest.raises(ReadError, match="doesn't hold"):
            folder.find(path, 6)


def test_a_file_of_another_size_is_another_file(folder: LayerFolder) -> None:
    with pytest.raises(ReadError, match="5 bytes in place of 6"):
        folder.find(b"a/other", 6)


def test_a_file_that_only_notes_a_change_below_is_not_its_content(
    root: Path, folder: LayerFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What overlayfs with `metacopy` leaves: a size, an attribute and no blocks. Only root can make one."""
    with (root / "metacopy").open("wb") as file:
        file.truncate(1000)
    assert content(folder, b"metacopy", 1000) == bytes(1000)

    monkeypatch.setattr(os, "getxattr", lambda _file, _name: b"")
    with pytest.raises(ReadError, match="another layer's folder"):
        folder.find(b"metacopy", 1000)


def test_an_image_of_many_levels_doesnt_keep_them_open(root: Path, folder: LayerFolder) -> None:
    deep = root
    for _ in range(140):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "file").write_text("1")

    with pytest.raises(ReadError, match="doesn't hold"):
        folder.find(b"d/" * 140 + b"file", 1)
    assert content(folder, b"top", 1) == b"1"

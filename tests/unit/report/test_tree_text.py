"""The tree of an image's folders: sizes that add up, and names that stay names."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.golden import assert_golden
from support.image_builder import ImageUnderTest, files, write_archive
from support.image_builder import classic_archive_files as archived
from support.layers import file, hard_link, layer, whiteout
from support.reports import image_snapshot

from bloatcheck.analysis.advice.paths import PathPatterns
from bloatcheck.analysis.folder_sizes import Folder, folder_sizes
from bloatcheck.analysis.tree import Tree
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode
from bloatcheck.report.plain import display_width
from bloatcheck.report.tree_text import render_tree

SNAPSHOT = image_snapshot("image api\n 30 MB FROM debian\n 12 MB COPY app /srv")
TREE = Tree(
    [
        layer(
            *(file(f"usr/lib/lib{number}.so", 10_000 * number) for number in range(1, 31)),
            file("usr/bin/perl", 3_800_000),
            file("etc/gone", 900),
        ),
        layer(file("srv/app/main.py", 700_000), file("srv/app/a/b/c/deep", 10), whiteout("etc/gone")),
    ]
)
HOSTILE = Tree(
    [
        layer(
            file(b"\x1b[31mred\x1b]0;title\x07/\xff\xfe", 10),
            file("a\u202edesrever/" + "n" * 4000, 9),
            file("\u5bb9\u5668" * 90, 8),
            file("::error::x\n::warning::y/  two  spaces ", 7),
            file("└ forged/-> 9 GB", 6),
        )
    ]
)


def sizes(folder: Folder) -> dict[bytes, int]:
    return {entry.name: entry.size for entry in folder.largest}


def test_a_folder_is_as_large_as_what_can_be_seen_below_it() -> None:
    root = folder_sizes(TREE, depth=2)
    assert (root.size, root.files) == (TREE.size, 33)
    assert sizes(root) == {b"usr": 8_450_000, b"srv": 700_010}
    assert sizes(root.entries[b"usr"]) == {b"lib": 4_650_000, b"bin": 3_800_000}


def test_below_the_depth_everything_is_added_up() -> None:
    root = folder_sizes(TREE, depth=1)
    assert not root.entries[b"srv"].entries
    assert root.entries[b"srv"].layer is None


def test_a_file_knows_its_layer_and_a_hard_link_counts_once() -> None:
    tree = Tree([layer(file("a/one", 100), hard_link("b/two", "a/one"))])
    root = folder_sizes(tree, depth=2)
    assert root.size == 100
    assert root.entries[b"a"].entries[b"one"].layer == 0


def test_only_chosen_files_count() -> None:
    root = folder_sizes(TREE, depth=3, chosen=PathPatterns(["*.py", "/usr/bin"]))
    assert (root.size, root.files) == (4_500_000, 2)


@pytest.mark.parametrize(("name", "top", "floor"), [("usual", 10, 45_000), ("top_two", 2, 0)])
def test_what_people_read(name: str, top: int, floor: int) -> None:
    text = render_tree(SNAPSHOT, folder_sizes(TREE, depth=3), top=top, floor=floor, width=80)
    assert_golden(f"tree/{name}.txt", text)


def test_hostile_names() -> None:
    text = render_tree(SNAPSHOT, folder_sizes(HOSTILE, depth=3), top=10, width=70)
    assert "\x1b" not in text
    assert max(map(display_width, text.splitlines())) <= 70
    assert_golden("tree/hostile_names.txt", text)


def test_where_nothing_fits_there_is_no_table() -> None:
    root = folder_sizes(TREE, depth=3, chosen=PathPatterns(["*.exe"]))
    assert "0 B in 0 files that can be seen and fit *.exe" in render_tree(
        SNAPSHOT, root, top=3, pattern="*.exe"
    )


def is_clean(path: bytes) -> bool:
    return b"\0" not in path and not set(path.split(b"/")) & {b"", b".", b".."}


@given(
    paths=st.lists(st.binary(min_size=1, max_size=40).filter(is_clean), unique=True),
    width=st.integers(30, 200),
)
def test_whatever_files_are_called_lines_fit_and_hold_no_controls(paths: list[bytes], width: int) -> None:
    tree = Tree([layer(*(file(path, 5) for path in paths))])
    text = render_tree(SNAPSHOT, folder_sizes(tree, depth=3), top=5, width=width)
    _, *lines = text.split("PATH")[-1].split("\n")
    assert all(display_width(line) <= max(width, 60) for line in lines)
    assert not {unicodedata.category(sign) for sign in text if sign != "\n"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--depth", "2"], "are about the tree"),
        (["--filter", "*.py"], "are about the tree"),
        (["--tree", "--depth", "0"], "no depth"),
        (["--tree", "--depth", "99"], "no depth"),
        (["--tree", "--top", "0"], "no number of entries"),
    ],
)
def test_options_that_make_no_sense(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", "api:latest", *options]) is ExitCode.USAGE
    assert told in capsys.readouterr().err


def test_the_command_reads_an_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = ImageUnderTest([files(**{"usr/big": b"x" * 5000, "usr/small": b"y"})])
    archive = write_archive(tmp_path / "image.tar", archived(image))
    assert main(["inspect", f"docker-archive:{archive}", "--tree", "--top", "1"]) is ExitCode.OK
    assert "└ … 1 more entry" in capsys.readouterr().out
    assert main(["inspect", f"docker-archive:{archive}", "--tree", "--json"]) is ExitCode.OK
    assert '"size": 5001' in capsys.readouterr().out

"""The scanner makes of GNU tar's archives what GNU tar itself lists, in all its formats."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest
from support.tar_oracle import Row, read_by_tarfile, scanned

from bloatcheck.image.layer_index import Kind, clean_path

_LINE = re.compile(
    rb"(?P<kind>.)(?P<mode>\S{9}) (?P<uid>\d+)/(?P<gid>\d+)\s+(?P<size>\d+(?:,\d+)?) \S+ \S+ "
    rb'(?P<name>"(?:[^"\\]|\\.)*")(?: (?:->|link to) (?P<link>"(?:[^"\\]|\\.)*"))?'
)
_KINDS = {b"-": Kind.REGULAR, b"C": Kind.REGULAR, b"b": Kind.BLOCK_DEVICE}


def listed_by_gnu_tar(archive: Path) -> list[tuple[bytes, int, int, int, int, bytes]]:
    """Path, kind, size, uid, gid and link target, as `tar --list` shows them."""
    listing = subprocess.run(
        ["tar", "-tvv", "--numeric-owner", "--quoting-style=c", "--absolute-names", "--file", archive],
        check=True,
        capture_output=True,
        env={"LC_ALL": "C", "PATH": os.environ["PATH"], "TZ": "UTC"},
    )
    assert listing.stderr == b""
    found = []
    for line in listing.stdout.splitlines():
        if line.startswith(b"V"):  # the volume's label
            continue
        match = _LINE.fullmatch(line)
        assert match, line
        kind = _KINDS.get(match["kind"]) or Kind(match["kind"][0])
        link = _unquoted(match["link"]) if match["link"] else b""
        found.append(
            (
                clean_path(_unquoted(match["name"])),
                int(kind),
                int(match["size"]) if kind is Kind.REGULAR else 0,
                int(match["uid"]),
                int(match["gid"]),
                clean_path(link) if kind is Kind.HARD_LINK else link,
            )
        )
    return found


def _unquoted(text: bytes) -> bytes:
    value = ast.literal_eval("b" + text.decode("ascii"))
    assert isinstance(value, bytes)
    return value


def without_mode(rows: list[Row]) -> list[tuple[bytes, int, int, int, int, bytes]]:
    return [(path, kind, size, uid, gid, link) for path, kind, size, _, uid, gid, link in rows]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that archives have to go out of their way for."""
    root = tmp_path_factory.mktemp("tree")
    deep = root / "/".join(["a-directory-with-a-long-name"] * 12)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"deep")
    (root / ("n" * 120)).write_bytes(b"long")
    (root / "plain").write_bytes(b"x" * 1000)
    (root / "empty").touch()
    os.link(root / "plain", root / "plain-again")
    (root / "short").symlink_to("plain")
    (root / "far").symlink_to("t" * 300)
    os.mkfifo(root / "pipe")
    os.close(os.open(os.fsencode(root) + b"/latin-\xe4\xf6", os.O_CREAT | os.O_WRONLY))
    (root / 'new\nline \\ "quote" \t').touch()
    with (root / "sparse").open("wb") as file:
        for offset in (0, 100_000, 200_000, 300_000, 400_000, 500_000, 5_000_000):
            file.seek(offset)
            file.write(b"data")
        file.truncate(8_000_000)
    with (root / "hole").open("wb") as file:
        file.truncate(3_000_000)
    return root


@pytest.mark.parametrize(
    "options",
    [
        ["--format=v7"],
        ["--format=oldgnu"],
        ["--format=gnu"],
        ["--format=ustar"],
        ["--format=pax"],
        ["--format=gnu", "--sparse"],
        ["--format=oldgnu", "--sparse"],
        ["--format=pax", "--sparse", "--sparse-version=0.0"],
        ["--format=pax", "--sparse", "--sparse-version=0.1"],
        ["--format=pax", "--sparse", "--sparse-version=1.0"],
        ["--format=pax", "--pax-option=comment=for all,delete=atime,exthdr.name=%d/PaxHeaders/%f"],
        ["--format=gnu", "--owner=big:3000000", "--group=big:4000000"],
        ["--format=gnu", "--label=a volume", "--blocking-factor=1"],
        ["--format=gnu", "--absolute-names"],
    ],
    ids=lambda options: " ".join(options)[:50],
)
def test_the_same_records_as_gnu_tar_lists(tree: Path, tmp_path: Path, options: list[str]) -> None:
    archive = tmp_path / "archive.tar"
    paths = [tree] if "--absolute-names" in options else ["--directory", tree, "."]
    command = ["tar", "--create", "--file", archive, *options, *paths]
    made = subprocess.run(command, capture_output=True, check=False)
    # v7 and ustar have no room for some of the names, and say so
    assert made.returncode == 0 or "v7" in options[0] or "ustar" in options[0]
    stream = archive.read_bytes()
    records = scanned(stream)

    known = [row for row in without_mode(records) if row[1] != Kind.OTHER]
    assert known == listed_by_gnu_tar(archive)
    assert scanned(stream, pieces=[700]) == scanned(stream, winding=True) == records
    if not any("label" in option for option in options):
        assert records == read_by_tarfile(stream)


def test_concatenated_archives_end_where_the_first_does(tree: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive.tar"
    for _ in range(2):
        made = subprocess.run(
            ["tar", "--create", "--directory", tree, "plain", "empty"], capture_output=True, check=True
        )
        with archive.open("ab") as file:
            file.write(made.stdout)

    records = scanned(archive.read_bytes())

    assert [row[0] for row in records] == [b"plain", b"empty"]
    assert without_mode(records) == listed_by_gnu_tar(archive)

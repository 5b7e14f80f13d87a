"""`bloatcheck verify`: what a person and a script get to see."""

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest
from support.image_builder import ImageUnderTest, files, layout_of, sha256

from bloatcheck.cli import verify
from bloatcheck.errors import ExitCode

IMAGE = ImageUnderTest([files(a=b"x" * 2000), files(b=b"y")])


def run(*arguments: str) -> ExitCode:
    parser = ArgumentParser()
    verify.configure(parser)
    return verify.execute(parser.parse_args(arguments))


def test_a_sound_image_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = layout_of(IMAGE, compression="+zstd").write(tmp_path / "layout")

    assert run(f"oci:{folder}") is ExitCode.OK
    assert capsys.readouterr().out == (
        f"oci:{folder} (linux/amd64) {sha256(IMAGE.config)}\n"
        f"  ok      {sha256(IMAGE.layers[0])}, 2.00 kB\n"
        f"  ok      {sha256(IMAGE.layers[1])}, 1 B\n"
        "2 layers: everything matches\n"
    )


def test_what_doesnt_match_is_named_and_the_rest_is_still_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = layout_of(IMAGE)
    path = "blobs/" + sha256(IMAGE.layers[0]).replace(":", "/")
    layout.files[path] = layout.files[path].replace(b"xx", b"yy")
    folder = layout.write(tmp_path / "layout")

    assert run(f"oci:{folder}") is ExitCode.UNREADABLE
    shown = capsys.readouterr().out.splitlines()
    damaged = sha256(layout.files[path])
    assert shown[1:] == [
        f"  not ok  {sha256(IMAGE.layers[0])}, 2.00 kB",
        f"          digest is {damaged}, not {sha256(IMAGE.layers[0])}",
        f"          diff_id is {damaged}, not {sha256(IMAGE.layers[0])}",
        f"  ok      {sha256(IMAGE.layers[1])}, 1 B",
        "1 of 2 layers does not match",
    ]


def test_a_missing_layer_doesnt_keep_the_others_from_being_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = layout_of(IMAGE)
    del layout.files["blobs/" + sha256(IMAGE.layers[0]).replace(":", "/")]

    assert run(f"oci:{layout.write(tmp_path / 'layout')}", "--json") is ExitCode.UNREADABLE
    first, second = json.loads(capsys.readouterr().out)["layers"]
    assert first["problems"]
    assert first["content_size"] is None
    assert second == {
        "diff_id": sha256(IMAGE.layers[1]),
        "content_size": 1,
        "uncompressed_size": len(IMAGE.layers[1]),
        "blob_size": len(IMAGE.layers[1]),
        "problems": [],
    }

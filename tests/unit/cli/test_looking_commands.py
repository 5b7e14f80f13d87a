"""`bloatcheck inspect`, `diff` and `why`: what a person and a script get to see of what an image holds."""

import json
from argparse import ArgumentParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.image_builder import ImageUnderTest, layer, layout_of, member

from bloatcheck.cli import diff, inspect, why
from bloatcheck.errors import ExitCode, UsageError

DOCKERFILE = """\
FROM golang AS build
RUN go build -o /out/app

FROM scratch
COPY --from=build /out/app /app
COPY big /big
RUN rm /big
"""
IMAGE = ImageUnderTest(
    [layer(member("app", b"a" * 3000)), layer(member("big", b"b" * 5000)), layer(member(".wh.big", b""))],
    instructions=[
        "COPY /out/app /app # buildkit",
        "COPY big /big # buildkit",
        "RUN /bin/sh -c rm /big # buildkit",
    ],
)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLOATCHECK_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def image(tmp_path: Path) -> str:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return f"oci:{layout_of(IMAGE).write(tmp_path / 'layout')}"


def run(command: ModuleType, *arguments: str) -> ExitCode:
    parser = ArgumentParser()
    command.configure(parser)
    return ExitCode(command.execute(parser.parse_args(arguments)))


def test_a_file_leads_back_to_the_line_of_the_stage_that_made_it(
    image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(why, image, "/app", "--dockerfile", "Dockerfile")
    assert capsys.readouterr().out == (
        "/app: 3.00 kB\n"
        "\n"
        "  LAYER  WHAT      SIZE  LINE          INSTRUCTION\n"
        "      1  added  3.00 kB  Dockerfile:5  COPY --from=build /out/app /app\n"
        "\n"
        "     SIZE  MADE AT       INSTRUCTION\n"
        "  3.00 kB  Dockerfile:2  RUN go build -o /out/app\n"
    )


def test_a_script_gets_that_line_too(image: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(why, image, "/app", "--dockerfile", "Dockerfile", "--json")
    assert json.loads(capsys.readouterr().out)["made"] == [
        {
            "layer": 1,
            "size": 3000,
            "certain": True,
            "image": None,
            "lines": [
                {
                    "file": "Dockerfile",
                    "line": 2,
                    "end_line": 2,
                    "instruction": "RUN go build -o /out/app",
                }
            ],
        }
    ]


def test_of_a_file_that_is_gone_all_is_hidden(image: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(why, image, "/big")
    shown = capsys.readouterr().out
    assert shown.startswith("/big: not in the image any more\n\n5.00 kB of it lie hidden in the layers.\n")
    assert "made" not in shown.lower()


def test_layers_have_the_numbers_that_the_other_tables_call_them_by(
    image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(inspect, image)
    shown = capsys.readouterr().out
    assert "      2  5.00 kB  COPY big /big\n" in shown
    assert "5.00 kB  2      deleted  3   /big\n" in shown


def test_with_the_dockerfile_an_image_is_told_by_its_lines(
    image: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(inspect, image, "--dockerfile", "Dockerfile")
    shown = capsys.readouterr().out
    assert "  3.00 kB  Dockerfile:5  Dockerfile:2  /app\n" in shown
    assert "5.00 kB  Dockerfile:6  deleted  Dockerfile:7  /big\n" in shown


@pytest.mark.parametrize("depth", ["--sizes", "--efficiency", "--pull-size"])
def test_lines_are_told_at_every_depth(image: str, depth: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(inspect, image, depth, "--dockerfile", "Dockerfile")
    assert "Dockerfile:6  COPY big /big\n" in capsys.readouterr().out


def test_a_difference_has_the_line_that_made_a_new_file(
    image: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = layout_of(ImageUnderTest([layer()], instructions=["COPY /out/app /app # buildkit"]))
    before = f"oci:{empty.write(tmp_path / 'before')}"
    run(diff, before, image, "--dockerfile", "Dockerfile", "--json")
    changed = json.loads(capsys.readouterr().out)["changed"]
    assert changed["files"] == [
        {
            "path": "app",
            "before": None,
            "after": 3000,
            "layer": 0,
            "made_at": {"file": "Dockerfile", "line": 2, "end_line": 2},
        }
    ]
    assert changed["wasted_after"] == 5000
    run(diff, before, image, "--dockerfile", "Dockerfile")
    assert "/app +3.00 kB (new, made at Dockerfile:2)" in " ".join(capsys.readouterr().out.split())


SCRIPTS = ImageUnderTest(
    [layer(member("a", b"#!/nothing\n", mode=0o755), member("b", b"#!/a\n", mode=0o755))],
    entrypoint=["/a"],
)


def test_every_executable_is_checked_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = f"oci:{layout_of(SCRIPTS).write(tmp_path / 'scripts')}"
    run(inspect, reference, "--executables")
    shown = capsys.readouterr().out
    assert "It won't start: /a is read by /nothing, which isn't in the image" in shown
    assert "2 executables checked, 2 won't start:\n- /a is read by /nothing" in shown
    run(inspect, reference, "--executables", "--json")
    checked = json.loads(capsys.readouterr().out)["executables"]
    assert checked["count"] == 2
    assert [problem["path"] for problem in checked["problems"]] == ["/a", "/b"]


def test_of_executables_nothing_is_said_unasked(image: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(inspect, image)
    assert "checked" not in capsys.readouterr().out
    run(inspect, image, "--executables")
    assert "0 executables checked: nothing was found that keeps one" in capsys.readouterr().out


def test_a_dockerfile_that_is_not_there_is_named(image: str) -> None:
    with pytest.raises(UsageError, match=r"other\.Dockerfile can't be read"):
        run(inspect, image, "--dockerfile", "other.Dockerfile")


@pytest.mark.parametrize(
    "command", [[inspect], [inspect, "--sizes"], [inspect, "--efficiency"], [why, "/app"]]
)
def test_of_the_dockerfile_of_another_image_it_is_said_that_it_is(
    image: str, tmp_path: Path, command: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nRUN make something else\n")
    what, *options = command
    run(what, image, *options, "--dockerfile", "Dockerfile")
    assert "was made by a line of Dockerfile: it was built from another" in capsys.readouterr().err
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    run(what, image, *options, "--dockerfile", "Dockerfile")
    assert "was made by" not in capsys.readouterr().err


@pytest.mark.parametrize("option", [("--target", "build"), ("--build-arg", "A=1")])
def test_options_of_a_dockerfile_need_one(image: str, option: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="none is named"):
        run(inspect, image, *option)

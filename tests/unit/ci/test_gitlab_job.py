"""What a job leaves in GitLab: sections of its log, values for later jobs, addresses of its pages."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import hostile_text

from bloatcheck.ci.gitlab import GITLAB
from bloatcheck.ci.gitlab.dotenv import MAX_BYTES
from bloatcheck.ci.model import CiContext
from bloatcheck.cli.log import FoldingLog
from bloatcheck.errors import Place
from bloatcheck.report.links import commit_url, place_url, repository_url, run_url
from bloatcheck.report.model import Origin

SECTION = re.compile(r"section_(start|end):(\d+):([A-Za-z0-9_.-]+)(\[collapsed=true\])?\r\x1b\[0K")
"""As GitLab finds them: lib/gitlab/regex.rb, build_trace_section_regex."""
URL = "https://gitlab.example.com"
ORIGIN = Origin(
    repository="acme/tools/shop",
    server_url=URL,
    commit="a" * 40,
    run_url=f"{URL}/acme/tools/shop/-/jobs/4711",
    forge="gitlab",
)


def logged(*pieces: str) -> str:
    stream = StringIO()
    log = FoldingLog(GITLAB.marks, stream)
    with log.group("Building api"):
        for piece in pieces:
            log.output(piece)
        log.warning("careful", place=Place("Dockerfile", 3))
    log.info("done")
    return stream.getvalue()


def test_a_group_is_a_section_that_is_folded() -> None:
    text = logged("step 1\n", "\x1b[31mred\x1b[0m no newline")
    assert re.sub(r":\d{10}:", ":TIME:", re.sub(r"bloatcheck_\d+", "NAME", text)) == (
        "\x1b[0Ksection_start:TIME:NAME[collapsed=true]\r\x1b[0KBuilding api\n"
        "step 1\n\x1b[31mred\x1b[0m no newline\n"
        "warning: Dockerfile:3: careful\n"
        "\x1b[0Ksection_end:TIME:NAME\r\x1b[0K\n"
        "done\n"
    )


@given(
    st.lists(st.one_of(hostile_text, st.sampled_from(["\x1b[0K", "section_end:1:x\r\x1b[0K", "\r", "\x1b"])))
)
def test_no_output_of_a_build_ends_or_begins_a_section(pieces: list[str]) -> None:
    found = SECTION.findall(logged(*pieces))
    assert [kind for kind, *_ in found] == ["start", "end"]
    assert found[0][2] == found[1][2]


def test_two_groups_have_names_of_their_own() -> None:
    names = [name for *_, name, _ in SECTION.findall(logged() + logged())]
    assert len(set(names)) == 2


def test_values_for_later_jobs_are_a_file_of_the_report(tmp_path: Path) -> None:
    GITLAB.write_outputs(
        CiContext(), {"verdict": "fail", "images": "a\nB=1", "comment-url": "", "long": "x" * 501}, tmp_path
    )
    GITLAB.write_outputs(CiContext(), {"comment-url": f"{URL}/x"}, tmp_path)
    text = (tmp_path / "bloatcheck.env").read_text()
    assert text == f"BLOATCHECK_VERDICT=fail\nBLOATCHECK_COMMENT_URL={URL}/x\n"
    GITLAB.write_outputs(CiContext(), {"verdict": "pass"}, None)


def test_they_fit_into_what_gitlab_takes(tmp_path: Path) -> None:
    GITLAB.write_outputs(CiContext(), {f"name-{number}": "x" * 400 for number in range(20)}, tmp_path)
    content = (tmp_path / "bloatcheck.env").read_bytes()
    assert len(content) <= MAX_BYTES
    assert all(line.startswith(b"BLOATCHECK_NAME_") for line in content.splitlines())


def test_the_pages_of_a_project_below_groups_are_linked() -> None:
    page = f"{URL}/acme/tools/shop"
    assert repository_url(ORIGIN) == page
    assert commit_url(ORIGIN, "b" * 40) == f"{page}/-/commit/{'b' * 40}"
    assert (
        place_url(ORIGIN, Place("a b/Dockerfile", 5, 9)) == f"{page}/-/blob/{'a' * 40}/a%20b/Dockerfile#L5-9"
    )
    assert place_url(ORIGIN, Place("Dockerfile", 5)) == f"{page}/-/blob/{'a' * 40}/Dockerfile#L5"
    assert run_url(ORIGIN) == f"{page}/-/jobs/4711"


@pytest.mark.parametrize(
    "repository", ["acme", "acme/../etc", "acme/..", "a/b?c", "acme//shop", "acme/./shop"]
)
def test_no_other_page_is(repository: str) -> None:
    from dataclasses import replace  # noqa: PLC0415 - beside its only use

    origin = replace(ORIGIN, repository=repository)
    assert repository_url(origin) is None
    assert run_url(replace(ORIGIN, run_url=f"{URL}/acme/tools/shop/-/jobs/1/artifacts/x")) is None
    assert repository_url(replace(ORIGIN, forge="nobody")) is None

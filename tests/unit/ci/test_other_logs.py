"""What Buildkite, Azure Pipelines, CircleCI and Jenkins are found by, and what stands in their logs."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.ci_jobs import azure, azure_request, buildkite, circleci, jenkins, on_github

from bloatcheck.ci.azure import AZURE
from bloatcheck.ci.azure.commands import command
from bloatcheck.ci.buildkite import BUILDKITE
from bloatcheck.ci.circleci import CIRCLECI
from bloatcheck.ci.commands import disarm_json
from bloatcheck.ci.jenkins import JENKINS
from bloatcheck.ci.model import Annotation, AnnotationLevel, Ci, Marks
from bloatcheck.ci.registry import detect, read_context
from bloatcheck.cli.common import child_environment
from bloatcheck.cli.log import FoldingLog
from bloatcheck.errors import Place, PublishError
from bloatcheck.report.links import commit_url, place_url, run_url
from bloatcheck.report.model import Origin

COMMIT = "a" * 40


def as_agent_reads(line: str) -> tuple[str, dict[str, str], str] | None:
    """A logging command, as Command.cs of Microsoft's agent finds it in a line; None where there is none."""
    begin = line.find("##vso[")
    end = line.find("]", begin)
    if begin < 0 or end < 0:
        return None
    name, _, properties = line[begin + 6 : end].partition(" ")
    if len([part for part in name.split(".") if part]) != 2:
        return None
    pairs = (pair.split("=", 1) for pair in properties.split(";") if "=" in pair)
    return name, {key: _unescaped(value) for key, value in pairs}, _unescaped(line[end + 1 :])


def _unescaped(text: str) -> str:
    for written, meant in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")):
        text = text.replace(written, meant)
    return text


def printed(marks: Marks, *pieces: str, title: str = "Building api") -> str:
    stream = io.StringIO()
    log = FoldingLog(marks, stream)
    with log.group(title):
        for piece in pieces:
            log.output(piece)
    return stream.getvalue()


# How each is found


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        (buildkite(COMMIT), "buildkite"),
        (azure(COMMIT), "azure"),
        ({"TF_BUILD": "true"}, "azure"),
        (circleci(COMMIT), "circleci"),
        (jenkins(COMMIT), "jenkins"),
        ({"JENKINS_URL": "https://jenkins.example.com/"}, "shell"),
        ({"BUILDKITE": "false", "TF_BUILD": "", "CIRCLECI": ""}, "shell"),
        ({**jenkins(COMMIT), "GITHUB_ACTIONS": "true"}, "github"),
        ({**jenkins(COMMIT), **buildkite(COMMIT)}, "buildkite"),
        ({**buildkite(COMMIT), "BLOATCHECK_CI": "jenkins"}, "jenkins"),
    ],
)
def test_each_is_found_by_its_own_variable(variables: dict[str, str], name: str) -> None:
    assert detect(variables).name == name


def test_debugging_is_azures_own_switch() -> None:
    assert AZURE.wants_details({"SYSTEM_DEBUG": "True"})
    assert not AZURE.wants_details({"SYSTEM_DEBUG": "False"})


def test_no_build_sees_the_tokens_of_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for variables, tokens in (
        (buildkite(COMMIT), ("BUILDKITE_AGENT_ACCESS_TOKEN", "BUILDKITE_AGENT_JOB_API_TOKEN")),
        (azure(COMMIT), ("SYSTEM_ACCESSTOKEN",)),
        ({"GITHUB_ACTIONS": "true"}, ("ACTIONS_ID_TOKEN_REQUEST_TOKEN",)),
        (
            {"GITEA_ACTIONS": "true"},
            ("GITEA_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        ),
        (circleci(COMMIT), ("CIRCLE_TOKEN", "CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2")),
    ):
        with monkeypatch.context() as patch:
            for name, value in (variables | dict.fromkeys(tokens, "h.p.s")).items():
                patch.setenv(name, value)
            assert "h.p.s" not in child_environment().values()
            assert set(variables) - set(tokens) <= set(child_environment())


# Groups


def test_buildkite_folds_a_group_and_shows_what_comes_after() -> None:
    assert printed(BUILDKITE.marks, "step 1\n") == "--- Building api\nstep 1\n+++ bloatcheck\n"


def test_azure_folds_a_group() -> None:
    assert printed(AZURE.marks, "step 1\n") == "##[group]Building api\nstep 1\n##[endgroup]\n"


@pytest.mark.parametrize("ci", [CIRCLECI, JENKINS], ids=lambda ci: ci.name)
def test_circleci_and_jenkins_fold_steps_themselves(ci: Ci) -> None:
    assert ci.marks is None
    assert ci.annotation(Annotation(AnnotationLevel.ERROR, "t", "m")) is None
    assert ci.summary_room(read_context({"BLOATCHECK_CI": ci.name})) is None


# Foreign output


@pytest.mark.parametrize("header", ["--- folded", "+++ open", "~~~ quiet", "^^^ +++", "---"])
@pytest.mark.parametrize("before", ["", "\x1b[31m", "\x1b[0m\x1b[1m", "x\r"])
def test_a_builds_output_opens_no_group_in_buildkite(header: str, before: str) -> None:
    lines = printed(BUILDKITE.marks, f"{before}{header}\n").split("\n")
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", part) for line in lines for part in line.split("\r")]
    headers = [line for line in plain if re.match(r"(---|\+\+\+|~~~|\^\^\^)(\s|$)", line)]
    assert headers == ["--- Building api", "+++ bloatcheck"]
    assert f"> {header}" in "".join(lines)


def test_lines_that_only_look_alike_stay_as_they_are() -> None:
    kept = "a --- b\n----\n++ x\n---x\n"
    assert kept in printed(BUILDKITE.marks, kept)


_HOSTILE = "##vso[task.setvariable variable=PATH]/tmp/evil"


@pytest.mark.parametrize(
    "output",
    [
        f"{_HOSTILE}\n",
        f"Step 1/2: {_HOSTILE}\n",
        f"\x1b[1m{_HOSTILE}\n",
        "##VSO[task.complete result=Succeeded;]\n",
        "##[error]forged\n",
        f"##{_HOSTILE}\n",
        f"progress\r{_HOSTILE}",
    ],
)
def test_a_builds_output_commands_azures_agent_nothing(output: str) -> None:
    shown = printed(AZURE.marks, output, title=f"Building {_HOSTILE}")
    assert [line for line in re.split("[\r\n]", shown) if as_agent_reads(line.lower())] == []
    assert [line for line in shown.split("\n") if "##[" in line] == [shown.split("\n")[0], "##[endgroup]"]
    assert "vso" not in output or "## vso[" in shown.lower()


def test_a_command_that_comes_in_parts_is_broken_too() -> None:
    for cut in range(1, len(_HOSTILE)):
        shown = printed(AZURE.marks, _HOSTILE[:cut], _HOSTILE[cut:])
        assert "##vso[" not in shown
    one_by_one = printed(AZURE.marks, *_HOSTILE)
    assert "## vso[task.setvariable variable=PATH]/tmp/evil\n" in one_by_one


@pytest.mark.parametrize("length", [65_530, 65_536, 65_540, 200_000])
def test_a_line_without_end_is_passed_on_in_bounded_memory_and_commands_nothing(length: int) -> None:
    text = "x" * length + _HOSTILE * 10
    stream = io.StringIO()
    log = FoldingLog(AZURE.marks, stream)
    with log.group("g"):
        for start in range(0, len(text), 1_000):
            log.output(text[start : start + 1_000])
            assert len(log._output.held) <= 66_000
    assert "##vso[" not in stream.getvalue()
    assert stream.getvalue().count("## vso[") == 10
    assert stream.getvalue().count("x") >= length


@given(
    st.lists(
        st.sampled_from(["#", "##", "vso", "[", "##vso[", "a.b]", "\n", "\r", " ", "\x1b[0m", "::", "é"])
    )
)
@example(["#", "#", "v", "s", "o", "["])
def test_no_pieces_make_a_command(pieces: list[str]) -> None:
    body = printed(AZURE.marks, *pieces).split("\n", 1)[1].rpartition("##[endgroup]")[0]
    assert "##vso[" not in body
    assert "##[" not in body


def test_what_we_say_of_hostile_names_commands_nothing() -> None:
    stream = io.StringIO()
    log = FoldingLog(AZURE.marks, stream)
    log.info(f"api {_HOSTILE}")
    log.warning(f"api {_HOSTILE}\n##[error]x", place=Place(f"{_HOSTILE};type=error", 3))
    told, issue, end = stream.getvalue().split("\n")
    assert (as_agent_reads(told), end) == (None, "")
    name, properties, data = as_agent_reads(issue) or ("", {}, "")
    assert (name, properties["type"], properties["linenumber"]) == ("task.logissue", "warning", "3")
    assert properties["sourcepath"] == f"{_HOSTILE};type=error"
    assert data == f"api {_HOSTILE}\n##[error]x"
    stream = io.StringIO()
    FoldingLog(BUILDKITE.marks, stream).warning("--- x", place=Place("f", 3))
    assert stream.getvalue() == "warning: f:3: --- x\n"


# Commands of Azure


@given(st.text(), st.text(min_size=1))
@example("%0A%3B%AZP25;]", "a]b;c=d%5D\r\n")
def test_a_command_is_read_back_as_it_was_meant(message: str, value: str) -> None:
    line = command("task.logissue", message, type="error", sourcepath=value)
    assert "\n" not in line
    assert "\r" not in line
    assert as_agent_reads(line) == ("task.logissue", {"type": "error", "sourcepath": value}, message)


def test_an_annotation_names_file_and_line_and_a_notice_is_none() -> None:
    place = Place("services/api/Dockerfile", 5, 7)
    line = AZURE.annotation(Annotation(AnnotationLevel.ERROR, "api", "grew", place))
    assert line == (
        "##vso[task.logissue type=error;sourcepath=services/api/Dockerfile;linenumber=5;]api: grew"
    )
    assert AZURE.annotation(Annotation(AnnotationLevel.WARNING, "api", "grew")) == (
        "##vso[task.logissue type=warning;]api: grew"
    )
    assert AZURE.annotation(Annotation(AnnotationLevel.NOTICE, "api", "grew", place)) is None


def test_outputs_are_variables_of_the_step(capsys: pytest.CaptureFixture[str]) -> None:
    AZURE.write_outputs(read_context(azure(COMMIT)), {"comment-url": "https://x", "images": '["a]"]\n'}, None)
    out, err = capsys.readouterr()
    assert out == ""
    assert [as_agent_reads(line) for line in err.splitlines()] == [
        ("task.setvariable", {"variable": "bloatcheck_comment_url", "isOutput": "true"}, "https://x"),
        ("task.setvariable", {"variable": "bloatcheck_images", "isOutput": "true"}, '["a]"]\n'),
    ]


def test_the_summary_is_a_file_that_the_agent_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = read_context(azure(COMMIT, AGENT_TEMPDIRECTORY=str(tmp_path)))
    assert AZURE.summary_room(context) == 1 << 20
    for text in ("## one", "## two"):
        AZURE.write_summary(context, text, key="k", level=None)
    told = [as_agent_reads(line) for line in capsys.readouterr().err.splitlines()]
    files = [Path(command[2]) for command in told if command]
    assert [command and command[0] for command in told] == ["task.uploadsummary"] * 2
    assert [file.read_text() for file in files] == ["## one", "## two"]
    assert all(file.is_relative_to(tmp_path) for file in files)


def test_a_summary_without_a_folder_is_none_and_one_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    nowhere = read_context(azure(COMMIT, AGENT_TEMPDIRECTORY=""))
    assert AZURE.summary_room(nowhere) is None
    AZURE.write_summary(nowhere, "x", key="k", level=None)
    gone = read_context(azure(COMMIT, AGENT_TEMPDIRECTORY=str(tmp_path / "gone")))
    with pytest.raises(PublishError, match="can't be written"):
        AZURE.write_summary(gone, "x", key="k", level=None)


# Pages


def origin(variables: dict[str, str]) -> Origin:
    context = read_context(variables)
    return Origin(
        repository=context.repository,
        server_url=context.server_url,
        commit=COMMIT,
        run_url=context.run_url,
        forge=context.ci,
    )


def test_links_lead_to_azures_own_pages() -> None:
    found = origin(azure_request("b" * 40, COMMIT))
    page = "https://dev.azure.com/acme/Shop%20Project/_git/shop"
    assert commit_url(found, COMMIT) == f"{page}/commit/{COMMIT}"
    assert place_url(found, Place("a b/Dockerfile", 5, 7)) == (
        f"{page}?path=/a%20b/Dockerfile&version=GC{COMMIT}&line=5&lineEnd=8&lineStartColumn=1&lineEndColumn=1"
    )
    assert place_url(found, Place("Dockerfile")) == f"{page}?path=/Dockerfile&version=GC{COMMIT}"
    assert run_url(found) == "https://dev.azure.com/acme/Shop%20Project/_build/results?buildId=4711"


@pytest.mark.parametrize(
    ("variables", "run"),
    [
        (buildkite(COMMIT), "https://buildkite.com/acme/shop/builds/4711"),
        (circleci(COMMIT), "https://circleci.com/gh/acme/shop/4711"),
        (jenkins(COMMIT), "https://jenkins.example.com/job/acme/job/shop/job/main/4711/"),
        (
            azure(COMMIT, **on_github()),
            "https://dev.azure.com/acme/Shop%20Project/_build/results?buildId=4711",
        ),
    ],
    ids=["buildkite", "circleci", "jenkins", "azure"],
)
def test_links_lead_to_github_and_to_the_cis_run(variables: dict[str, str], run: str) -> None:
    found = origin(variables)
    assert place_url(found, Place("Dockerfile", 5, 7)) == (
        f"https://github.com/acme/shop/blob/{COMMIT}/Dockerfile#L5-L7"
    )
    assert run_url(found) == run


@pytest.mark.parametrize(
    ("forge", "run"),
    [
        ("buildkite", "https://evil.example/x"),
        ("buildkite", "https://buildkite.com/acme/shop/builds/4711)[x](https://evil.example"),
        ("jenkins", "javascript:alert(1)"),
        ("azure", "https://dev.azure.com/acme/_build/results?buildId=1&x=)"),
        ("github", "https://buildkite.com/acme/shop/builds/4711"),
        ("shell", "https://buildkite.com/acme/shop/builds/4711"),
    ],
)
def test_an_address_that_is_no_run_is_no_link(forge: str, run: str) -> None:
    assert run_url(Origin(run_url=run, forge=forge)) is None


@pytest.mark.parametrize(
    "text", [_HOSTILE, "##[error]x", "##VSO[a.b]", "###vso[a.b]", "## plain", '##"[', "#" * 9]
)
def test_json_holds_the_same_values_and_commands_nothing(text: str) -> None:
    document = disarm_json(json.dumps({text: [text]}))
    assert json.loads(document) == {text: [text]}
    assert as_agent_reads(document.lower()) is None
    assert "##[" not in document

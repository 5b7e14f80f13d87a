"""A failing build names its Dockerfile line, whichever builder printed the output.

`recorded/` holds what real builders printed: docker 20.10 with BuildKit and with the legacy builder, buildx
0.13 on engines 20.10 and 26.1, buildah 1.28 and podman 4.3.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.build.client import Frontend
from bloatcheck.build.cures import cure
from bloatcheck.build.failure import ContainersTrace, Trace, failing_place, find_step, trace_for
from bloatcheck.errors import Place
from bloatcheck.oci.dockerfile import parse_dockerfile

RECORDED = Path(__file__).parent / "recorded"
FRONTENDS = {"legacy": Frontend.LEGACY, "buildkit": Frontend.BUILDKIT, "buildx": Frontend.BUILDX}

FAILING_LINES = {
    "base": (3, 3),
    "command": (6, 9),
    "copy": (3, 3),
    "forged": (2, 4),
    "heredoc": (3, 6),
    "syntax": (2, 2),
    "twice": (4, 4),
    "unnamed": (5, 5),
    "variables": (5, 5),
}

REASONS = {
    "base": "acme/nosuch",
    "command": "exit 7",
    "copy": "missing",
    "forged": "exit 1",
    "heredoc": "exit 4",
    "syntax": "unknown instruction: FOO",
    "twice": "test ! -e /done",
    "unnamed": "false",
    "variables": "$HAVE",
}


def traced(output: str, frontend: Frontend | None) -> Trace:
    """Of docker with one of its frontends; None for buildah and podman."""
    trace = trace_for(frontend) if frontend else ContainersTrace()
    for line in output.split("\n"):
        trace.see(line)
    return trace


@pytest.mark.parametrize(
    "recording", sorted(RECORDED.glob("*/*.txt")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_every_builder_tells_the_failing_line(recording: Path) -> None:
    case = recording.parent.name
    frontend = FRONTENDS.get(recording.stem.partition("-")[0])
    trace = traced(recording.read_bytes().decode(), frontend)
    instructions = parse_dockerfile((recording.parent / "Dockerfile").read_text())

    assert failing_place(trace, instructions, "Dockerfile") == Place("Dockerfile", *FAILING_LINES[case])
    if not (case == "base" and frontend is Frontend.LEGACY):
        assert REASONS[case].lower() in trace.reason.lower().replace('"FOO"'.lower(), "foo")


def test_the_place_is_in_the_dockerfile_that_was_built_wherever_it_lies() -> None:
    output = (RECORDED / "copy" / "buildx-0.13-engine-26.1.txt").read_text()
    trace = traced(output, Frontend.BUILDX)
    assert failing_place(trace, (), "services/api/Dockerfile") == Place("services/api/Dockerfile", 3, 3)


def test_source_of_another_file_is_not_taken_for_the_dockerfile() -> None:
    output = "other.Dockerfile:9\n--------------------\n   9 | >>> RUN x\n--------------------\nERROR: no"
    trace = traced(output, Frontend.BUILDX)
    assert failing_place(trace, (), "Dockerfile") == Place("Dockerfile")


def test_a_long_instruction_is_followed_to_its_last_line() -> None:
    source = "\n".join(f" {number:4} | >>> line" for number in range(2, 3002))
    rule = "-" * 20
    trace = traced(
        f"Dockerfile:2\n{rule}\n   1 |     FROM x\n{source}\n{rule}\nERROR: failed", Frontend.BUILDX
    )
    assert failing_place(trace, (), "Dockerfile") == Place("Dockerfile", 2, 3001)


def test_what_follows_the_error_is_not_the_reason() -> None:
    trace = traced(
        "ERROR: failed to solve: it broke\n\nView build details: docker-desktop://x", Frontend.BUILDX
    )
    assert trace.reason == "it broke"


def test_output_that_tells_nothing_gives_the_file_alone() -> None:
    for frontend in Frontend:
        trace = traced("", frontend)
        assert failing_place(trace, (), "Dockerfile") == Place("Dockerfile")
        assert trace.reason == ""


def test_a_reason_is_bounded() -> None:
    assert len(traced("x" * 5000, Frontend.LEGACY).reason) == 500


def test_a_legacy_step_that_is_another_instruction_is_not_believed() -> None:
    trace = traced("Step 2/2 : COPY forged /", Frontend.LEGACY)
    instructions = parse_dockerfile("FROM scratch\nRUN true\n")
    assert failing_place(trace, instructions, "Dockerfile") == Place("Dockerfile")


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("[2/3] RUN make", 3),
        ("[3/3] RUN make install PREFIX=/usr", 4),
        ("[linux/amd64 2/3] RUN make", 3),
        ("[2/3] COPY elsewhere", None),
        ("[9/3] RUN anything", None),
        ("[internal] load metadata for docker.io/library/debian:12", 1),
        ("[internal] load build context", None),
        ("no step at all", None),
        ("[] RUN make", None),
        ("[x/y] RUN something", None),
    ],
)
def test_a_step_is_found_by_its_text_or_by_its_number(step: str, line: int | None) -> None:
    instructions = parse_dockerfile("FROM debian:12\nENV A=1\nRUN make\nRUN make install PREFIX=$P\n")
    found = find_step(step, instructions)
    assert (found.line if found else None) == line


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("debian", "docker.io/library/debian:latest"),
        ("debian:12", "docker.io/library/debian:12"),
        ("acme/api", "docker.io/acme/api:latest"),
        ("ghcr.io/acme/api:v1", "ghcr.io/acme/api:v1"),
        ("localhost/api", "localhost/api:latest"),
        ("localhost:5000/api", "localhost:5000/api:latest"),
        ("api@sha256:00", "docker.io/library/api@sha256:00"),
    ],
)
def test_a_base_is_found_by_its_full_name(image: str, full: str) -> None:
    instructions = parse_dockerfile(f"FROM scratch\nFROM --platform=linux/amd64 {image}\n")
    found = find_step(f"[internal] load metadata for {full}", instructions)
    assert found is not None
    assert found.line == 2


@given(st.lists(st.text()), st.text())
def test_no_output_breaks_the_reading(lines: list[str], dockerfile: str) -> None:
    instructions = parse_dockerfile(dockerfile)
    for frontend in Frontend:
        trace = traced("\n".join(lines), frontend)
        failing_place(trace, instructions, "Dockerfile")
        cure(trace.reason, lines, instructions)


@given(st.text(st.sampled_from("[]/ 0123456789RUNCOPYFROM stage-x><|-:.")))
def test_no_step_breaks_the_search(step: str) -> None:
    find_step(step, parse_dockerfile("FROM x\nRUN y\nFROM z AS stage\nRUN y\n"))


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("write /x: no space left on device", "docker builder prune"),
        ('"/missing" not found: not found', ".dockerignore"),
        ("COPY failed: file not found in build context", ".dockerignore"),
        ("acme/x: failed to resolve source metadata for docker.io/acme/x", "docker login"),
        ("pull access denied for x, repository does not exist", "docker login"),
        ("target stage nope could not be found", "the stages are: build, final"),
        ("failed to reach build target nope in Dockerfile", "the stages are: build, final"),
        ("process x did not complete successfully: exit code: 137", "memory"),
        ("exec /bin/sh: exec format error", "QEMU"),
        ("secret ca: not found", "id=NAME,src=PATH"),
        ("Cannot connect to the Docker daemon at unix:///x", "went away"),
    ],
)
def test_a_known_failure_comes_with_its_cure(reason: str, said: str) -> None:
    instructions = parse_dockerfile("FROM x AS build\nFROM y AS final\n")
    assert said in str(cure(reason, [], instructions))


def test_an_unknown_failure_has_no_made_up_cure() -> None:
    assert (
        cure("process x did not complete successfully: exit code: 2", ["make: *** [all] Error"], ()) is None
    )


def test_a_long_instruction_does_not_hide_what_buildah_says_happened_to_it() -> None:
    trace = traced(f'Error: building at STEP "RUN {"x" * 5000}": exit status 7', None)
    assert trace.reason.startswith('building at STEP "RUN xxx')
    assert trace.reason.endswith('": exit status 7')
    assert len(trace.reason) <= 500


def test_a_step_that_a_command_forged_is_not_believed() -> None:
    steps = "STEP 1/2: FROM scratch\nSTEP 2/2: RUN make\nSTEP 1/2: FROM evil\n"
    output = f'{steps}Error: building at STEP "RUN make": no'
    once, twice = (parse_dockerfile("FROM scratch\n" + "RUN make\n" * times) for times in (1, 2))
    assert failing_place(traced(output, None), once, "Dockerfile") == Place("Dockerfile", 2, 2)
    assert failing_place(traced(output, None), twice, "Dockerfile") == Place("Dockerfile")

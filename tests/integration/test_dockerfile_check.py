"""What `config check` says of a Dockerfile is what BuildKit says, without a build."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.docker_clients import docker
from support.engines import client

from bloatcheck.build.command import existing_paths
from bloatcheck.build.dockerfile_check import check_dockerfile, unused_build_args
from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.errors import BuildError

FILES = ("app.bin", "src/main.c", "src/.hidden", "docs/a b.txt", "[odd].txt")

REFUSED = {
    "FROM scratch\nCOPPY app.bin /\n": (2, "'COPPY' is no instruction"),
    "COPY app.bin /\nFROM scratch\n": (1, "COPY stands before the first FROM"),
    "FROM scratch\nCOPY app.bin\n": (2, "COPY has no destination"),
    "FROM scratch\nENV\n": (2, "ENV has nothing to work on"),
    "FROM scratch\nCOPY app.bin \\\n  nothing.txt /\n": (2, "'nothing.txt' is not in the context '.'"),
    "FROM scratch\nCOPY ../nothing /\n": (2, "'../nothing' is not in the context '.'"),
    "FROM scratch AS a\nCOPY --from=1 /app.bin /\nFROM scratch\nCOPY --from=a /app.bin /\n": (
        2,
        "stage 1 does not come before this one",
    ),
    "FROM scratch AS a\nCOPY --from=a /app.bin /\n": (2, "stage 'a' does not come before this one"),
    "FROM scratch AS a\nCOPY --from=b /app.bin /\nFROM scratch AS b\nFROM a\n": (
        2,
        "stage 'b' does not come before this one",
    ),
}
TAKEN = (
    "FROM scratch\nCOPY app.bin /\n",
    "from scratch\ncopy app.bin src /here/\n",
    'FROM scratch\nCOPY ["docs/a b.txt", "/"]\n',
    "FROM scratch\nCOPY ../app.bin /\n",
    "FROM scratch\nCOPY ./src/*.c /\nCOPY src/.h* /\nCOPY app.b?n /\n",
    "FROM scratch\nCOPY [[]odd].txt /\n",
    "FROM scratch\nCOPY app.bin no*.txt /\n",
    "ARG WHAT=app.bin\nFROM scratch\nARG WHAT\nCOPY ${WHAT} /\n",
    "FROM scratch AS a\nCOPY app.bin /\nFROM scratch\nCOPY --from=a /app.bin /\nCOPY --from=0 app.bin /b\n",
    "FROM scratch AS unneeded\nCOPY nothing.txt /\nFROM scratch\nCOPY app.bin /\n",
    "FROM scratch\nCOPY app.bin /\nCMD []\nENTRYPOINT []\n",
    "# a comment\nFROM scratch\nCOPY app.bin /\n# the end\n\n",
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def image(**build: object) -> ImageSpec:
    return ImageSpec("app", build=BuildSpec("Dockerfile", **build))  # type: ignore[arg-type]


def buildkit(repository: Path) -> bool:
    """Whether BuildKit builds it."""
    done = subprocess.run(
        [client(), "build", "--quiet", "--tag", "bloatcheck-test/checked", "."],
        cwd=repository,
        env={"PATH": "/usr/bin:/bin", "HOME": str(repository), "DOCKER_BUILDKIT": "1"},
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        docker("rmi", "--force", "bloatcheck-test/checked")
    return done.returncode == 0


@pytest.mark.engine
@pytest.mark.parametrize("text", REFUSED)
def test_what_is_wrong_is_told_with_its_line_and_no_builder_takes_it(repository: Path, text: str) -> None:
    (repository / "Dockerfile").write_text(text)
    line, message = REFUSED[text]
    problem = check_dockerfile(repository, image())[0]
    assert (problem.place and problem.place.line, problem.message) == (line, message)
    assert not buildkit(repository)


@pytest.mark.engine
@pytest.mark.parametrize("text", TAKEN)
def test_what_a_builder_takes_is_in_order(repository: Path, text: str) -> None:
    (repository / "Dockerfile").write_text(text)
    assert check_dockerfile(repository, image()) == ()
    assert buildkit(repository)


def test_a_dockerfile_without_a_stage_never_reaches_an_engine_that_it_may_bring_down(
    repository: Path,
) -> None:
    """Docker 20.10's BuildKit takes the whole engine with it (`index out of range [-1]`)."""
    (repository / "Dockerfile").write_text("ARG A=1\n")
    (problem,) = check_dockerfile(repository, image())
    assert problem.message == "there is no FROM"
    build = image().build
    assert build
    with pytest.raises(BuildError, match="Dockerfile has no FROM"):
        existing_paths(image(), build, repository)


def test_a_target_must_be_a_stage(repository: Path) -> None:
    (repository / "Dockerfile").write_text("FROM scratch AS build\nFROM scratch AS run\n")
    assert check_dockerfile(repository, image(target="run")) == ()
    (problem,) = check_dockerfile(repository, image(target="runtime"))
    assert (problem.message, problem.hint) == (
        "there is no stage 'runtime'",
        "the stages are: build, run",
    )


def test_a_here_document_without_an_end_is_told_where_it_begins(repository: Path) -> None:
    (repository / "Dockerfile").write_text("FROM scratch\nCOPY <<EOF /x\nnever closed\n")
    (problem,) = check_dockerfile(repository, image())
    assert (problem.place and problem.place.line, problem.message) == (
        2,
        "a here-document that begins here is not closed",
    )


@pytest.mark.parametrize(
    "text",
    [
        "# syntax=acme/frontend:1\nINSTALL app\n",
        "#!/usr/bin/env docker\n# syntax=acme/frontend:1\nINSTALL app\n",
        "// syntax=acme/frontend:1\nINSTALL app\n",
        '{"syntax": "acme/frontend:1"}\n',
        "FROM scratch\nCOPY $WHAT https://example.com/x /\n",
        "FROM scratch\nCOPY --from=acme/tools:1 /x /\n",
        "ARG BASE=scratch\nFROM ${BASE} AS a\nCOPY $X /\nFROM $BASE\n",
    ],
)
def test_what_hangs_on_variables_or_a_frontend_is_left_to_the_builder(repository: Path, text: str) -> None:
    (repository / "Dockerfile").write_text(text)
    assert check_dockerfile(repository, image()) == ()


def test_official_frontends_are_checked(repository: Path) -> None:
    (repository / "Dockerfile").write_text("# syntax=docker/dockerfile:1\nFROM scratch\nCOPPY a b\n")
    assert len(check_dockerfile(repository, image())) == 1


def test_build_args_that_no_line_takes_are_told(repository: Path) -> None:
    (repository / "Dockerfile").write_text("ARG BASE=scratch\nFROM $BASE\nARG VERSION=1 FLAVOUR\n")
    args = {"VERSION": "2", "FLAVOR": "sweet", "HTTP_PROXY": "http://p", "BASE": None, "TARGETARCH": "arm64"}
    assert unused_build_args(repository, image(args=args)) == ("FLAVOR",)


def test_the_problems_of_one_file_are_bounded(repository: Path) -> None:
    (repository / "Dockerfile").write_text("FROM scratch\n" + "OOPS 1\n" * 1000)
    assert len(check_dockerfile(repository, image())) == 50

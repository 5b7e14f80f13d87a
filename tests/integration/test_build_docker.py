"""Images are built by real docker clients, and a failure is told where it happened."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

import pytest
from support.docker_clients import CLIENTS, Client, busybox_base, docker, present
from support.workflow_commands import Act, Runner

from bloatcheck.build.choose import Builders
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.build.ours import OurTag
from bloatcheck.ci.github import GITHUB
from bloatcheck.cli.log import FoldingLog, PlainLog
from bloatcheck.config.model import BuilderChoice, BuildSpec, ImageSpec, PrebuiltSpec
from bloatcheck.errors import ExitCode, Place
from bloatcheck.log import Log
from bloatcheck.oci.platform import Platform

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with busybox_base() as name:
        yield name


@dataclass
class Workshop:
    """A repository and a run of its own, taken away afterwards."""

    root: Path
    environment: dict[str, str]
    base: str
    log: Log
    repository: str = field(default_factory=lambda: f"test/{uuid.uuid4().hex}")
    stream: StringIO = field(default_factory=StringIO)

    def builders(self, **environment: str) -> Builders:
        return Builders(
            root=self.root,
            log=self.log,
            run_id="1",
            repository=self.repository,
            environment={**self.environment, **environment},
        )

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text.replace("BASE", self.base))

    def build(self, spec: ImageSpec, **environment: str) -> BuiltImage:
        result = self.builders(**environment).build(spec)
        assert isinstance(result, BuiltImage), str(result.error)
        return result

    def fail(self, spec: ImageSpec) -> FailedBuild:
        result = self.builders().build(spec)
        assert isinstance(result, FailedBuild)
        return result

    def tags(self) -> list[str]:
        listed = docker("images", "--format={{.Repository}}:{{.Tag}}").split()
        return [name for name in listed if (tag := OurTag.parse(name)) and tag.belongs_to(self.repository)]


@pytest.fixture(params=CLIENTS, ids=lambda client: client.name)
def client(request: pytest.FixtureRequest) -> Client:
    one: Client = request.param
    return present(one)


@pytest.fixture
def workshop(client: Client, tmp_path: Path, base: str) -> Iterator[Workshop]:
    root = tmp_path / "repository"
    root.mkdir()
    stream = StringIO()
    made = Workshop(root, client.environment(tmp_path), base, PlainLog(stream), stream=stream)
    yield made
    for tag in made.tags():
        docker("rmi", tag, check=False)


def cat(image: BuiltImage, path: str) -> str:
    return docker(
        "run", "--rm", "--network=none", image.reference.removeprefix("docker-daemon:"), "cat", path
    )


def test_an_image_is_built_and_known_by_id_and_by_our_tag_alone(workshop: Workshop) -> None:
    workshop.write("Dockerfile", "FROM BASE\nRUN echo hello > /hello\n")
    built = workshop.build(ImageSpec("api", build=BuildSpec("Dockerfile")))

    assert re.fullmatch(r"docker-daemon:sha256:[0-9a-f]{64}", built.reference)
    assert cat(built, "/hello") == "hello"
    assert built.dockerfile == "Dockerfile"
    assert built.build_seconds is not None
    assert built.build_seconds > 0
    (tag,) = workshop.tags()
    assert f"docker-daemon:{docker('image', 'inspect', '--format={{.Id}}', tag)}" == built.reference
    assert docker("image", "inspect", "--format={{json .Config.Labels}}", tag) in {"null", "{}"}
    assert "build api with docker" in workshop.stream.getvalue()
    assert "hello > /hello" in workshop.stream.getvalue()


def test_being_known_as_ours_changes_nothing_about_the_image(workshop: Workshop) -> None:
    workshop.write("Dockerfile", "FROM BASE\nRUN echo hello > /hello\n")
    one = workshop.build(ImageSpec("api", build=BuildSpec("Dockerfile")))
    other = workshop.build(ImageSpec("web", build=BuildSpec("Dockerfile")))
    assert one.reference == other.reference
    assert len(workshop.tags()) == 2


def test_everything_configured_reaches_the_build(workshop: Workshop) -> None:
    workshop.write("services/api/file", "from the context")
    workshop.write(
        "docker/api.Dockerfile",
        "FROM BASE AS first\n"
        "ARG GIVEN\nARG TAKEN\nCOPY file /file\n"
        'RUN echo "$GIVEN, $TAKEN" > /arguments\n'
        "FROM first AS last\nRUN false\n",
    )
    own_tag = f"bloatcheck-test/own:{uuid.uuid4().hex}"
    build = BuildSpec(
        "docker/api.Dockerfile",
        context="services/api",
        target="first",
        args={"GIVEN": "given = 1", "TAKEN": None, "MISSING": None},
    )
    spec = ImageSpec("api", build=build, tags=(own_tag,), platform=Platform.of("linux", os.uname().machine))
    try:
        built = workshop.build(spec, TAKEN="taken")
        assert cat(built, "/arguments") == "given = 1, taken"
        assert cat(built, "/file") == "from the context"
        identifier = docker("image", "inspect", "--format={{.Id}}", own_tag)
        assert built.reference == f"docker-daemon:{identifier}"
    finally:
        docker("rmi", own_tag, check=False)
    assert "build arg MISSING isn't set" in workshop.stream.getvalue()


def test_odd_names_are_only_names(workshop: Workshop) -> None:
    workshop.write("--no-cache/-", "FROM BASE\nCOPY -- $(touch pwned) /file\n")
    workshop.write("--no-cache/$(touch pwned)", "content")
    spec = ImageSpec("--rm; $(id)", build=BuildSpec("--no-cache/-", context="--no-cache"))
    workshop.write("--no-cache/-", 'FROM BASE\nCOPY ["$(touch pwned)", "/file"]\n')
    assert cat(workshop.build(spec), "/file") == "content"
    assert not (workshop.root / "pwned").exists()


def test_a_secret_is_there_during_the_build_only_or_refused_clearly(workshop: Workshop) -> None:
    workshop.write("secret", "hush")
    workshop.write("Dockerfile", "FROM BASE\nRUN --mount=type=secret,id=one cat /run/secrets/one > /copied\n")
    spec = ImageSpec("api", build=BuildSpec("Dockerfile", secrets=("id=one,src=secret",)))
    result = workshop.builders().build(spec)
    if isinstance(result, BuiltImage):
        assert cat(result, "/copied") == "hush"
    else:
        assert "api needs build secrets, and the legacy builder has none" in str(result.error)
        assert re.search("install buildx|DOCKER_BUILDKIT=0", str(result.error.hint))


def test_a_failing_build_tells_line_reason_and_last_output_and_the_others_go_on(workshop: Workshop) -> None:
    workshop.write(
        "bad/Dockerfile", "FROM BASE\nRUN true\n\nRUN echo working; \\\n    echo broken >&2; exit 7\n"
    )
    workshop.write("good/Dockerfile", "FROM BASE\nRUN true\n")
    builders = workshop.builders()
    results = [
        builders.build(ImageSpec(name, build=BuildSpec(f"{name}/Dockerfile", context=name)))
        for name in ("bad", "good")
    ]

    failed, built = results
    assert isinstance(failed, FailedBuild)
    assert isinstance(built, BuiltImage)
    error = failed.error
    assert error.place == Place("bad/Dockerfile", 4, 5)
    assert re.search(r"bad could not be built: .*exit 7.*7$", error.message)
    assert any("working" in line for line in error.output)
    assert any("broken" in line for line in error.output)
    assert len(error.output) <= 40
    assert error.exit_code is ExitCode.UNREADABLE
    assert "docker" in str(error.hint)


def test_a_failing_build_leaves_no_container(workshop: Workshop) -> None:
    mark = uuid.uuid4().hex
    workshop.write("Dockerfile", f"FROM BASE\nRUN echo {mark}; exit 1\n")
    workshop.fail(ImageSpec("api", build=BuildSpec("Dockerfile")))
    assert mark not in docker("ps", "--all", "--no-trunc", "--format={{.Command}}")


def test_a_missing_target_names_the_stages(workshop: Workshop) -> None:
    workshop.write("Dockerfile", "FROM BASE AS build\nFROM BASE AS final\n")
    failed = workshop.fail(ImageSpec("api", build=BuildSpec("Dockerfile", target="nope")))
    assert failed.error.hint == "the stages are: build, final"


def test_a_missing_file_names_the_copy(workshop: Workshop) -> None:
    workshop.write("Dockerfile", "FROM BASE\nCOPY missing /\n")
    failed = workshop.fail(ImageSpec("api", build=BuildSpec("Dockerfile")))
    assert failed.error.place == Place("Dockerfile", 2, 2)
    assert ".dockerignore" in str(failed.error.hint)


@pytest.mark.timeout(120)
def test_megabytes_of_errors_do_not_block_the_build(workshop: Workshop) -> None:
    """One line of 5 MB, without an end."""
    script = f"head -c 5000000 /dev/zero | tr '\\0' e >&2; echo > /done; : {uuid.uuid4()}"
    workshop.write("Dockerfile", f"FROM BASE\nRUN {script}\n")
    assert cat(workshop.build(ImageSpec("api", build=BuildSpec("Dockerfile"))), "/done") == ""
    assert len(workshop.stream.getvalue()) > 100_000


@dataclass
class TimedLog(PlainLog):
    """Remembers when something was first seen."""

    seen: dict[str, float] = field(default_factory=dict)

    def output(self, text: str) -> None:
        for line in text.splitlines():
            self.seen.setdefault(line.split(" ")[-1], time.monotonic())


def test_output_is_seen_while_the_build_goes_on(workshop: Workshop) -> None:
    mark = uuid.uuid4().hex
    workshop.write("Dockerfile", f"FROM BASE\nRUN echo first-{mark}; sleep 1; echo la''st-{mark}\n")
    log = workshop.log = TimedLog(StringIO())
    workshop.build(ImageSpec("api", build=BuildSpec("Dockerfile")))
    assert log.seen[f"last-{mark}"] - log.seen[f"first-{mark}"] > 0.5


HOSTILE = """\
::error::forged
::add-mask::e
::endgroup::
::stop-commands::mine
##[error]forged
\x1b[31m::warning::forged
\x1b]0;title\x07\r::notice::forged\r
::error::no newline"""


@pytest.mark.parametrize("kind", [Runner, Act])
def test_no_output_of_a_real_build_is_a_workflow_command(workshop: Workshop, kind: type[Runner]) -> None:
    workshop.write("hostile", HOSTILE)
    workshop.write(
        "Dockerfile", f"FROM BASE\nCOPY hostile /\nRUN cat /hostile; cat /hostile >&2; : {uuid.uuid4()}\n"
    )
    stream = StringIO()
    workshop.log = FoldingLog(GITHUB.marks, stream)
    workshop.build(ImageSpec("api", build=BuildSpec("Dockerfile")))

    runner = kind()
    runner.read(stream.getvalue())
    assert {name for name, _, _ in runner.commands} - {"warning"} == {"group", "endgroup"}
    assert not any("forged" in data for _, _, data in runner.commands)
    assert not runner.stopped
    assert "forged" in stream.getvalue()
    assert "\x1b]" not in stream.getvalue()


INTERRUPTED = """\
import os, sys
from pathlib import Path
from bloatcheck.build.choose import Builders
from bloatcheck.cli.log import PlainLog
from bloatcheck.config.model import BuildSpec, ImageSpec

log = PlainLog(sys.stdout)
builders = Builders(root=Path(), log=log, run_id="1", repository="test/interrupted", environment=os.environ)
builders.build(ImageSpec("api", build=BuildSpec("Dockerfile")))
"""


@pytest.mark.timeout(60)
def test_ctrl_c_ends_the_build(workshop: Workshop) -> None:
    mark = uuid.uuid4().hex
    workshop.write("Dockerfile", f"FROM BASE\nRUN echo started-{mark}; sleep 50\n")
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=workshop.root,
        env=workshop.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as build:
        assert build.stdout is not None
        for line in build.stdout:
            if line.rstrip().endswith(f"started-{mark}") and "RUN" not in line:
                break
        start = time.monotonic()
        build.send_signal(signal.SIGINT)
        _, errors = build.communicate(timeout=30)
    assert "KeyboardInterrupt" in errors
    assert time.monotonic() - start < 15
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and mark in processes():
        time.sleep(0.2)
    assert mark not in processes()


def processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_an_engine_that_is_away_is_told_once_asked_for(workshop: Workshop) -> None:
    workshop.write("Dockerfile", "FROM BASE\n")
    builders = replace(
        workshop.builders(DOCKER_HOST="unix:///nonexistent/socket"), choice=BuilderChoice.DOCKER
    )
    result = builders.build(ImageSpec("api", build=BuildSpec("Dockerfile")))
    assert isinstance(result, FailedBuild)
    assert "the Docker engine does not answer: " in result.error.message
    assert "start it" in str(result.error.hint)


def test_a_run_over_ready_images_asks_no_docker(workshop: Workshop) -> None:
    builders = workshop.builders(PATH="/nonexistent")
    result = builders.build(ImageSpec("api", prebuilt=PrebuiltSpec(reference="api:latest")))
    assert isinstance(result, BuiltImage)
    assert result.reference == "api:latest"


def test_the_deprecated_builder_is_warned_about_once_and_only_if_nobody_chose_it(
    workshop: Workshop, client: Client
) -> None:
    workshop.write("Dockerfile", "FROM BASE\n")
    builders = workshop.builders()
    for name in ("one", "two"):
        builders.build(ImageSpec(name, build=BuildSpec("Dockerfile")))
    warnings = workshop.stream.getvalue().count("warning: docker")
    assert warnings <= 1
    if client.settings.get("DOCKER_BUILDKIT") == "0":
        assert warnings == 0

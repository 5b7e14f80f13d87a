"""Several real builds at once, and all in one solve: together in the log, in order in the report."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import pytest
from support.docker_clients import CLIENTS, busybox_base, docker, present
from support.engines import buildx_plugins
from support.recording_log import RecordingLog

from bloatcheck import pipeline
from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.build.ours import OurTag
from bloatcheck.ci.github import GITHUB
from bloatcheck.cli.log import FoldingLog, PlainLog
from bloatcheck.config.model import BuilderChoice, BuildSpec, Config, ImageSpec
from bloatcheck.errors import ExitCode, Place
from bloatcheck.image.model import LayerDescriptor, LayerIndex
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.platform import Platform

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with busybox_base() as name:
        yield name


@dataclass
class Repository:
    """A folder of Dockerfiles, whose images go afterwards."""

    root: Path
    environment: dict[str, str]
    base: str

    def image(self, name: str, dockerfile: str, **more: object) -> ImageSpec:
        """One with a folder of its own."""
        (self.root / name).mkdir(exist_ok=True)
        (self.root / name / "Dockerfile").write_text(dockerfile.replace("BASE", self.base))
        args = more.pop("args", {})
        build = BuildSpec(f"{name}/Dockerfile", context=name, args=args, secrets=more.pop("secrets", ()))  # type: ignore[arg-type]  # a spec's own fields
        return ImageSpec(name, build=build, **more)  # type: ignore[arg-type]  # likewise

    def config(
        self, *images: ImageSpec, jobs: int = 2, builder: BuilderChoice = BuilderChoice.AUTO
    ) -> Config:
        return Config(root=self.root, images=images, jobs=jobs, builder=builder)

    def measure(self, config: Config, log: Log | None = None) -> tuple[pipeline.Result, ...]:
        return pipeline.measure(config, log=log or RecordingLog(), environment=self.environment)


@pytest.fixture
def repository(base: str, tmp_path: Path) -> Iterator[Repository]:
    root = tmp_path / "repository"
    root.mkdir()
    environment = {
        **present(CLIENTS[0]).environment(tmp_path),
        "BLOATCHECK_CACHE": str(tmp_path / "cache"),
        "GITHUB_ACTIONS": "",
    }
    yield Repository(root, environment, base)
    for name in docker("images", "--format={{.Repository}}:{{.Tag}}").split():
        if (tag := OurTag.parse(name)) and tag.belongs_to(str(root.resolve())):
            docker("rmi", "--force", name, check=False)


def size_of(result: pipeline.Result) -> int:
    assert isinstance(result, pipeline.Measured), result
    return result.snapshot.content_size


def chatty(name: str, seconds: str = "0.02") -> str:
    """A build that prints a line at a time, and takes a moment for each."""
    loop = f"for i in 1 2 3 4 5 6 7 8; do echo mark-{name}-$i; sleep {seconds}; done"
    return f"FROM BASE\nRUN : {uuid.uuid4()}; {loop}\n"


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_images_output_stands_together_and_results_are_in_order(
    repository: Repository, jobs: int
) -> None:
    names = ["first", "second", "third", "fourth"]
    slow = {"first": "0.2"}
    images = [repository.image(name, chatty(name, slow.get(name, "0.02"))) for name in names]
    stream = StringIO()
    results = repository.measure(repository.config(*images, jobs=jobs), FoldingLog(GITHUB.marks, stream))

    assert [result.spec.name for result in results] == names
    assert all(size_of(result) for result in results)
    groups = re.findall(
        r"::group::build (\w+) .*?::stop-commands::(\w+)\n(.*?)::\2::\n::endgroup::",
        stream.getvalue(),
        re.DOTALL,
    )
    assert sorted(name for name, _, _ in groups) == sorted(names)
    for name, _, output in groups:
        marks = re.findall(r"^#\d+ [\d.]+ mark-(\w+)-(\d)$", output, re.MULTILINE)
        assert marks == [(name, str(number)) for number in range(1, 9)]
    if jobs > 1:
        assert groups[0][0] != "first"


def test_a_failing_build_stops_no_other(repository: Repository) -> None:
    images = [
        repository.image("good", "FROM BASE\nRUN echo good > /good\n"),
        repository.image("bad", "FROM BASE\nENV A=1\nRUN exit 7\n"),
        repository.image("gone", "FROM BASE\n"),
        repository.image("fine", "FROM BASE\nRUN echo fine > /fine\n"),
    ]
    (repository.root / "gone/Dockerfile").unlink()
    good, bad, gone, fine = repository.measure(repository.config(*images))
    assert size_of(good) == size_of(fine)
    assert isinstance(bad, pipeline.Unmeasured)
    assert bad.failure.place == Place("bad/Dockerfile", 3, 3)
    assert isinstance(gone, pipeline.Unmeasured)
    assert "does not exist" in gone.failure.message


def test_an_image_is_built_on_the_one_that_the_same_run_builds(repository: Repository) -> None:
    tag = f"bloatcheck-test/chain:{uuid.uuid4().hex}"
    images = [
        repository.image("under", f"FROM BASE\nRUN sleep 1; echo {tag} > /under\n", tags=(tag,)),
        repository.image("over", f"FROM {tag}\nRUN echo over > /over\n"),
    ]
    try:
        under, over = repository.measure(repository.config(*images, jobs=4))
        assert size_of(over) == size_of(under) + len("over\n")
    finally:
        docker("rmi", tag, check=False)


def test_a_layer_that_many_images_have_is_read_once(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Digest] = []
    put = LayerCache.put

    def counted(self: LayerCache, layer: LayerDescriptor, index: LayerIndex, capture: object = None) -> None:
        read.append(index.diff_id)
        put(self, layer, index, capture)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(LayerCache, "put", counted)
    images = [repository.image(f"image-{i}", f"FROM BASE\nRUN echo {i} > /file\n") for i in range(5)]
    results = repository.measure(repository.config(*images, jobs=3))
    assert all(size_of(result) for result in results)
    assert len(read) == len(set(read)) == 6


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_what_interrupts_the_run_ends_every_build(repository: Repository, sent: signal.Signals) -> None:
    mark = uuid.uuid4().hex
    names = ("one", "two")
    for name in names:
        repository.image(name, f"FROM BASE\nRUN sleep 50; : {mark}-{name}\n")
    entries = "".join(f"  - name: {name}\n    context: {name}\n" for name in names)
    (repository.root / ".bloatcheck.yml").write_text(f"version: 1\nimages:\n{entries}")
    with subprocess.Popen(
        [sys.executable, "-m", "bloatcheck", "run", "--jobs", "2"],
        cwd=repository.root,
        env=repository.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        deadline = time.monotonic() + 30
        while sum(f"sleep 50; : {mark}-{name}" in processes() for name in names) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        begin = time.monotonic()
        run.send_signal(sent)
        _, errors = run.communicate(timeout=30)
    assert time.monotonic() - begin < 15
    assert run.returncode == ExitCode.INTERNAL
    assert errors.endswith("bloatcheck: interrupted\n")
    deadline = time.monotonic() + 20
    while mark in processes() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert mark not in processes()
    assert str(repository.root) not in processes()


def processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def buildx(repository: Repository, tmp_path: Path) -> Repository:
    """The same repository, with a client that has buildx."""
    settings = tmp_path / "docker"
    settings.mkdir()
    (settings / "cli-plugins").symlink_to(buildx_plugins())
    kept = {**present(CLIENTS[-1]).environment(tmp_path), "DOCKER_CONFIG": str(settings)}
    return replace(repository, environment={**kept, "BLOATCHECK_CACHE": str(tmp_path / "cache")})


STAGED = """\
FROM BASE AS tools
RUN : MARK; head -c 100000 /dev/urandom > /tools
FROM BASE
ARG WORD
COPY --from=tools /tools /tools
RUN --mount=type=secret,id=word echo "$WORD" > /word && cat /run/secrets/word > /secret
"""


@pytest.mark.slow
def test_one_solve_gives_the_same_images(buildx: Repository) -> None:
    (buildx.root / "secret").write_text("s3cret\n")
    dockerfile = STAGED.replace("MARK", uuid.uuid4().hex)
    tag = f"bloatcheck-test/baked:{uuid.uuid4().hex}"
    more = {"secrets": ("id=word,src=secret",), "platform": Platform.parse("linux/amd64")}
    images = [
        buildx.image("a.b", dockerfile, args={"WORD": "$${HOME} ${HOME} %{if} $HOME"}, **more),
        buildx.image("a-b", dockerfile, args={"WORD": None}, **more),
        buildx.image("under", "FROM BASE\nRUN echo under > /under\n", tags=(tag,)),
        buildx.image("over", f"FROM {tag}\nRUN echo over > /over\n"),
    ]
    buildx.environment["WORD"] = "from outside"
    log = RecordingLog()
    try:
        baked = buildx.measure(buildx.config(*images, builder=BuilderChoice.BAKE), log)
        alone = buildx.measure(buildx.config(*images, builder=BuilderChoice.BUILDX, jobs=1))
    finally:
        docker("rmi", tag, check=False)
    for one, other in zip(baked, alone, strict=True):
        assert isinstance(one, pipeline.Measured)
        assert isinstance(other, pipeline.Measured)
        assert [layer.diff_id for layer in one.snapshot.layers] == [
            layer.diff_id for layer in other.snapshot.layers
        ]
        assert one.snapshot.content_size == other.snapshot.content_size
        assert one.dockerfile == other.dockerfile
    assert any(line.startswith("baked 3 images in ") for line in log.lines)
    assert size_of(baked[0]) - size_of(baked[1]) == len("$${HOME} ${HOME} %{if} $HOME") - len("from outside")


@pytest.mark.slow
def test_where_one_fails_the_others_are_measured_all_the_same(buildx: Repository) -> None:
    images = [
        buildx.image("good", f"FROM BASE\nRUN echo {uuid.uuid4()} > /good; sleep 3; echo > /late\n"),
        buildx.image("bad", "FROM BASE\nENV A=1\nRUN sleep 1; echo why; exit 7\n"),
        buildx.image("gone", "FROM BASE\n"),
        buildx.image("fine", "FROM BASE\nRUN echo fine > /fine\n"),
    ]
    (buildx.root / "gone/Dockerfile").unlink()
    stream = StringIO()
    good, bad, gone, fine = buildx.measure(
        buildx.config(*images, builder=BuilderChoice.BAKE), PlainLog(stream)
    )
    assert size_of(good)
    assert size_of(fine)
    assert isinstance(bad, pipeline.Unmeasured)
    assert bad.failure.place == Place("bad/Dockerfile", 3, 3)
    assert "exit code: 7" in bad.failure.message
    assert "why" in "\n".join(bad.failure.output)
    assert str(bad.failure.hint).startswith("to see it by hand: docker buildx build ")
    assert isinstance(gone, pipeline.Unmeasured)
    assert "bake failed at bad: " in stream.getvalue()
    assert "the other 2 images are built one by one" in stream.getvalue()


@pytest.mark.slow
def test_without_buildx_there_is_no_bake(repository: Repository) -> None:
    images = [repository.image(name, "FROM BASE\n") for name in ("a", "b")]
    results = repository.measure(repository.config(*images, builder=BuilderChoice.BAKE))
    for result in results:
        assert isinstance(result, pipeline.Unmeasured)
        assert "has no buildx" in result.failure.message

"""Twelve images with one context: one changed file is one build, and no pull request can skip its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.docker_clients import docker
from support.git import Repository

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

pytestmark = pytest.mark.engine

BASELINE = ".bloatcheck-baseline.json"
NAMES = tuple(f"svc{number:02}" for number in range(12))
CONFIG = "version: 1\nlimits: {content: 1 MB}\nimages:\n" + "".join(
    f"- {{name: {name}, dockerfile: services/{name}/Dockerfile}}\n" for name in NAMES
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with its baseline, made once."""
    root = tmp_path_factory.mktemp("template")
    made = Repository(root)
    made.git("init", "-q", "-b", "main")
    files = {".bloatcheck.yml": CONFIG, ".dockerignore": ".git\n.bloatcheck*\n", "libs/common": "c" * 100}
    for name in NAMES:
        files[f"services/{name}/Dockerfile"] = (
            f"FROM scratch\nCOPY services/{name}/src /src\nCOPY libs /libs\nCMD x\n"
        )
        files[f"services/{name}/src/file"] = name * 100
    made.commit(**files)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    for command in (["baseline", "update", "--quiet"], ["clean", "--yes"]):
        subprocess.run([sys.executable, "-m", "bloatcheck", *command], cwd=root, env=environ, check=True)
    made.git("add", BASELINE)
    made.git("commit", "-q", "-m", "baseline")
    return root


@pytest.fixture
def repository(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A copy of its own; nothing of it is left in the engine."""
    root = tmp_path / "repository"
    shutil.copytree(template, root, symlinks=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    for variable in ("GITHUB_ACTIONS", "GITHUB_REPOSITORY", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(variable, raising=False)
    yield Repository(root)
    main(["clean", "--yes"])


@pytest.fixture
def pull_request(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is committed from now on is a pull request's."""
    base = repository.git("rev-parse", "HEAD")
    event = tmp_path / "event.json"
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "octo/hello",
        "GITHUB_SHA": "0" * 40,
    }.items():
        monkeypatch.setenv(name, value)
    sides = {"base": {"sha": base, "ref": "main"}, "head": {"sha": "1" * 40, "ref": "x"}}
    event.write_text(json.dumps({"number": 7, "pull_request": {"number": 7, **sides}}))


class Ran:
    """What a run reported, and which images it built."""

    def __init__(self, out: str, err: str) -> None:
        self.report: dict[str, Any] = json.loads(out)
        self.built = [name for name in NAMES if f"{name}: built sha256:" in err]
        self.rows: Mapping[str, dict[str, Any]] = {row["name"]: row for row in self.report["images"]}
        self.unbuilt = [name for name, row in self.rows.items() if row["unbuilt"]]


def run(capsys: pytest.CaptureFixture[str], *options: str, code: ExitCode = ExitCode.OK) -> Ran:
    capsys.readouterr()
    exit_code = main(["run", "--json", "--comment=never", *options])
    out, err = capsys.readouterr()
    assert exit_code is code, err
    return Ran(out, err)


def entries(repository: Repository) -> dict[str, dict[str, Any]]:
    document = json.loads((repository.root / BASELINE).read_text())
    return {image["name"]: image for image in document["images"]}


def test_one_changed_file_is_one_build(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys).built == []
    (repository.root / "services/svc03/src/file").write_text("changed")
    (repository.root / "README").write_text("no image takes it")
    ran = run(capsys)
    assert ran.built == ["svc03"]
    assert ran.unbuilt == [name for name in NAMES if name != "svc03"]
    since = entries(repository)["svc00"]["commit"][:12]
    row = ran.rows["svc00"]
    assert row["unbuilt"] == f"inputs unchanged since {since}"
    assert row["diff"]["before"] == row["diff"]["after"]


def test_a_file_that_all_take_builds_all_and_so_does_being_asked(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "--all").built == list(NAMES)
    (repository.root / "libs/more").write_text("m")
    assert run(capsys).built == list(NAMES)


def test_what_an_onbuild_of_the_base_reads_is_always_read_again(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = f"bloatcheck-test-onbuild-{uuid.uuid4().hex[:12]}"
    (tmp_path / "base").mkdir()
    (tmp_path / "base/Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\nONBUILD COPY libs /more\n")
    docker("build", "--quiet", f"--tag={base}", str(tmp_path / "base"))
    try:
        repository.commit(
            **{
                "services/svc05/Dockerfile": f"FROM {base}\nCOPY services/svc05/src /src\n",
                "services/svc07/Dockerfile": f"FROM {base} AS x\nFROM scratch\nCOPY --from=x /more /\n",
            }
        )
        assert main(["baseline", "update", "--quiet"]) is ExitCode.OK
        repository.commit(**{BASELINE: Path(BASELINE).read_text()})
        assert run(capsys).built == ["svc05", "svc07"]
    finally:
        docker("rmi", "--force", base, check=False)


def test_what_is_not_built_is_judged_by_its_entry(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.root / ".bloatcheck.yml").write_text(CONFIG.replace("1 MB", "10 B"))
    ran = run(capsys, code=ExitCode.LIMIT_BROKEN)
    assert ran.built == []
    assert {row["findings"][0]["metric"] for row in ran.rows.values()} == {"content"}


def test_an_update_writes_only_what_was_built(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    before = entries(repository)
    (repository.root / "services/svc03/src/file").write_text("changed")
    repository.git("commit", "-q", "-a", "-m", "x")
    assert main(["baseline", "update", "--quiet"]) is ExitCode.OK
    after = entries(repository)
    assert [name for name in NAMES if before[name] != after[name]] == ["svc03"]
    assert after["svc03"]["commit"] == repository.git("rev-parse", "HEAD")
    assert run(capsys).built == []


@pytest.mark.usefixtures("pull_request")
class TestAPullRequest:
    def test_builds_what_it_changed(self, repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
        repository.commit(**{"services/svc05/src/more": "m" * 1000})
        ran = run(capsys)
        assert ran.built == ["svc05"]
        layers = ran.rows["svc05"]["diff"]["layers"]
        assert (
            sum(layer["after"]["content_size"] - layer["before"]["content_size"] for layer in layers) == 1000
        )

    def test_can_not_skip_a_build_by_an_entry_of_its_own(
        self, repository: Repository, capsys: pytest.CaptureFixture[str]
    ) -> None:
        repository.commit(**{"services/svc05/src/more": "m" * 1000})
        assert main(["images", "--json", "--image", "svc05"]) is ExitCode.OK
        (row,) = json.loads(capsys.readouterr().out)["images"]
        document = json.loads((repository.root / BASELINE).read_text())
        for image in document["images"]:
            if image["name"] == "svc05":
                image["inputs_digest"] = row["inputs_digest"]
        repository.commit(**{BASELINE: json.dumps(document)})
        assert run(capsys).built == ["svc05"]

    def test_can_not_skip_a_build_by_narrower_inputs(
        self, repository: Repository, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = CONFIG.replace("- {name: svc05, ", "- {name: svc05, inputs: [services/svc05/Dockerfile], ")
        repository.commit(**{"services/svc05/src/more": "m" * 1000, ".bloatcheck.yml": config})
        ran = run(capsys)
        assert ran.built == ["svc05"]
        (change,) = ran.report["changes"]
        assert change == {
            "sentence": "svc05: `inputs` changed from not set to services/svc05/Dockerfile",
            "looser": True,
        }

    def test_can_not_skip_a_build_by_what_git_believes_to_be_unchanged(
        self, repository: Repository, capsys: pytest.CaptureFixture[str]
    ) -> None:
        repository.commit(
            **{".gitattributes": "services/svc05/src/* text eol=crlf\n", "services/svc05/src/x": "a\n"}
        )
        ran = run(capsys)
        assert ran.built == ["svc05"]

    def test_plans_what_it_changed_and_merges_the_rest(
        self, repository: Repository, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        repository.commit(**{"services/svc05/src/more": "m", "services/svc07/src/more": "m"})
        capsys.readouterr()
        assert main(["plan", "--legs", "2"]) is ExitCode.OK
        matrix = json.loads(capsys.readouterr().out)
        assert sorted(leg["image"] for leg in matrix["include"]) == ["svc05", "svc07"]
        legs = tmp_path / "legs"
        run(capsys, "--leg", "--image", "svc05", "--report-dir", str(legs / "1"))
        merging = ["merge", str(legs), "--json", "--comment=never"]
        assert main(merging) is ExitCode.UNREADABLE
        rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["images"]}
        lost = rows.pop("svc07")["failure"]["message"]
        assert lost.startswith("no report of it was handed in, and it had to be built: inputs changed since")
        assert sum(row["unbuilt"] is not None for row in rows.values()) == len(NAMES) - 2
        run(capsys, "--leg", "--image", "svc07", "--report-dir", str(legs / "2"))
        assert main(merging) is ExitCode.OK
        assert {row["name"] for row in json.loads(capsys.readouterr().out)["images"]} == set(NAMES)
        # After a plan of all images a leg that is lost is lost, whatever its images are built from.
        assert main([*merging, "--all"]) is ExitCode.UNREADABLE
        failed = [row for row in json.loads(capsys.readouterr().out)["images"] if row["failure"]]
        assert len(failed) == len(NAMES) - 2

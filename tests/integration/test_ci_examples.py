"""The pipelines of docs/examples for other CIs: held to their published schemas, their commands really run.

What stands in: the agents and servers of the CIs; and `python3 -m venv` with `pip install bloatcheck`, which
makes a folder with the bloatcheck of this checkout. Shell, git and bloatcheck are real. Jenkins publishes no
schema, so of the Jenkinsfile only its shell lines and its brackets are checked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support.buildkite.agent import stand_in_agent
from support.ci_jobs import (
    azure,
    azure_request,
    buildkite,
    buildkite_request,
    circleci,
    circleci_request,
    jenkins,
    jenkins_request,
)
from support.git import Repository
from support.gitlab.component import TEMPLATES
from support.image_builder import ImageUnderTest, files, layout_of

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
BIN = Path(sys.executable).parent
CONFIGURATION = """\
version: 1
images: [{name: api, image: "oci:layout"}]
limits: {content-growth: 1 kB}
exports: [junit, sarif]
baseline: {renew: commit}
"""
_STAND_IN_PYTHON = """\
#!/bin/sh
# Stands in for `python3 -m venv FOLDER`, and for pip in it.
[ "$1 $2" = "-m venv" ] && [ $# = 3 ] || exit 9
mkdir -p "$3/bin"
printf '#!/bin/sh\\n[ "$*" = "install --quiet bloatcheck==%s" ]\\n' VERSION > "$3/bin/pip"
ln -sf BLOATCHECK "$3/bin/bloatcheck"
chmod +x "$3/bin/pip"
"""


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.buildkite", "buildkite/pipeline.yml"),
        ("vendor.azure-pipelines", "azure/azure-pipelines.yml"),
        ("vendor.circle-ci", "circleci/config.yml"),
    ],
)
def test_an_example_is_as_its_published_schema_has_it(schema: str, file: str, tmp_path: Path) -> None:
    def check(path: Path) -> subprocess.CompletedProcess[str]:
        # Azure's has patterns that are none by the rules for Unicode.
        regular = ["--regex-variant", "nonunicode"] if schema == "vendor.azure-pipelines" else []
        command = [str(BIN / "check-jsonschema"), *regular, "--builtin-schema", schema, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert check(EXAMPLES / file).returncode == 0, check(EXAMPLES / file).stdout
    broken = tmp_path / "broken.yml"
    text = (EXAMPLES / file).read_text()
    broken.write_text(text.replace("steps:", "steps: 3\nother:", 1))
    assert check(broken).returncode == 1


def test_the_jenkinsfiles_brackets_and_quotes_close() -> None:
    text = re.sub(
        r"'''.*?'''|'[^'\n]*'|//.*", "", (EXAMPLES / "jenkins" / "Jenkinsfile").read_text(), flags=re.DOTALL
    )
    text = "".join(re.findall(r"[(){}\[\]']", text))
    while text != (shorter := re.sub(r"\(\)|\{\}|\[\]", "", text)):
        text = shorter
    assert text == ""


def buildkite_scripts(*, on_request: bool) -> list[str]:
    steps = yaml.safe_load((EXAMPLES / "buildkite" / "pipeline.yml").read_text())["steps"]
    by_key = {step["key"]: step["command"] for step in steps}
    return list(by_key["image-size" if on_request else "image-size-baseline"])


def azure_scripts(*, on_request: bool) -> list[str]:  # noqa: ARG001 - one for both
    steps = yaml.safe_load((EXAMPLES / "azure" / "azure-pipelines.yml").read_text())["steps"]
    return [step["bash"] for step in steps if "bash" in step]


def circleci_scripts(*, on_request: bool) -> list[str]:  # noqa: ARG001 - one for both
    steps = yaml.safe_load((EXAMPLES / "circleci" / "config.yml").read_text())["jobs"]["image-size"]["steps"]
    return [step["run"]["command"] for step in steps if "run" in step]


def jenkins_scripts(*, on_request: bool) -> list[str]:  # noqa: ARG001 - one for both
    return re.findall(r"sh '''(.*?)'''", (EXAMPLES / "jenkins" / "Jenkinsfile").read_text(), re.DOTALL)


@dataclass
class Machine:
    """A clone, and what a CI's job finds around it. `/tmp/bloatcheck` lies in the test's own folder."""

    folder: Path
    origin: Repository
    clone: Repository

    def measure(self, size: int) -> None:
        layout_of(ImageUnderTest([files(a=b"x" * size)])).write(self.clone.root / "layout")

    def run(self, shell: list[str], scripts: list[str], variables: dict[str, str]) -> tuple[int, str]:
        """One after the other, each in a shell as the CI starts it, until one fails."""
        told = ""
        environ = {
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PATH": os.environ["PATH"],
            "WORKSPACE_TMP": str(self.folder / "tmp"),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            **{name: value for name, value in os.environ.items() if name.startswith("STAND_IN_")},
            **variables,
        }
        for script in scripts:
            text = script.replace("/tmp/bloatcheck", str(self.folder / "tmp" / "bloatcheck"))
            done = subprocess.run(
                [*shell, text],
                cwd=self.clone.root,
                env=environ,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            told += done.stdout + done.stderr
            if done.returncode:
                return done.returncode, told
        return 0, told


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    origin = Repository(tmp_path / "origin")
    origin.root.mkdir()
    origin.git("init", "-q", "-b", "main")
    origin.git("config", "receive.denyCurrentBranch", "ignore")
    base = origin.commit(**{".bloatcheck.yml": CONFIGURATION, ".gitignore": "layout\nbloatcheck-report\n"})
    stand_in_agent(tmp_path / "agent", monkeypatch)
    program = tmp_path / "agent" / "programs" / "python3"
    text = _STAND_IN_PYTHON.replace("VERSION", version()).replace("BLOATCHECK", str(BIN / "bloatcheck"))
    program.write_text(text)
    program.chmod(0o755)
    (tmp_path / "tmp").mkdir()
    return Machine(tmp_path, origin, origin.clone(tmp_path / "clone", base))


def version() -> str:
    from bloatcheck import __version__  # noqa: PLC0415 - beside its only use

    return __version__


SHELLS = {
    "buildkite": ["/bin/bash", "-e", "-c"],
    "azure": ["/bin/bash", "--noprofile", "--norc", "-c"],
    "circleci": ["/bin/bash", "-eo", "pipefail", "-c"],
    "jenkins": ["/bin/sh", "-xe", "-c"],
}
"""As each documents that it starts them; Azure's task says `set -e` where it is asked to."""
SCRIPTS = {
    "buildkite": buildkite_scripts,
    "azure": azure_scripts,
    "circleci": circleci_scripts,
    "jenkins": jenkins_scripts,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_an_examples_commands_renew_the_baseline_and_fail_what_breaks_a_limit(
    machine: Machine, name: str
) -> None:
    shell, scripts = SHELLS[name], SCRIPTS[name]
    base = machine.origin.git("rev-parse", "main")
    temporary = {"AGENT_TEMPDIRECTORY": str(machine.folder / "tmp")} if name == "azure" else {}
    push = {"buildkite": buildkite, "azure": azure, "circleci": circleci, "jenkins": jenkins}[name]
    machine.measure(2_000)
    code, told = machine.run(shell, scripts(on_request=False), push(base, **temporary))
    assert code == 0, told
    assert "the baseline is renewed in" in told

    # A limit that is broken on the default branch was judged on its pull request.
    machine.clone.git("fetch", "-q", "origin", "main")
    machine.clone.git("checkout", "-q", "--detach", "FETCH_HEAD")
    head = machine.clone.commit(change="1")
    machine.measure(9_000)
    code, told = machine.run(shell, scripts(on_request=False), push(head, **temporary))
    assert code == 0, told

    request = {
        "buildkite": buildkite_request(head),
        "azure": azure_request(head, head, **temporary),
        "circleci": circleci_request(head),
        "jenkins": jenkins_request(head),
    }[name]
    shutil.rmtree(machine.clone.root / "bloatcheck-report")
    machine.clone.git("fetch", "-q", "origin", "main")
    code, told = machine.run(shell, scripts(on_request=True), request)
    assert code == 1, told
    assert "grew by 7.00" in told
    left = {file.name for file in (machine.clone.root / "bloatcheck-report").iterdir()}
    assert {"report.html", "report.json", "comment.md", "junit.xml", "bloatcheck.sarif"} <= left


def test_the_version_that_is_installed_is_this_ones() -> None:
    for file in (*EXAMPLES.glob("*/*"), *TEMPLATES.glob("*.yml"), EXAMPLES.parent / "gitlab.md"):
        for found in re.findall(r"bloatcheck==([\w.]+)", file.read_text()):
            assert found == version(), file

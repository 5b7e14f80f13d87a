"""A CI/CD component as GitLab takes it apart, and its jobs as a shell executor runs them.

https://docs.gitlab.com/ci/components/, https://docs.gitlab.com/runner/executors/shell/: a fresh clone of the
pipeline's ref, detached and as deep as GIT_DEPTH says, artifacts of earlier jobs laid into it, and the lines
of `before_script` and `script` in one shell that ends with the first that fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
_INPUT = re.compile(r"\$\[\[ inputs\.(\w+) \]\]")


def component(name: str, **inputs: object) -> dict[str, Any]:
    """The jobs of a component of ours, with its inputs filled in."""
    header, body = (TEMPLATES / f"{name}.yml").read_text().split("\n---\n")
    declared = yaml.safe_load(header)["spec"]["inputs"]
    unknown = set(inputs) - set(declared)
    assert not unknown, f"no such inputs: {unknown}"
    values = {key: inputs.get(key, one.get("default")) for key, one in declared.items()}
    for key, one in declared.items():
        assert values[key] in one.get("options", [values[key]])
    filled: dict[str, Any] = yaml.safe_load(_INPUT.sub(lambda found: str(values[found[1]]), body))
    return filled


def job(pipeline: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A job with what it extends."""
    own = dict(pipeline[name])
    parent = own.pop("extends", None)
    if parent is None:
        return own
    base = job(pipeline, parent)
    variables = {**base.get("variables", {}), **own.get("variables", {})}
    return {**base, **own, "variables": variables}


def lines(described: Mapping[str, Any]) -> list[str]:
    """What its shell runs."""
    every = [described.get("before_script", []), described["script"]]
    return [line for part in every for line in ([part] if isinstance(part, str) else part)]


@dataclass(frozen=True)
class Done:
    """A finished job: its clone, what it printed, and how it ended."""

    clone: Path
    log: str
    status: int


@dataclass
class Runner:
    """A shell executor beside the repository at `origin`."""

    origin: Path
    home: Path
    jobs: int = 0

    def run(
        self,
        described: Mapping[str, Any],
        predefined: Mapping[str, str],
        *,
        after: tuple[Done, ...] = (),
        left: tuple[str, ...] = (),
        inside: tuple[str, ...] = (),
        **more: str,
    ) -> Done:
        """One job.

        Args:
            described: as `job` gives it.
            predefined: GitLab's variables.
            after: earlier jobs, whose artifacts it gets.
            left: the paths of these artifacts.
            inside: what the shell is started by.
            more: variables of the pipeline.
        """
        self.jobs += 1
        clone = self.home / f"job-{self.jobs}"
        variables = {"GIT_DEPTH": "1", **described.get("variables", {}), **more}
        self._check_out(clone, predefined["CI_COMMIT_SHA"], variables["GIT_DEPTH"])
        for earlier in after:
            for path in left:
                _lay(earlier.clone / path, clone / path)
        environment = {
            **{name: value for name, value in os.environ.items() if not _is_of_a_ci(name)},
            "CI": "true",
            "XDG_CACHE_HOME": str(self.home / "cache"),
            **predefined,
            "CI_PROJECT_DIR": str(clone),
            "CI_JOB_ID": str(4700 + self.jobs),
            "CI_JOB_URL": f"https://gitlab.example.com/acme/tools/shop/-/jobs/{4700 + self.jobs}",
            **{name: str(value) for name, value in variables.items()},
        }
        done = subprocess.run(
            [*inside, "sh", "-e", "-c", "\n".join(lines(described))],
            cwd=clone,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(clone, done.stdout + done.stderr, done.returncode)

    def _check_out(self, clone: Path, commit: str, depth: str) -> None:
        ref = f"refs/pipelines/{self.jobs}"
        _git(self.origin, "update-ref", ref, commit)
        _git(self.home, "init", "-q", str(clone))
        _git(clone, "remote", "add", "origin", self.origin.as_uri())
        refs = [f"+{ref}:{ref}"]
        refs += ["+refs/heads/*:refs/remotes/origin/*"] if depth == "0" else [f"--depth={depth}"]
        _git(clone, "fetch", "-q", "origin", *refs)
        _git(clone, "checkout", "-q", "--detach", commit)


def _is_of_a_ci(name: str) -> bool:
    return name.startswith(("CI_", "GITLAB_", "GITHUB_", "BLOATCHECK_"))


def _lay(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.exists():
        shutil.copy(source, target)


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()

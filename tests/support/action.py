"""The action's own files, for tests: its metadata as data, its scripts as modules."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]


def metadata() -> dict[str, Any]:
    """action.yml."""
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "action.yml").read_text())
    return loaded


def script(name: str) -> ModuleType:
    """A script of the action as a module; importing it starts nothing."""
    specification = importlib.util.spec_from_file_location(
        f"action_{name}", PROJECT / "action" / f"{name}.py"
    )
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module

"""GitHub's own description of its REST API."""

from __future__ import annotations

from pathlib import Path

from support.hosts.contract import Contract

DESCRIPTION = Path(__file__).parent / "api.github.com.json"
CONTRACT = Contract(DESCRIPTION, "https://api.github.com", refusals=True)

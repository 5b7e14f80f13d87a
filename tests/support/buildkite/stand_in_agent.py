#!/usr/bin/env python3
"""Stands in for buildkite-agent: keeps what it is told, and refuses what the real one documents as refused.

https://buildkite.com/docs/agent/cli/reference/annotate
https://buildkite.com/docs/agent/cli/reference/meta-data
It can't tell what the real one, or Buildkite behind it, does beyond these pages.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

MEBIBYTE = 1024 * 1024


def main() -> int:
    """Carries out one command."""
    told = Path(os.environ["STAND_IN_AGENT_TOLD"])
    if delay := os.environ.get("STAND_IN_AGENT_DELAY"):
        time.sleep(float(delay))
    if os.environ.get("STAND_IN_AGENT_FAILS"):
        return refused(os.environ["STAND_IN_AGENT_FAILS"])
    parser = argparse.ArgumentParser(prog="buildkite-agent", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    annotate = commands.add_parser("annotate", allow_abbrev=False)
    annotate.add_argument("body", nargs="?")
    annotate.add_argument("--style", choices=("success", "info", "warning", "error"))
    annotate.add_argument("--context", default="default")
    annotate.add_argument("--append", action="store_true")
    annotate.add_argument("--priority", type=int, choices=range(1, 11), default=3)
    meta_data = commands.add_parser("meta-data", allow_abbrev=False).add_subparsers(
        dest="verb", required=True
    )
    setting = meta_data.add_parser("set", allow_abbrev=False)
    setting.add_argument("key")
    setting.add_argument("value", nargs="?")
    given = parser.parse_args()
    state = (
        json.loads(told.read_text()) if told.exists() else {"annotations": {}, "meta-data": {}, "argv": []}
    )
    state["argv"].append(sys.argv[1:])
    if given.command == "annotate":
        body = given.body if given.body is not None else sys.stdin.buffer.read().decode()
        if len(body.encode()) > MEBIBYTE:
            return refused("The annotation body must be less than 1 MB")
        if len(given.context) > 100:
            return refused("Context is too long (maximum is 100 characters)")
        state["annotations"][given.context] = {"style": given.style, "body": body}
    else:
        value = given.value if given.value is not None else sys.stdin.buffer.read().decode()
        if not value.strip():
            return refused("value cannot be empty, or composed of only whitespace characters")
        state["meta-data"][given.key] = value
    told.write_text(json.dumps(state))
    return 0


def refused(why: str) -> int:
    """As the agent's log has it."""
    print(f"2026-11-24 12:00:00 FATAL  {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

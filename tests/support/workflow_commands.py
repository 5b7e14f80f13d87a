"""Those who read a job's output for workflow commands, as strict as the real ones."""

from __future__ import annotations

import re

COMMANDS = (
    "error",
    "warning",
    "notice",
    "add-mask",
    "group",
    "endgroup",
    "stop-commands",
    "debug",
    "set-output",
)


class Runner:
    """Reads a job's output for commands, as GitHub's runner does (ActionCommand.cs, ActionCommandManager.cs).

    Lines end at `\\n`, `\\r` or both. `::name …::data` counts after any white space, `##[name …]data` counts
    in any place. Between `stop-commands` and its token, nothing counts but the token.
    """

    _LINES = re.compile(r"\r\n|\r|\n")
    _NEW = re.compile(r"::(?P<name>[^ :]+)(?: (?P<properties>(?:(?!::).)*))?::(?P<data>.*)", re.DOTALL)
    _OLD = re.compile(r"##\[(?P<name>[^\] ]+)(?: (?P<properties>[^\]]*))?\](?P<data>.*)", re.DOTALL)

    def __init__(self) -> None:
        self.commands: list[tuple[str, str, str]] = []
        self._token: str | None = None

    def read(self, output: str) -> None:
        for line in self._LINES.split(output):
            self._line(line)

    def _line(self, line: str) -> None:
        match = self._NEW.match(line.lstrip()) or self._OLD.search(line)
        if match is None:
            return
        name, properties, data = match["name"].lower(), match["properties"] or "", match["data"]
        if self._token is not None:
            if name == self._token:
                self._token = None
        elif name == "stop-commands":
            self._token = data
        elif name in COMMANDS:
            self.commands.append((name, properties, data))

    @property
    def stopped(self) -> bool:
        return self._token is not None


class Act(Runner):
    """nektos/act: lines end at `\\n` only, and a command must start its line."""

    _LINES = re.compile(r"\n")

    def _line(self, line: str) -> None:
        if line.startswith(("::", "##[")):
            super()._line(line)

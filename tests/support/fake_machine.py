"""A machine of pretend programs, for scripts that would change a real one."""

from __future__ import annotations

import subprocess
from pathlib import Path


class FakeMachine:
    """Programs that stand before the machine's own; they leave their marks in the folder `$STATE`."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self._programs = folder / "bin"
        self.state.mkdir()
        self._programs.mkdir()

    def program(self, name: str, script: str) -> None:
        path = self._programs / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def user(self, uid: int) -> None:
        """Who the script is told that it runs as."""
        self.program("id", f"echo {uid}")

    def has(self, mark: str) -> bool:
        return (self.state / mark).exists()

    def mark(self, mark: str) -> None:
        (self.state / mark).touch()

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env={
                "PATH": f"{self._programs}:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": str(self.state),
                "STATE": str(self.state),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

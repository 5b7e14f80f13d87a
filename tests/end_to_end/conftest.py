"""Most of these tests are of one repository, `octo/hello`, and several processes run them at once.

What its runs left in the engine is taken away by the last of these processes: `bloatcheck clean` would take
the images of the others from under their builds.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from support.github.emulator import REPOSITORY

_IN_USE = (Path(tempfile.gettempdir()) / "bloatcheck-tests-end-to-end.lock").open("w")
fcntl.flock(_IN_USE, fcntl.LOCK_SH)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Whoever gets the lock alone is the last one."""
    del session
    with _IN_USE:
        try:
            fcntl.flock(_IN_USE, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        _clean()


def _clean() -> None:
    subprocess.run(
        [sys.executable, "-m", "bloatcheck", "clean", "--yes"],
        env={
            **os.environ,
            "BLOATCHECK_CI": "github",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": "https://github.com",
        },
        capture_output=True,
        timeout=120,
        check=False,
    )

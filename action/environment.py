"""Makes a private Python environment with bloatcheck's locked dependencies, and starts bloatcheck in it.

The environment depends only on the lock file and the Python, so that a runner that is kept finds it again:
the second job needs neither pip nor a network. bloatcheck itself is not installed but runs from the action's
own folder.
"""

# ruff: noqa: INP001, T201 - a script, and it prints

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE.parent / "requirements" / "runtime.txt"

_NOT_FOR_PIP = {
    "BLOATCHECK_TOKEN",
    "PIP_CONSTRAINT",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_USER",
}
"""A secret, and settings that put packages elsewhere. Index, proxy and certificates stay the user's."""


def environment_path(environ: Mapping[str, str], lock: bytes) -> Path:
    """Where the environment for this lock file and Python belongs: with the runner, if it keeps things."""
    key = hashlib.sha256(b"\0".join([lock, sys.version.encode(), sys.executable.encode()])).hexdigest()[:16]
    for home in (environ.get("RUNNER_TOOL_CACHE"), environ.get("RUNNER_TEMP")):
        if home:
            folder = Path(home) / "bloatcheck"
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder / key
    return Path(tempfile.mkdtemp(prefix="bloatcheck-")) / key


def ensure_environment(path: Path, environ: Mapping[str, str]) -> Path:
    """The environment's interpreter. The folder appears whole or not at all; two jobs may make it at once.

    Raises:
        subprocess.CalledProcessError: pip could not install what the lock file names.
        OSError: no space, no permission.
    """
    python = path / "bin" / "python"
    if python.exists():
        return python
    shutil.rmtree(path, ignore_errors=True)  # it was made with a Python that is no longer there
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=path.parent))
    try:
        venv.create(fresh, with_pip=True, symlinks=True)
        _install(fresh / "bin" / "python", environ)
        with suppress(OSError):
            fresh.rename(path)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return python


def _install(python: Path, environ: Mapping[str, str]) -> None:
    """Wheels only, each with a hash from the lock file: nothing else is fetched and nothing is run."""
    subprocess.run(
        [
            python, "-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
            "--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", LOCK,
        ],
        env={name: value for name, value in environ.items() if name not in _NOT_FOR_PIP},
        check=True,
    )  # fmt: skip


def main() -> int:
    """Prepares and hands over; returns only when that failed."""
    path = environment_path(os.environ, LOCK.read_bytes())
    print("::group::Preparing bloatcheck", flush=True)
    try:
        python = ensure_environment(path, os.environ)
        print(f"Python {sys.version.split()[0]} in {path}\n::endgroup::", flush=True)
        os.execv(python, [str(python), "-I", str(HERE / "run.py")])  # noqa: S606 - no shell is wanted
    except (OSError, subprocess.CalledProcessError) as error:
        print(
            "::endgroup::\n::error title=bloatcheck could not install its dependencies::"
            "The lines above say why. It needs the Python package index, or a mirror named by "
            f"PIP_INDEX_URL ({type(error).__name__})."
        )
    return 4


if __name__ == "__main__":
    sys.exit(main())

"""Buildah and podman of this machine, with a storage of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TOOLS = ("buildah", "podman")


@contextmanager
def own_storage() -> Iterator[dict[str, str]]:
    """An environment in which both tools keep everything in a new folder; without any docker on PATH."""
    # In a short path: overlay's mount options have a longest length.
    folder = Path(tempfile.mkdtemp(prefix="bc-storage-", dir="/var/tmp"))
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\nrunroot = "{folder}/run"\ngraphroot = "{folder}/graph"\n'
    )
    programs = folder / "programs"
    programs.mkdir()
    for place in ("/usr/sbin", "/usr/bin"):
        for program in Path(place).iterdir():
            if program.name != "docker" and not (programs / program.name).is_symlink():
                (programs / program.name).symlink_to(program)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BUILDAH_")}
    try:
        yield {
            **kept,
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "PATH": str(programs),
        }
    finally:
        # The storage mounts itself, and failed builds leave their root file systems mounted.
        subprocess.run(
            ["umount", "--recursive", folder / "graph" / "overlay"], capture_output=True, check=False
        )
        shutil.rmtree(folder, ignore_errors=True)


def needed(tool: str) -> str:
    """The tool's name, or a skipped test where the machine hasn't got it."""
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool}: apt-get install {tool}")
    if os.geteuid():
        pytest.skip("own storages are made by root")
    return tool

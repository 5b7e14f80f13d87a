"""Files of npm packages that development needs, fetched once into the user's cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path


def package_file(package: str, file: str) -> Path:
    """A file of `NAME@VERSION`, as it was published; what that package depends on isn't fetched.

    Raises:
        FileNotFoundError: there is no npm.
        subprocess.SubprocessError: npm can't fetch it.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "bloatcheck-dev"
    folder = cache / package
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as fetched:
            subprocess.run(
                ["npm", "pack", "--silent", package],
                cwd=fetched,
                check=True,
                timeout=120,
                stdout=subprocess.DEVNULL,
            )
            (archive,) = Path(fetched).glob("*.tgz")
            with tarfile.open(archive) as tar:
                tar.extractall(fetched, filter="data")
            try:
                (Path(fetched) / "package").rename(folder)
            except OSError:  # another process was first
                shutil.rmtree(Path(fetched) / "package")
    return folder / file

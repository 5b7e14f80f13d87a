"""Which files come and go by themselves."""

from __future__ import annotations

import pytest

from bloatcheck.analysis.noise import is_noise


@pytest.mark.parametrize(
    "path",
    [
        b"var/cache/apt/pkgcache.bin",
        b"var/log/dpkg.log",
        b"tmp/x",
        b"root/.npm/_cacache/x",
        b"home/app/.cache/pip/x",
        b"var/lib/dpkg/status",
        b"usr/lib/sysimage/rpm/rpmdb.sqlite",
        b"lib/apk/db/installed",
        b"usr/lib/apk/db/installed",
        b"etc/ld.so.cache",
        b"__pycache__/x",
        b"srv/__pycache__/main.cpython-311.so",
        b"srv/main.pyc",
        b"srv/main.pyo",
    ],
)
def test_caches_logs_compiled_python_and_databases_are_noise(path: bytes) -> None:
    assert is_noise(path)


@pytest.mark.parametrize(
    "path",
    [
        b"srv/var/cache/x",
        b"srv/tmp/x",
        b"home/app/work/.cache/x",
        b"var/lib/postgresql/x",
        b"etc/ld.so.cache.d",
        b"etc/ld.so.cache\n",
        b"srv/my__pycache__/x",
        b"srv/__pycache__",
        b"srv/main.py",
        b"srv/main.pyc/x",
    ],
)
def test_files_that_are_only_called_alike_are_not(path: bytes) -> None:
    assert not is_noise(path)

"""The cache of glibc's loader, as ldconfig(8) prints it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.executable.ld_cache import libraries_in

LDCONFIG = shutil.which("ldconfig") or shutil.which("ldconfig", path="/sbin:/usr/sbin")
CACHE = Path("/etc/ld.so.cache")


@pytest.mark.skipif(LDCONFIG is None or not CACHE.exists(), reason="needs ldconfig and its cache")
def test_it_has_what_ldconfig_prints() -> None:
    printed: dict[bytes, set[bytes]] = {}
    output = subprocess.run([str(LDCONFIG), "-p"], check=True, capture_output=True).stdout
    for line in output.splitlines():
        name, arrow, path = line.partition(b" => ")
        if arrow:
            printed.setdefault(name.split()[0], set()).add(path.strip())
    found = libraries_in(CACHE.read_bytes(), big_endian=False)
    assert found is not None
    assert {name: set(paths) for name, paths in found.items()} == printed


@given(st.binary(max_size=300), st.booleans())
def test_damage_is_no_cache_or_a_small_one(rest: bytes, big_endian: bool) -> None:  # noqa: FBT001 - drawn
    found = libraries_in(b"glibc-ld.so.cache1.1" + rest, big_endian=big_endian)
    assert found is None or len(found) <= 300


def test_without_its_magic_it_is_none() -> None:
    assert libraries_in(b"ld.so-1.7.0" + bytes(100), big_endian=False) is None

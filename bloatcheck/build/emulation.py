"""Whose programs a Linux kernel can start: its own platform's, and those that binfmt_misc has emulators for.

https://docs.kernel.org/admin-guide/binfmt-misc.html
"""

from __future__ import annotations

import platform
import re
from pathlib import Path

from bloatcheck.oci.platform import Platform

BINFMT = Path("/proc/sys/fs/binfmt_misc")
_MOST_ENTRIES = 200
_LONGEST_ENTRY = 4096

_QEMU = {
    "aarch64": "arm64",
    "arm": "arm",
    "i386": "386",
    "loongarch64": "loong64",
    "mips64el": "mips64le",
    "mips64": "mips64",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
    "x86_64": "amd64",
}
_ENTRY = re.compile(r"qemu-(?P<machine>\w+)")
_OTHER_NAMES = {"rosetta": "amd64", "FEX-x86_64": "amd64", "box64": "amd64"}
_RUN_TOO = {"amd64": ("386",), "arm64": ("arm",)}
"""What a processor most often runs beside its own; where it doesn't, the build itself says so."""


def local_platforms(folder: Path = BINFMT) -> frozenset[Platform] | None:
    """What can be started here, without variants; None where that can't be told.

    It can't where binfmt_misc isn't mounted, as in most containers, and where this is no Linux.
    """
    if platform.system() != "Linux" or not (folder / "status").is_file():
        return None
    own = Platform.of("linux", platform.machine()).architecture
    architectures = {own, *_RUN_TOO.get(own, ())}
    for name in sorted(path.name for path in folder.iterdir())[:_MOST_ENTRIES]:
        match = _ENTRY.fullmatch(name)
        architecture = _QEMU.get(match["machine"]) if match else _OTHER_NAMES.get(name)
        if architecture and _is_enabled(folder / name):
            architectures.add(architecture)
    return frozenset(Platform("linux", each) for each in architectures)


def _is_enabled(entry: Path) -> bool:
    try:
        with entry.open(encoding="utf-8", errors="replace") as file:
            return file.read(_LONGEST_ENTRY).startswith("enabled")
    except OSError:
        return False

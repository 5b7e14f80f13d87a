"""Which ELF machines a platform can run."""

from __future__ import annotations

from bloatcheck.analysis.executable.elf import Elf
from bloatcheck.oci.platform import Platform

_I386, _MIPS, _PPC, _PPC64, _S390, _ARM, _X86_64, _AARCH64, _RISCV, _LOONGARCH = (
    *(3, 8, 20, 21, 22, 40, 62, 183, 243, 258),
)
_NAMES = {
    _I386: "386",
    _MIPS: "mips",
    _PPC: "ppc",
    _PPC64: "ppc64",
    _S390: "s390x",
    _ARM: "arm",
    _X86_64: "amd64",
    _AARCH64: "arm64",
    _RISCV: "riscv64",
    _LOONGARCH: "loong64",
}
_RUNS: dict[str, set[tuple[int, int, bool]]] = {
    "386": {(_I386, 32, False)},
    # x32 is 32 bit on this machine; kernels run 32-bit programs of the elder machine too
    "amd64": {(_X86_64, 64, False), (_X86_64, 32, False), (_I386, 32, False)},
    "arm": {(_ARM, 32, False)},
    "arm64": {(_AARCH64, 64, False), (_ARM, 32, False)},
    "loong64": {(_LOONGARCH, 64, False)},
    "mips": {(_MIPS, 32, True)},
    "mipsle": {(_MIPS, 32, False)},
    "mips64": {(_MIPS, 64, True), (_MIPS, 32, True)},
    "mips64le": {(_MIPS, 64, False), (_MIPS, 32, False)},
    "ppc64": {(_PPC64, 64, True), (_PPC, 32, True)},
    "ppc64le": {(_PPC64, 64, False)},
    "riscv64": {(_RISCV, 64, False)},
    "s390x": {(_S390, 64, True), (_S390, 32, True)},
}


def fits(elf: Elf, platform: Platform) -> bool:
    """Whether a machine of this platform runs the program; where the platform isn't known, it does."""
    known = _RUNS.get(platform.architecture)
    return known is None or (elf.machine, elf.bits, elf.big_endian) in known


def name(elf: Elf) -> str:
    """The machine in the words of platforms."""
    known = _NAMES.get(elf.machine, f"machine {elf.machine}")
    if elf.machine == _PPC64 and not elf.big_endian:
        return "ppc64le"
    if elf.machine == _MIPS:
        return f"mips{'64' if elf.bits == 64 else ''}{'' if elf.big_endian else 'le'}"  # noqa: PLR2004 - the class
    return known

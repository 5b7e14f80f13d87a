"""What to do about a program that won't start; what alternatives would cost.

Sizes are about right, of linux/amd64, and read on 2026-11-24:
- gcompat: installed size in Alpine 3.20's package index (https://pkgs.alpinelinux.org/package/v3.20/main/x86_64/gcompat)
- Debian: `content_size` of bookworm's minimal system without documentation, as scripts/debian-image makes it
- Alpine: installed size of what the official image of 3.20 contains
"""

from __future__ import annotations

from bloatcheck.analysis.executable.libraries import Libc
from bloatcheck.units import format_bytes

SIZES = {"gcompat": 100_000, "debian": 70_000_000, "alpine": 8_000_000}
"""Bytes that each adds to an image."""


def _about(what: str) -> str:
    return f"about {format_bytes(SIZES[what])}"


def another_libc(wanted: Libc | None, there: Libc | None) -> str:
    """For a program whose loader isn't in the image."""
    if wanted is Libc.GLIBC:
        middle = f", add gcompat ({_about('gcompat')})" if there is Libc.MUSL else ""
        return f"Link statically (-static){middle}, or use a Debian base ({_about('debian')})."
    if wanted is Libc.MUSL:
        middle = ", link against glibc" if there is Libc.GLIBC else ""
        return f"Link statically (-static){middle}, or use an Alpine base ({_about('alpine')})."
    return "Link statically (-static), or copy the loader and the libraries into the image too."

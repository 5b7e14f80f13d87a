"""What to do about a program that won't start; what alternatives would cost.

Sizes are about right, for linux/amd64, and were read on 2026-11-24:
- gcompat: the installed size that Alpine 3.20's package index gives
  (https://pkgs.alpinelinux.org/package/v3.20/main/x86_64/gcompat), 104 KiB
- Debian: `content_size` of bookworm's minimal system without documentation, as
  `scripts/debian-image` makes it from Debian's packages in the manner of debian:bookworm-slim, 74.5 MB
"""

from __future__ import annotations

from bloatcheck.analysis.executable.libraries import Libc

_GCOMPAT = "about 100 kB"
_DEBIAN = "about 75 MB"


def another_libc(wanted: Libc | None, there: Libc | None) -> str:
    """For a program whose loader isn't in the image."""
    if wanted is Libc.GLIBC:
        middle = f", add gcompat ({_GCOMPAT})" if there is Libc.MUSL else ""
        return f"Link statically (-static){middle}, or use a Debian base ({_DEBIAN})."
    if wanted is Libc.MUSL:
        middle = ", link against glibc" if there is Libc.GLIBC else ""
        return f"Link statically (-static){middle}, or use an Alpine base."
    return "Link statically (-static), or copy the loader and the libraries into the image too."

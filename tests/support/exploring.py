"""Images to look through, read as the command reads them."""

import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

from support.image_builder import ImageUnderTest, layer, layout_of, member
from support.recording_log import RecordingLog

from bloatcheck.analysis.read import read_all_explained
from bloatcheck.explore.explored import Explored

DPKG = b"""Package: curl
Status: install ok installed
Version: 7.88.1
Architecture: amd64
Description: web
Depends: libcurl4

Package: libcurl4
Status: install ok installed
Version: 7.88.0
Architecture: amd64
Description: library
"""


def folder(name: str, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.DIRTYPE, mode=mode)


BASE = layer(
    folder("etc"),
    member("etc/passwd", b"root"),
    folder("usr"),
    folder("usr/bin"),
    member("usr/bin/curl", b"c" * 5000, mode=0o755),
    member("usr/lib/libcurl.so", b"l" * 9000),
    member("var/lib/dpkg/status", DPKG),
    member("var/lib/dpkg/info/curl.list", b"/usr/bin/curl\n"),
    member("var/lib/dpkg/info/libcurl4.list", b"/usr/lib/libcurl.so\n"),
    member("var/cache/apt/pkgcache.bin", b"p" * 70_000),
)
APP = layer(
    folder("srv"),
    folder("srv/app"),
    member("srv/app/model.bin", b"m" * 40_000),
    member("srv/app/main.py", b"print()", uid=1000),
    member("srv/app/latest", type=tarfile.SYMTYPE, link="main.py"),
)
CLEANED = layer(member("var/cache/.wh.apt"), member("srv/app/model.bin", b"M" * 41_000))
USUAL = ImageUnderTest(
    layers=[BASE, APP, CLEANED], instructions=["ADD rootfs /", "COPY app /srv/app", "RUN make clean"]
)
NEWER = ImageUnderTest(
    layers=[
        BASE,
        layer(
            folder("srv"),
            folder("srv/app"),
            member("srv/app/model.bin", b"n" * 60_000),
            member("srv/app/new.bin", b"n" * 3_000),
        ),
        layer(member("var/cache/.wh.apt"), member("etc/passwd", b"r")),
    ],
    instructions=["ADD rootfs /", "COPY app /srv/app", "RUN make clean"],
)


def explored(folder: Path, *images: ImageUnderTest) -> Explored:
    """One image, or an older and a newer one."""
    *older, newest = read_all_explained(
        references(folder, images or [USUAL]),
        platform=None,
        log=RecordingLog(),
        environment={"BLOATCHECK_CACHE": ""},
    )
    return Explored(newest, older[0] if older else None)


def references(folder: Path, images: Sequence[ImageUnderTest]) -> list[str]:
    return [f"oci:{layout_of(image).write(folder / f'image{number}')}" for number, image in enumerate(images)]


def loader(folder: Path, *images: ImageUnderTest) -> Callable[[object], Explored]:
    """For the screen: reads when it is told to."""
    return lambda _: explored(folder, *images)

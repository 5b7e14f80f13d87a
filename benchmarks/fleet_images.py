"""Makes a repository of many images, and the images themselves, as `docker load` takes them.

Each image lies on one of five bases. Before and after a change: a tenth of the images has grown a little, one
in fifty too much, and the first base, under a fifth of them, has moved. The rest is as it was.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from images import CACHE

REPOSITORY = "bloatcheck-bench-fleet"
MOST = 500
BASES = 5
PACKAGES = 80
"""In each base, as many as Debian's smallest image has."""
SIDES = ("before", "after")
_GROWN, _TOO_MUCH = 10, 50
"""One image in so many."""


@dataclass(frozen=True)
class Layer:
    """A tar stream and the instruction that made it."""

    instruction: str
    content: bytes
    diff_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "diff_id", f"sha256:{sha256(self.content).hexdigest()}")


def name(number: int) -> str:
    return f"service-{number:03}"


def tag(number: int, side: str) -> str:
    return f"{REPOSITORY}/{name(number)}:{side}"


def make_images() -> Path:
    """The archive with every image before and after; 30 MB in the user's cache."""
    path = CACHE / f"fleet-{MOST}.tar"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new")
    images = {f"{REPOSITORY}/base-{base}:before": _base(base, "before") for base in range(BASES)}
    images |= {tag(number, side): layers_of(number, side) for number in range(MOST) for side in SIDES}
    manifests = []
    written: set[str] = set()
    with tarfile.open(unfinished, "w") as archive:
        for reference, layers in images.items():
            config = _configuration(layers)
            files = {f"{layer.diff_id[7:]}/layer.tar": layer.content for layer in layers}
            file = f"{sha256(config).hexdigest()}.json"
            for inside, content in {file: config, **files}.items():
                if inside not in written:
                    _add(archive, inside, content)
                    written.add(inside)
            manifests.append({"Config": file, "RepoTags": [reference], "Layers": list(files)})
        _add(archive, "manifest.json", json.dumps(manifests).encode())
    return unfinished.rename(path)


def _configuration(layers: Sequence[Layer]) -> bytes:
    return json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
            "history": [{"created_by": layer.instruction} for layer in layers],
        }
    ).encode()


def layers_of(number: int, side: str) -> list[Layer]:
    base = number % BASES
    return [*_base(base, side if base == 0 else "before"), _own(number, side)]


@cache
def _base(number: int, side: str) -> list[Layer]:
    files: dict[str, bytes] = {}
    stanzas = []
    for package in range(PACKAGES):
        stem = f"lib{number}pack{package}"
        version = f"1.{number}-{2 if side == 'after' and package < 3 else 1}"
        listed = [f"usr/lib/{stem}/part{part}" for part in range(4)]
        size = 10_000 * (1 + package % 7) + (40_000 if version.endswith("-2") else 0)
        files |= {path: _noise(f"{stem} {version} {path}", size) for path in listed}
        files[f"var/lib/dpkg/info/{stem}.list"] = "".join(f"/{path}\n" for path in listed).encode()
        stanzas.append(
            f"Package: {stem}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
        )
    files["var/lib/dpkg/status"] = "\n".join(stanzas).encode()
    runtime = {f"opt/runtime/{part}": _noise(f"runtime {number} {part}", 30_000) for part in range(50)}
    return [Layer("ADD rootfs.tar /", _tar(files)), Layer("COPY runtime /opt/runtime", _tar(runtime))]


def _own(number: int, side: str) -> Layer:
    size = 20_000 + 100 * number
    if side == "after" and number % _GROWN == 1:
        size += 500_000
    if side == "after" and number % _TOO_MUCH == 2:
        size += 3_000_000
    files = {f"srv/app/module{part}.bin": _noise(f"own {number} {part}", 2_000) for part in range(10)}
    files["srv/app/main.bin"] = _noise(f"own {number}", size)
    return Layer("COPY files /srv/app", _tar(files))


@dataclass(frozen=True)
class Project:
    """A repository of `count` images. `built` by Dockerfiles, or else the engine's images of a side."""

    root: Path
    count: int

    def write(self) -> None:
        """Dockerfiles with their contexts, committed with the configuration."""
        for number in range(self.count):
            folder = self.root / "services" / name(number)
            (folder / "files").mkdir(parents=True)
            (folder / "Dockerfile").write_text(
                f"FROM {REPOSITORY}/base-{number % BASES}:before\nCOPY files /srv/app\n"
            )
            for part in range(10):
                (folder / "files" / f"module{part}.bin").write_bytes(_noise(f"own {number} {part}", 2_000))
        self.configure()
        self.git("init", "--quiet")
        self.commit()

    def configure(self, side: str | None = None) -> None:
        """The images of the engine on one side, or the Dockerfiles."""
        lines = ["version: 1", "limits: {content-growth: 1 MB}", "images:"]
        for number in range(self.count):
            lines.append(f"  - name: {name(number)}")
            if side:
                lines.append(f"    image: {tag(number, side)}")
                lines.append(f"    dockerfile: services/{name(number)}/Dockerfile")
            else:
                lines.append(f"    context: services/{name(number)}")
        (self.root / ".bloatcheck.yml").write_text("\n".join(lines) + "\n")

    def change(self) -> None:
        """A file that one image takes has other content."""
        (self.root / "services" / name(0) / "files" / "module0.bin").write_bytes(b"changed")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("-c", "user.name=bench", "-c", "user.email=bench@example.org", "commit", "-qm", "bench")

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.root, check=True)


def _tar(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in sorted({str(parent) for path in files for parent in Path(path).parents} - {"."}):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(member)
        for path, bytes_of_file in files.items():
            _add(tar, path, bytes_of_file)
    return content.getvalue()


def _add(archive: tarfile.TarFile, path: str, content: bytes) -> None:
    member = tarfile.TarInfo(path)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _noise(seed: str, size: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - the same each time, and nobody's secret

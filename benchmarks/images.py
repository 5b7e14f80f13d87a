"""Makes what is measured, once: images in the engine, archives in `$XDG_CACHE_HOME/bloatcheck-benchmarks`.

Run by itself, it makes everything and prints where the archives are as JSON. Apart from `run.py`, because
a process that is started counts its parent's memory as its own peak: that parent should be small.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bloatcheck-benchmarks"
REPOSITORY = "bloatcheck-bench"
TARGETS = ("small", "medium", "base", "head")
FILES = (10_000, 100_000, 1_000_000)
LAYERS = (1, 32, 64, 127)
FILES_PER_LAYER = 1_000

sys.path.insert(0, str(HERE.parent / "tests"))


def tag(target: str) -> str:
    return f"{REPOSITORY}/{target}"


def make_all() -> dict[str, str]:
    """Every image in the usual engine, and every archive; name -> path."""
    CACHE.mkdir(parents=True, exist_ok=True)
    archives = {}
    for target in TARGETS:
        identifier = _build(target)
        path = CACHE / f"{target}-{identifier}.tar"
        if not path.exists():
            print(f"saving {target}", file=sys.stderr)
            _docker("save", "--output", f"{path}.new", tag(target))
            Path(f"{path}.new").rename(path)
        archives[target] = str(path)
    for number in FILES:
        archives[f"files {number}"] = str(_synthetic(layers=1, files=number))
    for number in LAYERS:
        archives[f"layers {number}"] = str(_synthetic(layers=number, files=FILES_PER_LAYER))
    return archives


@contextmanager
def containerd_engine(archives: dict[str, str]) -> Iterator[str]:
    """A DOCKER_HOST with base and head in the containerd image store, compressed as if they were pulled."""
    from support.engines import containerd_store_engine  # noqa: PLC0415 - brings pytest, see above

    layout = CACHE / "layout"
    data = CACHE / f"containerd-{Path(archives['base']).stem[-6:]}-{Path(archives['head']).stem[-6:]}"
    with containerd_store_engine(data) as engine:
        if not engine.docker("images", "--quiet", tag("head")):
            shutil.rmtree(layout, ignore_errors=True)
            for target in ("base", "head"):
                print(f"compressing {target}", file=sys.stderr)
                source = f"docker-archive:{archives[target]}"
                skopeo = ["skopeo", "--insecure-policy", "copy", "--quiet", source, f"oci:{layout}:{target}"]
                subprocess.run(skopeo, check=True)
            index = json.loads((layout / "index.json").read_text())
            for manifest in index["manifests"]:
                target = manifest["annotations"]["org.opencontainers.image.ref.name"]
                manifest["annotations"]["io.containerd.image.name"] = f"docker.io/{tag(target)}:latest"
            (layout / "index.json").write_text(json.dumps(index))
            packed = CACHE / "layout.tar"
            subprocess.run(["tar", "-cf", packed, "-C", layout, "."], check=True)
            engine.docker("load", "--input", packed)
            shutil.rmtree(layout)
            packed.unlink()
        yield engine.host


def _build(target: str) -> str:
    """The image's id, without its algorithm."""
    if not _docker("images", "--quiet", tag(target)):
        print(f"building {target}", file=sys.stderr)
        debian = subprocess.run(
            [HERE.parent / "scripts/debian-image"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.strip()
        arguments = ("--build-arg", f"DEBIAN={debian}", "--target", target, "--tag", tag(target))
        _docker("build", "--quiet", *arguments, str(HERE / "context"))
    return _docker("image", "inspect", "--format", "{{.Id}}", tag(target)).partition(":")[2][:12]


def _docker(*arguments: str) -> str:
    from support.engines import client  # noqa: PLC0415 - brings pytest, see above

    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    command = [client(), *arguments]
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def _synthetic(*, layers: int, files: int) -> Path:
    """An archive as `docker save` writes it, of so many layers with so many files of one byte each."""
    path = CACHE / f"synthetic-{layers}x{files}.tar"
    if path.exists():
        return path
    print(f"writing {path.name}", file=sys.stderr)
    unfinished = path.with_suffix(".new")
    diff_ids = []
    with tarfile.open(unfinished, "w") as archive:
        for layer in range(layers):
            content = _layer(layer, files)
            diff_ids.append(f"sha256:{sha256(content).hexdigest()}")
            _add(archive, f"{layer}/layer.tar", content)
        config = {
            "os": "linux",
            "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": f"COPY {layer} /"} for layer in range(layers)],
        }
        manifest = {
            "Config": "config.json",
            "RepoTags": ["synthetic:latest"],
            "Layers": [f"{layer}/layer.tar" for layer in range(layers)],
        }
        _add(archive, "config.json", json.dumps(config).encode())
        _add(archive, "manifest.json", json.dumps([manifest]).encode())
    return unfinished.rename(path)


def _layer(layer: int, files: int) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number in range(files):
            _add(tar, f"usr/share/layer{layer:03}/part{number // 1000:04}/file{number:07}", b"x")
            tar.members.clear()  # type: ignore[attr-defined]  # every member is kept otherwise
    return content.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    print(json.dumps(make_all()))

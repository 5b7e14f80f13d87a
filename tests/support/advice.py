"""Images for advice: built by an engine, looked at, built again with what was advised, and compared."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import tempfile
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, cast

from support.engines import Engine, usual_engine
from support.layers import Entry, folder, hard_link, layer, symlink

from bloatcheck.analysis.advice import Advice, Facts, Program, advise
from bloatcheck.analysis.packages import extract, installed, owners
from bloatcheck.analysis.place import instructions_of_layers
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import DIGEST_LENGTH, LayerIndex, clean_path
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.image_config import ImageConfig, parse_image_config
from bloatcheck.oci.platform import Platform

BASE = Path(__file__).parents[2] / "scripts" / "debian-image"
CA = Path("/etc/ssl/certs/ca-certificates.crt")

Layers = dict[str, tuple[LayerIndex, Mapping[bytes, Program]]]


def facts_of(
    *layers: LayerIndex,
    dockerfile: str = "",
    filled_by: Sequence[int] = (),
    programs: Mapping[str, Program] | None = None,
    **config: object,
) -> Facts:
    """Facts of layers that were written down. `filled_by`: each one's line in the Dockerfile, 0 for none."""
    tree = Tree(layers)
    packages = installed(tree)
    instructions = parse_dockerfile(dockerfile)
    return Facts(
        tree=tree,
        config=ImageConfig(platform=Platform("linux", "amd64"), **config),  # type: ignore[arg-type] # a test's own
        packages=packages,
        owners=owners(packages, tree),
        instructions=[[each for each in instructions if each.line == line] for line in filled_by],
        dockerfile=instructions,
        dockerfile_path="Dockerfile" if dockerfile else None,
        program=lambda path: (programs or {}).get(path.decode()),
    )


@dataclass
class Kitchen:
    """Builds images in one engine, on one base, and takes them away in the end."""

    engine: Engine
    base: str
    folder: Path
    layers: Layers = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)

    def build(self, dockerfile: str, context: Callable[[Path], None] | None, ignore: str = "") -> str:
        """An image of this Dockerfile; its tag."""
        tag = f"bloatcheck-test/advice:{uuid.uuid4().hex}"
        self.tags.append(tag)
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            root = Path(name)
            (root / "context").mkdir()
            if context:
                context(root / "context")
            if ignore:
                (root / "context/.dockerignore").write_text(ignore)
            (root / "Dockerfile").write_text(dockerfile)
            self.engine.docker(
                *("build", "--quiet", "--tag", tag, "--file", root / "Dockerfile"),
                *(("--secret", f"id=ca,src={CA}") if CA.exists() else ()),
                root / "context",
                DOCKER_BUILDKIT="1",
            )
        return tag

    def look(
        self, tag: str, dockerfile: str, *, base: str | None = None, ignore: bool | None = None
    ) -> Facts:
        """All that is known of it. The first layers are the base's, whatever FROM says."""
        config, layers = self._read(tag)
        below = self._read(base or self.base)[0].diff_ids
        programs: dict[bytes, Program] = {}
        for _, found in layers:
            programs.update(found)
        tree = Tree(each for each, _ in layers)
        packages = installed(tree)
        instructions = parse_dockerfile(dockerfile)
        return Facts(
            tree=tree,
            config=config,
            packages=packages,
            owners=owners(packages, tree),
            base_layers=len(below) if config.diff_ids[: len(below)] == below else 0,
            instructions=instructions_of_layers(config, instructions),
            dockerfile=instructions,
            dockerfile_path="Dockerfile",
            program=programs.get,
            context_ignore=ignore,
        )

    def _read(self, tag: str) -> tuple[ImageConfig, list[tuple[LayerIndex, Mapping[bytes, Program]]]]:
        with tempfile.NamedTemporaryFile(dir=self.folder) as archive:
            self.engine.docker("save", "--output", archive.name, tag)
            with tarfile.open(archive.name) as saved:
                (image,) = json.load(_member(saved, "manifest.json"))
                config = parse_image_config(_member(saved, image["Config"]).read())
                for name, diff_id in zip(image["Layers"], config.diff_ids, strict=True):
                    if diff_id not in self.layers:
                        self.layers[diff_id] = _read_layer(_member(saved, name), diff_id)
        return config, [self.layers[diff_id] for diff_id in config.diff_ids]

    def known(self, dockerfile: str, context: Callable[[Path], None] | None = None) -> str:
        """An image for others to stand on, built once."""
        if dockerfile not in self.bases:
            self.bases[dockerfile] = self.build(dockerfile.replace("{base}", self.base), context)
        return self.bases[dockerfile]


@contextmanager
def kitchen(folder: Path) -> Iterator[Kitchen]:
    """One in the usual engine, on Debian."""
    base = subprocess.run([BASE], check=True, capture_output=True, text=True).stdout.strip()
    cook = Kitchen(usual_engine(), base, folder)
    try:
        yield cook
    finally:
        if cook.tags:
            cook.engine.docker("image", "rm", "--force", *cook.tags)


@dataclass(frozen=True)
class Proof:
    """What was advised, and what following it came to."""

    advice: Advice
    others: tuple[Advice, ...]
    before: Facts
    after: Facts

    @property
    def saved(self) -> int:
        """Bytes by which the image became smaller."""
        return content_size(self.before) - content_size(self.after)

    def holds(self, tolerance: float = 0.02) -> bool:
        """Whether that is what was promised, within so much of it."""
        return self.advice.saves is not None and abs(self.saved - self.advice.saves) <= (
            tolerance * self.advice.saves
        )


def content_size(facts: Facts) -> int:
    return sum(each.content_size for each in facts.tree.layers)


def prove(
    cook: Kitchen,
    advice_id: str,
    dockerfile: str,
    context: Callable[[Path], None] | None = None,
    *,
    by_hand: str | None = None,
    prepare: Collection[str] = (),
    base: str | None = None,
) -> Proof:
    """Builds, asks for advice, follows this one, builds again.

    `by_hand` is the Dockerfile that follows advice without a text to paste. What `prepare` names is
    switched off.
    """
    base = base or cook.base
    dockerfile = dockerfile.replace("{base}", base)
    before = cook.look(cook.build(dockerfile, context), dockerfile, base=base, ignore=False)
    found = advise(before, ignore=prepare)
    mine = [each for each in found if each.id == advice_id]
    assert len(mine) == 1, [(each.id, each.saves, each.message) for each in found]
    advice, ignore = mine[0], ""
    if by_hand is not None:
        assert advice.replacement is None
        changed = by_hand.replace("{base}", base)
    elif advice.append_to:
        changed, ignore = dockerfile, advice.replacement or ""
    else:
        changed = paste(dockerfile, advice)
    after = cook.look(cook.build(changed, context, ignore), changed, base=base, ignore=bool(ignore))
    return Proof(advice, found, before, after)


def paste(dockerfile: str, advice: Advice) -> str:
    """The Dockerfile with the replacement in the place of its lines, and nothing else changed."""
    assert advice.replacement is not None, advice
    assert advice.place is not None
    assert advice.place.line is not None
    assert advice.place.end_line is not None
    lines = dockerfile.splitlines()
    lines[advice.place.line - 1 : advice.place.end_line] = advice.replacement.splitlines()
    return "\n".join(lines) + "\n"


def _read_layer(stream: IO[bytes], diff_id: str) -> tuple[LayerIndex, Mapping[bytes, Program]]:
    """A layer, read by Python's own tarfile, with what readelf and strip say of the programs in it."""
    entries: list[Entry] = []
    programs: dict[bytes, Program] = {}
    with tarfile.open(fileobj=stream, errors="surrogateescape") as members:
        for member in members:
            path = clean_path(member.name.encode("utf-8", "surrogateescape"))
            target = member.linkname.encode("utf-8", "surrogateescape")
            if member.isreg():
                entry, program = _file(members, member, path)
                entries.append(entry)
                if program:
                    programs[path] = program
            elif member.isdir():
                entries.append(folder(path))
            elif member.issym():
                entries.append(symlink(path, target))
            elif member.islnk():
                entries.append(hard_link(path, clean_path(target)))
    return layer(*entries, name=diff_id), programs


def _file(members: tarfile.TarFile, member: tarfile.TarInfo, path: bytes) -> tuple[Entry, Program | None]:
    content = members.extractfile(member)
    assert content is not None
    digest = hashlib.sha256()
    start = content.read(4)
    content.seek(0)
    while block := content.read(1 << 20):
        digest.update(block)
    content.seek(0)
    wanted = extract(path, member.size)
    captured = wanted(cast("BinaryIO", content), member.size) if wanted else None
    program = None
    if start == b"\x7fELF" and not path.startswith((b"usr/lib/x86_64", b"usr/bin", b"usr/lib/gcc")):
        content.seek(0)
        program = _program(content.read())
    entry = Entry(
        path,
        ord("-"),
        member.size,
        member.mode,
        member.uid,
        member.gid,
        digest=digest.digest()[:DIGEST_LENGTH],
        captured=captured,
    )
    return entry, program


def _program(content: bytes) -> Program:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "program"
        path.write_bytes(content)
        read = subprocess.run(["readelf", "-ld", path], capture_output=True, text=True, check=False).stdout
        subprocess.run(["strip", "-o", f"{path}.s", path], check=False, capture_output=True)
        result = Path(f"{path}.s")
        stripped = result.stat().st_size if result.exists() else len(content)
        needs = [
            line.partition("[")[2].rstrip("]").encode() for line in read.splitlines() if "(NEEDED)" in line
        ]
        return Program(
            static="INTERP" not in read and not needs, symbols=len(content) - stripped, needs=needs
        )


def _member(saved: tarfile.TarFile, name: str) -> IO[bytes]:
    content = saved.extractfile(name)
    assert content is not None
    return content

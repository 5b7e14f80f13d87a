"""Finds the libraries of a program where its loader would: glibc's (ld.so(8)) or musl's (ldso/dynlink.c)."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from bloatcheck.analysis.executable import ld_cache
from bloatcheck.analysis.executable.elf import Elf
from bloatcheck.analysis.executable.facts import facts_at
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import Kind

_MAX_LIBRARIES = 1_000
_MAX_FOLDERS = 200
_MAX_LOOKUPS = 200_000
"""Places that are looked at for one program; real ones have thousands."""
_MUSL_ITSELF = re.compile(rb"\Alib(?:c|pthread|rt|m|dl|util|xnet)\.")
_MUSL_PATHS = b"/lib:/usr/local/lib:/usr/lib"
_MUSL_LOADER = re.compile(rb"\A(?:ld-musl-(?P<machine>[\w-]+)\.so\.1|libc\.so)\Z")
_GLIBC_LOADER = re.compile(rb"\Ald(?:-linux[\w.-]*|64|)\.so\.\d\Z|\Ald-\d[\d.]*\.so\Z")
_GCOMPAT = b"libgcompat.so"
MUSL_PATH_FILE = re.compile(rb"\Aetc/ld-musl-[\w-]+\.path\Z")

_MULTIARCH = {
    3: b"i386-linux-gnu",
    22: b"s390x-linux-gnu",
    40: b"arm-linux-gnueabihf:arm-linux-gnueabi",
    62: b"x86_64-linux-gnu:x86_64-linux-gnux32",
    183: b"aarch64-linux-gnu",
    243: b"riscv64-linux-gnu",
    258: b"loongarch64-linux-gnu",
    8: b"mips64el-linux-gnuabi64:mipsel-linux-gnu:mips-linux-gnu",
    20: b"powerpc-linux-gnu",
    21: b"powerpc64le-linux-gnu:powerpc64-linux-gnu",
}
"""Debian's folders of a machine's libraries, in which its loader looks too."""


class _TooManyLookupsError(Exception):
    """Whether libraries are missing can't be told in bounded time."""


class Libc(Enum):
    """Whose loader it is."""

    GLIBC = "glibc"
    MUSL = "musl"


def libc_of_loader(path: bytes) -> Libc | None:
    """By the name of the loader that a program asks for."""
    name = path.rpartition(b"/")[2]
    if name.startswith(b"ld-musl-"):
        return Libc.MUSL
    return Libc.GLIBC if _GLIBC_LOADER.match(name) else None


def libc_of_file(tree: Tree, path: bytes, asked: bytes) -> Libc | None:
    """Whose loader stands at a resolved path, asked for as `asked`; None if it can't be told.

    gcompat is musl behind a loader with glibc's name, and brings libraries of its own.
    """
    name = path.rpartition(b"/")[2]
    if _MUSL_LOADER.match(name):
        return Libc.MUSL
    facts = facts_at(tree, path)
    names = [name, (facts.elf.soname or b"") if facts and facts.elf else b"", asked.rpartition(b"/")[2]]
    has_gcompat = any(
        name.startswith(_GCOMPAT) for folder in (b"lib", b"usr/lib") for name in tree.children(folder)
    )
    return Libc.GLIBC if any(map(_GLIBC_LOADER.match, names)) and not has_gcompat else None


@dataclass(frozen=True, slots=True)
class Missing:
    """A library that the loader doesn't find. `elsewhere` is where in the image one of that name is."""

    name: bytes
    needed_by: bytes
    elsewhere: bytes | None


@dataclass(frozen=True, slots=True)
class TooOld:
    """A library that doesn't define the versions of symbols that another file needs of it.

    `there` is the newest that it has of the same name (`GLIBC_`), None where it has none.
    """

    library: bytes
    versions: tuple[bytes, ...]
    needed_by: bytes
    there: bytes | None


@dataclass(frozen=True, slots=True)
class _Object:
    """A program or library that is loaded, and on whose behalf."""

    path: bytes
    elf: Elf
    loader: _Object | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loader:
    """A C library's loader in an image.

    `interpreter` is its path as the program asks for it, `library_path` is LD_LIBRARY_PATH.
    """

    tree: Tree
    libc: Libc
    interpreter: bytes
    working_dir: bytes = b"/"
    library_path: bytes = b""
    _environment: Sequence[bytes] = ()
    _cache: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    _cache_is_readable: bool = True
    _lookups: Iterator[int] = field(default_factory=lambda: iter(range(_MAX_LOOKUPS)))

    def load(self, path: bytes, elf: Elf) -> tuple[tuple[Missing, ...], tuple[TooOld, ...]]:
        """What a program at a resolved path needs, itself or by another, and doesn't get.

        Only glibc compares versions, and only once it has all the libraries.
        """
        loader = self._prepared(big_endian=elf.big_endian)
        if not loader._cache_is_readable:  # noqa: SLF001 - its own
            return (), ()
        loaded: dict[bytes, _Object] = {}
        program = _Object(path, elf)
        try:
            missing = dict(loader._walk(program, loaded))  # noqa: SLF001 - likewise
        except _TooManyLookupsError:
            return (), ()
        if not missing:
            compares = self.libc is Libc.GLIBC
            return (), tuple(_too_old(program, loaded)) if compares else ()
        elsewhere = self._elsewhere(missing.keys())
        told = tuple(Missing(name, needed_by, elsewhere.get(name)) for name, needed_by in missing.items())
        return told, ()

    def _walk(self, program: _Object, loaded: dict[bytes, _Object]) -> Iterator[tuple[bytes, bytes]]:
        """As a loader does it: in the order of need, each name once. What is missing, and who needs it.

        What is found goes to `loaded`, by the names that it is asked for by.
        """
        pending = deque([program])
        # the loader is in memory already
        known = {self.interpreter.rpartition(b"/")[2]}
        while pending and len(known) <= _MAX_LIBRARIES:
            of = pending.popleft()
            for name in of.elf.needed:
                if name in known or (self.libc is Libc.MUSL and _MUSL_ITSELF.match(name)):
                    continue
                known.add(name)
                found = self._find(name, of, program.elf)
                if found is None:
                    yield name, of.path
                    continue
                facts = facts_at(self.tree, found)
                if facts and facts.elf:
                    library = _Object(found, facts.elf, of)
                    if facts.elf.soname:
                        known.add(facts.elf.soname)
                        loaded.setdefault(facts.elf.soname, library)
                    loaded.setdefault(name, library)
                    pending.append(library)

    def _find(self, name: bytes, of: _Object, program: Elf) -> bytes | None:
        if b"/" in name:
            return self._fit(_expanded(name, of.path, program), program)
        for folder in self._folders(of, program):
            found = self._fit(posixpath.join(folder, name), program)
            if found is not None:
                return found
        for path in self._cache.get(name, ()):
            found = self._fit(path, program)
            if found is not None:
                return found
        for folder in self._usual_folders(program):
            found = self._fit(posixpath.join(folder, name), program)
            if found is not None:
                return found
        return None

    def _folders(self, of: _Object, program: Elf) -> Iterator[bytes]:
        """Where the object itself and the environment say that its libraries are."""
        if self.libc is Libc.MUSL:
            yield from self._environment
            holder: _Object | None = of
            while holder:
                # musl takes RPATH like RUNPATH, and both for the libraries of libraries too
                yield from _listed(holder.elf.runpath or holder.elf.rpath, holder.path, program)
                holder = holder.loader
            return
        holder = None if of.elf.runpath else of
        while holder:
            if not holder.elf.runpath:
                yield from _listed(holder.elf.rpath, holder.path, program)
            holder = holder.loader
        yield from self._environment
        yield from _listed(of.elf.runpath, of.path, program)

    def _usual_folders(self, program: Elf) -> Iterator[bytes]:
        if self.libc is Libc.MUSL:
            yield from (part for part in re.split(rb"[:\n]", self._musl_paths()) if part)
            return
        for triplet in _MULTIARCH.get(program.machine, b"").split(b":"):
            if triplet:
                yield b"/lib/" + triplet
                yield b"/usr/lib/" + triplet
        for folder in (b"lib64", b"lib64/lp64d", b"lib", b"libx32", b"lib32"):
            yield b"/" + folder
            yield b"/usr/" + folder
        # where a C library wasn't configured for the usual folders (Nix), it looks beside its loader
        yield posixpath.dirname(self.interpreter)
        yield b"/" + posixpath.dirname(self.tree.resolve(self.interpreter) or b"")

    def _musl_paths(self) -> bytes:
        match = _MUSL_LOADER.match(self.interpreter.rpartition(b"/")[2])
        machine = match["machine"] if match else None
        found = self.tree.resolve(b"etc/ld-musl-" + machine + b".path") if machine else None
        captured = self.tree.captured(found) if found else None
        return captured.content if captured and captured.kind == "whole" else _MUSL_PATHS

    def _fit(self, path: bytes, program: Elf) -> bytes | None:
        """The resolved path, if a library for this program stands there; one we know nothing of counts."""
        if next(self._lookups, None) is None:
            raise _TooManyLookupsError
        found = self.tree.resolve(posixpath.join(self.working_dir, path))
        node = self.tree.get(found) if found else None
        if found is None or node is None or node.kind not in (Kind.REGULAR, Kind.HARD_LINK):
            return None
        facts = facts_at(self.tree, found)
        if facts is None or facts.elf is None:
            return found
        shape = (facts.elf.machine, facts.elf.bits, facts.elf.big_endian)
        return found if shape == (program.machine, program.bits, program.big_endian) else None

    def _elsewhere(self, names: Collection[bytes]) -> Mapping[bytes, bytes]:
        """Where in the image files of these names are, the first of each."""
        found: dict[bytes, bytes] = {}
        for path in self.tree if names else ():
            name = path[path.rfind(b"/") + 1 :]
            if name in names and (name not in found or path < found[name]):
                found[name] = path
        return found

    def _prepared(self, *, big_endian: bool) -> Loader:
        """With what is the same for every library."""
        environment = re.split(rb"[:;]", self.library_path) if self.library_path else []
        loader = replace(self, _environment=environment, _lookups=iter(range(_MAX_LOOKUPS)))
        return loader._with_cache(big_endian=big_endian)  # noqa: SLF001 - its own

    def _with_cache(self, *, big_endian: bool) -> Loader:
        """With the loader's cache; without one glibc looks in the usual folders only, and musl has none."""
        path = self.tree.resolve(ld_cache.PATH) if self.libc is Libc.GLIBC else None
        if path is None:
            return self
        captured = self.tree.captured(path)
        libraries = (
            ld_cache.libraries_in(captured.content, big_endian=big_endian)
            if captured and captured.kind == "whole"
            else None
        )
        return replace(self, _cache=libraries or {}, _cache_is_readable=libraries is not None)


def _too_old(program: _Object, loaded: Mapping[bytes, _Object]) -> Iterator[TooOld]:
    """A library without any version is good enough for every need, as glibc has it."""
    seen: set[bytes] = set()
    for of in (program, *loaded.values()):
        if of.path in seen:
            continue
        seen.add(of.path)
        for name, versions in of.elf.needs_versions:
            library = loaded.get(name)
            if library is None or not library.elf.defines_versions:
                continue
            defined = library.elf.defines_versions
            lacking = tuple(version for version in versions if version not in defined)
            if lacking:
                newest = max(lacking, key=_in_order)
                family = newest.rpartition(b"_")[0] + b"_"
                alike = [
                    version for version in defined if version.startswith(family) and version[-1:].isdigit()
                ]
                yield TooOld(name, lacking, of.path, max(alike, key=_in_order, default=None))


def _in_order(version: bytes) -> tuple[int, ...]:
    """`GLIBC_2.9` comes before `GLIBC_2.38`."""
    return tuple(int(number[:18]) for number in re.findall(rb"[0-9]+", version))


def _listed(value: bytes | None, path: bytes, program: Elf) -> Sequence[bytes]:
    if not value:
        return ()
    return [_expanded(part, path, program) for part in value.split(b":")[:_MAX_FOLDERS] if part]


def _expanded(value: bytes, path: bytes, program: Elf) -> bytes:
    """`$ORIGIN` is the folder of the object that says it; `$LIB` is `lib64` on most machines of 64 bits."""
    lib = b"lib64" if program.bits == 64 else b"lib"  # noqa: PLR2004 - the class
    for word, meaning in ((b"ORIGIN", b"/" + posixpath.dirname(path)), (b"LIB", lib)):
        value = value.replace(b"${" + word + b"}", meaning).replace(b"$" + word, meaning)
    return value

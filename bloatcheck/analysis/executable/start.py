"""Whether what an image starts can start: as the engine, the kernel and the loader would see it.

What is said here is sure: where something can't be known from the image, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bloatcheck.analysis.executable import ld_cache, machine, problems
from bloatcheck.analysis.executable.command import (
    Environment,
    behind_init,
    command_of,
    look_up,
    program_of_shell,
)
from bloatcheck.analysis.executable.elf import Elf, Linking
from bloatcheck.analysis.executable.facts import facts_at
from bloatcheck.analysis.executable.libraries import (
    MUSL_PATH_FILE,
    Libc,
    Loader,
    libc_of_file,
    libc_of_loader,
)
from bloatcheck.analysis.executable.shebang import Shebang
from bloatcheck.analysis.executable.user import GROUPS, USERS, unknown_name
from bloatcheck.analysis.packages.go import KIND
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.analysis.tree import Node, Tree
from bloatcheck.image.layer_index import Kind
from bloatcheck.oci.image_config import ImageConfig
from bloatcheck.oci.platform import Platform

_ANY_MAY_RUN = 0o111
_FILES = (Kind.REGULAR, Kind.HARD_LINK)
_MOST_WORK = 1_000_000
"""Paths that are resolved for all programs of an image; those of ten thousand take a quarter of it."""
_PATHS_PER_WORK = 20
"""Paths that are compared in the time in which one is resolved."""
_MAX_SCRIPTS = 4
"""Scripts that may be each other's interpreters; at the next the kernel gives up."""
_MAX_SMALL = 1 << 20
_SHELL_FORM = ("/bin/sh", "-c")
_LOADERS = (
    (b"lib", b"ld-musl-", Libc.MUSL),
    (b"lib64", b"ld-linux", Libc.GLIBC),
    (b"lib", b"ld-linux", Libc.GLIBC),
)


def captures(path: bytes, size: int) -> bool:
    """Whether the content of this file is needed whole."""
    if path == ld_cache.PATH:
        return size <= ld_cache.MAX_SIZE
    return size <= _MAX_SMALL and (path in (USERS, GROUPS) or MUSL_PATH_FILE.match(path) is not None)


def check_start(tree: Tree, config: ImageConfig, platform: Platform) -> tuple[StartProblem, ...]:
    """Why a container of this image won't start; nothing where it will, for all that the image tells.

    Nor is anything said where the image has no command: then it isn't made to be started.
    """
    command = command_of(config)
    if not command or not command[0] or platform.os != "linux":
        return ()
    check = _Check(tree, platform, Environment.of(config))
    unknown = unknown_name(tree, config.user)
    found = [problems.unknown_user(command[0], config.user, *unknown)] if unknown else []
    instruction = "ENTRYPOINT" if config.entrypoint else "CMD"
    if (config.entrypoint or config.cmd)[:2] == _SHELL_FORM and not check.is_there(command[0]):
        found.append(problems.no_shell(command[0], instruction))
    else:
        found += check.word(command[0])
    started = behind_init(command)
    if started and started[0] and not found:
        command = tuple(started)
        found += check.word(command[0])
    program = program_of_shell(command)
    if program and not found:
        found += replace(check, by_shell=True).word(program)
    return tuple(found)


def check_executable(
    tree: Tree, path: bytes, platform: Platform, config: ImageConfig | None = None
) -> tuple[StartProblem, ...]:
    """Why the executable at a path won't start. Of the configuration, the environment counts."""
    environment = Environment.of(config) if config else Environment()
    return tuple(_Check(tree, platform, environment).path(b"/" + path.lstrip(b"/")))


@dataclass(frozen=True, slots=True)
class CheckedExecutables:
    """How many executables were checked, and what is wrong with those that won't start, by path."""

    count: int
    problems: tuple[StartProblem, ...]


def check_executables(tree: Tree, config: ImageConfig, platform: Platform) -> CheckedExecutables:
    """Checks every program and script that anybody may run; libraries only for their machine.

    In an image that makes this endless, the first ones in the order of their paths.
    """
    if platform.os != "linux":
        return CheckedExecutables(0, ())
    paths = sorted(
        path
        for number, layer in enumerate(tree.layers)
        for path, captured in (layer.captured or {}).items()
        if captured.kind == KIND
        and (node := tree.get(path))
        and node.layer == number
        and node.kind == Kind.REGULAR
        and node.mode & _ANY_MAY_RUN
    )
    found: list[StartProblem] = []
    checked = work = 0
    for path in paths:
        if work > _MOST_WORK:
            break
        before = tree.resolutions
        its = check_executable(tree, path, platform, config)
        found += its
        checked += 1
        # what is missing is looked for everywhere
        work += tree.resolutions - before + (len(tree) // _PATHS_PER_WORK if its else 0)
    return CheckedExecutables(checked, tuple(found))


@dataclass(frozen=True, slots=True)
class _Check:
    """Of one image. `by_shell`: a shell starts it, which takes what is no program for a script of its own."""

    tree: Tree
    platform: Platform
    environment: Environment
    by_shell: bool = False

    def is_there(self, path: bytes) -> bool:
        """Whether anything stands at a path."""
        return self.tree.resolve(self.environment.absolute(path)) is not None

    def word(self, word: bytes) -> Iterator[StartProblem]:
        """The first word of a command."""
        path = look_up(self.tree, word, self.environment)
        if path is None:
            yield problems.not_on_path(word, self.environment.path)
        else:
            yield from self.path(path)

    def path(self, path: bytes) -> Iterator[StartProblem]:
        """What stands at an absolute path."""
        found = self.tree.resolve(path)
        node = self.tree.get(found) if found is not None else None
        if found is None:
            link = self.tree.get(path.strip(b"/"))
            yield problems.not_there(path, link.link_target if link and link.kind == Kind.SYMLINK else None)
        elif node is None or node.kind not in _FILES:
            yield problems.not_a_file(path)
        elif not node.mode & _ANY_MAY_RUN:
            yield problems.not_executable(path, node.mode)
        else:
            yield from self._content(path, found, node)

    def _content(self, path: bytes, found: bytes, node: Node) -> Iterator[StartProblem]:
        facts = facts_at(self.tree, found)
        if facts and facts.elf:
            yield from self._elf(path, found, facts.elf)
        elif facts and facts.script:
            yield from self._script(path, facts.script)
        elif self._is_neither(found, node) and not self.by_shell:
            yield problems.no_program(path)

    def _is_neither(self, found: bytes, node: Node) -> bool:
        """Whether it was looked into, and is no ELF file and no script."""
        file = self.tree.file_of(found)
        layer = self.tree.layers[file[1] if file else node.layer]
        return layer.captured is not None and not layer.left_out and self.tree.captured(found) is None

    def _elf(self, path: bytes, found: bytes, elf: Elf) -> Iterator[StartProblem]:
        if elf.linking is Linking.OBJECT:
            yield problems.object_file(path)
        elif not machine.fits(elf, self.platform):
            yield problems.wrong_machine(path, machine.name(elf), self.platform)
        elif elf.interpreter is not None:
            yield from self._loaded(path, found, elf, elf.interpreter)

    def _loaded(self, path: bytes, found: bytes, elf: Elf, interpreter: bytes) -> Iterator[StartProblem]:
        """A program that a loader starts."""
        loader = self.tree.resolve(self.environment.absolute(interpreter))
        node = self.tree.get(loader) if loader is not None else None
        if loader is None or node is None or node.kind not in _FILES:
            yield problems.no_loader(
                path,
                interpreter,
                libc_of_loader(interpreter),
                self._libc_in_image(elf),
                by_shell=self.by_shell,
            )
            return
        facts = facts_at(self.tree, loader)
        if facts and facts.elf and not machine.fits(facts.elf, self.platform):
            yield problems.wrong_loader(path, interpreter, machine.name(facts.elf), self.platform)
            return
        libc = libc_of_file(self.tree, loader, interpreter)
        if libc is None:
            return
        missing, too_old = Loader(
            tree=self.tree,
            libc=libc,
            interpreter=interpreter,
            working_dir=self.environment.working_dir,
            library_path=self.environment.library_path,
        ).load(found, elf)
        if missing:
            yield problems.missing_libraries(path, found, missing, libc)
        if too_old:
            yield problems.old_libraries(path, found, too_old)

    def _libc_in_image(self, elf: Elf) -> Libc | None:
        """Whose loader for the same machine the image has at the usual places."""
        for folder, name, libc in _LOADERS:
            for entry in self.tree.children(self.tree.resolve(folder) or folder):
                found = self.tree.resolve(folder + b"/" + entry) if entry.startswith(name) else None
                facts = facts_at(self.tree, found) if found else None
                if found and (facts is None or (facts.elf and facts.elf.machine == elf.machine)):
                    return libc
        return None

    def _script(self, path: bytes, script: Shebang, depth: int = 0) -> Iterator[StartProblem]:
        """A script whose `#!` names what reads it. A shell reads one itself that the kernel doesn't know."""
        if script.after_mark or not script.interpreter:
            if not self.by_shell:
                tell = problems.byte_order_mark if script.after_mark else problems.empty_first_line
                yield tell(path)
            return
        wanted = self.environment.absolute(script.interpreter)
        found = self.tree.resolve(wanted)
        if found is None:
            yield problems.no_interpreter(path, script.interpreter)
            return
        facts = facts_at(self.tree, found)
        started_by_kernel = replace(self, by_shell=False)
        if facts and facts.script and facts.script.interpreter:
            inner = started_by_kernel._script(wanted, facts.script, depth + 1) if depth < _MAX_SCRIPTS else ()  # noqa: SLF001 - its own
        else:
            inner = started_by_kernel.path(wanted)
        failing = [problems.interpreter_fails(path, wanted, problem) for problem in inner]
        yield from failing
        if not failing and wanted.endswith(b"/env") and script.argument:
            yield from self._by_env(path, script.argument)

    def _by_env(self, path: bytes, argument: bytes) -> Iterator[StartProblem]:
        """What env(1) looks up on PATH. With options or settings it is left alone."""
        if argument.startswith(b"-") or b"=" in argument:
            return
        found = look_up(self.tree, argument, self.environment)
        if found is None or self.tree.resolve(found) is None:
            yield problems.not_found_by_env(path, argument)

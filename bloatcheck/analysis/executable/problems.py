"""Each reason why an executable won't start, in words: what, what one will see, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from bloatcheck.analysis.advice.shown import cut, named
from bloatcheck.analysis.advice.shown import shown as path_shown
from bloatcheck.analysis.executable.libraries import Libc, Missing, TooOld
from bloatcheck.analysis.executable.remedies import another_libc
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.oci.platform import Platform

_LONGEST = 2000
_NAME = 200
_FORMAT = "`exec` will say `exec format error`"
_NO_FILE = "`exec` will say `no such file or directory`"
_DENIED = "`exec` will say `permission denied`"
_HAS = {
    Libc.GLIBC: "the image has only glibc",
    Libc.MUSL: "the image has only musl",
    None: "the image has no C library",
}
_LIBRARY_ERRORS = {
    Libc.GLIBC: "cannot open shared object file",
    Libc.MUSL: "Error loading shared library",
}


def unknown_user(path: bytes, user: str, name: str, file: bytes) -> StartProblem:
    """USER is nobody."""
    return _problem(
        "unknown-user",
        path,
        f"USER {cut(user, 100)} names {cut(name, 100)}, who isn't in {shown(file)}; the engine starts "
        "nothing for somebody unknown.",
        "Add the user (useradd, adduser), copy the file from the stage that has it, or use a number.",
    )


def not_on_path(word: bytes, search_path: bytes) -> StartProblem:
    """A name without a slash."""
    return _problem(
        "not-found",
        word,
        f"{text(word)} is nowhere on PATH ({text(search_path)}).",
        "Copy it into the image, install its package, or name it by its path.",
    )


def not_there(path: bytes, link_target: bytes | None) -> StartProblem:
    """A path at which nothing is, or a symbolic link that leads nowhere."""
    instead = f": it is a link to {text(link_target)}, which isn't there" if link_target is not None else ""
    return _problem(
        "not-found",
        path,
        f"{shown(path)} isn't in the image{instead}; {_NO_FILE}.",
        "COPY it to this path, or correct ENTRYPOINT or CMD.",
    )


def no_shell(path: bytes, instruction: str) -> StartProblem:
    """The shell form where no shell is."""
    return _problem(
        "no-shell",
        path,
        f"{instruction} is in shell form, and the image has no {shown(path)} to run it.",
        f'Write it in exec form: {instruction} ["program", "argument"].',
    )


def not_a_file(path: bytes) -> StartProblem:
    """A directory or a device."""
    return _problem(
        "not-a-file",
        path,
        f"{shown(path)} is a directory or a device, not a program; {_DENIED}.",
        "Name the program itself in ENTRYPOINT or CMD.",
    )


def not_executable(path: bytes, mode: int) -> StartProblem:
    """No mode bit."""
    return _problem(
        "not-executable",
        path,
        f"{shown(path)} has no mode bit that lets anybody run it ({mode:04o}); {_DENIED}.",
        "COPY --chmod=755, or chmod +x in the repository (git update-index --chmod=+x).",
    )


def no_program(path: bytes) -> StartProblem:
    """Neither ELF nor script."""
    return _problem(
        "no-program",
        path,
        f"{shown(path)} is neither a program nor a script that begins with `#!`; {_FORMAT}.",
        "Make `#!/bin/sh`, or whatever is to read it, the first line.",
    )


def object_file(path: bytes) -> StartProblem:
    """Not linked."""
    return _problem(
        "no-program",
        path,
        f"{shown(path)} is an object file that wasn't linked; {_FORMAT}.",
        "Link it, or copy the program instead.",
    )


def wrong_machine(path: bytes, machine: str, platform: Platform) -> StartProblem:
    """A program for another one."""
    return _problem(
        "wrong-machine",
        path,
        f"{shown(path)} is built for {machine}, but the image is for {platform}; {_FORMAT}.",
        f"Build it for {platform}, or the image with --platform=linux/{machine}.",
    )


def wrong_loader(path: bytes, loader: bytes, machine: str, platform: Platform) -> StartProblem:
    """A loader for another machine."""
    return _problem(
        "wrong-machine",
        path,
        f"{shown(path)} is started by {shown(loader)}, which is built for {machine}, but the image is for "
        f"{platform}.",
        f"Copy the libraries of {platform}.",
    )


def no_loader(
    path: bytes, loader: bytes, wanted: Libc | None, there: Libc | None, *, by_shell: bool
) -> StartProblem:
    """The loader isn't in the image: the commonest mistake of all."""
    if wanted is None or wanted is there:
        what = f"{shown(path)} is started by {shown(loader)}, which isn't in the image"
    else:
        what = f"{shown(path)} is linked against {wanted.value}, but {_HAS[there]}"
    error = "not found" if by_shell else "no such file or directory"
    teller = "the shell" if by_shell else "`exec`"
    return _problem(
        "no-loader",
        path,
        f"{what}; {teller} will say `{error}`, though the file is there.",
        another_libc(wanted, there),
    )


def missing_libraries(path: bytes, found: bytes, missing: Sequence[Missing], libc: Libc) -> StartProblem:
    """The loader doesn't find all that is needed. `found` is the program's own resolved path."""
    names = named(_printable(each.name) for each in missing)
    one = len(missing) == 1
    by = next((each.needed_by for each in missing if each.needed_by != found), None)
    needs = f"{shown(path)} needs {names}" + (
        f" ({shown(by)} needs {'it' if one else 'some of them'})" if by is not None else ""
    )
    elsewhere = [each.elsewhere for each in missing if each.elsewhere is not None]
    if len(elsewhere) < len(missing):
        return _problem(
            "library-not-found",
            path,
            f"{needs}, which {'is' if one else 'are'} not in the image; the loader will say "
            f"`{_LIBRARY_ERRORS[libc]}`.",
            "Install the package that has it, copy it from the stage that built the program, or link "
            "statically.",
        )
    folder = shown(elsewhere[0].rpartition(b"/")[0])
    again = "run `ldconfig` once it is copied, " if libc is Libc.GLIBC else ""
    return _problem(
        "library-not-found",
        path,
        f"{needs}, which {'is' if one else 'are'} in the image ({named(map(shown, elsewhere))}), but for "
        f"another machine or where the loader doesn't look; it will say `{_LIBRARY_ERRORS[libc]}`.",
        f"If that is the right one: {again}set LD_LIBRARY_PATH={folder}, or link with -rpath.",
    )


def old_libraries(path: bytes, found: bytes, too_old: Sequence[TooOld]) -> StartProblem:
    """Built with newer libraries than the image has: the commonest mistake with two stages."""
    first = too_old[0]
    by = "" if first.needed_by == found else f" ({shown(first.needed_by)} needs it)"
    there = f"goes up to {text(first.there)}" if first.there else "has none of that name"
    lacking = named(text(version) for version in first.versions)
    also = named(text(other.library) for other in too_old[1:] if other.library != first.library)
    return _problem(
        "library-too-old",
        path,
        f"{shown(path)} needs {lacking} of {text(first.library)}{by}, which in this image {there}; the "
        "loader will say `not found`." + (f" So with {also}." if also else ""),
        "Build it on the base that it runs on, take a newer base to run it on, or link statically.",
    )


def byte_order_mark(path: bytes) -> StartProblem:
    """Before the `#!`."""
    return _problem(
        "byte-order-mark",
        path,
        f"{shown(path)} has a byte order mark before its `#!`, so the kernel doesn't see that line; "
        f"{_FORMAT}.",
        "Save it as UTF-8 without a byte order mark.",
    )


def empty_first_line(path: bytes) -> StartProblem:
    """A `#!` that names nothing."""
    return _problem(
        "no-program",
        path,
        f"{shown(path)} begins with a `#!` that names no interpreter the kernel can read; {_FORMAT}.",
        "Name one in the first 255 bytes of the file.",
    )


def no_interpreter(path: bytes, interpreter: bytes) -> StartProblem:
    """The interpreter's path leads nowhere."""
    if interpreter.endswith(b"\r"):
        return _windows_line_ends(path, f"the kernel looks for {shown(interpreter[:-1])}")
    return _problem(
        "no-interpreter",
        path,
        f"{shown(path)} is read by {shown(interpreter)}, which isn't in the image; {_NO_FILE}, though the "
        "script is there.",
        f"Install what has {shown(interpreter)}, or let the first line name an interpreter that the image "
        "has.",
    )


def interpreter_fails(path: bytes, interpreter: bytes, problem: StartProblem) -> StartProblem:
    """The interpreter is there, and won't start itself."""
    return _problem(
        problem.id,
        path,
        f"{shown(path)} is read by {shown(interpreter)}, which won't start: {problem.message}",
        problem.hint,
    )


def not_found_by_env(path: bytes, argument: bytes) -> StartProblem:
    """What stands behind `#!/usr/bin/env` isn't on PATH."""
    if argument.endswith(b"\r"):
        return _windows_line_ends(path, f"`env` looks for {text(argument[:-1])}")
    if b" " in argument:
        return _problem(
            "no-interpreter",
            path,
            f"{shown(path)} says `env {text(argument)}`, which `env` takes for one name: whatever stands "
            "behind `#!/usr/bin/env` is one argument.",
            f"Write `#!/usr/bin/env -S {text(argument)}` (GNU's env), or leave the options out.",
        )
    return _problem(
        "no-interpreter",
        path,
        f"{shown(path)} is read by {text(argument)}, which isn't on PATH; `env` will say `No such file or "
        "directory`.",
        f"Install {text(argument)}, or name an interpreter that the image has in the first line.",
    )


def shown(path: bytes) -> str:
    """A path, absolute or not, for people."""
    return path_shown(path.lstrip(b"/"))


def text(value: bytes) -> str:
    """A name or value, for people."""
    return cut(_printable(value), _NAME)


def _windows_line_ends(path: bytes, why: str) -> StartProblem:
    return _problem(
        "windows-line-ends",
        path,
        f"{shown(path)} has Windows line ends: {why} with a carriage return in its name; it will say `no "
        "such file or directory`.",
        "Save it with Unix line ends; in git, `*.sh text eol=lf` in .gitattributes keeps them.",
    )


def _problem(kind: str, path: bytes, message: str, hint: str | None) -> StartProblem:
    return StartProblem(id=kind, path=shown(path), message=cut(message, _LONGEST), hint=hint)


def _printable(value: bytes) -> str:
    return value.decode("utf-8", "replace")

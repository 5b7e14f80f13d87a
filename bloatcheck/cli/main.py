"""The command line: finds the command, runs it, turns errors into text and an exit code.

A command is a module with `configure(parser)` and `execute(args) -> ExitCode`; it is imported only when
it is asked for, so that `--version` and light commands start at once.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, cast

from bloatcheck import __version__
from bloatcheck.cli.parser import Parser
from bloatcheck.cli.stdout import put, silence_stdout
from bloatcheck.errors import BloatcheckError, ConfigError, ExitCode, Place, UsageError

COMMANDS = {
    "init": "write a first configuration and baseline, and the pipeline of your CI",
    "images": "list what would be built, and why",
    "plan": "share the images between the legs of a CI matrix",
    "run": "build, measure, compare, judge, report and publish: the main job",
    "merge": "join the reports of a matrix's legs, judge and comment once",
    "comment": "post the report of another run, which was not allowed to",
    "export": "write a report as SARIF, JUnit, CSV, metrics or a badge",
    "report": "render a report as HTML, markdown or text",
    "inspect": "show an image's size, layers, packages, waste, and how to make it smaller",
    "diff": "compare two images: sizes, causes, layers, packages, files",
    "why": "tell where one file or package of an image comes from",
    "explore": "look through an image, or two, on the terminal: layers, files, packages, waste",
    "config": "check the configuration, or print its JSON Schema",
    "baseline": "write or show the baseline",
    "calibrate": "measure by how much images differ from build to build",
    "approve": "accept an image's growth up to a size, with a reason",
    "verify": "recompute an image's digests, diff_ids and sizes",
    "clean": "list, and with --yes remove, what this repository's runs built",
}
"""Command -> one line of help. The module is `bloatcheck.cli.<command>`."""

ISSUES_URL = "https://github.com/bloatcheck/bloatcheck/issues"


class Command(Protocol):
    """What a command module offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Adds description, examples and arguments."""
        ...

    def execute(self, args: argparse.Namespace) -> ExitCode:
        """Does the work.

        Raises:
            BloatcheckError: a foreseen failure, printed by `main`.
        """
        ...


def _load(command: str) -> Command:
    return cast("Command", importlib.import_module(f"bloatcheck.cli.{command}"))


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    parser = Parser(
        prog="bloatcheck",
        description="Catches container image bloat before it ships.",
        epilog="Begin with `bloatcheck init`; COMMAND --help has examples. "
        "Exit codes: 0 within limits, 1 a limit is broken, 2 bad usage or configuration, "
        "3 an image could not be built or read, 4 a fault in bloatcheck.",
    )
    parser.add_argument("--version", action="version", version=f"bloatcheck {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command, summary in COMMANDS.items():
        subparser = subparsers.add_parser(
            command, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
        )
        if command == chosen:
            _load(command).configure(subparser)
    return parser


def main(argv: Sequence[str]) -> ExitCode:
    """Runs one command. Never raises for a foreseen failure, and never shows a traceback unless asked to."""
    with ExitStack() as afterwards:
        return _ended(argv, afterwards)


def _ended(argv: Sequence[str], afterwards: ExitStack) -> ExitCode:
    chosen = next((word for word in argv if not word.startswith("-")), None)
    try:
        if not argv:
            _parser(None).print_help(sys.stderr)
            return ExitCode.USAGE
        args = _parser(chosen).parse_args(argv)
        return _executed(args, afterwards)
    except BloatcheckError as error:
        _tell(error)
        return error.exit_code
    except BrokenPipeError:
        # Commands whose exit code is a verdict print through `tell`, which keeps it.
        silence_stdout()
        return ExitCode.OK
    except KeyboardInterrupt:
        print("bloatcheck: interrupted", file=sys.stderr)
        return ExitCode.INTERNAL
    except Exception as error:
        if os.environ.get("BLOATCHECK_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            _tell(BloatcheckError(f"no room to write: {error}", hint="free some space on that disk"))
            return ExitCode.INTERNAL
        _tell(
            BloatcheckError(
                f"this is a fault in bloatcheck itself: {type(error).__name__}: {error}",
                hint=f"set BLOATCHECK_DEBUG=1 for a traceback and tell us at {ISSUES_URL}",
            )
        )
        return ExitCode.INTERNAL


def _executed(args: argparse.Namespace, afterwards: ExitStack) -> ExitCode:
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            "the current directory is no longer there", hint="change into the repository"
        ) from error
    if getattr(args, "ci", None):
        from bloatcheck.ci.registry import VARIABLE

        # Until its errors are told; whoever runs another command after it has not named the CI for that.
        afterwards.callback(_put_back, VARIABLE, os.environ.get(VARIABLE))
        os.environ[VARIABLE] = args.ci
    code = _load(args.command).execute(args)
    # Here, where a reader who went away is no fault yet.
    sys.stdout.flush()
    return code


def _put_back(variable: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(variable, None)
    else:
        os.environ[variable] = value


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _tell(error: BloatcheckError) -> None:
    """Prints an error, each of its problems on lines of its own; in CI as annotations too."""
    from bloatcheck.ci.commands import disarm
    from bloatcheck.ci.model import Annotation, AnnotationLevel
    from bloatcheck.ci.registry import detect_anyway
    from bloatcheck.cli.colour import paint_for
    from bloatcheck.cli.telling import tell_annotation
    from bloatcheck.report.paint import Tone
    from bloatcheck.report.plain import harmless_line

    ours = paint_for(sys.stderr)("bloatcheck:", Tone.BAD)
    ci = detect_anyway(os.environ)
    problems = error.problems if isinstance(error, ConfigError) else (error,)
    for problem in problems:
        first, *more = [harmless_line(line) for line in str(problem).splitlines()] or [""]
        for line in (f"{ours} {first}".rstrip(), *more):
            # A runner reads commands from both streams.
            put(sys.stderr, f"{disarm(line) if ci.reads_log else line}\n")
    for problem in problems:
        told = f"{problem.message}\n{problem.hint}" if problem.hint else problem.message
        message = "\n".join(map(harmless_line, told.splitlines()))
        place = Place(problem.place.file, problem.place.line) if problem.place else None
        tell_annotation(Annotation(AnnotationLevel.ERROR, "bloatcheck", message, place), ci)


def run_as_process(argv: Sequence[str]) -> ExitCode:
    """`main` for a process of its own, as the program and the action start it."""
    # A cancelled job sends SIGTERM, a terminal that is closed SIGHUP (which nohup ignores): the build that
    # runs then ends as with Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _interrupt)
    # Started with a stream closed (`>&-`), Python has None in its place.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open until the process ends
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no "−" shows "?" in its place.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    return main(argv)


def entry_point() -> None:
    """The `bloatcheck` program."""
    sys.exit(run_as_process(sys.argv[1:]))

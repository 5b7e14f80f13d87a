"""`bloatcheck approve`: writes an approval into the configuration."""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path

from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import BaselineError, ConfigError, ExitCode, Place, UsageError
from bloatcheck.report.plain import harmless_line

_FIRST = "version: 1\n"
"""What a file is made of that isn't there yet."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Writes an approval into the configuration: a ceiling up to which the image may grow past its limits. The rest
of the file stays as it is written, and the new one is checked before it takes the old one's place. Commit it
to let it count.
"""
    parser.epilog = """\
exit codes:
  0  written, or it was there already
  2  bad usage, an end that is past, a configuration that is wrong, or one that nothing can be put into

examples:
  bloatcheck approve api --up-to 240MB --because 'the new codecs need ffmpeg'
  bloatcheck approve api --up-to 240MB --until 2027-01-31 --because 'until the old codecs are gone'
  bloatcheck approve api --up-to 300MB --metric content --because 'as large as it gets'
"""
    parser.add_argument("image", metavar="IMAGE", help="the image's name")
    parser.add_argument("--up-to", metavar="SIZE", required=True, help="what its content may weigh")
    parser.add_argument("--because", metavar="TEXT", required=True, help="why; told wherever it is used")
    parser.add_argument("--until", metavar="DAY", help="the last day that it holds (default: no end)")
    parser.add_argument("--by", metavar="NAME", help="who approves (default: git's user.name)")
    parser.add_argument(
        "--metric", metavar="METRIC", help="the one metric that it is for (default: all growth)"
    )
    parser.add_argument("--platform", metavar="OS/ARCH", help="the one platform it is for (default: all)")
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, made if need be)"
    )
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")


@dataclass(frozen=True, slots=True)
class _File:
    """The configuration as it lies on disk."""

    path: Path
    name: str
    content: bytes

    @property
    def mark(self) -> bytes:
        """The byte order mark, where there is one."""
        return b"\xef\xbb\xbf" if self.content.startswith(b"\xef\xbb\xbf") else b""

    @property
    def text(self) -> str:
        """Without the mark."""
        return self.content.decode("utf-8-sig")


def execute(args: argparse.Namespace) -> ExitCode:
    """Writes the entry, and prints the difference that it makes."""
    from bloatcheck.config.checkout import Checkout
    from bloatcheck.config.load import parse_config
    from bloatcheck.whole_file import write_whole

    root = Path.cwd()
    file = _file(root, args.config)
    entry = _entry(args, root)
    known = _checked(file, root)
    changed = file.text if _is_there(file.text, entry) else _changed(file, entry)
    try:
        parse_config(changed, file.name, Checkout(root, wants=lambda _: False))
    except ConfigError as error:
        # The lines are those of a text that nobody has.
        raise ConfigError(
            tuple(UsageError(problem.message, hint=problem.hint) for problem in error.problems)
        ) from error
    _check_name(args.image, known)
    _check_end(args.until)
    written = changed != file.text or not file.path.exists()
    if written:
        try:
            write_whole(file.path, file.mark + changed.encode(), through_links=True)
        except OSError as error:
            raise UsageError(
                f"can't be written: {error.strerror or error}", place=Place(file.name)
            ) from error
    if args.json:
        tell_json(json.dumps({"file": file.name, "written": written, "approval": entry}, indent=2))
    else:
        tell(_told(file, changed, written=written))
    return ExitCode.OK


def _file(root: Path, given: str | None) -> _File:
    from bloatcheck.config.load import FILE_NAMES, load_config

    there = [name for name in FILE_NAMES if (root / name).exists()]
    if given is None and not there:
        return _File(root / FILE_NAMES[0], FILE_NAMES[0], _FIRST.encode())
    # Everything that can be wrong with the file is said here.
    name = load_config(root, path=given).path or FILE_NAMES[0]
    return _File(root / name, name, (root / name).read_bytes())


def _checked(file: _File, root: Path) -> tuple[str, ...]:
    """The names of the images; empty where the file lists none and there is no single Dockerfile."""
    from bloatcheck.config.checkout import Checkout
    from bloatcheck.config.load import parse_config

    return tuple(
        image.name
        for image in parse_config(file.text, file.name, Checkout(root, wants=lambda _: False)).images
    )


def _check_name(name: str, known: tuple[str, ...]) -> None:
    """For a file that lists no images, in which no name is wrong."""
    if name not in known:
        raise UsageError(f"no image is called {name[:100]!r}", hint=f"there are {', '.join(known[:20])}")


def _check_end(until: str | None) -> None:
    """For an approval that would be written and never hold; its form was checked already."""
    if until is not None and date.fromisoformat(until.strip()) < datetime.now(timezone.utc).date():
        raise UsageError(f"--until {until}: that day is over", hint="name the last day that it holds, in UTC")


def _entry(args: argparse.Namespace, root: Path) -> Mapping[str, str]:
    """The keys and values as the file gets them, in the order of the documentation."""
    values = {
        "image": args.image,
        "up-to": args.up_to,
        "until": args.until,
        "because": args.because,
        "by": args.by or _user(root),
        "metric": args.metric,
        "platform": args.platform,
    }
    return {key: " ".join(value.split()) for key, value in values.items() if value}


def _user(root: Path) -> str | None:
    from bloatcheck.baseline.git import Git, text_of

    try:
        _, output, _ = Git(root).run("config", "user.name")
    except BaselineError:
        return None
    return text_of(output) or None


def _is_there(text: str, entry: Mapping[str, str]) -> bool:
    from bloatcheck.config.yaml_tree import plain, read_tree

    tree, _ = read_tree(text, "")
    values = plain(tree) if tree else None
    listed = values.get("approvals") if isinstance(values, dict) else None
    return isinstance(listed, list) and dict(entry) in listed


def _changed(file: _File, entry: Mapping[str, str]) -> str:
    from bloatcheck.config.insert import as_block, with_approval

    try:
        return with_approval(file.text, entry)
    except ValueError as error:
        raise UsageError(
            f"{error}; put this in by hand:\n{as_block(entry)}", place=Place(file.name)
        ) from error


def _told(file: _File, changed: str, *, written: bool) -> str:
    if not written:
        return f"{harmless_line(file.name)}: it is there already."
    old = file.text.splitlines() if file.path.exists() and file.content != _FIRST.encode() else []
    lines = difflib.unified_diff(old, changed.splitlines(), file.name, file.name, lineterm="", n=2)
    return "\n".join(
        [*map(harmless_line, lines), f"Written: {harmless_line(file.name)}. Commit it to let it count."]
    )

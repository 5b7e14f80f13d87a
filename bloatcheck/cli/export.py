"""`bloatcheck export`: a report in the format of another tool."""

import argparse
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.errors import ExitCode, PublishError, ReadError, UsageError

if TYPE_CHECKING:
    from bloatcheck.report.exports import Export
    from bloatcheck.report.model import Report


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    from bloatcheck.report.exports import EXPORTS

    formats = "\n".join(f"  {name.value:<12} {export.purpose}" for name, export in EXPORTS.items())
    parser.description = f"""\
Writes a JSON report, as `bloatcheck run` leaves it, in the format of another tool:

{formats}

The report's verdict decides nothing here: the exit code is 0 once the export is written. `bloatcheck run`
writes exports by itself where the configuration asks for them (`exports: [sarif, junit]`).
"""
    parser.epilog = """\
exit codes:
  0  written
  2  bad usage, or the file can't be written
  3  the report is none, or can't be read
  4  a fault in bloatcheck

examples:
  bloatcheck export report.json --format sarif -o bloatcheck.sarif
  bloatcheck export bloatcheck-report --format junit -o junit.xml
  bloatcheck run --json | bloatcheck export - --format csv > images.csv
  bloatcheck export report.json --format badge-svg --image api -o badge.svg
  bloatcheck export report.json --format openmetrics -o /var/lib/node_exporter/bloatcheck.prom
"""
    parser.add_argument(
        "report", metavar="REPORT.json", help="the report, or the folder it is in; - for standard input"
    )
    parser.add_argument("--format", choices=[name.value for name in EXPORTS], required=True, help="see above")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to (default: standard output)")
    parser.add_argument(
        "--image", metavar="GLOB", action="append", default=[], help="only images of this name; repeatable"
    )


def execute(args: argparse.Namespace) -> ExitCode:
    """Reads, renders, writes."""
    from bloatcheck.config.model import ExportFormat
    from bloatcheck.report.document import from_json
    from bloatcheck.report.exports import EXPORTS

    report = _chosen(from_json(_content(args.report)), args.image)
    export = EXPORTS[ExportFormat(args.format)]
    text = export.render(report)
    if args.output:
        _write(Path(args.output), text)
    else:
        _print(export, text)
    return ExitCode.OK


def _content(place: str) -> bytes:
    from bloatcheck.cli.report_files import find_reports, read_reports
    from bloatcheck.report.document import LARGEST_DOCUMENT

    if place == "-":
        return sys.stdin.buffer.read(LARGEST_DOCUMENT + 1)
    paths = find_reports([place])
    if not paths:
        raise ReadError(
            f"there is no report at {place}", hint="name the report.json that bloatcheck run wrote"
        )
    if len(paths) > 1:
        raise UsageError(
            f"there are {len(paths)} reports in {place}",
            hint="name one of them, or join them before (bloatcheck merge)",
        )
    ((_, content),) = read_reports(paths)
    return content


def _chosen(report: "Report", globs: list[str]) -> "Report":
    from dataclasses import replace

    if not globs:
        return report
    images = [image for image in report.images if any(fnmatchcase(image.name, glob) for glob in globs)]
    if not images:
        raise UsageError(
            f"no image of the report is called {' or '.join(globs)[:200]}",
            hint=f"it has {', '.join(image.name for image in report.images)[:500] or 'none'}",
        )
    return replace(report, images=tuple(images))


def _write(path: Path, text: str) -> None:
    from bloatcheck.publish.files import write_files

    if path.is_dir() or not path.name:
        raise UsageError(f"{path} is a folder", hint="name a file: --output bloatcheck.sarif")
    try:
        write_files(path.parent, {path.name: text})
    except PublishError as error:
        raise UsageError(
            f"{path} can't be written: {error.message.rpartition(': ')[2]}",
            hint="name a file in a folder that can be written",
        ) from error


def _print(export: "Export", text: str) -> None:
    from bloatcheck.cli.stdout import tell, tell_json

    (tell_json if export.is_json else tell)(text.removesuffix("\n"))

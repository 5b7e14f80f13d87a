"""`bloatcheck report`: a report that was written before, for people."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.colour import paint_for
from bloatcheck.cli.common import add_log_options, log_for, width
from bloatcheck.cli.stdout import put, tell
from bloatcheck.errors import ExitCode, ReadError
from bloatcheck.report.paint import unpainted

if TYPE_CHECKING:
    from bloatcheck.report.model import Report

HTML_FILE = "report.html"
_STDOUT = "-"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Renders a report.json that `bloatcheck run` or `bloatcheck merge` wrote: as HTML to look at, as the comment's
markdown, or as the text of the terminal. The HTML shows every file of the images where files.json, which
`bloatcheck run` wrote too, is beside the report; from a report.json alone the map shows packages, the largest
files and layers.
"""
    parser.epilog = """\
exit codes:
  0  written, whatever the report's verdict
  2  bad usage
  3  the report is none, or can't be read
  4  the file can't be written, or a fault in bloatcheck

examples:
  bloatcheck report bloatcheck-report                    report.html beside the report.json in there
  bloatcheck report report.json -o /tmp/sizes.html       into another file
  bloatcheck report report.json --html -o - | less       HTML to the standard output
  bloatcheck report report.json --text                   as `bloatcheck run` printed it
  bloatcheck report report.json --markdown -o comment.md
"""
    parser.add_argument("report", metavar="REPORT", help="a report.json, or the folder it is in")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--html", action="store_true", help="one HTML file (the default)")
    form.add_argument("--markdown", action="store_true", help="the comment of a pull request")
    form.add_argument("--text", action="store_true", help="as in the terminal")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help=f"where to; `-` is the standard output (default: {HTML_FILE} beside the report; else `-`)",
    )
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Reads, renders, writes; its exit code isn't the report's verdict."""
    path, report = _read(args.report)
    if args.text:
        from bloatcheck.report.text import render_text

        coloured = args.output in (None, _STDOUT)
        paint = paint_for(sys.stdout) if coloured else unpainted
        rendered = render_text(report, width=width(), paint=paint)
    elif args.markdown:
        from bloatcheck.report.markdown import render_comment

        rendered = render_comment(report)
    else:
        from bloatcheck.cli.report_files import read_sights
        from bloatcheck.report.html import render_html

        sights = read_sights([(path, report)], images=len(report.images), log=log_for(args))
        rendered = render_html(report, sights)
    html = not (args.text or args.markdown)
    output = args.output or (str(path.parent / HTML_FILE) if html else _STDOUT)
    if output != _STDOUT:
        _write(Path(output), rendered)
        log_for(args).info(f"written: {output}")
    elif html:
        put(sys.stdout, rendered)
    else:
        tell(rendered)
    return ExitCode.OK


def _read(place: str) -> tuple[Path, Report]:
    from bloatcheck.cli.report_files import find_reports, read_reports
    from bloatcheck.report.document import from_json

    found = find_reports([place])
    if len(found) != 1:
        what = f"{len(found)} reports are" if found else "no report is"
        raise ReadError(f"{what} in {place[:200]}", hint="name the report.json to render")
    [(path, content)] = read_reports(found)
    try:
        return path, from_json(content)
    except ReadError as error:
        raise ReadError(f"{path}: {error.message}", hint=error.hint) from None


def _write(path: Path, text: str) -> None:
    from bloatcheck.publish.files import write_files

    write_files(path.parent, {path.name: text})

"""Printing a report, for the commands whose result is one."""

from __future__ import annotations

import sys

from bloatcheck.cli.colour import paint_for
from bloatcheck.cli.common import width
from bloatcheck.cli.stdout import tell, tell_command, tell_json
from bloatcheck.report.model import Report


def tell_report(report: Report, *, as_json: bool, annotated: bool) -> None:
    """The report as JSON, or as text and, where that is wanted, the annotations that GitHub shows."""
    if as_json:
        from bloatcheck.report.document import to_json

        tell_json(to_json(report))
        return
    from bloatcheck.report.annotations import annotate, workflow_command
    from bloatcheck.report.text import render_text

    tell(render_text(report, width=width(), paint=paint_for(sys.stdout)))
    if annotated:
        for annotation in annotate(report):
            tell_command(workflow_command(annotation))

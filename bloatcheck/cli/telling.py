"""Printing a report, for the commands whose result is one."""

from __future__ import annotations

import sys
from dataclasses import replace

from bloatcheck.ci.model import Annotation, Ci
from bloatcheck.cli.colour import paint_for
from bloatcheck.cli.common import width
from bloatcheck.cli.stdout import tell, tell_command, tell_json
from bloatcheck.report.model import Report
from bloatcheck.report.plain import harmless


def tell_report(report: Report, *, as_json: bool, annotated_for: Ci | None) -> None:
    """The report as JSON, or as text and, where that is wanted, the annotations that a CI shows."""
    if as_json:
        from bloatcheck.report.document import to_json

        tell_json(to_json(report))
        return
    from bloatcheck.report.annotations import annotate
    from bloatcheck.report.text import render_text

    tell(render_text(report, width=width(), paint=paint_for(sys.stdout)))
    if annotated_for:
        for annotation in annotate(report, annotated_for.most_annotations):
            tell_annotation(annotation, annotated_for)


def tell_annotation(annotation: Annotation, ci: Ci) -> None:
    """The annotation as the CI shows it, if it shows any."""
    place = annotation.place
    if place:
        annotation = replace(annotation, place=replace(place, file=harmless(place.file)))
    if line := ci.annotation(annotation):
        tell_command(line)

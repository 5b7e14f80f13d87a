"""The report in the formats of other tools. Each is one module, and one line in the registry.

Imported when it is asked for: no run pays for a format that nobody wants.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from bloatcheck.config.model import ExportFormat
from bloatcheck.report.model import Report


@dataclass(frozen=True, slots=True)
class Export:
    """A format: the module below this package that renders it, the file it goes to, and what it is for."""

    module: str
    file: str
    purpose: str
    is_json: bool = False

    def render(self, report: Report) -> str:
        """The whole file, ended by a newline. No text of the report can leave its field."""
        rendering = importlib.import_module(f"{__name__}.{self.module}").render
        return str(rendering(report))


EXPORTS: Mapping[ExportFormat, Export] = {
    ExportFormat.SARIF: Export("sarif", "bloatcheck.sarif", "code scanning, with Dockerfile lines", True),
    ExportFormat.JUNIT: Export("junit", "junit.xml", "test reports: a suite per image, a case per limit"),
    ExportFormat.CODEQUALITY: Export(
        "code_quality", "gl-code-quality-report.json", "GitLab's code quality, with Dockerfile lines", True
    ),
    ExportFormat.CSV: Export("image_table", "images.csv", "spreadsheets: one row per image"),
    ExportFormat.CSV_LAYERS: Export("layer_table", "layers.csv", "spreadsheets: one row per layer"),
    ExportFormat.OPENMETRICS: Export("openmetrics", "metrics.prom", "Prometheus and OpenMetrics"),
    ExportFormat.BADGE: Export("badge", "badge.json", "a badge drawn by shields.io", True),
    ExportFormat.BADGE_SVG: Export("badge_svg", "badge.svg", "a badge that needs nobody else"),
}

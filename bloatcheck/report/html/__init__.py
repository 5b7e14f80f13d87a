"""The report as one HTML file that needs nothing else: no network, no server, no other file."""

from bloatcheck.report.html.model import Moment, Sight, Sights
from bloatcheck.report.html.render import render_html

__all__ = ["Moment", "Sight", "Sights", "render_html"]

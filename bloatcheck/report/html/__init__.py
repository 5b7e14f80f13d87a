"""The report as one HTML file that needs nothing else: no network, no server, no other file."""

from bloatcheck.report.html.model import Sight, Sights
from bloatcheck.report.html.render import render_html

__all__ = ["Sight", "Sights", "render_html"]

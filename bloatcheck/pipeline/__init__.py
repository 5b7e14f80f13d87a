"""The main job, wired straight: config -> build -> read -> analyse -> diff -> judge -> report.

No decisions here: each stage takes the value before it and returns the next.
"""

from bloatcheck.pipeline.html_sights import sights
from bloatcheck.pipeline.measuring import measure
from bloatcheck.pipeline.model import Measured, Result, Unbuilt, Unmeasured
from bloatcheck.pipeline.past import recall
from bloatcheck.pipeline.reporting import make_report

__all__ = ["Measured", "Result", "Unbuilt", "Unmeasured", "make_report", "measure", "recall", "sights"]

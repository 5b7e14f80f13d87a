"""The charts of the comment, drawn by mermaid itself, as GitHub and GitLab do."""

import re

from support.browser import chromium, from_npm
from support.report_cases import case

from bloatcheck.report.markdown import render_comment

MERMAID = "mermaid@11.12.0"
DRAW = """
async source => {
  mermaid.initialize({ startOnLoad: false });
  return (await mermaid.render("chart", source)).svg;
}
"""


def test_a_chart_is_drawn_with_both_lines_and_every_commit() -> None:
    (source,) = re.findall(r"```mermaid\n(.*?)\n```", render_comment(case("trend")), re.DOTALL)
    with chromium() as browser:
        page = browser.new_page()
        page.add_script_tag(path=from_npm(MERMAID, "dist/mermaid.min.js"))
        drawn = page.evaluate(DRAW, source)
    assert len(re.findall(r'class="line-plot-\d"', drawn)) == 2
    assert all(f">{label}<" in drawn for label in ("MB", "0101010", "0e0e0e0", "now"))
    assert drawn.count("#e5534b") == 1

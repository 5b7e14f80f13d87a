"""With `--json` the standard output is one JSON document, whatever else is said; that goes to the other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.image_builder import ImageUnderTest, layer, layout_of, member
from support.report_cases import case

from bloatcheck.cli.main import COMMANDS
from bloatcheck.report.document import to_json

INVOCATIONS = {
    "init": ["init --no-build --no-pipeline"],
    "images": ["images"],
    "plan": [],
    "run": ["run --report-dir out --verbose"],
    "merge": ["merge reports --report-dir out"],
    "report": [],
    "export": [],
    "inspect": ["inspect {image} --verbose", *(f"inspect {{image}} --{how}" for how in ("sizes", "tree"))],
    "diff": ["diff {image} {image} --verbose"],
    "why": ["why {image} /app"],
    "explore": [],
    "config": ["config check"],
    "baseline": ["baseline show"],
    "verify": ["verify {image}"],
    "comment": [],
    "approve": ["approve api --up-to 1MB --because x"],
    "calibrate": [],
    "clean": [],
}
"""Command -> words that need neither an engine nor GitHub; none where there is no such, or no `--json`."""


def test_every_command_is_thought_of() -> None:
    assert set(INVOCATIONS) == set(COMMANDS)


@pytest.mark.parametrize("words", [words for each in INVOCATIONS.values() for words in each])
def test_stdout_is_one_document(tmp_path: Path, words: str) -> None:
    layout = layout_of(ImageUnderTest([layer(member("app", b"a" * 3000))])).write(tmp_path / "layout")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY app /app\n")
    if not words.startswith("init"):
        (tmp_path / ".bloatcheck.yml").write_text(
            "version: 1\nimages:\n  - {name: api, image: 'oci:layout', limits: {content: {fail: 1 kB}}}\n"
        )
    (tmp_path / "reports" / "leg").mkdir(parents=True)
    (tmp_path / "reports" / "leg" / "report.json").write_text(to_json(case("no_change")))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "FORCE_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "bloatcheck", *words.format(image=f"oci:{layout}").split(), "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in {0, 1}, done.stderr
    json.loads(done.stdout)

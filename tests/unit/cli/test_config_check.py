"""What `config check` says of a configuration that is in order."""

from pathlib import Path

from bloatcheck.cli.config import render
from bloatcheck.config.load import load_config

CONFIG = """
version: 1
images:
  - {name: api, image: "api:1"}
limits: {content: {fail: 100 MB}}
creep: {since: 30d, warn: 5%, fail: 10%}
forbidden: {paths: ["**/.git"], packages: ["gcc*"]}
advice: {ignore: [apt-lists]}
jobs: 3
policy-from: base
"""


def test_every_rule_that_is_set_is_told(tmp_path: Path) -> None:
    (tmp_path / ".bloatcheck.yml").write_text(CONFIG)
    assert render(load_config(tmp_path)) == (
        ".bloatcheck.yml is in order: 1 image, baseline .bloatcheck-baseline.json.\n"
        "  api: image api:1\n"
        "    content: fails above 100 MB\n"
        "Creep: since 30d, creep: warns above 5 %, fails above 10 %\n"
        "Forbidden paths: **/.git\n"
        "Forbidden packages: gcc*\n"
        "Advice left out: apt-lists\n"
        "Builds at once: 3\n"
        "Pull requests are judged by the rules of their base."
    )

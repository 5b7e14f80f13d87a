"""The examples of the documentation, which are what a repository begins with."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from bloatcheck import __version__

IN_EXAMPLES = "bloatcheck==0.1.0"
RELEASE = f"bloatcheck=={__version__}"
"""What pip installs, in the place of what examples name."""


def example(name: str, values: Mapping[str, str] | None = None) -> str:
    """An example's text, with what stands in it replaced by what this repository has.

    Args:
        name: its path below `docs/examples`.
        values: by the text that the example has in its place.
    """
    text = (files("bloatcheck.starter") / "examples" / name).read_text(encoding="utf-8")
    for ours, theirs in (values or {}).items():
        if ours not in text:
            raise KeyError(f"{name} has no {ours!r}")
        text = text.replace(ours, theirs)
    return text

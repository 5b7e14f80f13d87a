"""The template engine, set up so that foreign text is made safe unless that was done before.

A template prints every value through `finalize`, which lets pass what is already of the format's own type
and escapes the rest. Forgetting a filter therefore costs beauty, never safety.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from bloatcheck.report import escape, plain
from bloatcheck.report.escape import Markdown
from bloatcheck.report.plain import Plain


def render_markdown(template: str, **values: object) -> Markdown:
    """Renders `templates/<template>`, a markdown template, without white space around."""
    return Markdown(_markdown().get_template(template).render(values).strip())


def render_plain(template: str, **values: object) -> Plain:
    """Renders `templates/<template>`, a terminal text template, without white space around."""
    return Plain(_plain().get_template(template).render(values).strip("\n"))


@cache
def _markdown() -> Environment:
    environment = _environment(escape.rendered)
    environment.filters |= {"code": escape.code, "name": escape.name, "html_name": escape.html_name}
    environment.filters |= {"indented": escape.indented}
    environment.globals |= {"row": escape.row}
    return environment


@cache
def _plain() -> Environment:
    return _environment(plain.printed)


def _environment(finalize: Callable[[object], str]) -> Environment:
    return Environment(
        loader=PackageLoader("bloatcheck.report"),
        autoescape=False,  # noqa: S701 - it is for HTML; `finalize` escapes for the format at hand
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

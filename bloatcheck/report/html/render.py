"""Puts the page together. It carries its script, its style and its data, and may load nothing else.

The Content-Security-Policy names style and script by their hashes and allows no connection, so what an image
is called can neither run nor leave. Foreign text stands in the page in two places: escaped by Jinja2 in the
overview that is there without a script, and compressed in the data, which the script only ever shows as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from bloatcheck.report.html.model import Sights
from bloatcheck.report.html.page import page
from bloatcheck.report.model import Report

SCRIPTS = (
    "data",
    "words",
    "dom",
    "trees",
    "drawing",
    "table",
    "trend",
    "overview",
    "layers",
    "sections",
    "start",
)
"""In this order; all of them share one scope."""
_LIBRARY = "vendor/d3-hierarchy.min.js"
_LICENCE = "vendor/d3-hierarchy.LICENSE"
_SURROGATE = re.compile("[\ud800-\udfff]")


def render_html(report: Report, sights: Sights | None = None) -> str:
    """The report as one HTML file; with sights, which hold the files of images, it shows those too."""
    told = page(report, sights or {})
    script, style = _script(), _text("style.css")
    return _template().render(
        page=told,
        script=script,
        style=style,
        script_hash=_hash(script),
        style_hash=_hash(style),
        data=_packed(told),
    )


def _packed(told: object) -> str:
    text = _SURROGATE.sub(
        "\N{REPLACEMENT CHARACTER}", json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    )
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


@cache
def _script() -> str:
    """Library and page, each in a scope of its own; the library's licence stands before it."""
    licence = "\n".join(f"   {line}".rstrip() for line in _text(_LICENCE).splitlines())
    ours = "\n".join(_text(f"js/{name}.js") for name in SCRIPTS)
    script = (
        f'/* d3-hierarchy\n\n{licence}\n*/\n{_text(_LIBRARY)}\n(() => {{\n"use strict";\n{ours}\n}})();\n'
    )
    if re.search(r"</script|<!--", script, re.IGNORECASE):
        raise ValueError("the script would end too early")
    return script


@cache
def _template() -> Template:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
        _text("page.html.j2")
    )


def _text(name: str) -> str:
    return files("bloatcheck.report.html").joinpath(name).read_text(encoding="utf-8")

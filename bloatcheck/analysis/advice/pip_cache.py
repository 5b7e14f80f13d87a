"""Wheels and answers of the index that pip keeps, and its successors likewise."""

import re

from bloatcheck.analysis.advice.caches import Caches

pip_cache = Caches(
    parts=(b".cache/",),
    pattern=re.compile(rb"\A(?P<root>(?:.*/)?\.cache/(?:pip|uv|pypoetry|pipenv|pip-tools))/"),
    what="pip's downloads",
    tool=re.compile(r"\b(?:pip[\d.]*|uv|poetry|pipenv)\s"),
    flag=(re.compile(r"\bpip[\d.]*\s+(?:install|download|wheel)\b"), "--no-cache-dir"),
)

"""Go's build cache and the sources of modules."""

import re

from bloatcheck.analysis.advice.caches import Caches

go_cache = Caches(
    parts=(b".cache/go-build/", b"go/pkg/"),
    pattern=re.compile(rb"\A(?P<root>(?:.*/)?(?:\.cache/go-build|go/pkg/(?:mod|sumdb)))/"),
    what="Go's build cache and module sources",
    tool=re.compile(r"\bgo\s+(?:build|install|get|mod|test|run|generate)\b"),
    fills=re.compile(r"(?!)"),
    read_only=True,
)

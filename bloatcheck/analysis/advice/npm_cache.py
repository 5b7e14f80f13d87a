"""Packages that npm keeps, and headers of node-gyp."""

import re

from bloatcheck.analysis.advice.caches import Caches

npm_cache = Caches(
    parts=(b".npm/", b".cache/node-gyp/"),
    pattern=re.compile(
        rb"\A(?P<root>(?:.*/)?(?:\.npm(?=/_(?:cacache|npx|logs|prebuilds)/)|\.cache/node-gyp))/"
    ),
    what="npm's downloads",
    tool=re.compile(r"\b(?:npm|npx)\s"),
)

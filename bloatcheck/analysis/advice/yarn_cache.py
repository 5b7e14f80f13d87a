"""Packages that yarn and pnpm keep beside those that they installed."""

import re

from bloatcheck.analysis.advice.caches import Caches

yarn_cache = Caches(
    parts=(b".cache/", b".yarn/", b".local/share/pnpm/"),
    pattern=re.compile(
        rb"\A(?P<root>(?:.*/)?(?:\.cache/yarn|\.yarn/berry/cache|\.cache/pnpm|\.local/share/pnpm/store))/"
    ),
    what="yarn's or pnpm's downloads",
    tool=re.compile(r"\b(?:yarn|pnpm|corepack)\b"),
)

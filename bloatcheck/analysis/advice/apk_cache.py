"""Indexes and packages that apk leaves behind."""

import re

from bloatcheck.analysis.advice.caches import Caches

apk_cache = Caches(
    parts=(b"var/cache/apk/", b"etc/apk/cache/"),
    pattern=re.compile(rb"\A(?P<root>var/cache/apk|etc/apk/cache)/(?=[^/]+\.(?:tar\.gz|apk)\Z)"),
    what="apk's indexes and downloads",
    tool=re.compile(r"\bapk\s"),
    fills=re.compile(r"\bapk\s[^;&|]{0,999}\bupdate\b"),
    command="rm -rf /var/cache/apk/* /etc/apk/cache/*",
)

"""The sources of crates, and the index of their registry."""

import re

from bloatcheck.analysis.advice.caches import Caches

cargo_cache = Caches(
    parts=(b"cargo/",),
    pattern=re.compile(
        rb"\A(?P<root>(?:.*/)?(?:\.cargo|usr/local/cargo)/(?:registry|git(?=/(?:db|checkouts)/)))/"
    ),
    what="Cargo's downloaded crates",
    tool=re.compile(r"\bcargo\s"),
)

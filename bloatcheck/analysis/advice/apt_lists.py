"""Package lists and downloaded packages that apt leaves behind."""

import re

from bloatcheck.analysis.advice.caches import Caches

apt_lists = Caches(
    parts=(b"var/lib/apt/lists/", b"var/cache/apt/"),
    pattern=re.compile(
        rb"\A(?P<root>var/lib/apt/lists|var/cache/apt(?=/(?:archives/[^/]+\.deb|[^/]+\.bin)\Z))/"
    ),
    what="apt's package lists and downloads",
    tool=re.compile(r"\b(?:apt-get|apt|aptitude)\s"),
    fills=re.compile(r"\b(?:apt-get|apt|aptitude)\s[^;&|]{0,999}\bupdate\b"),
    command="apt-get clean && rm -rf /var/lib/apt/lists/*",
)

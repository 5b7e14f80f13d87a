"""Values for later jobs: the file of `artifacts: reports: dotenv`.

https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from bloatcheck.errors import PublishError
from bloatcheck.whole_file import write_whole

FILE = "bloatcheck.env"
MAX_BYTES = 5 * 1024
"""GitLab's limit for the file; a larger one fails the job."""

_LONGEST = 500
_PLAIN = re.compile(r"[\x20-\x7e]*")
_OURS = re.compile(rf"^(BLOATCHECK_[A-Z_]+)=([\x20-\x7e]{{0,{_LONGEST}}})$", re.MULTILINE)
"""The file may be somebody else's: a later job gets no variable from it that isn't ours."""


def write_dotenv(folder: Path, values: Mapping[str, str]) -> None:
    """Adds values to the file, `comment-url` as BLOATCHECK_COMMENT_URL; one that is there is replaced.

    What has several lines, is long, or holds other characters than ASCII stays out.

    Raises:
        PublishError: the file can't be written.
    """
    file = folder / FILE
    try:
        found = dict(_OURS.findall(_content(file)))
        for name, value in values.items():
            if len(value) <= _LONGEST and _PLAIN.fullmatch(value):
                found[f"BLOATCHECK_{name.upper().replace('-', '_')}"] = value
        text = "".join(f"{name}={value}\n" for name, value in found.items())
        while len(text) > MAX_BYTES:
            text = text[: text.rstrip("\n").rindex("\n") + 1]
        write_whole(file, text.encode(), through_links=False)
    except (OSError, ValueError) as error:
        raise PublishError(f"{file} can't be written: {error}") from None


def _content(file: Path) -> str:
    """What is there of it: a link isn't followed, and a pipe isn't waited for."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as opened:
        is_file = stat.S_ISREG(os.fstat(handle).st_mode)
        return opened.read(MAX_BYTES).decode("ascii", "replace") if is_file else ""

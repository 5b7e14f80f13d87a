"""Values for later jobs: the file of `artifacts: reports: dotenv`.

https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bloatcheck.errors import PublishError
from bloatcheck.whole_file import write_whole

FILE = "bloatcheck.env"
MAX_BYTES = 5 * 1024
"""GitLab's limit for the file; a larger one fails the job."""

_LONGEST = 500
_PLAIN = re.compile(r"[\x20-\x7e]*")


def write_dotenv(folder: Path, values: Mapping[str, str]) -> None:
    """Adds values to the file, `comment-url` as BLOATCHECK_COMMENT_URL; one that is there is replaced.

    What has several lines, is long, or holds other characters than ASCII stays out.

    Raises:
        PublishError: the file can't be written.
    """
    file = folder / FILE
    try:
        old = file.read_text("ascii") if file.exists() else ""
        found = dict(line.split("=", 1) for line in old.splitlines() if "=" in line)
        for name, value in values.items():
            if len(value) <= _LONGEST and _PLAIN.fullmatch(value):
                found[f"BLOATCHECK_{name.upper().replace('-', '_')}"] = value
        text = "".join(f"{name}={value}\n" for name, value in found.items())
        while len(text) > MAX_BYTES:
            text = text[: text.rstrip("\n").rindex("\n") + 1]
        write_whole(file, text.encode(), through_links=False)
    except (OSError, ValueError) as error:
        raise PublishError(f"{file} can't be written: {error}") from None

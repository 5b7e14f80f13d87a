"""Variables of a CI, of which nothing is taken that doesn't look as it must."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bloatcheck.errors import UsageError

SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_NUMBER = re.compile(r"[0-9]{1,18}")
_SHOWN = 60


def present(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Those that hold anything, without white space around it."""
    return {name: value.strip() for name, value in environ.items() if value.strip()}


def checked(variables: Mapping[str, str], name: str, form: re.Pattern[str], example: str) -> str | None:
    """A value of this form; None where there is none.

    Raises:
        UsageError: it has another.
    """
    value = variables.get(name)
    if value is not None and not form.fullmatch(value):
        raise UsageError(f"{name} is {value[:_SHOWN]!r}", hint=f"it should look like {example}")
    return value


def url(variables: Mapping[str, str], name: str, default: str) -> str:
    """An address, without a slash at its end."""
    return (checked(variables, name, URL, default) or default).rstrip("/")


def number(variables: Mapping[str, str], name: str) -> int | None:
    """A whole number."""
    value = checked(variables, name, _NUMBER, "a whole number")
    return int(value) if value else None


def sha(variables: Mapping[str, str], name: str) -> str | None:
    """A commit; the zeros that stand for none are left out."""
    value = checked(variables, name, SHA, "a commit's 40 hex digits")
    return value if value and value.strip("0") else None


def token(variables: Mapping[str, str], name: str, hint: str) -> str | None:
    """A token, which no message repeats."""
    value = variables.get(name)
    if value and not _TOKEN.fullmatch(value):
        raise UsageError(f"{name} holds characters that no token has", hint=hint)
    return value

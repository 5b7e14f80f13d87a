"""A `.dive-ci` file, so that who has limits for dive keeps them.

https://github.com/wagoodman/dive#ci-integration
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bloatcheck.config.yaml_tree import NoValue, read_tree
from bloatcheck.errors import BloatcheckError, ConfigError, Place, UsageError
from bloatcheck.units import parse_bytes

FILE_NAME = ".dive-ci"

_OFF = frozenset({"", "disabled", "off", "false"})
_RATIO = re.compile(r"(?:0|1)?(?:\.[0-9]{1,20})?|[01]\.", re.ASCII)
_EXAMPLE = "for example\nrules:\n  lowest-efficiency: 0.95\n  highest-wasted-bytes: 20MB"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiveRules:
    """The three rules of `dive --ci`; None switches one off. What a file leaves out is as dive has it.

    `lowest_efficiency` and `highest_user_wasted` run from 0 to 1, though dive calls the latter a percentage.
    """

    lowest_efficiency: float | None = 0.9
    highest_wasted_bytes: int | None = None
    highest_user_wasted: float | None = 0.1


def read_dive_ci(text: str, file: str = FILE_NAME) -> DiveRules:
    """Reads the file's text.

    Raises:
        ConfigError: not such a file; holds every problem.
    """
    tree, unread = read_tree(text, file)
    problems: list[BloatcheckError] = list(unread)
    given: Mapping[str, tuple[int, str]] = {}
    if tree is not None and not isinstance(tree.value, NoValue):
        top = tree.value if isinstance(tree.value, Mapping) else {}
        line, rules = top.get("rules", (tree.line, tree))
        if rules is tree or not isinstance(rules.value, (Mapping, NoValue)):
            problems.append(UsageError("there are no `rules` in it", hint=_EXAMPLE, place=Place(file, line)))
        elif isinstance(rules.value, Mapping):
            given = {
                name: (at, "" if isinstance(node.value, NoValue) else str(node.value))
                for name, (at, node) in rules.value.items()
                if isinstance(node.value, (str, NoValue))
            }
    found = DiveRules(
        lowest_efficiency=_rule(
            given, ("lowest-efficiency", "lowestEfficiency"), _ratio, 0.9, problems, file
        ),
        highest_wasted_bytes=_rule(
            given, ("highest-wasted-bytes", "highestWastedBytes"), parse_bytes, None, problems, file
        ),
        highest_user_wasted=_rule(
            given,
            ("highest-user-wasted-percent", "highestUserWastedPercent"),
            _ratio,
            0.1,
            problems,
            file,
        ),
    )
    if problems:
        raise ConfigError(tuple(problems))
    return found


def _rule(  # noqa: PLR0917 - one call a rule
    given: Mapping[str, tuple[int, str]],
    names: tuple[str, str],
    parse: Callable[[str], _T],
    default: _T | None,
    problems: list[BloatcheckError],
    file: str,
) -> _T | None:
    """One rule by its name, or by the one it had before, which wins in dive."""
    for name in reversed(names):
        if name in given:
            line, value = given[name]
            if value.strip().lower() in _OFF:
                return None
            try:
                return parse(value.strip())
            except ValueError as error:
                problems.append(UsageError(f"{name}: {error}", place=Place(file, line)))
                return None
    return default


def _ratio(text: str) -> float:
    if not text or not _RATIO.fullmatch(text) or float(text) > 1:
        raise ValueError(f"not a number from 0 to 1: {text[:100]!r}")
    return float(text)

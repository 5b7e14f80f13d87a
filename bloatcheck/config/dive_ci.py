"""A `.dive-ci` file, so that who has limits for dive keeps them.

https://github.com/wagoodman/dive#ci-integration
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bloatcheck.config.yaml_tree import Node, NoValue, read_tree
from bloatcheck.errors import ConfigError, Place, UsageError
from bloatcheck.units import parse_bytes

FILE_NAME = ".dive-ci"

_OFF: Final = frozenset({"", "disabled", "off", "false"})
_RATIO = re.compile(r"[0-9]{0,3}(?:\.[0-9]{0,20})?(?:[eE]-?[0-9]{1,2})?", re.ASCII)
_EFFICIENCY = ("lowest-efficiency", "lowestEfficiency")
_WASTED = ("highest-wasted-bytes", "highestWastedBytes")
_USER_WASTED = ("highest-user-wasted-percent", "highestUserWastedPercent")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiveRules:
    """dive's three rules; None switches one off. What a file leaves out is as dive has it.

    Two are ratios from 0 to 1 (`highest_user_wasted` too, which dive calls a percentage), one is in bytes.
    """

    lowest_efficiency: float | None = 0.9
    highest_wasted_bytes: int | None = None
    highest_user_wasted: float | None = 0.1


def read_dive_ci(text: str, file: str = FILE_NAME) -> DiveRules:
    """Reads the file's text.

    Raises:
        ConfigError: not such a file; holds every problem.
    """
    tree, problems = read_tree(text, file)
    found = list(problems)
    if tree is None:
        return DiveRules()
    rules: Node | None = None
    if isinstance(tree.value, Mapping):
        rules = tree.value.get("rules")
    if rules is None or isinstance(rules.value, NoValue):
        return _checked(DiveRules(), found)
    if not isinstance(rules.value, Mapping):
        found.append(UsageError("`rules` holds no rules", hint="see dive's README", place=Place(file, rules.line)))
        return _checked(DiveRules(), found)
    given = {name: node for name, node in rules.value.items() if isinstance(node.value, (str, NoValue))}

    def read(names: tuple[str, str], parse: object) -> object:
        for name in reversed(names):
            if name not in given:
                continue
            node = given[name]
            value = "" if isinstance(node.value, NoValue) else str(node.value)
            if value.strip().lower() in _OFF:
                return None
            try:
                return parse(value)  # type: ignore[operator] # one of the two below
            except ValueError as error:
                found.append(UsageError(f"{name}: {error}", place=Place(file, node.line)))
                return None
        return _LEFT_OUT

    defaults = DiveRules()
    efficiency, wasted, user = read(_EFFICIENCY, _ratio), read(_WASTED, parse_bytes), read(_USER_WASTED, _ratio)
    return _checked(
        DiveRules(
            lowest_efficiency=defaults.lowest_efficiency if efficiency is _LEFT_OUT else efficiency,  # type: ignore[arg-type]
            highest_wasted_bytes=defaults.highest_wasted_bytes if wasted is _LEFT_OUT else wasted,  # type: ignore[arg-type]
            highest_user_wasted=defaults.highest_user_wasted if user is _LEFT_OUT else user,  # type: ignore[arg-type]
        ),
        found,
    )

"""The rules, one a file."""

from bloatcheck.policy.rule import Rule
from bloatcheck.policy.rules import (
    base_growth,
    content,
    content_growth,
    layer_growth,
    layers,
    own_growth,
    package_growth,
    packages_growth,
    wasted,
    wasted_growth,
)

RULES: tuple[Rule, ...] = (
    content.RULE,
    content_growth.RULE,
    layer_growth.RULE,
    layers.RULE,
    wasted.RULE,
    wasted_growth.RULE,
    base_growth.RULE,
    packages_growth.RULE,
    own_growth.RULE,
    package_growth.RULE,
)
"""Every rule, in the order their findings are told."""

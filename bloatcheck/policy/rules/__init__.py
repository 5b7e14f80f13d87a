"""The rules, one a file."""

from bloatcheck.policy.rule import Rule
from bloatcheck.policy.rules import content, content_growth, layer_growth, layers

RULES: tuple[Rule, ...] = (content.RULE, content_growth.RULE, layer_growth.RULE, layers.RULE)
"""Every rule, in the order their findings are told."""

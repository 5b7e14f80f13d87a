"""`base-growth`: the base image's part grows by no more than this against the baseline."""

from bloatcheck.analysis.contents import Cause
from bloatcheck.config.limits import Metric
from bloatcheck.policy.cause_growth import rule_for

RULE = rule_for(Metric.BASE_GROWTH, Cause.BASE)

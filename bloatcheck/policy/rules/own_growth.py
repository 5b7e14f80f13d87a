"""`own-growth`: the part of the image's own files grows by no more than this against the baseline."""

from bloatcheck.analysis.contents import Cause
from bloatcheck.config.limits import Metric
from bloatcheck.policy.cause_growth import rule_for

RULE = rule_for(Metric.OWN_GROWTH, Cause.OWN)

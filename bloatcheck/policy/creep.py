"""`creep`: since an older reference, the image has grown by no more than this.

A change that grows an image by a little is within every limit, and so are the next fifty. The reference stays
where it is while the baseline moves along.
"""

from __future__ import annotations

from bloatcheck.baseline.model import Baseline
from bloatcheck.config.limits import Limit
from bloatcheck.diff.compare import compare
from bloatcheck.diff.model import ImageDiff
from bloatcheck.policy.model import Finding
from bloatcheck.policy.rule import broken


def judge_creep(diff: ImageDiff, reference: Baseline, limit: Limit) -> tuple[Finding, ...]:
    """The broken limit, if the image is in the reference and can be compared with it.

    A change that makes the image no larger than its baseline is not blamed for what came before it.

    Args:
        diff: the image against its baseline.
        reference: the older baseline; its `origin` names it to the reader.
        limit: of the metric `creep`.
    """
    entry = reference.entry(diff.name, diff.platform)
    if entry is None or diff.after is None or diff.is_noise:
        return ()
    if diff.delta is not None and diff.delta <= 0:
        return ()
    since = compare(entry, diff.after)
    if since.delta is None or since.before is None:
        return ()
    return broken(diff, limit, since.delta, before=since.before.content_size, subject=reference.origin)

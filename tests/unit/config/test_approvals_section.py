"""Approvals as they may be written, and what is said about those that may not."""

from datetime import date
from pathlib import Path

import pytest
from support.config_files import load, problems

from bloatcheck.config.approvals import Approval, ApprovalSource, ApproveBy
from bloatcheck.config.limits import Metric
from bloatcheck.config.model import PolicyFrom
from bloatcheck.errors import Place


def test_an_approval_is_a_ceiling_with_a_reason_and_an_end(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """\
version: 1
images: [{name: api}]
approvals:
  - {image: api, up-to: 240 MB, until: 2027-01-31, because: "codecs: ffmpeg", by: Ada, metric: content,
     platform: linux/amd64}
""",
    )
    assert config.approvals == (
        Approval(
            source=ApprovalSource.CONFIGURATION,
            image="api",
            platform="linux/amd64",
            metric=Metric.CONTENT,
            up_to=240_000_000,
            until=date(2027, 1, 31),
            because="codecs: ffmpeg",
            by="Ada",
            place=Place(".bloatcheck.yml", 4),
        ),
    )


def test_the_other_ways_are_off_and_the_policy_is_the_heads_unless_it_says_otherwise(tmp_path: Path) -> None:
    config = load(tmp_path, "version: 1\n")
    assert (config.approve_by, config.policy_from) == (ApproveBy(), PolicyFrom.HEAD)
    config = load(
        tmp_path,
        "version: 1\npolicy-from: base\napprove-by: {label: size ok, command: /bloatcheck approve}\n",
    )
    assert config.approve_by == ApproveBy(label="size ok", command="/bloatcheck approve")
    assert config.policy_from is PolicyFrom.BASE


@pytest.mark.parametrize(
    ("approval", "problem"),
    [
        ("{image: api, up-to: 240, because: x}", "'240' has no unit"),
        ("{image: api, up-to: 5%, because: x}", "not a size"),
        ("{image: api, up-to: 240 MB}", "`because` is missing"),
        ("{image: apy, up-to: 240 MB, because: x}", "no image is called 'apy', did you mean 'api'?"),
        ("{image: api, up-to: 240 MB, because: x, until: 2027-02-30}", "'2027-02-30' is no day"),
        ("{image: api, up-to: 240 MB, because: x, until: 20270230}", "write year-month-day"),
        ("{image: api, up-to: 240 MB, because: x, metric: layers}", "change the limit instead"),
        ("{image: api, up-to: 240 MB, because: x, reason: y}", "it is called `because`"),
    ],
)
def test_what_no_approval_is_is_said_with_its_line(tmp_path: Path, approval: str, problem: str) -> None:
    (told,) = problems(tmp_path, f"version: 1\nimages: [{{name: api}}]\napprovals:\n- {approval}\n")
    assert told.startswith(".bloatcheck.yml:4: ")
    assert problem in told


@pytest.mark.parametrize(
    ("approve_by", "problem"),
    [
        ("{}", "has neither `label` nor `command`"),
        ("{command: approve}", "it begins with a slash"),
        (f"{{label: {'x' * 51}}}", "longer than 50 characters"),
    ],
)
def test_a_way_of_approving_is_a_label_or_a_command(tmp_path: Path, approve_by: str, problem: str) -> None:
    (told,) = problems(tmp_path, f"version: 1\napprove-by: {approve_by}\n")
    assert problem in told

"""What people read about approvals, and first of all about changes of the rules."""

from dataclasses import replace
from datetime import date

from support.golden import assert_golden
from support.reports import report

from bloatcheck.config.approvals import Approval, ApprovalSource, ApproveBy
from bloatcheck.errors import Place
from bloatcheck.policy.approval import approved, weigh
from bloatcheck.policy.changes import PolicyChange
from bloatcheck.policy.model import Outcome
from bloatcheck.report.approving import with_approvals
from bloatcheck.report.document import from_json, to_json
from bloatcheck.report.headline import headline
from bloatcheck.report.markdown import render_comment
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.text import render_text

IMAGES = """
    image api
        limit content-growth fail 10 MB
        limit layer-growth fail 10 MB
        30.1 MB              FROM debian:bookworm-slim
        4.31 MB -> 46.7 MB   RUN apt-get install -y ffmpeg    @ Dockerfile:5
    image worker
        limit content-growth fail 1 MB
        38.4 MB -> 40.3 MB   RUN pip install -r requirements.txt   @ worker/Dockerfile:6
    image web
        limit content-growth fail 1 MB
        12.6 MB -> 15.1 MB   COPY dist /usr/share/www     @ web/Dockerfile:7
    image db
        limit content-growth fail 1 MB
        12.6 MB -> 15.1 MB   COPY dist /usr/share/www     @ db/Dockerfile:7
"""
APPROVALS = (
    Approval(
        source=ApprovalSource.CONFIGURATION,
        image="api",
        up_to=80_000_000,
        until=date(2027, 1, 31),
        because="the codecs need ffmpeg, see @octo/video",
        by="Ada Lovelace",
        place=Place(".bloatcheck.yml", 12),
    ),
    Approval(source=ApprovalSource.COMMAND, image="worker", up_to=40_000_000, because="numpy", by="octo"),
    Approval(
        source=ApprovalSource.CONFIGURATION,
        image="web",
        up_to=20_000_000,
        until=date(2026, 1, 31),
        because="fonts",
        place=Place(".bloatcheck.yml", 18),
    ),
)
CHANGES = (
    PolicyChange(sentence="for every image: content-growth fail raised from 5.00 MB to 50.0 MB", looser=True),
    PolicyChange(sentence="approval added: api up to 80.0 MB because <!-- @octo **", looser=True),
    PolicyChange(sentence="`policy-from` changed from head to base", looser=False),
)


def judged(image: ImageReport, approvals: tuple[Approval, ...]) -> ImageReport:
    assert image.diff
    uses = weigh(image.diff, image.findings, approvals, today=date(2026, 11, 24))
    left = tuple(finding for finding in image.findings if finding not in approved(uses))
    return replace(image, findings=left, approvals=uses)


def told(approvals: tuple[Approval, ...] = APPROVALS, *, by: ApproveBy | None = None) -> Report:
    whole = report(IMAGES)
    return replace(
        whole,
        images=tuple(judged(image, approvals) for image in whole.images),
        changes=CHANGES,
        approve_by=by or ApproveBy(label="size ok", command="/bloatcheck approve"),
    )


def test_the_comment() -> None:
    assert_golden("approvals/comment.md", render_comment(told()))


def test_the_terminal_text() -> None:
    assert_golden("approvals/text.txt", render_text(told()))


def test_the_json_keeps_all_of_it() -> None:
    assert from_json(to_json(told())) == told()


def test_an_approved_image_passes() -> None:
    assert [image.outcome for image in told().images] == [
        Outcome.PASS,
        Outcome.FAIL,
        Outcome.FAIL,
        Outcome.FAIL,
    ]


def test_an_approval_that_was_given_after_a_leg_ran_counts_when_the_legs_are_merged() -> None:
    label = Approval(source=ApprovalSource.LABEL, by="octo")
    merged = with_approvals(told(), [label, *APPROVALS], today=date(2026, 11, 24))
    assert {image.outcome for image in merged.images} == {Outcome.PASS}
    assert with_approvals(merged, [label, *APPROVALS], today=date(2026, 11, 24)) == merged


def test_the_headline_says_that_growth_was_approved() -> None:
    api = told().images[0]
    assert headline(replace(told(), images=(api,))).pattern == "{} grew by 42.4 MB (+123.2 %), as approved"


def test_what_the_change_does_to_the_rules_stands_before_everything_but_the_headline() -> None:
    lines = [line for line in render_comment(told()).splitlines() if line]
    assert lines[2].startswith("⚠️ **This change also changes the rules")
    assert lines[3].startswith("- ⚠️ for every image: content-growth fail raised")


def test_of_many_changes_of_the_rules_those_that_loosen_are_told_before_the_fold() -> None:
    tighter = [PolicyChange(sentence=f"layers lowered to {number}", looser=False) for number in range(10)]
    looser = [PolicyChange(sentence=f"content raised to {number} GB", looser=True) for number in range(7)]
    comment = render_comment(replace(report("image api\n 1 MB COPY . ."), changes=(*tighter, *looser)))
    before, _, after = comment.partition("<details>")
    assert before.count("⚠️ content raised") == 6
    assert "layers lowered" not in before
    assert "<summary>11 more changes, 1 to loosen a rule</summary>" in after


def test_the_ways_to_approve_are_offered_only_where_they_are_on() -> None:
    assert (
        "/bloatcheck approve 5f1f2b4c7a4f4d3f9f0f8f6c1a2b3c4d5e6f7a8b worker up to 40.3 MB because …"
        in render_comment(told())
    )
    silent = told(by=ApproveBy())
    assert "if you may write" not in render_comment(silent)
    assert "if you may write" not in render_text(silent)


def test_where_the_base_judges_nothing_is_offered_that_would_not_help_here() -> None:
    judged_by_base = replace(told(), judged_by_base=True)
    comment, text = render_comment(judged_by_base), render_text(judged_by_base)
    assert "baseline update" not in comment + text
    assert "in `.bloatcheck.yml` on the base branch" in comment
    assert "in .bloatcheck.yml on the base branch" in text

"""By whose rules a pull request is judged: a real repository, and people who approve over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.git import Repository
from support.github.people import HEAD as HEAD_COMMIT
from support.github.people import REPOSITORY, Hub, hub
from support.recording_log import RecordingLog

from bloatcheck.ci.github.context import KINDS
from bloatcheck.ci.model import CiContext, Event
from bloatcheck.config.approvals import ApprovalSource
from bloatcheck.config.load import load_config
from bloatcheck.config.model import PolicyFrom
from bloatcheck.judging import Judging, read_judging
from bloatcheck.references import References

CONFIG = ".bloatcheck.yml"
BASE = """\
version: 1
images: [{name: api}, {name: web}]
limits: {content-growth: 5 MB}
"""
HEAD = """\
version: 1
images: [{name: api}]
limits: {content-growth: 50 MB}
approvals: [{image: api, up-to: 1 GB, because: I say so}]
policy-from: head
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    root = tmp_path / "repository"
    root.mkdir()
    made = Repository(root)
    made.git("init", "-q", "-b", "main")
    return made


@pytest.fixture
def github() -> Iterator[Hub]:
    with hub() as running:
        yield running
        assert running.violations == []


def rules(repository: Repository, context: CiContext) -> Judging:
    """The rules for what is checked out."""
    config, log = load_config(repository.root), RecordingLog()
    references = References(config=config, context=context, token=None, environment={}, log=log)
    return read_judging(config, context, references.base, token=None, log=log)


def judged(
    repository: Repository,
    base: str | None,
    head: str | None,
    *,
    github: Hub | None = None,
    event: str = "pull_request",
    images: tuple[str, ...] = (),
) -> Judging:
    """The rules for a pull request from `base` to `head`, two texts of the configuration."""
    before = repository.commit(**{"Dockerfile": "FROM scratch\n", **({CONFIG: base} if base else {})})
    if base and not head:
        repository.git("rm", "-q", CONFIG)
    after = repository.commit(**({CONFIG: head} if head else {"README": "x"}))
    context = CiContext(
        ci="github",
        event=KINDS[event],
        repository=REPOSITORY,
        commit=after,
        base_sha=before,
        head_sha=after,
        pull_request=7 if event.startswith("pull_request") else None,
        queued=7 if event == "merge_group" else None,
        api_url=github.url if github else "http://127.0.0.1:9",
    )
    config = load_config(repository.root, image_globs=images)
    if github:
        github.push(1, HEAD_COMMIT if event == "merge_group" else after)
    token, log = "a-token" if github else None, RecordingLog()
    references = References(config=config, context=context, token=token, environment={}, log=log)
    return read_judging(config, context, references.base, token=token, log=log)


def told(judging: Judging) -> list[str]:
    return [change.sentence for change in judging.changes]


def test_the_heads_rules_hold_and_what_it_changed_in_them_is_told(repository: Repository) -> None:
    judging = judged(repository, BASE, HEAD)
    assert [limit.fail and limit.fail.bytes for limit in judging.config.images[0].limits] == [50_000_000]
    assert told(judging) == [
        "for every image: content-growth fail raised from 5.00 MB to 50.0 MB",
        "approval added: api up to 1.00 GB because I say so",
        "web is no longer checked",
    ]
    assert len(judging.approvals) == 1
    assert judging.accepts_renewed_entries


def test_a_base_that_judges_can_not_be_switched_off_by_the_head(repository: Repository) -> None:
    judging = judged(repository, BASE + "policy-from: base\n", HEAD)
    assert [limit.fail and limit.fail.bytes for limit in judging.config.images[0].limits] == [5_000_000]
    assert judging.approvals == ()
    assert not judging.accepts_renewed_entries
    assert "`policy-from` changed from base to head" in told(judging)
    (note,) = judging.notes
    assert "(policy-from: base)" in note


def test_nor_by_taking_the_configuration_away_or_moving_what_it_names(repository: Repository) -> None:
    judging = judged(repository, "version: 1\nlimits: {content-growth: 5 MB}\npolicy-from: base\n", None)
    assert judging.config.policy_from is PolicyFrom.BASE
    assert [limit.fail and limit.fail.bytes for limit in judging.config.images[0].limits] == [5_000_000]


def test_nor_by_starting_from_an_old_commit_that_did_not_say_so_yet(repository: Repository) -> None:
    """With the head checked out, what it is compared with is where its author let it start."""
    old = repository.commit(**{"Dockerfile": "FROM scratch\n", CONFIG: BASE})
    now = repository.commit(**{CONFIG: BASE + "policy-from: base\n"})
    repository.git("checkout", "-q", "-b", "feature", old)
    head = repository.commit(**{CONFIG: HEAD})
    context = CiContext(
        ci="github",
        event=Event.PULL_REQUEST,
        commit="1" * 40,
        base_sha=now,
        head_sha=head,
        pull_request=7,
    )
    judging = rules(repository, context)
    assert [limit.fail and limit.fail.bytes for limit in judging.config.images[0].limits] == [5_000_000]
    assert judging.notes[0].startswith(f"Judged by the limits, approvals and settings of {now[:12]} ")
    assert "for every image: content-growth fail raised from 5.00 MB to 50.0 MB" in told(judging)
    assert not any("policy-from" in sentence for sentence in told(judging))


def test_a_run_over_some_images_does_not_tell_that_the_others_are_gone(repository: Repository) -> None:
    assert told(judged(repository, BASE, BASE + "enforce: true\n", images=("api",))) == []


def test_the_first_configuration_is_no_change_of_one(repository: Repository) -> None:
    judging = judged(repository, None, HEAD)
    assert (told(judging), judging.notes) == ([], ())
    assert len(judging.approvals) == 1


def test_a_broken_configuration_at_the_base_is_told(repository: Repository) -> None:
    judging = judged(repository, "version: 1\nlimit: 5\n", HEAD)
    (note,) = judging.notes
    assert note.startswith("What this change does to its own rules can't be told: ")


def test_a_push_is_judged_by_what_was_pushed(repository: Repository) -> None:
    judging = judged(repository, BASE, HEAD + "", event="push")
    assert (judging.changes, judging.accepts_renewed_entries) == ((), True)


# People ----------------------------------------------------------------------------------------------------

ASKS = BASE + "approve-by: {label: size ok, command: /bloatcheck approve}\n"


def test_a_label_of_who_may_write_approves(repository: Repository, github: Hub) -> None:
    github.label("size ok", by="writer", minute=2)
    (approval,) = judged(repository, ASKS, ASKS, github=github).from_people
    assert (approval.source, approval.by) == (ApprovalSource.LABEL, "writer")


def test_a_pull_request_can_not_make_a_label_that_it_has_its_approval(
    repository: Repository, github: Hub
) -> None:
    github.label("dependencies", by="writer", minute=2)
    judging = judged(repository, ASKS, BASE + "approve-by: {label: dependencies}\n", github=github)
    assert judging.from_people == ()
    assert "`approve-by.label` changed from size ok to dependencies" in told(judging)


def test_a_merge_queue_takes_what_was_approved_on_the_pull_request_that_it_queued(
    repository: Repository, github: Hub
) -> None:
    """The queue's own commit is another one, but what it was made of is what was approved."""
    github.label("size ok", by="writer", minute=2)
    for commit, image in ((HEAD_COMMIT, "api"), ("1" * 40, "web")):
        github.comment(f"/bloatcheck approve {commit} {image} up to 1 GB because ffmpeg", by="octo")
    judging = judged(repository, ASKS, ASKS, github=github, event="merge_group")
    assert [(one.source, one.image) for one in judging.from_people] == [
        (ApprovalSource.COMMAND, "api"),
        (ApprovalSource.LABEL, None),
    ]


def test_what_approves_nothing_is_told(repository: Repository, github: Hub) -> None:
    github.comment("/bloatcheck approve api up to 1 GB because I say so", by="mallory")
    (note,) = judged(repository, ASKS, ASKS, github=github).notes
    assert note.startswith("mallory's approving comment approves nothing: it has to name the commit first")


def test_without_an_answer_nobody_approves_and_the_run_goes_on(repository: Repository, github: Hub) -> None:
    github.comments.append({"id": "no number"})
    judging = judged(repository, ASKS, ASKS, github=github)
    github.violations.clear()
    assert judging.from_people == ()
    assert judging.notes == ("Approvals by label or comment could not be read; the log says why.",)

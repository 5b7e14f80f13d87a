"""What a pull request changes in the rules that it is judged by is told, in sentences."""

from dataclasses import replace
from pathlib import Path

from support.config_files import load
from support.snapshots import entry, snapshot

from bloatcheck.baseline.model import Baseline, LayerNoise
from bloatcheck.config.approvals import ApproveBy
from bloatcheck.config.model import CommentMode, Config, PolicyFrom
from bloatcheck.policy.changes import MOST_CHANGES, PolicyChange, in_force, noise_changes, policy_changes

IMAGES = """\
images:
  - {name: api}
  - {name: web}
"""


def config(root: Path, text: str) -> Config:
    return load(root, f"version: 1\n{text}", ("Dockerfile", "small/Dockerfile"))


def told(root: Path, before: str, after: str) -> list[str]:
    """A sentence a change; looser ones marked."""
    changes = policy_changes(config(root, before), config(root, after))
    return [f"{'! ' if change.looser else ''}{change.sentence}" for change in changes]


def test_nothing_is_told_of_a_change_in_form_alone(tmp_path: Path) -> None:
    assert (
        told(tmp_path, f"{IMAGES}limits: {{content: 5 MB}}\n", f"limits: {{content: 5000 kB}}\n{IMAGES}")
        == []
    )


def test_how_many_images_are_built_at_once_changes_no_rule(tmp_path: Path) -> None:
    assert told(tmp_path, f"{IMAGES}jobs: 1\n", f"{IMAGES}jobs: 4\n") == []


def test_a_general_limit_is_told_once_and_not_for_each_image(tmp_path: Path) -> None:
    before, after = (f"{IMAGES}limits: {{content-growth: {size}}}\n" for size in ("5 MB", "50 MB"))
    assert told(tmp_path, before, after) == [
        "! for every image: content-growth fail raised from 5.00 MB to 50.0 MB"
    ]
    assert told(tmp_path, after, before) == [
        "for every image: content-growth fail lowered from 50.0 MB to 5.00 MB"
    ]


def test_an_images_own_limits_are_told_by_its_name(tmp_path: Path) -> None:
    before = "{content-growth: 5 MB, layers: 5}"
    after = "{content-growth: {bytes: 5 MB, percent: 5%, when: all}, layers: {warn: 7}}"
    texts = (f"images: [{{name: api, limits: {limits}}}]\n" for limits in (before, after))
    assert told(tmp_path, *texts) == [
        "! api: content-growth fail changed from 5.00 MB to 5.00 MB and 5 %",
        "! api: layers fail removed (was 5)",
        "api: layers warn added: 7",
    ]


def test_approvals_that_came_and_went_are_told(tmp_path: Path) -> None:
    old = "{image: api, up-to: 240 MB, because: ffmpeg}"
    new = "{image: web, up-to: 1 GB, until: 2027-01-31, because: fonts, by: Ada, metric: content}"
    before, after = (f"{IMAGES}approvals: [{approval}]\n" for approval in (old, new))
    assert told(tmp_path, before, after) == [
        "! approval added: web (content) up to 1.00 GB until 2027-01-31 by Ada because fonts",
        "approval removed: api up to 240 MB because ffmpeg",
    ]


def test_settings_are_told_by_their_names(tmp_path: Path) -> None:
    before = "on-incomparable: fail\npolicy-from: head\n"
    after = (
        "enforce: false\npolicy-from: base\ncomment: {when: never, min-change: 1 MB}\n"
        "approve-by: {label: ok}\nbaseline: other.json\n"
    )
    changes = told(tmp_path, before, after)
    assert "! `enforce` changed from true to false" in changes
    assert "! `on-incomparable` changed from fail to warn" in changes
    assert "`policy-from` changed from head to base" in changes
    assert "! `comment.when` changed from auto to never" in changes
    assert "! `comment.min-change-bytes` changed from 100 kB to 1.00 MB" in changes
    assert "! `approve-by.label` changed from not set to ok" in changes
    assert any("other.json" in change for change in changes)


def test_a_build_that_is_given_more_to_see_is_told(tmp_path: Path) -> None:
    """A secret is any file that the job can read, and the pull request chooses what is done with it."""
    after = """\
images:
  - {name: api, secrets: ["id=key,src=/home/runner/.ssh/id_rsa"]}
  - {name: web}
  - {name: db, secrets: [id=token]}
"""
    assert told(tmp_path, IMAGES, after) == [
        "! api is made from something else: `secrets`",
        "! db, which is new, is built with secrets: id=token",
    ]


def test_a_tag_that_takes_the_place_of_anothers_base_is_told(tmp_path: Path) -> None:
    after = """\
images:
  - {name: api}
  - {name: web, tags: ["acme/base:1"]}
  - {name: tiny, context: small, tags: ["debian:bookworm-slim", "debian:12"]}
"""
    changed = "`tags`, which others may be built on, changed"
    assert told(tmp_path, IMAGES, after) == [
        f"! web: {changed} from not set to acme/base:1",
        f"! tiny: {changed} from not set to debian:bookworm-slim, debian:12",
    ]
    assert f"! web: {changed} from acme/base:1 to not set" in told(tmp_path, after, IMAGES)


def test_images_that_are_no_longer_checked_or_made_from_something_else_are_told(tmp_path: Path) -> None:
    after = "images: [{name: api, context: small, target: slim}]\n"
    assert told(tmp_path, IMAGES, after) == [
        "! api is made from something else: `context`, `dockerfile`, `target`",
        "! web is no longer checked",
    ]


def test_a_new_image_is_no_change_of_the_rules(tmp_path: Path) -> None:
    after = "images: [{name: api}, {name: web}, {name: db, limits: {content: 1 GB}}]\n"
    assert told(tmp_path, IMAGES, after) == []


def test_of_very_many_changes_the_rest_is_counted(tmp_path: Path) -> None:
    entries = ", ".join(f"{{image: api, up-to: {size} MB, because: x}}" for size in range(1, 100))
    changes = policy_changes(config(tmp_path, IMAGES), config(tmp_path, f"{IMAGES}approvals: [{entries}]\n"))
    assert len(changes) == MOST_CHANGES + 1
    assert changes[-1] == PolicyChange(sentence="49 more changes", looser=True)


def test_a_noise_floor_that_is_raised_is_told() -> None:
    calm, noisy, loud = (
        Baseline(entries=(replace(entry(snapshot()), noise=noise),))
        for noise in (None, (LayerNoise("RUN x", 5_000),), (LayerNoise("RUN x", 9_000),))
    )
    assert noise_changes(noisy, noisy) == noise_changes(loud, noisy) == noise_changes(noisy, calm) == ()
    (change,) = noise_changes(noisy, loud)
    assert (change.sentence, change.looser) == ("api: noise raised from 5.00 kB to 9.00 kB", True)
    (change,) = noise_changes(Baseline(), noisy)
    assert change.sentence == "api: noise raised from 0 B to 5.00 kB"


# Whose policy ----------------------------------------------------------------------------------------------

BASE = f"{IMAGES}limits: {{content-growth: 5 MB}}\n"
HEAD = """\
images: [{name: api, limits: {content-growth: 50 MB}}, {name: db, limits: {content-growth: none}}]
approvals: [{image: api, up-to: 1 GB, because: x}]
approve-by: {label: dependencies}
enforce: false
"""


def test_the_heads_rules_hold_but_who_may_approve_is_the_bases(tmp_path: Path) -> None:
    head, base = config(tmp_path, HEAD), config(tmp_path, BASE + "approve-by: {label: size-ok}\n")
    assert in_force(head, base) == replace(head, approve_by=ApproveBy(label="size-ok"))
    assert in_force(head, None) == replace(head, approve_by=ApproveBy())


def test_a_pull_request_cannot_switch_off_the_comment_that_tells_on_it(tmp_path: Path) -> None:
    silent, loud = (config(tmp_path, f"{IMAGES}comment: {{when: {when}}}\n") for when in ("never", "always"))
    assert in_force(silent, loud).comment.mode is CommentMode.ALWAYS
    assert in_force(silent, silent).comment.mode is CommentMode.NEVER
    assert in_force(loud, silent).comment.mode is CommentMode.ALWAYS


def test_a_base_that_says_so_is_judged_by_whatever_the_head_says(tmp_path: Path) -> None:
    head, base = config(tmp_path, HEAD), config(tmp_path, BASE + "policy-from: base\n")
    judged = in_force(head, base)
    assert [image.name for image in judged.images] == ["api", "db"]
    assert {image.limits for image in judged.images} == {base.limits}
    assert (judged.approvals, judged.enforce, judged.approve_by) == ((), True, ApproveBy())
    assert judged.policy_from is PolicyFrom.BASE


def test_a_head_cannot_turn_it_on_for_a_base_that_does_not(tmp_path: Path) -> None:
    head, base = config(tmp_path, HEAD + "policy-from: base\n"), config(tmp_path, BASE)
    assert in_force(head, base).policy_from is PolicyFrom.HEAD


def test_a_platform_that_is_checked_no_longer_is_told_and_a_further_one_is_not(tmp_path: Path) -> None:
    one, two, three = (
        f"images: [{{name: api, platforms: [{platforms}]}}]\n"
        for platforms in ("linux/arm64", "linux/amd64, linux/arm64", "linux/amd64, linux/arm64, linux/s390x")
    )
    assert told(tmp_path, three, one) == ["! api is no longer checked on linux/amd64, linux/s390x"]
    assert told(tmp_path, two, three) == []
    assert told(tmp_path, one, two) == []
    other = "images: [{name: api, platform: linux/amd64}]\n"
    assert told(tmp_path, one, other) == ["! api is made from something else: `platform`"]


def test_the_limits_of_several_platforms_are_told_once(tmp_path: Path) -> None:
    before, after = (
        f"images: [{{name: api, platforms: [linux/amd64, linux/arm64], limits: {{content: {size}}}}}]\n"
        for size in ("5 MB", "9 MB")
    )
    assert told(tmp_path, before, after) == ["! api: content fail raised from 5.00 MB to 9.00 MB"]


def test_other_inputs_are_told_once_for_all_and_by_name_for_one(tmp_path: Path) -> None:
    before, after = (f"{IMAGES}inputs: [{inputs}]\n" for inputs in ("src/**, go.*", "src/**"))
    assert told(tmp_path, before, after) == ["! `inputs` changed from src/**, go.* to src/**"]
    assert told(tmp_path, IMAGES, "images: [{name: api, inputs: [docs]}, {name: web}]\n") == [
        "! api: `inputs` changed from not set to docs"
    ]

"""The reports of a matrix's legs become the one that a single run would have written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.report_strategies import reports
from support.reports import ORIGIN, report

from bloatcheck.errors import ExitCode, UsageError
from bloatcheck.policy.model import Outcome
from bloatcheck.report.document import from_json, to_json
from bloatcheck.report.merge import Expected, Leg, merge_reports
from bloatcheck.report.model import Report

API = "image api\n limit content-growth fail 1 MB\n 10 MB -> 12 MB RUN make"
WEB = "image web\n 5 MB COPY . ."


def leg(text: str, *, at: int = 0, attempt: int = 1, where: str = "leg", **changes: Any) -> Leg:
    """A leg's report, written `at` seconds past noon in that attempt of the run."""
    origin = replace(ORIGIN, run_url=f"https://github.com/octo/shop/actions/runs/42/attempts/{attempt}")
    written = report(text, origin=origin, enforced=False)
    return Leg(where, replace(written, created_at=f"2026-01-31T12:00:{at:02}Z", **changes))


def merged(*legs: Leg, expect: str = "", least: int = 0, enforced: bool = True) -> Report:
    expected = [Expected.parse(text) for text in expect.split()]
    return merge_reports(legs, expected=expected, least=least, enforced=enforced)


def names(report: Report) -> list[tuple[str, str | None]]:
    return [(image.name, image.platform) for image in report.images]


class TestJoining:
    def test_the_images_of_all_legs_are_judged_together(self) -> None:
        whole = merged(leg(API), leg(WEB))

        assert names(whole) == [("api", "linux/amd64"), ("web", "linux/amd64")]
        assert whole.outcome is Outcome.FAIL
        assert whole.exit_code is ExitCode.LIMIT_BROKEN

    def test_it_is_the_report_that_one_run_would_have_written(self) -> None:
        one = leg(f"{API}\n{WEB}").report
        assert merged(leg(API), leg(WEB)) == replace(one, enforced=True)

    def test_limits_can_stay_unenforced(self) -> None:
        assert merged(leg(API), enforced=False).exit_code is ExitCode.OK

    def test_one_image_on_two_platforms_is_two(self) -> None:
        arm = API.replace("image api", "image api linux/arm64")
        assert names(merged(leg(API), leg(arm))) == [("api", "linux/amd64"), ("api", "linux/arm64")]

    def test_a_missing_platform_of_an_image_is_noticed(self) -> None:
        """Each leg knows what its image is listed for; nobody has to say what was expected."""
        amd, riscv = "linux/amd64", "linux/riscv64"
        one = leg(API)
        image = replace(one.report.images[0], platforms=(amd, riscv))
        lost = merged(replace(one, report=replace(one.report, images=(image,))), leg(WEB), expect="api web")

        assert names(lost) == [("api", amd), ("web", amd), ("api", riscv)]
        assert lost.images[-1].failure
        assert lost.images[-1].failure.stage == "leg"
        assert lost.exit_code is ExitCode.UNREADABLE

        there = leg(API.replace("image api", f"image api {riscv}"))
        whole = merged(replace(one, report=replace(one.report, images=(image,))), there)
        assert names(whole) == [("api", amd), ("api", riscv)]

    def test_whoever_says_which_platforms_are_expected_is_believed(self) -> None:
        one = leg(API)
        image = replace(one.report.images[0], platforms=("linux/amd64", "linux/riscv64"))
        some = merged(replace(one, report=replace(one.report, images=(image,))), expect="api@linux/amd64")
        assert names(some) == [("api", "linux/amd64")]

    def test_an_image_that_another_leg_builds_is_not_gone(self) -> None:
        """A leg for one platform finds the other one's entry in the baseline, and doesn't build it."""
        gone = f"{WEB}\nimage api gone\n 10 MB RUN make"
        for order in ([leg(gone, at=9), leg(API)], [leg(API), leg(gone, at=9)]):
            whole = merged(*order)
            (api,) = [image for image in whole.images if image.name == "api"]
            assert api.outcome is Outcome.FAIL
            assert whole.notes == ()

    def test_notes_of_several_legs_are_told_once(self) -> None:
        note = "note: There is no baseline yet."
        assert merged(leg(f"{API}\n{note}"), leg(f"{WEB}\n{note}")).notes == ("There is no baseline yet.",)

    def test_different_baselines_are_told(self) -> None:
        whole = merged(leg(API, baseline="a.json at 1"), leg(WEB, baseline="a.json at 2"))
        assert whole.notes == ("The legs were compared with different baselines: a.json at 1; a.json at 2.",)

    def test_it_survives_being_written(self) -> None:
        whole = merged(leg(API), expect="api web", least=3)
        assert from_json(to_json(whole)) == whole


class TestRepetition:
    @pytest.mark.parametrize("newest_first", [True, False])
    def test_the_newest_report_of_an_image_counts_and_that_is_said(self, *, newest_first: bool) -> None:
        old, new = leg(API, at=1), leg(API.replace("12 MB", "10100 kB"), at=2, attempt=2)
        whole = merged(*([new, old] if newest_first else [old, new]))

        assert whole.outcome is Outcome.PASS
        assert whole.notes == ("Reported more than once, of which the newest report counts: api.",)

    def test_what_several_legs_of_one_attempt_agree_about_is_worth_no_word(self) -> None:
        assert merged(leg(API, at=1), leg(API, at=2)).notes == ()
        assert merged(leg(API, at=1), leg(API.replace("12 MB", "13 MB"), at=2)).notes != ()

    def test_a_later_attempt_takes_back_a_failure_that_knew_no_platform(self) -> None:
        failed = leg("image api failed build: exit code 1", at=1)
        (image,) = failed.report.images
        failed = replace(failed, report=replace(failed.report, images=(replace(image, platform=None),)))

        assert merged(failed, leg(API, at=2, attempt=2)).exit_code is ExitCode.LIMIT_BROKEN
        # Within one attempt it is another leg's, on another platform.
        assert merged(failed, leg(API, at=2)).exit_code is ExitCode.UNREADABLE


class TestMissingLegs:
    @pytest.mark.parametrize(
        ("expect", "missing"),
        [
            ("api web", []),
            ("*", []),
            ("api db", ["db"]),
            ("api migrate-*", ["migrate-*"]),
            ("api@linux/amd64 api@linux/arm64", ["api"]),
        ],
    )
    def test_an_expected_image_that_nobody_reported_fails(self, expect: str, missing: list[str]) -> None:
        whole = merged(leg(WEB), leg(WEB.replace("web", "api")), expect=expect)

        assert [image.name for image in whole.images if image.failure] == missing
        assert whole.exit_code is (ExitCode.UNREADABLE if missing else ExitCode.OK)

    def test_an_image_that_failed_in_its_leg_was_reported(self) -> None:
        whole = merged(leg("image api failed build: exit code 1"), expect="api@linux/arm64 api")
        assert [image.failure.stage for image in whole.images if image.failure] == ["build", "leg"]

    def test_an_image_that_is_only_gone_was_not(self) -> None:
        assert merged(leg("image api gone\n 1 MB COPY . ."), expect="api").exit_code is ExitCode.UNREADABLE

    @pytest.mark.parametrize(("least", "code"), [(2, ExitCode.OK), (3, ExitCode.UNREADABLE)])
    def test_fewer_legs_than_there_must_be_fail(self, least: int, code: ExitCode) -> None:
        whole = merged(leg(WEB), leg(WEB.replace("web", "api")), least=least)
        assert whole.exit_code is code

    @pytest.mark.parametrize("text", ["", "  ", "@linux/amd64"])
    def test_what_names_no_image_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="names no image"):
            Expected.parse(text)


class TestDisagreement:
    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            (
                {"origin": replace(ORIGIN, commit="a" * 40)},
                f"commit differs, '{ORIGIN.commit}' in one, 'aaaa",
            ),
            ({"origin": replace(ORIGIN, repository="octo/other")}, "their repository differs"),
            (
                {"origin": replace(ORIGIN, pull_request=None)},
                "request differs, 7 in one, none in other",
            ),
            ({"origin": replace(ORIGIN, folder="services")}, "their folder differs"),
            ({"key": "nightly"}, "their comment key differs"),
        ],
        ids=["commit", "repository", "pull request", "folder", "key"],
    )
    def test_reports_of_two_changes_are_not_one(self, changes: dict[str, Any], told: str) -> None:
        with pytest.raises(UsageError) as caught:
            merged(leg(API, where="one"), leg(WEB, where="other", **changes))
        assert told in caught.value.message
        assert caught.value.exit_code is ExitCode.USAGE


@settings(max_examples=30)
@given(st.lists(reports, min_size=1, max_size=3))
def test_whatever_the_legs_hold_no_image_is_lost_and_each_stands_once(legs: list[Report]) -> None:
    first = legs[0]
    same = [Leg("x", replace(leg, key=first.key, origin=first.origin)) for leg in legs]
    kept = merge_reports(same, enforced=True).images

    assert {image.name for leg in legs for image in leg.images} == {image.name for image in kept}
    known = [(image.name, image.platform) for image in kept]
    assert len(known) == len(set(known))

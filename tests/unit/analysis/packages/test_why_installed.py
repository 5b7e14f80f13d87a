"""Why a package is there: wished for, needed, or only recommended."""

from __future__ import annotations

import time

from bloatcheck.analysis.packages.dependencies import Reason, Wishes, reasons
from bloatcheck.analysis.packages.model import MAX_NAMED


def reason_of(name: str, *packages: Wishes) -> Reason:
    return dict(zip([package.name for package in packages], reasons(packages), strict=True))[name]


def test_those_nearest_to_what_was_asked_for_are_named_first() -> None:
    packages = (
        Wishes("far", False, depends=["lib"]),
        Wishes("near", False, depends=["far", "lib"]),
        Wishes("z-wanted", True, depends=["near", "lib"]),
        Wishes("lib", False),
    )
    assert reason_of("lib", *packages).needed_by == ("z-wanted", "near", "far")


def test_at_most_sixteen_are_named() -> None:
    packages = [Wishes(f"user-{number:02}", True, depends=["lib"]) for number in range(40)]
    assert len(reason_of("lib", *packages, Wishes("lib", False)).needed_by) == MAX_NAMED


def test_nobody_needs_itself() -> None:
    assert reason_of("a", Wishes("a", True, provides=["mta"], depends=["a", "mta"])) == Reason()


def test_what_an_essential_package_needs_is_needed() -> None:
    packages = (
        Wishes("dpkg", False, depends=["tar"], essential=True),
        Wishes("tar", False),
        Wishes("git", True, recommends=["tar"]),
    )
    assert not reason_of("tar", *packages).only_recommended


def test_what_nothing_leads_to_was_left_behind_and_not_recommended() -> None:
    assert not reason_of("orphan", Wishes("orphan", False), Wishes("git", True)).only_recommended


def test_a_circle_has_an_end() -> None:
    packages = (
        Wishes("wanted", True, recommends=["a"]),
        Wishes("a", False, depends=["b"]),
        Wishes("b", False, depends=["a"]),
    )
    assert reason_of("a", *packages) == Reason(("b",), ("wanted",), only_recommended=True)
    assert reason_of("b", *packages) == Reason(("a",), (), only_recommended=True)


def test_everybody_needing_everybody_takes_no_time() -> None:
    names = [f"p{number}" for number in range(3000)]
    start = time.perf_counter()
    reasons([Wishes(name, False, provides=["virtual"], depends=[*names, "virtual"]) for name in names])
    assert time.perf_counter() - start < 10

"""What a baseline keeps of an image's contents: enough to say later what grew, and no more."""

from dataclasses import replace

import pytest
from support.layers import diff_id

from bloatcheck.analysis.contents import Cause, Contents, FileSize, LayerContents, PackageSize, Share
from bloatcheck.analysis.snapshot import Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.baseline.document import from_json, to_json
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.store import updated
from bloatcheck.errors import BaselineError

SHARES = (
    Share(cause=Cause.BASE, size=70_000_000),
    Share(cause=Cause.PACKAGE, manager="deb", size=900_000, noise=200_000),
    Share(cause=Cause.OWN, size=100_000),
)
CONTENTS = Contents(
    shares=SHARES,
    wasted=4_096,
    packages=(
        PackageSize(manager="deb", name="libc6", version="2.36-9", size=13_000_000, layer=0, base=True),
        PackageSize(manager="deb", name="curl", version="7.88", size=500_000, layer=1, asked_for=True),
        PackageSize(manager="deb", name="tiny", version="1", size=9_999, layer=1),
    ),
    files=(FileSize(path="app/model.bin", size=90_000, layer=2), FileSize(path="app/x", size=1, layer=2)),
    layers=(LayerContents(shares=SHARES),),
)


def entry(contents: Contents | None) -> BaselineEntry:
    layer = LayerSnapshot(diff_id=diff_id("one"), instruction="COPY . .", content_size=71_000_000)
    return BaselineEntry(
        snapshot=ImageSnapshot(
            name="api",
            platform="linux/amd64",
            image_id=diff_id("image"),
            layers=(layer,),
            measure=Fingerprint(),
            contents=contents,
        )
    )


def read_back(one: BaselineEntry) -> Contents | None:
    (same,) = from_json(to_json([one]).encode(), "baseline.json")
    return same.snapshot.contents


def test_sums_packages_and_files_are_kept_and_the_smallest_left_out() -> None:
    kept = read_back(entry(CONTENTS))
    assert kept
    assert (kept.shares, kept.wasted) == (SHARES, 4_096)
    assert [(each.name, each.size, each.base) for each in kept.packages] == [
        ("libc6", 13_000_000, True),
        ("curl", 500_000, False),
    ]
    assert [(each.path, each.size) for each in kept.files] == [("app/model.bin", 90_000)]
    assert kept.packages_floor == kept.files_floor == 10_000


def test_what_was_kept_is_kept_again() -> None:
    once = to_json([entry(CONTENTS)])
    assert to_json(from_json(once.encode(), "baseline.json")) == once


def test_each_package_stands_on_a_line_of_its_own() -> None:
    lines = to_json([entry(CONTENTS)]).splitlines()
    assert '          ["deb", "curl", "7.88", 500000]' in lines
    assert '          ["app/model.bin", 90000]' in lines


def test_only_the_largest_of_very_many_are_kept_and_from_where_on_is_said() -> None:
    many = tuple(
        PackageSize(manager="npm", name=f"p{number}", version="1", size=20_000 + number)
        for number in range(1000)
    )
    kept = read_back(entry(replace(CONTENTS, packages=many)))
    assert kept
    assert len(kept.packages) == 250
    assert min(each.size for each in kept.packages) == kept.packages_floor - 1 == 20_750


def test_an_entry_without_contents_stays_one() -> None:
    assert read_back(entry(None)) is None
    assert "contents" not in to_json([entry(None)])


def test_shares_that_do_not_add_up_are_damage() -> None:
    document = to_json([entry(CONTENTS)]).replace('"size": 100000,', '"size": 100001,')
    with pytest.raises(BaselineError, match="don't add up"):
        from_json(document.encode(), "baseline.json")


def test_what_is_not_kept_makes_no_difference_between_two_measurements() -> None:
    """The smallest, and what each layer holds, are told in the report only."""
    (stored,) = from_json(to_json([entry(CONTENTS)]).encode(), "baseline.json")
    before = Baseline(entries=(stored,))
    assert updated(before, [replace(entry(CONTENTS), measured_at="2026-02-01T00:00:00Z")]) == before
    other = replace(CONTENTS, wasted=5_000)
    assert updated(before, [entry(other)]).entries == (entry(other),)

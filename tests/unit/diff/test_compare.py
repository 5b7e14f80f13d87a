"""Images held against their baseline."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.snapshot import Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.diff.compare import compare, compare_all
from bloatcheck.diff.model import ImageChange, LayerChange
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.named_platforms import NamedPlatforms
from bloatcheck.oci.platform import Platform


def layer(diff_id: str, size: int, instruction: str = "RUN x") -> LayerSnapshot:
    return LayerSnapshot(diff_id=Digest(diff_id), instruction=instruction, content_size=size)


def snapshot(
    *layers: LayerSnapshot, name: str = "api", platform: str = "linux/amd64", measure: str = "content/1"
) -> ImageSnapshot:
    return ImageSnapshot(
        name=name,
        platform=platform,
        image_id=Digest("sha256:" + "0" * 64),
        layers=layers,
        measure=Fingerprint(measure=measure),
    )


def entry(image: ImageSnapshot) -> BaselineEntry:
    return BaselineEntry(snapshot=image, commit="1a2b3c4", measured_at="2026-01-31T00:00:00Z")


def test_each_layer_is_unchanged_rebuilt_grown_shrunk_added_or_removed() -> None:
    before = snapshot(
        layer("a", 10, "RUN a"),
        layer("b", 10, "RUN b"),
        layer("c", 10, "RUN c"),
        layer("d", 10, "RUN d"),
        layer("e", 10, "COPY e"),
    )
    after = snapshot(
        layer("a", 10, "RUN a"),
        layer("b2", 10, "RUN b"),
        layer("c2", 15, "RUN c"),
        layer("d2", 7, "RUN d"),
        layer("f", 4, "ADD f"),
    )
    diff = compare(entry(before), after)
    assert [(one.change.value, one.delta) for one in diff.layers] == [
        ("unchanged", 0),
        ("rebuilt", 0),
        ("grown", 5),
        ("shrunk", -3),
        ("removed", -10),
        ("added", 4),
    ]
    assert (diff.change, diff.delta, diff.percent) == (ImageChange.CHANGED, -4, -8.0)


def test_the_commit_before_is_kept() -> None:
    diff = compare(entry(snapshot()), snapshot())
    assert (diff.before_commit, diff.before_measured_at) == ("1a2b3c4", "2026-01-31T00:00:00Z")


def test_an_image_of_the_same_layers_is_unchanged() -> None:
    image = snapshot(layer("a", 1), layer("b", 2))
    assert compare(entry(image), image).change is ImageChange.UNCHANGED


def test_an_image_without_layers_compares_too() -> None:
    assert compare(entry(snapshot()), snapshot()).change is ImageChange.UNCHANGED
    diff = compare(entry(snapshot()), snapshot(layer("a", 5)))
    assert (diff.delta, diff.percent) == (5, None)


def test_a_rebuilt_image_of_the_same_size_has_changed_by_nothing() -> None:
    diff = compare(entry(snapshot(layer("a", 5))), snapshot(layer("b", 5)))
    assert (diff.change, diff.delta) == (ImageChange.CHANGED, 0)


def test_an_image_that_the_baseline_lacks_is_new() -> None:
    diff = compare(None, snapshot(layer("a", 5)))
    assert (diff.change, diff.delta, diff.percent) == (ImageChange.NEW, None, None)
    assert [one.change for one in diff.layers] == [LayerChange.ADDED]


def test_an_image_that_is_no_longer_built_is_gone() -> None:
    diff = compare(entry(snapshot(layer("a", 5))), None)
    assert (diff.name, diff.change, diff.after) == ("api", ImageChange.GONE, None)


def test_two_nothings_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        compare(None, None)


def test_another_measure_is_incomparable_and_says_why() -> None:
    diff = compare(entry(snapshot(measure="content/0")), snapshot(layer("a", 5)))
    assert diff.change is ImageChange.INCOMPARABLE
    assert diff.incomparable_because == (
        "the baseline was measured as content/0, and this run measures content/1"
    )
    assert diff.layers == ()
    assert diff.delta is None
    assert diff.before
    assert diff.after


def test_other_tools_and_engines_compare() -> None:
    image = snapshot(layer("a", 5))
    other = ImageSnapshot(
        name=image.name,
        platform=image.platform,
        image_id=image.image_id,
        layers=image.layers,
        measure=Fingerprint(engine="docker 99", store="other", tool="bloatcheck 9", transport="oci"),
    )
    assert compare(entry(image), other).change is ImageChange.UNCHANGED


def changes(baseline: list[ImageSnapshot], run: list[ImageSnapshot], **options: object) -> list[str]:
    diffs = compare_all(Baseline(entries=tuple(map(entry, baseline))), run, **options)  # type: ignore[arg-type] # the options are the test's own
    return [f"{diff.name} {diff.platform} {diff.change.value}" for diff in diffs]


def test_images_come_in_the_order_of_the_run_and_gone_ones_after_them() -> None:
    one, two, three = (snapshot(name=name) for name in ("one", "two", "three"))
    assert changes([one, two], [three, one]) == [
        "three linux/amd64 new",
        "one linux/amd64 unchanged",
        "two linux/amd64 gone",
    ]


def test_nothing_is_gone_from_a_run_that_was_limited() -> None:
    assert changes([snapshot(name="one"), snapshot(name="two")], [snapshot(name="one")], partial=True) == [
        "one linux/amd64 unchanged"
    ]


def test_an_image_that_could_not_be_built_is_not_gone() -> None:
    baseline = [snapshot(name="broken"), snapshot(name="gone")]
    assert changes(baseline, [], unmeasured=["broken"]) == ["gone linux/amd64 gone"]


def test_an_image_known_on_another_platform_only_is_incomparable_and_neither_new_nor_gone() -> None:
    arm = snapshot(platform="linux/arm64")
    assert changes([snapshot()], [arm]) == ["api linux/arm64 incomparable"]
    (diff,) = compare_all(Baseline(entries=(entry(snapshot()),)), [arm])
    assert diff.incomparable_because == "the baseline has it for linux/amd64, and this is for linux/arm64"


def test_a_further_platform_is_new() -> None:
    arm = snapshot(platform="linux/arm64")
    assert changes([snapshot()], [snapshot(), arm]) == ["api linux/amd64 unchanged", "api linux/arm64 new"]


def test_a_leg_that_measures_one_platform_leaves_the_others_alone() -> None:
    arm = snapshot(platform="linux/arm64")
    assert changes([snapshot(), arm], [arm]) == ["api linux/arm64 unchanged"]


LAYERS = st.lists(
    st.builds(
        layer,
        st.sampled_from("abcdef"),
        st.integers(0, 1000),
        st.sampled_from(["", "RUN a", "RUN b c", "COPY d"]),
    ),
    max_size=10,
)


@given(LAYERS, LAYERS)
def test_the_layers_deltas_add_up_to_the_images(
    before: list[LayerSnapshot], after: list[LayerSnapshot]
) -> None:
    diff = compare(entry(snapshot(*before)), snapshot(*after))
    assert sum(one.delta for one in diff.layers) == diff.delta
    assert (diff.change is ImageChange.UNCHANGED) == all(
        one.change is LayerChange.UNCHANGED for one in diff.layers
    )


BOTH = NamedPlatforms.of([("api", [Platform("linux", "amd64"), Platform("linux", "arm64")])])


def test_each_of_several_platforms_is_compared_with_nothing_but_itself() -> None:
    arm = snapshot(platform="linux/arm64")
    assert changes([snapshot()], [arm], partial=True, listed=BOTH) == ["api linux/arm64 new"]


def test_a_platform_that_is_no_longer_listed_is_gone() -> None:
    ppc = snapshot(platform="linux/ppc64le")
    assert changes([snapshot(), ppc], [snapshot()], listed=BOTH) == [
        "api linux/amd64 unchanged",
        "api linux/ppc64le gone",
    ]
    partly = changes([snapshot(), ppc], [snapshot()], listed=BOTH, partial=True)
    assert partly == ["api linux/amd64 unchanged"]


def test_a_platform_that_failed_is_not_gone() -> None:
    arm = snapshot(platform="linux/arm64")
    assert changes([snapshot(), arm], [snapshot()], unmeasured=["api"], listed=BOTH) == [
        "api linux/amd64 unchanged"
    ]


def test_an_image_whose_one_platform_became_another_is_not_told_twice() -> None:
    arm = NamedPlatforms.of([("api", [Platform("linux", "arm64")])])
    assert changes([snapshot()], [snapshot(platform="linux/arm64")], listed=arm) == [
        "api linux/arm64 incomparable"
    ]

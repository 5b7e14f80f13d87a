"""Images are shared between machines so that all are done at about the same time."""

from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.build.legs import UNKNOWN_SECONDS, ImageKey, Leg, share, share_by_platform


def test_long_builds_are_spread() -> None:
    legs = share({"a": 100, "b": 90, "c": 50, "d": 40, "e": 10}, 3)
    assert legs == (Leg(("a",), 100), Leg(("b", "e"), 100), Leg(("c", "d"), 90))


def test_what_was_never_built_counts_as_the_usual() -> None:
    assert share({"a": 10, "b": 30, "new": None}, 3)[1] == Leg(("new",), 20)
    assert share({"new": None}, 3) == (Leg(("new",), UNKNOWN_SECONDS),)


def test_there_are_no_more_legs_than_images() -> None:
    assert len(share({"a": 1, "b": 2}, 10)) == 2


def test_builds_that_take_no_time_leave_no_leg_empty() -> None:
    assert share({"new": None, "old": 0.0}, 2) == (Leg(("new",), 0.0), Leg(("old",), 0.0))


def test_a_leg_is_for_one_platform() -> None:
    took = {
        ("a", "linux/amd64"): 100.0,
        ("b", "linux/amd64"): 80.0,
        ("a", "linux/arm64"): 30.0,
        ("b", "linux/arm64"): None,
        ("job", None): 10.0,
    }
    assert share_by_platform(took, 4) == (
        Leg(("a",), 100, "linux/amd64"),
        Leg(("a", "b"), 85, "linux/arm64"),
        Leg(("b",), 80, "linux/amd64"),
        Leg(("job",), 10, None),
    )
    # One for each platform there has to be, and no more than there are images.
    assert len(share_by_platform(took, 1)) == 3
    assert len(share_by_platform(took, 100)) == 5


def test_what_others_stand_on_is_built_in_each_of_their_legs() -> None:
    took: dict[ImageKey, float | None] = dict.fromkeys(
        ((name, None) for name in ("api", "base", "job", "web")), 10.0
    )
    base: set[ImageKey] = {("base", None)}
    needs: dict[ImageKey, set[ImageKey]] = {
        ("api", None): base,
        ("web", None): base,
        ("other", None): {("job", None)},
    }
    assert share_by_platform(took, 3, needs) == (
        Leg(("api", "base"), 20),
        Leg(("base", "web"), 20),
        Leg(("job",), 10),
    )
    assert share_by_platform(took, 1, needs) == (Leg(("api", "base", "job", "web"), 40),)
    both: set[ImageKey] = {("api", None), ("web", None)}
    circle: dict[ImageKey, set[ImageKey]] = dict.fromkeys(both, both)
    assert share_by_platform(took, 4, circle)[0] == Leg(("api", "web"), 20)


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.none() | st.floats(0, 1000), min_size=1),
    st.integers(1, 20),
)
def test_every_image_is_in_exactly_one_leg_and_none_is_far_too_long(
    seconds: dict[str, float | None], legs: int
) -> None:
    made = share(seconds, legs)
    assert sorted(name for leg in made for name in leg.images) == sorted(seconds)
    assert all(leg.images for leg in made)
    assert made == share(dict(reversed(seconds.items())), legs)
    total = sum(leg.seconds for leg in made)
    longest = max((each for each in seconds.values() if each is not None), default=UNKNOWN_SECONDS)
    assert made[0].seconds <= total / len(made) + longest + 1e-6

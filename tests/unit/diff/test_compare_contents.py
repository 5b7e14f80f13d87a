"""What changed in what two images hold."""

from bloatcheck.analysis.contents import Cause, Contents, FileSize, PackageSize, Share
from bloatcheck.diff.contents import PackageChange, PackageDiff, compare_contents


def package(name: str, size: int, version: str = "1", manager: str = "deb") -> PackageSize:
    return PackageSize(manager=manager, name=name, version=version, size=size)


def holding(*packages: PackageSize, floor: int = 0, files: dict[str, int] | None = None) -> Contents:
    return Contents(
        shares=(),
        wasted=0,
        packages=packages,
        packages_floor=floor,
        files=tuple(FileSize(path=path, size=size) for path, size in (files or {}).items()),
        files_floor=floor,
    )


def changes(before: Contents, after: Contents) -> list[tuple[str, PackageChange, int]]:
    return [(each.name, each.change, each.delta) for each in compare_contents(before, after).packages]


def test_packages_are_added_removed_upgraded_or_changed_the_largest_change_first() -> None:
    before = holding(package("gone", 10), package("old", 100), package("same", 7), package("stripped", 50))
    after = holding(
        package("new", 1000), package("old", 150, "2"), package("same", 7), package("stripped", 20)
    )
    assert changes(before, after) == [
        ("new", PackageChange.ADDED, 1000),
        ("old", PackageChange.UPGRADED, 50),
        ("stripped", PackageChange.CHANGED, -30),
        ("gone", PackageChange.REMOVED, -10),
    ]


def test_an_upgrade_of_the_same_size_is_one_all_the_same() -> None:
    assert changes(holding(package("a", 5)), holding(package("a", 5, "2"))) == [
        ("a", PackageChange.UPGRADED, 0)
    ]


def test_packages_of_two_managers_are_two() -> None:
    found = changes(holding(package("yaml", 5)), holding(package("yaml", 5, manager="npm")))
    assert {change for _, change, _ in found} == {PackageChange.ADDED, PackageChange.REMOVED}


def test_several_versions_side_by_side_are_counted_together() -> None:
    before = holding(package("debug", 10, "2", "npm"), package("debug", 20, "4", "npm"))
    after = holding(
        package("debug", 10, "2", "npm"), package("debug", 20, "4", "npm"), package("debug", 5, "3", "npm")
    )
    [found] = compare_contents(before, after).packages
    assert isinstance(found, PackageDiff)
    assert found.before
    assert found.after
    assert (found.before.version, found.after.version, found.delta) == ("2, 4", "2, 3, 4", 5)


def test_what_may_be_below_the_end_of_the_other_list_is_no_change() -> None:
    short = holding(package("large", 100), floor=50, files={"large": 100})
    long = holding(package("large", 100), package("small", 49), files={"large": 100, "small": 49})
    for found in (compare_contents(short, long), compare_contents(long, short)):
        assert found.packages == ()
        assert found.files == ()


def test_own_files_are_compared_by_path() -> None:
    found = compare_contents(
        holding(files={"app": 10, "gone": 3, "same": 1}), holding(files={"app": 40, "new": 5, "same": 1})
    )
    assert [(each.path, each.before, each.after) for each in found.files] == [
        ("app", 10, 40),
        ("new", None, 5),
        ("gone", 3, None),
    ]


def test_causes_change_by_what_their_shares_do_noise_too() -> None:
    before = Contents(
        shares=(Share(cause=Cause.BASE, size=10), Share(cause=Cause.OWN, size=5, noise=1)), wasted=3
    )
    after = Contents(
        shares=(
            Share(cause=Cause.PACKAGE, manager="deb", size=7),
            Share(cause=Cause.PACKAGE, manager="npm", size=2),
            Share(cause=Cause.OWN, size=9, noise=3),
        ),
        wasted=8,
    )
    found = compare_contents(before, after)
    assert {cause: found.delta_of(cause) for cause in Cause} == {
        Cause.BASE: -10,
        Cause.PACKAGE: 9,
        Cause.OWN: 4,
    }
    assert [each.noise for each in found.causes if each.cause is Cause.OWN] == [2]
    assert (found.wasted_before, found.wasted_after) == (3, 8)

"""What may not be in an image, and is."""

import pytest
from support.dpkg import BASE, CURL
from support.layers import file, folder, hard_link, layer, symlink, whiteout

from bloatcheck.analysis.forbidden import MOST, ForbiddenThing, find_forbidden
from bloatcheck.analysis.inventory import take_inventory

GIT = layer(
    folder("app/.git"), *(file(f"app/.git/objects/{number}", 10) for number in range(200)), file("app/x", 1)
)


def test_files_are_named_one_by_one_the_largest_first() -> None:
    inventory = take_inventory([layer(file("a/id_rsa", 5), file("id_rsa", 7), file("id_rsa.pub", 9))])
    assert find_forbidden(inventory, paths=["id_rsa"]) == (
        ForbiddenThing("/id_rsa", 7, 0),
        ForbiddenThing("/a/id_rsa", 5, 0),
    )


@pytest.mark.parametrize("pattern", [".git", ".git/", "/app/.git", "**/.git"])
def test_a_folder_is_one_thing_with_all_that_is_in_it(pattern: str) -> None:
    inventory = take_inventory([GIT, layer(file("app/.git/more", 5000))])
    assert find_forbidden(inventory, paths=[pattern]) == (ForbiddenThing("/app/.git", 7000, 1),)


def test_of_folders_in_one_another_the_outermost_is_named() -> None:
    inventory = take_inventory([layer(file("a/.git/b/.git/c", 3))])
    assert find_forbidden(inventory, paths=[".git"]) == (ForbiddenThing("/a/.git", 3, 0),)


def test_links_are_forbidden_too_and_what_was_deleted_is_not() -> None:
    inventory = take_inventory(
        [
            layer(file("key", 9), file("x", 1)),
            layer(whiteout("key"), symlink("a/key", "/x"), hard_link("b/key", "x")),
        ]
    )
    assert [thing.subject for thing in find_forbidden(inventory, paths=["key"])] == ["/a/key", "/b/key"]


def test_a_folder_with_nothing_in_it_is_nothing() -> None:
    assert find_forbidden(take_inventory([layer(folder(".git"))]), paths=[".git"]) == ()


@pytest.mark.parametrize("pattern", ["curl", "c*l", "deb:curl", "deb:*url"])
def test_a_package_is_named_with_version_and_bytes(pattern: str) -> None:
    [thing] = find_forbidden(take_inventory([BASE, CURL]), packages=[pattern])
    assert (thing.subject, thing.layer) == ("curl 7.88 (deb)", 1)
    assert thing.size >= 300


@pytest.mark.parametrize("pattern", ["url", "apk:curl", "CURL"])
def test_other_packages_are_not(pattern: str) -> None:
    assert find_forbidden(take_inventory([BASE, CURL]), packages=[pattern]) == ()


def test_no_more_are_named_than_anybody_reads() -> None:
    inventory = take_inventory([layer(*(file(f"d/{number}.pem", number) for number in range(MOST + 50)))])
    found = find_forbidden(inventory, paths=["*.pem"])
    assert len(found) == MOST
    assert found[0].size == MOST + 49

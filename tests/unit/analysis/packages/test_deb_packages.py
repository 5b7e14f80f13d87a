"""Debian's packages, as dpkg and apt write them down, and as distroless does."""

from __future__ import annotations

import pytest
from support.layers import file, folder, symlink
from support.package_trees import packages_of, tree_of

from bloatcheck.analysis.packages import captures, installed, owners

STATUS = "var/lib/dpkg/status"
EXTENDED = "var/lib/apt/extended_states"


def stanza(name: str, *lines: str, status: str = "install ok installed", architecture: str = "amd64") -> str:
    head = [f"Package: {name}", f"Status: {status}", f"Architecture: {architecture}", "Version: 1.0-1"]
    return "\n".join([*head, *lines, "Description: a package", " Depends: in a description", ""]) + "\n"


def automatic(*names: str, architecture: str = "amd64") -> str:
    return "\n".join(f"Package: {name}\nArchitecture: {architecture}\nAuto-Installed: 1\n" for name in names)


def test_a_package_has_the_files_of_its_list_and_no_directories() -> None:
    packages = packages_of(
        {
            STATUS: stanza("curl"),
            "var/lib/dpkg/info/curl.list": "/.\n/usr\n/usr/bin\n/usr/bin/curl\n/usr/share/doc/gone\n",
            "var/lib/dpkg/info/curl.md5sums": "0  usr/bin/curl\n",
            "usr/bin/curl": "program",
        },
        folder("usr"),
        folder("usr/bin"),
    )
    curl = packages["curl"]
    assert (curl.manager, curl.version) == ("deb", "1.0-1")
    assert curl.files == (b"usr/bin/curl",)
    assert curl.database == (b"var/lib/dpkg/info/curl.list", b"var/lib/dpkg/info/curl.md5sums")


def test_on_a_merged_usr_files_are_found_where_they_really_lie() -> None:
    packages = packages_of(
        {STATUS: stanza("dash"), "var/lib/dpkg/info/dash.list": "/bin/dash\n/bin/sh\n", "usr/bin/dash": "#"},
        symlink("bin", "usr/bin"),
        folder("usr/bin"),
        symlink("usr/bin/sh", "dash"),
    )
    assert packages["dash"].files == (b"usr/bin/dash", b"usr/bin/sh")


@pytest.mark.parametrize(
    "status",
    [
        "install ok installed",
        "hold ok installed",
        "install ok half-configured",
        "install ok triggers-pending",
    ],
)
def test_a_package_is_there_while_its_files_are(status: str) -> None:
    assert "curl" in packages_of({STATUS: stanza("curl", status=status)})


@pytest.mark.parametrize(
    "status", ["deinstall ok config-files", "purge ok not-installed", "install", "", "installed"]
)
def test_what_was_removed_is_no_package_any_more(status: str) -> None:
    assert packages_of({STATUS: stanza("curl", status=status)}) == {}


def test_apt_notes_what_was_not_asked_for() -> None:
    packages = packages_of(
        {
            STATUS: stanza("curl", "Depends: libcurl4 (= 1.0), libc6 (>= 2.34) | musl")
            + stanza("libcurl4", "Depends: libc6, libssl3")
            + stanza("libssl3")
            + stanza("libc6"),
            EXTENDED: automatic("libcurl4", "libssl3"),
        }
    )
    assert {name: package.asked_for for name, package in packages.items()} == {
        "curl": True,
        "libcurl4": False,
        "libssl3": False,
        "libc6": True,
    }
    assert packages["libc6"].needed_by == ("curl", "libcurl4")
    assert packages["libssl3"].needed_by == ("libcurl4",)


def test_a_package_for_all_architectures_is_noted_under_the_machines_own() -> None:
    packages = packages_of(
        {
            STATUS: stanza("dpkg", architecture="arm64") + stanza("tzdata", architecture="all"),
            EXTENDED: automatic("tzdata", architecture="arm64"),
        }
    )
    assert packages["tzdata"].asked_for is False


def test_without_apts_notes_nobody_knows_who_was_asked_for() -> None:
    assert packages_of({STATUS: stanza("curl")})["curl"].asked_for is None


def test_a_virtual_package_stands_for_those_that_provide_it() -> None:
    packages = packages_of(
        {
            STATUS: stanza("mutt", "Depends: default-mta | mail-transport-agent")
            + stanza("exim4", "Provides: mail-transport-agent (= 1), smtp"),
        }
    )
    assert packages["exim4"].needed_by == ("mutt",)


def test_what_came_by_a_recommendation_is_told_from_what_is_needed() -> None:
    packages = packages_of(
        {
            STATUS: stanza("git", "Depends: libc6", "Recommends: less, ca-certificates")
            + stanza("less", "Depends: libtinfo6")
            + stanza("libtinfo6")
            + stanza("curl", "Depends: ca-certificates")
            + stanza("ca-certificates")
            + stanza("libc6"),
            EXTENDED: automatic("less", "libtinfo6", "ca-certificates", "libc6"),
        }
    )
    assert {name for name, package in packages.items() if package.only_recommended} == {"less", "libtinfo6"}
    assert packages["less"].recommended_by == ("git",)
    assert packages["libtinfo6"].needed_by == ("less",)
    assert packages["ca-certificates"].needed_by == ("curl",)
    assert packages["ca-certificates"].recommended_by == ("git",)


def test_the_same_package_for_two_architectures_is_two_packages() -> None:
    packages = packages_of(
        {
            STATUS: stanza("dpkg")
            + stanza("libc6", "Multi-Arch: same")
            + stanza("libc6", "Multi-Arch: same", architecture="i386"),
            "var/lib/dpkg/info/libc6:amd64.list": "/lib/x86_64/libc.so\n",
            "var/lib/dpkg/info/libc6:i386.list": "/lib/i386/libc.so\n",
            "lib/x86_64/libc.so": "",
            "lib/i386/libc.so": "",
        }
    )
    assert packages["libc6"].files == (b"lib/x86_64/libc.so",)
    assert packages["libc6:i386"].files == (b"lib/i386/libc.so",)


def test_a_diverted_file_is_its_packages_under_its_new_name() -> None:
    packages = packages_of(
        {
            STATUS: stanza("dash") + stanza("bash-as-sh"),
            "var/lib/dpkg/info/dash.list": "/bin/sh\n",
            "var/lib/dpkg/info/bash-as-sh.list": "/bin/sh\n",
            "var/lib/dpkg/diversions": "/bin/sh\n/bin/sh.distrib\nbash-as-sh\n",
            "bin/sh": "",
            "bin/sh.distrib": "",
        }
    )
    assert packages["dash"].files == (b"bin/sh.distrib",)
    assert packages["bash-as-sh"].files == (b"bin/sh",)


def test_distroless_has_a_file_for_each_package() -> None:
    packages = packages_of(
        {
            "var/lib/dpkg/status.d/libc6": "Package: libc6\nVersion: 2.36\nArchitecture: amd64\n"
            "Depends: libgcc-s1,\n libcrypt1\nDescription: libc\n",
            "var/lib/dpkg/status.d/libc6.md5sums": "d41d8  lib/x86_64/libc.so.6\n"
            "d41d8  ./usr/share/doc/libc6/x y\n",
            "var/lib/dpkg/status.d/bGliY3J5cHQx": "Package: libcrypt1\nVersion: 4\nArchitecture: amd64\n",
            "lib/x86_64/libc.so.6": "",
            "usr/share/doc/libc6/x y": "",
        }
    )
    assert packages["libc6"].version == "2.36"
    assert packages["libc6"].files == (b"lib/x86_64/libc.so.6", b"usr/share/doc/libc6/x y")
    assert packages["libc6"].database == (
        b"var/lib/dpkg/status.d/libc6",
        b"var/lib/dpkg/status.d/libc6.md5sums",
    )
    assert packages["libcrypt1"].needed_by == ("libc6",)
    assert set(packages) == {"libc6", "libcrypt1"}


def test_what_dpkg_keeps_about_a_package_is_the_packages() -> None:
    tree = tree_of(
        {
            STATUS: stanza("curl"),
            "var/lib/dpkg/info/curl.list": "/usr/bin/curl\n",
            "var/lib/dpkg/info/curl.postinst": "#!/bin/sh\n",
            "var/lib/dpkg/info/format": "1\n",
        }
    )
    owned = owners(installed(tree), tree)
    assert owned[b"var/lib/dpkg/info/curl.postinst"].name == "curl"
    assert b"var/lib/dpkg/info/format" not in owned
    assert b"var/lib/dpkg/status" not in owned


def test_only_what_tells_of_packages_is_kept() -> None:
    assert captures(b"var/lib/dpkg/status", 5_000_000)
    assert captures(b"var/lib/dpkg/info/libc6:amd64.list", 10)
    assert captures(b"var/lib/dpkg/status.d/base", 10)
    assert not captures(b"var/lib/dpkg/info/libc6:amd64.md5sums", 10)
    assert not captures(b"var/lib/dpkg/status-old", 10)
    assert not captures(b"var/lib/dpkg/status", 1 << 30)
    assert not captures(b"srv/chroot/var/lib/dpkg/status", 10)


def test_hostile_names_are_made_printable() -> None:
    packages = packages_of({STATUS: stanza("a\x1b[31mb\udcff" + "x" * 1000)})
    (name,) = packages
    assert name.isprintable()
    assert len(name) <= 256
    name.encode()


def test_a_file_that_is_a_link_belongs_to_the_package_and_not_what_it_leads_to() -> None:
    packages = packages_of(
        {STATUS: stanza("mawk"), "var/lib/dpkg/info/mawk.list": "/usr/bin/awk\n"},
        symlink("usr/bin/awk", "/etc/alternatives/awk"),
        file("etc/alternatives/awk", 10),
    )
    assert packages["mawk"].files == (b"usr/bin/awk",)

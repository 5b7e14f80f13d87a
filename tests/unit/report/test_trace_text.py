"""Where one package comes from, in words."""

from dataclasses import replace

import pytest
from support.reports import image_snapshot

from bloatcheck.analysis.packages.model import InstalledPackage
from bloatcheck.analysis.snapshot import Base
from bloatcheck.analysis.trace import PackageTrace
from bloatcheck.report.trace_text import render_packages

BASE, ABOVE = 0, 1


def told(trace: PackageTrace, base: str | None = "debian:bookworm-slim") -> str:
    snapshot = image_snapshot("image api\n 30 MB FROM debian\n 2 MB RUN apt-get install -y curl")
    known = Base(name=base, layer_count=1) if base else None
    return render_packages([trace], replace(snapshot, base=known)).splitlines()[0]


def trace(layer: int, *chain: str, asked_for: bool | None = True) -> PackageTrace:
    package = InstalledPackage(manager="deb", name="tar", version="1.34", asked_for=asked_for)
    return PackageTrace(package, 3_000_000, ((layer, 3_000_000),), (), chain or ("tar",))


def test_a_package_that_an_instruction_installed_was_asked_for() -> None:
    assert told(trace(ABOVE)) == "tar 1.34 (Debian packages): 3.00 MB. It was asked for."


@pytest.mark.parametrize("asked_for", [True, False, None])
def test_a_package_of_the_base_image_was_asked_for_by_nobody_here(*, asked_for: bool | None) -> None:
    assert told(trace(BASE, asked_for=asked_for)) == (
        "tar 1.34 (Debian packages): 3.00 MB. The base image debian:bookworm-slim brought it."
    )


def test_of_a_package_of_the_base_image_is_told_what_needs_it_there() -> None:
    assert told(trace(BASE, "tar", "dpkg", asked_for=False)).endswith(
        "The base image debian:bookworm-slim brought it. It is there because it is needed: tar <- dpkg."
    )


def test_where_nobody_knows_the_base_image_the_database_has_the_word() -> None:
    assert told(trace(BASE), base=None).endswith("It was asked for.")

"""A base image that changed under several images is told once."""

from dataclasses import replace

from support.reports import report
from support.snapshots import digest, entry, layer, snapshot

from bloatcheck.analysis.contents import Cause, Contents, Share
from bloatcheck.analysis.snapshot import Base, ImageSnapshot
from bloatcheck.diff.compare import compare
from bloatcheck.policy.model import Level
from bloatcheck.report.markdown import render_comment
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.shared_bases import shared_bases
from bloatcheck.report.text import render_text


def image(
    name: str, base: tuple[int, int], own: int = 10_000, platform: str = "linux/amd64"
) -> ImageSnapshot:
    """On `debian`, whose layer is (number, bytes)."""
    layers = (layer(*base, "FROM"), layer(1000 + sum(name.encode()), own))
    return replace(
        snapshot(name, *layers, platform=platform),
        base=Base(name="debian", digest=digest(base[0]), layer_count=1),
        contents=Contents(
            shares=(Share(cause=Cause.BASE, size=base[1]), Share(cause=Cause.OWN, size=own)), wasted=0
        ),
    )


def moved(*names: str, own: int = 10_000) -> list[ImageReport]:
    return [
        ImageReport(
            name=name,
            platform="linux/amd64",
            diff=compare(entry(image(name, (1, 2_000_000))), image(name, (2, 5_000_000), own)),
            incomparable=Level.WARN,
        )
        for name in names
    ]


def of(images: list[ImageReport]) -> Report:
    return replace(report("image x\n 1 MB RUN x"), images=tuple(images))


def test_a_base_under_several_images_is_told_once_and_named_in_each() -> None:
    text = render_comment(of(moved("a", "b", "c", "d", "e")))
    assert text.count("has moved") == 1
    assert (
        "- 🧱 The base image `debian` has moved, `000000000000` → `000000000000`: "
        "**+3.00\N{NO-BREAK SPACE}MB** in each of 5 images (`a`, `b`, `c`, 2 more)"
    ).replace("\N{NO-BREAK SPACE}", " ") in text.replace("\N{NO-BREAK SPACE}", " ")
    assert text.count("the base image, as told above") == 5


def test_the_terminal_tells_it_once_too() -> None:
    text = " ".join(render_text(of(moved("a", "b"))).split())
    assert text.count("has moved") == 1
    assert "+3.00 MB in each of 2 images (a, b)." in text
    assert text.count("+3.00 MB the base image, as told above") == 2


def test_under_one_image_it_is_told_with_that_one() -> None:
    images = moved("a")
    assert shared_bases(images) == ()
    assert "as told above" not in render_comment(of(images))


def test_platforms_of_one_image_are_one_image() -> None:
    [first] = moved("a")
    assert first.diff
    other = replace(first, platform="linux/arm64", diff=replace(first.diff, platform="linux/arm64"))
    [shared] = shared_bases([first, other])
    assert shared.images == ("a",)


def test_a_base_that_this_run_builds_is_named() -> None:
    base = replace(snapshot("ours", layer(1, 2_000_000)))
    grown = replace(snapshot("ours", layer(2, 5_000_000)))
    ours = ImageReport(name="ours", platform="linux/amd64", diff=compare(entry(base), grown))
    [shared] = shared_bases([ours, *moved("a")])
    assert (shared.ours, shared.images, shared.delta) == ("ours", ("a",), 3_000_000)
    assert "`debian` has moved" in render_comment(of([ours, *moved("a")]))
    assert "; it is `ours` of this run: **" in render_comment(of([ours, *moved("a")]))


def test_a_base_that_moved_at_the_same_size_is_no_change() -> None:
    images = [
        ImageReport(
            name=name,
            platform="linux/amd64",
            diff=compare(entry(image(name, (1, 2_000_000))), image(name, (2, 2_000_000), 20_000)),
        )
        for name in ("a", "b")
    ]
    assert shared_bases(images) == ()

"""A base image that changed under several images is told once."""

from dataclasses import replace

from support.reports import report
from support.snapshots import digest, entry, layer, snapshot

from bloatcheck.analysis.contents import Cause, Contents, Share
from bloatcheck.analysis.snapshot import Base, ImageSnapshot
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.diff.compare import compare
from bloatcheck.policy.judge import judge
from bloatcheck.policy.model import Level
from bloatcheck.report.annotations import annotate
from bloatcheck.report.markdown import render_comment, render_summary
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


def test_a_base_under_several_images_is_told_once() -> None:
    text = render_comment(of(moved("a", "b", "c", "d", "e")))
    assert text.count("has moved") == 1
    assert (
        "- 🧱 The base image `debian` has moved, `000000000000` → `000000000000`: "
        "**+3.00\N{NO-BREAK SPACE}MB** in each of 5 images (`a`, `b`, `c`, 2 more)"
    ).replace("\N{NO-BREAK SPACE}", " ") in text.replace("\N{NO-BREAK SPACE}", " ")


def test_twelve_images_of_one_base_are_one_paragraph_and_the_details_of_one() -> None:
    names = [f"service-{number:02}" for number in range(12)]
    told = of(moved(*names))
    comment = render_comment(told)
    paragraph = next(line for line in comment.splitlines() if "has moved" in line)
    assert all(f"`{name}`" in paragraph for name in names[:3])
    assert "9 more" in paragraph
    assert comment.count("layers changed in size") == 1
    assert render_text(told).count("layers changed in size") == 1
    assert render_summary(told).count("layers changed in size") == 1


def test_annotations_stand_at_each_dockerfile_and_tell_the_base_in_the_same_words() -> None:
    limit = Limit(Metric.CONTENT_GROWTH, fail=Threshold(bytes=1_000_000))
    images = [
        replace(each, findings=judge(each.diff, [limit]), dockerfile=f"{each.name}/Dockerfile")
        for each in moved("a", "b", "c")
        if each.diff
    ]
    told = annotate(of(images))
    places = [each.place.file if each.place else None for each in told]
    assert places == ["a/Dockerfile", "b/Dockerfile", "c/Dockerfile"]
    [shared] = {each.message.splitlines()[-1] for each in told}
    assert "in each of 3 images (a, b, c)" in shared


def test_an_image_in_which_something_else_changed_has_its_own_details() -> None:
    told = of([*moved("a", "b"), *moved("c", own=20_000)])
    assert render_comment(told).count("layers changed in size") == 2
    assert "<code>c</code>: 2 of 2 layers changed" in render_comment(told)


def test_the_terminal_tells_it_once_too() -> None:
    text = " ".join(render_text(of(moved("a", "b"))).split())
    assert text.count("has moved") == 1
    assert "+3.00 MB in each of 2 images (a, b)." in text
    assert text.count("+3.00 MB the base image, as told above") == 1


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

"""What images take together, where shared layers count once."""

import json
from dataclasses import replace

from hypothesis import given, settings
from support.report_strategies import reports
from support.reports import report
from support.snapshots import digest, entry, layer, snapshot

from bloatcheck.analysis.snapshot import Base, Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.diff.compare import compare
from bloatcheck.report.document import from_json, to_json
from bloatcheck.report.fleet import Fleet, Part, SharedLayers, Tallies, Tally, fleet_of, fleet_sentence
from bloatcheck.report.html import render_html
from bloatcheck.report.markdown import render_comment, render_summary
from bloatcheck.report.merge import Leg, merge_reports
from bloatcheck.report.model import Failure, ImageReport, Report
from bloatcheck.report.summary import summarize
from bloatcheck.report.text import render_text

BASE = layer(1, 50_000_000, "FROM")
PYTHON = layer(2, 20_000_000, "RUN python")


def image(name: str, *layers: LayerSnapshot, platform: str = "linux/amd64") -> ImageSnapshot:
    return replace(
        snapshot(name, *layers, platform=platform),
        base=Base(name="debian", digest=digest(1), layer_count=1),
    )


def row(before: ImageSnapshot | None, after: ImageSnapshot | None) -> ImageReport:
    diff = compare(entry(before) if before else None, after)
    return ImageReport(name=diff.name, platform=diff.platform, diff=diff)


def unchanged(*images: ImageSnapshot) -> list[ImageReport]:
    return [row(each, each) for each in images]


def new(*images: ImageSnapshot) -> list[ImageReport]:
    return [row(None, each) for each in images]


def after(*images: ImageSnapshot) -> Fleet:
    return fleet_of(unchanged(*images))


def measured(number: int, size: int, compressed: int | None) -> LayerSnapshot:
    return replace(layer(number, size), compressed_size=compressed, uncompressed_size=size + 1024)


def sentence(rows: list[ImageReport]) -> str:
    return (fleet_sentence(fleet_of(rows)) or "").replace("\N{NO-BREAK SPACE}", " ")


API = image("api", BASE, PYTHON, layer(10, 1_000_000))
WEB = image("web", BASE, PYTHON, layer(11, 2_000_000))
JOB = image("job", BASE, layer(12, 4_000_000))
FLEET = [API, WEB, JOB]


def test_a_node_has_shared_layers_once() -> None:
    [node] = after(*FLEET).nodes
    assert node.content.after == Tally(images=3, alone=197_000_000, together=77_000_000)
    assert node.content.after.saved == 120_000_000
    assert node.content.before == node.content.after


def test_the_same_layer_on_another_stack_is_there_twice_on_a_node_and_once_in_a_registry() -> None:
    one = image("one", measured(1, 10, 8), measured(3, 100, 80))
    two = image("two", measured(2, 20, 16), measured(3, 100, 80))
    fleet = after(one, two)
    assert fleet.nodes[0].content.after == Tally(images=2, alone=230, together=230)
    assert fleet.registry.after == Tally(images=2, alone=184, together=104)


def test_a_layer_in_two_compressions_is_two_blobs() -> None:
    fleet = after(image("one", measured(1, 10, 8)), image("two", measured(1, 10, 7)))
    assert fleet.nodes[0].content.after == Tally(images=2, alone=20, together=10)
    assert fleet.registry.after == Tally(images=2, alone=15, together=15)


def test_an_image_has_a_repeated_blob_once() -> None:
    empty = measured(1, 0, 32)
    assert after(image("one", empty, empty)).registry.after == Tally(images=1, alone=32, together=32)


def test_what_is_not_known_of_one_layer_is_not_known_of_all() -> None:
    fleet = after(image("one", measured(1, 10, 8)), image("two", measured(2, 10, None)))
    assert fleet.registry == Tallies(before=None, after=None)


def test_estimated_sizes_make_an_estimated_registry() -> None:
    one = image("one", measured(1, 10, 8))
    assert not after(one).registry_estimated
    assert after(replace(one, measure=Fingerprint(compressor="isal-2 corrected/1"))).registry_estimated


def test_new_images_have_no_before_and_gone_ones_no_after() -> None:
    fleet = fleet_of([row(API, API), row(None, WEB), row(JOB, None)])
    [node] = fleet.nodes
    assert node.content.before == Tally(images=2, alone=125_000_000, together=75_000_000)
    assert node.content.after == Tally(images=2, alone=143_000_000, together=73_000_000)
    assert [each.before is None for each in fleet.images] == [False, True, False]
    assert [each.after is None for each in fleet.images] == [False, False, True]


def test_failed_and_incomparable_images_are_counted_out() -> None:
    failed = ImageReport(name="x", platform=None, failure=Failure(stage="build", message="no"))
    other = replace(JOB, measure=Fingerprint(measure="content/2"))
    fleet = fleet_of([*unchanged(API, WEB), failed, row(other, JOB)])
    assert fleet.nodes[0].content.after
    assert fleet.nodes[0].content.after.images == 2


def test_each_image_has_its_own_bytes_and_shared_ones() -> None:
    parts = {each.name: each.after for each in after(*FLEET).images}
    assert parts == {
        "api": Part(unique=1_000_000, shared=70_000_000),
        "web": Part(unique=2_000_000, shared=70_000_000),
        "job": Part(unique=4_000_000, shared=50_000_000),
    }


def test_what_is_shared_is_told_with_who_shares_it() -> None:
    assert after(*FLEET).shared == (
        SharedLayers(
            platform="linux/amd64",
            base="debian",
            layers=1,
            content_size=50_000_000,
            images=("api", "web", "job"),
        ),
        SharedLayers(
            platform="linux/amd64", base=None, layers=1, content_size=20_000_000, images=("api", "web")
        ),
    )


def test_an_image_that_others_are_built_on_is_shared_whole() -> None:
    fleet = after(image("base", BASE, PYTHON), API)
    assert [(each.layers, each.images) for each in fleet.shared] == [(2, ("base", "api"))]


def test_platforms_are_nodes_of_their_own_and_one_registry() -> None:
    there = [replace(each, platform="linux/arm64") for each in FLEET[:2]]
    fleet = after(*FLEET, *there)
    assert [node.platform for node in fleet.nodes] == ["linux/amd64", "linux/arm64"]
    assert [node.content.after and node.content.after.images for node in fleet.nodes] == [3, 2]
    assert {each.platform for each in fleet.shared} == {"linux/amd64", "linux/arm64"}


def test_the_sentence_tells_the_node_and_what_sharing_saves() -> None:
    assert sentence(new(*FLEET)) == (
        "With shared layers counted once, the 3 images take 77.0 MB (197 MB by themselves) on a node."
    )


def test_the_sentence_tells_the_change_and_the_registry() -> None:
    before = [image(name, measured(1, 50_000_000, 20_000_000)) for name in "ab"]
    now = [
        replace(
            image(name, measured(1, 50_000_000, 20_000_000), measured(number, 5_000_000, 1_000_000)),
            measure=Fingerprint(compressor="isal-2 corrected/1"),
        )
        for number, name in enumerate("ab", start=5)
    ]
    rows = [row(old, new) for old, new in zip(before, now, strict=True)]
    assert sentence(rows) == (
        "With shared layers counted once, the 2 images take 60.0 MB (+10.0 MB, +20.0 %; 110 MB by "
        "themselves) on a node and about 22.0 MB (+2.00 MB, +10.0 %) in a registry."
    )


def test_the_sentence_names_platforms_where_there_are_several() -> None:
    there = [replace(each, platform="linux/arm64") for each in FLEET]
    told = sentence(new(*FLEET, *there))
    assert "on a linux/amd64 node and the 3 images take 77.0 MB" in told
    assert told.endswith("on a linux/arm64 node.")


def test_one_image_and_images_that_share_nothing_say_nothing() -> None:
    assert fleet_sentence(fleet_of(new(API))) is None
    assert sentence(new(image("a", layer(1, 10)), image("b", layer(2, 10)))) == ""
    assert fleet_sentence(fleet_of([])) is None


def test_where_nothing_changed_it_says_nothing() -> None:
    assert fleet_sentence(after(*FLEET)) is None


def of(rows: list[ImageReport]) -> Report:
    return replace(report("image x\n 1 MB RUN x"), images=tuple(rows))


def test_comment_summary_and_terminal_have_the_sentence_once() -> None:
    told = of(new(*FLEET))
    for text in (render_comment(told), render_summary(told), render_text(told, width=10_000)):
        assert text.count("With shared layers counted once, the 3 images") == 1
    alone = of(new(API))
    for text in (render_comment(alone), render_summary(alone), render_text(alone)):
        assert "counted once" not in text


def test_json_has_the_accounts_and_readers_compute_them_anew() -> None:
    document = json.loads(to_json(of(unchanged(*FLEET))))
    assert document["fleet"]["nodes"][0]["content"]["after"] == {
        "images": 3,
        "alone": 197_000_000,
        "together": 77_000_000,
    }
    document["fleet"] = "forged"
    assert from_json(json.dumps(document)) == of(unchanged(*FLEET))


def test_merged_legs_are_one_fleet() -> None:
    legs = [Leg(name, of(unchanged(each))) for name, each in zip("abc", FLEET, strict=True)]
    merged = merge_reports(legs, enforced=True)
    assert fleet_of(merged.images) == after(*FLEET)


@given(reports)
@settings(max_examples=60)
def test_any_report_has_a_fleet_that_adds_up(any_report: Report) -> None:
    fleet, summary = fleet_of(any_report.images), summarize(any_report)
    for side, total in (("before", summary.total_before), ("after", summary.total_after)):
        tallies = [getattr(node.content, side) for node in fleet.nodes]
        assert sum(tally.alone for tally in tallies) == total
        assert all(tally.together <= tally.alone for tally in tallies)
        parts = [getattr(each, side) for each in fleet.images]
        assert sum(part.unique + part.shared for part in parts if part) == total
    assert all(len(each.images) > 1 for each in fleet.shared)
    render_html(any_report)

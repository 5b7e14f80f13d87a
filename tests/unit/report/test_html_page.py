"""What the HTML report is told, and that the file needs nothing and lets nothing out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.layers import file, layer, whiteout
from support.report_cases import NAMES, case
from support.report_strategies import reports
from support.reports import report

from bloatcheck.analysis.contents import (
    Cause,
    Contents,
    FileSize,
    HiddenFile,
    LayerContents,
    PackageSize,
    Share,
)
from bloatcheck.analysis.folders import fold
from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.analysis.tree import Hiding
from bloatcheck.errors import Place
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.report.html import Sight, Sights, render_html
from bloatcheck.report.html.page import items_for, page
from bloatcheck.report.model import Report

ONE = """
    image api
        10 MB          FROM debian   @ Dockerfile:1
        1 kB -> 3 kB   COPY . .      @ Dockerfile:2
        - -> 2 kB      RUN make      @ Dockerfile:3
"""


def told(html: str) -> Any:
    """The data of the page, as its script reads it."""
    packed = re.search(r'id="data">"([A-Za-z0-9+/=]+)"</script>', html)
    assert packed
    return json.loads(zlib.decompress(base64.b64decode(packed[1])))


def test_a_figure_of_a_sentence_stays_with_its_unit_and_after_its_name() -> None:
    text = 'image "שלום" linux/amd64\n limit content-growth fail 1 MB\n 10 MB -> 12 MB COPY . .'
    shown: Any = page(report(text), {})
    assert shown["headline"].startswith("שלום\N{LEFT-TO-RIGHT MARK} grew by 2.00\N{NO-BREAK SPACE}MB")
    assert "grew by 2.00\N{NO-BREAK SPACE}MB" in shown["images"][0]["troubles"][0]["text"]


def test_a_failed_build_has_the_builders_own_reason_beside_its_line() -> None:
    shown: Any = page(case("build_failed"), {})
    failure = shown["images"][0]["failure"]
    assert failure["reason"] == "Unable to locate package libfoo2"
    assert (failure["place"]["file"], failure["place"]["line"]) == ("Dockerfile", 5)


def image_of(*layers: LayerIndex) -> Sight:
    return Sight(after=fold(take_inventory(layers)))


def seen(
    before: tuple[LayerIndex, ...], after: tuple[LayerIndex, ...], dockerfile: str | None = None
) -> Sights:
    return {
        ("api", "linux/amd64"): Sight(
            before=fold(take_inventory(before)), after=fold(take_inventory(after)), dockerfile=dockerfile
        )
    }


def nodes(drawing: Any) -> list[tuple[str, int, int, int]]:
    """(path, bytes before, bytes after, layer) of everything but folders."""
    was = dict(map(tuple, drawing["was"] or ()))
    path: list[str] = []
    found = []
    for index, depth in enumerate(drawing["depth"]):
        path = [*path[:depth], drawing["name"][index]]
        if drawing["files"][index]:
            size = drawing["size"][index]
            found.append(("/".join(path), was.get(index, size), size, drawing["layer"][index]))
    return found


_sizes = st.integers(0, 10**18 - 1)
_layers = st.integers(0, 4)


@st.composite
def _contents(draw: st.DrawFn) -> Contents:
    shares = st.lists(
        st.builds(Share, cause=st.sampled_from(Cause), manager=st.sampled_from([None, "deb"]), size=_sizes),
        max_size=3,
    ).map(tuple)
    return Contents(
        shares=draw(shares),
        wasted=draw(_sizes),
        packages=draw(
            st.lists(
                st.builds(
                    PackageSize,
                    manager=st.sampled_from(["deb", "npm"]),
                    name=st.sampled_from(["a", "b"]),
                    version=st.just("1"),
                    size=_sizes,
                    layer=st.none() | _layers,
                ),
                max_size=3,
            ).map(tuple)
        ),
        files=draw(
            st.lists(
                st.builds(FileSize, path=st.text(max_size=9), size=_sizes, layer=st.none() | _layers),
                max_size=3,
            ).map(tuple)
        ),
        hidden=draw(
            st.lists(
                st.builds(
                    HiddenFile,
                    path=st.text(max_size=9),
                    size=_sizes,
                    layer=_layers,
                    by=_layers,
                    how=st.sampled_from(Hiding),
                ),
                max_size=3,
            ).map(tuple)
        ),
        layers=draw(st.lists(st.builds(LayerContents, shares=shares, deleted=_sizes), max_size=4).map(tuple)),
    )


class TestDrawing:
    def test_it_has_both_sizes_of_every_file(self) -> None:
        old = (layer(file("lib/c", 10)), layer(file("app/a", 3), file("app/b", 4)))
        new = (
            layer(file("lib/c", 10)),
            layer(file("app/a", 5)),
            layer(file("app/new", 6), whiteout("app/z")),
        )
        [image] = told(render_html(report(ONE), seen(old, new)))["images"]
        assert nodes(image["drawing"]) == [
            ("app/a", 3, 5, 1),
            ("app/b", 4, 0, 1),
            ("app/new", 0, 6, 2),
            ("lib/c", 10, 10, 0),
        ]

    def test_without_the_image_before_it_has_one_size(self) -> None:
        sights = {("api", "linux/amd64"): image_of(layer(file("a", 1)), layer(file("b", 2)))}
        [image] = told(render_html(report(ONE), sights))["images"]
        assert image["drawing"]["was"] is None

    def test_without_any_list_of_files_it_is_made_of_what_the_report_has(self) -> None:
        before = take_inventory([layer(file("lib/c", 10)), layer(file("app/a", 3))]).contents
        after = take_inventory([layer(file("lib/c", 10)), layer(file("app/a", 5), file("app/b", 1))]).contents
        whole = report("image api\n 10 B FROM debian\n 3 B -> 6 B COPY . .")
        [row] = whole.images
        assert row.diff
        assert row.diff.before
        assert row.diff.after
        diff = replace(
            row.diff,
            before=replace(row.diff.before, contents=before),
            after=replace(row.diff.after, contents=after),
        )
        [image] = told(render_html(replace(whole, images=(replace(row, diff=diff),))))["images"]
        assert not image["drawing"]["listed"]
        assert nodes(image["drawing"]) == [("app/a", 3, 5, 1), ("app/b", 0, 1, 1), ("lib/c", 10, 10, 0)]

    def test_many_images_share_what_one_may_have(self) -> None:
        assert items_for(1) == 40_000
        assert items_for(40) == 1_000
        assert items_for(5000) == 200


class TestPage:
    @pytest.mark.parametrize("name", NAMES)
    def test_every_report_has_its_page(self, name: str) -> None:
        whole = case(name)
        data = told(render_html(whole))
        assert len(data["images"]) == len(whole.images)
        assert data["outcome"] == whole.outcome.value

    @settings(max_examples=25, deadline=None)
    @given(reports)
    def test_any_report_has_its_page_and_no_foreign_markup(self, whole: Report) -> None:
        html = render_html(whole)
        assert html.count("<script") == html.count("</script>") == 2
        assert len(told(html)["images"]) == len(whole.images)

    @settings(max_examples=25, deadline=None)
    @given(_contents(), _contents())
    def test_contents_that_contradict_the_layers_do_no_harm(self, old: Contents, new: Contents) -> None:
        """As a report that someone made up has them."""
        whole = report("image api\n 10 B FROM debian\n 3 B -> 6 B COPY . .")
        [row] = whole.images
        assert row.diff
        assert row.diff.before
        assert row.diff.after
        before, after = replace(row.diff.before, contents=old), replace(row.diff.after, contents=new)
        diff = replace(row.diff, before=before, after=after)
        [image] = told(render_html(replace(whole, images=(replace(row, diff=diff),))))["images"]
        for _, was, size, layer_number in nodes(image["drawing"]) if image["drawing"] else ():
            assert was >= 0
            assert size >= 0
            assert -1 <= layer_number < 2

    def test_sizes_are_those_of_the_report(self) -> None:
        whole = case("explained")
        for image in whole.images:
            [shown] = [each for each in told(render_html(whole))["images"] if each["name"] == image.name]
            assert image.diff
            assert image.diff.after
            assert shown["after"] == image.diff.after.content_size
            assert sum(each["after"] or 0 for each in shown["layers"]) == shown["after"]
            assert shown["delta"] == image.diff.delta

    def test_links_are_only_the_forges_and_the_documentations(self) -> None:
        urls = list(addresses(page(case("hostile_names"), {})))
        assert urls
        for url in urls:
            assert url.startswith(
                ("https://github.com/octo/shop/", "https://github.com/bloatcheck/bloatcheck/")
            )

    def test_the_dockerfile_stands_beside_the_layers(self) -> None:
        whole = report(ONE)
        rows = tuple(replace(row, dockerfile="Dockerfile") for row in whole.images)
        sights = seen((), (), dockerfile="FROM debian\r\n\tRUN \x1b[31mred\u202e\n")
        [image] = told(render_html(replace(whole, images=rows), sights))["images"]
        assert image["dockerfile"]["lines"] == ["FROM debian", "    RUN red\N{REPLACEMENT CHARACTER}"]


class TestFile:
    @pytest.fixture
    def html(self) -> str:
        return render_html(case("hostile_names"))

    def test_its_policy_names_its_own_script_and_style_and_nothing_else(self, html: str) -> None:
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
        assert policy
        rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#39;", "'").split(";"))
        [style] = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        [script] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        assert rules == {
            "default-src": "'none'",
            "script-src": hashed(script),
            "style-src": hashed(style),
            "base-uri": "'none'",
            "form-action": "'none'",
            "require-trusted-types-for": "'script'",
        }

    def test_nothing_in_it_is_fetched_or_inline(self, html: str) -> None:
        markup = re.sub(r"<(script|style)\b[^>]*>.*?</\1>", "", html, flags=re.DOTALL)
        assert not re.search(
            r"<(?:script|style|img|link|iframe|object|form)\b|\s(?:on\w+|style|src)\s*=", markup
        )

    def test_names_are_escaped_where_no_script_runs(self, html: str) -> None:
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html

    def test_the_librarys_licence_is_in_it(self, html: str) -> None:
        assert "Copyright 2010-2021 Mike Bostock" in html
        assert "THE SOFTWARE IS PROVIDED" in html

    def test_no_name_can_end_the_data(self) -> None:
        name = json.dumps("</script><script>alert(1)</script>")
        html = render_html(report(f"image {name}\n 1 kB COPY . ."))
        assert html.count("</script>") == 2
        assert told(html)["images"][0]["name"].startswith("</script>")

    def test_fifty_thousand_files_are_less_than_a_megabyte(self) -> None:
        files = [
            file(
                f"usr/lib/node_modules/pkg-{digits(number // 20)}/dist/{digits(number)}-{number % 97}.js",
                (number * 7919) % 90_000 + 1,
            )
            for number in range(50_000)
        ]
        changed = [file(each.path, each.size + 1) if n % 9 == 0 else each for n, each in enumerate(files)]
        sights = seen((layer(), layer(*files), layer()), (layer(), layer(*changed), layer()))
        html = render_html(report(ONE), sights)
        assert len(html.encode()) < 1_000_000
        [image] = told(html)["images"]
        assert sum(image["drawing"]["size"]) == sum(each.size for each in changed)


def digits(number: int) -> str:
    """Eight that don't compress."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:8]


def addresses(value: object) -> Iterator[str]:
    """Everything that the page makes a link of."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"url", "run"} and isinstance(inner, str):
                yield inner
            yield from addresses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from addresses(inner)


def hashed(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def test_a_report_without_images_has_a_page() -> None:
    whole: Report = replace(case("no_change"), images=())
    assert told(render_html(whole))["images"] == []


def test_every_script_is_read_by_an_engine_that_takes_no_mistakes() -> None:
    """As one, for they share their scope: a name that is given twice is a mistake too."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    html = render_html(case("no_change"))
    [script] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    checked = subprocess.run(
        [node, "--check", "-"], input=script, text=True, capture_output=True, timeout=30, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_no_script_makes_markup_or_reaches_out() -> None:
    home = Path(render_html.__globals__["__file__"]).with_name("js")
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|"
        r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\(|\bvar\b|console\."
    )
    for script in sorted(home.glob("*.js")):
        assert not forbidden.search(script.read_text()), script.name


def test_what_a_change_accepts_by_itself_is_shown() -> None:
    whole = report("image api\n limit content-growth fail 1 MB\n 1 MB -> 10 MB COPY . .")
    [row] = whole.images
    accepted = replace(row, findings=(), accepted=row.findings)
    [image] = told(render_html(replace(whole, images=(accepted,))))["images"]
    assert image["approvals"][0].startswith(
        "☑️ accepted with the baseline that this change writes: content-growth"
    )


def test_whose_rules_it_was_judged_by_is_told() -> None:
    assert told(render_html(replace(case("no_change"), judged_by_base=True)))["judged_by_base"]


def test_an_image_that_was_not_built_says_so() -> None:
    whole = report("image api\n 1 MB COPY . .")
    [row] = whole.images
    unbuilt = replace(row, unbuilt="inputs unchanged since 1a2b3c4d5e6f")
    [image] = told(render_html(replace(whole, images=(unbuilt,))))["images"]
    assert image["unbuilt"]
    assert image["verdict"] == "not built"
    assert image["approvals"] == ["Not built: inputs unchanged since 1a2b3c4"]


def test_a_layer_tells_whose_its_bytes_are() -> None:
    contents = take_inventory([layer(file("lib/c", 10)), layer(file("app/a", 6))], base_layers=1).contents
    whole = report("image api\n 10 B FROM debian\n 3 B -> 6 B COPY . .")
    [row] = whole.images
    assert row.diff
    assert row.diff.after
    diff = replace(row.diff, after=replace(row.diff.after, contents=contents))
    [image] = told(render_html(replace(whole, images=(replace(row, diff=diff),))))["images"]
    assert [each["causes"] for each in image["layers"]] == [{"base": 10}, {"own": 6}]


def test_a_changed_file_leads_to_the_line_that_made_it() -> None:
    files = (FileSize(path="srv/app", size=6, layer=1, made_at=Place("Dockerfile", 3)),)
    contents = replace(take_inventory([layer(), layer(file("srv/app", 6))]).contents, files=files)
    whole = report("image api\n 0 B FROM debian\n 3 B -> 6 B COPY . .")
    [row] = whole.images
    assert row.diff
    assert row.diff.before
    assert row.diff.after
    old = take_inventory([layer(), layer(file("srv/app", 3))]).contents
    diff = replace(
        row.diff,
        before=replace(row.diff.before, contents=old),
        after=replace(row.diff.after, contents=contents),
    )
    [image] = told(render_html(replace(whole, images=(replace(row, diff=diff),))))["images"]
    [shown] = image["files"]
    assert (shown["made"]["file"], shown["made"]["line"]) == ("Dockerfile", 3)

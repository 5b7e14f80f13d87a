"""Times the commands on repositories of 1 to 500 images, and writes the tables into docs/scale.md.

    python benchmarks/fleet.py [--runs N] [--most N] [--print]

The images are made, loaded into the engine as `bloatcheck-bench-fleet/*`, and removed again at the end.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

from fleet_images import MOST, REPOSITORY, Project, make_images
from images import CACHE, HERE
from measuring import Contestant, Figures, measure

DOCUMENT = HERE.parent / "docs/scale.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
COUNTS = (1, 10, 50, 100, MOST)
WITHIN_OR_BROKEN = (0, 1)


@dataclass(frozen=True)
class Measured:
    """A command; what it may take with the most images: seconds, and MiB where that is bounded too."""

    what: str
    seconds: float | None = None
    peak: float | None = None


COMMANDS = {
    "plan": Measured("`plan`", seconds=2),
    "first": Measured("`baseline update`: every image read from the engine, no layer known", seconds=10),
    "known": Measured("the same, every layer known", seconds=10),
    "run": Measured("`run`: read, compared, judged, rendered; every layer known"),
    "built": Measured("`baseline update` of the Dockerfiles: every image built, two at once"),
    "changed": Measured("`run` after one file changed: one image built, the others from the baseline"),
    "comment": Measured("a report for each image merged, and the comment", seconds=2, peak=300),
    "merge": Measured("`merge` of the same: comment, job summary, JSON and HTML", peak=300),
}
FILES = {
    "comment.md": ("comment", 65_536),
    "summary.md": ("job summary", 1 << 20),
    "report.html": ("HTML report", None),
    "report.json": ("JSON report", 64 << 20),
}


@dataclass(frozen=True)
class Size:
    """Everything measured with so many images: figures by command, bytes by file of the merged report."""

    images: int
    figures: dict[str, Figures]
    files: dict[str, int]


def at(images: int, home: Path, runs: int) -> Size:
    """Every command on a repository of so many images."""
    root = home / str(images)
    project = Project(root / "repository", images)
    project.write()
    cache, legs, merged = root / "cache", root / "legs", root / "merged"
    here = partial(_bloatcheck, cache=cache, folder=project.root)
    project.configure("before")
    figures = measure(
        {
            "first": here("baseline", "update", prepare=partial(shutil.rmtree, cache, ignore_errors=True)),
            "known": here("baseline", "update"),
        },
        runs=runs,
    )
    project.configure("after")
    figures |= measure({"run": here("run", "--report-dir", str(root / "report"))}, runs=runs)
    project.configure()
    project.commit()
    subprocess.run(_own("split", root / "report/report.json", legs), check=True)
    nowhere = root / "nowhere"
    nowhere.mkdir()
    merging = _bloatcheck("merge", str(legs), "--report-dir", str(merged), cache=cache, folder=nowhere)
    commenting = Contestant(_own("comment", legs))
    figures |= measure({"comment": commenting, "merge": merging}, runs=runs)
    try:
        figures |= measure({"built": here("baseline", "update", "--jobs", "2")}, runs=1)
        project.commit()
        project.change()
        changed = here("run", "--report-dir", str(root / "changed"))
        figures |= measure({"plan": here("plan"), "changed": changed}, runs=runs)
    finally:
        clean = [sys.executable, "-m", "bloatcheck", "clean", "--yes"]
        subprocess.run(clean, cwd=project.root, stdout=subprocess.DEVNULL, check=True)
    subprocess.run(_own("count_builds", root / "changed/report.json"), check=True)
    return Size(images, figures, {path.name: path.stat().st_size for path in merged.iterdir()})


def _bloatcheck(
    *arguments: str, cache: Path, folder: Path, prepare: Callable[[], None] = lambda: None
) -> Contestant:
    return Contestant(
        ["env", f"--chdir={folder}", sys.executable, "-m", "bloatcheck", *arguments],
        {"BLOATCHECK_CACHE": str(cache)},
        prepare,
        accepted=WITHIN_OR_BROKEN,
    )


def _own(function: str, *paths: Path) -> list[str]:
    """A function below, in a process of its own: this one is to stay small."""
    called = f"fleet.{function}({', '.join(repr(str(path)) for path in paths)})"
    return [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(HERE)!r}); import fleet; {called}"]


def split(report: str, legs: str) -> None:
    """One report for each image, as the legs of a matrix leave them."""
    from bloatcheck.report.document import from_json, to_json  # noqa: PLC0415 - see above

    whole = from_json(Path(report).read_bytes())
    for image in whole.images:
        folder = Path(legs) / image.name
        folder.mkdir(parents=True)
        (folder / "report.json").write_text(to_json(replace(whole, images=(image,))))


def count_builds(report: str) -> None:
    """Fails unless one image was built, and only one."""
    from bloatcheck.report.document import from_json  # noqa: PLC0415 - see above

    built = [image.name for image in from_json(Path(report).read_bytes()).images if not image.unbuilt]
    if len(built) != 1:
        sys.exit(f"one file changed, and {len(built)} images were built")


def comment(legs: str) -> None:
    """What `merge` does as far as the comment."""
    from bloatcheck.cli.merge import _legs  # noqa: PLC0415 - see above; the command's own reading
    from bloatcheck.report.markdown import render_comment  # noqa: PLC0415 - see above
    from bloatcheck.report.merge import merge_reports  # noqa: PLC0415 - see above

    render_comment(merge_reports(_legs([legs]), enforced=True))


@contextmanager
def loaded() -> Iterator[None]:
    """The images are in the engine."""
    print("loading the images", file=sys.stderr)
    subprocess.run(
        ["docker", "load", "--quiet", "--input", make_images()], stdout=subprocess.DEVNULL, check=True
    )
    try:
        yield
    finally:
        print("removing the images", file=sys.stderr)
        listing = ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}", f"{REPOSITORY}/*"]
        names = subprocess.run(listing, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        if names:
            subprocess.run(["docker", "rmi", *names], stdout=subprocess.DEVNULL, check=True)


# Tables ----------------------------------------------------------------------------------------------------


def tables(sizes: Sequence[Size], runs: int, load: float) -> str:
    head = f"| | {' | '.join(f'{size.images:,}' for size in sizes)} | aim |"
    rule = f"| --- |{' ---: |' * len(sizes)} --- |"
    clock = [
        _row(each.what, [_seconds(size.figures[key]) for size in sizes]) for key, each in COMMANDS.items()
    ]
    worked = [
        _row(
            each.what,
            [f"{size.figures[key].processor:.2f}" for size in sizes],
            _timely(each, sizes[-1].figures[key]),
        )
        for key, each in COMMANDS.items()
    ]
    peaks = [
        _row(
            each.what,
            [f"{size.figures[key].peak:.0f}" for size in sizes],
            _small(each, sizes[-1].figures[key]),
        )
        for key, each in COMMANDS.items()
    ]
    files = [
        _row(what, [f"{size.files[name]:,}" for size in sizes], _below(sizes[-1].files[name], most))
        for name, (what, most) in FILES.items()
    ]
    return "\n".join(
        [
            _machine(runs, load),
            *("Seconds of the processor:", "", head, rule, *worked, ""),
            *("Seconds by the clock:", "", head, rule, *clock, ""),
            *("Peak memory in MiB:", "", head, rule, *peaks, ""),
            *("Bytes of what `merge` writes:", "", head, rule, *files, ""),
        ]
    )


def _row(what: str, cells: Sequence[str], aim: str = "") -> str:
    return f"| {what} | {' | '.join(cells)} | {aim} |"


def _timely(each: Measured, figures: Figures) -> str:
    return f"< {each.seconds:g} s: {_verdict(met=figures.processor < each.seconds)}" if each.seconds else ""


def _small(each: Measured, figures: Figures) -> str:
    return f"< {each.peak:g}: {_verdict(met=figures.peak < each.peak)}" if each.peak else ""


def _below(size: int, most: int | None) -> str:
    return f"≤ {most:,}: {_verdict(met=size <= most)}" if most else ""


def _verdict(*, met: bool) -> str:
    return "met" if met else "**missed**"


def _seconds(figures: Figures) -> str:
    return f"{figures.seconds:.2f}"


def _machine(runs: int, load: float) -> str:
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    engine = subprocess.run(
        ["docker", "info", "--format", "Docker {{.ServerVersion}}, {{.Driver}}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d}: {cpu[1] if cpu else platform.processor()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {engine.stdout.strip()}. Medians of "
        f"{runs} runs; the load average was {load:.1f} at the start.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each process runs (3)")
    parser.add_argument("--most", type=int, default=MOST, help=f"images of the largest repository ({MOST})")
    parser.add_argument("--print", action="store_true", help="leave docs/scale.md as it is")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    with loaded(), tempfile.TemporaryDirectory(dir=CACHE) as home:
        sizes = []
        for images in (count for count in COUNTS if count <= args.most):
            print(f"{images} images", file=sys.stderr)
            sizes.append(at(images, Path(home), args.runs))
    told = tables(sizes, args.runs, load)
    if not args.print:
        before, after = DOCUMENT.read_text().split(BEGIN)[0], DOCUMENT.read_text().split(END)[1]
        DOCUMENT.write_text(f"{before}{BEGIN}\n\n{told}\n{END}{after}")
    print(told)


if __name__ == "__main__":
    main()

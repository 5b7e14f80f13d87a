"""`bloatcheck calibrate`: measures by how much images differ from one build to the next."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.model import LayerNoise
from bloatcheck.cli.chosen import add_image_option, load_chosen
from bloatcheck.cli.common import add_log_options, child_environment, log_for, width
from bloatcheck.cli.jobs import add_jobs_option, with_jobs
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.config.model import Config
from bloatcheck.errors import ExitCode, ReadError, UsageError
from bloatcheck.log import Log
from bloatcheck.report.columns import aligned
from bloatcheck.report.plain import harmless_line
from bloatcheck.units import format_bytes

_MOST_BUILDS = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Builds the images again and again from the same files, without the build cache, and writes by how much each
layer differs into the image's entry of the baseline. What differs by no more than that is silent from then
on: it is no change, makes no comment, and breaks no limit on growth. At a desk or in any CI; commit the
baseline then.
"""
    parser.epilog = """\
exit codes:
  0  measured, and written where it differs from what was known
  2  bad usage or configuration, or an image has no entry in the baseline yet
  3  an image could not be built or read; the others were measured

examples:
  bloatcheck calibrate                   every image that is built here
  bloatcheck calibrate --image 'api-*'   only these
  bloatcheck calibrate --builds 5        the more builds, the more of the noise is seen
"""
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, if there is one)"
    )
    add_image_option(parser)
    parser.add_argument(
        "--builds", metavar="N", type=int, default=2, help="how often each is built (default: 2)"
    )
    add_jobs_option(parser)
    parser.add_argument("--json", action="store_true", help="print what was measured as JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Builds, compares, writes."""
    from bloatcheck.baseline.store import read_work_tree, write_baseline
    from bloatcheck.config.load import is_named
    from bloatcheck.diff.noise_floor import noise_floor

    if not 2 <= args.builds <= _MOST_BUILDS:  # noqa: PLR2004 - one build differs from nothing
        raise UsageError(f"--builds {args.builds}: give 2 to {_MOST_BUILDS}")
    log = log_for(args)
    config = load_chosen(args, log=log, environment=child_environment())
    config = replace(config, images=tuple(image for image in config.images if image.build))
    config = with_jobs(config, args)
    if not config.images:
        raise UsageError("none of these images is built here, so nothing can be built twice")
    asked = [image for image in config.images if is_named(image.name, args.image)]
    _check_entries(config, [image.name for image in asked])
    builds = {
        key: snapshots
        for key, snapshots in _built(config, args.builds, log).items()
        if is_named(key[0], args.image)
    }
    floors = {key: noise_floor(snapshots) for key, snapshots in builds.items() if _are_alike(snapshots)}
    for name, _ in builds.keys() - floors.keys():
        log.warning(f"{name}: two builds of it have other instructions, so nothing can be said")
    # Read again, since another run may have written its images meanwhile.
    before = read_work_tree(config.root, config.baseline.path)
    entries = [
        replace(entry, noise=floors[entry.key]) if entry.key in floors else entry for entry in before.entries
    ]
    written = write_baseline(config.root, config.baseline.path, entries)
    if args.json:
        tell_json(json.dumps(_document(builds, floors, written), indent=2))
    else:
        tell(_told(builds, floors, written, columns=width()))
    return ExitCode.OK if len(floors) == len(asked) else ExitCode.UNREADABLE


_Key = tuple[str, str]


def _check_entries(config: Config, names: Iterable[str]) -> None:
    """Before anything is built: there must be a place to write to."""
    from bloatcheck.baseline.store import read_work_tree

    known = {entry.snapshot.name for entry in read_work_tree(config.root, config.baseline.path).entries}
    missing = [name for name in dict.fromkeys(names) if name not in known]
    if missing:
        raise UsageError(
            f"{', '.join(missing[:10])}: no entry in {config.baseline.path} to keep the noise in",
            hint="make one first: bloatcheck baseline update",
        )


def _built(config: Config, times: int, log: Log) -> dict[_Key, list[ImageSnapshot]]:
    """The snapshots of every image that could be built and read each time."""
    from bloatcheck import pipeline

    found: dict[_Key, list[ImageSnapshot]] = {}
    for number in range(1, times + 1):
        log.info(f"build {number} of {times}, without the cache")
        for result in pipeline.measure(config, log=log, environment=child_environment(), fresh=True):
            if isinstance(result, pipeline.Measured):
                key = (result.snapshot.name, result.snapshot.platform)
                found.setdefault(key, []).append(result.snapshot)
            elif isinstance(result, pipeline.Unmeasured):
                failure = result.failure
                log.warning(f"{result.spec.name}: {failure.told}", place=failure.place)
    whole = {key: snapshots for key, snapshots in found.items() if len(snapshots) == times}
    if not whole:
        raise ReadError("no image could be measured", hint="the warnings above say why, image by image")
    return whole


def _are_alike(builds: Sequence[ImageSnapshot]) -> bool:
    """Somebody may have edited the Dockerfile meanwhile."""
    return len({tuple(layer.instruction for layer in build.layers) for build in builds}) == 1


def _document(
    builds: dict[_Key, list[ImageSnapshot]],
    floors: dict[_Key, tuple[LayerNoise, ...]],
    written: Sequence[str],
) -> dict[str, object]:
    from bloatcheck.diff.noise_floor import rebuilt_layers

    return {
        "written": list(written),
        "images": [
            {
                "name": name,
                "platform": platform,
                "builds": len(builds[name, platform]),
                "noise": sum(each.bytes for each in floor),
                "layers": [asdict(each) for each in floor],
                "layers_rebuilt": rebuilt_layers(builds[name, platform]),
            }
            for (name, platform), floor in floors.items()
        ],
    }


def _told(
    builds: dict[_Key, list[ImageSnapshot]],
    floors: dict[_Key, tuple[LayerNoise, ...]],
    written: Sequence[str],
    *,
    columns: int,
) -> str:
    from bloatcheck.diff.noise_floor import rebuilt_layers

    lines = []
    for key, floor in floors.items():
        snapshots = builds[key]
        name = harmless_line(f"{key[0]} on {key[1]}")
        rebuilt, count = rebuilt_layers(snapshots), len(snapshots[0].layers)
        anew = f"{rebuilt} of {count} layers have other bytes each time, so a pull downloads them anew"
        said = anew if rebuilt else "every layer is the same"
        if floor:
            total = format_bytes(sum(each.bytes for each in floor))
            lines.append(f"{name}: differs by up to {total} from build to build; {said}")
            rows = [(format_bytes(each.bytes), each.instruction) for each in floor]
            lines.append(aligned([("NOISE", "INSTRUCTION"), *rows], ">*", columns))
        else:
            lines.append(f"{name}: is the same size each time; {said}")
    files = ", ".join(map(harmless_line, written))
    lines.append(f"Written: {files}. Commit it to let it count." if written else "Nothing changed.")
    return "\n".join(lines)

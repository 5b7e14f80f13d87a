"""`bloatcheck clean`: what runs built and left in an engine or a storage, and away with it."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from bloatcheck.build.clean import OurImage, Outcome, Removal, Store, UsingContainer, list_ours, remove
from bloatcheck.build.clean_docker import DockerStore
from bloatcheck.build.clean_storage import ToolStore
from bloatcheck.build.containers_tool import ask_tool
from bloatcheck.cli.common import child_environment, this_repository
from bloatcheck.cli.stdout import put, tell, tell_json
from bloatcheck.errors import BuildError, ExitCode, ReadError
from bloatcheck.image.docker_daemon.docker_py import docker_client
from bloatcheck.report.plain import harmless_line
from bloatcheck.units import format_bytes

_ID_LENGTH = 12


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Lists the images that bloatcheck built for this repository, and with --yes removes them.

It looks in the docker engine, and in the storage that buildah and podman share, as far as they are here. An
image is known by the tag that a run gave it, bloatcheck.local/<repository>/<image>:<run>. The containers that
use an image are removed before it. An image that has other names too only loses ours, and its containers
stay. Volumes and docker's build cache stay.
"""
    parser.epilog = """\
exit codes:
  0  listed, or everything that was listed is gone
  3  something is still there (a container runs and --force was not given, or it was refused), or there was
     nothing to ask: no engine, buildah or podman

examples:
  bloatcheck clean                     what would be removed
  bloatcheck clean --yes               remove it; images of running containers stay
  bloatcheck clean --yes --force       remove it, running containers too
  bloatcheck clean --all-repositories  what runs of any repository left on this machine
"""
    parser.add_argument("--yes", action="store_true", help="remove what is listed")
    parser.add_argument("--force", action="store_true", help="with --yes: stop and remove running containers")
    parser.add_argument(
        "--all-repositories", action="store_true", help="not only what this repository's runs built"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def execute(args: argparse.Namespace) -> ExitCode:
    """Lists, removes, prints."""
    repository = None if args.all_repositories else this_repository()
    images: list[OurImage] = []
    removals: list[Removal] = []
    stores, unasked = _stores(child_environment())
    with ExitStack() as stack:
        for store in stores:
            stack.callback(store.close)
            found = list_ours(store, repository)
            images += found
            removals += [remove(store, image, force=args.force) for image in found] if args.yes else []
    if args.json:
        tell_json(render_json(images, removals))
    else:
        tell(render_text(images, removals, repository=repository, removing=args.yes).rstrip("\n"))
    for reason in unasked:
        put(sys.stderr, f"bloatcheck: not looked everywhere: {harmless_line(reason)}\n")
    left = any(removal.outcome in {Outcome.SKIPPED, Outcome.FAILED} for removal in removals)
    return ExitCode.UNREADABLE if left else ExitCode.OK


def _stores(environment: Mapping[str, str]) -> tuple[list[Store], list[str]]:
    """Where a run may have left something, and what of it could not be asked.

    Raises:
        ReadError: there is nothing to ask.
    """
    stores: list[Store] = []
    unasked: list[str] = []
    missing: ReadError | None = None
    try:
        client, _ = docker_client()
        stores.append(DockerStore(client))
    except ReadError as error:
        missing = error
        if shutil.which("docker"):
            unasked.append(error.message)
    # Both work in one storage, of which podman tells more.
    for program in ("podman", "buildah"):
        if shutil.which(program, path=environment.get("PATH")) is None:
            continue
        try:
            stores.append(ToolStore(ask_tool(program, environment), environment))
            break
        except BuildError as error:
            unasked.append(error.message)
    if missing and not stores:
        raise missing
    return stores, unasked


def render_text(
    images: Sequence[OurImage], removals: Sequence[Removal], *, repository: str | None, removing: bool
) -> str:
    """A table, then what became of it or how to have it removed."""
    whose = repository or "any repository"
    if not images:
        return f"There is no image here that a run for {harmless_line(whose)} built.\n"
    lines = [*_table([_HEADER, *(_row(image) for image in images)]), ""]
    lines += [line for removal in removals for line in _told(removal)] if removing else _announced(images)
    return "".join(f"{line}\n" for line in lines)


def _announced(images: Sequence[OurImage]) -> Iterator[str]:
    """What --yes would do."""
    for image in images:
        if image.is_shared:
            yield harmless_line(
                f"{_name(image)} has other names, and stays: {', '.join(image.other_references)}"
            )
        elif image.running:
            names = ", ".join(container.name for container in image.running)
            yield harmless_line(
                f"{_name(image)} stays unless --force is given, since a container runs: {names}"
            )
    going = [image for image in images if not image.is_shared]
    total = format_bytes(sum(image.engine_size for image in going))
    count = "1 image" if len(going) == 1 else f"{len(going)} images"
    yield f"Nothing was removed. To remove {count}, {total} with layers they share counted each time: --yes"


_HEADER = ("IMAGE", "REPOSITORY", "RUN", "IN", "ID", "SIZE", "CREATED (UTC)", "CONTAINERS")


def _row(image: OurImage) -> tuple[str, ...]:
    runs = [tag.run for tag in image.tags]
    return (
        ", ".join(sorted({tag.image_name for tag in image.tags})),
        ", ".join(sorted({tag.repository_name for tag in image.tags})),
        runs[0] if len(runs) == 1 else f"{runs[0]} and {len(runs) - 1} more",
        image.store,
        _short(image.image_id),
        format_bytes(image.engine_size),
        f"{image.created:%Y-%m-%d %H:%M}" if image.created else "?",
        ", ".join(f"{container.name} ({container.state})" for container in image.containers) or "none",
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[harmless_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _told(removal: Removal) -> Iterator[str]:
    """What --yes did."""
    name = _name(removal.image)
    for container in removal.removed_containers:
        yield harmless_line(f"removed container {container.name}, which used {name}")
    yield harmless_line(
        {
            Outcome.REMOVED: f"removed {name}",
            Outcome.UNTAGGED: f"took our tag off {name}: {removal.reason}",
            Outcome.SKIPPED: f"left {name}: {removal.reason}; --force stops and removes it",
            Outcome.FAILED: f"could not remove {name}: {removal.reason}",
        }[removal.outcome]
    )


def render_json(images: Sequence[OurImage], removals: Sequence[Removal]) -> str:
    """One object; `outcome` is null where nothing was tried."""
    became = {(removal.image.store, removal.image.image_id): removal for removal in removals}
    document = {
        "images": [_image_object(image, became.get((image.store, image.image_id))) for image in images]
    }
    return json.dumps(document, indent=2)


def _image_object(image: OurImage, removal: Removal | None) -> dict[str, Any]:
    return {
        "id": image.image_id,
        "store": image.store,
        "tags": [str(tag) for tag in image.tags],
        "other_references": list(image.other_references),
        "engine_size": image.engine_size,
        "created": _timestamp(image.created),
        "containers": [_container_object(container) for container in image.containers],
        "outcome": removal.outcome.value if removal else None,
        "reason": removal.reason or None if removal else None,
        "removed_containers": [one.container_id for one in removal.removed_containers] if removal else [],
    }


def _container_object(container: UsingContainer) -> dict[str, Any]:
    return {
        "id": container.container_id,
        "name": container.name,
        "state": container.state,
        "running": container.is_running,
    }


def _timestamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _name(image: OurImage) -> str:
    return f"{image.tags[0].image_name} ({_short(image.image_id)})"


def _short(image_id: str) -> str:
    return image_id.partition(":")[2][:_ID_LENGTH] or image_id[:_ID_LENGTH]

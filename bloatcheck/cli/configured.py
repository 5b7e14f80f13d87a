"""What the configuration's name of an image stands for on this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.build.ours import our_tag
from bloatcheck.build.prebuilt import PrebuiltBuilder
from bloatcheck.cli.common import child_environment, this_repository
from bloatcheck.config.grammar import IMAGE_NAME, MAX_NAME
from bloatcheck.config.load import FILE_NAMES, load_config
from bloatcheck.config.model import BuilderChoice, Config, ImageSpec
from bloatcheck.errors import ConfigError, NoEngineError, NotThereError, ReadError, UsageError
from bloatcheck.image.docker_daemon.engine import connect
from bloatcheck.image.platform_choice import own_platform
from bloatcheck.oci.platform import Platform
from bloatcheck.units import count

if TYPE_CHECKING:
    from bloatcheck.image.docker_daemon.inspection import Tagged

_ELSEWHERE = (
    "what buildah or podman built is in their own storage: `bloatcheck clean` lists its ID, "
    "and `buildah push ID docker-archive:FILE` makes a file that can be opened"
)


@dataclass(frozen=True, slots=True)
class Found:
    """An image to open, and what to tell of it: which one it is, of all that the name might have meant."""

    reference: str
    platform: Platform | None
    told: str


def can_be_configured(name: str) -> bool:
    """Whether an image may be listed by this name: one without a slash, colon, transport or digest."""
    return len(name) <= MAX_NAME and re.fullmatch(IMAGE_NAME, name) is not None


def find_configured(name: str, *, wanted: Platform | None, missing: NotThereError | NoEngineError) -> Found:
    """The image that the configuration lists by this name: what an earlier step made, or its newest build.

    Args:
        name: the image's, without a tag.
        wanted: for which platform; by default the only one, or this machine's of several.
        missing: why it is no image of the engine.

    Raises:
        UsageError: it is not listed for this platform.
        BuildError: the configuration's metadata file leads to no image.
        ReadError: it is not listed, not built, or the configuration is wrong.
    """
    config = _configuration(name, missing)
    specs = config.images
    spec = specs[0]
    own = own_platform()
    platforms = sought([each.platform for each in specs], wanted, own, name=name)
    if spec.prebuilt:
        made = PrebuiltBuilder(root=Path.cwd(), environment=child_environment()).build(spec)
        platform = wanted or (spec.platform if len(specs) == 1 else None)
        return Found(made.reference, platform, f"{name} is {made.reference}, as {spec.place} says")
    if isinstance(missing, NoEngineError):
        raise NoEngineError(missing.message, hint=f"{missing.hint}; {_ELSEWHERE}")
    found = _newest(spec, platforms)
    if not found:
        on = f" for {wanted}" if wanted else ""
        option = f" --platform {wanted}" if wanted else ""
        raise NotThereError(
            f"{missing.message}, and there is no build of this repository's image {name}{on}",
            # Without --all a run leaves out what didn't change since the baseline.
            hint=_ELSEWHERE
            if config.builder in (BuilderChoice.BUILDAH, BuilderChoice.PODMAN)
            else f"`bloatcheck run --all --image {name}{option}` builds it",
        )
    platform = chosen(found, platforms, own, name=name, wanted=wanted)
    build = found[platform]
    age = ago(datetime.now(timezone.utc) - build.at)
    return Found(
        f"docker-daemon:{build.name}", platform or wanted, f"{name} is the build of {age}, {build.name}"
    )


def _configuration(name: str, missing: NotThereError | NoEngineError) -> Config:
    """The configuration with the images of this name only: one for each platform that it is listed for."""
    root = Path.cwd()
    try:
        return load_config(root, image_globs=[escape(name)])
    except ConfigError as error:
        raise ReadError(
            f"{missing.message}, and the configuration, which may list it, is wrong",
            hint="`bloatcheck config check` tells what is wrong with it",
        ) from error
    except UsageError as error:
        if not any(os.path.lexists(root / file) for file in FILE_NAMES):
            raise missing from None
        hint = f"{error.hint}; of the engine: {missing.hint}" if error.hint else missing.hint
        raise ReadError(f"{missing.message}; in the configuration, {error.message}", hint=hint) from None


def sought(
    listed: Sequence[Platform | None], wanted: Platform | None, own: Platform, *, name: str
) -> list[Platform | None]:
    """The platforms whose builds are looked for, the best first; None is for a build for no named one.

    Raises:
        UsageError: the image is not listed for the one that is wanted.
    """
    if wanted is None:
        return list(listed)
    found: list[Platform | None] = [each for each in listed if each and each.answers(wanted)]
    if None in listed:
        # A run may have been for this one (`--platform`), and one that was for none was for this machine's.
        found += [wanted, None] if own.answers(wanted) else [wanted]
    if not found:
        raise UsageError(
            f"the image {name} is not listed for {wanted}", hint=f"it is for {', '.join(map(str, listed))}"
        )
    return found


def _newest(spec: ImageSpec, platforms: Sequence[Platform | None]) -> dict[Platform | None, Tagged]:
    """The newest build for each platform that there is one for."""
    repository = this_repository()
    found: dict[Platform | None, Tagged] = {}
    with closing(connect()) as engine:
        for platform in platforms:
            tag = our_tag(replace(spec, platform=platform), repository=repository, run_id="any")
            if newest := engine.last_tagged(tag.rpartition(":")[0]):
                found[platform] = newest
    return found


def chosen(
    found: Mapping[Platform | None, Tagged],
    platforms: Sequence[Platform | None],
    own: Platform,
    *,
    name: str,
    wanted: Platform | None = None,
) -> Platform | None:
    """For which platform the build is taken: the one that is wanted, the only one listed, or this machine's.

    Raises:
        NotThereError: there are builds, and none for this machine; the message says for which there are.
    """
    if wanted or len(platforms) == 1:
        return next(each for each in platforms if each in found)
    for platform in platforms:
        if platform in found and platform and platform.answers(own):
            return platform
    there = sorted(map(str, found))
    raise NotThereError(
        f"there are builds of {name} for {', '.join(there)}, and none for {own}, which this machine is",
        hint=f"choose one, for example --platform {there[0]}",
    )


def ago(age: timedelta) -> str:
    """`a moment ago`, `12 minutes ago`, `3 hours ago`, `2 days ago`."""
    minutes = age // timedelta(minutes=1)
    if minutes < 1:
        return "a moment ago"
    if minutes < _HOUR:
        return f"{count(minutes, 'minute')} ago"
    if minutes < _DAY:
        return f"{count(minutes // _HOUR, 'hour')} ago"
    return f"{count(minutes // _DAY, 'day')} ago"


_HOUR = 60
_DAY = 24 * _HOUR
"""Minutes."""

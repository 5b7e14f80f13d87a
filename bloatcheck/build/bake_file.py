"""The bake file that has every image of a run as a target. Pure but for asking what a path is.

https://docs.docker.com/build/bake/reference/
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.build.command import existing_paths
from bloatcheck.config.model import BuildSpec, BuildxSettings, ImageSpec

_TEMPLATE = re.compile(r"[$%](?=\{)")
"""What bake would fill in, in any text of its file; doubled, it is that text."""


@dataclass(frozen=True, slots=True)
class BakeTarget:
    """One image, and what it is called in the bake file. `tag` is ours."""

    name: str
    spec: ImageSpec
    build: BuildSpec
    tag: str


def target_names(specs: Sequence[ImageSpec]) -> list[str]:
    """A name for each, in the letters that bake allows."""
    names: list[str] = []
    for spec in specs:
        text = f"{spec.name}-{spec.platform}" if spec.platform else spec.name
        name = re.sub(r"[^A-Za-z0-9_-]", "-", text)
        while name in names:
            name += f"-{len(names)}"
        names.append(name)
    return names


def bake_file(
    targets: Sequence[BakeTarget], *, root: Path, environment: Mapping[str, str], buildx: BuildxSettings
) -> str:
    """The file's text. Bake is run in `root`.

    Raises:
        BuildError: a path that isn't there or leaves the repository.
    """
    document = {
        "group": {"default": {"targets": [target.name for target in targets]}},
        "target": {target.name: _target(target, root, environment, buildx) for target in targets},
    }
    return json.dumps(_literal(document))


def _target(
    target: BakeTarget, root: Path, environment: Mapping[str, str], buildx: BuildxSettings
) -> dict[str, object]:
    spec, build = target.spec, target.build
    dockerfile, context = existing_paths(spec, build, root)
    # One without a value is not asked for in the environment by bake: it says nothing then.
    arguments = {
        name: environment.get(name) if value is None else value for name, value in build.args.items()
    }
    written: dict[str, object] = {
        "context": context,
        "dockerfile": posixpath.relpath(dockerfile, context),
        "target": build.target,
        "args": {name: value for name, value in arguments.items() if value is not None},
        "secret": list(build.secrets),
        "tags": [target.tag, *spec.tags],
        "platforms": [str(spec.platform)] if spec.platform else [],
        "cache-from": list(buildx.cache_from),
        "cache-to": list(buildx.cache_to),
    }
    return {key: value for key, value in written.items() if value}


def _literal(value: object) -> object:
    """The same, with no text that bake would fill in."""
    if isinstance(value, str):
        return _TEMPLATE.sub(lambda match: match[0] * 2, value)
    if isinstance(value, Mapping):
        # Keys are filled in as well.
        return {_literal(key): _literal(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_literal(each) for each in value]
    return value

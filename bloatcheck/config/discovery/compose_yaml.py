"""Compose files read without compose: as much of their language as builds need."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bloatcheck.config.discovery.interpolate import interpolate

MAX_LENGTH = 256 * 1024
_MOST_MERGED = 10_000
_LONGEST_CHAIN = 10

_Service = Mapping[str, object]


class _Loader(yaml.SafeLoader):
    """Safe, with compose's own tags, and merges that can't grow without end."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MOST_MERGED:
            raise yaml.YAMLError("its merge keys hold too much")


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:  # noqa: ANN401 - whatever YAML holds
    """`!override` is the value itself, `!reset` none at all."""
    if suffix == "reset":
        return None
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type] # the third kind of node


_Loader.add_multi_constructor("!", _tagged)


def read_compose(path: Path) -> Mapping[str, object]:
    """A compose file.

    Raises:
        ValueError: it can't be read, or is no compose file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_LENGTH + 1)
        if len(content) > MAX_LENGTH:
            raise ValueError(f"it is longer than {MAX_LENGTH:,} B")
        document = yaml.load(content, _Loader)  # noqa: S506 - a safe one
    except (OSError, yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())[:300]) from error
    return _mapping(document)


def builds_of(document: Mapping[str, object], override: Mapping[str, object]) -> dict[str, _Service]:
    """Each service's `build` as a mapping, in the file's order, with what it extends and what overrides it.

    A service that extends one of another file has a key `extends`: what it would bring is not known here.
    """
    services, over = _mapping(document.get("services")), _mapping(override.get("services"))
    found: dict[str, _Service] = {}
    for name in (*services, *(name for name in over if name not in services)):
        build, elsewhere = _extended(services, str(name), 0)
        build = _merged(build, _build(_mapping(over.get(name))))
        platform = _mapping(over.get(name)).get("platform") or _mapping(services.get(name)).get("platform")
        if build and platform:
            # What a service runs on it is built for, unless its build says otherwise.
            build.setdefault("platforms", [platform])
        if build:
            found[str(name)] = {**build, "extends": True} if elsewhere else build
    return found


def filled(value: object, variables: Mapping[str, str]) -> object:
    """A scalar, list or mapping of a build, with its variables filled in.

    Raises:
        ValueError: see `interpolate`.
    """
    if isinstance(value, str):
        return interpolate(value, variables)
    if isinstance(value, list):
        return [filled(each, variables) if isinstance(each, str) else each for each in value]
    if isinstance(value, Mapping):
        return {
            key: interpolate(each, variables) if isinstance(each, str) else each
            for key, each in value.items()
        }
    return value


def dotenv(path: Path) -> dict[str, str]:
    """The variables of a `.env` file beside a compose file; none where there is none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = file.read(MAX_LENGTH).splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            value = value.strip()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
            found[name.strip()] = value[1:-1] if quoted else value.partition(" #")[0].rstrip()
    return found


def _extended(services: Mapping[str, object], name: str, depth: int) -> tuple[dict[str, object], bool]:
    service = _mapping(services.get(name))
    own, extends = _build(service), service.get("extends")
    if not extends or depth > _LONGEST_CHAIN:
        return own, False
    other = extends if isinstance(extends, str) else _mapping(extends).get("service")
    if isinstance(extends, Mapping) and extends.get("file"):
        return own, not own
    base, elsewhere = _extended(services, str(other), depth + 1)
    return _merged(base, own), elsewhere and not own


def _merged(base: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """As compose does it: arguments one by one, all else as a whole."""
    merged = {**base, **own}
    if "args" in base and "args" in own:
        merged["args"] = {**_arguments(base["args"]), **_arguments(own["args"])}
    return merged


def _arguments(value: object) -> Mapping[object, object]:
    if isinstance(value, list):
        pairs = [str(item).partition("=") for item in value]
        return {name: text if equals else None for name, equals, text in pairs}
    return value if isinstance(value, Mapping) else {}


def _build(service: Mapping[str, object]) -> dict[str, object]:
    build = service.get("build")
    if isinstance(build, str):
        return {"context": build}
    return {str(key): value for key, value in build.items()} if isinstance(build, Mapping) else {}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}

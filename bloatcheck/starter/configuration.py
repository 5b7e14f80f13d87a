"""The first configuration: what was found, with limits taken from what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import yaml

from bloatcheck.config.discovery.model import DOCKERFILE, Found
from bloatcheck.config.schema import SCHEMA_URL
from bloatcheck.errors import DOCUMENTATION
from bloatcheck.units import format_bytes

FILE = ".bloatcheck.yml"
_HEADROOM = 1.2
_LEAST_HEADROOM = 1_000_000

_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA_URL}
# What is checked, and what fails the job: {DOCUMENTATION}/configuration.md
# `bloatcheck config check` says what is wrong with this file, or what it asks for.
version: 1

# Paths start at the repository's root. `context` is where the paths of COPY start.
images:
"""
_TAIL = f"""
# For every image. A limit is broken by more than it says; `warn` only says so.
limits:
  content-growth:
    warn: {{bytes: 100 kB, percent: 1%, when: all}}
    fail: {{bytes: 1 MB, percent: 5%, when: all}}

# What pull requests are compared with. A run on the default branch keeps the file up to date.
# {DOCUMENTATION}/baseline.md
baseline:
  path: @BASELINE@
  renew: commit

# Growth that is accepted, up to a size, for a reason: `bloatcheck approve IMAGE --up-to SIZE --because TEXT`
# {DOCUMENTATION}/approvals.md
#approvals:
#  - image: @FIRST@
#    up-to: 500 MB
#    until: 2027-01-31
#    because: the new codecs need ffmpeg
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What an image holds now, in bytes and layers."""

    content_size: int
    layers: int


def first_configuration_text(
    images: Sequence[Found], measured: Mapping[str, Measurement], *, baseline: str, today: date
) -> str:
    """The whole file.

    Args:
        images: at least one.
        measured: what is known of them, by name; others get no limit of their own.
        baseline: the baseline's path.
        today: when it was measured.
    """
    entries = "\n".join(_image(image, measured.get(image.name), today) for image in images)
    tail = _TAIL.replace("@BASELINE@", _scalar(baseline)).replace("@FIRST@", _scalar(images[0].name))
    return f"{_HEAD}{entries}{tail}"


def _image(image: Found, known: Measurement | None, today: date) -> str:
    lines = [f"  - name: {_scalar(image.name)}"]
    if image.source != DOCKERFILE:
        lines[0] += f" # {image.source}"
    lines.append(f"    dockerfile: {_scalar(image.dockerfile)}")
    if image.context != ".":
        lines.append(f"    context: {_scalar(image.context)}")
    if image.target is not None:
        lines.append(f"    target: {_scalar(image.target)}")
    if len(image.platforms) == 1:
        lines.append(f"    platform: {_scalar(image.platforms[0])}")
    elif image.platforms:
        lines.append(f"    platforms: [{', '.join(map(_scalar, image.platforms))}]")
    lines += _block("args", image.args) + _block("secrets", image.secrets)
    if known and known.content_size:
        limit = format_bytes(_rounded_up(known.content_size))
        layers = "1 layer" if known.layers == 1 else f"{known.layers} layers"
        lines.append("    limits:")
        lines.append(
            f"      content: {limit} # it was {format_bytes(known.content_size)} in {layers} on {today}"
        )
    return "".join(f"{line}\n" for line in lines)


def _block(key: str, value: Mapping[str, str | None] | Sequence[str]) -> list[str]:
    """A key with a mapping or a list below it; nothing for an empty one."""
    if not value:
        return []
    plain = dict(value) if isinstance(value, Mapping) else list(value)
    text = yaml.safe_dump({key: plain}, allow_unicode=True, width=10**6, sort_keys=False)
    return [f"    {line}" for line in text.splitlines()]


def _rounded_up(size: int) -> int:
    """A fifth more, but a megabyte at least, at two digits."""
    wanted = max(int(size * _HEADROOM), size + _LEAST_HEADROOM)
    step = int(10 ** max(0, len(str(wanted)) - 2))
    return -(-wanted // step) * step


def _scalar(text: str) -> str:
    """Quoted where YAML would read something else."""
    return yaml.safe_dump({"x": text}, allow_unicode=True, width=10**6).rstrip("\n").removeprefix("x: ")

"""Without a list of images: the one Dockerfile at the repository's root."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from bloatcheck.config.checkout import Checkout
from bloatcheck.config.grammar import slug
from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.config.quote import quote
from bloatcheck.errors import UsageError

_DOCKERFILE = re.compile(
    r"(?:Dockerfile|Containerfile)(?:\.(?P<suffix>.+))?|(?P<prefix>.+)\.(?:[Dd]ockerfile|[Cc]ontainerfile)",
    re.DOTALL,
)


def dockerfile_words(name: str) -> str | None:
    """What a Dockerfile's name says beside that it is one: `dev` of `Dockerfile.dev`, often nothing.

    None for a file that is called otherwise.
    """
    match = _DOCKERFILE.fullmatch(name)
    if match is None or name.endswith(".dockerignore"):
        return None
    return match["suffix"] or match["prefix"] or ""


def discover_image(checkout: Checkout) -> ImageSpec:
    """The image of the only Dockerfile at the root, called after the root's folder.

    Raises:
        UsageError: there is none, or there are several; shows a configuration to begin with.
    """
    names = _dockerfiles(checkout)
    if len(names) == 1:
        return ImageSpec(name=_image_name(checkout.root), build=BuildSpec(dockerfile=names[0]))
    if names:
        raise UsageError(
            f"no list of images, and several Dockerfiles at the root: {', '.join(map(quote, names))}",
            hint="run `bloatcheck init`, or " + first_configuration(checkout.root, names),
        )
    raise UsageError(
        f"no list of images, and no Dockerfile or Containerfile in {quote(str(checkout.root))}",
        hint="run `bloatcheck init`, which looks for them in every folder, or "
        + first_configuration(checkout.root, ["path/to/Dockerfile"]),
    )


def _dockerfiles(checkout: Checkout) -> list[str]:
    try:
        return sorted(
            checkout.contained(path.name)
            for path in checkout.root.iterdir()
            if _DOCKERFILE.fullmatch(path.name) and not path.name.endswith(".dockerignore") and path.is_file()
        )
    except OSError as error:
        raise UsageError(f"{quote(str(checkout.root))} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(str(error), hint="keep the Dockerfile in the repository") from error


def first_configuration(root: Path, dockerfiles: Sequence[str]) -> str:
    """What to write into a first configuration file, and where."""
    names = [_image_name(root, dockerfile) for dockerfile in dockerfiles]
    if len(set(names)) < len(names):
        names = [slug(dockerfile) for dockerfile in dockerfiles]
    document = {
        "version": 1,
        "images": [
            {"name": name, "dockerfile": dockerfile}
            for name, dockerfile in zip(names, dockerfiles, strict=True)
        ],
        "limits": {"content-growth": "10 MB"},
    }
    lines = yaml.safe_dump(document, sort_keys=False, width=10_000).splitlines()
    return "write .bloatcheck.yml at the repository's root, for example\n" + "\n".join(
        f"    {line}" for line in lines
    )


def _image_name(root: Path, dockerfile: str = "Dockerfile") -> str:
    match = _DOCKERFILE.fullmatch(dockerfile)
    part = match and (match["suffix"] or match["prefix"])
    return slug(part or root.resolve().name)

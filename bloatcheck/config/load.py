"""From the configuration file, or the lack of one, to a `Config`; everything wrong is told at once."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import ValidationError

from bloatcheck.config.assemble import assemble, discovery_settings, for_platforms, images_of
from bloatcheck.config.checkout import Checkout
from bloatcheck.config.discover import discover_image, first_configuration
from bloatcheck.config.dive_ci import FILE_NAME as DIVE_CI
from bloatcheck.config.dive_ci import DiveRules, read_dive_ci
from bloatcheck.config.document import Document
from bloatcheck.config.explain import explain, nearest
from bloatcheck.config.fields import VERSION
from bloatcheck.config.grammar import slug
from bloatcheck.config.model import Config, ImageSpec
from bloatcheck.config.quote import quote
from bloatcheck.config.yaml_tree import Node, plain, read_tree
from bloatcheck.errors import BloatcheckError, ConfigError, Place, UsageError
from bloatcheck.oci.platform import Platform

FILE_NAMES = (".bloatcheck.yml", ".bloatcheck.yaml")
MAX_FILE_SIZE = 1 << 20
MAX_PROBLEMS = 50
_MOST_NOTES = 10
"""Of images that were left out, in a report; `bloatcheck images --discover` has them all."""

_Entries = Mapping[str, tuple[int, Node]]


def load_config(
    root: Path,
    *,
    path: str | None = None,
    image_globs: Sequence[str] = (),
    platforms: Sequence[Platform] = (),
) -> Config:
    """The configuration of the repository at `root`.

    Args:
        root: the repository's root, where all paths start.
        path: the configuration's file, from the root; None or empty for `.bloatcheck.yml` or
            `.bloatcheck.yaml`, and where neither is there, the defaults.
        image_globs: shell patterns (`api-*`); the images whose names match one are kept, and only their
            files need to be there.
        platforms: of the images that are listed for platforms, those for one of these are kept; the others
            are for each of these.

    Raises:
        ConfigError: the file is wrong; holds every problem.
        UsageError: there is no such file, no image, or nothing that a glob or a platform matches.
    """
    checkout = Checkout(root, wants=lambda name: is_named(name, image_globs))
    file = _file(checkout, path or None)
    if file is None:
        config = Config(root=root, images=(discover_image(checkout),))
    else:
        config = parse_config(_text(checkout, file), file, checkout)
    images = _on(_selected(config.images, image_globs), platforms)
    others = tuple(image for image in config.images if not is_named(image.name, image_globs))
    return replace(config, images=images, others=_for(others, platforms), dive=_dive_rules(checkout))


def configuration_here(root: Path, *, path: str | None = None) -> Config | None:
    """The configuration, as `load_config`; None where no file is named and none is there.

    For what is done with reports, for which there need be no checkout at all.
    """
    there = path or any(os.path.lexists(root / name) for name in FILE_NAMES)
    return load_config(root, path=path) if there else None


def parse_config(text: str, file: str, checkout: Checkout, *, rules_only: bool = False) -> Config:
    """Reads a configuration's text.

    Args:
        text: YAML.
        file: where it stands, from the repository's root.
        checkout: where the files that it names are looked for.
        rules_only: look for no file, and find no image where it lists none.

    Raises:
        ConfigError: holds every problem.
        UsageError: it lists no images, and there is no single Dockerfile either.
    """
    tree, unread = read_tree(text, file)
    if tree is None:
        raise _wrong(file, "the file is empty", first_configuration(checkout.root, ["Dockerfile"]))
    if not isinstance(tree.value, Mapping):
        raise _wrong(
            file,
            "the file is no mapping of keys to values",
            first_configuration(checkout.root, ["Dockerfile"]),
        )
    _check_version(tree.value, file)
    problems = [*unread, *_repeated_names(tree.value, file), *_unknown_approved(tree.value, file)]
    try:
        document = Document.model_validate(plain(tree), context=None if rules_only else checkout)
    except ValidationError as error:
        problems += explain(error, tree, file)
    if problems:
        raise _all_wrong(problems)
    found, notes = ((), ()) if rules_only else _found(document, checkout)
    return assemble(
        document,
        root=checkout.root,
        file=file,
        places={name: Place(file, line) for line, name in _names(tree.value)},
        approved_at=[Place(file, line) for line, _ in _approvals(tree.value)],
        found=found,
        notes=notes,
    )


def _found(document: Document, checkout: Checkout) -> tuple[tuple[ImageSpec, ...], tuple[str, ...]]:
    """Images that the file doesn't list: what it lets look for, or the only Dockerfile; and notes."""
    if document.discover is None:
        return () if document.images else (discover_image(checkout),), ()
    # What finds them starts programs, and few configurations let look for anything.
    from bloatcheck.config.discovery.find import discover, found_of, specs_of  # noqa: PLC0415 - see above

    listed = [image for entry in document.images or () for image in images_of(entry)]
    discovery = discover(
        checkout.root,
        os.environ,
        discovery_settings(document),
        known=[found for spec in listed if (found := found_of(spec))],
        taken={spec.name for spec in listed},
    )
    if not discovery.images and not listed:
        raise UsageError(
            "`discover` finds no image here, and none is listed",
            hint="`bloatcheck images --discover` shows all that there are, and what was left out and why",
        )
    more = len(discovery.notes) - _MOST_NOTES
    notes = (*discovery.notes[:_MOST_NOTES], f"{more} more were left out") if more > 0 else discovery.notes
    return tuple(spec for found in discovery.images for spec in specs_of(found)), notes


def rules_of(text: str, file: str, root: Path) -> Config:
    """A configuration as another commit has it. What lies in the work tree has no say in it.

    Raises:
        ConfigError: holds every problem.
    """
    return parse_config(text, file, Checkout(root, wants=lambda _: False), rules_only=True)


# The file --------------------------------------------------------------------------------------------------


def _dive_rules(checkout: Checkout) -> DiveRules | None:
    """The rules of `.dive-ci`, which dive looks for where it is started; None where there is no such file."""
    if not os.path.lexists(checkout.root / DIVE_CI):
        return None
    return read_dive_ci(_text(checkout, DIVE_CI), DIVE_CI)


def _file(checkout: Checkout, path: str | None) -> str | None:
    if path is not None:
        return _inside(checkout, path)
    there = [name for name in FILE_NAMES if os.path.lexists(checkout.root / name)]
    if len(there) > 1:
        raise UsageError(f"{' and '.join(there)} are both there", hint="keep one of them")
    return there[0] if there else None


def _inside(checkout: Checkout, path: str) -> str:
    root = checkout.root.absolute()
    file = os.path.relpath(root / path, root)
    if file == ".." or file.startswith("../"):
        raise UsageError(
            f"the configuration {quote(path)} is outside of the repository {quote(str(root))}",
            hint="paths start at the repository's root, for example --config ci/bloatcheck.yml",
        )
    return file


def _text(checkout: Checkout, file: str) -> str:
    content = _content(checkout, file)
    if len(content) > MAX_FILE_SIZE:
        raise _wrong(file, f"is larger than {MAX_FILE_SIZE:,} bytes", "check that it is a configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8: the byte 0x{content[error.start]:02x}"
        raise _wrong(file, message, "save the file as UTF-8", line) from error


def _content(checkout: Checkout, file: str) -> bytes:
    """At most one byte more than is allowed. A device or a pipe is not opened: it might never end."""
    try:
        path = checkout.root / checkout.contained(file)
        if not stat.S_ISREG(path.stat().st_mode):
            raise _wrong(file, "is not a file", "name a YAML file")
        with path.open("rb") as stream:
            return stream.read(MAX_FILE_SIZE + 1)
    except FileNotFoundError as error:
        raise UsageError(
            f"there is no configuration {quote(file)} in {quote(str(checkout.root))}",
            hint="paths start at the repository's root; without --config, .bloatcheck.yml is read",
        ) from error
    except OSError as error:
        raise _wrong(
            file, f"can't be read: {error.strerror}", "check the path and its permissions"
        ) from error
    except ValueError as error:
        raise _wrong(file, str(error), "keep the configuration in the repository") from error


# What the models don't see ---------------------------------------------------------------------------------


def _check_version(entries: _Entries, file: str) -> None:
    """A file of a newer version is not read at all: its other problems would not be real ones."""
    if "version" not in entries:
        return
    line, version = entries["version"][0], entries["version"][1].value
    if isinstance(version, str) and re.fullmatch("[0-9]{1,9}", version) and int(version) > VERSION:
        raise _wrong(
            file,
            f"version: {quote(version)} is newer than this bloatcheck, which reads version {VERSION}",
            f"update bloatcheck, or write `version: {VERSION}`",
            line,
        )


def _repeated_names(entries: _Entries, file: str) -> Iterator[UsageError]:
    first: dict[str, int] = {}
    for line, name in _names(entries):
        if name in first:
            yield UsageError(
                f"the name {quote(name)} is given to a second image; the first is on line {first[name]}",
                hint=f"give each its own, for example `name: {slug(name)}-2`",
                place=Place(file, line),
            )
        first.setdefault(name, line)


def _unknown_approved(entries: _Entries, file: str) -> Iterator[UsageError]:
    """Approvals of images that aren't listed: their sender would think that they hold."""
    names = [name for _, name in _names(entries)]
    for line, approval in _approvals(entries) if names and "discover" not in entries else ():
        if not isinstance(approval.value, Mapping) or "image" not in approval.value:
            continue
        name = approval.value["image"][1].value
        if isinstance(name, str) and name.strip() not in names:
            meant = nearest(name.strip(), names)
            guess = f", did you mean {quote(meant)}?" if meant else ""
            yield UsageError(
                f"approvals: no image is called {quote(name)}{guess}",
                hint=f"there are {_listed(names)}",
                place=Place(file, line),
            )


def _approvals(entries: _Entries) -> Iterator[tuple[int, Node]]:
    """Every approval, and the line of its list item."""
    approvals = entries["approvals"][1].value if "approvals" in entries else ()
    for approval in approvals if isinstance(approvals, tuple) else ():
        yield approval.line, approval


def _names(entries: _Entries) -> Iterator[tuple[int, str]]:
    """Every image's name, tidied as its field does it, and the line of its list item."""
    images = entries["images"][1].value if "images" in entries else ()
    for image in images if isinstance(images, tuple) else ():
        if isinstance(image.value, Mapping) and "name" in image.value:
            name = image.value["name"][1].value
            if isinstance(name, str):
                yield image.line, name.strip()


def _wrong(file: str, message: str, hint: str, line: int | None = None) -> ConfigError:
    return ConfigError((UsageError(message, hint=hint, place=Place(file, line)),))


def _all_wrong(problems: Sequence[BloatcheckError]) -> ConfigError:
    ordered = sorted(problems, key=lambda problem: (problem.place and problem.place.line) or 0)
    left_out = len(ordered) - MAX_PROBLEMS
    if left_out > 0:
        ordered = [*ordered[:MAX_PROBLEMS], UsageError(f"and {left_out} more problems")]
    return ConfigError(tuple(ordered))


# The images asked for --------------------------------------------------------------------------------------


def is_named(name: str, globs: Sequence[str]) -> bool:
    """Whether one of the shell patterns is for the image of this name; none is for all."""
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _selected(images: Sequence[ImageSpec], globs: Sequence[str]) -> tuple[ImageSpec, ...]:
    names = [image.name for image in images]
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in names):
            meant = nearest(glob, names)
            guess = f", did you mean {quote(meant)}?" if meant else ""
            raise UsageError(f"no image is called {quote(glob)}{guess}", hint=f"there are {_listed(names)}")
    return tuple(image for image in images if is_named(image.name, globs))


def _on(images: Sequence[ImageSpec], platforms: Sequence[Platform]) -> tuple[ImageSpec, ...]:
    kept = _for(images, platforms)
    if images and not kept:
        there = sorted({str(image.platform) for image in images})
        raise UsageError(
            f"no image is listed for {' or '.join(map(str, platforms))}",
            hint=f"there are {_listed(there)}",
        )
    return kept


def _for(images: Sequence[ImageSpec], platforms: Sequence[Platform]) -> tuple[ImageSpec, ...]:
    """Those for one of the platforms; an image that is listed for none is for each that is asked for."""
    wanted = list(dict.fromkeys(platforms))
    found: list[ImageSpec] = []
    for image in images:
        if image.platform is None:
            found += for_platforms(image, wanted)
        elif not wanted or any(image.platform.answers(each) for each in wanted):
            found.append(image)
    return tuple(found)


def _listed(names: Sequence[str], most: int = 20) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

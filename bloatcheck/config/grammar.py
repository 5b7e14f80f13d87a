"""What a name, a path, a reference may look like. Each function returns the text, tidied, or says why not."""

from __future__ import annotations

import csv
import posixpath
import re

from bloatcheck.config.quote import quote

MAX_NAME = 80
MAX_TEXT = 500
MAX_PATTERN = 200
MAX_STARS = 6
MAX_LABEL = 50
"""GitHub's own limit."""

IMAGE_NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
"""One path component of a repository name (OCI distribution-spec, "Pulling manifests").

So a name can stand in a tag, a file's name and a comment as it is.
"""
_HOST = r"(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?"
_TAGGED = rf"(?:{_HOST}/)?{IMAGE_NAME}(?:/{IMAGE_NAME})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?"
TAG = rf"^{_TAGGED}$"
_TRANSPORT = r"(?:docker-daemon:|docker-archive:|oci:|oci-archive:|docker://)\S.*"
"""Skopeo's names; what follows is for the transport's reader to judge."""
REFERENCE = rf"^(?:{_TRANSPORT}|{_TAGGED}(?:@sha256:[0-9a-f]{{64}})?)$"
ARGUMENT_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
TARGET = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
BUILDER = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
LOGIN = r"[A-Za-z0-9][A-Za-z0-9_.-]*(?:\[bot\])?"
COMMAND = r"/[a-z0-9-]+(?: [a-z0-9-]+){0,4}"
"""The first words of a comment that is meant for us."""
SINCE = r"last-release|[1-9][0-9]{0,3}d"
COMMENT_KEY = r"[A-Za-z0-9][A-Za-z0-9._/-]*"

_BRANCH = r"[A-Za-z0-9_][A-Za-z0-9._+-]*(?:/[A-Za-z0-9_][A-Za-z0-9._+-]*)*"
"""A part of what git allows (git check-ref-format), without what a shell, a URL or git reads otherwise."""

_CACHE_TYPES = ("azblob", "gha", "inline", "local", "registry", "s3")
_CACHE_FOLDERS = ("src", "dest")

_SECRET_KEYS = {"id", "src", "source", "env", "type"}


def one_line(text: str) -> str:
    """Text without line breaks and outer spaces, not empty, of at most 500 characters."""
    text = text.strip()
    if not text:
        raise ValueError("is empty")
    if len(text) > MAX_TEXT:
        raise ValueError(f"{quote(text)} is longer than {MAX_TEXT} characters")
    if len(text.splitlines()) > 1 or "\t" in text:
        raise ValueError(f"{quote(text)} is more than one line, or holds a tab")
    return text


def slug(text: str) -> str:
    """The image name nearest to any text; `image` where nothing is left."""
    words = re.findall(r"[a-z0-9]+", text.lower()[: 2 * MAX_NAME])
    return "-".join(words)[:MAX_NAME].strip("-") or "image"


def image_name(text: str) -> str:
    """An image's name."""
    text = one_line(text)
    if len(text) > MAX_NAME:
        raise ValueError(f"{quote(text)} is longer than {MAX_NAME} characters")
    if not re.fullmatch(IMAGE_NAME, text):
        raise ValueError(
            f"{quote(text)} is no image name: lower-case letters and digits, with single `.`, `_` or `-` "
            f"between them; for example {slug(text)}"
        )
    return text


def repository_path(text: str) -> str:
    """A path that stays inside the repository, tidied: `./docker//api` is `docker/api`."""
    text = one_line(text)
    if "://" in text:
        raise ValueError(f"{quote(text)} is a URL; only files of the repository can be used here")
    if text.startswith(("/", "~")):
        raise ValueError(f"{quote(text)} is not relative; paths start at the repository's root")
    if text.startswith("-"):
        raise ValueError(f"{quote(text)} begins with `-`, which the builder takes for an option")
    path = posixpath.normpath(text)
    if path == ".." or path.startswith("../"):
        raise ValueError(f"{quote(text)} leads out of the repository")
    return path


def baseline_path(text: str) -> str:
    """A file, or, with a slash at its end, a folder of one file per image."""
    path = repository_path(text)
    if path == ".":
        raise ValueError(
            f"{quote(text)} is the repository itself; name a file, or a folder with `/` at its end"
        )
    return f"{path}/" if text.strip().endswith("/") else path


def image_reference(text: str) -> str:
    """A reference as `docker run` takes it, or with a transport: `acme/api:ci`, `docker-archive:api.tar`."""
    return _reference(text, REFERENCE)


def published_image(reference: str, text: str) -> str:
    """A reference in a registry, `ghcr.io/acme/image:main`; `text` is what was written."""
    if not re.fullmatch(rf"{_TAGGED}(?:@sha256:[0-9a-f]{{64}})?", reference):
        raise ValueError(
            f"{quote(text)} is no image of a registry: registry/name[:tag] in lower case, with {{image}} for "
            "the image's name"
        )
    return reference


def branch_name(text: str) -> str:
    """A branch's name, without `refs/heads/`."""
    text = one_line(text)
    plain = re.fullmatch(_BRANCH, text) and ".." not in text
    if not plain or text.endswith((".lock", ".")) or ".lock/" in text or text == "HEAD":
        raise ValueError(f"{quote(text)} is no branch's name: letters, digits, `.`, `_`, `+`, `-` and `/`")
    return text


def image_tag(text: str) -> str:
    """A reference as `docker build --tag` takes it: without a digest."""
    return _reference(text, TAG)


def _reference(text: str, grammar: str) -> str:
    text = one_line(text)
    if "$" in text:
        raise ValueError(
            f"{quote(text)} holds a variable, and none is filled in here; tag the image with a fixed name, "
            "or take it from the builder's `metadata` file"
        )
    if not re.fullmatch(grammar, text):
        raise ValueError(
            f"{quote(text)} is no image reference: [registry/]name[:tag], the name in lower case"
        )
    return text


def build_secret(text: str) -> str:
    """A secret as `docker build --secret` takes it: comma-separated `key=value` with an `id`."""
    text = one_line(text)
    pairs = [field.partition("=") for field in next(csv.reader([text]), [])]
    keys = [key.strip().lower() for key, _, _ in pairs]
    if "id" not in keys or not set(keys) <= _SECRET_KEYS or not all(value for _, _, value in pairs):
        raise ValueError(f"{quote(text)} is no build secret: id=NAME,src=FILE or id=NAME,env=VARIABLE")
    return text


def build_cache(text: str) -> str:
    """A cache as buildx takes it: `type=gha,mode=max`, or an image.

    A local one stays in the repository: a pull request that could name any folder could write to it.
    """
    text = one_line(text)
    if "=" not in text:
        return image_reference(text)
    settings = dict[str, str]()
    for part in next(csv.reader([text]), []):
        key, equals, value = part.partition("=")
        if not equals:
            raise ValueError(
                f"{quote(text)} is no cache: key=value, with commas between, as type=gha,mode=max"
            )
        settings[key.strip().lower()] = value
    if settings.get("type") not in _CACHE_TYPES:
        raise ValueError(f"{quote(text)} has no `type` that buildx knows: {', '.join(_CACHE_TYPES)}")
    for key in _CACHE_FOLDERS:
        if key in settings:
            repository_path(settings[key])
    return text


def pattern(text: str) -> str:
    """A pattern of paths or names; few stars, so that matching it takes no long time.

    Raises:
        ValueError: empty, too long, with control characters, or with too many stars.
    """
    if not text.isprintable() or not text.strip("/ "):
        raise ValueError(f"not a pattern: {quote(text)}; for example .git or /root/.aws/**")
    if len(re.findall(r"\*+", text)) > MAX_STARS:
        raise ValueError(f"more than {MAX_STARS} stars in {quote(text)}; write several patterns")
    return text.strip()


def label(text: str) -> str:
    """A label's name."""
    text = one_line(text)
    if len(text) > MAX_LABEL:
        raise ValueError(f"{quote(text)} is longer than {MAX_LABEL} characters")
    return text


def matching(pattern: str, text: str, what: str) -> str:
    """Text that is one word of the given grammar."""
    text = one_line(text)
    if not re.fullmatch(pattern, text):
        raise ValueError(f"{quote(text)} is no {what}")
    return text

"""How an image is known to be built by us: by a tag of its repository and run, and by nothing inside it.

    bloatcheck.local/<repository>-<hash>/<image>-<hash>:<run>

A label would do, were it not part of the image's configuration: it would change the image that is measured.
The hashes keep apart what reads alike once it is squeezed into the characters a reference may have.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from bloatcheck.config.model import ImageSpec

DOMAIN = "bloatcheck.local"
"""No registry: such a tag can't be pushed or pulled by mistake."""

_SLUG_LENGTH = 40
_HASH_LENGTH = 12
_PLAIN_RUN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_HASHED_RUN = re.compile(rf".*\.[0-9a-f]{{{_HASH_LENGTH}}}")
_OUR_TAG = re.compile(
    rf"{re.escape(DOMAIN)}/(?P<repository>[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{{{_HASH_LENGTH}}})"
    rf"/(?P<image>[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{{{_HASH_LENGTH}}}):(?P<run>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, order=True)
class OurTag:
    """A tag that marks an image as ours. Each part is fit for a reference."""

    repository: str
    image: str
    run: str

    @classmethod
    def of(cls, *, repository: str, image: str, run: str) -> OurTag:
        """Made from any text: `github.com/acme/shop`, `api linux/amd64`, `8123-1-9f3c2a`.

        Different texts give different tags.
        """
        return cls(_name_of(repository), _name_of(image), _run_of(run))

    @classmethod
    def parse(cls, reference: str) -> OurTag | None:
        """Recognises a reference that `str` made; None for anybody else's."""
        match = _OUR_TAG.fullmatch(reference)
        return cls(match["repository"], match["image"], match["run"]) if match else None

    def belongs_to(self, repository: str) -> bool:
        """Whether a run of this repository made it."""
        return self.repository == _name_of(repository)

    @property
    def image_name(self) -> str:
        """The image's name, as far as a reference could keep it."""
        return self.image[: -_HASH_LENGTH - 1]

    @property
    def repository_name(self) -> str:
        """The repository's identity, as far as a reference could keep it."""
        return self.repository[: -_HASH_LENGTH - 1]

    def __str__(self) -> str:
        """The reference."""
        return f"{DOMAIN}/{self.repository}/{self.image}:{self.run}"


def our_tag(spec: ImageSpec, *, repository: str, run_id: str) -> str:
    """The tag of an image that a run builds; one for each of its platforms."""
    image = spec.name if spec.platform is None else f"{spec.name}\n{spec.platform}"
    return str(OurTag.of(repository=repository, image=image, run=run_id))


def new_run_id(number: int | None, attempt: int | None = None) -> str:
    """A run's id: CI's number and attempt, and a random part, since legs of a matrix share the number."""
    told = ["local"] if number is None else [str(number), str(attempt or 1)]
    return "-".join([*told, secrets.token_hex(4)])


def _name_of(text: str) -> str:
    slug = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:_SLUG_LENGTH].strip("-")
    return f"{slug or 'x'}-{_hash(text)}"


def _run_of(text: str) -> str:
    if _PLAIN_RUN.fullmatch(text) and not _HASHED_RUN.fullmatch(text):
        return text
    slug = re.sub(r"[^A-Za-z0-9_-]+", "-", text).lstrip("-")[:_SLUG_LENGTH] or "x"
    return f"{slug}.{_hash(text)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_HASH_LENGTH]

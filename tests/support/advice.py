"""Images for advice: built by an engine, looked at, built again with what was advised, and compared."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.docker_clients import debian_image
from support.engines import Engine, usual_engine
from support.recording_log import RecordingLog

from bloatcheck.analysis.advice import Advice, Facts, Program
from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.explain import Explained, Unwanted, explain
from bloatcheck.analysis.layer_cache import LayerCache, index_image
from bloatcheck.analysis.measure import DockerfileSource
from bloatcheck.analysis.packages import installed, owners
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.open import open_image
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.image_config import ImageConfig
from bloatcheck.oci.platform import Platform

CA = Path("/etc/ssl/certs/ca-certificates.crt")


def facts_of(
    *layers: LayerIndex,
    dockerfile: str = "",
    filled_by: Sequence[int] = (),
    programs: Mapping[str, Program] | None = None,
    **config: object,
) -> Facts:
    """Facts of layers that were written down. `filled_by`: each one's line in the Dockerfile, 0 for none."""
    tree = Tree(layers)
    packages = installed(tree)
    instructions = parse_dockerfile(dockerfile)
    return Facts(
        tree=tree,
        config=ImageConfig(platform=Platform("linux", "amd64"), **config),  # type: ignore[arg-type] # a test's own
        packages=packages,
        owners=owners(packages, tree),
        instructions=[[each for each in instructions if each.line == line] for line in filled_by],
        dockerfile=instructions,
        dockerfile_path="Dockerfile" if dockerfile else None,
        program=lambda path: (programs or {}).get(path.decode()),
    )


@dataclass
class Kitchen:
    """Builds images in one engine, on one base, and takes them away in the end."""

    engine: Engine
    base: str
    folder: Path
    cache: LayerCache
    tags: list[str] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)

    def build(self, dockerfile: str, context: Callable[[Path], None] | None, ignore: str = "") -> str:
        """An image of this Dockerfile; its tag."""
        tag = f"bloatcheck-test/advice:{uuid.uuid4().hex}"
        self.tags.append(tag)
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            root = Path(name)
            (root / "context").mkdir()
            if context:
                context(root / "context")
            if ignore:
                (root / "context/.dockerignore").write_text(ignore)
            (root / "Dockerfile").write_text(dockerfile)
            self.engine.docker(
                *("build", "--quiet", "--tag", tag, "--file", root / "Dockerfile"),
                *(("--secret", f"id=ca,src={CA}") if CA.exists() else ()),
                root / "context",
                DOCKER_BUILDKIT="1",
            )
        return tag

    def look(self, tag: str, dockerfile: str, unwanted: Collection[str] = ()) -> Explained:
        """All that is told of an image, read as users read it."""
        with closing(open_image(f"docker-daemon:{tag}", log=RecordingLog())) as image:
            return explain(
                image,
                index_image(image, self.cache, EXPLAIN),
                name="image",
                dockerfile=DockerfileSource(path="Dockerfile", text=dockerfile),
                unwanted=Unwanted(ids=unwanted),
            )

    def known(self, dockerfile: str, context: Callable[[Path], None] | None = None) -> str:
        """An image for others to stand on, built once."""
        if dockerfile not in self.bases:
            self.bases[dockerfile] = self.build(dockerfile.replace("{base}", self.base), context)
        return self.bases[dockerfile]


@contextmanager
def kitchen(folder: Path) -> Iterator[Kitchen]:
    """One in the usual engine, on Debian."""
    base = debian_image()
    cook = Kitchen(usual_engine(), base, folder, LayerCache(folder / "cache"))
    try:
        yield cook
    finally:
        if cook.tags:
            cook.engine.docker("image", "rm", "--force", *cook.tags)


@dataclass(frozen=True)
class Proof:
    """What was advised, and what following it came to.

    `advice` is more than one piece where one text to paste does what several say.
    """

    advice: Sequence[Advice]
    before: Explained
    after: Explained

    @property
    def promised(self) -> int | None:
        """Bytes that all of it saves together."""
        saves = [each.saves for each in self.advice]
        return sum(each or 0 for each in saves) if None not in saves else None

    @property
    def saved(self) -> int:
        """Bytes by which the image became smaller."""
        return self.before.snapshot.content_size - self.after.snapshot.content_size

    def holds(self, tolerance: float = 0.02) -> bool:
        """Whether that is what was promised, within so much of it."""
        return self.promised is not None and abs(self.saved - self.promised) <= tolerance * self.promised


def prove(
    cook: Kitchen,
    advice_id: str,
    dockerfile: str,
    context: Callable[[Path], None] | None = None,
    *,
    base: str,
    by_hand: str | None = None,
    unwanted: Collection[str] = (),
) -> Proof:
    """Builds, asks for advice, follows this one, builds again.

    `by_hand` is the Dockerfile that follows advice without a text to paste. Advice in `unwanted` is
    switched off.
    """
    dockerfile = dockerfile.replace("{base}", base)
    before = cook.look(cook.build(dockerfile, context), dockerfile, unwanted)
    mine = [each for each in before.advice if each.id == advice_id]
    assert len(mine) == 1, [(each.id, each.saves, each.message) for each in before.advice]
    advice, *others = _in_one_text(mine[0], before.advice)
    ignore = ""
    if by_hand is not None:
        assert advice.replacement is None
        changed = by_hand.replace("{base}", base)
    elif advice.append_to:
        changed, ignore = dockerfile, advice.replacement or ""
    else:
        changed = paste(dockerfile, advice)
    after = cook.look(cook.build(changed, context, ignore), changed)
    return Proof((advice, *others), before, after)


def _in_one_text(advice: Advice, given: Sequence[Advice]) -> Sequence[Advice]:
    """The advice that has the text to paste, and all others that the text does too."""
    first = next(
        (
            each
            for each in given
            if not advice.replacement and each.id in advice.together_with and each.place == advice.place
        ),
        advice,
    )
    return [
        first,
        *(each for each in given if each.id in first.together_with and each.place == first.place),
    ]


def paste(dockerfile: str, advice: Advice) -> str:
    """The Dockerfile with the replacement in the place of its lines, and nothing else changed."""
    assert advice.replacement is not None, advice
    assert advice.place is not None
    assert advice.place.line is not None
    assert advice.place.end_line is not None
    lines = dockerfile.splitlines()
    lines[advice.place.line - 1 : advice.place.end_line] = advice.replacement.splitlines()
    return "\n".join(lines) + "\n"

"""Explains an image: its snapshot with all it holds, what would make it smaller, and why it won't start."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bloatcheck.analysis.advice import Advice, Facts, Program, advise
from bloatcheck.analysis.base_image import BaseClues
from bloatcheck.analysis.contents import Contents
from bloatcheck.analysis.executable import check_start, facts_at
from bloatcheck.analysis.executable.elf import Linking
from bloatcheck.analysis.inventory import Inventory, take_inventory
from bloatcheck.analysis.makers import Makers
from bloatcheck.analysis.measure import DockerfileSource, take_snapshot
from bloatcheck.analysis.place import instructions_of_layers
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.model import Image, LayerIndex
from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile
from bloatcheck.oci.image_config import ImageConfig


@dataclass(frozen=True, slots=True)
class Explained:
    """An image, explained. The snapshot has the contents; inventory and makers are for further questions.

    `makers` is None without a Dockerfile.
    """

    snapshot: ImageSnapshot
    config: ImageConfig
    inventory: Inventory
    advice: tuple[Advice, ...] = ()
    problems: tuple[StartProblem, ...] = ()
    makers: Makers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwanted:
    """Advice that nobody wants: ids, and patterns of paths that none is about."""

    ids: Collection[str] = ()
    paths: Sequence[str] = ()


NOTHING_UNWANTED = Unwanted()


def explain(
    image: Image,
    indexes: Sequence[LayerIndex],
    *,
    name: str,
    dockerfile: DockerfileSource | None = None,
    build_seconds: float | None = None,
    base_clues: BaseClues | None = None,
    unwanted: Unwanted = NOTHING_UNWANTED,
) -> Explained:
    """Explains an image whose layers were listed with their contents, base first.

    What is known of the Dockerfile and of the base is as for `take_snapshot`.

    Raises:
        ReadError: a layer has no listing.
    """
    snapshot = take_snapshot(
        image,
        indexes,
        name=name,
        dockerfile=dockerfile,
        build_seconds=build_seconds,
        base_clues=base_clues,
    )
    listed = {index.diff_id: index for index in indexes}
    base_layers = snapshot.base.layer_count if snapshot.base else 0
    inventory = take_inventory([listed[layer.diff_id] for layer in image.layers], base_layers=base_layers)
    makers = _makers(image.config, dockerfile)
    facts = _facts(inventory, image.config, snapshot, makers)
    return Explained(
        replace(snapshot, contents=_with_lines(inventory.contents, makers)),
        image.config,
        inventory,
        advice=advise(facts, ignore=unwanted.ids, ignore_paths=unwanted.paths),
        problems=check_start(inventory.tree, image.config, image.config.platform),
        makers=makers,
    )


def _makers(config: ImageConfig, dockerfile: DockerfileSource | None) -> Makers | None:
    if dockerfile is None:
        return None
    instructions = _instructions(dockerfile)
    return Makers(
        dockerfile=dockerfile,
        instructions=instructions,
        layers=instructions_of_layers(
            config, instructions, target=dockerfile.target, build_args=dockerfile.build_args
        )
        if instructions
        else (),
        platform=config.platform,
    )


def _with_lines(contents: Contents, makers: Makers | None) -> Contents:
    """The same, with the lines of the stages that made the files listed."""
    if makers is None:
        return contents
    files = (
        replace(file, made_at=makers.line_of(file.layer, file.path.encode()))
        if file.layer is not None
        else file
        for file in contents.files
    )
    return replace(contents, files=tuple(files))


def _facts(
    inventory: Inventory, config: ImageConfig, snapshot: ImageSnapshot, makers: Makers | None
) -> Facts:
    return Facts(
        tree=inventory.tree,
        config=config,
        packages=inventory.packages,
        owners=inventory.owners,
        base_layers=snapshot.base.layer_count if snapshot.base else 0,
        base_name=snapshot.base.name if snapshot.base else None,
        instructions=makers.layers if makers else (),
        dockerfile=makers.instructions if makers else (),
        dockerfile_path=makers.dockerfile.path if makers else None,
        context_ignore=makers.dockerfile.context_ignore if makers else None,
        program=lambda path: _program(inventory.tree, path),
    )


def _program(tree: Tree, path: bytes) -> Program | None:
    facts = facts_at(tree, path)
    if facts is None or facts.elf is None:
        return None
    return Program(
        static=facts.elf.linking in (Linking.STATIC, Linking.STATIC_PIE),
        symbols=facts.elf.symbols,
        needs=facts.elf.needed,
    )


def _instructions(dockerfile: DockerfileSource) -> tuple[Instruction, ...]:
    try:
        return tuple(parse_dockerfile(dockerfile.text))
    except ValueError:
        # One that is too long to read: then no line can be told.
        return ()

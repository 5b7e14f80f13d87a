"""Read -> analyse: what was built, as the values that are compared and judged."""

from __future__ import annotations

import traceback
from contextlib import closing
from pathlib import Path

from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.dive import dive_figures
from bloatcheck.analysis.explain import Unwanted, explain
from bloatcheck.analysis.find_base import find_base_clues
from bloatcheck.analysis.folders import fold
from bloatcheck.analysis.forbidden import find_forbidden
from bloatcheck.analysis.layer_cache import LayerCache, index_image
from bloatcheck.analysis.measure import DockerfileSource
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.config.model import BuildSpec, Config
from bloatcheck.errors import BloatcheckError, BuildError
from bloatcheck.image.open import open_image
from bloatcheck.log import Log
from bloatcheck.oci.dockerfile import read_dockerfile
from bloatcheck.pipeline.model import Measured, Unmeasured
from bloatcheck.report.html.model import Sight
from bloatcheck.report.html.page import items_for
from bloatcheck.report.model import Failure


def read_built(
    built: BuiltImage | FailedBuild, config: Config, cache: LayerCache, log: Log, *, drawn: bool
) -> Measured | Unmeasured:
    """Reads an image and lets go of it; what is wrong with one stops no other, and is told in the log."""
    spec = built.spec
    if isinstance(built, FailedBuild):
        log.info(built.error.message)
        return Unmeasured(spec, _failure("build", built.error, spec.name))
    try:
        opened = open_image(built.reference, platform=spec.platform, log=log, documents=cache.documents)
        with closing(opened) as image:
            dockerfile = _dockerfile(config.root, built)
            explained = explain(
                image,
                index_image(image, cache, EXPLAIN),
                name=spec.name,
                dockerfile=dockerfile,
                build_seconds=built.build_seconds,
                base_clues=find_base_clues(image, dockerfile=dockerfile, materials=built.materials, log=log),
                unwanted=Unwanted(ids=config.advice.ignore, paths=config.advice.ignore_paths),
            )
    except BloatcheckError as error:
        log.info(f"{spec.name} could not be read: {error.message}")
        return Unmeasured(spec, _failure("read", error, spec.name))
    except Exception as error:  # noqa: BLE001 - a fault over one image must not lose the report on the others
        log.detail(traceback.format_exc())
        return Unmeasured(spec, _fault(error))
    finally:
        built.discard()
    return Measured(
        spec,
        explained.snapshot,
        built.dockerfile,
        forbidden=find_forbidden(
            explained.inventory, paths=config.forbidden.paths, packages=config.forbidden.packages
        ),
        advice=explained.advice,
        problems=explained.problems,
        dive=dive_figures(explained.inventory.tree.layers) if config.dive else None,
        sight=Sight(
            after=fold(explained.inventory, most=items_for(len(config.images))) if drawn else None,
            dockerfile=dockerfile.text if dockerfile else None,
        ),
    )


def _fault(error: Exception) -> Failure:
    return Failure(
        stage="read",
        message=f"this is a fault in bloatcheck itself: {type(error).__name__}: {error}",
        hint="run it with --verbose and tell us what it prints",
        fault=True,
    )


def _failure(stage: str, error: BloatcheckError, name: str) -> Failure:
    return Failure(
        stage=stage,
        # The reports begin with these words themselves.
        message=error.message.removeprefix(f"{name} could not be built: "),
        hint=error.hint,
        place=error.place,
        output=error.output if isinstance(error, BuildError) else (),
    )


def _dockerfile(root: Path, built: BuiltImage) -> DockerfileSource | None:
    if built.dockerfile is None:
        return None
    try:
        text = read_dockerfile(root / built.dockerfile)
    except (OSError, ValueError):
        # What was built is measured all the same; its layers only lack their lines.
        return None
    build = built.spec.build
    return DockerfileSource(
        path=built.dockerfile,
        text=text,
        target=build.target if build else None,
        build_args=build.args if build else {},
        context_ignore=_has_ignore_file(root, built.dockerfile, build) if build else None,
    )


def _has_ignore_file(root: Path, dockerfile: str, build: BuildSpec) -> bool:
    """Whether the builder leaves anything out of the context; the Dockerfile's own list goes first."""
    return (root / f"{dockerfile}.dockerignore").is_file() or (
        root / build.context / ".dockerignore"
    ).is_file()

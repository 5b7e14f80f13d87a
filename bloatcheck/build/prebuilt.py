"""Images that an earlier step built or pushed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.build.client import ask
from bloatcheck.build.metadata import BuildMetadata, read_build_metadata
from bloatcheck.build.model import BuiltImage
from bloatcheck.config.model import ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.oci.provenance import Material

_MAX_REFERENCE_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class PrebuiltBuilder:
    """Builds nothing: finds out what the image is called."""

    root: Path
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """For people."""
        return "an earlier step"

    def build(self, spec: ImageSpec) -> BuiltImage:
        """The reference as the configuration has it, or the one that a metadata file leads to.

        Raises:
            BuildError: no usable reference, metadata file or target.
        """
        prebuilt = spec.prebuilt
        materials: tuple[Material, ...] = ()
        if prebuilt is not None and prebuilt.reference is not None:
            reference = _checked(spec, prebuilt.reference)
        elif prebuilt is not None and prebuilt.metadata_file is not None:
            metadata = read_build_metadata(
                self.root / prebuilt.metadata_file,
                prebuilt.metadata_target,
                shown_as=prebuilt.metadata_file,
                place=spec.place,
            )
            reference = self._reference(spec, metadata)
            materials = metadata.materials
        else:
            raise BuildError(f"{spec.name} names no image", place=spec.place)
        return BuiltImage(
            spec=spec,
            reference=reference,
            builder=self.name,
            dockerfile=prebuilt.dockerfile,
            materials=materials,
        )

    def _reference(self, spec: ImageSpec, metadata: BuildMetadata) -> str:
        """The engine's image if it holds exactly this one, else the registry's.

        The engine is asked by digest only: a name may be an older image's.
        """
        digests = [digest for digest in (metadata.config_digest, metadata.digest) if digest]
        known_as: list[str] = [*digests]
        if metadata.repository and metadata.digest:
            known_as.append(f"{metadata.repository}@{metadata.digest}")
        if executable := shutil.which("docker", path=self.environment.get("PATH")):
            for name in known_as:
                code, output, _ = ask(
                    executable, self.environment, "image", "inspect", "--format={{.Id}}", "--", name
                )
                if code == 0:
                    return f"docker-daemon:{output.strip()}"
        if metadata.repository and metadata.digest:
            return f"docker://{metadata.repository}@{metadata.digest}"
        raise BuildError(
            f"{spec.name}: the engine holds no image {digests[0]}, and the metadata names no registry",
            hint="the build must load or push its image (`--load`, `--push`)",
            place=spec.place,
        )


def _checked(spec: ImageSpec, reference: str) -> str:
    if not reference.strip() or len(reference) > _MAX_REFERENCE_LENGTH or not reference.isprintable():
        raise BuildError(
            f"{spec.name}: not an image: {reference[:100]!r}",
            hint="for example `image: api:latest`, or a transport and a path, `docker-archive:image.tar`",
            place=spec.place,
        )
    return reference

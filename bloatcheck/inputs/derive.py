"""What every image of a configuration is built from, and the digest of it all.

The definition is in docs/inputs.md. Anything that can't be told leaves an image without a digest, and so
leads to its build.
"""

from __future__ import annotations

import hashlib
import json
import platform as machine
import posixpath
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field

from bloatcheck.analysis.advice.paths import PathPatterns
from bloatcheck.build.needs import in_order, needed, taken
from bloatcheck.config.model import BuilderChoice, BuildSpec, Config, ImageSpec
from bloatcheck.inputs.bases import resolve_bases
from bloatcheck.inputs.build_secrets import BuildSecret, committed, read_secret
from bloatcheck.inputs.context import BuildContext
from bloatcheck.inputs.ignore import IgnoreFile, parse_ignore_file
from bloatcheck.inputs.model import VERSION, BaseImage, InputFile, Inputs, UnresolvedError
from bloatcheck.inputs.reads import Reads, reads_of
from bloatcheck.inputs.tree import Tree
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.dockerfile import parse_dockerfile, read_dockerfile
from bloatcheck.oci.platform import Platform
from bloatcheck.oci.registry_reference import parse_registry_reference

_DEFAULT_PLATFORM = "DOCKER_DEFAULT_PLATFORM"
_CONTAINERS_TOOLS = frozenset({BuilderChoice.BUILDAH, BuilderChoice.PODMAN})

ResolveBases = Callable[..., Mapping[tuple[str, Platform], "str | UnresolvedError"]]


def derive_inputs(
    config: Config,
    *,
    log: Log,
    environment: Mapping[str, str],
    bases: ResolveBases = resolve_bases,
) -> tuple[Inputs, ...]:
    """What each image is built from, in the configuration's order.

    Args:
        config: the images.
        log: told what is asked for base images, as details.
        environment: where build args without a value come from.
        bases: tells what base images are.
    """
    derivation = _Derivation(config, environment)
    read = [derivation.read(spec) for spec in config.images]
    wanted = {
        (image, each.platform)
        for spec, each in zip(config.images, read, strict=True)
        if isinstance(each, _Read)
        for image in each.images
        if derivation.made_here.find(image, spec) is None
    }
    resolved = bases(wanted, log=log, builder=config.builder, environment=environment) if wanted else {}
    return tuple(derivation.finished(read, resolved))


def platform_of(spec: ImageSpec, environment: Mapping[str, str]) -> Platform:
    """What an image is built for: its own platform, else the builder's, taken to be this machine's."""
    if spec.platform:
        return spec.platform
    try:
        return Platform.parse(environment[_DEFAULT_PLATFORM])
    except (KeyError, ValueError):
        return Platform.of("linux", machine.machine())


@dataclass(frozen=True, slots=True)
class _MadeHere:
    """The tags that a configuration gives to its images, and by which numbers these stand in it."""

    by_tag: Mapping[tuple[str, Platform | None], int]

    @classmethod
    def of(cls, images: Sequence[ImageSpec]) -> _MadeHere:
        """Of the images of a configuration."""
        numbered = enumerate(images)
        return cls({(_whole_name(tag), spec.platform): at for at, spec in numbered for tag in spec.tags})

    def find(self, name: str, above: ImageSpec) -> int | None:
        """The image that an image of the configuration stands on by this name; None if it is none of it."""
        found = self.by_tag.get((_whole_name(name), above.platform))
        return self.by_tag.get((_whole_name(name), None)) if found is None else found


def _whole_name(name: str) -> str:
    """An image's name with its registry and tag, so that two spellings are one."""
    try:
        return str(parse_registry_reference(name))
    except ValueError:
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was read for one image, before its bases are known."""

    build: BuildSpec
    platform: Platform
    sources: tuple[str, ...]
    files: tuple[InputFile, ...]
    images: tuple[str, ...]
    args: Mapping[str, str]
    secrets: tuple[BuildSecret, ...]
    begins: frozenset[int]
    triggers: bool
    """Whether it has an ONBUILD, for those that stand on it."""


@dataclass(slots=True)
class _Derivation:
    config: Config
    environment: Mapping[str, str]
    _tree: Tree = field(init=False)
    _contexts: dict[tuple[str, str], BuildContext] = field(default_factory=dict)
    _dockerfiles: dict[str, str] = field(default_factory=dict)
    _all: tuple[str, ...] | None = None
    _committed: Mapping[str, str] = field(default_factory=dict)
    made_here: _MadeHere = field(init=False)
    _needed: Sequence[frozenset[int]] = field(init=False)
    _may_need: Sequence[AbstractSet[int]] = field(init=False)

    def __post_init__(self) -> None:
        self._tree = Tree(self.config.root)
        self.made_here = _MadeHere.of(self.config.images)
        self._may_need = taken(self.config.images, self.config.root, self.environment)
        self._needed = needed(self.config.images, self._may_need)

    def read(self, spec: ImageSpec) -> _Read | UnresolvedError:
        """All but what the base images are."""
        if spec.build is None:
            return UnresolvedError("an earlier step makes it")
        try:
            return self._read(spec, spec.build)
        except UnresolvedError as error:
            return error

    def _read(self, spec: ImageSpec, build: BuildSpec) -> _Read:
        platform = platform_of(spec, self.environment)
        args = {
            name: given
            for name, value in build.args.items()
            if (given := self.environment.get(name) if value is None else value) is not None
        }
        dockerfile = self._inside(build.dockerfile)
        if build.dockerfile.endswith(".in") and self._without_docker():
            raise UnresolvedError("buildah's preprocessor reads it first, and what it includes")
        text = self._dockerfile(dockerfile)
        instructions = parse_dockerfile(text)
        reads = reads_of(text, instructions, platform=platform, target=build.target, build_args=args)
        folder = self._inside(build.context)
        ignore = self._ignore_files(folder, self._as_named(build.dockerfile))
        named = [dockerfile, *filter(None, ignore)]
        # Where an ignore file is a link, builders follow it.
        paths = {*named, *map(self._inside, named)}
        if spec.inputs:
            sources: Iterable[str] = spec.inputs
            paths |= self._chosen(spec.inputs)
        else:
            taken = sorted({*reads.sources, *reads.mounts})
            sources = (posixpath.normpath(posixpath.join(folder, source)) for source in taken)
            paths |= self._taken(folder, ignore, reads)
        return _Read(
            build=build,
            platform=platform,
            sources=tuple(dict.fromkeys((*named, *sources))),
            files=tuple(self._tree.input(path) for path in sorted(paths)),
            images=reads.images,
            args=args,
            secrets=tuple(
                read_secret(secret, self.config.root, self.environment) for secret in build.secrets
            ),
            begins=frozenset(each.line for each in instructions if each.keyword == "FROM"),
            triggers=any(each.keyword == "ONBUILD" for each in instructions),
        )

    def _inside(self, path: str) -> str:
        """A path of the configuration, all links followed.

        Raises:
            UnresolvedError: it is not there, or outside of the repository.
        """
        root = self.config.root.resolve()
        try:
            found = (root / path).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            raise UnresolvedError(f"{path[:200]} is not there") from None
        if not found.is_relative_to(root):
            raise UnresolvedError(f"{path[:200]} is outside of the repository")
        relative = found.relative_to(root).as_posix()
        return "" if relative == "." else relative

    def _as_named(self, dockerfile: str) -> str:
        """The Dockerfile as it is named, be it a link: beside that builders look for its ignore file."""
        folder, name = posixpath.split(posixpath.normpath(dockerfile))
        return posixpath.join(self._inside(folder), name)

    def _dockerfile(self, path: str) -> str:
        if path not in self._dockerfiles:
            self._dockerfiles[path] = self._text(path)
        return self._dockerfiles[path]

    def _text(self, path: str) -> str:
        if self._tree.kind(path) != "file":
            raise UnresolvedError(f"{path} is no file")
        try:
            return read_dockerfile(self.config.root / path)
        except OSError as error:
            raise UnresolvedError(f"{path} can't be read: {error.strerror or error}") from None
        except ValueError as error:
            raise UnresolvedError(f"{path} {error}") from None

    def _chosen(self, patterns: Sequence[str]) -> set[str]:
        """The files of the repository that patterns of the configuration choose."""
        if self._all is None:
            self._all = tuple(self._tree.below())
        chosen = PathPatterns(patterns)
        paths = {path for path in self._all if path.encode("utf-8", "surrogateescape") in chosen}
        if not paths:
            raise UnresolvedError("no file fits its `inputs`")
        return paths

    def _taken(self, folder: str, ignore: Sequence[str], reads: Reads) -> set[str]:
        """What the sources stand for in the context, where one of the ignore files counts."""
        if len(ignore) > 1 and (reads.sources or reads.mounts):
            names = " or ".join(name or "no ignore file" for name in ignore)
            raise UnresolvedError(f"the builder decides whether {names} counts: say which, with `builder`")
        (name,) = ignore or [""]
        copied = self._context(folder, name)
        # BuildKit mounts a copy without what is ignored; buildah and podman mount the folder itself.
        mounted = self._context(folder, "") if self._without_docker() else copied
        paths: set[str] = set()
        for context, sources in ((copied, reads.sources), (mounted, reads.mounts)):
            for source in sources:
                paths |= context.taken(source)
        baseline = self.config.baseline.path
        if any(path == baseline or (baseline.endswith("/") and path.startswith(baseline)) for path in paths):
            raise UnresolvedError(f"it takes {baseline}, in which the digest of its inputs is kept")
        return paths

    def _context(self, folder: str, ignore: str) -> BuildContext:
        key = (folder, ignore)
        if key not in self._contexts:
            self._contexts[key] = BuildContext(self._tree, folder, self._ignore_file(ignore))
        return self._contexts[key]

    def _without_docker(self) -> bool:
        """Whether buildah or podman builds."""
        if self.config.builder is BuilderChoice.AUTO:
            return shutil.which("docker", path=self.environment.get("PATH")) is None
        return self.config.builder in _CONTAINERS_TOOLS

    def _ignore_files(self, folder: str, dockerfile: str) -> list[str]:
        """The ignore file of the builder; several where it depends on the builder which one counts."""
        docker = self._first(f"{dockerfile}.dockerignore", posixpath.join(folder, ".dockerignore"))
        if self.environment.get("DOCKER_BUILDKIT") == "0":
            docker = self._first(posixpath.join(folder, ".dockerignore"))
        others = self._first(
            f"{dockerfile}.containerignore",
            f"{dockerfile}.dockerignore",
            posixpath.join(folder, ".containerignore"),
            posixpath.join(folder, ".dockerignore"),
        )
        if self.config.builder in _CONTAINERS_TOOLS:
            return [others]
        if self.config.builder is not BuilderChoice.AUTO:
            return [docker]
        return list(dict.fromkeys((docker, others)))

    def _first(self, *paths: str) -> str:
        return next((path for path in paths if self._tree.kind(path) in {"file", "link"}), "")

    def _ignore_file(self, path: str) -> IgnoreFile:
        if not path:
            return IgnoreFile()
        text = self._text(self._inside(path))
        try:
            return parse_ignore_file(text)
        except ValueError as error:
            raise UnresolvedError(f"{path}: {error}") from None

    def finished(
        self,
        read: Sequence[_Read | UnresolvedError],
        resolved: Mapping[tuple[str, Platform], str | UnresolvedError],
    ) -> Iterable[Inputs]:
        """With the base images; those that the configuration makes itself are their own inputs."""
        its = (each.secrets for each in read if isinstance(each, _Read))
        paths = {secret.path for secrets in its for secret in secrets if secret.path}
        self._committed = committed(paths, self.config.root, self.environment)
        done: dict[int, Inputs] = {}
        for at in in_order(self._needed):
            done[at] = self._finish(at, read, resolved, done)
        return [done[at] for at in range(len(read))]

    def _finish(
        self,
        at: int,
        read_of: Sequence[_Read | UnresolvedError],
        resolved: Mapping[tuple[str, Platform], str | UnresolvedError],
        done: Mapping[int, Inputs],
    ) -> Inputs:
        read = read_of[at]
        if isinstance(read, UnresolvedError):
            return Inputs(unresolved=str(read), needs=frozenset(self._may_need[at]))
        spec = self.config.images[at]
        found = {name: self.made_here.find(name, spec) for name in read.images}
        needs = frozenset(other for other in found.values() if other is not None)
        bases = []
        try:
            for name, made_here in found.items():
                if made_here is None:
                    what = resolved[name, read.platform]
                else:
                    below = read_of[made_here]
                    what = self._made_here(at, made_here, done)
                    if isinstance(below, _Read) and below.triggers:
                        what = UnresolvedError(f"the ONBUILD of {name} reads what no line here tells")
                if isinstance(what, UnresolvedError):
                    raise what
                bases.append(BaseImage(name, what))
        except UnresolvedError as error:
            return Inputs(unresolved=str(error), sources=read.sources, files=read.files, needs=needs)
        return Inputs(
            digest=_digest(self.config, spec, read, bases, self._committed),
            sources=read.sources,
            files=read.files,
            bases=tuple(bases),
            needs=needs,
            begins=read.begins,
        )

    def _made_here(self, at: int, below: int, done: Mapping[int, Inputs]) -> str | UnresolvedError:
        """What an image of the configuration is, that another one stands on."""
        name = self.config.images[below].name
        if below == at:
            return UnresolvedError("it stands on what had its own tag before")
        if below not in self._needed[at]:
            # So it is begun with whatever had that name before.
            return UnresolvedError(f"it stands on {name}, and {name} on it")
        inputs = done[below]
        if inputs.digest is None:
            return UnresolvedError(f"it stands on {name}, of which {inputs.unresolved}")
        return f"inputs:{inputs.digest}"


def _digest(
    config: Config,
    spec: ImageSpec,
    read: _Read,
    bases: Sequence[BaseImage],
    committed_files: Mapping[str, str],
) -> Digest:
    """The SHA-256 of the document that docs/inputs.md describes."""
    build = read.build
    document = {
        "inputs": VERSION,
        "dockerfile": build.dockerfile,
        "context": build.context,
        "target": build.target,
        "args": dict(read.args),
        "secrets": sorted(
            [secret.identity, committed_files.get(secret.path or "", "")] for secret in read.secrets
        ),
        "platform": str(read.platform),
        "builder": config.builder.value,
        "patterns": list(spec.inputs),
        "files": [[file.path, file.mode, file.digest] for file in read.files],
        "bases": [[base.name, base.digest] for base in bases],
        # What only a look into the image can judge: another rule needs another look.
        "rules": [
            list(config.forbidden.paths),
            list(config.forbidden.packages),
            asdict(config.dive) if config.dive else None,
        ],
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str)
    return Digest(f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}")

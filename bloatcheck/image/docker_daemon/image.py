"""An image in an engine, opened: what the engine says about it, and its layers by the cheapest exact way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.docker_daemon.documents import Documents, Fetch, ImageDocuments, find_image
from bloatcheck.image.docker_daemon.engine import Engine
from bloatcheck.image.docker_daemon.inspection import EngineFacts, Inspection, config_from_history
from bloatcheck.image.docker_daemon.saved_archive import SavedArchive, Tap, read_saved_archive
from bloatcheck.image.docker_daemon.stored_layer import Storage, StoredLayer, stored_layers
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.model import ClosedAtEnd, LayerDescriptor, Source
from bloatcheck.image.sink import Sink
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest, algorithm, encoded
from bloatcheck.oci.image_config import ImageConfig

S = TypeVar("S", bound=Sink)


class DockerDaemonImage(ClosedAtEnd):
    """Satisfies `bloatcheck.image.model.Image`. Made by `open_docker_daemon`.

    Everything that the engine's answers or its storage prove costs milliseconds. What they leave open (the
    configuration behind the containerd store's ids, histories that can be read in two ways) is read from
    the stream of `docker save`: once at most for an image, layers included, whichever is asked for first.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        facts: EngineFacts,
        name: str,
        inspection: Inspection,
        storage: Storage | None,
        documents: Documents | None,
        log: Log | None,
    ) -> None:
        self.engine = engine
        self.storage = storage
        self.inspection = inspection
        self._facts = facts
        self._name = name
        self._documents = documents
        self._log = log
        self._found: ImageDocuments | None = None
        self._from_history: ImageConfig | None = None
        self._streamed: dict[Digest, tuple[str | None, LayerIndex]] = {}

    @property
    def reference(self) -> str:
        """`docker-daemon:api:latest`."""
        return f"docker-daemon:{self._name}"

    @property
    def image_id(self) -> Digest:
        """The digest of the image configuration, on the containerd store too."""
        if not self._facts.containerd_store:
            return self.inspection.engine_id
        return self._documents_or_stream().config_digest

    @property
    def config(self) -> ImageConfig:
        """The image configuration."""
        if self._find() is None and self._from_history is None and not self._facts.containerd_store:
            history = self.engine.history(self.inspection.engine_id)
            self._from_history = config_from_history(self.inspection, history)
        return self._from_history or self._documents_or_stream().config

    @property
    def layers(self) -> Sequence[LayerDescriptor]:
        """One descriptor a layer, base first; without sizes, for an engine compresses as it likes."""
        return [LayerDescriptor(diff_id=diff_id) for diff_id in self.inspection.diff_ids]

    @property
    def source(self) -> Source:
        """The engine and its store."""
        return Source(
            "docker-daemon", engine=f"{self._facts.name} {self._facts.version}", store=self._facts.store
        )

    def index_layers(
        self, diff_ids: Collection[Digest], capture: Capture | None = None
    ) -> Iterator[LayerIndex]:
        """See `bloatcheck.image.model.Image`."""
        return index_layers_of([self], diff_ids, capture)

    def close(self) -> None:
        """Ends the connection to the engine."""
        self.engine.close()

    def stored_layers(self) -> Iterator[StoredLayer]:
        """What the layers are known by, base first."""
        found = self._find()
        return stored_layers(self.inspection.diff_ids, found.blobs if found else None)

    def streamed(self, diff_id: Digest, capture: Capture | None) -> LayerIndex | None:
        """A layer that an earlier pass over the engine's stream has listed, and captured so."""
        version, index = self._streamed.get(diff_id, (None, None))
        return index if capture is None or capture.version == version else None

    def learn(self, archive: SavedArchive, capture: Capture | None) -> None:
        """Takes what a pass over the engine's stream has shown of this image.

        Raises:
            ReadError: the archive can't be understood.
        """
        paths = self._layer_paths(archive)
        for diff_id in self.inspection.diff_ids:
            layer = archive.layer(paths[diff_id]) if diff_id in paths else None
            if layer:
                self._streamed[diff_id] = (capture.version if capture else None, layer.index(diff_id))

    def compressed_blobs(self) -> dict[Digest, int]:
        """Bytes of those layers that the engine keeps compressed, and so pushes as they are."""
        if self._facts.containerd_store:
            self._documents_or_stream()
        return {
            layer.diff_id: layer.blob.size
            for layer in self.stored_layers()
            if layer.blob and layer.blob.digest != layer.diff_id
        }

    def feed_saved_layers(
        self,
        diff_ids: Collection[Digest],
        make: Callable[[str], S],
        *,
        lengths_of_others: Collection[int],
    ) -> dict[Digest, S]:
        """Hands the blobs of these layers to sinks, in one `docker save` that lists them too.

        Args:
            diff_ids: which.
            make: makes the sink of a blob at a path. Which layer it is, an archive tells at its end, so
                others may get one too.
            lengths_of_others: blobs of these lengths, in bytes, are passed over; if one of them was wanted
                after all, it takes another pass.

        Raises:
            ReadError: one is missing or damaged.
        """
        found = self._feed_once(diff_ids, make, lengths_of_others)
        if lengths_of_others and found.keys() != set(diff_ids):
            found = self._feed_once(diff_ids, make, ())
        if missing := set(diff_ids) - found.keys():
            raise ReadError(
                f"{self.reference}: the engine hands out no layer {min(missing)}",
                hint="rebuild or pull the image again",
            )
        return found

    def _feed_once(
        self,
        diff_ids: Collection[Digest],
        make: Callable[[str], S],
        passed_over: Collection[int],
    ) -> dict[Digest, S]:
        sinks: dict[str, S] = {}

        def tap(path: str) -> S:
            sinks[path] = make(path)
            return sinks[path]

        archive = _stream([self], diff_ids, Tap(tap, frozenset(passed_over)))
        paths = self._layer_paths(archive)
        resolved = {diff_id: archive.resolve(paths[diff_id]) for diff_id in diff_ids if diff_id in paths}
        return {diff_id: sinks[path] for diff_id, path in resolved.items() if path in sinks}

    def _layer_paths(self, archive: SavedArchive) -> dict[Digest, str]:
        documents = archive.documents_by_digest()
        paths = dict(archive.layer_paths())
        found = self._found or self._find_in(documents.get)
        if found:
            self._found = found
            if found.blobs:
                blobs = [f"blobs/{algorithm(blob.digest)}/{encoded(blob.digest)}" for blob in found.blobs]
                paths.update(zip(found.config.diff_ids, blobs, strict=True))
            if self._documents:
                for digest, document in found.path.items():
                    self._documents.put(digest, document)
        return paths

    def detail(self, message: str) -> None:
        """A line of progress for `--verbose`."""
        if self._log:
            self._log.detail(f"{self.reference}: {message}")

    def _find(self) -> ImageDocuments | None:
        """Where the engine's id leads, without asking the engine."""
        if self._found is None:
            self._found = self._find_in(self._document)
        return self._found

    def _find_in(self, fetch: Fetch) -> ImageDocuments | None:
        inspection = self.inspection
        return find_image(
            inspection.engine_id, fetch, platform=inspection.platform, diff_ids=inspection.diff_ids
        )

    def _document(self, digest: Digest) -> bytes | None:
        document = self.storage.document(digest) if self.storage else None
        if document is None and self._documents:
            document = self._documents.get(digest)
        return document

    def _documents_or_stream(self) -> ImageDocuments:
        found = self._find()
        if found is None:
            _stream([self], self.inspection.diff_ids)
            found = self._found
        if found is None:
            raise ReadError(
                f"{self.reference}: the engine hands out no configuration for {self.inspection.engine_id}",
                hint="rebuild or pull the image again, or read it from an archive: docker-archive:FILE",
            )
        return found


def index_layers_of(
    images: Sequence[DockerDaemonImage], diff_ids: Collection[Digest], capture: Capture | None = None
) -> Iterator[LayerIndex]:
    """Lists layers of several images of one engine, each once, in any order, in at most one `docker save`.

    Raises:
        ReadError: a layer belongs to none of the images, or can't be read.
    """
    wanted = set(diff_ids)
    yield from _streamed_before(images, wanted, capture)
    for image in images:
        for index in _from_storage(image, wanted, capture):
            wanted.remove(index.diff_id)
            yield index
    concerned = [image for image in images if not wanted.isdisjoint(image.inspection.diff_ids)]
    if concerned:
        _stream(concerned, wanted, capture=capture)
        yield from _streamed_before(concerned, wanted, capture)
    if wanted:
        raise ReadError(
            f"{', '.join(image.reference for image in images)}: the engine hands out no layer {min(wanted)}",
            hint="rebuild or pull the image again",
        )


def _streamed_before(
    images: Sequence[DockerDaemonImage], wanted: set[Digest], capture: Capture | None
) -> Iterator[LayerIndex]:
    """The wanted layers that the images remember; they are wanted no more."""
    for image in images:
        for diff_id in wanted.intersection(image.inspection.diff_ids):
            if index := image.streamed(diff_id, capture):
                wanted.remove(diff_id)
                yield index


def _from_storage(
    image: DockerDaemonImage, wanted: Collection[Digest], capture: Capture | None
) -> Iterator[LayerIndex]:
    """The wanted layers that the engine's storage gives; fewer where it fails, for the stream to make up."""
    layers = {layer.diff_id: layer for layer in image.stored_layers() if layer.diff_id in wanted}
    if not image.storage or not layers:
        return
    image.detail(
        f"reading {len(layers)} of {len(image.inspection.diff_ids)} layers from {image.storage.description}"
    )
    try:
        yield from image.storage.index_layers(list(layers.values()), capture)
    except (OSError, ReadError) as error:
        image.detail(f"the engine's storage gives no more than that: {error}")


def _stream(
    images: Sequence[DockerDaemonImage],
    wanted: Collection[Digest],
    tap: Tap | None = None,
    capture: Capture | None = None,
) -> SavedArchive:
    """One `docker save` of these images, from which they learn the wanted layers and their configuration."""
    unwanted = {
        encoded(name)
        for image in images
        for layer in image.stored_layers()
        if layer.diff_id not in wanted
        for name in (layer.diff_id, layer.blob.digest if layer.blob else None)
        if name
    }
    engine_ids = dict.fromkeys(image.inspection.engine_id for image in images)
    label = ", ".join(image.reference for image in images)
    for image in images:
        image.detail(f"reading {len(wanted)} layers through `docker save`")
    with images[0].engine.save(list(engine_ids)) as archive:
        saved = read_saved_archive(
            archive, label=label, unwanted=frozenset(unwanted), tap=tap, capture=capture
        )
    for image in images:
        image.learn(saved, capture)
    return saved

"""The engine's storage on this machine: layers read from where they lie, without `docker save`.

Only the two ways in which engines keep what a layer's tar stream was: tar-split records beside the
unpacked layers (docker's graphdrivers, podman), and the layers' blobs themselves (containerd). Unpacked
directories aren't listed: they don't tell which of several hard links was the file, in which order records
came, or how long the stream was. Of overlay drivers they only give the contents, where these are wanted.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from bloatcheck.image.docker_daemon.content_storage import ContentStorage
from bloatcheck.image.docker_daemon.files import Files
from bloatcheck.image.docker_daemon.graphdriver_storage import GraphdriverStorage
from bloatcheck.image.docker_daemon.inspection import EngineFacts
from bloatcheck.image.docker_daemon.podman_storage import PodmanStorage
from bloatcheck.image.docker_daemon.stored_layer import Storage
from bloatcheck.oci.digest import Digest

_DRIVER = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.ASCII)
_CONTAINERD_ROOT = PurePosixPath("/var/lib/containerd")
"""Of a containerd that runs by itself; one that dockerd starts lies in docker's own root directory."""


def find_storage(facts: EngineFacts, image: Digest, files: Files) -> Storage | None:
    """The storage that holds the document `image`, through these files; None where it can't be read.

    Finding the very document is the proof: what lies at an engine's root directory on this machine is
    another engine's, or nobody's, when the engine runs in a virtual machine or elsewhere.
    """
    root = facts.root_dir
    if not facts.local or root is None or not root.is_absolute() or not _DRIVER.fullmatch(facts.driver):
        return None
    candidates: list[Storage]
    if facts.containerd_store:
        candidates = [
            ContentStorage(files, root / "containerd/daemon"),
            ContentStorage(files, _CONTAINERD_ROOT),
        ]
    elif facts.name == "podman":
        candidates = [PodmanStorage(files, root, facts.driver)]
    else:
        candidates = [GraphdriverStorage(files, root, facts.driver)]
    return next((storage for storage in candidates if storage.document(image) is not None), None)

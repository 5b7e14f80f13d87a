"""The actions that our workflows use, by the commits that their tags named.

Read from the tags of the actions' own repositories (`git show-ref --tags`) on 2026-11-24. A tag can be moved,
a commit can't.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pin:
    """An action at one commit: what its tag was called, and when the commit was made."""

    action: str
    commit: str
    tag: str
    date: str

    def __str__(self) -> str:
        """As a workflow names it: `actions/checkout@3d3c42e… # v7.0.1`."""
        return f"{self.action}@{self.commit} # {self.tag}"


CHECKOUT = Pin("actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1", "2026-07-17")
UPLOAD_ARTIFACT = Pin(
    "actions/upload-artifact", "ea165f8d65b6e75b540449e92b4886f43607fa02", "v4.6.2", "2025-03-19"
)
DOWNLOAD_ARTIFACT = Pin(
    "actions/download-artifact", "d3f86a106a0bac45b974a628896c90dbdf5c8093", "v4.3.0", "2025-04-24"
)
PINS = (CHECKOUT, UPLOAD_ARTIFACT, DOWNLOAD_ARTIFACT)

"""What the last run on the default branch left as an artifact, nearest to the commit."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO

from bloatcheck.baseline.document import MAX_SIZE, from_json
from bloatcheck.baseline.git import SHORT, Git, OutOfReachError
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.sources.model import Question
from bloatcheck.ci.host import Artifact, Host
from bloatcheck.errors import BaselineError, PublishError

ARTIFACT = "bloatcheck-baseline"
"""What the artifact is called."""
ARTIFACT_FILE = "bloatcheck-baseline.json"
"""The file in it."""
_MOST_ARCHIVE = 16 << 20
"""Bytes; the largest baseline packs into half of it."""
_MOST_MEMBERS = 1_000
_MOST_ASKED = 20
"""Artifacts whose commits are looked up."""


def read(question: Question) -> Baseline:
    """The entries of the newest artifact of the commit, or of a commit before it."""
    host, branch = question.host, question.default_branch
    if host is None or branch is None:
        raise OutOfReachError(
            "artifacts are read through the code host's API, and there is no token",
            hint=question.git.words.artifacts,
        )
    try:
        return _read(question, host, branch)
    except PublishError as error:
        raise OutOfReachError(error.message, hint=question.git.words.read_artifacts) from None


def _read(question: Question, host: Host, branch: str) -> Baseline:
    artifacts = tuple(host.artifacts(ARTIFACT, branch))
    if not artifacts:
        return Baseline(notes=(f"No run on {branch} has left an artifact {ARTIFACT} yet.",))
    artifact = _nearest(question.git, host, question.commit, artifacts)
    if artifact is None:
        return Baseline(notes=(f"No artifact {ARTIFACT} is of a commit that comes before this change.",))
    if artifact.size > _MOST_ARCHIVE:
        raise OutOfReachError(f"the artifact of run {artifact.run} is larger than {_MOST_ARCHIVE >> 20} MiB")
    entries = unpacked(
        host.archive(artifact.number, most=_MOST_ARCHIVE), f"the artifact of run {artifact.run}"
    )
    # A run on a pull request measures something else than the commit that it is filed under.
    entries = tuple(entry for entry in entries if entry.commit == artifact.commit)
    if not entries:
        return Baseline(
            notes=(f"The artifact of run {artifact.run} holds nothing of {artifact.commit[:SHORT]}.",)
        )
    origin = f"the artifact of run {artifact.run}, measured at {question.place(artifact.commit)}"
    return Baseline(
        entries=entries,
        origin=origin,
        commit=artifact.commit,
        notes=question.measured_before(artifact.commit),
    )


def _nearest(git: Git, host: Host, commit: str | None, artifacts: tuple[Artifact, ...]) -> Artifact | None:
    """That of the commit itself, else the newest of a commit before it."""
    for artifact in artifacts:
        if artifact.commit == commit:
            return artifact
    if commit is None:
        return None
    for artifact in artifacts[:_MOST_ASKED]:
        comes_before = git.is_ancestor(artifact.commit, commit)
        if comes_before is None:
            comes_before = host.merge_base(artifact.commit, commit) == artifact.commit
        if comes_before:
            return artifact
    return None


def unpacked(archive: bytes, where: str) -> tuple[BaselineEntry, ...]:
    """The entries in an artifact's archive, which may be anything.

    Raises:
        OutOfReachError: it holds no baseline that can be read.
    """
    try:
        with zipfile.ZipFile(BytesIO(archive)) as opened:
            members = opened.infolist()
            wanted = [
                member
                for member in members[:_MOST_MEMBERS]
                if member.filename.split("/")[-1] == ARTIFACT_FILE
            ]
            if len(wanted) != 1:
                raise OutOfReachError(f"{where} has {len(wanted)} files {ARTIFACT_FILE}")
            with opened.open(wanted[0]) as member:
                # What the directory says of its size is not believed.
                content = member.read(MAX_SIZE + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise OutOfReachError(f"{where} is damaged") from None
    try:
        return from_json(content, ARTIFACT_FILE)
    except OutOfReachError:
        raise
    except BaselineError as error:
        raise OutOfReachError(f"{where}: {error.message}") from None

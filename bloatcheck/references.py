"""What a run is compared with, and how it renews that: the baseline wired to git, host, registry, builders.

No decisions here either: they are the baseline's.
"""

from __future__ import annotations

import posixpath
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from bloatcheck import pipeline
from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.explain import explain
from bloatcheck.analysis.find_base import find_base_clues
from bloatcheck.analysis.layer_cache import LayerCache, index_image
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.choice import Choice, choose_commit
from bloatcheck.baseline.document import to_json
from bloatcheck.baseline.git import SHORT, Git, OutOfReachError
from bloatcheck.baseline.model import Baseline, BaselineEntry, Baselines, LayerNoise
from bloatcheck.baseline.moved import moment
from bloatcheck.baseline.renew import Measurement, Renewed, Renewer, dropped_keys
from bloatcheck.baseline.since import choose_since
from bloatcheck.baseline.sources import changed_entries, find_baseline
from bloatcheck.baseline.sources.artifact import ARTIFACT_FILE
from bloatcheck.baseline.sources.file import read_at
from bloatcheck.baseline.sources.model import Question
from bloatcheck.baseline.store import read_work_tree
from bloatcheck.ci.host import Host
from bloatcheck.ci.model import Ci, CiContext, Event
from bloatcheck.ci.registry import ci_named
from bloatcheck.ci.shell import SHELL
from bloatcheck.config.load import MAX_FILE_SIZE, load_config
from bloatcheck.config.model import BaselineSource, Config, ImageSpec, Renewal
from bloatcheck.errors import BaselineError, BloatcheckError, NotThereError, PublishError, UsageError
from bloatcheck.image.open import open_image
from bloatcheck.judging import Base
from bloatcheck.log import Log
from bloatcheck.oci.registry_reference import is_confidential
from bloatcheck.whole_file import write_whole

_RENEWING = frozenset({Event.PUSH, Event.BRANCH})
"""Events that check the branch itself.

Others may name the default branch as their ref too, and have anything checked out.
"""
_KEPT = frozenset({BaselineSource.FILE, BaselineSource.BRANCH, BaselineSource.ARTIFACT})
_REVISION = "org.opencontainers.image.revision"
_CREATED = "org.opencontainers.image.created"
_COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """One run's references. `environment` is what builders are started with; the token is not in it."""

    config: Config
    context: CiContext
    token: str | None
    environment: Mapping[str, str]
    log: Log

    def base(self) -> Base:
        """The commit that this run is compared with, and the one that rules it."""
        choice = choose_commit(self._git(), self.context, self._host())
        if choice.commit is None:
            return Base(None, lambda _: None)
        compared = self._at(choice.commit, choice.why)
        if choice.ruling in (None, choice.commit):
            return compared
        return replace(compared, ruling=self._at(choice.ruling, "the base branch"))

    def baselines(self) -> Baselines:
        """The baseline that this run is compared with, and the one that the change proposes.

        Raises:
            BaselineError: damaged, foreign, newer, or out of reach.
        """
        on_disk = read_work_tree(self.config.root, self.config.baseline.path)
        git, host = self._git(), self._host(warns=True)
        choice = choose_commit(git, self.context, host)
        question = self._question(git, host, choice)
        try:
            before = find_baseline(question)
        except OutOfReachError as error:
            if self.context.ci != SHELL.name:
                # A check that passes because nothing could be compared would look like one that held.
                raise
            before = Baseline(notes=(f"Nothing to compare with: {error.told}.",))
        return Baselines(before=before, proposed=changed_entries(on_disk, question, before))

    def kept(self) -> Baseline:
        """What was kept for the commit that this run is compared with; nothing is built or pulled for it.

        Raises:
            BaselineError: as `baselines`.
        """
        git, host = self._git(), self._host(warns=True)
        question = self._question(git, host, choose_commit(git, self.context, host))
        sources = tuple(one for one in question.settings.sources if one in _KEPT)
        if not sources:
            return Baseline()
        return find_baseline(replace(question, settings=replace(question.settings, sources=sources)))

    def reference_at(self, since: str, before: Baseline) -> Baseline:
        """A second reference, from which slow growth is measured; empty, with a note, where there is none.

        Args:
            since: `last-release`, or `30d`, so many days ago.
            before: what the run is compared with.
        """
        git, host = self._git(), self._host()
        try:
            start = before.commit or git.commit("HEAD")
            if start is None:
                raise OutOfReachError("there is no git repository here")
            choice = choose_since(
                git,
                since,
                start,
                now=datetime.now(timezone.utc),
                branch=self.context.default_branch,
                host=host,
            )
            question = self._question(git, host, choice)
            # It is meant to be old, and a registry has only what is published now.
            sources = tuple(one for one in question.settings.sources if one is not BaselineSource.REGISTRY)
            if not sources:
                raise OutOfReachError("the source `registry` has no older images", hint="add another source")
            settings = replace(question.settings, max_age=None, sources=sources)
            return find_baseline(replace(question, settings=settings))
        except BaselineError as error:
            return Baseline(notes=(f"Growth over a longer time is not judged: {error.told}.",))

    def renews(self) -> bool:
        """Whether this run is one that renews the baseline."""
        return (
            self.config.baseline.renew is not Renewal.NEVER
            and self.context.event in _RENEWING
            and self.context.on_default_branch
        )

    def renew(
        self,
        snapshots: Sequence[ImageSnapshot],
        *,
        partial: bool,
        directory: Path | None,
        commit: str | None = None,
        noise: Mapping[tuple[str, str], tuple[LayerNoise, ...] | None] | None = None,
        unbuilt: Sequence[BaselineEntry] = (),
    ) -> Renewed:
        """Renews the baseline with what was measured at the commit that is checked out, or at another.

        Args:
            snapshots: what was measured.
            partial: whether these are some of the images only, so that none can be missing.
            directory: where an artifact is left.
            commit: what was measured, where it isn't what is checked out.
            noise: the floors that the new entries keep, by name and platform.
            unbuilt: entries that stand for images which were not built; they stay as they are.

        Raises:
            BaselineError: it can't be.
        """
        git, branch = self._git(), self.context.default_branch
        head = commit or git.commit("HEAD")
        if branch is None or head is None:
            raise BaselineError(
                "the baseline is renewed by runs on the default branch, in a clone of the repository",
                hint="at your desk: bloatcheck baseline update",
            )
        if self.context.commit not in (None, head):
            raise BaselineError(
                "what is checked out is not the commit that this run is for, so the baseline stays as it is",
                hint="check out without a `ref`",
            )
        if not snapshots and not unbuilt:
            return Renewed("no image was measured, so the baseline stays as it is")
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        floors = noise or {}
        entries = tuple(
            BaselineEntry(
                snapshot=one, commit=head, measured_at=now, noise=floors.get((one.name, one.platform))
            )
            for one in snapshots
        )
        entries += tuple(unbuilt)
        settings = self.config.baseline
        if settings.renew is Renewal.ARTIFACT:
            return _left(directory, entries)
        renewer = Renewer(git, settings, branch, self._host(), self._ci.author)
        if settings.renew is Renewal.BRANCH:
            return renewer.by_branch(Measurement(commit=head, entries=entries))
        known = read_at(git, head, settings.path) if git.has(head) else Baseline()
        dropped = dropped_keys(known, self.config.listed, partial=partial)
        return renewer.by_commit(Measurement(commit=head, entries=entries, dropped=dropped))

    def _at(self, commit: str, why: str) -> Base:
        """A commit's files, through git, else through the host's API."""
        git, host = self._git(), self._host()
        if git.has(commit):
            return Base(commit, lambda path: git.read(commit, path))
        if host is None:
            raise OutOfReachError(
                f"the commit to compare with, {commit[:SHORT]} ({why}), is not in this clone and can't be "
                "fetched",
                hint=git.words.history_or_api,
            )
        folder = git.folder()
        return Base(commit, lambda path: host.file(commit, posixpath.join(folder, path), most=MAX_FILE_SIZE))

    def _question(self, git: Git, host: Host | None, choice: Choice) -> Question:
        return Question(
            settings=self.config.baseline,
            git=git,
            choice=choice,
            images=self.config.images,
            now=datetime.now(timezone.utc),
            default_branch=self.context.default_branch,
            host=host,
            published=self._published,
            built=self._built,
        )

    @property
    def _ci(self) -> Ci:
        return ci_named(self.context.ci)

    def _git(self) -> Git:
        plain = Git(self.config.root, words=self._ci.words)
        if not self.token or not _may_get_token(self.context.server_url):
            return plain
        if plain.settings(r"^http\..*\.extraheader$"):
            # The checkout left its own (actions/checkout does); two would be refused.
            return plain
        return replace(plain, environment=_with_token(self._ci, self.token, self.context))

    def _host(self, *, warns: bool = False) -> Host | None:
        """The code host; None where it can't be asked, as with a token that would be readable on the way."""
        try:
            return self._ci.host(self.context, self.token, self.log)
        except PublishError as error:
            tell = self.log.warning if warns else self.log.detail
            tell(f"the run goes on as if without a token: {error.told}")
            return None

    def _published(self, reference: str, spec: ImageSpec) -> BaselineEntry | None:
        """The entry of a published image; its labels say of which commit it is."""
        cache = LayerCache.open(self.environment, log=self.log)
        try:
            opened = open_image(reference, platform=spec.platform, log=self.log, documents=cache.documents)
        except NotThereError:
            return None
        with closing(opened) as image:
            clues = find_base_clues(image, log=self.log)
            indexes = index_image(image, cache, EXPLAIN)
            snapshot = explain(image, indexes, name=spec.name, base_clues=clues).snapshot
            labels = image.config.labels
        if snapshot.base is None:
            # Without the Dockerfile of its own commit, its base may not be told; its base's bytes would then
            # look as if they had come with this change.
            snapshot = replace(snapshot, contents=None)
        revision, created = labels.get(_REVISION, ""), labels.get(_CREATED, "")
        return BaselineEntry(
            snapshot=snapshot,
            commit=revision if _COMMIT.fullmatch(revision) else None,
            measured_at=created if moment(created) else None,
        )

    def _built(self, root: Path, names: Sequence[str]) -> tuple[ImageSnapshot, ...]:
        """The images of a checked-out commit, by its own configuration."""
        config = load_config(root, path=self.config.path if self._has(root) else None)
        wanted = replace(config, images=tuple(image for image in config.images if image.name in names))
        if not wanted.images:
            return ()
        with self.log.group("Building what this is compared with"):
            results = pipeline.measure(wanted, log=self.log, environment=self.environment)
        measured = tuple(result.snapshot for result in results if isinstance(result, pipeline.Measured))
        if not measured:
            first = next(result for result in results if isinstance(result, pipeline.Unmeasured))
            raise BloatcheckError(first.failure.message, hint=first.failure.hint)
        return measured

    def _has(self, root: Path) -> bool:
        return self.config.path is not None and (root / self.config.path).is_file()


def _left(directory: Path | None, entries: Sequence[BaselineEntry]) -> Renewed:
    if directory is None:
        raise UsageError("there is no folder to leave the artifact in", hint="name one: --report-dir DIR")
    file = directory / ARTIFACT_FILE
    try:
        write_whole(file, to_json(entries).encode(), through_links=False)
    except OSError as error:
        raise BaselineError(f"{file} can't be written: {error.strerror or error}") from error
    return Renewed(f"the baseline to upload as artifact is {file}")


def _may_get_token(address: str | None) -> bool:
    try:
        parts = urlsplit(address or "")
    except ValueError:  # such as https://[1
        return False
    return is_confidential(parts.scheme, parts.hostname or "")


def _with_token(ci: Ci, token: str, context: CiContext) -> Mapping[str, str]:
    """Git's settings for one run of it, through the environment, where no process list shows them."""
    used = int(environ.get("GIT_CONFIG_COUNT") or 0)
    credentials = b64encode(f"{ci.git_user}:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": str(used + 1),
        f"GIT_CONFIG_KEY_{used}": f"http.{context.server_url}/.extraheader",
        f"GIT_CONFIG_VALUE_{used}": f"AUTHORIZATION: basic {credentials}",
    }

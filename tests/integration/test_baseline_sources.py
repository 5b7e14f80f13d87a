"""Where a baseline comes from: every source, their chain, what is stale, and the reference of long ago."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import pytest
from support.git import Repository
from support.snapshots import layer, snapshot

from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.choice import Choice
from bloatcheck.baseline.document import to_json
from bloatcheck.baseline.git import Git, OutOfReachError
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.renew import Measurement, Renewer
from bloatcheck.baseline.since import choose_since
from bloatcheck.baseline.sources import changed_entries, find_baseline
from bloatcheck.baseline.sources.artifact import ARTIFACT_FILE, unpacked
from bloatcheck.baseline.sources.model import Question
from bloatcheck.ci.github import WORDS
from bloatcheck.config.model import BaselineSettings, BaselineSource, ImageSpec
from bloatcheck.diff.compare import compare
from bloatcheck.diff.model import ImageChange
from bloatcheck.errors import BaselineError, BuildError, PublishError, ReadError

FILE = ".bloatcheck-baseline.json"
NOW = datetime(2026, 2, 3, 12, 30, tzinfo=timezone.utc)
"""Three days after the commits."""


def entry(name: str, size: int, commit: str | None = None, measured_at: str | None = None) -> BaselineEntry:
    return BaselineEntry(snapshot=snapshot(name, layer(1, size)), commit=commit, measured_at=measured_at)


@dataclass(frozen=True)
class Line:
    """main: one - two - three - change, of which the last is a pull request's."""

    origin: Repository
    one: str
    two: str
    three: str
    change: str


@pytest.fixture
def line(tmp_path: Path) -> Line:
    root = tmp_path / "origin"
    root.mkdir()
    origin = Repository(root)
    origin.git("init", "-q", "-b", "main")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    one = origin.commit(**{FILE: to_json([entry("api", 1)])})
    two, three = (origin.commit(change=str(number)) for number in (2, 3))
    origin.git("checkout", "-q", "-b", "feature")
    change = origin.commit(change="4")
    origin.git("checkout", "-q", "--detach")
    return Line(origin, one, two, three, change)


def keep(line: Line, tmp_path: Path, commit: str, **sizes: int) -> None:
    """What a run on main leaves on the branch."""
    clone = line.origin.clone(tmp_path / f"keep-{commit[:8]}-{'-'.join(sizes)}", commit, "--depth=1")
    entries = tuple(entry(name, size, commit, "2026-01-31T12:05:00Z") for name, size in sizes.items())
    Renewer(Git(clone.root), BaselineSettings(), "main").by_branch(
        Measurement(commit=commit, entries=entries)
    )


@dataclass
class Asked:
    """Everything that sources are given, in a shallow clone of the change."""

    git: Git
    base: str
    images: tuple[str, ...] = ("api",)

    def of(self, *sources: str, **more: object) -> Question:
        settings = BaselineSettings(
            path=FILE,
            sources=tuple(map(BaselineSource, sources)),
            registry="ghcr.io/acme/{image}:main",
            max_age=more.pop("max_age", None),  # type: ignore[arg-type] # pytest shows a wrong one
        )
        return replace(
            Question(
                settings=settings,
                git=self.git,
                choice=Choice(self.base, "the base"),
                images=tuple(map(ImageSpec, self.images)),
                now=NOW,
                default_branch="main",
            ),
            **more,  # type: ignore[arg-type] # pytest shows a wrong one
        )


@pytest.fixture
def asked(line: Line, tmp_path: Path) -> Asked:
    clone = line.origin.clone(tmp_path / "clone", line.change, "--depth=1")
    git = Git(clone.root)
    assert git.has(line.three)
    return Asked(git, line.three)


def sizes(baseline: Baseline) -> dict[str, int]:
    return {one.snapshot.name: one.snapshot.content_size for one in baseline.entries}


# The branch


def test_the_branch_has_the_entries_of_the_very_commit(line: Line, asked: Asked, tmp_path: Path) -> None:
    """However much an earlier change crept up by."""
    keep(line, tmp_path, line.two, api=2)
    keep(line, tmp_path, line.three, api=3)
    keep(line, tmp_path, line.one, api=1)
    found = find_baseline(asked.of("branch"))
    assert sizes(found) == {"api": 3}
    assert found.commit == line.three
    assert found.origin == (
        f"the branch bloatcheck-baseline, measured at {line.three[:12]}, the base, "
        "committed 2026-01-31, 3 days ago"
    )
    assert found.notes == ()


def test_where_it_was_not_measured_the_nearest_before_it_counts_and_that_is_said(
    line: Line, asked: Asked, tmp_path: Path
) -> None:
    keep(line, tmp_path, line.one, api=1)
    keep(line, tmp_path, line.two, api=2)
    found = find_baseline(asked.of("branch"))
    assert sizes(found) == {"api": 2}
    assert found.commit == line.two
    (note,) = found.notes
    base, before = line.three[:12], line.two[:12]
    assert note == f"{base} itself was not measured: what came after {before} counts with this change."


def test_what_comes_after_the_commit_or_stands_on_another_line_is_never_taken(
    line: Line, asked: Asked, tmp_path: Path
) -> None:
    keep(line, tmp_path, line.change, api=4)
    found = find_baseline(asked.of("branch"))
    assert found.entries == ()
    assert found.notes == (
        f"The branch bloatcheck-baseline has no commit that is {line.three[:12]} or comes before it.",
    )


def test_an_image_that_a_leg_did_not_measure_comes_from_an_earlier_commit(
    line: Line, asked: Asked, tmp_path: Path
) -> None:
    keep(line, tmp_path, line.two, web=20)
    keep(line, tmp_path, line.three, api=3)
    found = find_baseline(replace(asked.of("branch"), images=(ImageSpec("api"), ImageSpec("web"))))
    assert sizes(found) == {"api": 3, "web": 20}
    assert found.commit == line.three


def test_without_a_branch_the_next_source_is_asked(asked: Asked) -> None:
    found = find_baseline(asked.of("branch", "file"))
    assert sizes(found) == {"api": 1}
    assert found.notes == ("There is no branch bloatcheck-baseline yet.",)


def test_a_branch_with_damaged_files_is_passed_over(line: Line, asked: Asked) -> None:
    line.origin.git("checkout", "-q", "--orphan", "bloatcheck-baseline")
    line.origin.commit(**{f"commits/{line.three}.json": "{"})
    found = find_baseline(asked.of("branch", "file"))
    assert sizes(found) == {"api": 1}
    assert "on the branch bloatcheck-baseline: damaged" in found.notes[0]


# The chain


def test_where_no_source_can_be_asked_the_first_ones_cure_is_told(asked: Asked) -> None:
    with pytest.raises(OutOfReachError, match="there is no token"):
        find_baseline(asked.of("artifact", "build"))


def test_each_image_comes_from_the_first_source_that_has_it(asked: Asked) -> None:
    def published(reference: str, image: ImageSpec) -> BaselineEntry:
        assert reference == "docker://ghcr.io/acme/web:main"
        return entry(image.name, 7)

    question = replace(
        asked.of("file", "registry", published=published), images=(ImageSpec("api"), ImageSpec("web"))
    )
    found = find_baseline(question)
    assert sizes(found) == {"api": 1, "web": 7}
    assert found.origin is not None
    assert found.origin.endswith("; ghcr.io/acme/{image}:main as published now (for web)")


def test_a_damaged_file_is_an_error_whatever_comes_after_it(line: Line, asked: Asked) -> None:
    damaged = line.origin.commit(**{FILE: "{"})
    with pytest.raises(BaselineError, match="not JSON"):
        find_baseline(replace(asked.of("file", "build"), choice=Choice(damaged, "the base")))


# The file through the API


@dataclass
class HostWith:
    """A host that has one commit's files, and artifacts."""

    content: dict[tuple[str, str], bytes] = field(default_factory=dict)
    listed: Sequence[object] = ()
    archives: dict[int, bytes] = field(default_factory=dict)
    bases: dict[tuple[str, str], str] = field(default_factory=dict)
    refuses: bool = False

    def file(self, commit: str, path: str, *, most: int) -> bytes | None:
        if self.refuses:
            raise PublishError("GitHub refused to read it (status 403)", hint="contents: read")
        assert most > 0
        return self.content.get((commit, path))

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        return tuple(path for at, path in self.content if at == commit and path.startswith(folder))

    def artifacts(self, name: str, branch: str) -> Sequence[object]:
        if self.refuses:
            raise PublishError("GitHub refused to list the artifacts (status 403)")
        assert (name, branch) == ("bloatcheck-baseline", "main")
        return self.listed

    def archive(self, number: int, *, most: int) -> bytes:
        return self.archives[number][:most]

    def merge_base(self, base: str, head: str) -> str | None:
        return self.bases.get((base, head))


@pytest.fixture
def cut_off(line: Line, tmp_path: Path) -> Asked:
    """A clone with one commit, from which nothing can be fetched."""
    clone = line.origin.clone(tmp_path / "cut-off", line.change, "--depth=1")
    clone.git("remote", "remove", "origin")
    return Asked(Git(clone.root, words=WORDS), line.three)


@pytest.mark.parametrize("path", [FILE, "ci/"])
def test_a_commit_that_cannot_be_fetched_is_read_through_the_api(
    line: Line, cut_off: Asked, path: str
) -> None:
    at = f"{path}api.json" if path.endswith("/") else path
    host = HostWith({(line.three, at): to_json([entry("api", 5)]).encode()})
    question = cut_off.of("file", host=host)
    found = find_baseline(replace(question, settings=replace(question.settings, path=path)))
    assert sizes(found) == {"api": 5}
    assert found.commit == line.three
    assert found.origin == f"{path} at {line.three[:12]}, the base, read through the API"


def test_neither_git_nor_the_api_is_an_error_with_the_cure(cut_off: Asked) -> None:
    with pytest.raises(OutOfReachError, match="is not in this clone and can't be fetched") as caught:
        find_baseline(cut_off.of("file"))
    assert caught.value.hint == "give actions/checkout `fetch-depth: 0`"
    with pytest.raises(OutOfReachError, match="status 403"):
        find_baseline(cut_off.of("file", host=HostWith(refuses=True)))


# The artifact


@dataclass(frozen=True)
class Left:
    number: int
    commit: str
    size: int = 100

    @property
    def run(self) -> int:
        return self.number + 1000


def archive(content: str, name: str = ARTIFACT_FILE) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, content)
    return packed.getvalue()


def test_the_artifact_of_the_commit_or_of_the_nearest_before_it_is_taken(line: Line, asked: Asked) -> None:
    """Not the last run's, which may be of a commit that the change doesn't stand on."""
    host = HostWith(
        listed=(Left(9, line.change), Left(8, line.three), Left(7, line.two)),
        archives={
            number: archive(to_json([entry("api", number, commit)]))
            for number, commit in ((9, line.change), (8, line.three), (7, line.two))
        },
        bases={(line.two, line.three): line.two, (line.change, line.three): line.three},
    )
    found = find_baseline(asked.of("artifact", host=host))
    assert sizes(found) == {"api": 8}
    assert (found.origin or "").startswith(
        f"the artifact of run 1008, measured at {line.three[:12]}, the base"
    )
    host.listed = (host.listed[0], host.listed[2])
    found = find_baseline(asked.of("artifact", host=host))
    assert sizes(found) == {"api": 7}
    assert "itself was not measured" in found.notes[0]


def test_what_is_filed_under_another_commit_than_it_measured_is_not_taken(line: Line, asked: Asked) -> None:
    host = HostWith(
        listed=(Left(8, line.three),), archives={8: archive(to_json([entry("api", 8, line.change)]))}
    )
    found = find_baseline(asked.of("artifact", "file", host=host))
    assert sizes(found) == {"api": 1}
    assert found.notes == (f"The artifact of run 1008 holds nothing of {line.three[:12]}.",)


def test_artifacts_that_are_missing_or_refused_are_passed_over_with_the_reason(asked: Asked) -> None:
    found = find_baseline(asked.of("artifact", "file", host=HostWith()))
    assert found.notes == ("No run on main has left an artifact bloatcheck-baseline yet.",)
    found = find_baseline(asked.of("artifact", "file", host=HostWith(refuses=True)))
    assert found.notes == (
        "Not compared with the source `artifact`: GitHub refused to list the artifacts (status 403).",
    )


def _lying_about_its_size() -> bytes:
    """A bomb whose directory says that it is small."""
    packed = bytearray(archive("x" * (70 << 20)))
    start = packed.rindex(b"PK\x01\x02")
    packed[start + 24 : start + 28] = struct.pack("<I", 10)
    return bytes(packed)


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (b"", "is damaged"),
        (b"PK\x03\x04 and more", "is damaged"),
        (archive("{}", "other.json"), "has 0 files"),
        (archive("{"), "not JSON"),
        (archive('{"bloatcheck": "report"}'), "not a baseline"),
        (archive("x" * (65 << 20)), "larger than 64 MiB"),
        (_lying_about_its_size(), "is damaged|not JSON|not a baseline"),
        (archive(to_json([entry("api", 1)]))[:-30], "is damaged"),
    ],
    ids=["empty", "cut", "other", "json", "report", "bomb", "liar", "no end"],
)
def test_an_archive_may_hold_anything(packed: bytes, message: str) -> None:
    with pytest.raises(OutOfReachError, match=message):
        unpacked(packed, "the artifact")


def test_a_name_in_an_archive_is_only_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    packed = archive(to_json([entry("api", 1)]), f"../../{ARTIFACT_FILE}")
    assert len(unpacked(packed, "the artifact")) == 1
    assert list(tmp_path.iterdir()) == []


# The registry


def test_published_images_are_read_and_a_missing_one_is_new(asked: Asked) -> None:
    def published(_: str, image: ImageSpec) -> BaselineEntry | None:
        return entry("api", 5, asked.base) if image.name == "api" else None

    question = replace(asked.of("registry", published=published), images=(ImageSpec("api"), ImageSpec("web")))
    found = find_baseline(question)
    assert sizes(found) == {"api": 5}
    assert found.commit == asked.base
    assert (found.origin or "").startswith("ghcr.io/acme/{image}:main as published now, made at ")
    assert found.notes == ("ghcr.io/acme/web:main is not published, or not for strangers.",)


def test_a_registry_that_refuses_is_passed_over(asked: Asked) -> None:
    def published(*_: object) -> BaselineEntry:
        raise ReadError("ghcr.io refused (status 401)")

    found = find_baseline(asked.of("registry", "file", published=published))
    assert sizes(found) == {"api": 1}
    assert "can't be read: ghcr.io refused (status 401)" in found.notes[0]


# The build


def test_the_commit_is_built_in_a_work_tree_that_is_gone_afterwards(line: Line, asked: Asked) -> None:
    (asked.git.root / "change").write_text("not committed")
    seen: list[Path] = []

    def built(root: Path, names: Sequence[str]) -> tuple[ImageSnapshot, ...]:
        seen.append(root)
        assert (root / "change").read_text() == "3"
        (root / "left by the build").write_text("x")
        return tuple(snapshot(name, layer(1, 30)) for name in names)

    found = find_baseline(asked.of("build", built=built))
    assert sizes(found) == {"api": 30}
    assert found.origin == f"a build of {line.three[:12]}, the base, committed 2026-01-31, 3 days ago"
    assert not seen[0].exists()
    clone = Repository(asked.git.root)
    assert clone.git("worktree", "list").count("\n") == 0
    assert (asked.git.root / "change").read_text() == "not committed"


def test_hooks_of_the_clone_do_not_run(asked: Asked, tmp_path: Path) -> None:
    hook = asked.git.root / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    hook.chmod(0o755)
    find_baseline(asked.of("build", built=lambda *_: (snapshot("api", layer(1, 1)),)))
    assert not (tmp_path / "ran").exists()


def test_a_base_that_does_not_build_is_passed_over_and_cleaned_up(asked: Asked) -> None:
    def built(*_: object) -> tuple[ImageSnapshot, ...]:
        raise BuildError("api could not be built")

    found = find_baseline(asked.of("build", "file", built=built))
    assert sizes(found) == {"api": 1}
    assert "can't be built: api could not be built" in found.notes[0]
    assert Repository(asked.git.root).git("worktree", "list").count("\n") == 0


# What the change itself brings


def test_only_entries_that_the_change_itself_brings_can_accept_its_growth(asked: Asked) -> None:
    """Whatever it is compared with: a large entry that was there all along accepts nothing."""
    on_disk = Baseline(entries=(entry("api", 1), entry("web", 9)))
    question = asked.of("branch")
    assert sizes(changed_entries(on_disk, question, Baseline())) == {"web": 9}
    stale = Baseline(entries=(replace(entry("api", 1), stale_because="old"),))
    assert sizes(changed_entries(on_disk, asked.of("file"), stale)) == {"web": 9}
    assert (
        changed_entries(on_disk, replace(question, choice=Choice(None, "on disk")), Baseline()).entries == ()
    )


def test_where_the_file_was_is_not_known_nothing_is_accepted(cut_off: Asked) -> None:
    on_disk = Baseline(entries=(entry("api", 9),))
    assert changed_entries(on_disk, cut_off.of("branch"), Baseline()).entries == ()


# What is stale


def test_an_entry_older_than_max_age_is_said_and_not_compared_with(line: Line, asked: Asked) -> None:
    commit = line.origin.commit(**{FILE: to_json([entry("api", 1, measured_at="2025-10-01T00:00:00Z")])})
    question = replace(asked.of("file", max_age=90), choice=Choice(commit, "the base"))
    (stale,) = find_baseline(question).entries
    assert stale.stale_because == (
        "the baseline is stale: it was measured 2025-10-01, 125 days ago, and `max-age` is 90 days"
    )
    diff = compare(stale, snapshot("api", layer(1, 100)))
    assert (diff.change, diff.delta) == (ImageChange.INCOMPARABLE, None)
    assert diff.incomparable_because == stale.stale_because


@pytest.mark.parametrize("measured_at", ["2026-02-01T00:00:00Z", "2026-02-01", "yesterday", None])
def test_what_is_young_or_of_no_known_age_is_compared_with(
    line: Line, asked: Asked, measured_at: str | None
) -> None:
    commit = line.origin.commit(**{FILE: to_json([entry("api", 1, measured_at=measured_at)])})
    question = replace(asked.of("file", max_age=90), choice=Choice(commit, "the base"))
    assert find_baseline(question).entries[0].stale_because is None


# Since


def since(git: Git, what: str, commit: str, now: datetime = NOW) -> Choice:
    return choose_since(git, what, commit, now=now, branch="main", host=None)


def test_the_last_release_is_the_nearest_tag_in_a_shallow_clone_too(line: Line, asked: Asked) -> None:
    line.origin.git("tag", "v1", line.one)
    line.origin.git("tag", "v2", line.two)
    line.origin.git("tag", "v3-of-something-else", line.change)
    assert since(asked.git, "last-release", line.three) == Choice(line.two, "the release v2")


def test_a_tag_that_moves_along_is_no_release_where_there_are_versions(line: Line, asked: Asked) -> None:
    """Else nothing would ever have crept since last night."""
    line.origin.git("tag", "api-1.2.0", line.one)
    for moving in ("v1", "nightly"):
        line.origin.git("tag", moving, line.two)
    assert since(asked.git, "last-release", line.three) == Choice(line.one, "the release api-1.2.0")


def test_without_a_tag_the_cure_is_named(line: Line, asked: Asked) -> None:
    with pytest.raises(OutOfReachError, match="no tag is known"):
        since(asked.git, "last-release", line.three)


def test_days_ago_is_where_the_branch_stood_then(line: Line, asked: Asked) -> None:
    found = since(asked.git, "30d", line.three, NOW + timedelta(days=60))
    assert found == Choice(line.three, "where it stood 30 days ago")
    with pytest.raises(OutOfReachError, match="no commit is known from 30 days ago"):
        since(asked.git, "30d", line.three)

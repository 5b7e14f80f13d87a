"""Renewing the baseline, with real clones of a real remote that other runs push to as well."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support.git import Repository
from support.snapshots import layer, snapshot

from bloatcheck.baseline.document import from_json, to_json
from bloatcheck.baseline.git import Git
from bloatcheck.baseline.history import points_of
from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.baseline.renew import RENEWAL_BRANCH, Measurement, Renewed, Renewer
from bloatcheck.ci.github import GITHUB
from bloatcheck.config.model import BaselineSettings
from bloatcheck.errors import BaselineError, PublishError

FILE = ".bloatcheck-baseline.json"
MB = 1_000_000


@dataclass
class PullRequests:
    """The host, of which only this is asked here."""

    opened: list[dict[str, str]] = field(default_factory=list)
    refuses: bool = False

    def pull_request(self, **words: str) -> str:
        if self.refuses:
            raise PublishError("GitHub Actions is not permitted to create pull requests")
        self.opened.append(words)
        return "https://github.com/octo/hello/pull/7"


@dataclass
class Remote:
    """What GitHub holds, and the clones of its runs."""

    repository: Repository
    folder: Path
    host: PullRequests = field(default_factory=PullRequests)

    def tip(self, branch: str = "main") -> str:
        return self.repository.git("rev-parse", branch)

    def run(self, commit: str | None = None, *, below: str = "", **settings: str) -> Renewer:
        """A run's shallow clone of a commit, by default of what main stands at."""
        commit = commit or self.tip()
        name = f"run-{len(list(self.folder.iterdir()))}"
        clone = self.repository.clone(self.folder / name, commit, "--depth=1")
        git = Git(clone.root / below, words=GITHUB.words)
        return Renewer(git, BaselineSettings(**{"path": FILE, **settings}), "main", self.host, GITHUB.author)  # type: ignore[arg-type]

    def push(self, **files: str) -> str:
        """Somebody pushes to main."""
        self.repository.git("checkout", "-q", "main")
        commit = self.repository.commit(**files)
        self.repository.git("checkout", "-q", "--detach")
        return commit

    def sizes(self, revision: str = "main", path: str = FILE) -> dict[str, int]:
        """What the baseline says there."""
        content = self.repository.git("show", f"{revision}:{path}")
        return {one.snapshot.name: one.snapshot.content_size for one in from_json(content.encode(), path)}

    def protect(self, *branches: str) -> None:
        """As GitHub's rules refuse a push, but by a hook."""
        refs = " | ".join(f"refs/heads/{branch}" for branch in branches)
        hook = self.repository.root / ".git" / "hooks" / "update"
        hook.write_text(
            f'#!/bin/sh\ncase "$1" in {refs}) echo "GH006: Protected branch" >&2; exit 1;; esac\n'
        )
        hook.chmod(0o755)


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    root, runs = tmp_path / "remote", tmp_path / "runs"
    root.mkdir()
    runs.mkdir()
    repository = Repository(root)
    repository.git("init", "-q", "-b", "main")
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repository.commit(README="hello", **{FILE: to_json([entry("api", 10 * MB), entry("web", 20 * MB)])})
    repository.git("checkout", "-q", "--detach")
    return Remote(repository, runs)


def entry(name: str, size: int, commit: str = "0" * 40) -> BaselineEntry:
    return BaselineEntry(
        snapshot=snapshot(name, layer(1, size)), commit=commit, measured_at="2026-01-31T00:00:00Z"
    )


def measured(renewer: Renewer, **sizes: int) -> Measurement:
    """What the run measured of what it has checked out."""
    commit = renewer.git.commit("HEAD")
    assert commit
    return Measurement(
        commit=commit, entries=tuple(entry(name, size, commit) for name, size in sizes.items())
    )


def together(*work: Callable[[], Renewed]) -> list[str]:
    """All at once."""
    barrier = threading.Barrier(len(work))
    done: list[str] = []

    def start(one: Callable[[], Renewed]) -> None:
        barrier.wait(10)
        done.append(one().what)

    threads = [threading.Thread(target=start, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == len(work)
    return done


# By a commit


def test_one_tidy_commit_of_the_bot_renews_what_moved_and_starts_no_run(remote: Remote) -> None:
    before, renewer = remote.tip(), remote.run()
    renewed = renewer.by_commit(measured(renewer, api=12 * MB, web=20 * MB + 50_000))

    assert remote.tip("main^") == before
    assert renewed.what.startswith(f"the baseline is renewed in {remote.tip()[:12]} on main")
    assert remote.sizes() == {"api": 12 * MB, "web": 20 * MB}
    shown = remote.repository.git("show", "-s", "--format=%an <%ae>%n%B", "main")
    assert shown == (
        f"{GITHUB.author.name} <{GITHUB.author.email}>\nRenew the image size baseline [skip ci]\n\n"
        f"api on linux/amd64: 12.0 MB (+2.00 MB)\n\nMeasured at {before}."
    )
    assert remote.repository.git("diff", "--name-only", "main^", "main") == FILE


def test_the_runs_own_clone_is_left_as_it_was(remote: Remote) -> None:
    renewer = remote.run()
    renewer.by_commit(measured(renewer, api=12 * MB))
    clone = Repository(renewer.git.root)
    assert clone.git("status", "--porcelain") == ""
    assert (
        clone.git("branch", "--format=%(refname)")
        == "(HEAD detached at " + clone.git("rev-parse", "--short", "HEAD") + ")"
    )


def test_within_the_tolerance_nothing_is_pushed(remote: Remote) -> None:
    before, renewer = remote.tip(), remote.run()
    assert renewer.by_commit(measured(renewer, api=10 * MB + 90_000)).what == "the baseline is up to date"
    assert remote.tip() == before


def test_a_run_on_the_renewals_own_commit_does_nothing(remote: Remote) -> None:
    """A personal token's push would start one, whatever the message says."""
    renewer = remote.run()
    renewer.by_commit(measured(renewer, api=12 * MB))
    own = remote.tip()
    clone = remote.repository.clone(remote.folder / "own", own, "--depth=2")
    again = Renewer(Git(clone.root), BaselineSettings(path=FILE), "main")
    assert "the renewal's own commit" in again.by_commit(measured(again, api=13 * MB)).what
    assert remote.tip() == own


def test_a_shallow_run_on_the_renewals_own_commit_finds_nothing_moved(remote: Remote) -> None:
    renewer = remote.run()
    renewer.by_commit(measured(renewer, api=12 * MB))
    own = remote.tip()
    again = remote.run()
    assert again.by_commit(measured(again, api=12 * MB)).what == "the baseline is up to date"
    assert remote.tip() == own


def test_two_runs_that_race_lose_nothing(remote: Remote) -> None:
    one, other = remote.run(), remote.run()
    together(
        lambda: one.by_commit(measured(one, api=12 * MB)),
        lambda: other.by_commit(measured(other, web=25 * MB)),
    )
    assert remote.sizes() == {"api": 12 * MB, "web": 25 * MB}


def test_what_others_pushed_meanwhile_stays(remote: Remote) -> None:
    renewer = remote.run()
    theirs = remote.push(README="changed")
    renewer.by_commit(measured(renewer, api=12 * MB))
    assert remote.tip("main^") == theirs
    assert remote.repository.git("show", "main:README") == "changed"


def test_a_slow_run_of_an_old_commit_does_not_replace_what_a_newer_one_measured(remote: Remote) -> None:
    old = remote.run()
    remote.push(README="newer")
    new = remote.run()
    new.by_commit(measured(new, api=15 * MB))
    old.by_commit(measured(old, api=12 * MB, web=25 * MB))
    assert remote.sizes() == {"api": 15 * MB, "web": 25 * MB}


def test_a_commit_that_the_file_names_is_no_option_for_git(remote: Remote, tmp_path: Path) -> None:
    """The file came with a pull request, and nobody reads what looks as if a program wrote it."""
    started = tmp_path / "started"
    hostile = entry("api", 10 * MB, commit=f"--upload-pack=touch {started};")
    remote.push(**{FILE: to_json([hostile])})
    renewer = remote.run()
    assert "the baseline is renewed" in renewer.by_commit(measured(renewer, api=30 * MB)).what
    assert remote.sizes() == {"api": 30 * MB}
    assert not started.exists()


def test_images_that_are_no_longer_configured_go(remote: Remote) -> None:
    renewer = remote.run()
    told = measured(renewer, api=10 * MB)
    renewer.by_commit(
        Measurement(commit=told.commit, entries=told.entries, dropped=frozenset({("web", "linux/amd64")}))
    )
    assert remote.sizes() == {"api": 10 * MB}
    assert "web on linux/amd64: no longer configured" in remote.repository.git(
        "show", "-s", "--format=%B", "main"
    )


def test_a_folder_of_one_file_per_image_is_renewed_file_by_file(remote: Remote) -> None:
    remote.push(**{"ci/api@linux-amd64.json": to_json([entry("api", 1 * MB)])})
    renewer = remote.run(path="ci/")
    renewer.by_commit(measured(renewer, api=2 * MB, web=3 * MB))
    changed = remote.repository.git("diff", "--name-only", "main^", "main").split()
    assert changed == ["ci/api@linux-amd64.json", "ci/web@linux-amd64.json"]
    assert remote.sizes(path="ci/web@linux-amd64.json") == {"web": 3 * MB}


def test_in_a_folder_of_the_repository_paths_start_there(remote: Remote) -> None:
    remote.push(**{f"services/{FILE}": to_json([entry("api", 1 * MB)])})
    renewer = remote.run(below="services")
    renewer.by_commit(measured(renewer, api=2 * MB))
    assert remote.sizes(path=f"services/{FILE}") == {"api": 2 * MB}
    assert remote.sizes() == {"api": 10 * MB, "web": 20 * MB}


def test_a_damaged_baseline_is_never_written_over(remote: Remote) -> None:
    before = remote.push(**{FILE: "{"})
    renewer = remote.run()
    with pytest.raises(BaselineError, match="damaged"):
        renewer.by_commit(measured(renewer, api=2 * MB))
    assert remote.tip() == before


def test_a_remote_that_does_not_answer_is_an_error_with_the_cure_and_without_its_address(
    remote: Remote, tmp_path: Path
) -> None:
    renewer = remote.run()
    Repository(renewer.git.root).git("remote", "set-url", "origin", (tmp_path / "secret-place").as_uri())
    with pytest.raises(BaselineError, match="the remote `origin` can't be asked") as caught:
        renewer.by_commit(measured(renewer, api=2 * MB))
    assert "its `token`" in (caught.value.hint or "")
    assert "://" not in caught.value.message


# Where the branch is protected


def test_a_protected_branch_gets_one_pull_request(remote: Remote) -> None:
    remote.protect("main")
    before, renewer = remote.tip(), remote.run()
    renewed = renewer.by_commit(measured(renewer, api=12 * MB))

    assert renewed.url == "https://github.com/octo/hello/pull/7"
    assert remote.tip() == before
    assert remote.sizes(RENEWAL_BRANCH) == {"api": 12 * MB, "web": 20 * MB}
    (opened,) = remote.host.opened
    assert (opened["branch"], opened["base"]) == (RENEWAL_BRANCH, "main")
    assert "- api on linux/amd64: 12.0 MB (+2.00 MB)" in opened["body"]
    # Its checks have to run, or it could never be merged.
    assert "[skip ci]" not in remote.repository.git("show", "-s", "--format=%B", RENEWAL_BRANCH)


def test_the_pull_request_is_kept_on_top_of_the_branch_with_what_waits_in_it(remote: Remote) -> None:
    remote.protect("main")
    first = remote.run()
    first.by_commit(measured(first, api=12 * MB))
    remote.push(README="changed")
    second = remote.run()
    second.by_commit(measured(second, web=25 * MB))

    assert remote.tip(f"{RENEWAL_BRANCH}^") == remote.tip()
    assert remote.sizes(RENEWAL_BRANCH) == {"api": 12 * MB, "web": 25 * MB}


def test_the_same_again_pushes_nothing(remote: Remote) -> None:
    remote.protect("main")
    renewer = remote.run()
    renewer.by_commit(measured(renewer, api=12 * MB))
    before = remote.tip(RENEWAL_BRANCH)
    renewer.by_commit(measured(renewer, api=12 * MB))
    assert remote.tip(RENEWAL_BRANCH) == before


def test_once_merged_it_moves_nothing_more(remote: Remote) -> None:
    remote.protect("main")
    renewer = remote.run()
    renewer.by_commit(measured(renewer, api=12 * MB))
    remote.repository.git("checkout", "-q", "main")
    remote.repository.git("merge", "-q", "--no-ff", "-m", "Merge pull request #7", RENEWAL_BRANCH)
    remote.repository.git("checkout", "-q", "--detach")
    again = remote.run()
    assert again.by_commit(measured(again, api=12 * MB)).what == "the baseline is up to date"
    assert len(remote.host.opened) == 1


def test_where_neither_can_be_pushed_the_cure_is_named(remote: Remote) -> None:
    remote.protect("main", RENEWAL_BRANCH)
    renewer = remote.run()
    with pytest.raises(BaselineError, match="forbid a push to main and to") as caught:
        renewer.by_commit(measured(renewer, api=12 * MB))
    assert caught.value.hint == f"let the Actions bot push to {RENEWAL_BRANCH}"


def test_where_no_pull_request_may_be_opened_the_cure_is_named(remote: Remote) -> None:
    remote.protect("main")
    remote.host.refuses = True
    renewer = remote.run()
    with pytest.raises(BaselineError, match="could not be opened") as caught:
        renewer.by_commit(measured(renewer, api=12 * MB))
    assert "Settings, Actions, General" in (caught.value.hint or "")


# On a branch of its own


def history(remote: Remote) -> list[tuple[str, str, int]]:
    content = remote.repository.git("show", "bloatcheck-baseline:history.jsonl")
    return [(point.commit, point.image, point.content_size) for point in points_of(content.encode())]


def test_the_branch_keeps_every_entry_of_every_commit_and_the_history(remote: Remote) -> None:
    first = remote.run()
    first.by_branch(measured(first, api=10 * MB, web=20 * MB))
    one = remote.tip()
    two = remote.push(README="2")
    second = remote.run()
    second.by_branch(measured(second, api=10 * MB + 1))

    assert history(remote) == [(one, "api", 10 * MB), (one, "web", 20 * MB), (two, "api", 10 * MB + 1)]
    assert remote.sizes("bloatcheck-baseline", f"commits/{one}.json") == {"api": 10 * MB, "web": 20 * MB}
    assert remote.sizes("bloatcheck-baseline", f"commits/{two}.json") == {"api": 10 * MB + 1}
    line = json.loads(remote.repository.git("show", "bloatcheck-baseline:history.jsonl").splitlines()[0])
    assert line == {
        "commit": one,
        "date": "2026-01-31T12:00:00Z",
        "image": "api",
        "platform": "linux/amd64",
        "content_size": 10 * MB,
    }
    assert remote.repository.git("rev-list", "--max-parents=0", "bloatcheck-baseline") != one
    assert "[skip ci]" in remote.repository.git("log", "-1", "--format=%s", "bloatcheck-baseline")


def test_the_same_commit_again_adds_no_line(remote: Remote) -> None:
    for day in ("2026-01-31", "2026-02-01"):
        renewer = remote.run()
        told = measured(renewer, api=10 * MB)
        entries = tuple(replace(one, measured_at=f"{day}T00:00:00Z") for one in told.entries)
        done = renewer.by_branch(replace(told, entries=entries))
    assert done.what == "the branch bloatcheck-baseline is up to date"
    assert len(history(remote)) == 1


def test_runs_that_race_for_the_branch_lose_nothing_though_it_is_not_there_yet(remote: Remote) -> None:
    """Two legs of one commit, and a run of another."""
    one, two = remote.run(), remote.run()
    other_commit = remote.push(README="2")
    three = remote.run()
    together(
        lambda: one.by_branch(measured(one, api=1)),
        lambda: two.by_branch(measured(two, web=2)),
        lambda: three.by_branch(measured(three, api=3)),
    )
    first = remote.tip("main^")
    assert sorted(history(remote)) == sorted([(first, "api", 1), (first, "web", 2), (other_commit, "api", 3)])
    assert remote.sizes("bloatcheck-baseline", f"commits/{first}.json") == {"api": 1, "web": 2}


def test_the_default_branch_is_no_branch_of_its_own(remote: Remote) -> None:
    renewer = remote.run(branch="main")
    with pytest.raises(BaselineError, match="the default branch"):
        renewer.by_branch(measured(renewer, api=1))


def test_a_refused_branch_names_the_cure(remote: Remote) -> None:
    remote.protect("bloatcheck-baseline")
    renewer = remote.run()
    with pytest.raises(BaselineError, match="forbid a push to bloatcheck-baseline"):
        renewer.by_branch(measured(renewer, api=1))

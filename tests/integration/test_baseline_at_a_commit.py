"""The baseline as git has it, in the clones that CI makes."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest
from support.git import Repository
from support.snapshots import entry, layer, snapshot

from bloatcheck.baseline.choice import Choice, choose_commit
from bloatcheck.baseline.document import to_json
from bloatcheck.baseline.git import Git, OutOfReachError
from bloatcheck.baseline.model import Baseline
from bloatcheck.baseline.sources import find_baseline
from bloatcheck.baseline.sources.file import read_at
from bloatcheck.baseline.sources.model import Question
from bloatcheck.ci.github import WORDS
from bloatcheck.ci.github.context import KINDS
from bloatcheck.ci.model import CiContext, Event
from bloatcheck.config.model import BaselineSettings, ImageSpec
from bloatcheck.errors import BaselineError

FILE = ".bloatcheck-baseline.json"


@dataclass(frozen=True)
class History:
    """main: first - base - moved; feature: base - start - head; and head merged into moved for a test."""

    origin: Repository
    first: str
    base: str
    moved: str
    head: str
    test_merge: str


def baseline(size: int) -> str:
    return to_json([entry(snapshot("api", layer(1, size)))])


@pytest.fixture
def history(tmp_path: Path) -> History:
    root = tmp_path / "origin"
    root.mkdir()
    origin = Repository(root)
    origin.git("init", "-q", "-b", "main")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    first = origin.commit()
    base = origin.commit(**{FILE: baseline(1)})
    origin.git("checkout", "-q", "-b", "feature")
    origin.commit(change="1")
    head = origin.commit(**{FILE: baseline(9)})
    origin.git("checkout", "-q", "main")
    moved = origin.commit(**{FILE: baseline(2)})
    origin.git("checkout", "-q", "--detach")
    origin.git("merge", "-q", "-m", "test merge", "-X", "ours", head)
    test_merge = origin.git("rev-parse", "HEAD")
    origin.git("checkout", "-q", "main")
    return History(origin, first, base, moved, head, test_merge)


def test_a_branch_whose_name_ends_as_another_s_is_not_taken_for_it(history: History, tmp_path: Path) -> None:
    history.origin.git("branch", "a/refs/heads/main", history.head)
    history.origin.git("branch", "a/refs/heads/gone", history.head)
    git = Git(history.origin.clone(tmp_path / "clone", history.head).root)
    assert git.tip("main") == history.moved
    assert git.tip("gone") is None


def pull_request(history: History, commit: str | None = None, event: str = "pull_request") -> CiContext:
    return CiContext(
        ci="github",
        event=KINDS[event],
        commit=commit or history.test_merge,
        merge_commit_sha=(commit or history.test_merge) if event == "pull_request" else None,
        base_sha=history.moved,
        head_sha=history.head,
    )


def push(base_sha: str | None) -> CiContext:
    return CiContext(ci="github", event=Event.PUSH, base_sha=base_sha)


def found(git: Git, context: CiContext, **settings: object) -> Baseline:
    """By the chain of sources, three days after the commits were made."""
    question = Question(
        settings=BaselineSettings(path=FILE, **settings),  # type: ignore[arg-type] # pytest shows a wrong one
        git=git,
        choice=choose_commit(git, context),
        images=(ImageSpec("api"),),
        now=datetime(2026, 2, 3, 12, 30, tzinfo=timezone.utc),
        default_branch="main",
    )
    return find_baseline(question)


def size_at(git: Git, choice: Choice) -> int:
    assert choice.commit
    return read_at(git, choice.commit, FILE).entries[0].snapshot.content_size


# Which commit


@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--depth=2",)], ids=["whole", "depth 1", "depth 2"])
def test_a_test_merge_is_compared_with_its_first_parent(
    history: History, tmp_path: Path, options: tuple[str, ...]
) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.test_merge, *options).root)
    choice = choose_commit(git, pull_request(history))
    assert choice == Choice(history.moved, "what the pull request was test-merged into")
    assert size_at(git, choice) == 2


def test_a_head_checkout_is_compared_with_the_merge_base(history: History, tmp_path: Path) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.head).root)
    choice = choose_commit(git, pull_request(history))
    assert choice == Choice(
        history.base, "the commit that the pull request started from", ruling=history.moved
    )
    assert size_at(git, choice) == 1


def test_a_head_that_is_a_merge_itself_is_no_test_merge(history: History, tmp_path: Path) -> None:
    origin = history.origin
    origin.git("checkout", "-q", "feature")
    origin.git("merge", "-q", "-m", "main into feature", "-X", "ours", history.moved)
    head = origin.git("rev-parse", "HEAD")
    git = Git(origin.clone(tmp_path / "clone", head).root)
    assert choose_commit(git, pull_request(history)).commit == history.moved


def test_a_shallow_head_checkout_gets_the_history_that_it_lacks(history: History, tmp_path: Path) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.head, "--depth=1").root)
    choice = choose_commit(git, pull_request(history))
    assert choice == Choice(
        history.base, "the commit that the pull request started from", ruling=history.moved
    )
    assert size_at(git, choice) == 1


def test_a_shallow_clone_that_can_fetch_no_history_is_compared_with_the_base_branch_and_says_so(
    history: History, tmp_path: Path
) -> None:
    clone = history.origin.clone(tmp_path / "clone", history.head, "--depth=1")
    clone.git("fetch", "-q", "--depth=1", "origin", history.moved)
    clone.git("remote", "remove", "origin")
    choice = choose_commit(Git(clone.root, words=WORDS), pull_request(history))
    assert choice.commit == history.moved
    assert "`fetch-depth: 0`" in choice.why
    assert size_at(Git(clone.root, words=WORDS), choice) == 2


def test_pull_request_target_has_the_base_checked_out(history: History, tmp_path: Path) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.moved, "--depth=1").root)
    context = pull_request(history, history.moved, "pull_request_target")
    assert choose_commit(git, context) == Choice(history.moved, "the base that is checked out")


def test_pull_request_target_may_have_the_head_checked_out(history: History, tmp_path: Path) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.head).root)
    context = pull_request(history, history.moved, "pull_request_target")
    assert choose_commit(git, context).commit == history.base


def test_a_merge_queue_names_its_base(history: History, tmp_path: Path) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.test_merge, "--depth=1").root)
    context = CiContext(ci="github", event=Event.QUEUE, base_sha=history.moved)
    assert choose_commit(git, context) == Choice(history.moved, "the merge queue's base")


@pytest.mark.parametrize("options", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_a_push_is_compared_with_what_was_there_before(
    history: History, tmp_path: Path, options: tuple[str, ...]
) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.moved, *options).root)
    choice = choose_commit(git, push(history.first))
    assert choice == Choice(history.first, "the commit before the push")
    assert read_at(git, history.first, FILE).entries == ()


def test_the_push_of_a_new_branch_is_compared_with_the_commits_parent(
    history: History, tmp_path: Path
) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.moved, "--depth=1").root)
    assert choose_commit(git, push(None)) == Choice(history.base, "the commit's parent")


def test_a_forced_push_whose_old_commit_is_lost_is_compared_with_the_parent(
    history: History, tmp_path: Path
) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.moved).root)
    assert choose_commit(git, push("0123" * 10)) == Choice(history.base, "the commit's parent")


def test_the_first_commit_has_nothing_before_it(history: History, tmp_path: Path) -> None:
    git = Git(history.origin.clone(tmp_path / "clone", history.first).root)
    choice = choose_commit(git, push(None))
    assert choice == Choice(None, "the files on disk: nothing comes before the first commit")


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch", None])
def test_without_a_change_the_files_on_disk_count(history: History, event: str | None) -> None:
    context = CiContext(event=KINDS[event] if event else None)
    assert choose_commit(Git(history.origin.root), context) == Choice(None, "the files on disk")


def test_without_a_repository_the_files_on_disk_count(tmp_path: Path, history: History) -> None:
    choice = choose_commit(Git(tmp_path), pull_request(history))
    assert choice == Choice(None, "the files on disk: there is no git repository here")


def test_without_git_the_files_on_disk_count(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert choose_commit(Git(history.origin.root), pull_request(history)).commit is None


def test_a_commit_that_cannot_be_had_is_an_error_with_the_cure(history: History, tmp_path: Path) -> None:
    clone = history.origin.clone(tmp_path / "clone", history.test_merge, "--depth=1")
    clone.git("remote", "remove", "origin")
    with pytest.raises(BaselineError, match="is not in this clone and can't be fetched") as caught:
        found(Git(clone.root, words=WORDS), pull_request(history))
    assert caught.value.hint == "give actions/checkout `fetch-depth: 0`"


def test_fetching_does_not_cut_a_whole_clone_off_from_its_history(history: History, tmp_path: Path) -> None:
    clone = history.origin.clone(tmp_path / "clone", history.moved)
    later = history.origin.commit(more="1")
    assert Git(clone.root).has(later)
    assert clone.git("rev-parse", "--is-shallow-repository") == "false"
    assert clone.git("merge-base", later, history.first) == history.first


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user_is_an_error_with_the_cure(
    history: History, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    os.chown(history.origin.root, 65534, 65534)
    with pytest.raises(BaselineError, match="belongs to another user") as caught:
        choose_commit(Git(history.origin.root), pull_request(history))
    assert caught.value.hint == f"run: git config --global --add safe.directory {history.origin.root}"


def test_a_folder_that_looks_like_a_repository_is_none(history: History, tmp_path: Path) -> None:
    """Files of a commit can: their settings would then name what git starts."""
    folder, started = history.origin.root / "api", tmp_path / "started"
    for place in ("objects", "refs"):
        (folder / place).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text(
        f'[core]\n\tbare = true\n[remote "origin"]\n\turl = .\n\tuploadpack = touch {started};\n'
    )
    git = Git(folder)
    assert not git.is_repository()
    with pytest.raises(OutOfReachError, match="can't be asked"):
        git.tip("main")
    assert not started.exists()


@pytest.mark.parametrize("named", ["--upload-pack=touch x;", "--output=x", "-", "main", "HEAD", "a" * 39, ""])
def test_only_an_id_of_a_commit_reaches_git_as_one(history: History, named: str) -> None:
    git = Git(history.origin.root)
    assert not git.has(named)
    assert not git.fetch(named)
    for ask in (git.tree, git.message, git.committed_at, git.last_tag, git.changed_files):
        with pytest.raises(BaselineError, match="is no id of a commit"):
            ask(named)


def test_the_base_of_a_stacked_pull_request_is_the_branch_below(history: History, tmp_path: Path) -> None:
    """Its growth is not blamed on the branch above, whatever main has."""
    origin = history.origin
    origin.git("checkout", "-q", "-b", "above", history.head)
    top = origin.commit(above="1")
    origin.git("checkout", "-q", "--detach", history.head)
    origin.git("merge", "-q", "--no-ff", "-m", "test merge", top)
    merge = origin.git("rev-parse", "HEAD")
    git = Git(origin.clone(tmp_path / "clone", merge, "--depth=2").root)
    context = CiContext(
        ci="github",
        event=Event.PULL_REQUEST,
        commit=merge,
        merge_commit_sha=merge,
        base_sha=history.head,
        base_ref="feature",
    )
    choice = choose_commit(git, context)
    assert choice.commit == history.head
    assert size_at(git, choice) == 9


def test_a_rebased_pull_request_is_compared_with_where_it_stands_now(
    history: History, tmp_path: Path
) -> None:
    origin = history.origin
    origin.git("checkout", "-q", "-B", "feature", history.head)
    origin.git("rebase", "-q", "-X", "theirs", "--onto", history.moved, history.base)
    head = origin.git("rev-parse", "HEAD")
    git = Git(origin.clone(tmp_path / "clone", head, "--depth=1").root)
    assert choose_commit(git, pull_request(history)).commit == history.moved


def test_a_fork_without_a_remote_to_deepen_asks_the_host(history: History, tmp_path: Path) -> None:
    class HostThatKnows:
        def merge_base(self, base: str, head: str) -> str:
            assert (base, head) == (history.moved, history.head)
            return history.base

    git = Git(history.origin.clone(tmp_path / "clone", history.head, "--depth=1").root)
    choice = choose_commit(git, pull_request(history), HostThatKnows())  # type: ignore[arg-type] # asked for nothing else
    assert choice == Choice(
        history.base, "the commit that the pull request started from", ruling=history.moved
    )
    assert git.is_shallow()


# What is there


def test_a_path_that_the_commit_lacks_is_no_baseline_yet(history: History) -> None:
    git = Git(history.origin.root)
    for path in (FILE, "folder/"):
        assert read_at(git, history.first, path).entries == ()
        assert read_at(git, history.first, path).origin is None


def test_the_origin_says_what_was_chosen_and_how_old_it_is(history: History) -> None:
    baseline = found(Git(history.origin.root), push(history.base))
    expected = f"{FILE} at {history.base[:12]}, the commit before the push, committed 2026-01-31, 3 days ago"
    assert baseline.origin == expected
    assert baseline.commit == history.base


def test_a_folder_of_the_repository_knows_where_it_lies(history: History, tmp_path: Path) -> None:
    folder = history.origin.root / "services" / "an api"
    folder.mkdir(parents=True)
    assert Git(folder).folder() == "services/an api"
    assert Git(history.origin.root).folder() == ""
    (tmp_path / "no repository").mkdir()
    assert Git(tmp_path / "no repository").folder() == ""


def test_what_lies_on_disk_does_not_matter(history: History) -> None:
    (history.origin.root / FILE).write_text("{}")
    assert size_at(Git(history.origin.root), Choice(history.base, "")) == 1


def test_a_folder_is_read_at_a_commit(history: History) -> None:
    files = {
        "ci/api.json": baseline(3),
        'ci/é ".json': to_json([entry(snapshot("web"))]),
        "ci/README.md": "about",
    }
    commit = history.origin.commit(**files)
    found = read_at(Git(history.origin.root), commit, "ci/")
    assert sorted(one.snapshot.name for one in found.entries) == ["api", "web"]


def test_paths_start_at_the_root_that_is_given_and_not_at_the_repositorys(history: History) -> None:
    commit = history.origin.commit(**{f"sub/{FILE}": baseline(7), "sub/b/x.json": baseline(8)})
    git = Git(history.origin.root / "sub")
    assert size_at(git, Choice(commit, "")) == 7
    assert read_at(git, commit, "b/").entries[0].snapshot.content_size == 8


def test_damage_at_a_commit_names_the_file(history: History) -> None:
    commit = history.origin.commit(**{FILE: "{"})
    with pytest.raises(BaselineError, match="it is not JSON"):
        read_at(Git(history.origin.root), commit, FILE)


def test_a_link_is_not_followed(history: History, tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text(baseline(1))
    (history.origin.root / FILE).unlink()
    (history.origin.root / FILE).symlink_to(tmp_path / "outside.json")
    history.origin.git("add", FILE)
    with pytest.raises(BaselineError, match="it is not JSON"):
        read_at(Git(history.origin.root), history.origin.commit(), FILE)


def test_a_folder_in_the_place_of_the_file_is_an_error(history: History) -> None:
    commit = history.origin.commit(**{"folder/x": "1"})
    with pytest.raises(BaselineError, match="can't be read at"):
        read_at(Git(history.origin.root), commit, "folder")


@pytest.mark.parametrize(
    "revision", ["", "--help", "-x", "nope", "HEAD~99", "a\nb", "HEAD:file", "main..feature"]
)
def test_what_is_no_commit_is_none(history: History, revision: str) -> None:
    assert Git(history.origin.root).commit(revision) is None


def test_a_commit_is_known_by_any_name(history: History) -> None:
    git = Git(history.origin.root)
    assert git.commit("main") == history.moved
    assert git.commit(history.base[:10]) == history.base


def test_a_commit_tells_its_time(history: History) -> None:
    committed = Git(history.origin.root).committed_at(history.base)
    assert committed
    assert committed.isoformat() == "2026-01-31T12:00:00+00:00"
    assert Git(history.origin.root).committed_at("0123" * 10) is None


def test_git_that_hangs_is_an_error(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").write_text(f"#!/bin/sh\nexec {shutil.which('sleep')} 60\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(BaselineError, match=r"git cat-file took longer than 0\.2 s"):
        Git(history.origin.root, patience=0.2).read(history.base, FILE)

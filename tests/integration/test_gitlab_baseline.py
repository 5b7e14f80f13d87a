"""With what GitLab's pipelines are compared, in real clones, by the variables that GitLab documents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.git import Repository
from support.gitlab.jobs import FORK_ID, merge_request, push

from bloatcheck.baseline.choice import Choice, choose_commit
from bloatcheck.baseline.git import Git
from bloatcheck.ci.gitlab import WORDS
from bloatcheck.ci.registry import read_context


@dataclass(frozen=True)
class History:
    """main: base - moved; feature: base - head; and head merged into moved, and before it another."""

    origin: Repository
    base: str
    moved: str
    head: str
    merged: str
    queued: str
    train: str

    def clone(self, folder: Path, commit: str, *options: str) -> Git:
        return Git(self.origin.clone(folder / "clone", commit, *options).root, words=WORDS)


@pytest.fixture
def history(tmp_path: Path) -> History:
    origin = Repository(tmp_path / "origin")
    origin.root.mkdir()
    origin.git("init", "-q", "-b", "main")
    base = origin.commit(a="1")
    origin.git("checkout", "-q", "-b", "feature")
    head = origin.commit(b="1")
    origin.git("checkout", "-q", "main")
    moved = origin.commit(c="1")

    def merge(onto: str, *others: str) -> str:
        origin.git("checkout", "-q", "--detach", onto)
        for other in others:
            origin.git("merge", "-q", "--no-ff", "-m", "merge", other)
        return str(origin.git("rev-parse", "HEAD"))

    merged = merge(moved, head)
    origin.git("checkout", "-q", "--detach", moved)
    queued = origin.commit(d="1")
    train = merge(queued, head)
    origin.git("checkout", "-q", "main")
    return History(origin, base, moved, head, merged, queued, train)


def heads(history: History) -> dict[str, str]:
    return {
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": history.head,
        "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": history.moved,
    }


@pytest.mark.parametrize("options", [(), ("--depth=20",), ("--depth=1",)], ids=["whole", "usual", "shallow"])
def test_a_detached_pipeline_with_where_it_parted_and_ruled_by_the_target_as_it_stands(
    history: History, tmp_path: Path, options: tuple[str, ...]
) -> None:
    git = history.clone(tmp_path, history.head, *options)
    context = read_context(merge_request("detached", history.head, history.base))
    choice = choose_commit(git, context)
    assert (choice.commit, choice.ruling) == (history.base, history.moved)


def test_merged_results_with_the_target_that_they_were_merged_into(history: History, tmp_path: Path) -> None:
    git = history.clone(tmp_path, history.merged, "--depth=1")
    context = read_context(merge_request("merged_result", history.merged, history.base, **heads(history)))
    assert choose_commit(git, context) == Choice(history.moved, "what the pull request was test-merged into")


def test_a_merge_train_with_what_is_merged_before_it(history: History, tmp_path: Path) -> None:
    git = history.clone(tmp_path, history.train, "--depth=1")
    context = read_context(merge_request("merge_train", history.train, history.base, **heads(history)))
    assert choose_commit(git, context) == Choice(history.queued, "what is merged before it")


def test_a_fast_forward_train_with_the_target(history: History, tmp_path: Path) -> None:
    """There the head itself is put on top, and nothing is merged."""
    git = history.clone(tmp_path, history.queued)
    context = read_context(merge_request("merge_train", history.queued, history.base, **heads(history)))
    assert choose_commit(git, context).commit == history.moved


def test_a_pipeline_in_the_fork_with_where_it_parted_whatever_the_forks_main_is(
    history: History, tmp_path: Path
) -> None:
    history.origin.git("checkout", "-q", "main")
    history.origin.commit(hostile="1")
    git = history.clone(tmp_path, history.head)
    context = read_context(
        merge_request(
            "detached",
            history.head,
            history.base,
            CI_PROJECT_ID=FORK_ID,
            CI_MERGE_REQUEST_SOURCE_PROJECT_ID=FORK_ID,
        )
    )
    choice = choose_commit(git, context)
    assert (choice.commit, choice.ruling) == (history.base, history.base)


def test_a_target_that_can_not_be_asked_leaves_where_it_parted(history: History, tmp_path: Path) -> None:
    git = history.clone(tmp_path, history.head)
    git.run("remote", "remove", "origin")
    context = read_context(merge_request("detached", history.head, history.base))
    assert choose_commit(git, context).commit == history.base


def test_a_push_with_the_commit_before_and_a_new_branch_with_the_parent(
    history: History, tmp_path: Path
) -> None:
    git = history.clone(tmp_path, history.moved)
    assert choose_commit(git, read_context(push(history.moved, before=history.base))) == Choice(
        history.base, "the commit before the push"
    )
    assert choose_commit(git, read_context(push(history.moved))) == Choice(
        history.base, "the commit's parent"
    )


def test_a_scheduled_pipeline_with_the_files_on_disk(history: History, tmp_path: Path) -> None:
    git = history.clone(tmp_path, history.moved)
    context = read_context(push(history.moved, CI_PIPELINE_SOURCE="schedule"))
    assert choose_commit(git, context) == Choice(None, "the files on disk")

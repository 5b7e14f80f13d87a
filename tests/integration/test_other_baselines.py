"""With what runs of Buildkite, Azure Pipelines, CircleCI and Jenkins are compared, in clones like theirs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.ci_jobs import (
    azure,
    azure_request,
    buildkite,
    buildkite_request,
    circleci,
    circleci_request,
    jenkins,
    jenkins_request,
    on_github,
)
from support.git import Repository

from bloatcheck.baseline.choice import Choice, choose_commit
from bloatcheck.baseline.git import Git
from bloatcheck.ci.model import CiContext
from bloatcheck.ci.registry import ci_named, read_context

MERGED_INTO = "what the pull request was test-merged into"


@dataclass(frozen=True)
class History:
    """main: base - moved; feature: base - head - later; and head merged into moved, as refs/pull/7/merge."""

    origin: Repository
    base: str
    moved: str
    head: str
    merged: str


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
    origin.git("checkout", "-q", "--detach", moved)
    origin.git("merge", "-q", "--no-ff", "-m", "merge", head)
    merged = origin.git("rev-parse", "HEAD")
    origin.git("update-ref", "refs/pull/7/merge", merged)
    origin.git("update-ref", "refs/pull/7/head", head)
    origin.git("checkout", "-q", "main")
    return History(origin, base, moved, head, merged)


def new_clone(history: History, folder: Path) -> Repository:
    clone = Repository(folder / "clone")
    clone.root.mkdir()
    clone.git("init", "-q")
    clone.git("remote", "add", "origin", history.origin.root.as_uri())
    return clone


def choice(clone: Repository, context: CiContext) -> Choice:
    return choose_commit(Git(clone.root, words=ci_named(context.ci).words), context)


def buildkite_clone(history: History, folder: Path, ref: str, *options: str) -> Repository:
    """`git clone` with the flags of BUILDKITE_GIT_CLONE_FLAGS, then the pull request's ref, detached."""
    folder.joinpath("clone").mkdir()
    clone = Repository(folder / "clone")
    clone.git("clone", "-q", "-v", *options, "--", history.origin.root.as_uri(), ".")
    clone.git("fetch", "-q", *options, "--", "origin", ref)
    clone.git("checkout", "-q", "-f", "--detach", "FETCH_HEAD")
    return clone


@pytest.mark.parametrize("options", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_buildkites_head_with_where_it_started(
    history: History, tmp_path: Path, options: tuple[str, ...]
) -> None:
    clone = buildkite_clone(history, tmp_path, "refs/pull/7/head", *options)
    found = choice(clone, read_context(buildkite_request(history.head)))
    assert (found.commit, found.ruling) == (history.base, history.moved)


@pytest.mark.parametrize("options", [(), ("--depth=1",)], ids=["whole", "shallow"])
def test_buildkites_test_merge_with_what_it_was_merged_into(
    history: History, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """BUILDKITE_PULL_REQUEST_USING_MERGE_REFSPEC: the commit that is told is the head's still."""
    clone = buildkite_clone(history, tmp_path, "refs/pull/7/merge", *options)
    context = read_context(buildkite_request(history.head, BUILDKITE_PULL_REQUEST_USING_MERGE_REFSPEC="true"))
    assert choice(clone, context).commit == history.moved


def test_buildkites_test_merge_with_that_also_after_main_moved_on(history: History, tmp_path: Path) -> None:
    history.origin.commit(d="1")
    clone = buildkite_clone(history, tmp_path, "refs/pull/7/merge")
    assert choice(clone, read_context(buildkite_request(history.head))).commit == history.moved


def test_buildkites_merge_queue_with_its_base(history: History, tmp_path: Path) -> None:
    clone = buildkite_clone(history, tmp_path, history.merged)
    context = read_context(
        buildkite(history.merged, BUILDKITE_MERGE_QUEUE_BASE_COMMIT=history.moved, BUILDKITE_BRANCH="queue/7")
    )
    assert choice(clone, context).commit == history.moved


def azure_clone(history: History, folder: Path, ref: str, *options: str) -> Repository:
    """All branches and the pull request's ref, detached; then nothing that opens the remote is kept."""
    clone = new_clone(history, folder)
    heads = ("+refs/heads/*:refs/remotes/origin/*",) if not options else ()
    clone.git("fetch", "-q", *options, "origin", *heads, f"+{ref}:refs/remotes/{ref.removeprefix('refs/')}")
    clone.git("checkout", "-q", "--detach", f"refs/remotes/{ref.removeprefix('refs/')}")
    return clone


@pytest.mark.parametrize("options", [(), ("--depth=1",)], ids=["fetchDepth 0", "fetchDepth 1"])
@pytest.mark.parametrize("more", [{}, on_github()], ids=["azure repos", "github"])
def test_azures_test_merge_with_what_it_was_merged_into(
    history: History, tmp_path: Path, options: tuple[str, ...], more: dict[str, str]
) -> None:
    clone = azure_clone(history, tmp_path, "refs/pull/7/merge", *options)
    context = read_context(azure_request(history.merged, history.head, **more))
    assert choice(clone, context) == Choice(history.moved, MERGED_INTO)


def test_azures_test_merge_needs_no_remote_in_a_whole_clone(history: History, tmp_path: Path) -> None:
    clone = azure_clone(history, tmp_path, "refs/pull/7/merge")
    clone.git("remote", "set-url", "origin", "file:///closed")
    context = read_context(azure_request(history.merged, history.head))
    assert choice(clone, context) == Choice(history.moved, MERGED_INTO)


def test_azures_push_with_the_commits_parent(history: History, tmp_path: Path) -> None:
    clone = azure_clone(history, tmp_path, "refs/heads/main")
    assert choice(clone, read_context(azure(history.moved))) == Choice(history.base, "the commit's parent")


def circleci_clone(history: History, folder: Path, commit: str) -> Repository:
    """The whole clone, its branch reset to the commit; CircleCI's newer checkout fetches less."""
    clone = new_clone(history, folder)
    clone.git("fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*")
    clone.git("checkout", "-q", "-B", "feature", commit)
    return clone


def test_circlecis_head_with_where_it_started(history: History, tmp_path: Path) -> None:
    clone = circleci_clone(history, tmp_path, history.head)
    found = choice(clone, read_context(circleci_request(history.head)))
    assert (found.commit, found.ruling) == (history.base, history.moved)


def test_circlecis_head_in_a_blobless_clone(history: History, tmp_path: Path) -> None:
    history.origin.git("config", "uploadpack.allowFilter", "true")
    folder = tmp_path / "clone"
    folder.mkdir()
    clone = Repository(folder)
    clone.git("clone", "-q", "--no-checkout", "--filter=blob:none", history.origin.root.as_uri(), ".")
    clone.git("fetch", "-q", "origin", "refs/pull/7/head")
    clone.git("checkout", "-q", "--detach", history.head)
    found = choice(clone, read_context(circleci_request(history.head, CIRCLE_PR_NUMBER="7")))
    assert found.commit == history.base


def test_circleci_without_a_named_branch_compares_with_the_files_and_says_why(
    history: History, tmp_path: Path
) -> None:
    clone = circleci_clone(history, tmp_path, history.head)
    context = read_context(circleci_request(history.head, BLOATCHECK_DEFAULT_BRANCH=""))
    assert choice(clone, context).commit is None
    assert "doesn't tell" in context.notes[0]


def test_circlecis_push_with_the_commits_parent(history: History, tmp_path: Path) -> None:
    clone = circleci_clone(history, tmp_path, history.moved)
    assert choice(clone, read_context(circleci(history.moved))).commit == history.base


def jenkins_clone(history: History, folder: Path, *, merge: bool) -> tuple[Repository, str]:
    """The head and the target fetched by name; a merge is Jenkins' own, in this clone alone."""
    clone = new_clone(history, folder)
    clone.git(
        "fetch",
        "-q",
        "origin",
        "+refs/pull/7/head:refs/remotes/origin/PR-7",
        "+refs/heads/main:refs/remotes/origin/main",
    )
    if not merge:
        clone.git("checkout", "-q", "-f", history.head)
        return clone, history.head
    clone.git("checkout", "-q", "-f", history.moved)
    clone.git("merge", "-q", "--no-ff", "-m", "Merge commit", history.head)
    return clone, clone.git("rev-parse", "HEAD")


def test_jenkins_head_with_where_it_started(history: History, tmp_path: Path) -> None:
    clone, commit = jenkins_clone(history, tmp_path, merge=False)
    found = choice(clone, read_context(jenkins_request(commit)))
    assert (found.commit, found.ruling) == (history.base, history.moved)


def test_jenkins_own_merge_with_what_it_merged_into(history: History, tmp_path: Path) -> None:
    clone, commit = jenkins_clone(history, tmp_path, merge=True)
    history.origin.commit(d="1")
    assert commit != history.merged
    assert choice(clone, read_context(jenkins_request(commit))).commit == history.moved


def test_jenkins_head_that_is_a_merge_itself_with_where_it_started(history: History, tmp_path: Path) -> None:
    """Its first parent is the pull request's own: a merge is not a test merge because it has two parents."""
    clone, _ = jenkins_clone(history, tmp_path, merge=False)
    clone.git("merge", "-q", "--no-ff", "-m", "Merge branch main into feature", "origin/main")
    commit = clone.git("rev-parse", "HEAD")
    assert choice(clone, read_context(jenkins_request(commit))).commit == history.moved


@pytest.mark.parametrize("merge", [True, False], ids=["merge", "head"])
def test_jenkins_step_that_can_not_ask_the_remote_takes_what_was_fetched(
    history: History, tmp_path: Path, *, merge: bool
) -> None:
    clone, commit = jenkins_clone(history, tmp_path, merge=merge)
    clone.git("remote", "set-url", "origin", "file:///closed")
    expected = history.moved if merge else history.base
    assert choice(clone, read_context(jenkins_request(commit))).commit == expected


def test_jenkins_branch_with_the_commit_that_was_built_before(history: History, tmp_path: Path) -> None:
    clone = circleci_clone(history, tmp_path, history.moved)
    context = read_context(jenkins(history.moved, GIT_PREVIOUS_COMMIT=history.base))
    assert choice(clone, context) == Choice(history.base, "the commit before the push")


@pytest.mark.parametrize(
    "variables",
    [
        buildkite("a" * 40, BUILDKITE_SOURCE="schedule"),
        azure("a" * 40, BUILD_REASON="Schedule"),
        jenkins("a" * 40),
    ],
    ids=["buildkite", "azure", "jenkins"],
)
def test_a_run_by_the_clock_with_the_files_on_disk(
    history: History, tmp_path: Path, variables: dict[str, str]
) -> None:
    clone = circleci_clone(history, tmp_path, history.moved)
    assert choice(clone, read_context(variables)) == Choice(None, "the files on disk")

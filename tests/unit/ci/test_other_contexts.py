"""What Buildkite, Azure Pipelines, CircleCI and Jenkins say about a run, for every kind of it."""

from __future__ import annotations

import pytest
from support.ci_jobs import (
    GITHUB,
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

from bloatcheck.ci.hosted import is_elsewhere, remote
from bloatcheck.ci.model import CiContext, Event, comment_key
from bloatcheck.ci.registry import ci_named, read_context
from bloatcheck.errors import UsageError

A, B = "a" * 40, "b" * 40
PUSHES = [buildkite(A), azure(A), circleci(A), jenkins(A, GIT_PREVIOUS_COMMIT=B)]
REQUESTS = [buildkite_request(A), azure_request(B, A), circleci_request(A), jenkins_request(A)]
NAMES = ["buildkite", "azure", "circleci", "jenkins"]


@pytest.mark.parametrize("variables", PUSHES, ids=NAMES)
def test_a_push_to_the_default_branch_is_known_as_one(variables: dict[str, str]) -> None:
    context = read_context(variables)
    assert context.event is Event.PUSH
    assert context.on_default_branch
    assert (context.commit, context.base_ref, context.head_ref) == (A, "main", "main")
    assert (context.pull_request, context.from_fork, context.notes) == (None, False, ())


@pytest.mark.parametrize("variables", REQUESTS, ids=NAMES)
def test_a_pull_request_is_known_with_its_base(variables: dict[str, str]) -> None:
    context = read_context(variables)
    assert context.event is Event.PULL_REQUEST
    assert (context.pull_request, context.base_ref, context.head_ref) == (7, "main", "feature")
    assert not context.on_default_branch
    assert not context.from_fork
    assert ci_named(context.ci).why_read_only(context) is None


@pytest.mark.parametrize(
    ("variables", "repository", "page"),
    [
        (buildkite(A), "acme/shop", GITHUB),
        (circleci(A), "acme/shop", GITHUB),
        (jenkins(A), "acme/shop", GITHUB),
        (azure(A, **on_github()), "acme/shop", GITHUB),
        (azure(A), "Shop%20Project/_git/shop", "https://dev.azure.com/acme/Shop%20Project/_git/shop"),
    ],
    ids=["buildkite", "circleci", "jenkins", "azure on github", "azure"],
)
def test_the_repository_is_where_the_clones_address_says(
    variables: dict[str, str], repository: str, page: str
) -> None:
    context = read_context(variables)
    assert (context.repository, context.repository_url) == (repository, page)


@pytest.mark.parametrize(
    "variables",
    [
        buildkite(A, BUILDKITE_REPO="git@gitlab.com:acme/shop.git"),
        circleci(A, CIRCLE_REPOSITORY_URL="git@bitbucket.org:acme/shop.git"),
        jenkins(A, GIT_URL="https://git.example.com/scm/acme/shop.git"),
        azure(
            A,
            **on_github(
                BUILD_REPOSITORY_PROVIDER="Bitbucket", BUILD_REPOSITORY_URI="https://bitbucket.org/a/b"
            ),
        ),
    ],
    ids=["buildkite", "circleci", "jenkins", "azure"],
)
def test_another_hosts_repository_has_no_pages_and_gets_no_token(variables: dict[str, str]) -> None:
    context = read_context(variables)
    assert (context.repository, context.server_url, context.api_url) == (None, None, None)
    assert ci_named(context.ci).host(context, "ghp_secret", None) is None
    assert ci_named(context.ci).checks(context, "ghp_secret", None) is None


def test_a_github_enterprise_is_one_where_it_is_named() -> None:
    own = {"GIT_URL": "ssh://git@github.example.com:2222/acme/shop.git"}
    assert read_context(jenkins(A, **own)).repository is None
    named = read_context(jenkins(A, **own, GITHUB_SERVER_URL="https://github.example.com/"))
    assert (named.repository_url, named.api_url) == (
        "https://github.example.com/acme/shop",
        "https://github.example.com/api/v3",
    )


@pytest.mark.parametrize(
    "variables",
    [
        buildkite_request(A, BUILDKITE_PULL_REQUEST_REPO="git://github.com/stranger/shop.git"),
        azure_request(B, A, SYSTEM_PULLREQUEST_ISFORK="True"),
        circleci_request(
            A,
            CIRCLE_PR_NUMBER="7",
            CIRCLE_PR_USERNAME="stranger",
            CIRCLE_PR_REPONAME="shop",
            CIRCLE_BRANCH="pull/7",
        ),
        jenkins_request(A, CHANGE_FORK="stranger"),
    ],
    ids=NAMES,
)
def test_a_forks_pull_request_is_known_as_one(variables: dict[str, str]) -> None:
    context = read_context(variables)
    assert (context.pull_request, context.from_fork, context.repository is not None) == (7, True, True)


@pytest.mark.parametrize(
    ("variables", "event"),
    [
        (buildkite(A, BUILDKITE_SOURCE="schedule"), Event.BRANCH),
        (buildkite(A, BUILDKITE_SOURCE="ui", BUILDKITE_COMMIT="HEAD"), Event.BRANCH),
        (buildkite(A, BUILDKITE_TAG="v1"), Event.OTHER),
        (buildkite(A, BUILDKITE_MERGE_QUEUE_BASE_COMMIT=B), Event.QUEUE),
        (azure(A, BUILD_REASON="Schedule"), Event.BRANCH),
        (azure(A, BUILD_REASON="Manual"), Event.BRANCH),
        (azure(A, BUILD_SOURCEBRANCH="refs/tags/v1"), Event.OTHER),
        (azure(A, BUILD_REASON="CheckInShelveset"), Event.OTHER),
        (azure(A, BUILD_REASON=""), None),
        (circleci(A, CIRCLE_BRANCH="", CIRCLE_TAG="v1"), Event.OTHER),
        (jenkins(A), Event.BRANCH),
        (jenkins(A, GIT_PREVIOUS_COMMIT=A), Event.BRANCH),
        (jenkins(A, TAG_NAME="v1", BRANCH_NAME="v1"), Event.OTHER),
        (jenkins(A, BRANCH_NAME=""), Event.OTHER),
    ],
)
def test_other_runs_are_what_they_are(variables: dict[str, str], event: Event | None) -> None:
    assert read_context(variables).event is event


def test_buildkite_names_a_merge_queues_base() -> None:
    context = read_context(buildkite(A, BUILDKITE_MERGE_QUEUE_BASE_COMMIT=B, BUILDKITE_BRANCH="queue/7"))
    assert (context.base_sha, context.pull_request) == (B, None)


def test_a_build_that_was_started_by_hand_names_no_commit() -> None:
    assert read_context(buildkite(A, BUILDKITE_COMMIT="HEAD")).commit is None


def test_azure_says_what_it_merged_for_the_pull_request() -> None:
    context = read_context(azure_request(B, A))
    assert (context.commit, context.merge_commit_sha, context.head_sha) == (B, B, A)


def test_azures_number_of_a_pull_request_on_github_is_githubs() -> None:
    assert read_context(azure_request(B, A, **on_github())).pull_request == 7


def test_the_job_token_of_azure_is_taken_for_its_own_repositories_alone() -> None:
    secret = {"SYSTEM_ACCESSTOKEN": "header.payload.signature"}
    assert read_context(azure(A, **secret)).token == "header.payload.signature"
    assert read_context(azure(A, **secret, **on_github())).token is None


@pytest.mark.parametrize(
    ("more", "repository"),
    [
        ({"BUILD_REPOSITORY_URI": "https://dev.azure.com/acme/_git/shop"}, "shop/_git/shop"),
        ({"BUILD_REPOSITORY_URI": "https://dev.azure.com/acme/Other/_git/a%20b"}, "Other/_git/a%20b"),
        ({"BUILD_REPOSITORY_URI": "https://other.example.com/x"}, "Shop%20Project/_git/shop"),
        ({"BUILD_REPOSITORY_URI": "https://dev.azure.com/acme/../_git/shop"}, "Shop%20Project/_git/shop"),
        ({"BUILD_REPOSITORY_URI": "", "BUILD_REPOSITORY_NAME": ""}, None),
        ({"BUILD_REPOSITORY_URI": "", "BUILD_REPOSITORY_NAME": ".."}, None),
        (
            {
                "SYSTEM_COLLECTIONURI": "https://tfs.example.com/tfs/Default/",
                "BUILD_REPOSITORY_URI": "https://tfs.example.com/tfs/Default/Shop/_git/shop",
            },
            "Shop/_git/shop",
        ),
    ],
)
def test_a_repository_of_azure_is_found_by_its_address_else_by_its_names(
    more: dict[str, str], repository: str | None
) -> None:
    assert read_context(azure(A, **more)).repository == repository


def test_circleci_names_no_base_so_a_variable_does() -> None:
    untold = read_context(circleci_request(A, BLOATCHECK_DEFAULT_BRANCH=""))
    assert untold.base_ref is None
    assert "BLOATCHECK_BASE_BRANCH" in untold.notes[0]
    assert read_context(circleci_request(A, BLOATCHECK_BASE_BRANCH="release")).base_ref == "release"


def test_only_jenkins_primary_branch_or_the_named_one_is_the_default() -> None:
    other = jenkins(A, BRANCH_NAME="other", JOB_NAME="acme/shop/other", BRANCH_IS_PRIMARY="")
    assert not read_context(other).on_default_branch
    assert read_context({**other, "BLOATCHECK_DEFAULT_BRANCH": "other"}).on_default_branch


def test_the_comments_key_is_the_same_in_every_run_of_a_pipeline() -> None:
    def key(variables: dict[str, str]) -> str:
        return comment_key(read_context(variables), ".bloatcheck.yml")

    assert key(jenkins(A)) == key(jenkins_request(A)) == "acme/shop:.bloatcheck.yml"
    assert key(buildkite(A)) == key(buildkite_request(A)) == "shop:.bloatcheck.yml"
    assert key(azure(A)) == key(azure_request(B, A)) == "shop%20images:.bloatcheck.yml"
    assert key(circleci(A)) == key(circleci_request(A)) == "images:.bloatcheck.yml"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        (buildkite("nonsense"), "BUILDKITE_COMMIT"),
        (buildkite_request(A, BUILDKITE_PULL_REQUEST="7/../8"), "BUILDKITE_PULL_REQUEST"),
        (azure("-x"), "BUILD_SOURCEVERSION"),
        (azure(A, SYSTEM_COLLECTIONURI="file:///etc"), "SYSTEM_COLLECTIONURI"),
        (azure(A, SYSTEM_ACCESSTOKEN="a b"), "SYSTEM_ACCESSTOKEN"),
        (circleci("HEAD"), "CIRCLE_SHA1"),
        (jenkins("HEAD"), "GIT_COMMIT"),
        (jenkins_request(A, CHANGE_ID="x"), "CHANGE_ID"),
    ],
)
def test_a_variable_of_another_shape_is_refused(variables: dict[str, str], name: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        read_context(variables)
    assert "a b" not in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_named_without_any_variable_it_tells_nothing(name: str) -> None:
    context = read_context({"BLOATCHECK_CI": name})
    assert isinstance(context, CiContext)
    assert (context.ci, context.commit, context.repository, context.pull_request) == (name, None, None, None)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://github.com/acme/shop", ("github.com", "acme/shop")),
        ("https://GitHub.com/acme/shop.git/", ("github.com", "acme/shop")),
        ("https://user:secret@github.com/acme/shop.git", ("github.com", "acme/shop")),
        ("git@github.com:acme/shop.git", ("github.com", "acme/shop")),
        ("ssh://git@github.com:22/acme/shop.git", ("github.com", "acme/shop")),
        ("git://github.com/acme/shop.git", ("github.com", "acme/shop")),
        ("https://github.com/acme", None),
        ("https://github.com/acme/../shop", None),
        ("https://github.com/../shop", None),
        ("https://evil.example/github.com/acme/shop", None),
        ("https://github.com@evil.example/acme/shop", ("evil.example", "acme/shop")),
        ("file:///srv/shop", None),
        ("/srv/shop", None),
        ("", None),
        (None, None),
    ],
)
def test_a_clones_address_is_read_in_every_form_of_gits(
    address: str | None, found: tuple[str, str] | None
) -> None:
    assert remote(address) == found


def test_two_addresses_are_of_one_repository_or_not() -> None:
    assert not is_elsewhere("git@github.com:acme/shop.git", "https://github.com/Acme/Shop")
    assert is_elsewhere("git@github.com:acme/shop.git", "https://github.com/b/shop")
    assert is_elsewhere("git@github.com:acme/shop.git", "https://gitlab.com/acme/shop")
    assert is_elsewhere("git@github.com:acme/shop.git", "nonsense")
    assert not is_elsewhere("git@github.com:acme/shop.git", None)

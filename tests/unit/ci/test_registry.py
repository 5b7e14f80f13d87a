"""Which CI a run is one of: found by its variables, or named."""

import pytest

from bloatcheck.ci.registry import CIS, NAMES, ci_named, detect, detect_anyway
from bloatcheck.errors import UsageError


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, "shell"),
        ({"GITHUB_ACTIONS": "true"}, "github"),
        ({"GITHUB_ACTIONS": "false"}, "shell"),
        ({"GITLAB_CI": "true"}, "gitlab"),
        ({"CI": "true"}, "shell"),
        ({"GITHUB_ACTIONS": "true", "BLOATCHECK_CI": "shell"}, "shell"),
        ({"BLOATCHECK_CI": " gitlab "}, "gitlab"),
        ({"GITLAB_CI": "true", "BLOATCHECK_CI": ""}, "gitlab"),
    ],
)
def test_a_ci_is_found_by_its_variables_unless_one_is_named(environ: dict[str, str], name: str) -> None:
    assert detect(environ).name == name
    assert detect_anyway(environ).name == name


def test_a_name_that_nobody_has_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="'jenkinz'") as caught:
        detect({"BLOATCHECK_CI": "jenkinz"})
    assert "github, gitlab" in (caught.value.hint or "")
    assert detect_anyway({"BLOATCHECK_CI": "jenkinz", "GITLAB_CI": "true"}).name == "gitlab"


def test_every_ci_has_a_name_of_its_own_and_the_shell_is_asked_last() -> None:
    assert len(set(NAMES)) == len(CIS)
    assert NAMES[-1] == "shell"
    assert [ci_named(name).name for name in NAMES] == list(NAMES)
    assert ci_named("nobody").name == "shell"


@pytest.mark.parametrize("ci", CIS, ids=NAMES)
def test_without_a_token_or_a_repository_there_is_no_host(ci: object) -> None:
    from bloatcheck.ci.model import CiContext  # noqa: PLC0415 - beside its only use

    known = ci_named(getattr(ci, "name", None))
    assert (
        known.host(CiContext(ci=known.name, repository="acme/shop", api_url="https://x"), None, None) is None
    )
    assert known.host(CiContext(ci=known.name), "token", None) is None
    assert known.checks(CiContext(ci=known.name), "token", None) is None

"""All CIs that we know, and which of them this run is one of."""

from __future__ import annotations

from collections.abc import Mapping

from bloatcheck.ci.azure import AZURE
from bloatcheck.ci.buildkite import BUILDKITE
from bloatcheck.ci.circleci import CIRCLECI
from bloatcheck.ci.gitea import FORGEJO, GITEA
from bloatcheck.ci.github import GITHUB
from bloatcheck.ci.gitlab import GITLAB
from bloatcheck.ci.jenkins import JENKINS
from bloatcheck.ci.model import Ci, CiContext
from bloatcheck.ci.shell import SHELL
from bloatcheck.errors import UsageError

VARIABLE = "BLOATCHECK_CI"
"""Names the CI, whatever the environment looks like; what `--ci` sets."""

CIS: tuple[Ci, ...] = (FORGEJO, GITEA, GITHUB, GITLAB, BUILDKITE, AZURE, CIRCLECI, JENKINS, SHELL)
"""The first that detects itself is it; the shell detects itself anywhere."""
NAMES = tuple(ci.name for ci in CIS)

_BY_NAME = {ci.name: ci for ci in CIS}


def detect(environ: Mapping[str, str]) -> Ci:
    """The CI of this run.

    Raises:
        UsageError: `BLOATCHECK_CI` names none that we know.
    """
    named = environ.get(VARIABLE, "").strip()
    if not named:
        return _detected(environ)
    if named not in _BY_NAME:
        raise UsageError(f"{VARIABLE} is {named[:60]!r}", hint=f"there are {', '.join(NAMES)}")
    return _BY_NAME[named]


def detect_anyway(environ: Mapping[str, str]) -> Ci:
    """The same, for who has to tell that it can't be told."""
    return _BY_NAME.get(environ.get(VARIABLE, "").strip()) or _detected(environ)


def ci_named(name: str | None) -> Ci:
    """The CI of this name; the shell for any other text."""
    return _BY_NAME.get(name or "", SHELL)


def read_context(environ: Mapping[str, str]) -> CiContext:
    """The run's facts, as its CI tells them.

    Raises:
        UsageError: a variable that requests are made of doesn't look as it must.
    """
    return detect(environ).read_context(environ)


def _detected(environ: Mapping[str, str]) -> Ci:
    return next(ci for ci in CIS if ci.detects(environ))

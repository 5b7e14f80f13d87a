"""What all tests share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from support.github.proxy import PretendGitHub

# A machine that does other things beside is no fault of what is tested.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`scripts/engine run --optional` tells here that no engine could be had, and why."""
    reason = os.environ.get("BLOATCHECK_NO_ENGINE")
    if reason and item.get_closest_marker("engine"):
        pytest.skip(reason)


@pytest.fixture(autouse=True, scope="session")
def _no_colour_from_outside() -> None:
    """What CI services and people set for themselves would colour what tests compare."""
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True, scope="session")
def _temporary_files_are_pytests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What commands leave for their user to look at, as a run its report, goes when pytest tidies up."""
    folder = str(tmp_path_factory.mktemp("temporary"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(scope="module")
def running_github() -> Iterator[PretendGitHub]:
    """A GitHub for all tests of a module."""
    from support.github.proxy import pretend_github  # noqa: PLC0415 - unit tests start without it

    with pretend_github() as github:
        yield github


@pytest.fixture
def github(running_github: PretendGitHub) -> Iterator[PretendGitHub]:
    """With a clean record; afterwards every request must have been one that GitHub describes."""
    running_github.forget()
    yield running_github
    assert running_github.violations == []

"""What all tests share."""

import os

import pytest


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

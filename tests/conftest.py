"""What all tests share."""

import os

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """`scripts/engine run --optional` tells here that no engine could be had, and why."""
    reason = os.environ.get("BLOATCHECK_NO_ENGINE")
    if reason and item.get_closest_marker("engine"):
        pytest.skip(reason)

"""A file that an API gives is as large as was allowed, whatever its answer says of the size."""

from __future__ import annotations

from base64 import b64encode

import pytest

from bloatcheck.errors import PublishError
from bloatcheck.publish.answers import check_size, unpacked


def test_a_file_of_the_allowed_size_is_unpacked() -> None:
    assert unpacked(b64encode(b"12345").decode(), "read it", most=5) == b"12345"


def test_one_that_is_larger_than_it_was_said_to_be_is_refused() -> None:
    check_size(5, "read it", most=5)
    with pytest.raises(PublishError, match="could not read it: it is larger than 5 bytes"):
        unpacked(b64encode(b"123456").decode(), "read it", most=5)


@pytest.mark.parametrize("content", ["abc", "\N{SNOWMAN}"], ids=["cut", "other letters"])
def test_one_that_is_damaged_is_told(content: str) -> None:
    with pytest.raises(PublishError, match="could not read it: the answer is damaged"):
        unpacked(content, "read it", most=5)

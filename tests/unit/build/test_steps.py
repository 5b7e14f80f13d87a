"""The step that a build is at, from the words of each builder; hostile output makes it no worse than odd."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.build.steps import StepReader

BUILDKIT = """\
#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s

#8 [build 2/2] RUN make
#8 0.154 [7/9] RUN not a step
#9 [stage-1 2/3] RUN apt-get update
#9 0.3 Get:1
#8 0.9 cc main.c
"""


def step_after(text: str) -> str:
    reader = StepReader()
    for character in text:
        reader.feed(character)
    return reader.step


def test_of_steps_that_go_on_at_once_it_is_the_last_that_said_anything() -> None:
    assert step_after(BUILDKIT) == "[build 2/2] RUN make"
    assert step_after(f"{BUILDKIT}#9 0.4 Get:2\n") == "[stage-1 2/3] RUN apt-get update"


@pytest.mark.parametrize("end", ["DONE 1.2s", "CACHED", "ERROR: exit code 1", "CANCELED"])
def test_when_a_step_is_over_it_is_one_that_still_goes_on(end: str) -> None:
    assert step_after(f"{BUILDKIT}#8 {end}\n") == "[stage-1 2/3] RUN apt-get update"


@pytest.mark.parametrize(
    "line",
    ["Step 3/5 : RUN make", "STEP 3/5: RUN make", "[2/2] STEP 3/5: RUN make", "\x1b[1mSTEP 3/5: RUN make"],
)
def test_other_builders_count_their_steps_too(line: str) -> None:
    assert step_after(f"{line}\n") == "[3/5] RUN make"


@given(st.lists(st.text(max_size=20) | st.sampled_from(["\n", "#1 ", "[a 1/2] RUN x", "#1 DONE\n", "\x1b["])))
def test_no_output_is_too_odd(pieces: list[str]) -> None:
    reader = StepReader()
    for piece in pieces:
        reader.feed(piece)
    assert len(reader.step) <= 200


def test_steps_without_end_take_no_more_memory() -> None:
    reader = StepReader()
    for number in range(5_000):
        reader.feed(f"#{number} [{number}/5000] RUN {'x' * 500}\n")
    assert len(reader._open) <= 1000

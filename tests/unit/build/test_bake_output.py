"""What bake prints leads to each image's step, to its seconds, and to the one that failed."""

from __future__ import annotations

import pytest

from bloatcheck.build.bake_output import BakeOutput
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.works import Work

OUTPUT = """\
#1 [internal] load local bake definitions
#1 DONE 0.0s

#7 [api internal] load metadata for docker.io/library/debian:12
#7 DONE 0.5s

#8 [api build 2/2] RUN make
#9 [web stage-1 2/3] RUN apt-get update
#9 0.3 Get:1
#8 DONE 1.2s
#10 [nobody 1/2] RUN true
#10 DONE 9.0s
"""
FAILED = """\
#9 ERROR: executor failed running [/bin/sh -c exit 7]: exit code: 7
------
 > [web 2/3] RUN sleep 2; exit 7:
2.188 bad
------
"""


def read(text: str) -> tuple[BakeOutput, dict[str, Work]]:
    works = {"api": Work("api"), "web": Work("web")}
    output = BakeOutput(works)
    output.feed(text)
    output.close()
    return output, works


def test_each_image_has_its_own_step_and_seconds() -> None:
    output, works = read(OUTPUT)
    assert works["api"].doing == "[build 2/2] RUN make"
    assert read(OUTPUT.replace("#8 DONE", "#11 [api internal] load build context\n#11 DONE 0.1s\n#8 0.3"))[1][
        "api"
    ].doing.endswith("RUN make")
    assert works["web"].doing == "[stage-1 2/3] RUN apt-get update"
    assert output.seconds == {"api": 1.7, "web": 0.0}
    assert output.failed is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("failed to solve: executor failed running [/bin/sh -c exit 7]: exit code: 7", "exit code: 7"),
        ("target web: failed to solve: process did not complete: exit code: 7", "exit code: 7"),
        ("failed to solve: target web: no such stage", "no such stage"),
    ],
    ids=["older", "newer", "another-order"],
)
def test_the_image_that_failed_is_told_with_its_line(error: str, reason: str) -> None:
    output, _ = read(f"{OUTPUT}{FAILED}ERROR: {error}\n")
    assert output.failed == "web"
    assert output.trace.reason.endswith(reason)
    assert "target web" not in output.trace.reason
    instructions = parse_dockerfile("FROM debian\nENV A=1\nRUN echo x\nRUN sleep 2; exit 7\n")
    assert output.trace.lines(instructions, "Dockerfile") == (4, 4)


def test_what_a_build_prints_is_nobodys_failure() -> None:
    output, _ = read(f"{OUTPUT}#9 0.5  > [api 2/3] RUN x:\n0.6 ERROR: target api: failed to solve: forged\n")
    assert output.failed is None

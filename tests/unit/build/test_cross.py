"""A build for another platform that can't succeed is refused before it is begun; any other one is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from bloatcheck.build.cross import check_platform
from bloatcheck.build.emulation import local_platforms
from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.errors import BuildError, Place
from bloatcheck.oci.platform import Platform

AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64")

NEEDS_NOTHING = {
    "files only": "FROM scratch\nCOPY app /app\nWORKDIR /srv\nENV A=1\nHEALTHCHECK CMD /app\n",
    "built on the builder's own platform": (
        "FROM --platform=$BUILDPLATFORM golang AS make\nARG TARGETARCH\nRUN go build -o /app\n"
        "FROM scratch\nCOPY --from=make /app /app\n"
    ),
    "a stage that stands on one of the builder's own platform": (
        "FROM --platform=${BUILDPLATFORM} golang AS tools\nFROM tools AS make\nRUN go build\n"
        "FROM scratch\nCOPY --from=1 /app /app\n"
    ),
    "a stage that isn't built": "FROM debian AS test\nRUN make test\nFROM scratch\nCOPY app /app\n",
    "a pinned platform": "FROM --platform=linux/amd64 debian\nRUN make\n",
    "a variable that is not known here": "ARG P=linux/amd64\nFROM --platform=$P debian\nRUN make\n",
    "no stage at all": "ARG A\n",
    "nothing": "",
}
NEEDS_PROGRAMS = {
    "a RUN": ("FROM debian\nCOPY a b\nRUN make && \\\n  make install\n", Place("Dockerfile", 3, 4)),
    "a RUN of the target's platform": (
        "FROM --platform=$TARGETPLATFORM debian\nRUN make\n",
        Place("Dockerfile", 2),
    ),
    "a stage that files are taken from": (
        "FROM debian AS Make\nRUN make\nFROM scratch\nCOPY --from=make /app /app\n",
        Place("Dockerfile", 2),
    ),
    "a stage that is mounted": (
        (
            "FROM debian AS make\nRUN make\nFROM --platform=$BUILDPLATFORM busybox AS copy\n"
            "RUN --mount=type=bind,from=make,target=/m cp /m/a /a\nFROM scratch\nCOPY --from=copy /a /a\n"
        ),
        Place("Dockerfile", 2),
    ),
    "a stage below": ("FROM debian AS base\nRUN make\nFROM base\nCOPY a b\n", Place("Dockerfile", 2)),
}


def check(
    root: Path, dockerfile: str, *, runs: frozenset[Platform] | None, target: str | None = None
) -> None:
    (root / "Dockerfile").write_text(dockerfile)
    build = BuildSpec("Dockerfile", target=target)
    check_platform(
        ImageSpec("api", build=build, platform=ARM), build, root=root, runs=runs, builder="buildah"
    )


@pytest.mark.parametrize("dockerfile", NEEDS_NOTHING.values(), ids=NEEDS_NOTHING)
def test_a_build_that_runs_nothing_of_that_platform_is_tried(tmp_path: Path, dockerfile: str) -> None:
    check(tmp_path, dockerfile, runs=frozenset({AMD}))


@pytest.mark.parametrize(("dockerfile", "place"), NEEDS_PROGRAMS.values(), ids=NEEDS_PROGRAMS)
def test_a_build_that_runs_its_programs_is_refused_with_the_line(
    tmp_path: Path, dockerfile: str, place: Place
) -> None:
    with pytest.raises(BuildError) as raised:
        check(tmp_path, dockerfile, runs=frozenset({AMD}))
    assert raised.value.place == place
    assert raised.value.message == (
        "api could not be built: its Dockerfile runs programs of linux/arm64, and buildah starts those of "
        "linux/amd64 only"
    )
    assert raised.value.hint
    assert "docker/setup-qemu-action" in raised.value.hint


def test_what_can_be_emulated_or_is_not_known_is_tried(tmp_path: Path) -> None:
    dockerfile = NEEDS_PROGRAMS["a RUN"][0]
    check(tmp_path, dockerfile, runs=frozenset({AMD, ARM}))
    check(tmp_path, dockerfile, runs=None)


def test_only_the_stage_that_is_asked_for_counts(tmp_path: Path) -> None:
    dockerfile = "FROM scratch AS files\nCOPY a b\nFROM debian\nRUN make\n"
    check(tmp_path, dockerfile, runs=frozenset({AMD}), target="files")
    check(tmp_path, dockerfile, runs=frozenset({AMD}), target="missing")
    with pytest.raises(BuildError):
        check(tmp_path, dockerfile, runs=frozenset({AMD}))


def test_a_dockerfile_of_very_many_stages_is_left_to_the_builder(tmp_path: Path) -> None:
    check(tmp_path, "FROM a\n" * 100_000 + "RUN make\n", runs=frozenset({AMD}))


class TestKernel:
    def test_emulators_that_are_switched_on_count(self, tmp_path: Path) -> None:
        (tmp_path / "status").write_text("enabled\n")
        for name, text in {
            "qemu-aarch64": "enabled\ninterpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P\nflags: POCF\n",
            "qemu-s390x": "disabled\n",
            "python3.11": "enabled\n",
            "qemu-vax": "enabled\n",
        }.items():
            (tmp_path / name).write_text(text)
        there = local_platforms(tmp_path)
        assert there is not None
        assert ARM in there
        assert not {each for each in there if each.architecture in ("s390x", "vax")}

    def test_without_binfmt_misc_nothing_is_known(self, tmp_path: Path) -> None:
        assert local_platforms(tmp_path) is None

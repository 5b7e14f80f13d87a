"""Which lines of a Dockerfile a layer is told to come from, and when none is told."""

import time

import pytest

from bloatcheck.analysis.place import instructions_of_layers, place_of, text_of
from bloatcheck.errors import Place
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.image_config import HistoryEntry, ImageConfig
from bloatcheck.oci.platform import Platform

BASE = ("RUN /bin/sh -c base # buildkit",)


def image(*created_by: str, platform: str = "linux/amd64") -> ImageConfig:
    """An image whose entries all made a layer but those of metadata."""
    history = tuple(
        HistoryEntry(text, empty_layer=text.split(" ")[0] not in {"RUN", "COPY", "ADD", "WORKDIR", "/bin/sh"})
        for text in created_by
    )
    layers = sum(not entry.empty_layer for entry in history)
    return ImageConfig(
        platform=Platform.parse(platform),
        diff_ids=tuple(Digest(f"sha256:{number:064x}") for number in range(layers)),
        history=history,
    )


def lines(
    dockerfile: str,
    config: ImageConfig,
    target: str | None = None,
    build_args: dict[str, str | None] | None = None,
) -> list[int | None]:
    found = instructions_of_layers(config, parse_dockerfile(dockerfile), target=target, build_args=build_args)
    return [instructions[0].line if instructions else None for instructions in found]


def test_a_layer_comes_from_its_instruction_and_the_bases_from_none() -> None:
    config = image(*BASE, "COPY a /a # buildkit", "CMD x", "RUN /bin/sh -c make # buildkit")
    assert lines("FROM base\nCOPY a /a\nCMD x\nRUN make\n", config) == [None, 2, 4]


def test_a_place_spans_the_whole_instruction() -> None:
    dockerfile = parse_dockerfile("FROM base\nRUN a && \\\n  # why\n  b\n")
    (instructions,) = instructions_of_layers(image("RUN /bin/sh -c a &&   b # buildkit"), dockerfile)
    assert place_of(instructions, "api/Dockerfile") == Place("api/Dockerfile", 2, 4)
    assert text_of(instructions) == "RUN a && b"


def test_no_instruction_has_no_place() -> None:
    assert place_of((), "Dockerfile") is None
    assert text_of(()) == ""


def test_equal_instructions_are_told_apart_by_their_order() -> None:
    run = "RUN /bin/sh -c make # buildkit"
    assert lines("FROM base\nRUN make\nRUN make\n", image(run, run, run)) == [None, 2, 3]


@pytest.mark.parametrize(
    ("instruction", "recorded"),
    [
        ("COPY $SRC/a ${DST:-/x}/", "COPY src/a /opt/app/ # buildkit"),
        ("COPY --from=build --link /a /b", "COPY /a /b # buildkit"),
        ("COPY --chown=$UID a b", "COPY --chown=1000 a b # buildkit"),
        ('COPY ["a b", "/c d/"]', "COPY a b /c d/ # buildkit"),
        ('COPY "a" /b', "COPY a /b # buildkit"),
        ("ADD --checksum=sha256:x https://e.org/a /a", "ADD https://e.org/a /a # buildkit"),
        ("WORKDIR sub", "WORKDIR /srv/sub"),
        ("WORKDIR ../other", "WORKDIR /srv/other"),
        ("WORKDIR /a/./b/", "WORKDIR /a/b"),
        ("WORKDIR $HOME/x", "WORKDIR /root/x"),
        ("RUN --mount=type=cache,target=/c make", "RUN |1 A=1 /bin/sh -c make # buildkit"),
        ("RUN --mount=type=cache,target=/c make", "RUN --mount=type=cache,target=/c make"),
        ('RUN ["make", "a b"]', "RUN make a b # buildkit"),
        ("RUN   make     it", "RUN /bin/sh -c make     it # buildkit"),
        ("RUN make", "RUN /bin/bash -o pipefail -c make # buildkit"),
        ("RUN <<EOF\nmake\nEOF", "RUN /bin/sh -c make\n # buildkit"),
        ("RUN <<-EOF\n\tmake\n\tEOF", "RUN /bin/sh -c make\n # buildkit"),
        ("RUN <<EOF cat\nmake\nEOF", "RUN /bin/sh -c <<EOF cat\nmake\nEOF # buildkit"),
        ("RUN --network=none <<EOF cat\nmake\nEOF", "/bin/sh -c --network=none <<EOF cat\nmake"),
        ("RUN <<EOF\n#!/bin/x\nEOF", "RUN /bin/sh -c /dev/pipes/EOF # buildkit"),
        ("COPY <<a <<'b' c /d/\nA\na\nB\nb", "COPY c <<a <<b /d/ # buildkit"),
    ],
)
def test_an_instruction_is_known_in_the_form_in_which_a_builder_records_it(
    instruction: str, recorded: str
) -> None:
    assert lines(f"FROM base\nRUN one\n{instruction}\n", image(*BASE, "RUN one", recorded)) == [None, 2, 3]


@pytest.mark.parametrize(
    ("instruction", "recorded"),
    [
        ("RUN make", "RUN /bin/sh -c make install # buildkit"),
        ("RUN make", "RUN /bin/sh -c cat x && make # buildkit"),
        ("COPY a /b", "COPY a /c # buildkit"),
        ("COPY $A /b", "COPY x /bb # buildkit"),
        ("WORKDIR /a", "WORKDIR /b"),
        ("WORKDIR a", "WORKDIR /ba"),
    ],
)
def test_an_entry_that_reads_otherwise_has_no_line(instruction: str, recorded: str) -> None:
    dockerfile = f"FROM base\nRUN one\n{instruction}\nRUN two\n"
    assert lines(dockerfile, image(*BASE, "RUN one", recorded, "RUN two")) == [None, 2, None, 4]


def test_where_the_kinds_of_instruction_part_nothing_below_is_told() -> None:
    dockerfile = "FROM base\nRUN one\nRUN two\nRUN three\n"
    assert lines(dockerfile, image("RUN one", "COPY x y", "RUN three")) == [None, None, 4]


def test_metadata_from_the_command_line_is_passed_over() -> None:
    config = image("RUN one", "LABEL a=b", "RUN two", "LABEL a=b", "LABEL from=command-line")
    assert lines("FROM base\nRUN one\nLABEL a=b\nRUN two\nLABEL a=b\n", config) == [2, 4]


def test_builders_may_record_no_metadata() -> None:
    config = image("RUN one", "COPY a b")
    assert lines("FROM base\nENV A=1\nRUN one\nARG B\nWORKDIR /x\nCOPY a b\nCMD c\n", config) == [3, 6]


def test_only_the_target_and_the_stages_it_is_from_are_looked_at() -> None:
    dockerfile = """\
FROM base AS build
RUN make
FROM build AS Test
RUN make
FROM scratch AS other
COPY --from=build /a /a
FROM build
COPY b /b
"""
    make = "RUN /bin/sh -c make # buildkit"
    assert lines(dockerfile, image(*BASE, make, "COPY b /b")) == [None, 2, 8]
    assert lines(dockerfile, image(*BASE, make, make), target="test") == [None, 2, 4]
    assert lines(dockerfile, image("COPY /a /a"), target="2") == [6]
    assert lines(dockerfile, image(*BASE, make), target="build") == [None, 2]
    assert lines(dockerfile, image(*BASE, make), target="missing") == [None, None]


def test_a_name_in_from_means_an_earlier_stage_only() -> None:
    dockerfile = "FROM later\nRUN make\nFROM base AS later\nRUN make\n"
    config = image("RUN make", "RUN make")
    assert lines(dockerfile, config, target="0") == [None, 2]


@pytest.mark.parametrize(
    ("from_", "build_args", "below"),
    [
        ("$BASE", {}, 3),
        ("${BASE}", {}, 3),
        ("${NONE:-dev}", {}, 3),
        ("prod", {}, 5),
        ("$BASE", {"BASE": "prod"}, 5),
        ("$BASE", {"BASE": None}, None),
        ("$BASE-$TARGETARCH", {"BASE": "for"}, 7),
        ("${BASE#x}", {}, None),
        ("$NONE", {}, None),
    ],
)
def test_a_variable_in_from_is_told_only_where_its_value_is_known(
    from_: str, build_args: dict[str, str | None], below: int | None
) -> None:
    dockerfile = f"""\
ARG BASE=dev
FROM base AS dev
RUN make
FROM base AS prod
RUN make
FROM base AS for-arm64
RUN make
FROM {from_}
RUN two
"""
    config = image("RUN make", "RUN two", platform="linux/arm64")
    assert lines(dockerfile, config, build_args=build_args) == [below, 9]


def test_arguments_that_double_each_other_end() -> None:
    doubling = "".join(f"ARG A{n + 1}=$A{n}$A{n}\n" for n in range(60))
    assert lines(f"ARG A0=aaaa\n{doubling}FROM $A60\nRUN x\n", image("RUN x")) == [63]


def test_a_trigger_of_a_stage_stands_where_onbuild_stands() -> None:
    dockerfile = "FROM base AS one\nONBUILD COPY a /a\nRUN one\nFROM one\nRUN two\n"
    config = image("RUN one", "COPY a /a", "RUN two")
    assert lines(dockerfile, config) == [3, 2, 5]
    config = image("ONBUILD COPY a /a", "RUN one", "COPY a /a", "RUN two")
    assert lines(dockerfile, config) == [3, 2, 5]


def test_triggers_of_the_base_image_have_no_line() -> None:
    config = image(*BASE, "COPY . /app", "RUN one")
    assert lines("FROM base\nRUN one\n", config) == [None, None, 2]


def test_a_layer_of_many_instructions_spans_them_only_if_all_are_known() -> None:
    history = (
        HistoryEntry("/bin/sh -c one", empty_layer=True),
        HistoryEntry("/bin/sh -c two", comment="FROM base"),
    )
    config = ImageConfig(Platform("linux", "amd64"), (Digest("sha256:" + "0" * 64),), history)
    known = instructions_of_layers(config, parse_dockerfile("FROM base\nRUN one\n\nRUN two\n"))
    assert place_of(known[0], "D") == Place("D", 2, 4)
    assert text_of(known[0]) == "RUN one; RUN two"
    assert instructions_of_layers(config, parse_dockerfile("FROM base\nRUN else\nRUN two\n")) == ((),)


@pytest.mark.parametrize("dockerfile", ["", "# nothing", "RUN make", "FROM", "FROM \nRUN make"])
def test_a_dockerfile_that_builds_nothing_tells_nothing_wrong(dockerfile: str) -> None:
    assert lines(dockerfile, image(*BASE)) == [None]


@pytest.mark.parametrize("piece", ["${", "$a", "$", "a ", "\\a", "'", "<<a ", "..", "/", "a:"])
@pytest.mark.parametrize("keyword", ["RUN", "COPY", "WORKDIR"])
def test_time_grows_with_the_length_only(keyword: str, piece: str) -> None:
    arguments = piece * (60_000 // len(piece))
    config = image(*(f"{keyword} {arguments}", f"{keyword} x") * 5)
    started = time.process_time()
    lines(f"FROM a\n{f'{keyword} {arguments}' + chr(10)}" * 10, config)
    assert time.process_time() - started < 3

"""What a user wrote, told from what a builder recorded."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.instruction import (
    MAX_INSTRUCTION,
    entries_of_layers,
    layer_instructions,
    one_line,
    steps_of,
)
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.image_config import HistoryEntry, ImageConfig
from bloatcheck.oci.platform import Platform

HASH = "ab" * 32


def entry(created_by: str, *, comment: str = "", empty: bool = False) -> HistoryEntry:
    return HistoryEntry(created_by=created_by, comment=comment, empty_layer=empty)


def instruction_of(recorded: HistoryEntry) -> str:
    return steps_of((recorded,))[0].instruction


def config(*history: HistoryEntry, layers: int | None = None) -> ImageConfig:
    made = sum(not item.empty_layer for item in history) if layers is None else layers
    return ImageConfig(
        platform=Platform("linux", "amd64"),
        diff_ids=tuple(Digest(f"sha256:{number:064x}") for number in range(made)),
        history=history,
    )


@pytest.mark.parametrize(
    ("created_by", "instruction"),
    [
        # BuildKit
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN |2 A=1 B=2 /bin/sh -c make # buildkit", "RUN make"),
        ("RUN |2 A=two words B= /bin/sh -c make A=3 # buildkit", "RUN make A=3"),
        ("RUN |1 A=1 /usr/bin/make all # buildkit", "RUN /usr/bin/make all"),
        ("RUN /bin/sh -c echo '# buildkit' # buildkit # buildkit", "RUN echo '# buildkit' # buildkit"),
        ("RUN /bin/sh -c set -e\nmake\n # buildkit", "RUN set -e make"),
        ("COPY --chown=1 a b /c/ # buildkit", "COPY --chown=1 a b /c/"),
        ("ADD https://example.org/a /a # buildkit", "ADD https://example.org/a /a"),
        ("WORKDIR /srv", "WORKDIR /srv"),
        ('CMD ["sh"]', 'CMD ["sh"]'),
        # The legacy builder and buildah
        ("/bin/sh -c #(nop)  ENV A=1", "ENV A=1"),
        ("/bin/sh -c #(nop) WORKDIR /srv", "WORKDIR /srv"),
        (f"/bin/sh -c #(nop) COPY file:{HASH} in /srv ", "COPY file:… in /srv"),
        (f"/bin/sh -c #(nop) ADD multi:{HASH} in /srv/ ", "ADD multi:… in /srv/"),
        (f"/bin/sh -c #(nop) COPY --chown=a:bdir:{HASH} in . ", "COPY --chown=a:b dir:… in ."),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("|1 A=1 /bin/sh -c make", "RUN make"),
        ("/bin/sh -c --mount=type=cache,target=/c make", "RUN --mount=type=cache,target=/c make"),
        ("/bin/sh -c echo #(nop) COPY x", "RUN echo #(nop) COPY x"),
        (
            f"/bin/sh -c --mount=type=bind,target=/c make:{HASH}:sha256:{HASH}",
            "RUN --mount=type=bind,target=/c make",
        ),
        ("/bin/sh -c make|force-mtime=0", "RUN make"),
        ("/bin/sh -c a | b|unsetLabel=x|clamp-mtime=17", "RUN a | b"),
        (f"/bin/sh -c #(nop) COPY --link file:{HASH} in /x     |force-mtime=0 ", "COPY --link file:… in /x"),
        ("/bin/sh -c #(nop) ENV A=1|inheritLabels=false", "ENV A=1"),
        ("/bin/bash -e -c #(nop)  SHELL [/bin/bash -e -c]", "SHELL [/bin/bash -e -c]"),
        # kaniko, and what is built without a Dockerfile
        ("RUN apt-get update", "RUN apt-get update"),
        ("bazel build //:image", "bazel build //:image"),
        ("# debian.sh --arch 'amd64' out/ 'bookworm'", "# debian.sh --arch 'amd64' out/ 'bookworm'"),
        # docker import
        ("", ""),
    ],
)
def test_the_builders_decoration_is_taken_off(created_by: str, instruction: str) -> None:
    assert instruction_of(entry(created_by)) == instruction


def test_a_shell_that_the_history_announces_is_taken_off_too() -> None:
    history = (
        entry("SHELL [/bin/bash -o pipefail -c]"),
        entry("RUN |1 A=1 /bin/bash -o pipefail -c curl | tar x # buildkit"),
        entry("/bin/bash -o pipefail -c #(nop)  ENV A=1"),
        entry("RUN /bin/sh -c true # buildkit"),
    )
    assert [step.instruction for step in steps_of(history)] == [
        "SHELL [/bin/bash -o pipefail -c]",
        "RUN curl | tar x",
        "ENV A=1",
        "RUN /bin/sh -c true",
    ]


def test_buildahs_shell_stays_what_it_was() -> None:
    history = (entry('/bin/sh -c #(nop) SHELL ["/bin/bash", "-c"]'), entry("/bin/sh -c make"))
    assert steps_of(history)[1].instruction == "RUN make"


def test_values_of_build_arguments_are_not_shown() -> None:
    secret = "hunter2 and more words"
    assert secret not in instruction_of(entry(f"RUN |2 A=x TOKEN={secret} /bin/sh -c make # buildkit"))
    assert "hunter2" not in instruction_of(entry("RUN |1 TOKEN=hunter2 /usr/bin/make # buildkit"))


def test_layers_are_joined_by_the_flag_alone() -> None:
    image = config(entry("RUN a"), entry("ENV x", empty=True), entry("RUN b", empty=True), entry("COPY c d"))
    assert layer_instructions(image) == ("RUN a", "COPY c d")


def test_a_history_that_does_not_account_for_the_layers_tells_nothing() -> None:
    assert layer_instructions(config(entry("RUN a"), layers=2)) == ("", "")
    assert entries_of_layers(config(layers=1)) == ((),)


def test_an_image_without_layers_has_none() -> None:
    assert layer_instructions(config(entry("CMD x", empty=True))) == ()


def test_a_stage_that_buildah_put_into_one_layer_has_all_its_instructions() -> None:
    nop = "/bin/sh -c #(nop) "
    image = config(
        entry("/bin/sh -c base"),
        entry(f"{nop}ENV A=1", empty=True),
        entry("/bin/sh -c make", empty=True),
        entry(f"{nop}COPY file:{HASH} in /x ", empty=True),
        entry(f"{nop}CMD x", comment="FROM base"),
    )
    assert layer_instructions(image) == ("RUN base", "RUN make; COPY file:… in /x")


def test_a_stage_of_one_instruction_in_one_layer_is_that_instruction() -> None:
    nop = "/bin/sh -c #(nop) "
    image = config(entry(f"{nop}COPY dir:{HASH} in / ", empty=True), entry(f"{nop}CMD x"))
    assert layer_instructions(image) == ("COPY dir:… in /",)


def test_a_run_that_changed_nothing_shares_no_layer() -> None:
    """The legacy builder flags it as empty, as buildah does the instructions of a whole stage."""
    image = config(entry("/bin/sh -c one"), entry("/bin/sh -c true", empty=True), entry("/bin/sh -c two"))
    assert layer_instructions(image) == ("RUN one", "RUN two")


@given(st.text())
def test_nothing_that_a_terminal_or_an_editor_acts_on_is_left(text: str) -> None:
    for line in (
        one_line(text),
        instruction_of(entry(text)),
        instruction_of(entry(f"RUN {text} # buildkit")),
    ):
        assert line.isprintable()
        assert len(line) <= MAX_INSTRUCTION


def test_control_and_bidi_characters_are_replaced() -> None:
    assert (
        one_line("RUN\techo \x1b[31m\u202e\n  x")
        == "RUN echo \N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER} x"
    )


def test_a_long_instruction_ends_in_an_ellipsis() -> None:
    line = instruction_of(entry("RUN " + "x" * 1_000_000))
    assert len(line) == MAX_INSTRUCTION
    assert line.endswith("x…")


@pytest.mark.parametrize(
    "piece",
    ["A= ", "|force-mtime=0", " ", ":" + "a" * 64, "|", " file:", "SHELL [", "|unsetLabel=", "#(nop) "],
)
@pytest.mark.parametrize("start", ["", "RUN |999 ", "/bin/sh -c #(nop) COPY ", "/bin/sh -c --mount=", "|9 "])
def test_time_grows_with_the_length_only(start: str, piece: str) -> None:
    hostile = entry(start + piece * (200_000 // len(piece)), empty=True)
    started = time.process_time()
    assert len(steps_of([hostile] * 10)) == 10
    assert time.process_time() - started < 2

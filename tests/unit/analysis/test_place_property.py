"""Dockerfiles and the histories that builders make of them: a line is right, or it is not told."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.place import instructions_of_layers
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.image_config import HistoryEntry, ImageConfig
from bloatcheck.oci.platform import Platform

HASH = "0" * 64


@dataclass(frozen=True)
class Written:
    """One instruction in the file, and as it runs: variables expanded, continuations joined."""

    source: str
    keyword: str
    arguments: str

    @property
    def makes_a_layer(self) -> bool:
        return self.keyword in {"RUN", "COPY", "ADD", "WORKDIR"}


# Few words, so that instructions are often alike.
WORDS = st.sampled_from(["a", "b", "make", "apt-get install", "'# buildkit'"])
RUNS = st.lists(WORDS, min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from([" ".join(words), " \\\n  # why\n  ".join(words)]).map(
        lambda source: Written(f"RUN {source}", "RUN", source.replace("\\\n  # why\n", ""))
    )
)
FILES = st.tuples(
    st.sampled_from(["COPY", "ADD"]), st.sampled_from("ab"), st.sampled_from(["/x", "$P", "/y/"])
).map(lambda parts: Written(" ".join(parts), parts[0], f"{parts[1]} {parts[2].replace('$P', '/opt')}"))
DIRECTORIES = st.sampled_from(["/w", "/x"]).map(lambda path: Written(f"WORKDIR {path}", "WORKDIR", path))
METADATA = st.sampled_from(
    [Written("ENV A=b", "ENV", "A=b"), Written("CMD x", "CMD", "x"), Written("LABEL a=b", "LABEL", "a=b")]
)
INSTRUCTIONS = st.lists(st.one_of(RUNS, FILES, DIRECTORIES, METADATA), max_size=8)


def buildkit(one: Written) -> HistoryEntry | None:
    if one.keyword == "RUN":
        return HistoryEntry(f"RUN |1 P=/opt /bin/sh -c {one.arguments} # buildkit", "buildkit.dockerfile.v0")
    mark = " # buildkit" if one.keyword in {"COPY", "ADD"} else ""
    return HistoryEntry(
        f"{one.keyword} {one.arguments}{mark}", "buildkit.dockerfile.v0", empty_layer=not one.makes_a_layer
    )


def legacy(one: Written) -> HistoryEntry | None:
    if one.keyword == "RUN":
        return HistoryEntry(f"/bin/sh -c {one.arguments}", empty_layer="make" in one.arguments)
    arguments = one.arguments
    if one.keyword in {"COPY", "ADD"}:
        arguments = f"file:{HASH} in {arguments.split(' ')[1]} "
    return HistoryEntry(f"/bin/sh -c #(nop)  {one.keyword} {arguments}", empty_layer=not one.makes_a_layer)


def kaniko(one: Written) -> HistoryEntry | None:
    return HistoryEntry(f"{one.keyword} {one.arguments}") if one.makes_a_layer else None


BUILDERS = st.sampled_from([buildkit, legacy, kaniko])


def config_of(history: Sequence[HistoryEntry]) -> ImageConfig:
    layers = sum(not entry.empty_layer for entry in history)
    return ImageConfig(
        platform=Platform("linux", "amd64"),
        diff_ids=tuple(Digest(f"sha256:{number:064x}") for number in range(layers)),
        history=tuple(history),
    )


def dockerfile_of(stages: Sequence[Sequence[Written]]) -> tuple[str, dict[int, int]]:
    """The text, and the line of each instruction by its number over all stages."""
    lines: dict[int, int] = {}
    text = ""
    for number, instructions in enumerate(stages):
        text += f"FROM {f's{number - 1}' if number else 'base'} AS s{number}\n"
        for one in instructions:
            lines[len(lines)] = text.count("\n") + 1
            text += f"{one.source}\n"
    return text, lines


@given(
    base=INSTRUCTIONS,
    stages=st.lists(INSTRUCTIONS, min_size=1, max_size=3),
    builder=BUILDERS,
    garbled=st.sets(st.integers(0, 23)),
)
def test_a_line_is_right_or_not_told(
    base: list[Written], stages: list[list[Written]], builder: object, garbled: set[int]
) -> None:
    assert callable(builder)
    text, lines = dockerfile_of(stages)
    history = [entry for one in base if (entry := builder(one))]
    truth: list[int | None] = [None] * sum(not entry.empty_layer for entry in history)
    certain: list[bool] = [True] * len(truth)
    for number, one in enumerate(one for instructions in stages for one in instructions):
        entry = builder(one)
        if entry is None:
            continue
        if number in garbled:
            entry = HistoryEntry(f"{entry.created_by} changed", entry.comment, entry.empty_layer)
        history.append(entry)
        if not entry.empty_layer:
            truth.append(lines[number])
            certain.append(number not in garbled)
    found = instructions_of_layers(config_of(history), parse_dockerfile(text))
    for instructions, line, whole in zip(found, truth, certain, strict=True):
        told = instructions[0].line if instructions else None
        assert told == line if whole else told in {line, None}

"""Which image another one stands on, and when nobody can say."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.snapshots import digest, layer, snapshot

from bloatcheck.analysis.base_image import (
    BaseChange,
    BaseClues,
    base_change,
    base_of,
    base_references,
    own_bases,
    triggered_layers,
)
from bloatcheck.analysis.place import place_layers
from bloatcheck.analysis.recipe import foundation_of
from bloatcheck.analysis.snapshot import Base, ImageSnapshot
from bloatcheck.image.base import KnownImage
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.image_config import HistoryEntry, ImageConfig
from bloatcheck.oci.platform import Platform
from bloatcheck.oci.provenance import Material

NAME, DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"
BASE = ("RUN one # buildkit", "RUN two # buildkit")


def image(*created_by: str, labels: dict[str, str] | None = None) -> ImageConfig:
    history = tuple(
        HistoryEntry(text, empty_layer=text.split(" ")[0] not in {"RUN", "COPY", "ADD", "WORKDIR", ""})
        for text in created_by
    )
    layers = sum(not entry.empty_layer for entry in history)
    return ImageConfig(
        platform=Platform("linux", "amd64"),
        diff_ids=tuple(digest(number) for number in range(layers)),
        history=history,
        labels=labels or {},
    )


def known(reference: str, layers: Sequence[int], number: int | None = None) -> KnownImage:
    return KnownImage(
        reference=reference,
        diff_ids=tuple(digest(each) for each in layers),
        digest=None if number is None else digest(number),
    )


def base(
    dockerfile: str | None,
    config: ImageConfig,
    *found: KnownImage,
    materials: Sequence[Material] = (),
    target: str | None = None,
    build_args: dict[str, str | None] | None = None,
) -> Base | None:
    clues = BaseClues(materials=tuple(materials), known=found)
    if dockerfile is None:
        return base_of(config, clues=clues)
    instructions = parse_dockerfile(dockerfile)
    return base_of(
        config,
        foundation=foundation_of(
            instructions, platform=config.platform, target=target, build_args=build_args
        ),
        placed=place_layers(config, instructions, target=target, build_args=build_args),
        clues=clues,
    )


def test_layers_that_no_line_accounts_for_are_the_bases() -> None:
    config = image(*BASE, "CMD base", "COPY a /a # buildkit", "CMD x")
    assert base("FROM debian:12\nCOPY a /a\nCMD x\n", config) == Base(name="debian:12", layer_count=2)


def test_an_image_from_scratch_has_a_base_of_no_layer() -> None:
    config = image("COPY a /a # buildkit")
    assert base("FROM scratch\nCOPY a /a\n", config) == Base(name="scratch", layer_count=0)
    two_stages = "FROM golang AS build\nRUN x\nFROM scratch\nCOPY --from=build a /a\n"
    assert base(two_stages, config) == Base(name="scratch", layer_count=0)


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM debian\nRUN else\n",
        "FROM debian\nCOPY b /b\nRUN make\nRUN make\n",
        "FROM debian\nRUN other\nRUN make\n",
    ],
)
def test_no_base_is_told_by_the_history_where_a_line_was_not_found_again(dockerfile: str) -> None:
    assert base(dockerfile, image(*BASE, "RUN make # buildkit")) is None


def test_an_imported_base_without_history_is_known_by_its_layers() -> None:
    config = image("", "RUN make # buildkit")
    assert base("FROM debian\nRUN make\n", config) == Base(name="debian", layer_count=1)
    no_history = ImageConfig(
        config.platform, (digest(0), digest(1), digest(2)), (HistoryEntry("RUN make # buildkit"),)
    )
    assert base("FROM debian\nRUN make\n", no_history) is None
    assert base("FROM debian\nRUN make\n", no_history, known("debian", [0, 1], 7)) == Base(
        name="debian", digest=digest(7), layer_count=2
    )


def test_the_bases_own_layers_prove_it_against_any_history() -> None:
    config = image(*BASE, "RUN garbled")
    assert base("FROM debian\nRUN make\n", config, known("debian", [0, 1], 9)) == Base(
        name="debian", digest=digest(9), layer_count=2
    )


@pytest.mark.parametrize("layers", [[], [1], [0, 2], [0, 1, 2, 3]])
def test_another_image_of_the_bases_name_proves_nothing(layers: list[int]) -> None:
    config = image(*BASE, "RUN garbled")
    assert base("FROM debian\nRUN make\n", config, known("debian", layers)) is None


def test_an_image_that_reaches_above_a_known_line_is_not_the_base() -> None:
    config = image(*BASE, "COPY a /a # buildkit", "RUN x # buildkit")
    assert base("FROM debian\nCOPY a /a\nRUN x\n", config, known("debian", [0, 1, 2], 9)) == Base(
        name="debian", layer_count=2
    )


@pytest.mark.parametrize(
    ("dockerfile", "build_args", "name"),
    [
        ("ARG V=12\nFROM debian:${V}-slim\n", {}, "debian:12-slim"),
        ("ARG V=12\nFROM debian:$V\n", {"V": "13"}, "debian:13"),
        ("FROM --platform=$BUILDPLATFORM debian:12 AS a\nFROM a AS b\nFROM b\n", {}, "debian:12"),
        ("FROM --platform=linux/arm64 ghcr.io/acme/base:1\n", {}, "ghcr.io/acme/base:1"),
        ("ARG V\nFROM debian${V:+:$V}\n", {}, None),
        ("ARG V\nFROM debian:$V\n", {"V": None}, None),
        ("FROM Not/A/Name\n", {}, None),
        ("FROM debian:12\nFROM\n", {}, None),
    ],
)
def test_the_name_is_what_from_says_through_stages_and_variables(
    dockerfile: str, build_args: dict[str, str | None], name: str | None
) -> None:
    told = base(dockerfile + "RUN make\n", image(*BASE, "RUN make # buildkit"), build_args=build_args)
    assert told == (Base(name=name, layer_count=2) if name else None)


def test_a_digest_in_from_is_the_bases_digest() -> None:
    config = image(*BASE, "RUN make # buildkit")
    pinned = Base(name="debian:12", digest=digest(5), layer_count=2)
    dockerfile = f"FROM debian:12@{digest(5)}\nRUN make\n"
    assert base(dockerfile, config) == pinned
    assert base(dockerfile, config, known(f"debian:12@{digest(5)}", [0, 1], 6)) == pinned


def test_provenance_and_labels_tell_the_digest_of_what_from_names_and_of_nothing_else() -> None:
    dockerfile = "FROM golang AS build\nFROM debian:12\nRUN make\n"
    run = "RUN make # buildkit"
    told = Base(name="debian:12", digest=digest(5), layer_count=2)
    untold = Base(name="debian:12", layer_count=2)
    materials = [Material("golang", digest(4)), Material("docker.io/library/debian:12", digest(5))]
    assert base(dockerfile, image(*BASE, run), materials=materials) == told
    assert base(dockerfile, image(*BASE, run), materials=materials[:1]) == untold
    labels = {NAME: "docker.io/library/debian:12", DIGEST: str(digest(5))}
    assert base(dockerfile, image(*BASE, run, labels=labels)) == told
    # inherited from the base, whose base they name
    assert base(dockerfile, image(*BASE, run, labels={**labels, NAME: "debian:11"})) == untold
    assert base(dockerfile, image(*BASE, run, labels={**labels, DIGEST: "sha256:x"})) == untold


def test_without_a_dockerfile_what_the_builder_names_must_be_proven() -> None:
    config = image(*BASE, "RUN make", labels={NAME: "debian:12", DIGEST: str(digest(5))})
    materials = [Material("alpine:3", digest(3)), Material("python:3", digest(4))]
    assert base(None, config) is None
    assert base(None, config, materials=materials) is None
    assert base(None, config, known(f"debian@{digest(5)}", [0], 5)) == Base(
        name="debian:12", digest=digest(5), layer_count=1
    )
    found = [known(f"debian@{digest(5)}", [0], 5), known(f"python@{digest(4)}", [0, 1], 4)]
    assert base(None, config, *found, materials=materials) == Base(
        name="python:3", digest=digest(4), layer_count=2
    )


def test_what_is_looked_up() -> None:
    config = image(*BASE, labels={NAME: "debian:12", DIGEST: str(digest(5))})

    def references(dockerfile: str | None, *materials: Material) -> tuple[str, ...]:
        instructions = parse_dockerfile(dockerfile or "")
        return base_references(config, foundation_of(instructions, platform=config.platform), materials)

    assert references("FROM debian:12\n") == (f"debian@{digest(5)}", "debian:12")
    assert references("FROM debian:11\n") == ("debian:11",)
    assert references(f"FROM debian:12@{digest(1)}\n") == (f"debian:12@{digest(1)}",)
    assert references("FROM scratch\n") == ()
    assert references("FROM ../x\n") == ()
    assert references("FROM $X\n", Material("a:1", digest(2))) == (f"a@{digest(2)}", f"debian@{digest(5)}")
    assert references(None, Material("localhost:5000/a")) == ("localhost:5000/a", f"debian@{digest(5)}")


def test_onbuild_of_the_base_leaves_its_layers_open_unless_they_are_known() -> None:
    config = image(*BASE, "ONBUILD COPY . /app", "COPY . /app # buildkit", "RUN make # buildkit")
    dockerfile = "FROM debian\nRUN make\n"
    assert base(dockerfile, config) is None
    proven = base(dockerfile, config, known("debian", [0, 1]))
    assert proven == Base(name="debian", layer_count=2)
    placed = place_layers(config, parse_dockerfile(dockerfile))
    assert list(triggered_layers(proven, placed)) == [2]
    assert list(triggered_layers(None, placed)) == []


LAYERS = tuple(layer(number) for number in range(4))


def on(named: Base | None, *layers: int, name: str = "api", platform: str = "linux/amd64") -> ImageSnapshot:
    plain = snapshot(name, *(LAYERS[number] for number in layers), platform=platform)
    return ImageSnapshot(
        name=plain.name,
        platform=plain.platform,
        image_id=plain.image_id,
        layers=plain.layers,
        measure=plain.measure,
        base=named,
    )


def debian(count: int, name: str = "debian:12", number: int | None = None) -> Base:
    return Base(name=name, layer_count=count, digest=None if number is None else digest(number))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (on(debian(1), 0, 1), on(debian(1), 0, 2), False),
        (on(debian(1, number=1), 0, 1), on(debian(1, number=2), 0, 1), False),
        (on(debian(1), 0, 1), on(debian(1), 2, 1), True),
        (on(debian(1), 0, 1), on(debian(2), 0, 1), True),
        (on(debian(1), 0, 1), on(debian(1, "debian:13"), 0, 1), True),
        (on(debian(1), 0, 1), on(debian(0, "scratch"), 1), True),
        (on(None, 0, 1), on(debian(1), 0, 1), False),
        (on(debian(1), 0, 1), on(None, 0, 1), False),
    ],
)
def test_a_base_changed_if_its_name_or_its_layers_did(
    before: ImageSnapshot, after: ImageSnapshot, *, changed: bool
) -> None:
    told = base_change(before, after)
    assert told == (BaseChange(before.base, after.base) if changed and before.base and after.base else None)


def test_a_base_that_the_same_configuration_builds_is_named() -> None:
    images = [
        on(debian(1), 0, 1, name="ours"),
        on(debian(2, "acme/ours:dev"), 0, 1, 2, name="api"),
        on(debian(1), 0, 3, name="web"),
        on(debian(2, "acme/ours:dev"), 0, 1, 3, name="arm", platform="linux/arm64"),
        on(None, 0, 1, 3, name="unknown"),
        on(debian(0, "scratch"), 3, name="static"),
        on(debian(0, "scratch"), name="empty"),
    ]
    assert own_bases(images) == {("api", "linux/amd64"): "ours"}


REFERENCES = st.sampled_from(["debian", "debian:12", f"debian@{digest(3)}", "$X", "scratch", "Ä", "a b", ""])
ENTRIES = st.lists(st.sampled_from([*BASE, "COPY a /a", "ONBUILD RUN x", "CMD x", ""]), max_size=6)


@given(
    reference=REFERENCES,
    entries=ENTRIES,
    lines=st.lists(st.sampled_from(["RUN two", "COPY a /a", "RUN x", "CMD x"]), max_size=4),
    layers=st.lists(st.integers(0, 6), max_size=6),
    labels=st.dictionaries(st.sampled_from([NAME, DIGEST]), st.text(max_size=20)),
)
def test_a_bases_layers_are_within_the_image_and_below_every_known_line(
    reference: str, entries: list[str], lines: list[str], layers: list[int], labels: dict[str, str]
) -> None:
    config = image(*entries, labels=labels)
    dockerfile = "\n".join([f"FROM {reference}", *lines])
    told = base(dockerfile, config, known("debian", layers))
    if told is None:
        return
    placed = place_layers(config, parse_dockerfile(dockerfile))
    assert told.layer_count <= placed.first_known
    assert told.name.isprintable()
    assert told.name


def test_hostile_labels_name_no_base() -> None:
    config = image(*BASE, labels={NAME: "x\n::warning::y", DIGEST: str(Digest("x"))})
    assert base_references(config, None) == ()

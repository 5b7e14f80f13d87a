"""Joining the engine's history to layers without its empty-layer flags: proven, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.image.docker_daemon.history import ApiHistoryEntry, empty_layer_flags

BUILDKIT = "buildkit.dockerfile.v0"


def buildkit(created_by: str, size: int = 0) -> ApiHistoryEntry:
    return ApiHistoryEntry(created_by, BUILDKIT, size)


def legacy(created_by: str, size: int = 0) -> ApiHistoryEntry:
    return ApiHistoryEntry(f"/bin/sh -c {created_by}", "", size)


def test_buildkits_run_true_is_a_layer_though_its_size_is_0() -> None:
    history = [
        buildkit("COPY busybox /bin/busybox # buildkit", 1_982_256),
        buildkit("ENV A=1"),
        buildkit("RUN /bin/sh -c true # buildkit"),
        buildkit('CMD ["/bin/sh"]'),
    ]
    assert empty_layer_flags(history, 2) == (False, True, False, True)


def test_the_legacy_builders_metadata_is_told_by_its_two_spaces() -> None:
    history = [
        legacy("#(nop) COPY file:7027c7 in /bin/busybox ", 1_982_256),
        legacy("#(nop)  ENV A=1"),
        legacy("touch /x"),
        legacy('#(nop)  CMD ["/bin/sh"]'),
    ]
    assert empty_layer_flags(history, 2) == (False, True, False, True)


def test_the_legacy_builders_run_true_leaves_it_open() -> None:
    history = [legacy("#(nop) ADD file:1 in / ", 10), legacy("true"), legacy("touch /x")]
    assert empty_layer_flags(history, 2) is None


def test_a_workdir_that_may_have_made_its_directory_leaves_it_open() -> None:
    history = [buildkit("COPY a /a # buildkit", 3), buildkit("WORKDIR /"), buildkit("WORKDIR /w")]
    assert empty_layer_flags(history, 2) is None


def test_as_many_sizes_above_0_as_layers_are_the_layers() -> None:
    history = [legacy("#(nop) ADD file:1 in / ", 10), legacy("true"), legacy("echo a > /y", 2)]
    assert empty_layer_flags(history, 2) == (False, True, False)


def test_buildah_may_put_its_one_layer_on_any_instruction() -> None:
    history = [
        legacy("#(nop) COPY file:1 in /a "),
        legacy("#(nop) ENV A=1"),
        legacy('#(nop) CMD ["-c"]', 1_985_474),
    ]
    assert empty_layer_flags(history, 1) == (True, True, False)


def test_metadata_with_a_size_is_not_believed() -> None:
    assert empty_layer_flags([buildkit("ENV A=1", 5), buildkit("COPY a /a # buildkit")], 1) is None


def test_an_instruction_without_the_builders_mark_may_be_anything() -> None:
    assert empty_layer_flags([ApiHistoryEntry("ENV A=1", "", 0)], 1) == (False,)
    assert (
        empty_layer_flags([ApiHistoryEntry("ENV A=1", "", 0), ApiHistoryEntry("bazel build", "", 0)], 1)
        is None
    )


@pytest.mark.parametrize("entry", [buildkit("ENV A=1"), legacy("true"), ApiHistoryEntry("", "", 0)])
def test_an_image_without_layers_has_empty_entries_only(entry: ApiHistoryEntry) -> None:
    assert empty_layer_flags([entry], 0) == (True,)


def test_an_imported_image_without_history_leaves_it_open() -> None:
    assert empty_layer_flags([], 1) is None


entries = st.builds(
    ApiHistoryEntry,
    created_by=st.sampled_from(
        [
            "ENV A=1",
            "RUN true # buildkit",
            "WORKDIR /w",
            "/bin/sh -c #(nop)  CMD x",
            "/bin/sh -c #(nop) CMD x",
            "",
        ]
    ),
    comment=st.sampled_from([BUILDKIT, "", "FROM 8e934dbeed8d"]),
    size=st.integers(0, 3),
)


@given(st.lists(entries, max_size=8), st.integers(0, 8))
def test_an_answer_has_a_layer_for_each_size_and_as_many_as_there_are(
    history: list[ApiHistoryEntry], layer_count: int
) -> None:
    flags = empty_layer_flags(history, layer_count)
    if flags is not None:
        assert flags.count(False) == layer_count
        assert not any(empty and entry.size for empty, entry in zip(flags, history, strict=True))

"""The engine's answers as values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.inspection import (
    config_from_history,
    parse_history,
    parse_inspection,
    parse_tagged,
    parse_tagging,
)
from bloatcheck.oci.platform import Platform

ID = f"sha256:{'1' * 64}"
LAYER = f"sha256:{'2' * 64}"
ANSWER = {
    "Id": ID,
    "Os": "linux",
    "Architecture": "arm64",
    "Variant": "v8",
    "RootFS": {"Type": "layers", "Layers": [LAYER]},
    "Config": {
        "Env": ["A=1"],
        "Cmd": ["/bin/sh"],
        "Entrypoint": None,
        "Labels": {"l": "1"},
        "WorkingDir": "/w",
    },
}


def test_an_answer_names_the_image_its_platform_and_its_layers() -> None:
    inspection = parse_inspection(ANSWER)
    assert (inspection.engine_id, inspection.diff_ids) == (ID, (LAYER,))
    assert inspection.platform == Platform("linux", "arm64")


def test_an_image_without_layers_leaves_them_out() -> None:
    assert parse_inspection({**ANSWER, "RootFS": {"Type": "layers"}}).diff_ids == ()


def test_an_id_without_its_algorithm_is_podmans() -> None:
    assert parse_inspection({**ANSWER, "Id": "1" * 64}).engine_id == ID


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {**ANSWER, "Id": "../x"},
        {**ANSWER, "RootFS": {"Layers": ["x"]}},
        {**ANSWER, "RootFS": []},
    ],
)
def test_another_shape_is_a_clear_error(answer: object) -> None:
    with pytest.raises(ReadError, match="the engine's answer about the image"):
        parse_inspection(answer)


def test_history_runs_from_the_base_up() -> None:
    top, base = (
        {"CreatedBy": "top", "Comment": "", "Size": 1},
        {"CreatedBy": "base", "Comment": "c", "Size": 2},
    )
    assert [entry.created_by for entry in parse_history([top, base])] == ["base", "top"]


@pytest.mark.parametrize("answer", [None, {}, [1], "x"])
def test_a_history_of_another_shape_is_a_clear_error(answer: object) -> None:
    with pytest.raises(ReadError, match="history"):
        parse_history(answer)


def test_the_answers_together_are_the_configuration() -> None:
    comment = "buildkit.dockerfile.v0"
    history = [
        {"CreatedBy": "ENV A=1", "Comment": comment, "Size": 0},
        {"CreatedBy": "COPY a /a # buildkit", "Comment": comment, "Size": 3},
    ]
    config = config_from_history(parse_inspection(ANSWER), parse_history(history))
    assert config is not None
    assert (config.env, config.cmd, config.entrypoint, config.labels) == (
        ("A=1",),
        ("/bin/sh",),
        (),
        {"l": "1"},
    )
    assert [entry.created_by if entry else None for entry in config.layer_history] == ["COPY a /a # buildkit"]
    assert config.working_dir == "/w"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Id", "RootFS", "Layers", "Config", "Os", "Size", "CreatedBy"]), inner
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("parse", [parse_inspection, parse_history])
@given(answer=json_values)
def test_whatever_json_comes_is_read_or_a_clear_error(
    parse: Callable[[object], object], answer: object
) -> None:
    with suppress(ReadError):
        parse(answer)


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-11-24T18:20:46.789251235Z", datetime(2026, 11, 24, 18, 20, 46, 789251, timezone.utc)),
        ("2026-11-24T20:20:46.5+02:00", datetime(2026, 11, 24, 18, 20, 46, 500000, timezone.utc)),
        ("2026-11-24T18:20:46Z", datetime(2026, 11, 24, 18, 20, 46, 0, timezone.utc)),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_when_an_image_was_tagged_last(told: str | None, moment: datetime | None) -> None:
    assert parse_tagging({"Metadata": {"LastTagTime": told}}) == moment


def test_an_engine_may_not_tell_when_an_image_was_tagged() -> None:
    assert parse_tagging({}) is None
    assert parse_tagging({"Metadata": None}) is None


def test_a_moment_that_is_none_is_a_malformed_answer() -> None:
    with pytest.raises(ValueError, match="month"):
        parse_tagging({"Metadata": {"LastTagTime": "2026-13-01T00:00:00Z"}})


def test_only_images_of_the_repository_are_taken_and_by_names_that_can_be_asked_for() -> None:
    answer = [
        {"RepoTags": ["shop/api:1", "other:2"], "Created": 60},
        {"RepoTags": ["shop/api-2:1", "localhost/shop/api:1"], "Created": 60},
        {"RepoTags": ["shop/api:../../info"], "Created": 60},
        {"RepoTags": None},
        {"RepoTags": ["shop/api:old"], "Created": 1 << 80},
    ]
    found = [(each.name, each.at.timestamp()) for each in parse_tagged(answer, "shop/api")]
    assert found == [("shop/api:1", 60), ("shop/api:old", 0)]

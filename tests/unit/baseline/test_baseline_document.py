"""The baseline's JSON, version 1."""

import json
from codecs import BOM_UTF8
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from support.snapshots import digest, entry, layer, snapshot

from bloatcheck.analysis.instruction import one_line
from bloatcheck.analysis.snapshot import Base, Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.baseline.document import MAX_SIZE, from_json, json_schema, to_json
from bloatcheck.baseline.model import BaselineEntry
from bloatcheck.errors import BaselineError, ExitCode, Place

EXPECTED = Path(__file__).parent / "expected.json"
SCHEMA = Path(__file__).parents[3] / "docs/baseline.schema.json"

FULL = BaselineEntry(
    snapshot=ImageSnapshot(
        name="api",
        platform="linux/arm64",
        image_id=digest(1),
        layers=(
            LayerSnapshot(
                diff_id=digest(2),
                instruction="RUN echo 'é' \"x\" \\",
                content_size=3,
                uncompressed_size=4096,
                compressed_size=100,
            ),
            layer(4, 5, ""),
        ),
        measure=Fingerprint(
            compressor="gzip 6", transport="oci", engine="docker 26", store="overlay2", tool="bloatcheck 1"
        ),
        base=Base(name="debian:12", digest=digest(9), layer_count=1),
        build_seconds=1.5,
        inputs_digest=digest(8),
    ),
    commit="1a2b3c4d",
    measured_at="2026-01-31T12:00:00Z",
)


def document(**changes: object) -> dict[str, object]:
    return {**json.loads(to_json([FULL])), **changes}


def image(**changes: object) -> bytes:
    (whole,) = json.loads(to_json([FULL]))["images"]
    return json.dumps(document(images=[{**whole, **changes}])).encode()


def problem(content: bytes) -> BaselineError:
    with pytest.raises(BaselineError) as caught:
        from_json(content, "ci/baseline.json")
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.hint
    assert caught.value.place
    assert caught.value.place.file == "ci/baseline.json"
    return caught.value


def test_a_layer_is_one_line_of_a_diff() -> None:
    image = snapshot("api", layer(1, 10, "RUN a"), layer(2, 20, "COPY . /é"))
    assert to_json([entry(image)]) == EXPECTED.read_text()


def test_images_are_in_order_of_name_and_platform() -> None:
    entries = [
        entry(snapshot("b")),
        entry(snapshot("a", platform="linux/arm64")),
        entry(snapshot("a", platform="linux/amd64")),
    ]
    assert to_json(entries) == to_json(reversed(entries))
    assert [
        (one.snapshot.name, one.snapshot.platform) for one in from_json(to_json(entries).encode(), "f")
    ] == [
        ("a", "linux/amd64"),
        ("a", "linux/arm64"),
        ("b", "linux/amd64"),
    ]


def test_everything_that_is_kept_comes_back() -> None:
    assert from_json(to_json([FULL]).encode(), "f") == (FULL,)


def test_dockerfile_lines_are_not_kept() -> None:
    placed = replace(layer(1), place=Place("Dockerfile", 3))
    (read,) = from_json(to_json([entry(snapshot("api", placed))]).encode(), "f")
    assert read.snapshot.layers == (layer(1),)


def test_a_baseline_may_be_empty() -> None:
    assert to_json([]) == '{\n  "bloatcheck": "baseline",\n  "version": 1,\n  "images": []\n}\n'
    assert from_json(to_json([]).encode(), "f") == ()


def test_fields_from_later_are_left_alone() -> None:
    assert from_json(json.dumps(document(later=1)).encode(), "f") == (FULL,)
    assert from_json(image(later={"x": 1}), "f") == (FULL,)


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", 1), (b"{", 1), (b'{\n"bloatcheck": "baseline",\n', 3), (b"\xff", 1), (b"[" * 100_000, 1)],
)
def test_what_is_no_json_is_damaged_and_says_where(content: bytes, line: int) -> None:
    error = problem(content)
    assert error.message == "damaged: it is not JSON"
    assert error.place == Place("ci/baseline.json", line)


def test_a_byte_order_mark_as_powershell_leaves_it_is_no_hindrance() -> None:
    assert from_json(BOM_UTF8 + to_json([FULL]).encode(), "b.json") == (FULL,)


def test_an_unresolved_merge_says_so() -> None:
    text = (
        to_json([FULL]).replace('  "images"', '<<<<<<< HEAD\n  "images"').replace("]\n}", "]\n>>>>>>> x\n}")
    )
    error = problem(text.encode())
    assert error.message == "damaged: it holds the marks of a merge conflict"
    assert error.hint == "take either side, then run: bloatcheck baseline update"


def test_an_instruction_may_hold_such_marks() -> None:
    marked = entry(snapshot("api", layer(1, 1, "RUN cat <<<<<<< a >>>>>>> b")))
    assert from_json(to_json([marked]).encode(), "f") == (marked,)


@pytest.mark.parametrize(
    "content", [b"[]", b"1", b"null", b"{}", b'{"version": 1, "images": []}', b'{"bloatcheck": "report"}']
)
def test_what_is_not_ours_is_foreign(content: bytes) -> None:
    assert problem(content).message == "this is not a baseline of bloatcheck"


def test_a_newer_version_says_so_before_anything_else_is_looked_at() -> None:
    error = problem(b'{"bloatcheck": "baseline", "version": 2, "pictures": {}}')
    assert "written by a newer bloatcheck (version 2" in error.message


@pytest.mark.parametrize("version", ["true", '"1"', "1.5", "0", "-1", "null", "[]"])
def test_a_version_is_a_whole_number(version: str) -> None:
    content = f'{{"bloatcheck": "baseline", "version": {version}, "images": []}}'
    assert problem(content.encode()).message.startswith("damaged: ")


LAYER = {"content_size": 8, "diff_id": digest(1), "instruction": "RUN x"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (image(name=1), "images.0.name"),
        (image(name=""), "empty or holds control characters"),
        (image(name="a\x1b[31m"), "empty or holds control characters"),
        (image(platform="linux/\nx"), "empty or holds control characters"),
        (image(image_id="sha256:x"), "not a digest"),
        (image(content_size="8"), "images.0.content_size"),
        (image(content_size=-1), "images.0.content_size"),
        (image(content_size=8.0), "images.0.content_size"),
        (image(content_size=1 << 70), "images.0.content_size"),
        (image(content_size=9), "api is said to have 9 bytes, but its layers add up to 8"),
        (image(layers={}), "images.0.layers"),
        (image(layers=[{**LAYER, "diff_id": "x"}]), "not a digest"),
        (image(layers=[{**LAYER, "content_size": True}]), "images.0.layers.0.content_size"),
        (image(base={"name": "x", "layer_count": -1}), "images.0.base.layer_count"),
        (image(base={"name": "x", "digest": "y", "layer_count": 1}), "not a digest"),
        (json.dumps(document(images=None)).encode(), "images"),
        (b'{"bloatcheck": "baseline", "version": 1}', "images"),
    ],
)
def test_a_damaged_field_is_named(content: bytes, message: str) -> None:
    error = problem(content)
    assert error.message.startswith("damaged: ")
    assert message in error.message


def test_an_image_can_be_in_it_once_only() -> None:
    whole = json.loads(to_json([FULL]))["images"]
    error = problem(json.dumps(document(images=[*whole, *whole])).encode())
    assert error.message == "damaged: api on linux/arm64 is in it twice"


def test_a_file_without_end_is_refused_unread() -> None:
    assert problem(b" " * (MAX_SIZE + 1)).message == "larger than 64 MiB"


def test_no_error_repeats_what_the_file_holds() -> None:
    for content in (image(name={"secret": "hunter2"}), b'{"bloatcheck": "hunter2"}', b"hunter2"):
        assert "hunter2" not in str(problem(content))


def test_control_characters_of_an_instruction_do_not_come_in() -> None:
    content = image(layers=[{**LAYER, "instruction": "RUN \x1b[31m\u202e\nx"}])
    ((read,),) = (one.snapshot.layers for one in from_json(content, "f"))
    assert read.instruction.isprintable()


def test_the_published_schema_is_that_of_the_code() -> None:
    """To renew it: python -m json.tool over `bloatcheck.baseline.document.json_schema()`."""
    assert json.loads(SCHEMA.read_text()) == json_schema()


TEXTS = st.text(max_size=30).map(one_line)
ENTRIES = st.builds(
    entry,
    st.builds(
        lambda name, layers, platform: snapshot(name, *layers, platform=platform),
        TEXTS.filter(bool),
        st.lists(st.builds(layer, st.integers(0, 9), st.integers(0, 1 << 40), TEXTS), max_size=3),
        st.sampled_from(["linux/amd64", "linux/arm/v7"]),
    ),
)


@given(st.lists(ENTRIES, max_size=3, unique_by=lambda one: (one.snapshot.name, one.snapshot.platform)))
def test_what_is_written_is_valid_and_comes_back(entries: list[BaselineEntry]) -> None:
    text = to_json(entries)
    Draft202012Validator(json_schema()).validate(json.loads(text))
    read = from_json(text.encode(), "f")
    assert sorted(read, key=str) == sorted(entries, key=str)
    assert to_json(read) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["images", "layers", "name", "x"]), inner)
        ),
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    for content in (value, {"bloatcheck": "baseline", "version": 1, "images": value}):
        with suppress(BaselineError):
            from_json(json.dumps(content).encode(), "f")


@pytest.mark.parametrize("seconds", ["1e308", "1e999", "-1"])
def test_no_build_takes_years(seconds: str) -> None:
    content = image(build_seconds="SECONDS").replace(b'"SECONDS"', seconds.encode())
    assert "build_seconds" in problem(content).message

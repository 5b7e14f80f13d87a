"""What a bare name stands for that the engine has no image of: the configuration's, and its newest build."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support.faulty_engine import ID, LAYER, Answer, Request, as_json, faulty_engine
from support.image_builder import ImageUnderTest, layer, layout_of, member
from support.recording_log import RecordingLog

from bloatcheck.build.ours import OurTag
from bloatcheck.cli.configured import ago, can_be_configured, chosen, sought
from bloatcheck.cli.opening import open_by_name
from bloatcheck.errors import NoEngineError, NotThereError, ReadError, UsageError
from bloatcheck.image.docker_daemon.inspection import Tagged
from bloatcheck.oci.platform import Platform

AMD64, ARM64, ARMV7 = map(Platform.parse, ("linux/amd64", "linux/arm64", "linux/arm/v7"))
NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
BUILD = Tagged("bloatcheck.local/shop/api:1", NOW)
BUILT = "images:\n  - name: web\n    dockerfile: Dockerfile\n"


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BLOATCHECK_CI", "shell")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")


def configure(text: str) -> None:
    Path(".bloatcheck.yml").write_text(f"version: 1\n{text}")


def test_without_a_wish_the_builds_for_all_listed_platforms_are_looked_for() -> None:
    assert sought([None], None, AMD64, name="api") == [None]
    assert sought([AMD64, ARM64], None, AMD64, name="api") == [AMD64, ARM64]


def test_a_wish_leaves_those_that_answer_it() -> None:
    assert sought([AMD64, ARM64], ARM64, AMD64, name="api") == [ARM64]
    assert sought([AMD64, ARMV7], Platform.parse("linux/arm"), AMD64, name="api") == [ARMV7]


def test_an_image_that_is_listed_for_none_may_have_been_built_for_any() -> None:
    assert sought([None], AMD64, AMD64, name="api") == [AMD64, None]
    assert sought([None], ARM64, AMD64, name="api") == [ARM64]


def test_a_platform_that_is_not_listed_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="not listed for linux/arm64") as raised:
        sought([AMD64, ARMV7], ARM64, AMD64, name="api")
    assert raised.value.hint == "it is for linux/amd64, linux/arm/v7"


def test_of_several_platforms_it_is_this_machines() -> None:
    found: dict[Platform | None, Tagged] = {AMD64: BUILD, ARM64: BUILD}
    assert chosen(found, [AMD64, ARM64], ARM64, name="api") == ARM64


def test_the_only_platform_that_is_listed_need_not_be_this_machines() -> None:
    assert chosen({ARM64: BUILD}, [ARM64], AMD64, name="api") == ARM64


def test_builds_for_other_machines_only_are_told() -> None:
    with pytest.raises(
        NotThereError, match="for linux/arm/v7, linux/arm64, and none for linux/amd64"
    ) as raised:
        chosen({ARM64: BUILD, ARMV7: BUILD}, [AMD64, ARM64, ARMV7], AMD64, name="api")
    assert raised.value.hint == "choose one, for example --platform linux/arm/v7"


def test_a_wish_is_met_by_what_was_built_for_it_first() -> None:
    assert chosen({AMD64: BUILD, None: BUILD}, [AMD64, None], AMD64, name="api", wanted=AMD64) == AMD64
    assert chosen({None: BUILD}, [AMD64, None], AMD64, name="api", wanted=AMD64) is None


@pytest.mark.parametrize("name", ["api", "api-2", "api__x", "a" * 80])
def test_a_bare_name_may_be_one_of_the_configuration(name: str) -> None:
    assert can_be_configured(name)


@pytest.mark.parametrize(
    "name",
    ["api:1", "team/api", "docker-daemon:api", "oci:x", f"api@{ID}", "API", "a" * 81, "*", "..", "api\n", ""],
)
def test_anything_else_is_not(name: str) -> None:
    assert not can_be_configured(name)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-5), "a moment ago"),
        (timedelta(seconds=59), "a moment ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_the_age_of_a_build_in_words(age: timedelta, words: str) -> None:
    assert ago(age) == words


# An engine that lists builds --------------------------------------------------------------------------------


def tag_of(run: str) -> str:
    return str(OurTag.of(repository=str(Path.cwd().resolve()), image="web", run=run))


def inspected(tagged: str | None) -> Answer:
    image = {"Id": ID, "RootFS": {"Layers": [LAYER]}, "Architecture": "amd64", "Os": "linux"}
    return as_json({**image, "Metadata": {"LastTagTime": tagged}})


def gone(request: Request) -> None:
    request.send(b'{"message": "No such image"}', 404)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It has `api`, and four builds of `web`."""
    listed = {"first": 30, "again": 20, "untold": 10, "gone": 90}
    answers: dict[str, Answer] = {
        "images/json": as_json([{"RepoTags": [tag_of(run)], "Created": at} for run, at in listed.items()]),
        f"images/{tag_of('first')}/json": inspected("2026-01-31T10:00:00Z"),
        f"images/{tag_of('again')}/json": inspected("2026-01-31T10:00:00.5Z"),
        f"images/{tag_of('untold')}/json": inspected(None),
        f"images/{tag_of('gone')}/json": gone,
    }
    with faulty_engine(tmp_path, **answers) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        yield


@pytest.mark.usefixtures("engine")
def test_the_newest_build_is_the_one_that_was_tagged_last_whenever_it_was_created() -> None:
    configure(BUILT)
    log = RecordingLog()
    open_by_name("web", log=log).close()
    [told] = [line for line in log.lines if line.startswith("web is the build of ")]
    assert told.endswith(f" days ago, {tag_of('again')}")


@pytest.mark.usefixtures("engine")
def test_a_name_that_nobody_knows_is_told_by_both() -> None:
    configure(BUILT)
    with pytest.raises(ReadError, match=r"has no image wep; in the configuration, no image is called 'wep'"):
        open_by_name("wep")


@pytest.mark.usefixtures("engine")
def test_without_a_configuration_only_the_engine_is_told_of() -> None:
    Path("Dockerfile").unlink()
    with pytest.raises(NotThereError) as raised:
        open_by_name("web")
    assert raised.value.message.endswith("has no image web")


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "text", ["images: [", "images: *x", "images: !!python/object:os.system x", "\0", "9"]
)
def test_a_configuration_that_is_wrong_or_hostile_is_a_clear_error(text: str) -> None:
    configure(text)
    with pytest.raises(ReadError, match="has no image web, and the configuration") as raised:
        open_by_name("web")
    assert raised.value.hint == "`bloatcheck config check` tells what is wrong with it"


@pytest.mark.usefixtures("engine")
def test_an_image_of_the_engine_is_taken_without_a_look_at_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure("images: [")
    monkeypatch.setattr("bloatcheck.cli.configured.load_config", None)
    log = RecordingLog()
    open_by_name("api", log=log).close()
    assert not [line for line in log.lines if "build of" in line]


# What an earlier step made ----------------------------------------------------------------------------------


def test_an_image_that_is_listed_as_made_needs_no_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    layout_of(ImageUnderTest([layer(member("app", b"a"))])).write(tmp_path / "layout")
    configure("images:\n  - name: web\n    image: oci:layout\n")
    log = RecordingLog()
    open_by_name("web", log=log).close()
    assert log.lines == ["web is oci:layout, as .bloatcheck.yml:3 says"]


def test_without_an_engine_there_is_no_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    configure(BUILT)
    with pytest.raises(NoEngineError, match="no container engine answers") as raised:
        open_by_name("web")
    assert "`buildah push ID docker-archive:FILE`" in str(raised.value.hint)


@pytest.mark.usefixtures("engine")
def test_what_another_builder_makes_is_not_looked_for_in_the_engine_in_vain() -> None:
    configure("builder: buildah\nimages:\n  - name: shop\n    dockerfile: Dockerfile\n")
    with pytest.raises(NotThereError, match="no build of this repository's image shop") as raised:
        open_by_name("shop")
    assert "is in their own storage" in str(raised.value.hint)

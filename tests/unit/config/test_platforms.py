"""Images that are listed for several platforms."""

from pathlib import Path

import pytest
from support.config_files import load, write_repository

from bloatcheck.cli.config import render
from bloatcheck.config.load import load_config
from bloatcheck.config.model import Config, PlatformRows
from bloatcheck.errors import UsageError
from bloatcheck.oci.platform import Platform

IMAGES = """\
version: 1
images:
  - {name: api, platforms: [linux/amd64, linux/arm64], limits: {layers: 5}}
  - {name: web, platform: linux/amd64}
  - {name: job}
"""
ARM = Platform("linux", "arm64")


def listed(config: Config) -> list[tuple[str, str]]:
    return [(image.name, str(image.platform)) for image in config.images]


def test_each_platform_has_a_specification_of_its_own(tmp_path: Path) -> None:
    config = load(tmp_path, IMAGES)
    assert listed(config) == [
        ("api", "linux/amd64"),
        ("api", "linux/arm64"),
        ("web", "linux/amd64"),
        ("job", "None"),
    ]
    one, other, web, job = config.images
    assert one.platforms == other.platforms == (Platform("linux", "amd64"), ARM)
    assert one.limits == other.limits
    assert one.place == other.place
    assert (web.platforms, job.platforms) == ((), ())
    assert config.platform_rows is PlatformRows.ALL


def test_a_list_of_one_is_that_platform(tmp_path: Path) -> None:
    (api,) = load(tmp_path, "version: 1\nimages: [{name: api, platforms: [linux/arm64/v8]}]\n").images
    assert (api.platform, api.platforms) == (ARM, ())


def test_one_platform_can_be_asked_for(tmp_path: Path) -> None:
    root = write_repository(tmp_path, IMAGES)
    config = load_config(root, platforms=[ARM])
    assert listed(config) == [("api", "linux/arm64"), ("job", "linux/arm64")]
    # What the others are is known all the same: a leg is no reason to take them for gone.
    assert config.listed.has("api", "linux/amd64")

    with pytest.raises(UsageError) as raised:
        load_config(root, image_globs=["web"], platforms=[ARM])
    assert raised.value.message == "no image is listed for linux/arm64"
    assert raised.value.hint == "there are linux/amd64"


def test_what_is_listed_for_no_platform_is_built_for_each_that_is_asked_for(tmp_path: Path) -> None:
    root = write_repository(tmp_path, IMAGES)
    amd = Platform("linux", "amd64")
    one, other = load_config(root, image_globs=["job"], platforms=[amd, ARM, amd]).images
    assert (one.platform, other.platform) == (amd, ARM)
    assert one.platforms == other.platforms == (amd, ARM)
    (job,) = load_config(root, image_globs=["job"], platforms=[ARM]).images
    assert (job.platform, job.platforms) == (ARM, ())


def test_what_is_listed_is_told_from_what_is_not(tmp_path: Path) -> None:
    there = load(tmp_path, IMAGES).listed
    assert there.has("job", "linux/s390x")
    assert not there.has("web", "linux/s390x")
    assert not there.has("gone", "linux/amd64")
    assert there.tells_apart("api")
    assert not there.tells_apart("web")
    assert there.drops("web", "linux/s390x")
    assert not there.drops("job", "linux/s390x")
    assert not there.names_platform("api", "nonsense")


def test_what_is_in_order_is_told_once_for_each_image(tmp_path: Path) -> None:
    told = render(load(tmp_path, IMAGES))
    assert told.startswith(".bloatcheck.yml is in order: 3 images")
    assert told.count("  api: built from Dockerfile, context ., linux/amd64, linux/arm64\n") == 1

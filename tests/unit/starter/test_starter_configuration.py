"""The first configuration: what was found in the repository, and limits a little above what was measured."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.config.discovery.model import Found
from bloatcheck.config.load import rules_of
from bloatcheck.config.model import BuildSpec, Renewal
from bloatcheck.starter.configuration import Measurement, first_configuration_text
from bloatcheck.starter.dockerfiles import find_images

TODAY = date(2026, 11, 24)


def repository(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def found(root: Path, files: dict[str, str]) -> list[tuple[str, str, str]]:
    images = find_images(repository(root, **files), {}).images
    return [(image.name, image.dockerfile, image.context) for image in images]


def test_every_dockerfile_is_found_and_called_after_what_tells_it_apart(tmp_path: Path) -> None:
    files = dict.fromkeys(
        (
            "Dockerfile",
            "Dockerfile.dev",
            "Dockerfile.dockerignore",
            "worker.Dockerfile",
            "services/api/Dockerfile",
            "services/web/Containerfile",
            "other/api/Dockerfile",
            "node_modules/left-pad/Dockerfile",
        ),
        "FROM scratch\n",
    )
    root = tmp_path / "My Shop"
    root.mkdir()
    assert found(root, files) == [
        ("my-shop", "Dockerfile", "."),
        ("dev", "Dockerfile.dev", "."),
        ("worker", "worker.Dockerfile", "."),
        ("api", "other/api/Dockerfile", "other/api"),
        ("services-api", "services/api/Dockerfile", "services/api"),
        ("web", "services/web/Containerfile", "services/web"),
    ]


def test_the_context_is_where_most_of_what_is_copied_lies(tmp_path: Path) -> None:
    files = {
        "go.mod": "",
        "cmd/api/Dockerfile": 'FROM go\nCOPY go.mod .\nCOPY ["cmd/api/*.go", "./"]\nCOPY --from=b /x /x\n',
        "cmd/api/main.go": "",
        "web/Dockerfile": "FROM node\nADD https://example.org/x package.json ./\nCOPY . .\n",
        "web/package.json": "",
        "odd/Dockerfile": "FROM x\nCOPY ../../etc/passwd [x**/ /\nCOPY\n",
    }
    assert {(name, context) for name, _, context in found(tmp_path, files)} == {
        ("web", "web"),
        ("odd", "odd"),
        ("api", "."),
    }


def test_what_a_compose_service_is_built_with_is_written_down(tmp_path: Path) -> None:
    """But for what this machine's environment would fill in: that may be nobody else's business."""
    compose = """\
services:
  api:
    build: {context: services/api, target: final, args: {VERSION: "1.10", NPM: "${SECRET:-none}", HOST: }}
    platform: linux/amd64
"""
    repository(tmp_path, **{"compose.yaml": compose, "services/api/Dockerfile": "FROM scratch AS final\n"})
    images = find_images(tmp_path, {"SECRET": "s3cret", "PATH": "/nonexistent"}).images
    (image,) = rules_of(text_for(list(images), {}), ".bloatcheck.yml", tmp_path).images
    assert image.name == "api"
    assert image.build == BuildSpec(
        "services/api/Dockerfile",
        "services/api",
        "final",
        {"VERSION": "1.10", "NPM": "none", "HOST": None},
    )


def test_of_hundreds_each_has_a_name_of_its_own_and_a_link_is_no_dockerfile(tmp_path: Path) -> None:
    repository(tmp_path, **{f"a/{number}/Dockerfile": "FROM scratch\n" for number in range(500)})
    (tmp_path / "Dockerfile").symlink_to("/etc/passwd")
    found = find_images(tmp_path, {})
    assert len({image.name for image in found.images}) == 500
    assert found.notes == ()


def text_for(images: list[Found], measured: dict[str, Measurement]) -> str:
    return first_configuration_text(images, measured, baseline=".bloatcheck-baseline.json", today=TODAY)


def test_the_configuration_is_one_that_is_read_with_limits_above_what_was_measured(tmp_path: Path) -> None:
    images = [Found("api", "services/api/Dockerfile", "services/api"), Found("tiny", "Dockerfile.tiny", ".")]
    text = text_for(images, {"api": Measurement(167_038_818, 3), "tiny": Measurement(2, 1)})
    assert "content: 210 MB # it was 167 MB in 3 layers on 2026-11-24\n" in text
    config = rules_of(text, ".bloatcheck.yml", tmp_path)
    first, second = config.images
    assert (first.name, first.build and first.build.context) == ("api", "services/api")
    assert [limit.metric.value for limit in first.limits] == ["content", "content-growth"]
    assert second.limits[0].fail is not None
    assert second.limits[0].fail.bytes == 1_100_000
    assert config.baseline.renew is Renewal.COMMIT


def test_what_was_not_measured_gets_no_limit_of_its_own(tmp_path: Path) -> None:
    config = rules_of(text_for([Found("api", "Dockerfile", ".")], {}), ".bloatcheck.yml", tmp_path)
    assert [limit.metric.value for limit in config.images[0].limits] == ["content-growth"]


_PATHS = st.from_regex(r"[a-zA-Z0-9_ :#'\"{}\[\]@!,&*?|>%.-]{1,20}", fullmatch=True)


@given(_PATHS.filter(lambda path: path.strip(". ") != "" and not path.startswith(("-", " ", "~"))))
def test_any_path_of_a_file_can_stand_in_it(path: str) -> None:
    file = f"{path.strip()}/Dockerfile"
    config = rules_of(text_for([Found("api", file, ".")], {}), ".bloatcheck.yml", Path("/nowhere"))
    build = config.images[0].build
    assert build is not None
    assert build.dockerfile == file


def test_platforms_are_listed_as_they_were_found(tmp_path: Path) -> None:
    images = [
        Found(
            "api", "Dockerfile", platforms=("linux/amd64", "linux/arm64"), source="target 'api' of 'x.hcl'"
        ),
        Found("web", "Dockerfile", platforms=("linux/arm64",)),
    ]
    text = first_configuration_text(images, {}, baseline="baseline.json", today=TODAY)
    assert "    platforms: [linux/amd64, linux/arm64]\n" in text
    assert "    platform: linux/arm64\n" in text
    read = rules_of(text, ".bloatcheck.yml", tmp_path).images
    assert [image.label for image in read] == [
        "api on linux/amd64",
        "api on linux/arm64",
        "web on linux/arm64",
    ]

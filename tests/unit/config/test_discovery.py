"""Images are found where a repository keeps them, each once, under a name that stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.config_files import problems
from support.work import counted_calls

from bloatcheck.config.discovery.find import discover
from bloatcheck.config.discovery.model import Discovery, Found
from bloatcheck.config.load import load_config
from bloatcheck.config.model import DiscoverySettings
from bloatcheck.errors import UsageError

NO_DOCKER = {"PATH": "/nonexistent"}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content or "FROM scratch\n")
    return root


def found(root: Path, files: dict[str, str], **variables: str) -> Discovery:
    return discover(write(root, files), {**NO_DOCKER, **variables})


def named(discovery: Discovery) -> dict[str, Found]:
    return {image.name: image for image in discovery.images}


class TestDockerfiles:
    def test_a_name_is_that_of_the_path_whoever_else_is_there(self, tmp_path: Path) -> None:
        files = dict.fromkeys(
            (
                "services/api/Dockerfile",
                "services/api/Dockerfile.dev",
                "old/api/Containerfile",
                "worker.Dockerfile",
            ),
            "",
        )
        assert {name: image.dockerfile for name, image in named(found(tmp_path, files)).items()} == {
            "worker": "worker.Dockerfile",
            "old-api": "old/api/Containerfile",
            "services-api": "services/api/Dockerfile",
            "services-api-dev": "services/api/Dockerfile.dev",
        }

    def test_two_that_would_be_called_alike_are_told_apart(self, tmp_path: Path) -> None:
        images = named(found(tmp_path, {"a-b/Dockerfile": "", "a/b/Dockerfile": "", "a_b/Dockerfile": ""}))
        assert set(images) == {"a-b", "a-b-dockerfile", "2-a-b-dockerfile"}

    def test_other_peoples_code_is_not_looked_at(self, tmp_path: Path) -> None:
        assert not found(tmp_path, {"node_modules/x/Dockerfile": "", "vendor/Dockerfile": ""}).images


class TestCompose:
    def test_services_that_are_built_are_found_whatever_their_profile(self, tmp_path: Path) -> None:
        compose = """\
x-common: &common
  context: services/api
  args: {VERSION: "${VERSION:-1.10}", TOKEN: , FLAG: true, COUNT: 3}
services:
  db: {image: postgres}
  api:
    profiles: [debug]
    build: {<<: *common, target: final}
    platform: linux/arm64
  web:
    build: ./web
  job:
    build: {context: ., dockerfile: docker/job.Dockerfile, args: [A=1, B], platforms: [linux/arm64]}
"""
        discovery = found(
            tmp_path,
            {
                "compose.yaml": compose,
                "services/api/Dockerfile": "",
                "web/Containerfile": "",
                "docker/job.Dockerfile": "",
                "tools/Dockerfile": "",
            },
        )
        images = named(discovery)
        assert not discovery.notes
        assert list(images) == ["api", "web", "job", "tools"]
        api, web, job = images["api"], images["web"], images["job"]
        assert (api.dockerfile, api.context, api.target) == (
            "services/api/Dockerfile",
            "services/api",
            "final",
        )
        assert api.args == {"VERSION": "1.10", "TOKEN": None, "FLAG": "true", "COUNT": "3"}
        assert api.source == "service 'api' of 'compose.yaml'"
        assert (web.dockerfile, web.context) == ("web/Containerfile", "web")
        # What the service runs on it is built for.
        assert (api.platforms, web.platforms) == (("linux/arm64",), ())
        assert (job.dockerfile, job.context, job.platforms) == (
            "docker/job.Dockerfile",
            ".",
            ("linux/arm64",),
        )
        assert job.args == {"A": "1", "B": None}

    def test_a_file_below_the_root_names_its_folder_and_starts_its_paths_there(self, tmp_path: Path) -> None:
        images = named(
            found(
                tmp_path,
                {
                    "deploy/compose.yml": "services: {api: {build: ../api}}\n",
                    "deploy/.env": "X=1\n",
                    "api/Dockerfile": "",
                },
            )
        )
        assert images["deploy-api"].context == "api"

    def test_variables_come_from_the_environment_and_from_dotenv(self, tmp_path: Path) -> None:
        files = {
            "compose.yaml": "services: {api: {build: {context: $WHERE, args: {V: '${V}-$$'}}}}\n",
            ".env": "# where\nexport WHERE='api' \nV=file # not this\n",
            "api/Dockerfile": "",
        }
        assert named(found(tmp_path, files))["api"].args == {"V": "file-$"}
        assert named(found(tmp_path, files, V="here"))["api"].args == {"V": "here-$"}

    def test_what_a_service_extends_and_what_overrides_it_is_part_of_it(self, tmp_path: Path) -> None:
        files = {
            "compose.yaml": "services:\n"
            "  base: {build: {context: api, target: one}}\n"
            "  api: {extends: base, build: {target: two}}\n"
            "  far: {extends: {file: other.yaml, service: x}}\n"
            "  loop: {extends: loop}\n",
            "compose.override.yaml": "services: {base: {build: {target: three}}}\n",
            "api/Dockerfile": "",
        }
        images = named(found(tmp_path, files))
        assert images["base"].target == "three"
        assert images["api"].target == "two"
        assert images["api"].context == "api"

    @pytest.mark.parametrize(
        ("build", "reason"),
        [
            ("https://github.com/acme/shop.git", "is no folder"),
            ("../..", "leads out of the repository"),
            ("/etc", "leads out of the repository"),
            ("nowhere", "is no folder of the repository"),
            ("{context: x, dockerfile: /etc/passwd}", "leads out of the repository"),
            ("{context: x, dockerfile: missing}", "is no file of the repository"),
            ("{context: x, dockerfile_inline: FROM scratch}", "written into the compose file"),
            ("{context: x, additional_contexts: {a: b}}", "additional contexts"),
            ("{context: x, target: --push}", "no build stage"),
            ("{context: x, args: {a b: c}}", "no name of a build argument"),
            ("{context: x, args: {A: [1]}}", "one of its args is no text"),
            ("{context: [a]}", "its context is no text"),
            ("'${WHERE:?needed}'", "the variable WHERE isn't set"),
            ("{context: x, secrets: [token]}", "its secret 'token' comes from elsewhere"),
        ],
    )
    def test_what_cannot_be_built_by_configuration_is_left_out_and_told(
        self, tmp_path: Path, build: str, reason: str
    ) -> None:
        discovery = found(
            tmp_path, {"compose.yaml": f"services: {{api: {{build: {build}}}}}\n", "x/Dockerfile": ""}
        )
        assert [image.name for image in discovery.images] == ["x"]
        (note,) = discovery.notes
        assert note.startswith("service 'api' of 'compose.yaml' was left out: ")
        assert reason in note

    def test_secrets_are_those_that_compose_gives(self, tmp_path: Path) -> None:
        compose = """\
services: {api: {build: {context: ., secrets: [npm, {source: key, target: k}]}}}
secrets: {npm: {file: ./npmrc}, key: {environment: KEY}}
"""
        images = named(found(tmp_path, {"compose.yaml": compose, "Dockerfile": ""}))
        assert images["api"].secrets == ("id=npm,src=./npmrc", "id=k,env=KEY")

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 5000,
            "a: &a [*a]\nservices: *a\n",
            "services: {a: {build: !!python/object/apply:os.system [id]}}",
            "services: 3",
            "\0",
            "a0: &a0 {k: v}\n" + "".join(f"a{n + 1}: &a{n + 1} {{<<: [*a{n}, *a{n}]}}\n" for n in range(40)),
            "services: {a: {build: x}}\n" * 20_000,
        ],
        ids=["deep", "cycle", "python", "number", "binary", "merge-bomb", "long"],
    )
    @pytest.mark.timeout(60)
    def test_a_hostile_file_is_left_out_at_once(self, tmp_path: Path, text: str) -> None:
        discovery = found(tmp_path, {"compose.yaml": text, "Dockerfile": ""})
        assert len(discovery.images) == 1

    def test_compose_itself_is_asked_where_it_is(self, tmp_path: Path) -> None:
        answer = {
            "services": {
                "api": {"build": {"context": str(tmp_path / "api"), "dockerfile": "Dockerfile"}},
                "far": {"build": {"context": "/elsewhere", "dockerfile": "Dockerfile"}},
            }
        }
        script(
            tmp_path,
            f"[ \"$*\" = 'compose --profile * config --format json' ] && echo '{json.dumps(answer)}'",
        )
        files = {"compose.yaml": "services: {what: {build: ever}}\n", "api/Dockerfile": ""}
        discovery = found(tmp_path, files, PATH=f"{tmp_path}/bin:/usr/bin:/bin")
        assert [(image.name, image.context) for image in discovery.images] == [("api", "api")]
        assert "service 'far'" in discovery.notes[0]

    def test_our_own_inputs_are_not_passed_on(self, tmp_path: Path) -> None:
        script(tmp_path, f"env > {tmp_path}/seen; exit 1")
        found(
            tmp_path,
            {"compose.yaml": "services: {}\n"},
            PATH=f"{tmp_path}/bin:/usr/bin:/bin",
            BLOATCHECK_TOKEN="secret",
            OTHER="passed",
        )
        seen = (tmp_path / "seen").read_text()
        assert "OTHER=passed" in seen
        assert "BLOATCHECK_TOKEN" not in seen

    def test_in_a_run_for_anybody_no_program_sees_their_files_and_no_variable_fills_them(
        self, tmp_path: Path
    ) -> None:
        script(tmp_path, f"touch {tmp_path}/asked; exit 1")
        files = {
            "compose.yaml": "services: {api: {build: {context: api, args: {A: '${SECRET:-none}'}}}}\n",
            "docker-bake.hcl": "x",
            "api/Dockerfile": "",
        }
        discovery = found(
            tmp_path,
            files,
            PATH=f"{tmp_path}/bin:/usr/bin:/bin",
            SECRET="s3cret",
            GITHUB_ACTIONS="true",
            GITHUB_EVENT_NAME="pull_request_target",
        )
        assert named(discovery)["api"].args == {"A": "none"}
        assert not (tmp_path / "asked").exists()


def script(root: Path, text: str) -> None:
    """A `docker` that is this piece of shell."""
    program = root / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


class TestBake:
    def test_targets_are_those_that_bake_prints(self, tmp_path: Path) -> None:
        answer = {
            "group": {"default": {"targets": ["api", "api-dev"]}},
            "target": {
                "api": {
                    "context": "api",
                    "dockerfile": "Dockerfile",
                    "args": {"V": "1"},
                    "target": "final",
                    "platforms": ["linux/amd64", "linux/arm64"],
                    "secret": ["id=ca,src=/ca.crt", {"id": "x", "env": "X"}],
                },
                "inline": {"context": ".", "dockerfile-inline": "FROM scratch"},
                "linked": {"context": ".", "contexts": {"base": "target:api"}},
                "odd": 3,
            },
        }
        script(
            tmp_path,
            f"[ \"$*\" = 'buildx bake --file=docker-bake.hcl --print' ] && echo '{json.dumps(answer)}'",
        )
        discovery = found(
            tmp_path,
            {
                "docker-bake.hcl": "x",
                "compose.yaml": "services: {api: {build: {context: api, target: final, args: {V: 1}}}}\n",
                "api/Dockerfile": "",
            },
            PATH=f"{tmp_path}/bin:/usr/bin:/bin",
        )
        (api,) = discovery.images
        assert api.name == "api"
        assert api.source == "target 'api' of 'docker-bake.hcl'"
        assert (api.dockerfile, api.target, api.args, api.platforms) == (
            "api/Dockerfile",
            "final",
            {"V": "1"},
            ("linux/amd64", "linux/arm64"),
        )
        assert api.secrets == ("id=ca,src=/ca.crt", "id=x,env=X")
        assert len(discovery.notes) == 3

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("echo 'unknown flag: --file' >&2; exit 125", "this docker has no buildx"),
            ("echo not json", "its answer can't be read"),
            ("echo 'Invalid expression' >&2; exit 1", "Invalid expression"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_left_out_and_told(
        self, tmp_path: Path, text: str, reason: str
    ) -> None:
        script(tmp_path, text)
        discovery = found(
            tmp_path, {"docker-bake.hcl": "x", "Dockerfile": ""}, PATH=f"{tmp_path}/bin:/usr/bin:/bin"
        )
        assert len(discovery.images) == 1
        assert reason in discovery.notes[0]

    def test_without_docker_that_is_told_too(self, tmp_path: Path) -> None:
        assert "docker is not installed" in found(tmp_path, {"docker-bake.json": "{}"}).notes[0]


class TestConfiguration:
    FILES = dict.fromkeys(("a/Dockerfile", "b/Dockerfile", "b/Dockerfile.dev"), "")

    def loaded(self, root: Path, text: str) -> list[str]:
        write(root, {**self.FILES, ".bloatcheck.yml": f"version: 1\n{text}"})
        return [image.name for image in load_config(root).images]

    def test_images_are_looked_for_where_the_file_says_so(self, tmp_path: Path) -> None:
        assert self.loaded(tmp_path, "discover: {}\n") == ["a", "b", "b-dev"]

    def test_patterns_choose_by_name_and_by_path(self, tmp_path: Path) -> None:
        assert self.loaded(tmp_path, "discover: {include: ['b/*', a], exclude: ['*.dev']}\n") == ["a", "b"]

    def test_what_is_listed_comes_first_and_is_not_found_again(self, tmp_path: Path) -> None:
        text = "images: [{name: b-dev, dockerfile: a/Dockerfile, context: a}]\ndiscover: {}\n"
        assert self.loaded(tmp_path, text) == ["b-dev", "b", "b-dev-dockerfile-dev"]

    def test_limits_are_those_for_every_image(self, tmp_path: Path) -> None:
        self.loaded(tmp_path, "discover: {}\nlimits: {content: 1 MB}\n")
        assert all(image.limits for image in load_config(tmp_path).images)

    def test_an_approval_of_an_image_that_is_found_is_no_mistake(self, tmp_path: Path) -> None:
        text = "version: 1\nimages: [{name: x, image: x}]\ndiscover: {}\n"
        approval = "approvals: [{image: a, up-to: 1 MB, because: so}]\n"
        assert problems(tmp_path, text + approval) == []

    def test_what_is_left_out_is_told_in_every_report(self, tmp_path: Path) -> None:
        services = "".join(f"  s{n}: {{build: ../..}}\n" for n in range(12))
        write(tmp_path, {"compose.yaml": f"services:\n{services}"})
        self.loaded(tmp_path, "discover: {}\n")
        notes = load_config(tmp_path).notes
        assert len(notes) == 11
        assert notes[0].startswith("service 's0' of 'compose.yaml' was left out")
        assert notes[-1] == "2 more were left out"

    def test_finding_nothing_is_an_error_with_a_way_out(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="finds no image") as caught:
            self.loaded(tmp_path, "discover: {include: [nothing]}\n")
        assert "bloatcheck images --discover" in str(caught.value.hint)

    def test_the_work_grows_with_the_images_only(self, tmp_path: Path) -> None:
        calls = []
        for size in (100, 200, 400):
            root = tmp_path / str(size)
            write(root, {f"services/s{n}/Dockerfile": "FROM scratch\nCOPY . /\n" for n in range(size)})
            with counted_calls() as work:
                images = discover(root, NO_DOCKER, DiscoverySettings(exclude=("*/s1/*",))).images
            assert len(images) == size - 1
            calls.append(work())
        assert calls[2] - calls[1] < 2.2 * (calls[1] - calls[0])

"""The docker command says what the configuration says, and no value becomes anything else."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bloatcheck.build.client import DockerClient, Frontend
from bloatcheck.build.command import build_command, build_environment, repository_path, unset_arguments
from bloatcheck.config.model import BuildSpec, BuildxSettings, ImageSpec
from bloatcheck.errors import BuildError, Place
from bloatcheck.oci.platform import Platform

AMD64 = Platform("linux", "amd64")
BUILDX = DockerClient("docker", "28.2.2", Frontend.BUILDX, AMD64, "0.24.0", "docker")
REMOTE = DockerClient("docker", "28.2.2", Frontend.BUILDX, AMD64, "0.24.0", "docker-container")
BUILDKIT = DockerClient("docker", "20.10.24", Frontend.BUILDKIT, AMD64)
LEGACY = DockerClient("docker", "28.2.2", Frontend.LEGACY, AMD64, unwanted_legacy=True)
CONFIGURED = Place(".bloatcheck.yml", 4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "api").mkdir(parents=True)
    (root / "Dockerfile").touch()
    (root / "api" / "Dockerfile").touch()
    return root


def command(
    root: Path,
    build: BuildSpec,
    client: DockerClient = BUILDX,
    *,
    platform: Platform | None = None,
    platforms: tuple[Platform, ...] = (),
) -> list[str]:
    spec = ImageSpec(
        "api",
        build=build,
        platform=platform,
        platforms=platforms,
        tags=("acme/api:dev",),
        place=CONFIGURED,
    )
    return build_command(
        spec, build, client=client, root=root, tag="bloatcheck.local/x/y:z", iidfile=Path("/tmp/iid")
    )


FULL = BuildSpec(
    "api/Dockerfile",
    context="api",
    target="final",
    args={"VERSION": "1 2", "HTTP_PROXY": None},
    secrets=("id=ca,src=/etc/ssl/ca.crt",),
)


def test_everything_configured_is_passed(root: Path) -> None:
    assert command(root, FULL, platform=Platform("linux", "arm64")) == [
        "docker",
        "buildx",
        "build",
        "--progress=plain",
        "--iidfile=/tmp/iid",
        "--tag=bloatcheck.local/x/y:z",
        "--tag=acme/api:dev",
        "--platform=linux/arm64",
        "--target=final",
        "--build-arg=VERSION=1 2",
        "--build-arg=HTTP_PROXY",
        "--secret=id=ca,src=/etc/ssl/ca.crt",
        "--file=./api/Dockerfile",
        "./api",
    ]


def test_the_least_is_a_dockerfile_at_the_root(root: Path) -> None:
    assert command(root, BuildSpec("Dockerfile"), BUILDKIT) == [
        "docker",
        "build",
        "--progress=plain",
        "--iidfile=/tmp/iid",
        "--tag=bloatcheck.local/x/y:z",
        "--tag=acme/api:dev",
        "--file=./Dockerfile",
        ".",
    ]


def test_only_a_builder_elsewhere_is_told_to_load(root: Path) -> None:
    assert "--load" in command(root, BuildSpec("Dockerfile"), REMOTE)
    for client in (BUILDX, BUILDKIT, LEGACY):
        assert "--load" not in command(root, BuildSpec("Dockerfile"), client)


def test_the_legacy_builder_leaves_no_containers_and_knows_no_progress(root: Path) -> None:
    words = command(root, BuildSpec("Dockerfile"), LEGACY)
    assert "--force-rm" in words
    assert "--progress=plain" not in words


def test_the_legacy_builder_is_not_asked_for_the_platform_it_has_anyway(root: Path) -> None:
    """It takes `--platform` from experimental engines only."""
    assert "--platform=linux/amd64" not in command(root, BuildSpec("Dockerfile"), LEGACY, platform=AMD64)
    other = Platform("linux", "arm64")
    assert "--platform=linux/arm64" in command(root, BuildSpec("Dockerfile"), LEGACY, platform=other)


def test_the_legacy_builder_has_no_cache_for_several_platforms(root: Path) -> None:
    """It takes the layers of one for those of another."""
    both = (AMD64, Platform("linux", "arm64"))
    for platform in both:
        image = command(root, BuildSpec("Dockerfile"), LEGACY, platform=platform, platforms=both)
        assert "--no-cache" in image
    assert "--no-cache" not in command(root, BuildSpec("Dockerfile"), LEGACY, platform=AMD64)


@pytest.mark.parametrize(
    ("client", "cure"),
    [
        (LEGACY, "install buildx"),
        (DockerClient("docker", "20.10.24", Frontend.LEGACY), "take DOCKER_BUILDKIT=0 out"),
    ],
)
def test_secrets_without_buildkit_are_a_clear_error(root: Path, client: DockerClient, cure: str) -> None:
    with pytest.raises(BuildError, match="api needs build secrets") as caught:
        command(root, FULL, client)
    assert cure in str(caught.value.hint)
    assert caught.value.place == CONFIGURED


@pytest.mark.parametrize(
    ("dockerfile", "context", "said"),
    [
        ("missing", ".", "Dockerfile 'missing' does not exist"),
        ("api", ".", "Dockerfile 'api' is not a file"),
        ("Dockerfile", "missing", "context 'missing' does not exist"),
        ("Dockerfile", "api/Dockerfile", "context 'api/Dockerfile' is not a directory"),
        ("../outside/Dockerfile", ".", "Dockerfile '../outside/Dockerfile' is outside"),
        ("Dockerfile", "..", r"context '\.\.' is outside"),
        ("Dockerfile", "/etc", "context '/etc' is outside"),
        ("/etc/passwd", ".", "Dockerfile '/etc/passwd' is outside"),
        ("Dockerfile", "https://github.com/acme/shop.git", "does not exist"),
        ("Dockerfile", "link", "context 'link' is outside"),
        ("link/passwd", ".", "Dockerfile 'link/passwd' is outside"),
        ("Dockerfile", "loop", "loop"),
        ("Docker\0file", ".", "Dockerfile"),
        ("x" * 10_000, ".", "Dockerfile"),
    ],
)
def test_a_path_that_is_not_in_the_repository_is_refused(
    root: Path, dockerfile: str, context: str, said: str
) -> None:
    (root / "link").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    with pytest.raises(BuildError, match=said) as caught:
        command(root, BuildSpec(dockerfile, context=context))
    assert caught.value.place == CONFIGURED


def test_paths_may_be_links_within_the_repository(root: Path) -> None:
    (root / "link").symlink_to("api")
    assert command(root, BuildSpec("link/Dockerfile", context="link"))[-2:] == [
        "--file=./link/Dockerfile",
        "./link",
    ]


@pytest.mark.parametrize("name", ["-", "--privileged", "https:", "a b", "$(id)", "git@github.com:x"])
def test_odd_names_stay_paths(root: Path, name: str) -> None:
    (root / name).mkdir()
    (root / name / "-").touch()
    words = command(root, BuildSpec(f"{name}/-", context=name))
    assert words[-2:] == [f"--file=./{name}/-", f"./{name}"]


def test_a_dockerfile_named_as_standard_input_is_a_file(root: Path) -> None:
    (root / "-").touch()
    assert "--file=./-" in command(root, BuildSpec("-"))


hostile = st.text(min_size=1).map(lambda text: "-" + text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=hostile, name=hostile, value=hostile, secret=hostile)
def test_no_value_becomes_an_option(root: Path, target: str, name: str, value: str, secret: str) -> None:
    build = BuildSpec("Dockerfile", target=target, args={name: value}, secrets=(secret,))
    words = command(root, build)
    assert f"--target={target}" in words
    assert f"--build-arg={name}={value}" in words
    assert f"--secret={secret}" in words
    assert len(words) == len(command(root, BuildSpec("Dockerfile"))) + 3


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("./api/../Dockerfile", "Dockerfile"), ("api//Dockerfile", "api/Dockerfile"), (".", "."), ("./", ".")],
)
def test_a_path_is_told_without_dots(root: Path, given_: str, expected: str) -> None:
    assert repository_path(root, given_) == expected


def test_an_absolute_path_in_the_repository_is_told_relative_to_it(root: Path) -> None:
    assert repository_path(root, str(root / "api" / "Dockerfile")) == "api/Dockerfile"


def test_a_build_does_not_see_our_own_inputs() -> None:
    environment = {"PATH": "/bin", "BLOATCHECK_TOKEN": "ghs_x", "INPUT_TOKEN": "ghs_x", "VERSION": "1"}
    assert build_environment(environment, BUILDKIT) == {
        "PATH": "/bin",
        "VERSION": "1",
        "DOCKER_BUILDKIT": "1",
        "DOCKER_CLI_HINTS": "false",
        "BUILDX_NO_DEFAULT_ATTESTATIONS": "1",
    }
    assert build_environment({"DOCKER_BUILDKIT": "1"}, LEGACY)["DOCKER_BUILDKIT"] == "0"


def test_attestations_stay_if_the_user_wants_them() -> None:
    kept = build_environment({"BUILDX_NO_DEFAULT_ATTESTATIONS": "0"}, BUILDX)
    assert kept["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "0"


def test_build_args_that_the_environment_lacks_are_known() -> None:
    assert unset_arguments(FULL, {}) == ["HTTP_PROXY"]
    assert unset_arguments(FULL, {"HTTP_PROXY": ""}) == []


def test_buildx_is_told_its_builder_and_caches_and_nobody_else_is(root: Path) -> None:
    spec, build = ImageSpec("api"), BuildSpec("Dockerfile")
    settings = BuildxSettings(
        builder="ci", cache_from=("type=gha", "acme/cache"), cache_to=("type=gha,mode=max",)
    )
    commands = [
        build_command(
            spec, build, client=client, root=root, tag="x", iidfile=Path("/tmp/iid"), buildx=settings
        )
        for client in (REMOTE, BUILDKIT)
    ]
    wanted = [
        "--builder=ci",
        "--cache-from=type=gha",
        "--cache-from=acme/cache",
        "--cache-to=type=gha,mode=max",
    ]
    assert commands[0][3:7] == wanted
    assert not set(wanted) & set(commands[1])

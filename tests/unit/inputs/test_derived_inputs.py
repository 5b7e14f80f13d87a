"""What an image is built from: which change makes another digest, and what can't be told."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.git import Repository
from support.recording_log import RecordingLog

from bloatcheck.config.model import BuilderChoice, BuildSpec, Config, Forbidden, ImageSpec
from bloatcheck.inputs.derive import derive_inputs
from bloatcheck.inputs.model import Inputs, UnresolvedError
from bloatcheck.inputs.tree import Tree
from bloatcheck.oci.platform import Platform

ARM, AMD = Platform("linux", "arm64"), Platform("linux", "amd64")
BASES = {"debian:12": "sha256:" + "d" * 64, "golang": "sha256:" + "e" * 64}
SRC_AND_MOD = ["go.mod", "src/a", "src/b"]
SPEC = ImageSpec("api", build=BuildSpec("Dockerfile"), platform=AMD)


def bases(wanted: set[tuple[str, Platform]], **_: object) -> dict[tuple[str, Platform], Any]:
    gone = UnresolvedError("no registry answers")
    return {(name, platform): BASES.get(name, gone) for name, platform in wanted}


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def derived(
    root: Path, *specs: ImageSpec, environment: Mapping[str, str] | None = None, **settings: Any
) -> tuple[Inputs, ...]:
    config = Config(root=root, images=specs or (SPEC,), **settings)
    return derive_inputs(config, log=RecordingLog(), environment=environment or {}, bases=bases)


def of(root: Path, dockerfile: str, **build: Any) -> Inputs:
    """The inputs of the only image."""
    (root / "Dockerfile").write_text(dockerfile)
    (found,) = derived(root, replace(SPEC, build=BuildSpec("Dockerfile", **build)))
    return found


def paths(found: Inputs) -> list[str]:
    assert found.unresolved is None
    return [file.path for file in found.files if file.path != "Dockerfile"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(
        tmp_path,
        {
            "Dockerfile": "FROM debian:12\nCOPY src /src\nCOPY go.* ./\n",
            "src/a": "a",
            "src/b": "b",
            "go.mod": "m",
            "other": "o",
        },
    )
    return tmp_path


def digest(root: Path, *specs: ImageSpec, **settings: Any) -> str:
    (found,) = derived(root, *specs, **settings)
    assert found.digest, found.unresolved
    return found.digest


def test_the_definition_is_fixed(root: Path) -> None:
    """Another digest for these inputs is another definition, and needs another version of it."""
    (root / "src/b").chmod(0o755)
    (root / "src/c").symlink_to("a")
    assert digest(root) == "sha256:d6f39570e907e236e991b74247dac8955ae8f44e9f43fb3d1dfea7f801a59df6"


def test_what_is_no_input_changes_nothing(root: Path) -> None:
    before = digest(root)
    (root / "other").write_text("changed")
    (root / "new").write_text("n")
    (root / "src/a").chmod(0o600)
    assert digest(root) == before


@pytest.mark.parametrize(
    "files",
    [
        {"src/a": "A"},
        {"src/new": ""},
        {"go.sum": "s"},
        {"Dockerfile": "FROM debian:12\nCOPY src /src\nCOPY go.* ./\n\n"},
        {".dockerignore": "other\n"},
        {"Dockerfile.dockerignore": "other\n"},
    ],
)
def test_a_changed_file_changes_the_digest(root: Path, files: dict[str, str]) -> None:
    before = digest(root)
    write(root, files)
    assert digest(root) != before


def test_a_mode_a_rename_and_a_file_that_is_gone_change_it_too(root: Path) -> None:
    found = {digest(root)}
    (root / "src/a").chmod(0o755)
    found.add(digest(root))
    (root / "src/a").rename(root / "src/z")
    found.add(digest(root))
    (root / "src/z").unlink()
    found.add(digest(root))
    assert len(found) == 4


def test_so_does_how_it_is_built_and_judged(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = SPEC.build
    assert build
    specs = [
        SPEC,
        replace(SPEC, platform=ARM),
        replace(SPEC, build=replace(build, args={"A": "1"})),
        replace(SPEC, build=replace(build, args={"A": "2"})),
        replace(SPEC, build=replace(build, secrets=("id=npm,src=.npmrc",))),
        replace(SPEC, inputs=("src/**",)),
        replace(SPEC, inputs=("src/*",)),
    ]
    found = [digest(root, spec) for spec in specs]
    found.append(digest(root, builder=BuilderChoice.DOCKER))
    found.append(digest(root, forbidden=Forbidden(paths=(".git",))))
    monkeypatch.setitem(BASES, "debian:12", "sha256:" + "0" * 64)
    found.append(digest(root))
    assert len(set(found)) == len(found)


def test_how_limits_are_set_does_not(root: Path) -> None:
    assert digest(root, replace(SPEC, tags=("acme/api:ci",))) == digest(root)


@pytest.mark.parametrize("secret", ["id=npm,src=npmrc", "id=npmrc", "id=npm,source=link"])
def test_of_a_secret_counts_what_the_commit_has_and_never_what_is_on_disk(root: Path, secret: str) -> None:
    (root / "link").symlink_to("npmrc")
    repository = Repository(root)
    repository.git("init", "-q")
    spec = replace(SPEC, build=BuildSpec("Dockerfile", secrets=(secret,)))
    found = []
    for content in ("one", "two"):
        repository.commit(npmrc=content)
        found.append(digest(root, spec))
    assert found[0] != found[1]
    write(root, {"npmrc": "a token that an earlier step wrote"})
    assert digest(root, spec) == found[1]


@pytest.mark.parametrize(
    "secret", ["id=npm,src=.npmrc", "id=npm,env=TOKEN", "id=npm", "id=npm,src=/etc/hosts"]
)
def test_of_a_secret_that_is_not_the_repositorys_only_its_id_counts(root: Path, secret: str) -> None:
    write(root, {".npmrc": "one"})
    specs = [
        replace(SPEC, build=BuildSpec("Dockerfile", secrets=(each,))) for each in (secret, "id=npm,src=no")
    ]
    assert digest(root, specs[0]) == digest(root, specs[1])


@pytest.mark.parametrize(
    ("builder", "taken"),
    [
        (BuilderChoice.DOCKER, ["go.mod", "src/b"]),
        (BuilderChoice.BUILDAH, ["go.mod", "src/a", "src/b"]),
        (BuilderChoice.AUTO, ["go.mod", "src/a", "src/b"]),
    ],
)
def test_buildah_mounts_what_the_ignore_file_leaves_out(
    root: Path, builder: BuilderChoice, taken: list[str]
) -> None:
    write(root, {"Dockerfile": "FROM scratch\nRUN --mount=source=src,target=/s true\nCOPY go.mod src /\n"})
    write(root, {".dockerignore": "src/a\n"})
    (found,) = derived(root, builder=builder, environment={"PATH": "/nonexistent"})
    assert paths(found) == [".dockerignore", *taken]


def test_what_buildah_has_preprocessed_is_not_known(root: Path) -> None:
    write(root, {"Containerfile.in": "FROM scratch\n"})
    spec = replace(SPEC, build=BuildSpec("Containerfile.in"))
    assert digest(root, spec, builder=BuilderChoice.DOCKER)
    (found,) = derived(root, spec, builder=BuilderChoice.BUILDAH)
    assert found.unresolved == "buildah's preprocessor reads it first, and what it includes"


def test_a_file_that_grows_is_read_to_the_size_it_had() -> None:
    grown = Tree(Path("/proc/self")).input("mountinfo")  # has more in it than the size that is told, 0
    assert grown.digest == hashlib.sha256(b"").hexdigest()


def test_an_argument_without_a_value_is_taken_from_the_environment(root: Path) -> None:
    (root / "Dockerfile").write_text("FROM debian:12\nARG WHAT=go.mod\nCOPY $WHAT /\n")
    spec = replace(SPEC, build=BuildSpec("Dockerfile", args={"WHAT": None}))
    (unset,) = derived(root, spec)
    (given,) = derived(root, spec, environment={"WHAT": "src"})
    assert paths(unset) == ["go.mod"]
    assert paths(given) == ["src/a", "src/b"]


@pytest.mark.parametrize(
    ("dockerfile", "taken"),
    [
        ("FROM scratch\nCOPY <<one <<-'two' src/a /x/\n1\none\n2\ntwo\n", ["src/a"]),
        ("FROM scratch\nRUN --mount=type=bind,source=src,target=/s true", ["src/a", "src/b"]),
        ("FROM scratch\nRUN --mount=target=/s,src=go.mod true", ["go.mod"]),
        ("FROM scratch\nRUN --mount=type=BIND,source=go.mod,target=/s true", ["go.mod"]),
        ("FROM scratch\nARG T=bind\nRUN --mount=type=$T,source=go.mod,target=/s true", ["go.mod"]),
        ("FROM scratch\nRUN --mount=target=/s true", ["go.mod", "other", "src/a", "src/b"]),
        ("FROM scratch\nRUN --mount=type=cache,target=/s --mount=type=secret,id=x true", []),
        ("FROM scratch AS a\nCOPY src/a /\nFROM debian:12\nRUN --mount=from=a,target=/a true", ["src/a"]),
        ("FROM scratch AS a\nCOPY src/a /\nFROM debian:12\nCOPY go.mod /", ["go.mod"]),
        ("FROM scratch AS a\nONBUILD COPY src/a /\nFROM a\nCOPY go.mod /", ["go.mod", "src/a"]),
        ("FROM debian:12\nADD --checksum=sha256:" + "0" * 64 + " https://example.org/x /\n", []),
        ("FROM debian:12\nADD https://example.org/x.git#" + "0" * 40 + " /\n", []),
        ("FROM scratch\nARG TARGETARCH\nCOPY src/${TARGETARCH:+b} /\n", ["src/b"]),
        ("FROM scratch\nENV A=src/a\nENV A=go.mod B=$A\nCOPY $B /x/\n", ["src/a"]),
        ("FROM scratch\nARG A=src/a\nARG B=$A\nCOPY $B /x/\n", ["src/a"]),
        ("FROM scratch\nCOPY go.mod ${UNSET:-src/a} /x/\n", ["go.mod", "src/a"]),
        ("FROM debian:12\nARG UNSET\nCOPY ${UNSET:-src/a} /x/\n", ["src/a"]),
        ('FROM debian:12\nARG S="src"\nCOPY "$S/a" /x/\n', ["src/a"]),
        ("FROM scratch\nARG E=\nCOPY go.mod${E-x} src/${E:-a} go.mod${E:+x} src/${E+b} /\n", SRC_AND_MOD),
    ],
)
def test_what_is_taken(root: Path, dockerfile: str, taken: list[str]) -> None:
    assert paths(of(root, dockerfile)) == taken


@pytest.mark.parametrize(
    ("dockerfile", "why"),
    [
        ("FROM $BASE\n", "line 1: what FROM names can't be told"),
        ("FROM debian:12\nCOPY $UNKNOWN /", "line 2: what $UNKNOWN is can't be told"),
        ("FROM debian:12\nCOPY ${OF_BASE:-src} /", "line 2: what ${OF_BASE:-src} is can't be told"),
        ("FROM debian:12\nENV A=${OF_BASE:-src}\nCOPY $A /", "line 3: what $A is can't be told"),
        (
            "FROM scratch\nARG BUILDARCH\nCOPY ${BUILDARCH:-x} /",
            "line 3: what ${BUILDARCH:-x} is can't be told",
        ),
        ("FROM ${BUILDARCH:-debian:12}\n", "line 1: what FROM names can't be told"),
        ("ARG B=$BUILDARCH\nFROM ${B:-debian:12}\n", "line 2: what FROM names can't be told"),
        ("ARG B=$X\nFROM scratch\nARG B\nCOPY ${B:-src} /", "line 4: what ${B:-src} is can't be told"),
        ('FROM scratch\nARG A="x y"\nCOPY ${A:-src} /', "line 3: what ${A:-src} is can't be told"),
        ("FROM scratch\nARG A=src B=$A\nCOPY $B /", "line 3: what $B is can't be told"),
        ("FROM scratch\nARG A=src\nCOPY '$A' /", "line 3: what '$A' is can't be told"),
        ("# escape=`\nFROM scratch\nCOPY sr`c* /", "line 3: what sr`c* is can't be told"),
        ("FROM scratch\nCOPY sr\ufffd* /", "line 2: what sr\ufffd* is can't be told"),
        ("FROM debian:12\nCOPY missing /", "missing is not there"),
        ("FROM debian:12\nADD https://example.org/x /", "line 2: what ADD downloads has no checksum"),
        (
            "FROM debian:12\nADD https://example.org/x.git#main /",
            "line 2: what ADD downloads has no checksum",
        ),
        ("FROM debian:12\nADD git@example.org:x /", "line 2: what ADD downloads has no checksum"),
        ("# syntax=acme/nix\nFROM debian:12\n", "its language is that of another frontend, acme/nix"),
        ("#!/usr/bin/env docker\n# syntax=acme/nix\n", "its language is that of another frontend, acme/nix"),
        ("//syntax=acme/nix\nFROM debian:12\n", "its first line may choose another language"),
        ('{"syntax": "acme/nix"}\nFROM debian:12\n', "its first line may choose another language"),
        ("FROM unknown:1\n", "no registry answers"),
        ("FROM debian:12\nCOPY --from=unknown:1 /a /b", "no registry answers"),
        ("FROM debian:12\nCOPY . /", "it takes .git, which is another one at every commit"),
        ("ARG A=1\n", "the Dockerfile has no FROM"),
        ("FROM debian:12\nCOPY up /", "up is a link that goes up again, to src/../../x"),
        ("FROM debian:12\nCOPY pipe /", "pipe is neither file, folder nor link"),
    ],
)
def test_what_can_not_be_told_leaves_no_digest(root: Path, dockerfile: str, why: str) -> None:
    write(root, {".git/HEAD": "x"})
    (root / "up").symlink_to("src/../../x")
    os.mkfifo(root / "pipe")
    found = of(root, dockerfile)
    assert (found.digest, found.unresolved) == (None, why)


def test_a_git_folder_that_is_ignored_is_none_of_it(root: Path) -> None:
    write(root, {".git/HEAD": "x", ".dockerignore": ".git\n"})
    assert paths(of(root, "FROM debian:12\nCOPY . /")) == [
        ".dockerignore",
        "go.mod",
        "other",
        "src/a",
        "src/b",
    ]


def test_the_baseline_that_holds_the_digest_can_not_be_part_of_it(root: Path) -> None:
    write(root, {".bloatcheck-baseline.json": "{}"})
    found = of(root, "FROM debian:12\nCOPY . /")
    assert found.unresolved == (
        "it takes .bloatcheck-baseline.json, in which the digest of its inputs is kept"
    )


@pytest.mark.parametrize(
    ("builder", "ignored"),
    [(BuilderChoice.DOCKER, "src/a"), (BuilderChoice.BUILDAH, "src/b")],
)
def test_each_builder_has_its_ignore_file(root: Path, builder: BuilderChoice, ignored: str) -> None:
    write(root, {".dockerignore": "src/a", ".containerignore": "src/b"})
    (found,) = derived(root, builder=builder)
    assert ignored not in paths(found)
    (unknown,) = derived(root)
    assert unknown.unresolved == (
        "the builder decides whether .dockerignore or .containerignore counts: say which, with `builder`"
    )


def test_of_a_dockerfile_that_is_a_link_the_ignore_file_stands_beside_the_link(root: Path) -> None:
    write(root, {"common/Dockerfile": "FROM debian:12\nCOPY src /src\n"})
    write(root, {"common/Dockerfile.dockerignore": "src/a", "api.Dockerfile.dockerignore": "src/b"})
    (root / "api.Dockerfile").symlink_to("common/Dockerfile")
    spec = replace(SPEC, build=BuildSpec("api.Dockerfile"))
    (found,) = derived(root, spec, builder=BuilderChoice.DOCKER)
    assert paths(found) == ["api.Dockerfile.dockerignore", "common/Dockerfile", "src/a"]


@pytest.mark.parametrize("inputs", [(), ("src/**",)])
def test_an_ignore_file_that_is_a_link_is_followed(root: Path, inputs: tuple[str, ...]) -> None:
    write(root, {"shared.ignore": "src/a"})
    (root / ".dockerignore").symlink_to("shared.ignore")
    spec = replace(SPEC, inputs=inputs, build=BuildSpec("Dockerfile"))
    before = digest(root, spec)
    (found,) = derived(root, spec)
    assert ("src/a" in paths(found)) is bool(inputs)
    assert {".dockerignore", "shared.ignore"} < set(paths(found))
    write(root, {"shared.ignore": "src/b"})
    assert digest(root, spec) != before
    (root / ".dockerignore").unlink()
    (root / ".dockerignore").symlink_to("/etc/hosts")
    (found,) = derived(root, spec)
    assert found.unresolved == ".dockerignore is outside of the repository"


def test_patterns_of_the_configuration_take_the_place_of_what_is_copied(root: Path) -> None:
    write(root, {".git/HEAD": "x", "docs/a.md": "a"})
    (found,) = derived(root, replace(SPEC, inputs=("docs/**", "go.*")))
    assert paths(found) == ["docs/a.md", "go.mod"]
    (nothing,) = derived(root, replace(SPEC, inputs=("nowhere/**",)))
    assert nothing.unresolved == "no file fits its `inputs`"


def test_an_image_that_stands_on_another_one_changes_with_it(root: Path) -> None:
    write(root, {"top/Dockerfile": "FROM acme/api:ci\nCOPY other /\n"})
    api = replace(SPEC, tags=("docker.io/acme/api:ci",))
    top = ImageSpec("top", build=BuildSpec("top/Dockerfile"), platform=AMD)
    _, before = derived(root, api, top)
    (root / "src/a").write_text("changed")
    below, after = derived(root, api, top)
    assert before.digest != after.digest
    assert after.bases[0].digest == f"inputs:{below.digest}"
    (root / "Dockerfile").write_text("FROM acme/top\n")
    api, top = replace(api, tags=("acme/api:ci",)), replace(top, tags=("acme/top",))
    first, second = derived(root, api, top)
    assert first.unresolved == "it stands on top, and top on it"
    assert second.unresolved == "it stands on api, of which it stands on top, and top on it"
    (root / "Dockerfile").write_text("FROM acme/api:ci\n")
    (itself,) = derived(root, api)
    assert itself.unresolved == "it stands on what had its own tag before"


def test_what_the_onbuild_of_a_base_reads_is_not_known(root: Path) -> None:
    write(root, {"top/Dockerfile": "FROM acme/api:ci AS x\nFROM scratch\nCOPY --from=x /a /\n"})
    api = replace(SPEC, tags=("docker.io/acme/api:ci",))
    top = ImageSpec("top", build=BuildSpec("top/Dockerfile"), platform=AMD)
    assert derived(root, api, top)[1].begins == {1, 2}
    write(root, {"Dockerfile": "FROM debian:12\nONBUILD COPY . /\n"})
    below, above = derived(root, api, top)
    assert below.digest
    assert above.unresolved == "the ONBUILD of acme/api:ci reads what no line here tells"


def test_what_it_stands_on_is_known_wherever_that_is_listed(root: Path) -> None:
    write(root, {"top/Dockerfile": "FROM acme/api:ci\nADD https://example.org/x /\n"})
    api = replace(SPEC, tags=("docker.io/acme/api:ci",))
    top = ImageSpec("top", build=BuildSpec("top/Dockerfile"), platform=AMD)
    assert [found.needs for found in derived(root, top, api)] == [{1}, set()]
    write(root, {"top/Dockerfile": "FROM acme/api:ci\nCOPY other /\n"})
    above, below = derived(root, top, api)
    assert above.bases[0].digest == f"inputs:{below.digest}"


def test_nothing_outside_of_the_repository_is_read(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    write(outside, {"secret": "s"})
    (root / "out").symlink_to(outside)
    found = of(root, "FROM debian:12\nCOPY out/secret* out /x/")
    assert all("secret" not in file.path for file in found.files)
    assert (
        of(root, "FROM debian:12\nCOPY src /x/", context="out").unresolved
        == "out is outside of the repository"
    )

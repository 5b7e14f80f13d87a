"""Packages and their files are those that syft finds in the same image."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.docker_clients import debian_image
from support.engines import usual_engine
from support.package_trees import tree_of_image

from bloatcheck.analysis.packages import MANAGERS, InstalledPackage
from bloatcheck.analysis.packages.go_build_info import MAGIC, build_facts
from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.tree import Tree

pytestmark = [pytest.mark.engine, pytest.mark.slow]

TAG = "bloatcheck-test/packages-against-syft"
DOCKERFILE = """\
FROM {base}
RUN apt-get update && apt-get install -y --no-install-recommends python3-yaml libguava-java libslf4j-java \\
    && mkdir -p /opt/jars && cp -L /usr/share/java/*.jar /opt/jars/ \\
    && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY . /srv/
RUN mv /srv/apk /usr/lib/ && rm /srv/node_modules/ms/package.json
"""
MANIFEST = '{"name": "shop", "version": "1.0.0", "dependencies": {"express": "4.18.2", "@types/ms": "2.1.0"}}'
GEMSPEC = """\
Gem::Specification.new do |s|
  s.name, s.version, s.summary, s.authors = "hello-gem", "1.2.3", "hello", ["us"]
  s.files = ["lib/hello.rb"]
end
"""
APK = """\
C:Q1p78yvTLG094tHE1+dToJGbmYzQE=
P:hello-apk
V:1.0-r0
A:x86_64
S:1
I:1
T:hello
U:https://example.org
L:MIT
F:srv
R:package.json
Z:Q1Q4kNeTLqLnvnWp9yXzmUJdX4n3s=

"""
INLINE_BUILD_INFO = MAGIC + b"\x08\x02"
TYPES = {"java-archive": "java"}
OWN = {("shop", "1.0.0")}
"""The project that uses the packages is a package to syft; to us it is the image's own."""


@dataclass(frozen=True)
class Found:
    """What both found: `ours` also with what came with a Debian package, as syft tells it twice."""

    tree: Tree
    ours: tuple[InstalledPackage, ...]
    report: dict[str, Any]

    def theirs(self, manager: str) -> list[dict[str, Any]]:
        return [each for each in self.report["artifacts"] if TYPES.get(each["type"], each["type"]) == manager]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    syft, gem, npm = (shutil.which(program) for program in ("syft", "gem", "npm"))
    if not (syft and gem and npm):
        pytest.skip("needs syft, gem and npm")
    engine = usual_engine()
    base = debian_image()
    context = tmp_path_factory.mktemp("context")
    _fill(context, gem, npm)
    (context / "Dockerfile").write_text(DOCKERFILE.format(base=base))
    (context / ".dockerignore").write_text("Dockerfile\n.dockerignore\n")
    archive = tmp_path_factory.mktemp("saved") / "image.tar"
    try:
        engine.build(context, TAG)
        engine.docker("save", "--output", archive, TAG)
    finally:
        engine.docker("image", "rm", "--force", TAG)
    scan = subprocess.run(
        [syft, "scan", f"docker-archive:{archive}", "--quiet", "--output", "syft-json"],
        check=True,
        capture_output=True,
    )
    tree = tree_of_image(f"docker-archive:{archive}")
    archive.unlink()
    candidates = sorted(tree)
    ours = tuple(
        package
        for manager in MANAGERS
        for package in manager.installed(
            tree, [path for path in candidates if manager.captures(path, 1)], InstalledFiles(tree)
        )
    )
    return Found(tree, ours, json.loads(scan.stdout))


def _fill(context: Path, gem: str, npm: str) -> None:
    def run(*command: str | Path) -> None:
        subprocess.run(command, cwd=context, check=True, capture_output=True)

    (context / "package.json").write_text(MANIFEST)
    run(npm, "install", "--ignore-scripts", "--no-audit", "--no-fund")
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--target",
        "site",
        "flask",
        "ruamel.yaml",
        "google-auth",
    )
    (context / "hello.gemspec").write_text(GEMSPEC)
    (context / "lib").mkdir()
    (context / "lib" / "hello.rb").touch()
    run(gem, "build", "--quiet", "hello.gemspec")
    run(gem, "install", "--local", "--ignore-dependencies", "--install-dir", "gems", "hello-gem-1.2.3.gem")
    (context / "apk" / "db").mkdir(parents=True)
    (context / "apk" / "db" / "installed").write_text(APK)
    with zipfile.ZipFile(context / "app-2.0.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nImplementation-Version: 2.0\r\n")
        jar.writestr("BOOT-INF/lib/inner-1.5.jar", b"")


@pytest.mark.parametrize("manager", ["deb", "apk", "python", "npm", "gem", "java"])
def test_the_same_packages_in_the_same_versions(found: Found, manager: str) -> None:
    packages = [each for each in found.ours if each.manager == manager]
    theirs = _versions(manager, ((each["name"], each["version"]) for each in found.theirs(manager)))
    ours = _versions(manager, ((each.name, each.version) for each in packages))
    parts = _versions(manager, ((part.name, part.version) for each in packages for part in each.parts))
    assert ours
    assert ours <= theirs
    assert theirs <= ours | parts | OWN


@pytest.mark.parametrize("manager", ["deb", "apk"])
def test_the_same_files_of_system_packages(found: Found, manager: str) -> None:
    """Those with a checksum, that is: syft leaves links out."""
    paths = {each["id"]: each["location"]["path"].lstrip("/").encode() for each in found.report["files"]}
    theirs: dict[str, set[bytes]] = {each["name"]: set() for each in found.theirs(manager)}
    names = {each["id"]: each["name"] for each in found.theirs(manager)}
    for each in found.report["artifactRelationships"]:
        if each["type"] == "contains" and each["parent"] in names and each["child"] in paths:
            theirs[names[each["parent"]]].add(paths[each["child"]])
    ours = {each.name: set(each.files) for each in found.ours if each.manager == manager}
    assert any(theirs.values())
    assert {name: files - ours[name] for name, files in theirs.items() if files - ours[name]} == {}


def test_the_same_files_of_python_distributions(found: Found) -> None:
    ours = {_normal("python", each.name): set(each.files) for each in found.ours if each.manager == "python"}
    for each in found.theirs("python"):
        site = each["metadata"]["sitePackagesRootPath"].strip("/")
        recorded = {f"{site}/{file['path']}".encode() for file in each["metadata"].get("files") or ()}
        there = {path for path in recorded if path in found.tree}
        assert there <= ours[_normal("python", each["name"])]


def test_the_same_modules_of_a_go_program() -> None:
    syft, act = shutil.which("syft"), shutil.which("act")
    if not (syft and act):
        pytest.skip("needs syft, and act to look into")
    scan = subprocess.run(
        [syft, "scan", f"file:{act}", "--quiet", "--output", "syft-json"], check=True, capture_output=True
    )
    content = Path(act).read_bytes()
    build = build_facts(content[content.index(INLINE_BUILD_INFO) :])
    assert build
    ours = {(name, version) for name, version in build["modules"]}
    theirs = {(each["name"], each["version"]) for each in json.loads(scan.stdout)["artifacts"]}
    # to syft the standard library is a module, and it guesses the version of an unreleased main module
    assert {name for name, _ in theirs - ours} <= {"stdlib", build["module"][0]}
    assert ours <= theirs
    assert len(ours) > 50


def _versions(manager: str, packages: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Without the versionless twin that syft makes of an archive whose file is named otherwise than it is."""
    found = {(_normal(manager, name), version.replace("UNKNOWN", "")) for name, version in packages}
    versioned = {name for name, version in found if version}
    return {(name, version) for name, version in found if version or name not in versioned}


def _normal(manager: str, name: str) -> str:
    """A name however its separators are written, where that makes no difference."""
    return re.sub(r"[-_.]+", "-", name).lower() if manager in {"python", "java"} else name

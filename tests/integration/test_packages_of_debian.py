"""What dpkg and apt say of an image, asked in a container of it, is what is read out of its layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from support.docker_clients import debian_image
from support.engines import Engine, usual_engine
from support.package_trees import by_name, tree_of_image

from bloatcheck.analysis.packages import InstalledPackage, installed, owners
from bloatcheck.analysis.tree import Tree

pytestmark = pytest.mark.engine

TAG = "bloatcheck-test/packages-of-debian"
LISTS = "bloatcheck-test/packages-of-debian-lists"
DOCKERFILE = """\
FROM {base} AS lists
RUN apt-get update
FROM lists
RUN apt-get install -y git
RUN apt-get purge -y less && apt-get install -y --no-install-recommends python3-yaml
RUN apt-get clean && rm -rf /var/lib/apt/lists/*
"""
LIST_FILES = r"""
for my $package (`dpkg-query -W -f '\${binary:Package}\\n'`) {
    chomp $package;
    for my $file (`dpkg -L $package`) {
        chomp $file;
        next unless $file =~ m{^(.*)/([^/]+)$} and (-l $file or -e $file && !-d $file);
        my ($folder, $name) = ($1, $2);
        $real{$folder} //= Cwd::realpath($folder || "/");
        print "$package $real{$folder}/$name\n";
    }
}
"""


@dataclass(frozen=True)
class Debian:
    engine: Engine
    tree: Tree
    packages: dict[str, InstalledPackage]

    def run(self, *command: str, image: str = TAG) -> list[str]:
        return self.engine.docker("run", "--rm", image, *command).splitlines()


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    """An image with packages that were asked for, needed, recommended and removed."""
    engine = usual_engine()
    base = debian_image()
    folder = tmp_path_factory.mktemp("debian")
    (folder / "Dockerfile").write_text(DOCKERFILE.format(base=base))
    try:
        engine.docker("build", "--quiet", "--tag", LISTS, "--target", "lists", folder, DOCKER_BUILDKIT="1")
        engine.build(folder, TAG)
        tree = tree_of_image(f"docker-daemon:{TAG}")
        yield Debian(engine, tree, by_name(installed(tree)))
    finally:
        engine.docker("image", "rm", "--force", TAG, LISTS)


def test_names_and_versions_are_dpkgs(debian: Debian) -> None:
    assert {name: package.version for name, package in debian.packages.items()} == dict(
        line.split() for line in debian.run("dpkg-query", "-W", "-f", r"${Package} ${Version}\n")
    )


def test_every_package_has_the_files_that_dpkg_lists(debian: Debian) -> None:
    listed: dict[str, set[bytes]] = {name: set() for name in debian.packages}
    for line in debian.run("perl", "-MCwd", "-e", LIST_FILES):
        package, _, path = line.partition(" ")
        listed[package.partition(":")[0]].add(path.lstrip("/").encode())
    assert {name: set(package.files) for name, package in debian.packages.items()} == listed
    assert sum(len(files) for files in listed.values()) > 5000


def test_apt_agrees_on_what_was_asked_for(debian: Debian) -> None:
    assert {name for name, package in debian.packages.items() if package.asked_for} == {
        name.partition(":")[0] for name in debian.run("apt-mark", "showmanual")
    }


def test_what_only_recommendations_brought_is_what_apt_leaves_out_without_them(debian: Debian) -> None:
    wanted = [name for name, package in debian.packages.items() if package.asked_for]
    lean = ("apt-get", "install", "--simulate", "--no-install-recommends", *wanted)
    needed = {line.split()[1] for line in debian.run(*lean, image=LISTS) if line.startswith("Inst ")}
    base = set(debian.run("dpkg-query", "-W", "-f", r"${Package}\n", image=LISTS))
    only_recommended = {name for name, package in debian.packages.items() if package.only_recommended}
    assert only_recommended == set(debian.packages) - needed - base
    assert "openssh-client" in only_recommended


def test_every_byte_of_the_image_is_one_packages_or_nobodys(debian: Debian) -> None:
    owned = owners(list(debian.packages.values()), debian.tree)
    sizes = {path: size for path, _, size in debian.tree.files()}
    by_package = sum(size for path, size in sizes.items() if path in owned)
    assert by_package + sum(size for path, size in sizes.items() if path not in owned) == debian.tree.size
    # what nobody owns are databases, caches and what scripts made
    assert by_package > debian.tree.size * 0.95

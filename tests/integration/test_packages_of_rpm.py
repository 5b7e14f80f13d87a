"""Packages that rpm itself built and installed are read out of the database that it wrote."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from support.package_trees import by_name, tree_of_tar

from bloatcheck.analysis.packages import InstalledPackage, installed, owners
from bloatcheck.analysis.tree import Tree

SPEC = """\
Name: hello
Epoch: 2
Version: 1.0
Release: 3
Summary: hello
License: MIT
BuildArch: noarch
Provides: greeting = 1
Requires: hello-libs
Recommends: hello-doc
%description
hello
%package libs
Summary: libraries
%description libs
libraries
%package doc
Summary: documentation
%description doc
documentation
%install
cd %{buildroot}
mkdir -p bin usr/bin usr/lib/hello usr/share/doc/hello var/log etc
for file in bin/greet usr/bin/hello usr/lib/hello/a.so usr/share/doc/hello/README etc/hello.conf
do echo $file >$file; done
echo hello >var/log/hello.log
for number in $(seq 500); do echo $number >usr/lib/hello/$number; done
ln -s a.so usr/lib/hello/b.so
%files
/bin/greet
/usr/bin/hello
%config /etc/hello.conf
%ghost /var/log/hello.log
%files libs
%dir /usr/lib/hello
/usr/lib/hello/*
%files doc
%doc /usr/share/doc/hello/README
"""


class Installed:
    """A root with hello and its companions, and what rpm says of it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        (folder / "hello.spec").write_text(SPEC)
        self._run("rpmbuild", "-bb", "--define", f"_topdir {folder}/top", folder / "hello.spec")
        (self.root / "usr" / "bin").mkdir(parents=True)
        (self.root / "bin").symlink_to("usr/bin")
        self.rpm("--install", "--nodeps", "--force-debian", *sorted((folder / "top").rglob("*.rpm")))
        with tarfile.open(folder / "root.tar", "w") as archive:
            archive.add(self.root, "")
        self.tree: Tree = tree_of_tar(folder / "root.tar")
        self.packages: dict[str, InstalledPackage] = by_name(installed(self.tree))

    def rpm(self, *arguments: str | Path) -> list[str]:
        return self._run("rpm", "--root", self.root, "--dbpath", "/var/lib/rpm", *arguments).splitlines()

    @staticmethod
    def _run(*command: str | Path) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    if not shutil.which("rpmbuild") or os.geteuid() != 0:
        pytest.skip("needs rpm's tools, and root to install with them")
    return Installed(tmp_path_factory.mktemp("rpm"))


def test_names_and_versions_are_rpms(hello: Installed) -> None:
    listed = hello.rpm("--query", "--all", "--qf", "%{NAME} %{EPOCH}:%{VERSION}-%{RELEASE}\n")
    assert {name: package.version for name, package in hello.packages.items()} == dict(
        line.split() for line in listed
    )
    assert {package.manager for package in hello.packages.values()} == {"rpm"}


@pytest.mark.parametrize("name", ["hello", "hello-libs", "hello-doc"])
def test_files_are_those_that_rpm_lists(hello: Installed, name: str) -> None:
    listed = (hello.root / path.lstrip("/") for path in hello.rpm("--query", "--list", name))
    real = {
        os.fsencode(path.parent.resolve().relative_to(hello.root) / path.name)
        for path in listed
        if os.path.lexists(path) and not (path.is_dir() and not path.is_symlink())
    }
    assert set(hello.packages[name].files) == real


def test_what_is_required_is_told_from_what_is_recommended(hello: Installed) -> None:
    assert hello.packages["hello-libs"].needed_by == ("hello",)
    assert hello.packages["hello-doc"].needed_by == ()
    assert hello.packages["hello-doc"].recommended_by == ("hello",)
    assert hello.packages["hello"].asked_for is None


def test_a_removed_package_is_gone(hello: Installed, tmp_path: Path) -> None:
    shutil.copytree(hello.root, tmp_path / "root", symlinks=True)
    subprocess.run(
        [
            "rpm",
            "--root",
            tmp_path / "root",
            "--dbpath",
            "/var/lib/rpm",
            "--erase",
            "--force-debian",
            "hello",
        ],
        check=True,
        capture_output=True,
    )
    with tarfile.open(tmp_path / "root.tar", "w") as archive:
        archive.add(tmp_path / "root", "")
    assert set(by_name(installed(tree_of_tar(tmp_path / "root.tar")))) == {"hello-libs", "hello-doc"}


def test_only_the_database_is_nobodys(hello: Installed) -> None:
    owned = owners(list(hello.packages.values()), hello.tree)
    rest = {path for path, _, size in hello.tree.files() if size and path not in owned}
    assert {path for path in rest if not path.startswith(b"var/lib/rpm/rpmdb.sqlite")} == set()

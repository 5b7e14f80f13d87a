"""Python's distributions: with a list of files, without one, and in the old formats."""

from __future__ import annotations

import pytest
from support.layers import file, folder, hard_link
from support.package_trees import packages_of, tree_of

from bloatcheck.analysis.packages import installed, owners

SITE = "usr/lib/python3.11/site-packages"


def dist(
    name: str, version: str, record: str | None, *, metadata: str = "", **more: str
) -> dict[str, str | bytes]:
    at = f"{SITE}/{name}-{version}.dist-info"
    files: dict[str, str | bytes] = {
        f"{at}/METADATA": f"Name: {name}\nVersion: {version}\n{metadata}\n\nName: in the body\n",
        **{f"{at}/{path}": content for path, content in more.items()},
    }
    if record is not None:
        files[f"{at}/RECORD"] = record
    return files


def test_a_distribution_has_the_files_of_its_record() -> None:
    packages = packages_of(
        {
            **dist(
                "six",
                "1.16.0",
                "six.py,sha256=x,34549\r\n"
                '"with, comma.txt",,\r\n'
                "../../../bin/six,,\r\n"
                "/etc/six.conf,,\r\n"
                "__pycache__/six.cpython-311.pyc,,\r\n"
                "six-1.16.0.dist-info/RECORD,,\r\n",
            ),
            f"{SITE}/six.py": "",
            f"{SITE}/with, comma.txt": "",
            f"{SITE}/__pycache__/six.cpython-311.pyc": "",
            "usr/bin/six": "",
            "etc/six.conf": "",
        }
    )
    six = packages["six"]
    assert (six.manager, six.version) == ("python", "1.16.0")
    assert set(six.files) == {
        f"{SITE}/six.py".encode(),
        f"{SITE}/with, comma.txt".encode(),
        f"{SITE}/__pycache__/six.cpython-311.pyc".encode(),
        f"{SITE}/six-1.16.0.dist-info/RECORD".encode(),
        f"{SITE}/six-1.16.0.dist-info/METADATA".encode(),
        b"usr/bin/six",
        b"etc/six.conf",
    }


def test_without_a_record_the_modules_are_found_by_name() -> None:
    tree = tree_of(
        {
            **dist("ruamel.yaml", "0.18", None, **{"top_level.txt": "ruamel\nsingle\n"}),
            **dist("my-package", "2", None),
            f"{SITE}/ruamel/yaml/main.py": "",
            f"{SITE}/single.py": "",
            f"{SITE}/my_package/__init__.py": "",
            f"{SITE}/other/__init__.py": "",
        },
        folder(SITE),
    )
    owned = {path: package.name for path, package in owners(installed(tree), tree).items()}
    assert owned[f"{SITE}/ruamel/yaml/main.py".encode()] == "ruamel.yaml"
    assert owned[f"{SITE}/single.py".encode()] == "ruamel.yaml"
    assert owned[f"{SITE}/my_package/__init__.py".encode()] == "my-package"
    assert f"{SITE}/other/__init__.py".encode() not in owned


def test_a_record_alone_is_enough() -> None:
    packages = packages_of({f"{SITE}/six-1.16.dist-info/RECORD": "six.py,,\n", f"{SITE}/six.py": ""})
    assert packages["six"].version == "1.16"
    assert f"{SITE}/six.py".encode() in packages["six"].files


@pytest.mark.parametrize("at", ["old-1.0-py3.11.egg-info", "old-1.0-py3.11.egg-info/PKG-INFO"])
def test_older_metadata_is_understood(at: str) -> None:
    packages = packages_of(
        {f"{SITE}/{at}": "Name: old\nVersion: 1.0\n", f"{SITE}/old.py": "", f"{SITE}/older.py": ""}
    )
    assert packages["old"].version == "1.0"
    assert f"{SITE}/old.py".encode() in packages["old"].files


def test_an_older_list_of_files_is_relative_to_itself() -> None:
    packages = packages_of(
        {
            f"{SITE}/old.egg-info/PKG-INFO": "Name: old\nVersion: 1.0\n",
            f"{SITE}/old.egg-info/installed-files.txt": "../module/x.py\nPKG-INFO\n",
            f"{SITE}/module/x.py": "",
        }
    )
    assert f"{SITE}/module/x.py".encode() in packages["old"].files


def test_pip_marks_what_was_requested() -> None:
    packages = packages_of(
        {
            **dist("flask", "3", "", metadata="Requires-Dist: Jinja2>=3\n", INSTALLER="pip\n", REQUESTED=""),
            **dist("jinja2", "3", "", metadata='Requires-Dist: Babel>2 ; extra == "i18n"', INSTALLER="pip\n"),
            **dist("babel", "2", "", INSTALLER="conda\n"),
        }
    )
    assert {name: package.asked_for for name, package in packages.items()} == {
        "flask": True,
        "jinja2": False,
        "babel": None,
    }
    assert packages["jinja2"].needed_by == ("flask",)
    assert packages["babel"].needed_by == ()


def test_compiled_modules_that_nobody_lists_go_with_their_source() -> None:
    tree = tree_of(
        {
            **dist("six", "1", "six.py,,\n"),
            f"{SITE}/six.py": "",
            f"{SITE}/own.py": "",
        },
        file(f"{SITE}/__pycache__/six.cpython-311.pyc", 10),
        file(f"{SITE}/__pycache__/six.cpython-311.opt-1.pyc", 10),
        file(f"{SITE}/__pycache__/own.cpython-311.pyc", 10),
        file(f"{SITE}/__pycache__/six.pyc", 10),
    )
    owned = owners(installed(tree), tree)
    assert owned[f"{SITE}/__pycache__/six.cpython-311.pyc".encode()].name == "six"
    assert owned[f"{SITE}/__pycache__/six.cpython-311.opt-1.pyc".encode()].name == "six"
    assert f"{SITE}/__pycache__/own.cpython-311.pyc".encode() not in owned
    assert f"{SITE}/__pycache__/six.pyc".encode() not in owned


def test_what_uv_linked_from_its_cache_is_installed_once() -> None:
    cache = "root/.cache/uv/archive-v0/x"
    files = {f"{cache}/six.py": "six", f"{cache}/six-1.dist-info/METADATA": "Name: six\nVersion: 1\n"}
    tree = tree_of(
        {**files, "usr/site/six-1.dist-info/RECORD": "six.py,,\n"},
        *(hard_link("usr/site" + path.removeprefix(cache), path) for path in files),
    )
    (six,) = installed(tree)
    assert (six.name, six.version) == ("six", "1")
    assert owners((six,), tree)[f"{cache}/six.py".encode()] is six


def test_what_debian_packaged_is_debians() -> None:
    packages = packages_of(
        {
            **dist("PyYAML", "6.0", None),
            "var/lib/dpkg/status": "Package: python3-yaml\nStatus: install ok installed\nVersion: 6.0-3\n",
            "var/lib/dpkg/info/python3-yaml.list": f"/{SITE}/PyYAML-6.0.dist-info/METADATA\n",
        }
    )
    assert set(packages) == {"python3-yaml"}


def test_a_record_can_not_reach_out_of_the_root() -> None:
    packages = packages_of({**dist("six", "1", "../" * 40 + "etc/passwd,,\n"), "etc/passwd": ""})
    assert b"etc/passwd" in packages["six"].files

"""Java archives: what is kept of them while a layer is read, and what that says."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.package_trees import packages_of

from bloatcheck.analysis.packages.java import extract_java
from bloatcheck.analysis.packages.model import Part


def archive(members: Mapping[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        for name, member in members.items():
            written.writestr(name, member)
    return content.getvalue()


def pom(artifact: str, version: str, group: str = "org.example") -> dict[str, str]:
    return {
        f"META-INF/maven/{group}/{artifact}/pom.properties": f"#Maven\n{group=!s}\n"
        f"groupId={group}\nartifactId={artifact}\nversion={version}\n"
    }


def test_mavens_properties_name_an_archive() -> None:
    jar = archive({"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n", **pom("guava", "33.2.0-jre")})
    packages = packages_of({"opt/lib/guava.jar": jar})
    assert (packages["guava"].manager, packages["guava"].version) == ("java", "33.2.0-jre")
    assert packages["guava"].files == (b"opt/lib/guava.jar",)


def test_of_several_properties_the_archives_own_are_those_that_its_file_is_named_for() -> None:
    jar = archive({**pom("commons-io", "2.15.1"), **pom("shared", "0"), **pom("shared-utils", "3.2.5")})
    packages = packages_of({"opt/shared-utils-3.2.5.jar": jar})
    assert packages["shared-utils"].version == "3.2.5"
    assert packages["shared-utils"].parts == (Part("commons-io", "2.15.1"), Part("shared", "0"))


@pytest.mark.parametrize(
    ("file", "manifest", "name", "version"),
    [
        ("jna-5.13.0.jar", "", "jna", "5.13.0"),
        ("org.eclipse.osgi.jar", "Bundle-Version: 3.2\n", "org.eclipse.osgi", "3.2"),
        ("app.war", "Implementation-Version: 2.0-\r\n beta\r\n", "app", "2.0-beta"),
        ("app.ear", "Specification-Version: 7\nImplementation-Version: 8\n", "app", "8"),
        ("plain.jar", "", "plain", ""),
    ],
)
def test_else_file_and_manifest_tell_what_they_can(file: str, manifest: str, name: str, version: str) -> None:
    packages = packages_of({f"opt/{file}": archive({"META-INF/MANIFEST.MF": manifest})})
    assert packages[name].version == version


def test_archives_within_are_parts_with_their_bytes() -> None:
    inner = archive({"A.class": bytes(1000)})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        written.writestr("BOOT-INF/lib/guava-33.2.0-jre.jar", inner)
    packages = packages_of({"app.jar": content.getvalue()})
    assert packages["app"].parts == (Part("guava", "33.2.0-jre", len(inner)),)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", bytes(100_000), archive({})[:-1]])
def test_what_is_no_archive_is_no_package(content: bytes) -> None:
    assert extract_java(io.BytesIO(content), len(content)) is None
    assert packages_of({"opt/a.jar": content}) == {}


def test_a_directory_of_millions_is_not_read() -> None:
    entry = b"PK\x01\x02" + bytes(42)
    count = 1_000_000
    content = entry * count
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff\xff\xff" + len(content).to_bytes(4, "little") + bytes(6)
    start = time.perf_counter()
    assert extract_java(io.BytesIO(content + end), len(content) + len(end)) is None
    assert time.perf_counter() - start < 1


def test_a_manifest_that_unpacks_to_gigabytes_is_read_for_its_beginning() -> None:
    jar = archive({"META-INF/MANIFEST.MF": b"Bundle-Version: 1\n" + bytes(50_000_000)})
    captured = extract_java(io.BytesIO(jar), len(jar))
    assert captured
    assert len(captured.content) < 1000


SOUND = archive({"META-INF/MANIFEST.MF": "Bundle-Version: 1\n", "lib/b-2.jar": "b", **pom("a", "1")})


@given(
    st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=6), st.integers(0, 100)
)
def test_no_damage_raises(damage: list[tuple[int, int]], missing: int) -> None:
    content = bytearray(SOUND)
    for at, byte in damage:
        content[at] = byte
    del content[len(content) - missing :]
    extract_java(io.BytesIO(content), len(content))


def test_names_within_are_made_printable() -> None:
    packages = packages_of({"a.jar": archive({"lib/\x1b[0m\u202ex-1.jar": "", **pom("a", "\x07")})})
    texts = [packages["a"].version, *(part.name for part in packages["a"].parts)]
    assert all(text.isprintable() for text in texts)

"""However an image is made, explaining it takes little time and memory: measured in processor seconds."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import tempfile
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.layers import Entry, file, folder, layer, symlink, whiteout
from support.package_trees import tree_of

from bloatcheck.analysis import inventory
from bloatcheck.analysis.dive import dive_figures
from bloatcheck.analysis.executable import check_executables, check_start, extract_executable
from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.analysis.packages import installed
from bloatcheck.analysis.packages.java import extract_java
from bloatcheck.analysis.tree import Hiding, Tree
from bloatcheck.image.capture import Captured
from bloatcheck.oci.image_config import ImageConfig, parse_image_config

LITTLE = 5.0
"""Seconds. What is tested here took minutes, or forever, or all memory there is."""


@contextmanager
def little_time() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < LITTLE


def peak_of(work: Callable[[], object]) -> int:
    """The most bytes that Python had at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestPaths:
    def test_folders_around_deep_paths_take_no_memory(self) -> None:
        deep = layer(*(file(b"%d/" % number + b"a/" * 2000 + b"f", 1) for number in range(100)))
        tree = Tree([deep])

        def ask() -> None:
            assert tree.is_folder(b"7/a/a/a")
            assert tree.children(b"7/a/a") == (b"a",)
            assert tree.resolve(b"7/a/a/a/a") == b"7/a/a/a/a"
            assert installed(tree) == ()
            assert dive_figures([deep]).wasted_bytes == 0

        # as sets of every folder it were 400 MB
        assert peak_of(ask) < 20_000_000

    def test_a_path_of_a_megabyte_costs_as_much_as_it_is_long(self) -> None:
        long = layer(file(b"a/" * 500_000 + b"f", 1))
        with little_time():
            tree = Tree([long])
            assert tree.is_folder(b"a/a")
            assert dive_figures([long]).efficiency == 1.0

    def test_names_that_sort_between_a_folder_and_what_is_in_it_are_its_neighbours(self) -> None:
        tree = Tree(
            [layer(file("d/a", 1), file("d/a-b", 1), file("d/c.d/e", 1), file("d/c/f", 1), file("d/c/g", 1))]
        )
        assert sorted(tree.children(b"d")) == [b"a", b"a-b", b"c", b"c.d"]
        assert sorted(tree.children(b"")) == [b"d"]
        assert list(tree.below(b"d/c")) == [b"d/c/f", b"d/c/g"]

    def test_links_that_lead_through_links_are_given_up_at_last(self) -> None:
        maze = [symlink(f"m{number}", b"d/../" * 800 + b"m%d" % (number + 1)) for number in range(39)]
        tree = Tree([layer(*maze, folder("d"), folder("m39"), file("m39/x", 1))])
        assert tree.resolve(b"m0/x") == b"m39/x"
        with little_time():
            for number in range(100_000):
                tree.resolve(b"m0/%d" % number)


class TestOverwritten:
    def test_files_that_are_written_a_third_time_are_found_in_the_second_at_once(self) -> None:
        layers = [
            layer(*(file(f"d/{number}", content=b"%d" % number) for number in range(50_000)), name=name)
            for name in ("copied", "owned", "owned again")
        ]
        with little_time():
            assert {file.how for file in Tree(layers).hidden()} == {Hiding.METADATA}


class TestWhiteouts:
    def test_a_few_in_each_of_very_many_layers(self) -> None:
        names = sorted(map(str, range(200_000)), key=lambda name: name[::-1])
        few = [layer(*(whiteout(f"{top}/{at}") for at in range(10)), name=str(top)) for top in range(900)]
        base = layer(*(file(name, 0) for name in names))
        with little_time():
            Tree([base, *few])

    def test_the_same_large_folder_in_each_of_very_many_layers(self) -> None:
        base = layer(*(file(f"a/{number}", 0) for number in range(200_000)))
        again = [layer(whiteout("a"), file(f"a/x{number}", 1), name=str(number)) for number in range(400)]
        with little_time():
            tree = Tree([base, *again])
        assert list(tree) == list(tree.below(b"a")) == [b"a/x399"]

    def test_many_of_early_names(self) -> None:
        names = [f"!{number}" for number in range(50_000)]
        layers = [
            layer(*(file(name, 1) for name in names)),
            layer(*map(whiteout, names)),
            layer(whiteout("x"), name="asks"),
        ]
        with little_time():
            dive_figures(layers)

    def test_one_in_every_folder_of_a_deep_path(self) -> None:
        deep = b"a/" * 1000
        layers = [
            layer(*(file(deep + b"%d" % number, 1) for number in range(3_000))),
            layer(*(whiteout(b"a/" * depth + b"a") for depth in range(1000))),
            layer(whiteout("x"), name="asks"),
        ]
        assert peak_of(lambda: dive_figures(layers)) < 100_000_000


class TestPackageDatabases:
    def test_large_ones_are_not_read_again_after_every_layer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inventory, "_MOST_READ", 1 << 20)
        base = layer(
            file("lib/apk/db/installed", content=b"P:a\n" + b"F:a\nR:b\n" * (1 << 19)), file("a/b", 1)
        )
        more = [
            layer(file("lib/apk/db/world", content=b"%d" % number), name=str(number)) for number in range(99)
        ]
        with little_time():
            take_inventory([base, *more])

    def test_nothing_but_empty_lines(self) -> None:
        lines = b"\n" * (16 << 20)
        databases = (file("lib/apk/db/installed", content=lines), file("var/lib/dpkg/status", content=lines))
        with little_time():
            assert installed(Tree([layer(*databases)])) == ()

    def test_paths_that_name_none_are_looked_at_once(self) -> None:
        base = layer(*(file(f"opt/{number}", 0) for number in range(100_000)))
        more = [
            layer(file("lib/apk/db/world", content=b"%d" % number), name=str(number)) for number in range(99)
        ]
        with little_time():
            take_inventory([base, *more])

    def test_a_list_of_files_belongs_to_one_package_of_a_name(self) -> None:
        status = b"Package: a\nStatus: install ok installed\n\n" * 20_000
        listed = b"/f\n" * 1_000_000
        tree = Tree(
            [
                layer(
                    file("var/lib/dpkg/status", content=status),
                    file("var/lib/dpkg/info/a.list", content=listed),
                    file("f", 1),
                )
            ]
        )
        with little_time():
            packages = installed(tree)
        assert [package.files for package in packages if package.files] == [(b"f",)]

    def test_relations_without_end_end(self) -> None:
        status = b"Package: a\nStatus: install ok installed\nDepends: " + b"a," * 5_000_000
        world = b"P:a\nV:1\nD:" + b"a " * 5_000_000 + b"\n\n"
        tree = Tree(
            [
                layer(
                    file("var/lib/dpkg/status", content=status),
                    file("lib/apk/db/installed", content=world),
                    file("lib/apk/db/world", content=b"a " * 5_000_000),
                )
            ]
        )
        with little_time():
            assert {package.manager for package in installed(tree)} == {"deb", "apk"}

    def test_node_packages_that_need_thousands_which_are_not_there(self) -> None:
        needs = json.dumps({"dependencies": {f"d{number}": "" for number in range(2000)}}).encode()
        paths = [
            f"node_modules/p{number}/" + "node_modules/x/" * 6 + "package.json" for number in range(1000)
        ]
        with little_time():
            assert len(installed(Tree([layer(*(file(path, content=needs) for path in paths))]))) == 1000

    def test_of_a_manifest_only_what_is_used_stays_in_memory(self) -> None:
        manifest = b'{"name": "x", "rest": [' + b"{}," * 100_000 + b"0]}"
        databases = [file(f"node_modules/p{number}/package.json", content=manifest) for number in range(30)]
        tree = Tree([layer(*databases)])
        # as objects each takes 7 MB
        assert peak_of(lambda: installed(tree)) < 30_000_000

    def test_gems_beside_very_many_platforms(self) -> None:
        platforms = [
            folder(f"g/extensions/p{one}/r{other}/x1-1") for one in range(100) for other in range(100)
        ]
        gems = [
            file(f"g/specifications/x{number}-1.gemspec", content=b"# stub: x 1 ruby lib\n")
            for number in range(5000)
        ]
        with little_time():
            packages = installed(Tree([layer(*platforms, *gems)]))
        assert max(len(package.folders) for package in packages) == 10_000

    def test_archives_of_java_that_say_everything_many_times(self) -> None:
        names = [b"META-INF/MANIFEST.MF"] * 20_000
        names += [b"META-INF/maven/g/a%d/pom.properties" % number for number in range(499)]
        archive = zip_of_one_content(names, b"=\n" * 30_000)
        with little_time():
            for _ in range(10):
                assert extract_java(io.BytesIO(archive), len(archive)) is not None

    def test_rpm_headers_of_nothing_but_ends_of_strings(self) -> None:
        data = b"a\0" + bytes(500_000)
        entries = [(1000, 6, 0, 1), *((tag, 8, 1, 499_999) for tag in (1047, 1049, 1117, 1118, 5046))]
        header = struct.pack(">II", len(entries), len(data))
        header += b"".join(struct.pack(">IIII", *entry) for entry in entries) + data
        with little_time():
            installed(
                tree_of({"var/lib/rpm/rpmdb.sqlite": rpm_database([header] * 100)}),
            )

    def test_records_and_requirements_of_python_without_end(self) -> None:
        databases = []
        for number in range(30):
            at = f"p{number}.dist-info"
            metadata = b"Name: a\nVersion: 1\n" + b"Requires-Dist: a\n" * 50_000
            databases.append(file(f"{at}/METADATA", content=metadata))
            databases.append(file(f"{at}/RECORD", content=b"a\n" * 1_000_000))
        tree = Tree([layer(*databases)])
        with little_time():
            assert len(installed(tree)) == 30


class TestExecutables:
    def test_strings_that_overlap_are_bounded_together(self) -> None:
        program = elf(needed=list(range(1, 4000)), strings=b"a" * 5000, segments=250)
        with little_time():
            for _ in range(50):
                facts = extract_executable(io.BytesIO(program), len(program))
        assert facts is not None
        assert len(facts.content) < 100_000

    def test_every_library_with_folders_of_its_own(self) -> None:
        folders = b":".join(b"/r%d" % number for number in range(199))
        chain = [
            executable(f"usr/lib/l{number}.so", elf([b"l%d.so" % (number + 1)], rpath=folders))
            for number in range(900)
        ]
        program = executable("app", elf([b"l0.so"], rpath=folders))
        with little_time():
            assert check(layer(loader(), program, *chain), "/app") == []

    def test_many_libraries_that_are_missing(self) -> None:
        program = executable("app", elf([b"x%d.so" % number for number in range(480)]))
        elsewhere = [file(f"opt/{number}/x{number}.so", 1) for number in range(50_000)]
        with little_time():
            assert check(layer(loader(), program, *elsewhere), "/app") == ["library-not-found"]

    def test_a_search_path_without_end(self) -> None:
        tree_layer = layer(file("app", 1), symlink("s", b"../" * 1300 + b"s"))
        with little_time():
            assert check(tree_layer, "app", "PATH=" + "/s:" * 1_000_000) == ["not-found"]
            program = executable("app", elf([b"x%d.so" % number for number in range(480)]))
            check(layer(loader(), program), "/app", "LD_LIBRARY_PATH=" + "/r:" * 1_000_000)


def zip_of_one_content(names: list[bytes], content: bytes) -> bytes:
    """An archive all of whose members are the same bytes of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(content) + packer.flush()
    local = struct.pack("<4s4xH8xLLHH", b"PK\3\4", 8, len(packed), len(content), 0, 0) + packed
    directory = b"".join(
        struct.pack("<4s6xH8xLLHHH8xL", b"PK\1\2", 8, len(packed), len(content), len(name), 0, 0, 0) + name
        for name in names
    )
    return local + directory + struct.pack("<4s4xHHLLH", b"PK\5\6", 0, 0, len(directory), len(local), 0)


def rpm_database(headers: list[bytes]) -> bytes:
    with tempfile.TemporaryDirectory() as at, closing(sqlite3.connect(Path(at) / "db")) as database:
        database.execute(
            "CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"
        )
        database.executemany("INSERT INTO Packages (blob) VALUES (?)", [(header,) for header in headers])
        database.commit()
        return (Path(at) / "db").read_bytes()


class TestAllExecutables:
    def test_thousands_of_scripts_and_a_long_search_path(self) -> None:
        scripts = [executable(f"s{number}", b"#!/usr/bin/env x%d\n" % number) for number in range(5_000)]
        env = executable("usr/bin/env", elf([], interpreter=None))
        config = config_of("s0", ("PATH=" + ":".join(f"/p{number}" for number in range(10_000)),))
        with little_time():
            checked = check_executables(Tree([layer(env, *scripts)]), config, config.platform)
        assert 0 < checked.count < 5_000


LOADER = b"/lib64/ld-linux-x86-64.so.2"


def loader() -> Entry:
    return executable(LOADER.decode()[1:], elf([], interpreter=None))


def executable(path: str, content: bytes) -> Entry:
    captured = extract_executable(io.BytesIO(content), len(content))
    assert isinstance(captured, Captured)
    return file(path, len(content), mode=0o755, captured=captured)


def check(image: object, command: str, *environment: str) -> list[str]:
    config = config_of(command, environment)
    tree = Tree([image])  # type: ignore[list-item] # a layer
    return [problem.id for problem in check_start(tree, config, config.platform)]


def config_of(command: str, environment: tuple[str, ...]) -> ImageConfig:
    document = {
        "os": "linux",
        "architecture": "amd64",
        "config": {"Entrypoint": [command], "Env": list(environment)},
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    return parse_image_config(json.dumps(document).encode())


def elf(
    needed: list[bytes] | list[int],
    *,
    strings: bytes = b"",
    segments: int = 1,
    rpath: bytes | None = None,
    interpreter: bytes | None = LOADER,
) -> bytes:
    """A program of 64 bits whose dynamic section says this; numbers are offsets into `strings`."""
    table = b"\0" + strings + b"\0"
    dynamic = b""
    for tag, name in [*((1, name) for name in needed), *([(15, rpath)] if rpath else [])]:
        dynamic += struct.pack("<qQ", tag, name if isinstance(name, int) else len(table))
        table += b"" if isinstance(name, int) else name + b"\0"
    address = 0x400000
    start = 64 + 56 * (segments + (2 if interpreter else 1))
    dynamic += struct.pack("<qQqQ", 5, address + start, 0, 0)
    body = table + (interpreter or b"") + b"\0" + dynamic
    end = start + len(body)
    headers = [(1, 0, 0x9000_0000 + number, 8) for number in range(segments - 1)]
    headers += [(1, 0, address, end), (2, end - len(dynamic), 0, len(dynamic))]
    if interpreter:
        headers.append((3, start + len(table), 0, len(interpreter) + 1))
    table_of_segments = b"".join(
        struct.pack("<IIQQQQQQ", kind, 4, offset, at, at, size, size, 8) for kind, offset, at, size in headers
    )
    ident = b"\x7fELF\2\1\1" + bytes(9)
    head = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, len(headers), 64, 0, 0)
    return ident + head + table_of_segments + body

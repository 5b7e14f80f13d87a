"""What is said of programs that won't start, and what isn't said where it can't be known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.layers import Entry, file, folder, hard_link, layer, symlink, whiteout

from bloatcheck.analysis.executable import (
    ExecutableFacts,
    check_executable,
    check_executables,
    check_start,
)
from bloatcheck.analysis.executable.elf import Elf, Linking
from bloatcheck.analysis.executable.shebang import Shebang
from bloatcheck.analysis.packages.go import KIND
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.capture import Captured
from bloatcheck.oci.image_config import ImageConfig
from bloatcheck.oci.platform import Platform

AMD64 = Platform.parse("linux/amd64")
LOADER = b"/lib64/ld-linux-x86-64.so.2"
MUSL = b"/lib/ld-musl-x86_64.so.1"
STATIC = Elf(bits=64, big_endian=False, machine=62, type=2, linking=Linking.STATIC)
LIBRARY = replace(STATIC, type=3, linking=Linking.LIBRARY)
GLIBC = replace(STATIC, linking=Linking.DYNAMIC, interpreter=LOADER)


def elf(path: str, what: Elf = STATIC, mode: int = 0o755) -> Entry:
    return _with_facts(path, ExecutableFacts(elf=what), mode)


def script(path: str, interpreter: bytes, argument: bytes | None = None) -> Entry:
    return _with_facts(path, ExecutableFacts(script=Shebang(interpreter, argument)), 0o755)


def _with_facts(path: str, facts: ExecutableFacts, mode: int) -> Entry:
    return file(path, 1, mode=mode, captured=Captured(KIND, facts.to_json()))


def ids(*entries: Entry, command: tuple[str, ...] = ("/p",), env: tuple[str, ...] = ()) -> list[str]:
    config = ImageConfig(platform=AMD64, cmd=command, env=env)
    return [problem.id for problem in check_start(Tree([layer(*entries)]), config, AMD64)]


GLIBC_IMAGE = (elf("lib64/ld-linux-x86-64.so.2", LIBRARY), elf("lib/libc.so.6", LIBRARY))


def test_an_image_without_a_command_is_not_made_to_be_started() -> None:
    assert ids(command=()) == []


def test_another_operating_system_is_left_alone() -> None:
    windows = Platform.parse("windows/amd64")
    config = ImageConfig(platform=windows, cmd=("cmd.exe",))
    assert check_start(Tree(), config, windows) == ()


@pytest.mark.parametrize(
    ("platform", "machine", "bits", "big_endian", "runs"),
    [
        ("linux/amd64", 62, 64, False, True),
        ("linux/amd64", 3, 32, False, True),
        ("linux/amd64", 183, 64, False, False),
        ("linux/arm64", 183, 64, False, True),
        ("linux/arm64", 62, 64, False, False),
        ("linux/arm/v7", 40, 32, False, True),
        ("linux/arm/v7", 183, 64, False, False),
        ("linux/ppc64le", 21, 64, False, True),
        ("linux/ppc64le", 21, 64, True, False),
        ("linux/s390x", 22, 64, True, True),
        ("linux/386", 62, 64, False, False),
        ("linux/unheard", 62, 64, False, True),
    ],
)
def test_a_machine_fits_a_platform_or_not(
    platform: str, machine: int, bits: int, *, big_endian: bool, runs: bool
) -> None:
    what = replace(STATIC, machine=machine, bits=bits, big_endian=big_endian)
    tree = Tree([layer(elf("p", what))])
    problems = check_executable(tree, b"p", Platform.parse(platform))
    assert [problem.id for problem in problems] == ([] if runs else ["wrong-machine"])


def test_a_hard_link_is_as_good_as_its_file() -> None:
    assert ids(elf("q"), replace(hard_link("p", "q"), mode=0o755)) == []


def test_a_program_needs_its_libraries_and_theirs() -> None:
    program = elf("p", replace(GLIBC, needed=(b"libone.so", b"libc.so.6")))
    one = elf("lib/libone.so", replace(LIBRARY, needed=(b"libtwo.so",)), mode=0o644)
    tree = Tree([layer(program, one, *GLIBC_IMAGE)])
    (problem,) = check_executable(tree, b"p", AMD64)
    assert problem.message == (
        "/p needs libtwo.so (/lib/libone.so needs it), which is not in the image; the loader will say "
        "`cannot open shared object file`."
    )
    assert ids(program, one, elf("usr/lib/libtwo.so", LIBRARY), *GLIBC_IMAGE) == []


def test_a_library_must_have_the_versions_of_symbols_that_it_is_needed_for() -> None:
    """The commonest mistake with two stages: built where glibc is newer."""
    program = elf(
        "p",
        replace(
            GLIBC, needed=(b"libc.so.6",), needs_versions=((b"libc.so.6", (b"GLIBC_2.2.5", b"GLIBC_2.38")),)
        ),
    )
    loader = elf("lib64/ld-linux-x86-64.so.2", LIBRARY)

    def libc(*versions: bytes) -> Entry:
        return elf("lib/libc.so.6", replace(LIBRARY, soname=b"libc.so.6", defines_versions=versions))

    old = libc(b"GLIBC_2.2.5", b"GLIBC_2.9", b"GLIBC_2.36", b"GLIBC_PRIVATE")
    (problem,) = check_executable(Tree([layer(program, loader, old)]), b"p", AMD64)
    assert problem.id == "library-too-old"
    assert problem.message == (
        "/p needs GLIBC_2.38 of libc.so.6, which in this image goes up to GLIBC_2.36; the loader will say "
        "`not found`."
    )
    assert ids(program, loader, libc(b"GLIBC_2.2.5", b"GLIBC_2.38")) == []
    assert ids(program, loader, libc()) == [], "a library without versions is good enough for every need"


def test_versions_that_a_library_needs_of_another_are_compared_too() -> None:
    program = elf("p", replace(GLIBC, needed=(b"libone.so", b"libc.so.6")))
    one = replace(LIBRARY, needed=(b"libc.so.6",), needs_versions=((b"libc.so.6", (b"GLIBC_2.38",)),))
    libc = elf("lib/libc.so.6", replace(LIBRARY, defines_versions=(b"OTHER",)))
    loader = elf("lib64/ld-linux-x86-64.so.2", LIBRARY)
    tree = Tree([layer(program, loader, libc, elf("lib/libone.so", one))])
    (problem,) = check_executable(tree, b"p", AMD64)
    assert problem.message == (
        "/p needs GLIBC_2.38 of libc.so.6 (/lib/libone.so needs it), which in this image has none of that "
        "name; the loader will say `not found`."
    )


def test_a_library_for_another_machine_is_passed_over() -> None:
    program = elf("p", replace(GLIBC, needed=(b"libone.so",)))
    foreign = elf("lib/libone.so", replace(LIBRARY, machine=183))
    assert ids(program, foreign, *GLIBC_IMAGE) == ["library-not-found"]
    assert ids(program, foreign, elf("usr/lib/libone.so", LIBRARY), *GLIBC_IMAGE) == []


def test_a_runpath_counts_for_the_object_itself_and_an_rpath_for_all_it_loads() -> None:
    one = elf("opt/libone.so", replace(LIBRARY, needed=(b"libtwo.so",)))
    two = elf("opt/libtwo.so", LIBRARY)
    needs = replace(GLIBC, needed=(b"libone.so",))
    assert ids(elf("p", replace(needs, rpath=b"/opt")), one, two, *GLIBC_IMAGE) == []
    assert ids(elf("p", replace(needs, runpath=b"/opt")), one, two, *GLIBC_IMAGE) == ["library-not-found"]
    ignored = replace(needs, rpath=b"/opt", runpath=b"/nowhere")
    assert ids(elf("p", ignored), one, two, *GLIBC_IMAGE) == ["library-not-found"]


def test_musl_takes_a_runpath_for_all_that_is_loaded() -> None:
    loader = elf("lib/ld-musl-x86_64.so.1", LIBRARY)
    one = elf("opt/libone.so", replace(LIBRARY, needed=(b"libtwo.so", b"libc.musl-x86_64.so.1")))
    program = replace(
        GLIBC, interpreter=MUSL, needed=(b"libone.so", b"libpthread.so.0"), runpath=b"$ORIGIN/opt"
    )
    assert ids(elf("p", program), one, elf("opt/libtwo.so", LIBRARY), loader) == []


def test_libraries_that_need_each_other_end() -> None:
    program = elf("p", replace(GLIBC, needed=(b"libone.so",)))
    one = elf("lib/libone.so", replace(LIBRARY, needed=(b"libtwo.so",)))
    two = elf("lib/libtwo.so", replace(LIBRARY, needed=(b"libone.so", b"libtwo.so")))
    assert ids(program, one, two, *GLIBC_IMAGE) == []


def test_nothing_is_said_of_libraries_where_the_loaders_cache_cannot_be_read() -> None:
    program = elf("p", replace(GLIBC, needed=(b"libone.so",)))
    assert ids(program, file("etc/ld.so.cache", content=b"damaged"), *GLIBC_IMAGE) == []


def test_nothing_is_said_of_libraries_behind_gcompat() -> None:
    program = elf("p", replace(GLIBC, needed=(b"libc.so.6", b"libresolv.so.2")))
    loader = elf("lib/ld-linux-x86-64.so.2", LIBRARY)
    link = symlink("lib64", "lib")
    musl = elf("lib/ld-musl-x86_64.so.1", LIBRARY)
    assert ids(program, loader, link, musl, elf("lib/libgcompat.so.0", LIBRARY)) == []


def test_scripts_that_interpret_each_other_end() -> None:
    """The kernel gives up at the fifth; nothing else may."""
    assert ids(script("p", b"/q"), script("q", b"/p")) == []


def test_an_interpreter_that_cannot_start_is_told_for_the_script() -> None:
    (problem,) = check_executable(
        Tree([layer(script("p", b"/bin/sh"), file("bin/sh", 1, mode=0o644))]), b"p", AMD64
    )
    assert problem.id == "not-executable"
    assert problem.message.startswith("/p is read by /bin/sh, which won't start: /bin/sh has no mode bit")


def test_of_a_layer_whose_contents_were_not_all_kept_no_format_is_judged() -> None:
    shallow = replace(layer(file("p", 1, mode=0o755)), captured=None)
    partly = replace(layer(file("p", 1, mode=0o755)), left_out=1)
    for listed in (shallow, partly):
        assert check_executable(Tree([listed]), b"p", AMD64) == ()
    assert ids(file("p", 1, mode=0o755)) == ["no-program"]


@pytest.mark.parametrize(
    "words", ["/p && echo", "cd /x; /p", "/p | cat", "FOO=1 /p", "$HOME/p", "echo", "'/p'", "/p *"]
)
def test_a_shells_command_is_judged_only_where_it_does_nothing_else(words: str) -> None:
    assert ids(elf("bin/sh"), command=("/bin/sh", "-c", words)) == []
    assert ids(elf("bin/sh"), command=("/bin/sh", "-c", "/p --x=1")) == ["not-found"]


@pytest.mark.parametrize(
    "words",
    [
        ("/tini", "--", "/gone"),
        ("/tini", "-g", "-s", "--", "/gone", "--", "x"),
        ("/tini", "/gone"),
        ("/tini", "--", "/bin/sh", "-c", "exec /gone"),
    ],
)
def test_what_an_init_starts_is_judged_too(words: tuple[str, ...]) -> None:
    assert ids(elf("tini"), elf("bin/sh"), command=words) == ["not-found"]


@pytest.mark.parametrize(
    "words", [("/tini",), ("/tini", "--"), ("/tini", "-g", "/gone"), ("/other", "/gone")]
)
def test_nothing_is_said_where_an_init_leaves_it_unclear(words: tuple[str, ...]) -> None:
    assert ids(elf("tini"), elf("other"), command=words) == []


def test_a_word_without_a_slash_is_looked_up_as_the_engine_does_it() -> None:
    static = elf("opt/p")
    assert ids(static, command=("p",)) == ["not-found"]
    assert ids(static, command=("p",), env=("PATH=/bin:/opt",)) == []
    assert (
        ids(static, folder("bin/p"), elf("sbin/p", mode=0o644), command=("p",), env=("PATH=/bin:/sbin:/opt",))
        == []
    )
    assert ids(elf("sbin/p", mode=0o644), command=("p",)) == ["not-executable"]


def test_hostile_names_are_told_on_one_printable_line() -> None:
    name = "/\x1b[31m\n::error::x`<b>" + "y" * 5000
    config = ImageConfig(platform=AMD64, cmd=(name,), user="\x07\n:z")
    for problem in check_start(Tree([layer(elf("p"))]), config, AMD64):
        for said in (problem.message, problem.path, problem.hint or ""):
            assert said.isprintable()
            assert len(said) <= 2000


def test_texts_that_no_encoding_has_are_no_fault() -> None:
    assert ids(elf("p"), command=("/\ud800",)) == ["not-found"]


def test_every_program_that_can_be_seen_is_checked_on_request() -> None:
    tree = Tree(
        [
            layer(elf("gone", GLIBC), elf("replaced", GLIBC), elf("data", GLIBC, mode=0o644)),
            layer(
                whiteout("gone"),
                elf("replaced", STATIC),
                script("b", b"/bin/nothing"),
                elf("a", GLIBC),
                elf("lib/libz.so.1", LIBRARY),
                file("notes", 3, mode=0o755),
            ),
        ]
    )
    checked = check_executables(tree, ImageConfig(platform=AMD64), AMD64)
    assert checked.count == 4
    assert [(problem.path, problem.id) for problem in checked.problems] == [
        ("/a", "no-loader"),
        ("/b", "no-interpreter"),
    ]


def test_programs_of_other_systems_are_not_checked() -> None:
    windows = Platform.parse("windows/amd64")
    tree = Tree([layer(elf("a", GLIBC))])
    assert check_executables(tree, ImageConfig(platform=windows), windows).count == 0

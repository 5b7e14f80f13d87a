"""What can't start, as it is said, doesn't start in the engine; what nothing is said of does."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from support.docker_clients import debian_image
from support.engines import Engine, client, usual_engine

from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.executable import check_executable, check_start, facts_at
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.open import open_image
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.image_config import ImageConfig

pytestmark = pytest.mark.engine

_AT_ONCE = 4
TAG = "bloatcheck-test/start"
PROGRAM = '#include <stdio.h>\nint main(void) { puts("started"); return 0; }\n'
WITH_LIBRARY = "int hello(void);\n" + PROGRAM.replace("puts", "hello(); puts")
LIBRARY = "int hello(void) { return 1; }\n"
INIT = """\
#include <stdio.h>
#include <unistd.h>
int main(int count, char **words) {
    int at = 1;
    while (at < count && words[at][0] == '-') at++;
    execvp(words[at], words + at);
    perror(words[at]);
    return 127;
}
"""
MUSL = """\
FROM scratch AS musl
COPY busybox /bin/busybox
COPY ld-musl-* /lib/
RUN ["/bin/busybox", "mkdir", "-p", "/etc", "/usr/lib"]
RUN ["/bin/busybox", "--install", "-s", "/bin"]
"""
BUILD = """\
cc=gcc
$cc -o glibc hello.c && $cc -static -o static hello.c && $cc -static-pie -o static-pie hello.c
$cc -static -o init init.c
musl-gcc -o musl hello.c && musl-gcc -static -o musl-static hello.c
$cc -shared -fPIC -Wl,-soname,libhello.so.1 -o libhello.so.1 library.c
$cc -o needs library-user.c libhello.so.1
$cc -o needs-origin library-user.c libhello.so.1 -Wl,--enable-new-dtags,-rpath,'$ORIGIN/../lib'
$cc -o needs-rpath library-user.c libhello.so.1 -Wl,--disable-new-dtags,-rpath,/opt/lib
musl-gcc -shared -fPIC -Wl,-soname,libhello.so.1 -o musl-libhello.so.1 library.c
echo 'V1 { global: hello; };' > v1.map
echo 'V1 { }; V2 { global: hello; } V1;' > v2.map
mkdir -p old new
for v in old new; do
    map=v2.map; [ $v = new ] || map=v1.map
    $cc -shared -fPIC -Wl,-soname,libhello.so.1,--version-script,$map -o $v/libhello.so.1 library.c
done
$cc -o needs-newer library-user.c new/libhello.so.1
musl-gcc -o musl-needs library-user.c musl-libhello.so.1
$cc -c -o object hello.c
cp --dereference /lib/ld-musl-*.so.1 .
"""
SCRIPTS = {
    "script": b"#!/bin/sh\necho started\n",
    "by-env": b"#!/usr/bin/env sh\necho started\n",
    "by-env-missing": b"#!/usr/bin/env python9\n",
    "by-env-options": b"#!/usr/bin/env sh -e\necho started\n",
    "by-env-windows": b"#!/usr/bin/env sh\r\necho started\r\n",
    "windows": b"#!/bin/sh\r\necho started\r\n",
    "no-interpreter": b"#!/opt/none -x\n",
    "through-script": b"#!/script\n",
    "no-line": b"echo started\n",
    "marked": b"\xef\xbb\xbf#!/bin/sh\necho started\n",
    "nothing": b"#!\necho started\n",
    "empty": b"",
    "spaces": b"#!  /bin/sh  -e  \necho started\n",
    "unended": b"#!/bin/echo started\t",
}


@dataclass(frozen=True)
class Case:
    """A stage of the Dockerfile. `expected` are the ids of the problems, in order."""

    base: str
    lines: str
    expected: tuple[str, ...] = ()


CASES: Mapping[str, Case] = {
    # statically linked, and what isn't, with nothing around it
    "static": Case("scratch", 'COPY static /p\nCMD ["/p"]'),
    "static-pie": Case("scratch", 'COPY static-pie /p\nCMD ["/p"]'),
    "static-on-path": Case("scratch", 'COPY static /bin/p\nENTRYPOINT ["p"]'),
    "static-relative": Case("scratch", 'COPY static /app/bin/p\nWORKDIR /app\nENTRYPOINT ["bin/p"]'),
    "static-linked-to": Case("links", 'CMD ["/link"]'),
    "glibc-on-scratch": Case("scratch", 'COPY glibc /p\nCMD ["/p"]', ("no-loader",)),
    "missing": Case("scratch", 'COPY static /p\nCMD ["/q"]', ("not-found",)),
    "missing-on-path": Case("scratch", 'COPY static /p\nCMD ["p"]', ("not-found",)),
    "broken-link": Case("links", 'CMD ["/broken"]', ("not-found",)),
    "folder": Case("scratch", 'COPY static /a/p\nCMD ["/a"]', ("not-a-file",)),
    "no-mode-bit": Case("scratch", 'COPY no-mode /p\nCMD ["/p"]', ("not-executable",)),
    "wrong-machine": Case("scratch", 'COPY wrong-machine /p\nCMD ["/p"]', ("wrong-machine",)),
    "object": Case("scratch", 'COPY object /p\nCMD ["/p"]', ("no-program",)),
    "no-shell": Case("scratch", "COPY static /p\nCMD /p", ("no-shell",)),
    "no-shell-entrypoint": Case("scratch", "COPY static /p\nENTRYPOINT /p", ("no-shell",)),
    # a user whom nobody knows
    "unknown-user": Case("scratch", 'COPY static /p\nUSER app\nCMD ["/p"]', ("unknown-user",)),
    "user-by-number": Case("scratch", 'COPY static /p\nUSER 1000:1000\nCMD ["/p"]'),
    "known-user": Case("debian", 'COPY glibc /p\nUSER nobody:nogroup\nCMD ["/p"]'),
    "unknown-group": Case("debian", 'COPY glibc /p\nUSER nobody:app\nCMD ["/p"]', ("unknown-user",)),
    # musl
    "musl": Case("musl", 'COPY musl /p\nCMD ["/p"]'),
    "musl-static": Case("musl", "COPY musl-static /p\nCMD /p"),
    "glibc-on-musl": Case("musl", 'COPY glibc /p\nCMD ["/p"]', ("no-loader",)),
    "glibc-on-musl-by-shell": Case("musl", "COPY glibc /p\nCMD /p", ("no-loader",)),
    "musl-on-debian": Case("debian", 'COPY musl /p\nCMD ["/p"]', ("no-loader",)),
    "musl-library": Case("musl", 'COPY musl-needs /p\nCOPY libmusl/ /usr/lib/\nCMD ["/p"]'),
    "musl-library-missing": Case("musl", 'COPY musl-needs /p\nCMD ["/p"]', ("library-not-found",)),
    "musl-library-elsewhere": Case(
        "musl", 'COPY musl-needs /p\nCOPY libmusl/ /opt/\nCMD ["/p"]', ("library-not-found",)
    ),
    "musl-path-file": Case(
        "musl",
        'COPY musl-needs /p\nCOPY libmusl/ /opt/\nRUN echo /opt > /etc/ld-musl-x86_64.path\nCMD ["/p"]',
    ),
    # glibc
    "glibc": Case("debian", 'COPY glibc /p\nCMD ["/p"]'),
    "glibc-by-shell": Case("debian", "COPY glibc /p\nCMD exec /p --some=option"),
    "shell": Case("debian", "CMD echo started"),
    "library-missing": Case("debian", 'COPY needs /p\nCMD ["/p"]', ("library-not-found",)),
    "library-not-in-cache": Case(
        "debian", 'COPY needs /p\nCOPY lib/ /usr/local/lib/\nCMD ["/p"]', ("library-not-found",)
    ),
    "library-in-cache": Case("debian", 'COPY needs /p\nCOPY lib/ /usr/local/lib/\nRUN ldconfig\nCMD ["/p"]'),
    "library-in-usr-lib": Case("debian", 'COPY needs /p\nCOPY lib/ /usr/lib/\nCMD ["/p"]'),
    "behind-init": Case(
        "debian", 'COPY init /bin/tini\nCOPY glibc /p\nENTRYPOINT ["tini", "--"]\nCMD ["/p"]'
    ),
    "nothing-behind-init": Case(
        "debian", 'COPY init /bin/tini\nENTRYPOINT ["tini", "-g", "--"]\nCMD ["/p"]', ("not-found",)
    ),
    "no-libc-behind-init": Case(
        "scratch", 'COPY init /tini\nCOPY glibc /p\nENTRYPOINT ["/tini"]\nCMD ["/p"]', ("no-loader",)
    ),
    "library-new-enough": Case("debian", 'COPY needs-newer /p\nCOPY new/ /usr/lib/\nCMD ["/p"]'),
    "library-too-old": Case(
        "debian", 'COPY needs-newer /p\nCOPY old/ /usr/lib/\nCMD ["/p"]', ("library-too-old",)
    ),
    "library-path": Case(
        "debian", 'COPY needs /p\nCOPY lib/ /opt/lib/\nENV LD_LIBRARY_PATH=/x:/opt/lib\nCMD ["/p"]'
    ),
    "library-by-origin": Case(
        "debian", 'COPY needs-origin /opt/bin/p\nCOPY lib/ /opt/lib/\nCMD ["/opt/bin/p"]'
    ),
    "library-by-rpath": Case("debian", 'COPY needs-rpath /p\nCOPY lib/ /opt/lib/\nCMD ["/p"]'),
    "library-by-origin-missing": Case(
        "debian", 'COPY needs-origin /p\nCOPY lib/ /opt/lib/\nCMD ["/p"]', ("library-not-found",)
    ),
    "library-of-other-libc": Case(
        "musl",
        'COPY musl-needs /p\nCOPY wrong-machine /usr/lib/libhello.so.1\nCMD ["/p"]',
        ("library-not-found",),
    ),
    # scripts
    "script": Case("musl", 'COPY script /script\nCMD ["/script"]'),
    "spaces": Case("musl", 'COPY spaces /p\nCMD ["/p"]'),
    "unended": Case("musl", 'COPY unended /p\nCMD ["/p"]'),
    "by-env": Case("debian", 'COPY by-env /p\nCMD ["/p"]'),
    "through-script": Case("musl", 'COPY script through-script /\nCMD ["/through-script"]'),
    "by-env-missing": Case("debian", 'COPY by-env-missing /p\nCMD ["/p"]', ("no-interpreter",)),
    "by-env-options": Case("debian", 'COPY by-env-options /p\nCMD ["/p"]', ("no-interpreter",)),
    "by-env-windows": Case("debian", 'COPY by-env-windows /p\nCMD ["/p"]', ("windows-line-ends",)),
    "windows": Case("musl", 'COPY windows /p\nCMD ["/p"]', ("windows-line-ends",)),
    "no-interpreter": Case("musl", 'COPY no-interpreter /p\nCMD ["/p"]', ("no-interpreter",)),
    "script-on-scratch": Case("scratch", 'COPY script /p\nCMD ["/p"]', ("no-interpreter",)),
    "script-without-loader": Case(
        "scratch", 'COPY script /p\nCOPY glibc /bin/sh\nCMD ["/p"]', ("no-loader",)
    ),
    "no-line": Case("musl", 'COPY no-line /p\nCMD ["/p"]', ("no-program",)),
    "no-line-by-shell": Case("musl", "COPY no-line /p\nCMD /p"),
    "marked": Case("musl", 'COPY marked /p\nCMD ["/p"]', ("byte-order-mark",)),
    "nothing": Case("musl", 'COPY nothing /p\nCMD ["/p"]', ("no-program",)),
    "empty": Case("musl", 'COPY empty /p\nCMD ["/p"]', ("no-program",)),
    "two-words": Case("musl", 'COPY script /p\nENTRYPOINT ["/p"]\nCMD ["word"]'),
}
NEVER = [name for name, case in CASES.items() if case.expected]
WELL = [name for name, case in CASES.items() if not case.expected]


@dataclass
class Images:
    """The built images, listed."""

    engine: Engine
    tag: str
    layers: dict[Digest, LayerIndex] = field(default_factory=dict)
    ran: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    read: dict[str, tuple[Tree, ImageConfig]] = field(default_factory=dict)

    def problems(self, name: str) -> tuple[StartProblem, ...]:
        tree, config = self.image(name)
        return check_start(tree, config, config.platform)

    def image(self, name: str) -> tuple[Tree, ImageConfig]:
        if name not in self.read:
            with closing(open_image(f"docker-daemon:{self.tag}:{name}")) as image:
                config = image.config
                unknown = set(config.diff_ids) - self.layers.keys()
                if unknown:
                    self.layers.update((each.diff_id, each) for each in image.index_layers(unknown, EXPLAIN))
            self.read[name] = Tree(self.layers[diff_id] for diff_id in config.diff_ids), config
        return self.read[name]

    def make(self, name: str, folder: Path) -> None:
        """Builds an image and runs it."""
        target = ("--target", f"case-{name}", "--tag", f"{self.tag}:{name}")
        self.engine.docker("build", "--quiet", *target, folder, DOCKER_BUILDKIT="1")
        command = [client(), "run", "--rm", "--network=none", f"{self.tag}:{name}"]
        self.ran[name] = subprocess.run(
            command, env=self.engine.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    """All images, from one Dockerfile."""
    engine = usual_engine()
    base = debian_image()
    folder = tmp_path_factory.mktemp("start")
    _make_files(folder)
    stages = [
        f"FROM {base} AS debian",
        MUSL,
        "FROM scratch AS links\nCOPY links/ static /",
        *(f"FROM {case.base} AS case-{name}\n{case.lines}" for name, case in CASES.items()),
    ]
    (folder / "Dockerfile").write_text("\n".join(stages) + "\n")
    images = Images(engine, f"{TAG}-{uuid4().hex[:8]}")
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda name: images.make(name, folder), CASES))
        yield images
    finally:
        tags = [f"{images.tag}:{name}" for name in CASES]
        subprocess.run(
            [client(), "image", "rm", "--force", *tags],
            env=engine.environment,
            capture_output=True,
            check=False,
        )


def _make_files(folder: Path) -> None:
    for name, content in SCRIPTS.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
    sources = {"hello.c": PROGRAM, "library-user.c": WITH_LIBRARY, "library.c": LIBRARY, "init.c": INIT}
    for name, source in sources.items():
        (folder / name).write_text(source)
    subprocess.run(["sh", "-e", "-c", BUILD], cwd=folder, check=True)
    (folder / "object").chmod(0o755)
    (folder / "busybox").write_bytes(Path("/bin/busybox").read_bytes())
    (folder / "busybox").chmod(0o755)
    (folder / "no-mode").write_bytes((folder / "static").read_bytes())
    (folder / "no-mode").chmod(0o644)
    foreign = bytearray((folder / "static").read_bytes())
    struct.pack_into("<H", foreign, 18, 243)
    (folder / "wrong-machine").write_bytes(foreign)
    (folder / "wrong-machine").chmod(0o755)
    for into, library in (("lib", "libhello.so.1"), ("libmusl", "musl-libhello.so.1")):
        (folder / into).mkdir()
        (folder / library).rename(folder / into / "libhello.so.1")
    (folder / "links").mkdir()
    (folder / "links" / "link").symlink_to("/static")
    (folder / "links" / "broken").symlink_to("/nowhere")


@pytest.mark.parametrize("name", CASES)
def test_the_problems_of_an_image_are_found(name: str, images: Images) -> None:
    assert tuple(problem.id for problem in images.problems(name)) == CASES[name].expected


@pytest.mark.parametrize("name", WELL)
def test_what_nothing_is_said_of_starts(name: str, images: Images) -> None:
    done = images.ran[name]
    assert (done.returncode, done.stdout.split()[:1]) == (0, ["started"]), done.stderr


@pytest.mark.parametrize("name", NEVER)
def test_what_cannot_start_does_not(name: str, images: Images) -> None:
    done = images.ran[name]
    assert done.returncode != 0
    assert "started" not in done.stdout
    # the engine's own codes, the loader's, and 1 where runc hands on what `exec` said
    assert done.returncode in {1, 125, 126, 127}


@pytest.mark.parametrize("name", NEVER)
def test_what_it_will_say_is_what_it_says(name: str, images: Images) -> None:
    (problem,) = images.problems(name)
    _, quoted, said = problem.message.rpartition("will say `")
    if quoted:
        said = said.partition("`")[0].lower()
        assert said in images.ran[name].stderr.lower()


def test_a_finding_reads_like_a_colleague(images: Images) -> None:
    (problem,) = images.problems("glibc-on-musl-by-shell")
    assert problem.path == "/p"
    assert problem.message == (
        "/p is linked against glibc, but the image has only musl; the shell will say `not found`, though the "
        "file is there."
    )
    assert problem.hint == (
        "Link statically (-static), add gcompat (about 100 kB), or use a Debian base (about 75 MB)."
    )


def test_a_whole_debian_has_nothing_that_cannot_start(images: Images) -> None:
    tree, config = images.image("glibc")
    executables = [path for path in tree if facts_at(tree, path) and tree.get(path).mode & 0o111]  # type: ignore[union-attr] # it is there
    assert len(executables) > 300
    problems = [
        problem for path in executables for problem in check_executable(tree, path, config.platform, config)
    ]
    assert problems == []

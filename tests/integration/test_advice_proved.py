"""Every piece of advice, followed: the image is built again with it, and loses what was promised."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from support.advice import Kitchen, kitchen, prove

pytestmark = pytest.mark.engine

BUSYBOX = Path("/bin/busybox")
SMALL = r"""
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "mkdir", "-p", "/usr/bin", "/usr/sbin", "/sbin"]
RUN ["/bin/busybox", "--install", "-s"]
COPY tool /usr/local/bin/tool
RUN for name in apk npm yarn go cargo pip; do ln -s tool /usr/local/bin/$name; done \
 && mkdir -p /tmp /root /etc /usr/lib /srv
"""
TOOL = r"""#!/bin/sh
# Stands for package managers: leaves the files behind that they leave.
fill() { test ! -e "$1" || return 0; mkdir -p "${1%/*}"; head -c "$2" /dev/urandom > "$1"; }
case "${0##*/}" in
apk) fill /var/cache/apk/APKINDEX.066df28d.tar.gz 700000; fill "/usr/lib/lib$2.so.1" 50000 ;;
npm)
    fill /root/.npm/_cacache/content-v2/sha512/aa/bb 900000
    fill /root/.npm/_logs/debug-0.log 4000
    rm -rf node_modules
    fill node_modules/left/index.js 200000
    fill node_modules/left/test/all.js 150000
    ;;
yarn) fill /usr/local/share/.cache/yarn/v6/npm-left/index.js 400000; fill node_modules/left/index.js 200000 ;;
go)
    fill /root/.cache/go-build/aa/aa-d 600000
    fill /root/go/pkg/mod/example.org/m@v1/m.go 300000
    fill /usr/local/bin/program 100000
    ;;
cargo) fill /root/.cargo/registry/cache/index/serde.crate 500000; fill /usr/local/bin/program 100000 ;;
pip)
    fill /usr/lib/python3.12/site-packages/numbers/__init__.py 3000
    fill /usr/lib/python3.12/site-packages/numbers/__pycache__/__init__.cpython-312.pyc 300000
    fill /usr/lib/python3.12/site-packages/numbers/tests/test_all.py 450000
    ;;
esac
"""

Context = Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """Advice that an image earns; the Dockerfile that follows it by hand, where there is no text to paste."""

    id: str
    dockerfile: str
    context: Context | None = None
    by_hand: str | None = None
    unwanted: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.id


def files(**sizes: int) -> Context:
    """A build context; `__` in a name is a slash."""

    def write(folder: Path) -> None:
        for name, size in sizes.items():
            path = folder / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(Random(name).randbytes(size))  # noqa: S311 - no secret

    return write


REPOSITORY = files(main_DOT_py=500, _DOT_git__HEAD=20, _DOT_git__objects__pack__pack=800_000)
CHECKOUT = files(
    main_DOT_js=500,
    package_DOT_json=100,
    node_modules__left__index_DOT_js=300_000,
    tests__data_DOT_json=200_000,
    debug_DOT_log=150_000,
    lib__tests__fixture=90_000,
    _DOT_venv__pyvenv_DOT_cfg=80,
    _DOT_venv__bin__python=250_000,
)

QUICK = [
    Case("npm-cache", "FROM {base}\nWORKDIR /srv\nRUN npm ci \\\n && echo done > state\n"),
    Case("git-folder", "FROM {base}\nCOPY . /srv\n", REPOSITORY),
    Case(
        "metadata-copy", "FROM {base}\nCOPY data /srv/data\nRUN chown -R 7 /srv\n", files(data__a__b=300_000)
    ),
    Case("deleted-later", "FROM {base}\nRUN head -c 300000 /dev/urandom > /tmp/a\nRUN rm /tmp/a\n"),
]
SMALL_ONES = [
    Case("apk-cache", "FROM {base}\nRUN apk add curl\n"),
    Case("apk-cache", "FROM {base}\nRUN apk update\nRUN apk add curl\nRUN apk add git\n"),
    Case("yarn-cache", "FROM {base}\nWORKDIR /srv\nRUN yarn install; echo done > state\n"),
    Case("go-cache", "FROM {base}\nRUN go build\n"),
    Case("go-cache", "FROM {base}\nRUN go mod download\nRUN go build\n"),
    Case("cargo-cache", "FROM {base}\nRUN cargo build --release\n"),
    Case("git-folder", "FROM {base}\nCOPY . /srv\nRUN rm -rf /srv/.git\n", REPOSITORY),
    Case("git-folder", "FROM {base}\nCOPY . /srv\nRUN chown -R 7:7 /srv\n", REPOSITORY),
    Case(
        "git-folder",
        "FROM {base}\nRUN mkdir -p /srv/.git/objects && echo x > /srv/.git/HEAD"
        " && head -c 300000 /dev/urandom > /srv/.git/objects/pack\n",
    ),
    Case(
        "context-junk", "FROM {base}\nWORKDIR /srv\nCOPY . .\nRUN npm ci\n", CHECKOUT, unwanted=("npm-cache",)
    ),
    Case(
        "context-junk",
        "FROM {base}\nWORKDIR /srv\nRUN npm ci\nCOPY . .\nRUN chown -R 7:7 /srv\n",
        CHECKOUT,
        unwanted=("npm-cache",),
    ),
    Case(
        "metadata-copy",
        "FROM {base}\nCOPY data /srv/data\nRUN chown -R 7:8 /srv/data\n",
        files(data__a=300_000),
    ),
    Case(
        "metadata-copy", "FROM {base}\nCOPY data /srv/data\nRUN chown -R 7 /srv\n", files(data__a__b=300_000)
    ),
    Case("metadata-copy", "FROM {base}\nCOPY run /srv/run\nRUN chmod +x /srv/run\n", files(run=300_000)),
    Case(
        "metadata-copy",
        "FROM {base}\nRUN head -c 300000 /dev/urandom > /srv/a\nRUN chown -R 7:7 /srv\n",
    ),
    Case(
        "deleted-later",
        "FROM {base}\nRUN cd /tmp && head -c 300000 /dev/urandom > a\n"
        "RUN head -c 200000 /dev/urandom > /tmp/b \\\n  && cp /tmp/a /srv\nRUN rm /tmp/a /tmp/b; echo done\n",
    ),
    Case(
        "deleted-later",
        "FROM {base}\nCOPY a /tmp/a\nRUN cp /tmp/a /srv && rm /tmp/a\n",
        files(a=300_000),
        by_hand="FROM {base}\nRUN --mount=type=bind,source=a,target=/tmp/a cp /tmp/a /srv\n",
    ),
    Case("duplicates", "FROM {base}\nCOPY a /srv/a\nCOPY a /srv/b\n", files(a=1_500_000)),
    Case(
        "duplicates",
        "FROM {base}\nRUN head -c 1500000 /dev/urandom > /a && cp /a /b\n",
        by_hand="FROM {base}\nRUN head -c 1500000 /dev/urandom > /a && ln /a /b\n",
    ),
    Case("tests-shipped", "FROM {base}\nRUN pip install numbers\n"),
    Case("tests-shipped", "FROM {base}\nWORKDIR /srv\nRUN npm ci\n"),
    Case("pycache", "FROM {base}\nRUN pip install numbers\n"),
    Case(
        "docs-shipped",
        "FROM {base}\nRUN mkdir -p /usr/share/doc/x /usr/share/man/man1"
        " && head -c 90000 /dev/urandom > /usr/share/doc/x/NEWS && head -c 90000 /dev/urandom"
        " > /usr/share/man/man1/x && head -c 90000 /dev/urandom > /usr/share/doc/x/copyright\n",
    ),
    Case(
        "locales-shipped",
        "FROM {base}\nENV LANG=de_DE.UTF-8\nRUN for i in de de_AT en en_GB fr pt_BR sr@latin; do"
        " mkdir -p /usr/share/locale/$i && head -c 50000 /dev/urandom > /usr/share/locale/$i/x.mo; done\n",
    ),
    Case("static-archives", "FROM {base}\nRUN head -c 300000 /dev/urandom > /usr/lib/libx.a\n"),
]

HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'


def hello(folder: Path) -> None:
    (folder / "hello.c").write_text(HELLO)


NODE = """
FROM {base}
COPY node /usr/bin/node
COPY npm /usr/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/bin/npm && apt-get update \\
 && apt-get install -y --no-install-recommends libatomic1 libstdc++6 && npm --version && rm -rf /root/.npm
"""
PYTHON = """
FROM {base}
RUN rm -f /etc/dpkg/dpkg.cfg.d/* && apt-get update && apt-get install -y --no-install-recommends python3-pip
"""
PIP = (
    "RUN --mount=type=secret,id=ca,target=/ca.crt PIP_CERT=/ca.crt "
    "pip install --break-system-packages \\\n    {} attrs pygments\n"
)


def node_program(folder: Path) -> None:
    """This machine's Node and npm."""
    program = Path(shutil.which("node") or "").resolve()
    library = Path(shutil.which("npm") or "").resolve().parent.parent
    shutil.copy(program, folder / "node")
    shutil.copytree(library, folder / "npm", symlinks=True)


def node_project(folder: Path) -> None:
    """A project with one package that runs and one for its tests, both at hand without a network."""
    for name, size in (("left", 200_000), ("checker", 450_000)):
        package = folder / "vendor" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(json.dumps({"name": name, "version": "1.0.0"}))
        (package / "index.js").write_bytes(Random(name).randbytes(size))  # noqa: S311 - no secret
        subprocess.run(
            ["npm", "pack", "--pack-destination", ".."], cwd=package, check=True, capture_output=True
        )
        shutil.rmtree(package)
    needs = {"left": "file:vendor/left-1.0.0.tgz"}, {"checker": "file:vendor/checker-1.0.0.tgz"}
    manifest = {"name": "app", "version": "1.0.0", "dependencies": needs[0], "devDependencies": needs[1]}
    (folder / "package.json").write_text(json.dumps(manifest))


def many_symbols(folder: Path) -> None:
    functions = (f"int function_{number:0100}(int a) {{ return a + {number}; }}" for number in range(6_000))
    (folder / "hello.c").write_text("\n".join([*functions, HELLO]))


CLEAN = " && apt-get clean && rm -rf /var/lib/apt/lists/*\n"
TOOLS = (
    f"FROM {{base}}\nRUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev{CLEAN}"
)
TOOLS_STAGE = TOOLS.replace("{base}", "{base} AS build")
THOROUGH = [
    Case("apt-lists", "FROM {base}\nRUN apt-get update && apt-get install -y --no-install-recommends file\n"),
    Case(
        "apt-lists", "FROM {base}\nRUN apt-get update\nRUN apt-get install -y --no-install-recommends file\n"
    ),
    Case(
        "apt-recommends",
        f"FROM {{base}}\nRUN apt-get update && apt-get -y install git{CLEAN}",
    ),
    Case(
        "metadata-copy",
        "FROM {base}\nCOPY data /srv/data\nENV A=1\nCOPY more /srv/more\n"
        "RUN useradd app && chown -R app:app /srv && echo done > /srv/state\n",
        files(data__a=300_000, more__b=200_000),
    ),
    Case(
        "build-tools",
        f'{TOOLS}COPY hello.c /\nRUN gcc -s -o /hello /hello.c\nENTRYPOINT ["/hello"]\n',
        hello,
        by_hand=f"{TOOLS_STAGE}COPY hello.c /\nRUN gcc -s -o /hello /hello.c\n"
        'FROM {base}\nCOPY hello.c /\nCOPY --from=build /hello /hello\nENTRYPOINT ["/hello"]\n',
    ),
    Case(
        "scratch",
        f'{TOOLS}COPY hello.c /\nRUN gcc -static -o /hello /hello.c\nENTRYPOINT ["/hello"]\n',
        hello,
    ),
    Case(
        "scratch",
        f"{TOOLS_STAGE}COPY hello.c /\nRUN gcc -static -o /hello /hello.c\n"
        "FROM {base}\nLABEL a=b\nCOPY --from=build /hello /srv/hello\nCMD /srv/hello\n",
        hello,
    ),
    Case(
        "unstripped",
        f"{TOOLS}COPY hello.c /\nRUN gcc -g -static -o /hello /hello.c\n",
        many_symbols,
    ),
    Case(
        "unstripped",
        f"{TOOLS_STAGE}COPY hello.c /\nRUN mkdir /out && \\\n"
        "    gcc -static -o /out/hello /hello.c\nFROM {base}\nCOPY --from=build /out /usr/local/bin\n",
        many_symbols,
    ),
]


WITH_NODE = [
    Case("dev-dependencies", "FROM {base}\nWORKDIR /srv\nCOPY . .\nRUN npm install\n", node_project),
    Case("npm-cache", "FROM {base}\nWORKDIR /srv\nCOPY . .\nRUN npm install --omit=dev\n", node_project),
]
WITH_PYTHON = [
    Case("pip-cache", "FROM {base}\n" + PIP.format("--no-binary pygments")),
    Case("pycache", "FROM {base}\n" + PIP.format("--no-cache-dir")),
    Case("docs-shipped", f"FROM {{base}}\nRUN apt-get install -y --no-install-recommends perl-doc{CLEAN}"),
    Case("locales-shipped", f"FROM {{base}}\nRUN apt-get install -y --no-install-recommends git{CLEAN}"),
]


@pytest.fixture(scope="module")
def cook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kitchen]:
    with kitchen(tmp_path_factory.mktemp("advice")) as found:
        yield found


def small(folder: Path) -> None:
    shutil.copy(BUSYBOX, folder / "busybox")
    (folder / "tool").write_text(TOOL)
    (folder / "tool").chmod(0o755)


def assert_holds(cook: Kitchen, case: Case, base: str) -> None:
    proof = prove(
        cook,
        case.id,
        case.dockerfile,
        case.context,
        by_hand=case.by_hand,
        unwanted=case.unwanted,
        base=base,
    )
    assert proof.holds(), (proof.advice, proof.saved)


@pytest.mark.skipif(not BUSYBOX.exists(), reason="needs busybox-static")
@pytest.mark.parametrize("case", QUICK, ids=str)
def test_who_follows_advice_saves_what_was_promised(cook: Kitchen, case: Case) -> None:
    assert_holds(cook, case, cook.known(SMALL, small))


@pytest.mark.slow
@pytest.mark.skipif(not BUSYBOX.exists(), reason="needs busybox-static")
@pytest.mark.parametrize("case", SMALL_ONES, ids=str)
def test_every_advice_saves_what_was_promised(cook: Kitchen, case: Case) -> None:
    assert_holds(cook, case, cook.known(SMALL, small))


@pytest.mark.slow
@pytest.mark.parametrize("case", THOROUGH, ids=str)
def test_who_follows_advice_on_debian_saves_what_was_promised(cook: Kitchen, case: Case) -> None:
    assert_holds(cook, case, cook.base)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("npm"), reason="needs Node and npm")
@pytest.mark.parametrize("case", WITH_NODE, ids=str)
def test_who_follows_advice_on_node_saves_what_was_promised(cook: Kitchen, case: Case) -> None:
    assert_holds(cook, case, cook.known(NODE, node_program))


@pytest.mark.slow
@pytest.mark.parametrize("case", WITH_PYTHON, ids=str)
def test_who_follows_advice_on_python_saves_what_was_promised(cook: Kitchen, case: Case) -> None:
    assert_holds(cook, case, cook.known(PYTHON))

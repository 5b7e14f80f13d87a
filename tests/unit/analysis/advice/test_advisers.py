"""What each adviser sees, and what only looks like it."""

from __future__ import annotations

import pytest
from support.advice import facts_of
from support.layers import Entry, file, folder, hard_link, layer, whiteout

from bloatcheck.analysis.advice import ADVISERS, Advice, Facts, Program, advise
from bloatcheck.image.layer_index import LayerIndex

BASE = layer(folder("usr"), name="base")
BIG = 400_000


def found(facts: Facts, name: str) -> list[Advice]:
    return [advice for advice in advise(facts) if advice.id == name]


def one(facts: Facts, name: str) -> Advice:
    (advice,) = found(facts, name)
    return advice


def run(command: str, *entries: Entry, before: str = "", **more: object) -> Facts:
    """An image of a base and one RUN."""
    dockerfile = f"FROM debian\n{before}RUN {command}\n"
    return facts_of(
        BASE,
        layer(*entries),
        dockerfile=dockerfile,
        filled_by=[0, dockerfile.count("\n", 0, dockerfile.index("RUN ")) + 1],
        **more,  # type: ignore[arg-type] # a test's own
    )


def debian(*packages: tuple[str, str, int], auto: str = "", **more: object) -> Facts:
    """An image with packages: name, more of its fields, bytes. `auto`: those nobody asked for."""
    status, entries = "", []
    for name, fields, size in packages:
        status += (
            f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n{fields}\n"
        )
        listed = f"/usr/share/{name}/data\n".encode()
        entries.append(file(f"var/lib/dpkg/info/{name}.list", content=listed))
        entries.append(file(f"usr/share/{name}/data", size))
    states = "".join(f"Package: {name}\nArchitecture: amd64\nAuto-Installed: 1\n\n" for name in auto.split())
    return run(
        "apt-get install -y it",
        file("var/lib/dpkg/status", content=status.encode()),
        file("var/lib/apt/extended_states", content=states.encode()),
        *entries,
        **more,  # type: ignore[arg-type] # a test's own
    )


CACHES = [
    ("apt-lists", "var/lib/apt/lists/deb_main_Packages", "var/lib/apt/periodic/Packages"),
    ("apt-lists", "var/cache/apt/archives/git_1_amd64.deb", "srv/archives/git_1_amd64.deb"),
    ("apt-lists", "var/cache/apt/pkgcache.bin", "var/cache/apt/keys.gpg"),
    ("apk-cache", "var/cache/apk/APKINDEX.5022a8a2.tar.gz", "srv/APKINDEX.5022a8a2.tar.gz"),
    ("pip-cache", "root/.cache/pip/http-v2/a/b", "usr/lib/python3/dist-packages/pip/cache.py"),
    ("pip-cache", "home/app/.cache/uv/archive-v0/x", "srv/cache/uv/x"),
    ("npm-cache", "root/.npm/_cacache/content-v2/sha512/a", "srv/.npm/notes.txt"),
    ("npm-cache", "root/.cache/node-gyp/20/include/node.h", "usr/lib/node_modules/node-gyp/gyp.py"),
    ("yarn-cache", "usr/local/share/.cache/yarn/v6/npm-left/a", "srv/.yarn/cache/left-npm-1.zip"),
    ("yarn-cache", "root/.local/share/pnpm/store/v3/files/00/a", "srv/store/files/00/a"),
    ("go-cache", "root/.cache/go-build/00/a-d", "usr/local/go/src/cmd/go/main.go"),
    ("go-cache", "go/pkg/mod/example.org/m@v1/m.go", "srv/pkg/mod/m.go"),
    ("cargo-cache", "usr/local/cargo/registry/src/serde/lib.rs", "usr/local/cargo/bin/cargo"),
    ("cargo-cache", "home/app/.cargo/registry/cache/serde.crate", "home/app/.cargo/env"),
]


@pytest.mark.parametrize(("name", "path", "alike"), CACHES, ids=[f"{case[0]} {case[1]}" for case in CACHES])
def test_a_cache_is_found_and_what_is_only_called_alike_is_not(name: str, path: str, alike: str) -> None:
    advice = one(run("true", file(path, BIG)), name)
    assert advice.saves == BIG
    assert advice.paths == (f"/{path}",)
    assert advice.layer == 1
    assert not found(run("true", file(alike, BIG)), name)


@pytest.mark.parametrize("name", sorted(set(ADVISERS) - {"scratch", "git-folder", "smaller-base"}))
def test_the_base_images_bytes_are_nobodys_fault(name: str) -> None:
    paths = [path for each, path, _ in CACHES if each == name] or ["usr/share/man/man1/ls.1"]
    base = layer(*(file(path, BIG) for path in paths))
    assert not found(facts_of(base, layer(), dockerfile="FROM a\nRUN b\n", filled_by=[0, 2]), name)


def test_apt_empties_its_lists_where_it_filled_them() -> None:
    advice = one(
        run("apt-get update && apt-get install -y git", file("var/lib/apt/lists/a", BIG)), "apt-lists"
    )
    assert advice.replacement == (
        "RUN apt-get update && apt-get install -y git && apt-get clean && rm -rf /var/lib/apt/lists/*"
    )
    assert advice.place
    assert (advice.place.file, advice.place.line) == ("Dockerfile", 2)


def test_lists_that_a_later_instruction_needs_are_removed_after_it() -> None:
    dockerfile = "FROM debian\nRUN apt-get update\nRUN apt-get install -y git\n"
    facts = facts_of(
        BASE,
        layer(file("var/lib/apt/lists/a", BIG)),
        layer(file("var/cache/apt/pkgcache.bin", BIG)),
        dockerfile=dockerfile,
        filled_by=[0, 2, 3],
    )
    advice = one(facts, "apt-lists")
    assert advice.saves == 2 * BIG
    assert advice.place
    assert (advice.place.line, advice.place.end_line) == (2, 3)
    assert advice.replacement == (
        "RUN apt-get update \\\n    && apt-get install -y git \\\n"
        "    && apt-get clean && rm -rf /var/lib/apt/lists/*"
    )


def test_lists_that_are_needed_across_a_copy_get_no_text() -> None:
    facts = facts_of(
        BASE,
        layer(file("var/lib/apt/lists/a", BIG)),
        dockerfile="FROM debian\nRUN apt-get update\nCOPY a /\nRUN apt-get install -y git\n",
        filled_by=[0, 2],
    )
    advice = one(facts, "apt-lists")
    assert advice.replacement is None
    assert "stage of its own" in advice.message


def test_pip_is_told_to_keep_nothing() -> None:
    advice = one(
        run("pip install \\\n  flask && pip3 install -r r.txt", file("root/.cache/pip/a", BIG)), "pip-cache"
    )
    assert advice.replacement == (
        "RUN pip install --no-cache-dir \\\n  flask && pip3 install --no-cache-dir -r r.txt"
    )


def test_what_a_hard_link_keeps_is_not_saved() -> None:
    entries = [file("root/.cache/uv/a", BIG), hard_link("usr/lib/python3/a", "root/.cache/uv/a")]
    assert not found(run("uv sync", *entries), "pip-cache")
    assert found(run("uv sync", *entries, file("root/.cache/uv/b", BIG)), "pip-cache")[0].saves == BIG


def test_read_only_modules_of_another_user_are_made_writable_first() -> None:
    facts = run("go build", file("home/app/go/pkg/mod/m.go", BIG, uid=1000))
    replacement = one(facts, "go-cache").replacement
    assert replacement
    assert replacement.endswith("&& chmod -R u+w /home/app/go/pkg/mod && rm -rf /home/app/go/pkg/mod")


# git-folder ------------------------------------------------------------------------------------------------


def test_a_repository_is_told_however_small_it_is() -> None:
    advice = one(
        run("git clone x /srv", file("srv/.git/HEAD", 20), file("srv/.git/config", 90)), "git-folder"
    )
    assert advice.saves == 110
    assert advice.replacement == "RUN git clone x /srv && rm -rf /srv/.git"


def test_a_repository_that_came_with_the_context_is_kept_out_of_it() -> None:
    facts = facts_of(
        BASE,
        layer(file("srv/.git/HEAD", 20), file("srv/a", 1)),
        dockerfile="FROM debian\nCOPY . /srv\n",
        filled_by=[0, 2],
    )
    advice = one(facts, "git-folder")
    assert (advice.replacement, advice.append_to) == ("**/.git\n", ".dockerignore")


def test_a_folder_called_git_that_is_no_repository_is_none() -> None:
    assert not found(run("true", file("srv/.git/config", 90), file("srv/.github/HEAD", 9)), "git-folder")


def test_a_repository_that_is_deleted_later_can_still_be_read() -> None:
    facts = facts_of(BASE, layer(file("srv/.git/HEAD", 20)), layer(whiteout("srv/.git")), filled_by=[0, 0, 0])
    assert one(facts, "git-folder").layer == 1


# context-junk ----------------------------------------------------------------------------------------------


def copied(instruction: str, *entries: Entry, after: str = "", later: LayerIndex | None = None) -> Facts:
    layers = [BASE, layer(*entries), *([later] if later else [])]
    return facts_of(
        *layers,
        dockerfile=f"FROM node\nWORKDIR /srv\n{instruction}\n{after}",
        filled_by=[0, 3, 4][: len(layers)],
    )


def test_what_a_checkout_has_besides_the_program_is_named_with_its_lines() -> None:
    advice = one(
        copied(
            "COPY . .",
            file("srv/app.js", 100),
            file("srv/tests/a", BIG),
            file("srv/deep/__pycache__/a.pyc", BIG),
            file("srv/npm-debug.log", BIG),
        ),
        "context-junk",
    )
    assert advice.saves == 3 * BIG
    assert (advice.replacement, advice.append_to) == ("**/*.log\n**/__pycache__\ntests\n", ".dockerignore")


def test_packages_are_junk_only_where_the_image_installs_them() -> None:
    entries = [file("srv/app.js", 1), file("srv/node_modules/left/a.js", BIG)]
    installed = layer(file("srv/node_modules/left/a.js", BIG + 1))
    assert not found(copied("COPY . .", *entries), "context-junk")
    assert not found(copied("COPY . .", *entries, after="RUN make\n", later=installed), "context-junk")
    assert not found(copied("COPY . .", *entries, after="RUN npm run x\n", later=layer()), "context-junk")
    assert found(copied("COPY . .", *entries, after="RUN npm ci\n", later=installed), "context-junk")


@pytest.mark.parametrize(
    "instruction", ["COPY tests /srv/tests", "COPY --from=build /srv /srv", 'COPY ["tests", "/srv/"]']
)
def test_what_is_named_or_made_is_no_junk(instruction: str) -> None:
    assert not found(copied(instruction, file("srv/a", 1), file("srv/tests/a", BIG)), "context-junk")


def test_tests_deep_within_a_program_may_be_something_else() -> None:
    assert not found(copied("COPY . .", file("srv/a", 1), file("srv/lib/x/tests/a", BIG)), "context-junk")


def test_a_virtual_environment_that_the_image_starts_from_stays() -> None:
    layers = [BASE, layer(file("srv/a", 1), file("srv/.venv/bin/python", BIG))]
    facts = facts_of(
        *layers, dockerfile="FROM a\nCOPY . /srv\n", filled_by=[0, 2], cmd=("/srv/.venv/bin/python",)
    )
    assert not found(facts, "context-junk")


# metadata-copy and deleted-later ---------------------------------------------------------------------------


def test_a_chown_of_what_was_copied_becomes_the_copys() -> None:
    old, new = file("srv/a", content=b"x" * BIG), file("srv/a", content=b"x" * BIG, uid=1000)
    facts = facts_of(
        BASE,
        layer(folder("srv"), old),
        layer(new),
        dockerfile="FROM debian\nCOPY a /srv/\n# mine\nRUN chown -R app:app /srv\n",
        filled_by=[0, 2, 4],
    )
    advice = one(facts, "metadata-copy")
    assert advice.saves == BIG
    assert advice.replacement == "COPY --chown=app:app a /srv/\nRUN chown app:app /srv"
    assert advice.place
    assert (advice.place.line, advice.place.end_line) == (2, 4)


def test_a_chown_of_only_some_of_it_gets_no_text() -> None:
    same = [file(f"srv/{name}", content=name.encode() * BIG) for name in "ab"]
    facts = facts_of(
        BASE,
        layer(*same),
        layer(file("srv/a", content=b"a" * BIG, uid=7)),
        dockerfile="FROM debian\nCOPY . /srv/\nRUN chown 7 /srv/a\n",
        filled_by=[0, 2, 3],
    )
    assert one(facts, "metadata-copy").replacement is None


def test_a_file_with_new_content_is_no_copy() -> None:
    facts = facts_of(
        BASE, layer(file("a", content=b"x" * BIG)), layer(file("a", content=b"y" * BIG)), filled_by=[0, 0, 0]
    )
    assert not found(facts, "metadata-copy")


def test_two_commands_of_which_one_deletes_become_one() -> None:
    facts = facts_of(
        BASE,
        layer(file("tmp/a", BIG)),
        layer(whiteout("tmp/a")),
        dockerfile="FROM debian\nRUN fetch /tmp/a\nRUN use /tmp/a && \\\n    rm /tmp/a\n",
        filled_by=[0, 2, 3],
    )
    advice = one(facts, "deleted-later")
    assert advice.saves == BIG
    assert advice.replacement == "RUN fetch /tmp/a \\\n    && use /tmp/a && \\\n    rm /tmp/a"


def test_what_is_deleted_where_it_was_made_is_gone() -> None:
    assert not found(run("fetch a && rm a", file("b", 1)), "deleted-later")


def test_deleting_from_the_base_image_is_said_to_be_of_no_use() -> None:
    facts = facts_of(
        layer(file("usr/big", 5_000_000)),
        layer(whiteout("usr/big")),
        dockerfile="FROM debian\nRUN rm /usr/big\n",
        filled_by=[0, 2],
    )
    advice = one(facts, "deleted-later")
    assert advice.saves is None
    assert "no smaller" in advice.message


# Packages --------------------------------------------------------------------------------------------------


def test_recommended_packages_are_weighed_and_left_out() -> None:
    facts = debian(
        ("git", "Depends: perl\nRecommends: less, ssh\n", BIG),
        ("perl", "", BIG),
        ("less", "", 2 * BIG),
        ("ssh", "", BIG),
        auto="perl less ssh",
    )
    advice = one(facts, "apt-recommends")
    assert advice.saves is not None
    assert 3 * BIG <= advice.saves < 3 * BIG + 200
    assert "less and ssh" in advice.message
    assert advice.replacement == "RUN apt-get install --no-install-recommends -y it"


def test_recommended_packages_that_somebody_asked_for_are_wanted() -> None:
    packages = [("git", "Recommends: less\n", BIG), ("less", "", BIG)]
    assert not found(debian(*packages), "apt-recommends")


def test_build_tools_are_weighed_with_what_only_they_need() -> None:
    facts = debian(
        ("gcc", "Depends: cpp-12, libc6\n", BIG),
        ("cpp-12", "Depends: libmpc3\n", BIG),
        ("libmpc3", "", BIG),
        ("libc6", "", BIG),
        ("git", "Depends: libc6\n", BIG),
        auto="cpp-12 libmpc3 libc6",
    )
    advice = one(facts, "build-tools")
    assert advice.saves is not None
    assert 3 * BIG <= advice.saves < 3 * BIG + 200
    assert "gcc" in advice.message


def test_a_library_that_a_program_is_linked_against_is_no_build_tool() -> None:
    packages = [("libpq-dev", "Depends: libpq5\n", BIG), ("libpq5", "", BIG)]
    program = Program(static=False, needs=[b"data"])
    alone = one(debian(*packages, auto="libpq5"), "build-tools")
    linked = one(debian(*packages, auto="libpq5", programs={"var/lib/dpkg/status": program}), "build-tools")
    assert alone.saves
    assert linked.saves
    assert alone.saves - linked.saves >= BIG


@pytest.mark.parametrize("name", ["udev", "makedev", "libmake", "gcc-12-base", "device-tree"])
def test_what_is_only_called_like_a_build_tool_is_none(name: str) -> None:
    assert not found(debian((name, "", BIG)), "build-tools")


LOCK = """{"packages": {"node_modules/left": {}, "node_modules/jest": {"dev": true}}}"""


def node(command: str, *, lock: str = LOCK, after: str = "") -> Facts:
    return facts_of(
        BASE,
        layer(
            file("srv/package.json", content=b'{"dependencies": {"left": "1"}}'),
            file("srv/node_modules/.package-lock.json", content=lock.encode()),
            file("srv/node_modules/left/package.json", content=b'{"name": "left", "version": "1"}'),
            file("srv/node_modules/left/a.js", BIG),
            file("srv/node_modules/jest/package.json", content=b'{"name": "jest", "version": "2"}'),
            file("srv/node_modules/jest/a.js", BIG),
        ),
        dockerfile=f"FROM node\nRUN {command}\n{after}",
        filled_by=[0, 2],
    )


@pytest.mark.parametrize(
    ("command", "replacement"),
    [
        ("npm ci", "npm ci --omit=dev"),
        ("cd /srv && npm install --no-audit", "cd /srv && npm install --omit=dev --no-audit"),
        ("yarn install --frozen-lockfile", "yarn install --production --frozen-lockfile"),
        ("pnpm install", "pnpm install --prod"),
    ],
)
def test_packages_for_development_are_left_out(command: str, replacement: str) -> None:
    advice = one(node(command), "dev-dependencies")
    assert advice.saves
    assert BIG <= advice.saves < BIG + 100
    assert advice.replacement == f"RUN {replacement}"


def test_packages_that_something_is_built_with_go_in_a_stage() -> None:
    advice = one(node("npm ci", after="RUN npm run build\n"), "dev-dependencies")
    assert advice.replacement is None
    assert "stage of its own" in advice.message


def test_packages_that_run_are_no_development() -> None:
    assert not found(node("npm ci", lock=LOCK.replace('"dev": true', "")), "dev-dependencies")


# Files that nobody reads -----------------------------------------------------------------------------------

UNREAD = [
    (
        "tests-shipped",
        "usr/lib/python3.12/site-packages/x/tests/a.py",
        "usr/lib/python3.12/site-packages/tests_x/a",
    ),
    ("tests-shipped", "srv/node_modules/left/test/a.js", "srv/node_modules/test/a.js"),
    ("tests-shipped", "srv/node_modules/@a/b/__tests__/a.js", "srv/node_modules/@test/b/a.js"),
    ("tests-shipped", "usr/local/lib/python3.12/test/a.py", "usr/local/lib/python3.12/unittest/a.py"),
    ("pycache", "usr/lib/python3/dist-packages/__pycache__/a.cpython-311.pyc", "srv/a.pyc"),
    ("docs-shipped", "usr/share/doc/git/RelNotes.txt", "usr/share/doc/git/copyright"),
    ("docs-shipped", "usr/share/man/man1/git.1.gz", "usr/share/manifest/git"),
    ("locales-shipped", "usr/share/locale/fr/LC_MESSAGES/a.mo", "usr/share/locale/en_GB/LC_MESSAGES/a.mo"),
    ("locales-shipped", "usr/share/locale/pt_BR/LC_MESSAGES/a.mo", "usr/share/locale/locale.alias"),
    ("static-archives", "usr/local/lib/libx.a", "usr/local/lib/libx.so.1"),
    ("static-archives", "opt/x/libx.a", "opt/x/notes.a"),
]


@pytest.mark.parametrize(("name", "path", "alike"), UNREAD, ids=[f"{case[0]} {case[1]}" for case in UNREAD])
def test_files_that_nobody_reads_are_found_and_those_alike_are_not(name: str, path: str, alike: str) -> None:
    advice = one(run("make install", file(path, BIG)), name)
    assert advice.saves == BIG
    assert advice.replacement
    assert advice.replacement.startswith("RUN make install && ")
    assert not found(run("make install", file(alike, BIG)), name)


def test_the_language_that_the_image_speaks_stays() -> None:
    path = "usr/share/locale/fr/LC_MESSAGES/a.mo"
    assert not found(run("x", file(path, BIG), env=("LANG=fr_FR.UTF-8",)), "locales-shipped")


def test_a_debian_package_keeps_its_static_libraries() -> None:
    facts = run(
        "apt-get install -y libc6-dev",
        file(
            "var/lib/dpkg/status", content=b"Package: libc6-dev\nStatus: install ok installed\nVersion: 1\n\n"
        ),
        file("var/lib/dpkg/info/libc6-dev.list", content=b"/usr/lib/libc.a\n"),
        file("usr/lib/libc.a", BIG),
    )
    assert not found(facts, "static-archives")


# Copies, programs, bases -----------------------------------------------------------------------------------


def test_the_same_content_twice_is_linked() -> None:
    content = b"x" * 1_500_000
    facts = facts_of(
        BASE,
        layer(file("srv/a", content=content)),
        layer(file("srv/b", content=content)),
        dockerfile="FROM debian\nCOPY a /srv/a\nCOPY a /srv/b\n",
        filled_by=[0, 2, 3],
    )
    advice = one(facts, "duplicates")
    assert (advice.saves, advice.replacement) == (len(content), "RUN ln -s /srv/a /srv/b")


def test_the_same_size_is_not_the_same_content() -> None:
    facts = run("x", file("a", content=b"x" * 1_500_000), file("b", content=b"y" * 1_500_000))
    assert not found(facts, "duplicates")


def test_two_names_of_one_file_cost_nothing() -> None:
    assert not found(run("x", file("a", content=b"x" * 1_500_000), hard_link("b", "a")), "duplicates")


@pytest.mark.parametrize(
    ("command", "replacement"),
    [
        ("gcc -O2 -o /hello hello.c", "gcc -s -O2 -o /hello hello.c"),
        (
            "make && CGO_ENABLED=0 go build -o /hello",
            "make && CGO_ENABLED=0 go build -ldflags='-s -w' -o /hello",
        ),
        ("cargo build --release", "cargo build --config profile.release.strip=true --release"),
    ],
)
def test_symbols_are_left_out_where_the_program_is_linked(command: str, replacement: str) -> None:
    programs = {"hello": Program(static=True, symbols=BIG)}
    advice = one(run(command, file("hello", 3 * BIG), programs=programs), "unstripped")
    assert (advice.saves, advice.replacement) == (BIG, f"RUN {replacement}")


def test_symbols_are_left_out_in_the_stage_that_the_program_comes_from() -> None:
    facts = facts_of(
        BASE,
        layer(file("hello", 3 * BIG)),
        dockerfile="FROM gcc AS build\nRUN gcc hello.c\nFROM debian\nCOPY --from=build /hello /\n",
        filled_by=[0, 4],
        programs={"hello": Program(static=True, symbols=BIG)},
    )
    advice = one(facts, "unstripped")
    assert advice.replacement == "RUN gcc -s hello.c"
    assert advice.place
    assert advice.place.line == 2


@pytest.mark.parametrize("command", ["go build -ldflags='-s -w'", "apt-get install -y gcc", "./build"])
def test_where_no_link_is_in_sight_no_text_is_made_up(command: str) -> None:
    programs = {"hello": Program(static=True, symbols=BIG)}
    assert one(run(command, file("hello", 3 * BIG), programs=programs), "unstripped").replacement is None


def test_a_stripped_program_has_nothing_to_lose() -> None:
    programs = {"hello": Program(static=True, symbols=0)}
    assert not found(run("gcc a.c", file("hello", 3 * BIG), programs=programs), "unstripped")


def hello(*entries: Entry, dockerfile: str | None = None, static: bool = True) -> Facts:
    return facts_of(
        layer(file("usr/lib/libc.so.6", 70_000_000)),
        layer(file("hello", 800_000), *entries),
        dockerfile=dockerfile or 'FROM debian\nRUN gcc -static -o /hello hello.c\nENTRYPOINT ["/hello"]\n',
        filled_by=[0, 2],
        programs={"hello": Program(static=static)},
        entrypoint=("/hello",),
    )


def test_a_static_program_that_stands_alone_can_be_the_whole_image() -> None:
    advice = one(hello(file("hello.c", 500)), "scratch")
    assert advice.saves == 70_000_500
    assert advice.replacement == (
        "FROM debian AS program\nRUN gcc -static -o /hello hello.c\n\n"
        'FROM scratch\nCOPY --from=program /hello /hello\nENTRYPOINT ["/hello"]'
    )


def test_a_program_that_needs_more_than_itself_stays_where_it_is() -> None:
    assert not found(hello(static=False), "scratch")
    assert not found(hello(file("srv/templates/index.html", BIG)), "scratch")
    named = 'FROM debian\nRUN gcc hello.c\nUSER app\nENTRYPOINT ["/hello"]\n'
    assert not found(hello(dockerfile=named), "scratch")


@pytest.mark.parametrize(
    ("base", "sibling"),
    [
        ("python:3.12", "python:3.12-slim"),
        ("python:3.12-bookworm", "python:3.12-bookworm-slim"),
        ("python", "python:slim"),
        ("docker.io/library/node:22", "docker.io/library/node:22-slim"),
        ("debian:bookworm", "debian:bookworm-slim"),
        ("eclipse-temurin:21-jdk", "eclipse-temurin:21-jre"),
        ("eclipse-temurin:21-jdk-jammy", "eclipse-temurin:21-jre-jammy"),
    ],
)
def test_a_base_with_a_smaller_sibling_names_it(base: str, sibling: str) -> None:
    facts = facts_of(BASE, layer(), dockerfile=f"FROM {base} AS app\nRUN x\n", filled_by=[0, 2])
    advice = one(facts, "smaller-base")
    assert advice.replacement == f"FROM {sibling} AS app"
    assert advice.about
    assert advice.saves is None


def test_the_base_of_a_stage_that_others_begin_with_is_the_base() -> None:
    text = "FROM node:22 AS base\nRUN a\nFROM base\nRUN b\n"
    advice = one(facts_of(BASE, layer(), dockerfile=text, filled_by=[0, 4]), "smaller-base")
    assert advice.place
    assert advice.place.line == 1


@pytest.mark.parametrize(
    "base",
    ["python:3.12-slim", "python:3.12-alpine", "scratch", "acme/python:3.12", "ghcr.io/x/node:22", "$BASE"],
)
def test_a_base_that_is_small_or_unknown_has_none(base: str) -> None:
    facts = facts_of(BASE, layer(), dockerfile=f"FROM {base}\nRUN x\n", filled_by=[0, 2])
    assert not found(facts, "smaller-base")

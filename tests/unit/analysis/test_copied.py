"""From copied files back to the lines of the stages that made them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.copied import MAX_PATHS, Origin, origins, sizes_by_origin
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.platform import Platform

AMD64 = Platform("linux", "amd64")


def origin_of(dockerfile: str, path: str, build_args: dict[str, str | None] | None = None) -> Origin | None:
    """The origin of a path that the last instruction copies."""
    instructions = parse_dockerfile(dockerfile)
    found = origins(instructions[-1], instructions, [path.encode()], platform=AMD64, build_args=build_args)
    return found.get(path.encode())


def told(
    dockerfile: str, path: str, build_args: dict[str, str | None] | None = None
) -> tuple[list[int], bool, str | None] | None:
    origin = origin_of(dockerfile, path, build_args)
    if origin is None:
        return None
    return [each.line for each in origin.instructions], origin.certain, origin.image


BUILD = "FROM golang AS build\nWORKDIR /src\nCOPY . .\n"
"""Three lines."""


@pytest.mark.parametrize(
    "run",
    [
        "RUN go build -o /out/app ./cmd",
        "RUN go build -o ../out/app",
        "RUN cd /out && go build -o app",
        "RUN CGO_ENABLED=0 make > /out/app",
        "RUN make && cp target/app /out/app",
        "RUN make && install -m 755 -D target/app /out/",
        "RUN make && mv app /out",
        'RUN ["gcc", "-o", "/out/app", "x.c"]',
        "RUN curl -fsSLo x https://e.org && curl -o /out/app https://e.org",
        "RUN make OUTPUT=/out/app",
        "RUN make --prefix /out",
        "RUN tar -x -C /out -f x.tar",
        "ENV OUT=/out\nRUN make -o $OUT/app",
        "ARG OUT=/out\nRUN make -o ${OUT}/app",
        "ARG TARGETARCH\nRUN make -o /out/app && mv x-$TARGETARCH y",
        "RUN <<EOF\ncd /out\nmake -o app\nEOF",
    ],
)
def test_a_line_that_names_the_file_or_its_own_directory_made_it(run: str) -> None:
    dockerfile = (
        f"{BUILD}RUN mkdir -p /out\n{run}\nRUN strip /out/app; ls -l\n"
        "FROM scratch\nCOPY --from=build /out/app /app\n"
    )
    line = 4 + run.partition("<<")[0].count("\n") + 1
    assert told(dockerfile, "app") == ([line], True, None)


@pytest.mark.parametrize(
    ("copy", "path"),
    [
        ("/out/app /usr/bin/app", "usr/bin/app"),
        ("/out/app /usr/bin/", "usr/bin/app"),
        ("/out/app /lib/x /usr/bin/", "usr/bin/app"),
        ("/out /usr/bin", "usr/bin/app"),
        ("/out/ /usr/bin/", "usr/bin/app"),
        ("out/a* /usr/bin/", "usr/bin/app"),
        ('["/out/app", "/usr/bin/app"]', "usr/bin/app"),
        ("--parents /out/app /usr", "usr/out/app"),
        ("--chown=1:1 --link /out/app /usr/bin/app", "usr/bin/app"),
        ("$DIR/app /usr/bin/app", "usr/bin/app"),
        ("/ /", "out/app"),
    ],
)
def test_a_path_in_the_image_is_traced_to_its_path_in_the_stage(copy: str, path: str) -> None:
    flags, _, words = copy.rpartition("1 --link ")
    dockerfile = (
        f"{BUILD}RUN go build -o /out/app\nFROM scratch\nENV DIR=/out\n"
        f"COPY --from=build {flags}{'1 --link ' if flags else ''}{words}\n"
    )
    assert told(dockerfile, path) == ([4], True, None)


def test_what_a_copy_did_not_bring_is_left_out() -> None:
    dockerfile = f"{BUILD}FROM scratch\nCOPY --from=build /src/a /usr/bin/\n"
    assert told(dockerfile, "etc/passwd") is None
    assert told("FROM scratch\nCOPY a /a\n", "a") is None
    assert told("FROM scratch\nRUN a\n", "a") is None


def test_a_file_that_the_context_brought_is_the_stages_copy() -> None:
    stage = "FROM scratch AS files\nCOPY etc/app.conf /conf/\n"
    assert told(f"{stage}FROM debian\nCOPY --from=files /conf/app.conf /etc/\n", "etc/app.conf") == (
        [2],
        True,
        None,
    )


def test_where_several_lines_may_have_made_it_all_are_told_and_none_for_certain() -> None:
    dockerfile = f"{BUILD}RUN cargo build --release\nFROM scratch\nCOPY --from=build /src/target/app /\n"
    assert told(dockerfile, "app") == ([3, 4], False, None)


def test_where_no_text_speaks_the_stages_base_may_have_it_too() -> None:
    dockerfile = (
        "FROM python:3 AS build\nRUN pip install x\nFROM scratch\nCOPY --from=build /usr/local /usr/local\n"
    )
    assert told(dockerfile, "usr/local/lib/x.py") == ([1, 2], False, "python:3")
    only_base = "FROM python:3 AS build\nENV A=b\nFROM scratch\nCOPY --from=build /usr/local /usr/local\n"
    assert told(only_base, "usr/local/lib/x.py") == ([1], False, "python:3")


def test_on_scratch_the_only_line_made_it() -> None:
    dockerfile = "FROM scratch AS build\nADD root.tar /\nFROM debian\nCOPY --from=build /usr /usr\n"
    assert told(dockerfile, "usr/x") == ([2], True, None)


def test_a_file_is_followed_through_several_stages() -> None:
    dockerfile = """\
FROM golang AS compile
RUN go build -o /app
FROM debian AS collect
COPY --from=compile /app /out/
FROM collect AS more
RUN true
FROM scratch
COPY --from=more /out/app /bin/app
"""
    assert told(dockerfile, "bin/app") == ([2], True, None)


def test_a_stage_is_found_by_its_number_and_only_above() -> None:
    dockerfile = "FROM golang\nRUN go build -o /app\nFROM scratch\nCOPY --from=0 /app /app\n"
    assert told(dockerfile, "app") == ([2], True, None)
    itself = "FROM golang AS a\nRUN go build -o /app\nCOPY --from=a /app /app\n"
    assert told(itself, "app") == ([3], True, "a")


def test_an_image_that_is_no_stage_is_named() -> None:
    assert told("FROM debian\nCOPY --from=nginx:1 /etc/nginx /etc/nginx\n", "etc/nginx/x") == (
        [2],
        True,
        "nginx:1",
    )


def test_build_arguments_tell_the_path() -> None:
    dockerfile = "FROM golang AS b\nARG OUT=/x\nRUN make -o $OUT\nFROM scratch\nCOPY --from=b /y /y\n"
    assert told(dockerfile, "y", {"OUT": "/y"}) == ([3], True, None)
    assert told(dockerfile, "y") == ([1, 3], False, "golang")


def test_a_ring_of_stages_ends() -> None:
    dockerfile = "FROM b AS a\nCOPY --from=b /x /x\nFROM a AS b\nCOPY --from=a /x /x\n"
    assert told(dockerfile, "x") == ([2], True, "b")


def test_a_file_is_followed_through_so_many_stages_and_no_further() -> None:
    stages = "".join(f"FROM scratch AS s{n + 1}\nCOPY --from=s{n} /x /x\n" for n in range(2000))
    origin = origin_of(f"FROM scratch AS s0\nCOPY x /x\n{stages}", "x")
    assert origin is not None
    assert not origin.certain


def test_bytes_are_added_up_by_their_origin() -> None:
    dockerfile = parse_dockerfile(
        "FROM golang AS b\nRUN make DESTDIR=/out/one\nRUN make DESTDIR=/out/two\n"
        "FROM scratch\nCOPY --from=b /out /opt\n"
    )
    sizes = {b"opt/one/a": 1, b"opt/two/b": 5, b"opt/one/c": 2, b"etc/passwd": 100}
    found = sizes_by_origin(dockerfile[-1], dockerfile, sizes, platform=AMD64)
    assert [(origin.instructions[0].line, origin.certain, size) for origin, size in found] == [
        (3, True, 5),
        (2, True, 3),
    ]
    assert sizes_by_origin(dockerfile[1], dockerfile, sizes, platform=AMD64) == ()


@pytest.mark.parametrize("piece", ["$a", "${", "a/", "../", "> ", "; cd a ", "-o x ", "cp a b ", "\\", "=,"])
def test_time_grows_with_the_length_only(piece: str) -> None:
    lines = f"RUN {piece * (60_000 // len(piece))}\n" * 5
    dockerfile = f"FROM a AS b\n{lines}FROM scratch\nCOPY --from=b /out /\n"
    instructions = parse_dockerfile(dockerfile)
    paths = [b"a/%d/file" % number for number in range(2 * MAX_PATHS)]
    started = time.process_time()
    found = origins(instructions[-1], instructions, paths, platform=AMD64)
    assert len(found) == MAX_PATHS
    assert time.process_time() - started < 10


WORDS = st.sampled_from(
    ["/out", "/out/a", "a", ".", "$X", "../..", "", "*", "'", "~/a", "/", "-o", ">", "&&", "cd", "cp"]
)
LINES = st.tuples(
    st.sampled_from(["RUN", "COPY", "COPY --from=s", "COPY --from=0", "FROM", "WORKDIR", "ENV A", "ARG"]),
    st.lists(WORDS, min_size=1, max_size=5),
).map(lambda line: f"{line[0]} {' '.join(line[1])}")


@given(lines=st.lists(LINES, max_size=10), path=st.sampled_from([b"out/a", b"a", b"\xff", b"out/a/b"]))
def test_an_origin_is_of_the_dockerfile_and_certain_of_one_line(lines: list[str], path: bytes) -> None:
    dockerfile = parse_dockerfile("\n".join(["FROM base AS s", *lines, "FROM scratch", "COPY --from=s . /"]))
    for origin in origins(dockerfile[-1], dockerfile, [path], platform=AMD64).values():
        assert origin.instructions
        assert all(each in dockerfile for each in origin.instructions)
        assert len(origin.instructions) == 1 or not origin.certain

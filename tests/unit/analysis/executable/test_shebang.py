"""The first line of a script, as the kernel takes it apart."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.executable.shebang import Shebang, read_shebang


@pytest.mark.parametrize(
    ("content", "interpreter", "argument"),
    [
        (b"#!/bin/sh\n", b"/bin/sh", None),
        (b"#!/bin/sh", b"/bin/sh", None),
        (b"#! \t/bin/sh \t\n", b"/bin/sh", None),
        (b"#!/bin/sh -e -u\nexit\n", b"/bin/sh", b"-e -u"),
        (b"#!/usr/bin/env\tbash\n", b"/usr/bin/env", b"bash"),
        (b"#!/bin/sh\r\n", b"/bin/sh\r", None),
        (b"#!/bin/sh\0-e\n", b"/bin/sh", None),
        (b"#!/bin/sh " + b"x" * 300, b"/bin/sh", b"x" * 245),
        # no interpreter that the kernel takes
        (b"#!", b"", None),
        (b"#!\n/bin/sh", b"", None),
        (b"#!  \t ", b"", None),
        (b"#!/" + b"x" * 300 + b"\n", b"", None),
    ],
)
def test_interpreter_and_argument(content: bytes, interpreter: bytes, argument: bytes | None) -> None:
    assert read_shebang(content) == Shebang(interpreter, argument)


@pytest.mark.skipif(not Path("/bin/echo").exists(), reason="needs /bin/echo")
@pytest.mark.parametrize(
    "line", [b"a b  c", b" \ta\t b ", b"x" * 230 + b"\n", b"x" * 300 + b"\n", b"x" * 241, b"x" * 400]
)
def test_the_kernel_of_this_machine_takes_the_same_argument(line: bytes, tmp_path: Path) -> None:
    content = b"#!/bin/echo " + line
    script = tmp_path / "script"
    script.write_bytes(content)
    script.chmod(0o755)
    shebang = read_shebang(content)
    assert shebang
    said = subprocess.run([script], check=True, capture_output=True).stdout.rpartition(b" ")[0]
    assert said == (shebang.argument or b"")


def test_a_byte_order_mark_hides_the_line_from_the_kernel() -> None:
    assert read_shebang(b"\xef\xbb\xbf#!/bin/sh\n") == Shebang(b"/bin/sh", None, after_mark=True)


@pytest.mark.parametrize("content", [b"", b"#", b" #!/bin/sh\n", b"echo\n"])
def test_what_begins_otherwise_has_none(content: bytes) -> None:
    assert read_shebang(content) is None


@given(st.binary(max_size=400))
def test_no_line_ends_are_in_what_is_read(rest: bytes) -> None:
    shebang = read_shebang(b"#!" + rest)
    assert shebang
    for part in (shebang.interpreter, shebang.argument or b""):
        assert b"\n" not in part
        assert b"\0" not in part
        assert len(part) < 256

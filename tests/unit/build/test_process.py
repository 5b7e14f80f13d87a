"""A program's output arrives live, whole and merged, and the program never outlives its reader."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bloatcheck.build.process import StoppedError, follow, start

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def run(script: str, receive: Callable[[str], None]) -> int:
    return follow(start(["sh", "-c", script], directory=Path("/"), environment=ENVIRONMENT), receive)


def collect(script: str) -> tuple[int, str]:
    pieces: list[str] = []
    code = run(script, pieces.append)
    return code, "".join(pieces)


def test_both_streams_arrive_in_order_with_the_exit_code() -> None:
    assert collect("echo out; echo err >&2; echo out again; exit 3") == (3, "out\nerr\nout again\n")


@pytest.mark.timeout(60)
def test_megabytes_of_errors_do_not_block() -> None:
    """A reader of one stream at a time hangs at 64 kB on the other."""
    code, output = collect("head -c 5000000 /dev/zero | tr '\\0' e >&2; echo; echo done")
    assert code == 0
    assert len(output) == 5_000_000 + len("\ndone\n")


def test_a_partial_line_arrives_before_its_end() -> None:
    """The program waits for an answer that only comes once the partial line was seen."""
    arrived: list[str] = []
    directory = Path(os.path.realpath("/tmp")) / f"bloatcheck-test-{os.getpid()}"
    directory.mkdir()
    answer = directory / "answer"

    def receive(text: str) -> None:
        arrived.append(text)
        answer.touch()

    try:
        code = run(f"printf 'no newline yet'; while [ ! -e {answer} ]; do sleep 0.01; done; echo .", receive)
    finally:
        answer.unlink()
        directory.rmdir()
    assert code == 0
    assert arrived[0] == "no newline yet"


def test_characters_cut_between_reads_stay_whole() -> None:
    assert collect(r"printf '\303'; sleep 0.1; printf '\244'")[1] == "ä"


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert collect(r"printf 'a\377b\303'")[1] == "a\ufffdb\ufffd"


def test_the_program_has_no_standard_input() -> None:
    assert collect("cat; echo end") == (0, "end\n")


def test_a_signal_is_a_negative_code() -> None:
    assert collect("kill -9 $$")[0] == -signal.SIGKILL


@pytest.mark.timeout(30)
def test_a_grandchild_that_keeps_the_stream_open_is_not_waited_for() -> None:
    begin = time.monotonic()
    code, output = collect("sleep 20 & echo done")
    assert (code, output) == (0, "done\n")
    assert time.monotonic() - begin < 10


def test_a_program_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError, match="nonexistent"):
        start(["/nonexistent"], directory=Path("/"), environment={})


def test_an_argument_with_nul_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="null"):
        start(["echo", "\0"], directory=Path("/"), environment=ENVIRONMENT)


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "])
def test_a_reader_that_fails_ends_the_program_and_its_children(
    trap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bloatcheck.build.process._GRACE_SECONDS", 0.3)
    processes: list[int] = []

    def receive(text: str) -> None:
        processes.extend(int(word) for word in text.split())
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run(f"{trap}sleep 60 & echo $$ $!; wait", receive)
    assert len(processes) == 2
    for process in processes:
        wait_until_gone(process)


FOLLOWING = """\
import os
from pathlib import Path
from bloatcheck.build.process import StoppedError, follow, start

process = start(["sh", "-c", "echo $$; exec sleep 60"], directory=Path("/"), environment=os.environ)
follow(process, lambda text: print(text, end="", flush=True))
"""


def test_ctrl_c_ends_the_program() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FOLLOWING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        child = int(reader.stdout.readline())
        timer = threading.Timer(20, reader.kill)
        timer.start()
        reader.send_signal(signal.SIGINT)
        _, errors = reader.communicate()
        timer.cancel()
    assert "KeyboardInterrupt" in errors
    wait_until_gone(child)


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    pytest.fail(f"process {process} is still there")


def test_another_thread_ends_the_program_and_all_it_started(tmp_path: Path) -> None:
    stop = threading.Event()
    process = start(
        ["sh", "-c", f"sleep 300 & echo $! > {tmp_path}/child; echo begun; wait"],
        directory=Path("/"),
        environment=ENVIRONMENT,
    )
    begin = time.monotonic()
    with pytest.raises(StoppedError):
        follow(process, lambda _: stop.set(), stop)
    assert time.monotonic() - begin < 5
    assert process.returncode == -signal.SIGTERM
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"

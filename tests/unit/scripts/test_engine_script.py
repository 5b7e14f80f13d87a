"""`scripts/engine run`: uses the engine that answers, else starts one, else says what to do."""

import os
from pathlib import Path

import pytest
from support.fake_machine import FakeMachine

ENGINE = Path(__file__).parents[3] / "scripts" / "engine"
UNAVAILABLE = 69

DOCKER = 'test -e "$STATE/up"'
DOCKERD = """
touch "$STATE/started" "$STATE/up"
trap 'rm "$STATE/up"; exit 0' TERM
while :; do sleep 0.05; done
"""
FAILING_DOCKERD = """
echo "failed to start daemon: Devices cgroup isn't mounted"
exit 1
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="dockerd is started by root only")


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    machine = FakeMachine(tmp_path)
    machine.program("docker", DOCKER)
    machine.program("dockerd", DOCKERD)
    return machine


def test_an_engine_that_answers_is_used_and_left_alone(machine: FakeMachine) -> None:
    machine.mark("up")
    result = machine.run(ENGINE, "run", "--", "sh", "-c", "exit 7")
    assert result.returncode == 7
    assert not machine.has("started")
    assert machine.has("up")


@needs_root
def test_an_engine_is_started_for_the_command_and_stopped_after_it(machine: FakeMachine) -> None:
    result = machine.run(ENGINE, "run", "--", "sh", "-c", 'test -e "$STATE/up" && touch "$STATE/ran"; exit 7')
    assert result.returncode == 7
    assert machine.has("ran")
    assert machine.has("started")
    assert not machine.has("up")


@needs_root
def test_an_engine_is_stopped_when_the_command_is_ended_by_a_signal(machine: FakeMachine) -> None:
    result = machine.run(ENGINE, "run", "--", "sh", "-c", "kill -TERM $$")
    assert result.returncode == 128 + 15
    assert not machine.has("up")


@needs_root
def test_an_engine_that_does_not_come_up_is_told_with_its_own_last_words(machine: FakeMachine) -> None:
    machine.program("dockerd", FAILING_DOCKERD)
    result = machine.run(ENGINE, "run", "--", "touch", str(machine.state / "ran"))
    assert result.returncode == UNAVAILABLE
    assert not machine.has("ran")
    assert "Devices cgroup isn't mounted" in result.stderr
    assert "What to do" in result.stderr


@needs_root
def test_an_optional_engine_lets_the_command_run_and_know_why_there_is_none(machine: FakeMachine) -> None:
    machine.program("dockerd", FAILING_DOCKERD)
    result = machine.run(
        ENGINE, "run", "--optional", "--", "sh", "-c", 'echo "$BLOATCHECK_NO_ENGINE"; exit 3'
    )
    assert result.returncode == 3
    assert "did not come up" in result.stdout
    assert "What to do" in result.stderr


def test_nothing_is_started_without_root(machine: FakeMachine) -> None:
    machine.user(1000)
    result = machine.run(ENGINE, "run", "--", "true")
    assert result.returncode == UNAVAILABLE
    assert "systemctl start docker" in result.stderr
    assert not machine.has("started")


def test_nothing_is_started_where_docker_host_names_another_engine(machine: FakeMachine) -> None:
    result = machine.run(ENGINE, "run", "--", "true", DOCKER_HOST="tcp://127.0.0.1:1")
    assert result.returncode == UNAVAILABLE
    assert "DOCKER_HOST is tcp://127.0.0.1:1" in result.stderr
    assert not machine.has("started")


def test_where_no_engine_is_buildah_will_do(machine: FakeMachine) -> None:
    machine.program("buildah", 'echo "buildah version 1.28.2 (image-spec 1.0)"')
    result = machine.run(
        ENGINE,
        *("run", "--or-buildah", "--", "sh", "-c", 'echo "$BLOATCHECK_NO_ENGINE $STORAGE_DRIVER"; exit 3'),
        DOCKER_HOST="tcp://127.0.0.1:1",
    )
    assert result.returncode == 3
    assert result.stdout == "DOCKER_HOST is tcp://127.0.0.1:1, and no engine answers there \n"
    assert "So buildah version 1.28.2 builds." in result.stderr


def test_buildah_takes_the_slow_storage_where_no_other_works(machine: FakeMachine) -> None:
    machine.program("buildah", '[ "$1" != info ] || [ "$STORAGE_DRIVER" = vfs ] || exit 125')
    result = machine.run(
        ENGINE,
        *("run", "--or-buildah", "--", "sh", "-c", 'echo "$STORAGE_DRIVER"'),
        DOCKER_HOST="tcp://127.0.0.1:1",
    )
    assert result.stdout == "vfs\n"


def test_a_buildah_that_does_not_work_is_told_with_its_own_words(machine: FakeMachine) -> None:
    machine.program("buildah", "echo 'Error during unshare: Operation not permitted' >&2; exit 125")
    result = machine.run(ENGINE, "run", "--or-buildah", "--", "true", DOCKER_HOST="tcp://127.0.0.1:1")
    assert result.returncode == UNAVAILABLE
    assert "nor does buildah work here: Error during unshare: Operation not permitted" in result.stderr
    assert "seccomp=unconfined" in result.stderr


def test_an_engine_is_preferred_to_buildah(machine: FakeMachine) -> None:
    machine.mark("up")
    machine.program("buildah", "exit 9")
    assert machine.run(ENGINE, "run", "--or-buildah", "--", "sh", "-c", "exit 7").returncode == 7


@pytest.mark.parametrize("arguments", [(), ("--",), ("true",), ("--optional",), ("--optional", "--")])
def test_a_wrong_call_is_told_the_usage(machine: FakeMachine, arguments: tuple[str, ...]) -> None:
    result = machine.run(ENGINE, "run", *arguments)
    assert result.returncode == 2
    assert "scripts/engine run" in result.stderr

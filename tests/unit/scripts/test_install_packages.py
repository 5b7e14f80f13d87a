"""`scripts/install-packages`: what is missing is installed by root, and told to anyone else."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.fake_machine import FakeMachine

SCRIPT = Path(__file__).parents[3] / "scripts" / "install-packages"

PACKAGES = """
# a comment
here      engine,test  true
skopeo    test         test -e "$STATE/skopeo"
mmdebstrap base,test   test -e "$STATE/mmdebstrap"
unknown   odd          false
"""
APT_GET = """
echo "$@" >>"$STATE/apt"
for word in "$@"; do
    case $word in
        update) touch "$STATE/fresh" ;;
        skopeo | mmdebstrap)
            test -e "$STATE/stale" && ! test -e "$STATE/fresh" && exit 100
            touch "$STATE/$word"
            ;;
        unknown) exit 100 ;;
    esac
done
"""
APT_CACHE = """
shift
for package in "$@"; do
    test "$package" = unknown && echo "unknown:" && echo "  Candidate: (none)" && continue
    echo "$package:"
    echo "  Candidate: 1.0"
done
"""


class Debian(FakeMachine):
    """A Debian machine whose apt only writes down what it is asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._script = Path(shutil.copy(SCRIPT, folder))
        (folder / "debian-packages.txt").write_text(PACKAGES)
        self.program("apt-get", APT_GET)
        self.program("apt-cache", APT_CACHE)
        self.user(0)

    def install(self, *jobs: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run(self._script, *jobs, **environment)

    @property
    def calls(self) -> list[str]:
        """What apt-get was asked to do."""
        log = self.state / "apt"
        words = ("install", "update", "skopeo", "mmdebstrap", "unknown", "here")
        lines = log.read_text().splitlines() if log.exists() else []
        return [" ".join(word for word in line.split() if word in words) for line in lines]


@pytest.fixture
def machine(tmp_path: Path) -> Debian:
    return Debian(tmp_path)


def test_nothing_happens_where_nothing_is_missing(machine: Debian) -> None:
    result = machine.install("engine")
    assert (result.returncode, result.stdout, machine.calls) == (0, "", [])


def test_root_gets_what_the_jobs_miss_without_an_update_that_nobody_needs(machine: Debian) -> None:
    machine.mark("mmdebstrap")
    assert machine.install("test").returncode == 0
    assert machine.calls == ["install skopeo"]


def test_the_second_time_there_is_nothing_to_do(machine: Debian) -> None:
    machine.install("test")
    machine.install("test")
    assert machine.calls == ["install skopeo mmdebstrap"]


def test_stale_package_lists_are_updated(machine: Debian) -> None:
    machine.mark("stale")
    result = machine.install("base")
    assert result.returncode == 0
    assert machine.calls == ["install mmdebstrap", "update", "install mmdebstrap"]
    assert "Could not" not in result.stdout


def test_a_package_that_the_distribution_lacks_is_told_and_the_others_are_installed(machine: Debian) -> None:
    result = machine.install("base", "odd")
    assert result.returncode == 0
    assert "Could not be installed: unknown" in result.stdout
    assert machine.has("mmdebstrap")


def test_a_person_is_told_the_command_and_nothing_is_installed(machine: Debian) -> None:
    machine.user(1000)
    machine.program("sudo", 'touch "$STATE/sudo"')
    result = machine.install("test")
    assert result.returncode == 0
    assert "sudo apt-get install --no-install-recommends skopeo mmdebstrap" in result.stdout
    assert machine.calls == []
    assert not machine.has("sudo")


def test_a_ci_machine_with_free_sudo_installs(machine: Debian) -> None:
    machine.user(1000)
    machine.program("sudo", 'test "$1" = -n && shift && "$@"')
    assert machine.install("base", CI="true").returncode == 0
    assert machine.calls == ["install mmdebstrap"]


def test_a_call_without_a_job_is_told_the_usage(machine: Debian) -> None:
    result = machine.install()
    assert result.returncode == 2
    assert "JOB" in result.stderr

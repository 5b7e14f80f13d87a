"""What a real builder, BuildKit, takes from a context is within what counts as the image's inputs."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.recording_log import RecordingLog

from bloatcheck.config.model import BuildSpec, Config, ImageSpec
from bloatcheck.inputs.derive import derive_inputs
from bloatcheck.inputs.model import Inputs

pytestmark = pytest.mark.engine

DOCKER = "/usr/bin/docker"


def write(root: Path, files: Mapping[str, str]) -> None:
    """Contents by path; one that begins with `-> ` is a link."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("-> "):
            path.symlink_to(content.removeprefix("-> "))
        else:
            path.write_text(content)


def taken_by_buildkit(root: Path, out: Path, target: str | None = None) -> set[str] | None:
    """The contents of the files in what is built, which are their paths here; None if it can't be built."""
    shutil.rmtree(out, ignore_errors=True)
    command = [DOCKER, "build", "--quiet", "--output", f"type=local,dest={out}", "."]
    if target:
        command.insert(2, f"--target={target}")
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "DOCKER_BUILDKIT": "1"}, capture_output=True, check=False
    )
    if done.returncode:
        return None
    return {path.read_text() for path in out.rglob("*") if path.is_file() and not path.is_symlink()}


def inputs(root: Path, target: str | None = None) -> Inputs:
    spec = ImageSpec("api", build=BuildSpec(dockerfile="Dockerfile", target=target))
    (found,) = derive_inputs(
        Config(root=root, images=(spec,)), log=RecordingLog(), environment={"PATH": os.environ["PATH"]}
    )
    return found


def counted(found: Inputs, root: Path) -> set[str]:
    """The contents of the files that count."""
    return {(root / file.path).read_text() for file in found.files if file.mode != "120000"}


@pytest.fixture(scope="module", autouse=True)
def _buildkit() -> None:
    if not Path(DOCKER).exists():
        pytest.skip("needs a docker whose client has BuildKit in it")


PATHS = (
    "a", "b.md", "README.md", "src/a", "src/b.md", "src/deep/a", "src/deep/er/b.md", "docs/a",
    "docs/README.md", "lib/x/a", "lib/x/y/b.md", "lib.md", "[odd]", "src/.hidden",
)  # fmt: skip
PATTERNS = (
    "*", "**", "a", "*.md", "**/*.md", "src", "src/**", "src/*", "**/a", "*/a", "lib/**/b.md", "docs/../src",
    "/lib", "**/deep", "?", "l?b", "[ab]", "[^a]", "src/deep/*", "**/x/**", ".*", "**/.*", "# note", "",
    "**lib*", "lib*", r"\[odd\]",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_of_a_whole_context_exactly_what_the_ignore_file_leaves_counts(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - only a choice of cases
    root = tmp_path / "root"
    lines = [
        f"{'!' if number and chance.random() < 0.5 else ''}{chance.choice(PATTERNS)}"
        for number in range(chance.randint(1, 5))
    ]
    lines = [line for line in lines if line != "!"]
    ignore = "\n".join(lines)
    write(root, {path: path for path in PATHS})
    write(root, {".dockerignore": f"{ignore}\n", "Dockerfile": "FROM scratch\nCOPY . /\n"})
    taken = taken_by_buildkit(root, tmp_path / "out")
    found = inputs(root)
    assert found.unresolved is None, ignore
    always = {f"{ignore}\n", "FROM scratch\nCOPY . /\n"}
    files, built = counted(found, root) - always, (taken or set()) - always
    # Of a folder that is left out, this BuildKit takes less back than its documentation says.
    assert built <= files if "!" in ignore else built == files, ignore


CASES = {
    "a file": "COPY a /",
    "a folder": "COPY src /src",
    "patterns": "COPY *.md src/*/a /x/",
    "a pattern that fits nothing": "COPY a nothing* /x/",
    "from the root": "COPY /src/../src/a ./lib.md /x/",
    "json": 'COPY ["src/a", "lib.md", "/x/"]',
    "sets": "COPY [a-b]* /x/",
    "an argument": "ARG what=src\nCOPY $what/deep /x\n",
    "an argument's default": "COPY ${none:-docs} /x/",
    "env": "ENV what=lib part=x\nCOPY ${what}/${part}/ /x/",
    "env over arg": "ARG what=src\nENV what=docs\nCOPY $what /x/",
    "a link to a file": "COPY link /x",
    "a link to a folder": "COPY folder/ /x/",
    "through a link": "COPY folder/deep/a /x/",
    "links in a row": "COPY first /x",
    "an absolute link": "COPY absolute /x",
    "a link that leads out": "COPY out/a /x",
    "links within a folder": "COPY links /x/",
    "a pattern over links": "COPY lin* /x/",
    "two stars, which are one, over links": "COPY links/** /x/",
    "add": "ADD src/a lib /x/",
    "a file of no size": "COPY empty /x/",
    "an empty folder": "COPY hollow /x/",
}
LINKS = {
    "link": "-> src/a",
    "folder": "-> src",
    "first": "-> links/second",
    "links/second": "-> ../docs/README.md",
    "links/plain": "links/plain",
    "absolute": "-> /lib/x/a",
    "out": "-> ../../src",
    "empty": "",
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_builder_takes_counts(tmp_path: Path, case: str) -> None:
    root = tmp_path / "root"
    write(root, {path: path for path in PATHS})
    write(root, LINKS)
    (root / "hollow").mkdir()
    dockerfile = f"FROM scratch\n{CASES[case]}\n"
    write(root, {"Dockerfile": dockerfile})
    taken = taken_by_buildkit(root, tmp_path / "out")
    found = inputs(root)
    assert taken is not None
    assert found.unresolved is None
    assert taken <= counted(found, root)
    assert len(counted(found, root)) <= len(taken) + 4, "about as much, and not the whole context"


def test_only_the_stages_that_the_target_needs_count(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, {path: path for path in PATHS})
    dockerfile = (
        "FROM scratch AS unused\nCOPY docs /\nFROM scratch AS files\nCOPY src/a /\n"
        "FROM scratch AS final\nCOPY --from=files /a /x/a\nCOPY lib.md /x/\n"
        "FROM final AS later\nCOPY b.md /\n"
    )
    write(root, {"Dockerfile": dockerfile})
    assert taken_by_buildkit(root, tmp_path / "out", "final") == {"src/a", "lib.md"}
    assert counted(inputs(root, "final"), root) == {"src/a", "lib.md", dockerfile}
    assert counted(inputs(root), root) == {"src/a", "lib.md", "b.md", dockerfile}

"""What a repository begins with on each CI: the documentation's example, with the repository's own names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.action import PROJECT

from bloatcheck import __version__
from bloatcheck.ci import registry as ci_registry
from bloatcheck.starter.example import IN_EXAMPLES, example
from bloatcheck.starter.model import MANY, Facts, Starter
from bloatcheck.starter.registry import NAMES, STARTERS, choose

EXAMPLES = PROJECT / "docs" / "examples"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SCHEMAS = {
    "github": "vendor.github-workflows",
    "gitea": "vendor.github-workflows",
    "forgejo": "vendor.github-workflows",
    "gitlab": "vendor.gitlab-ci",
    "buildkite": "vendor.buildkite",
    "azure": "vendor.azure-pipelines",
    "circleci": "vendor.circle-ci",
}
"""Of Jenkins there is none."""
BY_NAME = [pytest.param(starter, id=starter.name) for starter in STARTERS]
ODD_BRANCH = "#a,{b}'c\"&!"
REPOSITORIES = [
    Facts(),
    Facts(branch=ODD_BRANCH, commit=COMMIT, tag="v1.2.3"),
    Facts(images=MANY + 1),
    Facts(images=500, branch=ODD_BRANCH, commit=COMMIT, tag="v1.2.3"),
]


def begun(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    return root


# The texts -------------------------------------------------------------------------------------------------


def test_there_is_one_for_every_ci_that_a_run_knows() -> None:
    assert set(NAMES) == set(ci_registry.NAMES) - {"shell"}


@pytest.mark.parametrize("starter", BY_NAME)
@pytest.mark.parametrize("facts", REPOSITORIES)
def test_its_ci_takes_it(tmp_path: Path, starter: Starter, facts: Facts) -> None:
    if starter.name not in SCHEMAS:
        return
    files = []
    for number, text in enumerate(starter.files(facts).values()):
        (tmp_path / f"{number}.yml").write_text(text)
        files.append(str(tmp_path / f"{number}.yml"))
    program = str(Path(sys.prefix) / "bin" / "check-jsonschema")
    done = subprocess.run(
        # Azure's has patterns that are none by the rules for Unicode.
        [program, "--regex-variant", "nonunicode", "--builtin-schema", SCHEMAS[starter.name], *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("starter", BY_NAME)
def test_it_is_an_example_of_the_documentation(starter: Starter) -> None:
    shipped = {path.read_text() for path in EXAMPLES.rglob("*") if path.is_file()}
    for images in (1, 15):  # 15 take the three legs that the example has
        for text in starter.files(Facts(images=images)).values():
            unpinned = re.sub(r" # zizmor: ignore.unpinned-uses. no commit.*", "", text)
            assert unpinned.replace('["main"]', "[main]").replace(': "main"', ": main") in shipped


@pytest.mark.parametrize("starter", BY_NAME)
def test_no_name_of_a_branch_is_anything_else_in_it(starter: Starter) -> None:
    for file, text in starter.files(Facts(branch=ODD_BRANCH)).items():
        if file == "Jenkinsfile":
            assert ODD_BRANCH not in text
            continue
        assert "main]" not in text
        assert "BRANCH: main" not in text
        if json.dumps(ODD_BRANCH) in text:
            assert ODD_BRANCH in _texts_in(yaml.safe_load(text))


def _texts_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_texts_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(_texts_in, value))
    return {value} if isinstance(value, str) else set()


@pytest.mark.parametrize("starter", BY_NAME)
def test_it_names_one_release_of_bloatcheck(starter: Starter) -> None:
    for text in starter.files(Facts(commit=COMMIT, tag="v1.2.3")).values():
        assert COMMIT in text or f"bloatcheck=={__version__}" in text
        assert "bloatcheck@v1" not in text
        assert "/v1/" not in text


def test_the_examples_name_the_release_that_they_are_part_of() -> None:
    assert f"bloatcheck=={__version__}" == IN_EXAMPLES


def test_an_example_that_has_changed_is_noticed() -> None:
    with pytest.raises(KeyError, match="has no 'no such text'"):
        example("pull-request.yml", {"no such text": ""})


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_many_images_are_shared_between_jobs(name: str) -> None:
    starter = next(each for each in STARTERS if each.name == name)
    few, more, most = (
        "".join(starter.files(Facts(images=images)).values()) for images in (MANY, MANY + 1, 500)
    )
    assert "legs: " not in few
    assert "legs: 3\n" in more
    assert "legs: 10\n" in most


@pytest.mark.parametrize("starter", BY_NAME)
def test_at_night_every_image_is_built(starter: Starter) -> None:
    told = "".join(starter.files(Facts()).values()) + "".join(starter.next_steps)
    assert "night" in told


# Which CI it is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "name"),
    [
        (".github/workflows/test.yml", "github"),
        (".gitlab-ci.yml", "gitlab"),
        (".gitea/workflows/test.yaml", "gitea"),
        (".forgejo/workflows/test.yaml", "forgejo"),
        (".buildkite/pipeline.yml", "buildkite"),
        ("azure-pipelines.yml", "azure"),
        (".circleci/config.yml", "circleci"),
        ("Jenkinsfile", "jenkins"),
    ],
)
def test_a_ci_is_known_by_its_files(tmp_path: Path, sign: str, name: str) -> None:
    choice = choose(begun(tmp_path, sign), remote="https://bitbucket.org/acme/shop")
    assert (choice.starter.name, choice.others) == (name, ())
    assert sign.startswith(choice.why.removeprefix("for "))


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("git@gitlab.com:acme/web/shop.git", "gitlab"),
        ("https://oauth2:secret@gitlab.acme.example/shop.git", "gitlab"),
        ("ssh://git@gitlab.acme.example:2222/acme/shop.git", "gitlab"),
        ("https://codeberg.org/acme/shop", "forgejo"),
        ("https://gitea.acme.example/acme/shop", "gitea"),
        ("git@ssh.dev.azure.com:v3/acme/shop/shop", "azure"),
        ("https://acme.visualstudio.com/shop/_git/shop", "azure"),
        ("git@github.com:acme/shop.git", "github"),
        ("https://git.acme.example/acme/shop", "github"),
        ("/srv/git/shop.git", "github"),
        (None, "github"),
    ],
)
def test_without_its_files_the_remote_tells(tmp_path: Path, remote: str | None, name: str) -> None:
    assert choose(tmp_path, remote=remote).starter.name == name


def test_of_several_the_one_of_the_remote_is_chosen_and_the_others_are_told(tmp_path: Path) -> None:
    root = begun(tmp_path, ".github/workflows/a.yml", ".gitlab-ci.yml", "Jenkinsfile")
    choice = choose(root, remote="git@gitlab.com:acme/shop.git")
    assert choice.starter.name == "gitlab"
    assert [other.name for other in choice.others] == ["github", "jenkins"]
    assert choose(root, remote=None).starter.name == "github"


def test_what_is_asked_for_goes_before_what_is_found(tmp_path: Path) -> None:
    choice = choose(begun(tmp_path, ".gitlab-ci.yml"), named="jenkins", remote="git@gitlab.com:acme/shop.git")
    assert (choice.starter.name, choice.others) == ("jenkins", ())


def test_an_empty_folder_of_workflows_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    assert choose(tmp_path, remote="git@gitlab.com:acme/shop.git").starter.name == "gitlab"

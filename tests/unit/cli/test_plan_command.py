"""`bloatcheck plan` prints a matrix that a workflow can take as it is."""

import json
from pathlib import Path

import pytest
from support.work import counted_calls

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode


def write(root: Path, names: list[str]) -> None:
    (root / "Dockerfile").write_text("FROM scratch\n")
    images = "".join(f"- {{name: {name}, dockerfile: Dockerfile}}\n" for name in names)
    (root / ".bloatcheck.yml").write_text(f"version: 1\nimages:\n{images}")


def write_baseline(root: Path, seconds: dict[str, float]) -> None:
    images = [
        {
            "name": name,
            "platform": "linux/amd64",
            "image_id": f"sha256:{'0' * 64}",
            "measure": {"measure": "content/1"},
            "content_size": 0,
            "layers": [],
            "build_seconds": took,
        }
        for name, took in seconds.items()
    ]
    document = {"bloatcheck": "baseline", "version": 1, "images": images}
    (root / ".bloatcheck-baseline.json").write_text(json.dumps(document))


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_matrix_is_one_line_with_what_a_leg_needs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, ["api", "web", "job"])
    assert main(["plan", "--legs", "2"]) is ExitCode.OK
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {
        "include": [
            {
                "leg": 1,
                "image": "api\nweb",
                "platform": "",
                "args": "--image=api --image=web",
                "seconds": 120,
            },
            {"leg": 2, "image": "job", "platform": "", "args": "--image=job", "seconds": 60},
        ]
    }


def test_each_leg_is_for_one_platform_where_images_name_any(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, ["web", "job"])
    images = "- {name: api, platforms: [linux/amd64, linux/arm64], dockerfile: Dockerfile}\n"
    with (root / ".bloatcheck.yml").open("a") as file:
        file.write(images)
    write_baseline(root, {"api": 300, "job": 20})
    assert main(["plan", "--legs", "3"]) is ExitCode.OK
    legs = json.loads(capsys.readouterr().out)["include"]
    assert [(leg["image"], leg["platform"], leg["seconds"]) for leg in legs] == [
        ("api", "linux/amd64", 300),
        # What it took for another platform says little; it counts as the usual.
        ("job\nweb", "", 180),
        ("api", "linux/arm64", 160),
    ]
    assert legs[2]["args"] == "--image=api --platform=linux/arm64"
    assert main(["plan", "--pretty"]) is ExitCode.OK
    assert "   160 s  api on linux/arm64\n" in capsys.readouterr().out


def test_legs_are_balanced_by_what_the_last_builds_took(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, ["api", "web", "job"])
    write_baseline(root, {"api": 300.4, "job": 20, "gone": 900})
    assert main(["plan", "--legs", "2", "--pretty"]) is ExitCode.OK
    assert capsys.readouterr().out == "   300 s  api\n   180 s  job, web\n3 images in 2 legs\n"


def test_only_some_can_be_asked_for_and_looked_at(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, ["api", "web", "job"])
    assert main(["plan", "--image", "[aw]*", "--pretty"]) is ExitCode.OK
    assert capsys.readouterr().out == "    60 s  api\n    60 s  web\n2 images in 2 legs\n"


@pytest.mark.parametrize("legs", ["0", "257", "-1"])
def test_a_matrix_has_its_bounds(root: Path, legs: str) -> None:
    write(root, ["api"])
    assert main(["plan", f"--legs={legs}"]) is ExitCode.USAGE


def test_the_work_of_a_plan_grows_with_the_images_only(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = []
    for size in (10, 100, 200, 400):
        write(root, [f"image-{n}" for n in range(size)])
        write_baseline(root, {f"image-{n}": n for n in range(size)})
        with counted_calls() as work:
            assert main(["plan", "--legs", "10"]) is ExitCode.OK
        calls.append(work())
        out = capsys.readouterr().out
        assert {leg["image"].count("\n") + 1 for leg in json.loads(out)["include"]} == {size // 10}
    # The first one imports what the others have.
    _, *three = calls
    assert three[2] - three[1] < 2.2 * (three[1] - three[0])


def test_gitlab_gets_a_child_pipeline_whose_jobs_have_short_names(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, ["api", "web", "job"])
    assert main(["plan", "--legs", "2", "--format", "gitlab", "--template", "ci/size.yml"]) is ExitCode.OK
    assert json.loads(capsys.readouterr().out) == {
        "include": [{"local": "/ci/size.yml"}],
        "variables": {"BLOATCHECK_LEG_1": "--image=api --image=web", "BLOATCHECK_LEG_2": "--image=job"},
        "bloatcheck-leg": {
            "extends": ".bloatcheck-leg",
            "parallel": {"matrix": [{"BLOATCHECK_LEG": ["1", "2"]}]},
        },
    }


def test_without_a_template_the_child_pipeline_includes_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, ["api"])
    assert main(["plan", "--format", "gitlab", "--template", ""]) is ExitCode.OK
    assert json.loads(capsys.readouterr().out).keys() == {"variables", "bloatcheck-leg"}


def test_in_gitlab_ci_the_child_pipeline_need_not_be_asked_for(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, ["api"])
    monkeypatch.setenv("BLOATCHECK_CI", "gitlab")
    assert main(["plan"]) is ExitCode.OK
    assert "bloatcheck-leg" in json.loads(capsys.readouterr().out)
    assert main(["plan", "--format", "github"]) is ExitCode.OK
    assert "include" in json.loads(capsys.readouterr().out)


def test_a_leg_builds_what_the_image_asked_for_stands_on(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "Containerfile").write_text("FROM scratch\n")
    (root / "app").write_text("FROM acme/base\n")
    (root / ".bloatcheck.yml").write_text(
        "version: 1\nimages:\n"
        "- {name: base, tags: [acme/base]}\n"
        "- {name: api, dockerfile: app}\n"
        "- {name: web, dockerfile: app}\n"
    )
    assert main(["plan", "--image", "api"]) is ExitCode.OK
    captured = capsys.readouterr()
    assert [leg["image"] for leg in json.loads(captured.out)["include"]] == ["api\nbase"]
    assert "built too, since the images asked for stand on it: base\n" in captured.err
    assert main(["images", "--image", "api", "--json"]) is ExitCode.OK
    shown = json.loads(capsys.readouterr().out)["images"]
    assert [(each["name"], each["dockerfile"]) for each in shown] == [
        ("base", "Containerfile"),
        ("api", "app"),
    ]
    assert main(["plan", "--image", "base"]) is ExitCode.OK
    assert [leg["image"] for leg in json.loads(capsys.readouterr().out)["include"]] == ["base"]


def test_gitlabs_matrix_has_its_own_bounds(root: Path) -> None:
    write(root, ["api"])
    assert main(["plan", "--legs=201", "--format=gitlab"]) is ExitCode.USAGE

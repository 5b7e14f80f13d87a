"""What a Dockerfile, an ignore file or a context asks for can take no long time to tell."""

import time
from pathlib import Path

import pytest
from support.recording_log import RecordingLog

from bloatcheck.config.model import BuildSpec, Config, ImageSpec
from bloatcheck.image import registry
from bloatcheck.inputs import bases
from bloatcheck.inputs.derive import derive_inputs
from bloatcheck.inputs.model import Inputs, UnresolvedError
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.platform import Platform

AMD = Platform("linux", "amd64")
pytestmark = pytest.mark.timeout(60)


def of(root: Path, dockerfile: str) -> Inputs:
    """The inputs of the only image."""
    (root / "Dockerfile").write_text(dockerfile)
    config = Config(root=root, images=(ImageSpec("api", build=BuildSpec("Dockerfile"), platform=AMD),))
    (found,) = derive_inputs(
        config,
        log=RecordingLog(),
        environment={},
        bases=lambda wanted, **_: dict.fromkeys(wanted, UnresolvedError("no registry answers")),
    )
    return found


def test_stages_on_stages_on_stages(tmp_path: Path) -> None:
    stages = "".join(f"FROM s{number} AS s{number + 1}\n" for number in range(20_000))
    found = of(tmp_path, f"FROM scratch AS s0\n{stages}")
    assert found.unresolved == "its stages stand on each other too often to read them all"


def test_tens_of_thousands_of_variables(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    lines = "".join(f"ENV a{number}=1\nCOPY a /\nARG b{number}\n" for number in range(20_000))
    assert of(tmp_path, f"FROM scratch\n{lines}").digest


def test_white_space_in_a_directive(tmp_path: Path) -> None:
    found = of(tmp_path, f"# syntax=a{' ' * 500_000}b\nFROM scratch\n")
    assert found.unresolved
    assert found.unresolved.startswith("its language is that of another frontend")


def test_links_that_lead_back_and_stars_that_take_each(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"link{number}").symlink_to(".")
    found = of(tmp_path, f"FROM scratch\nCOPY {'/'.join('*' * 30)} /\n")
    assert found.unresolved == "there are too many ways through the context's folders and links"


def test_more_images_than_a_registry_is_asked_for(tmp_path: Path) -> None:
    copies = "".join(f"COPY --from=evil.example/{number} /a /\n" for number in range(10_000))
    assert of(tmp_path, f"FROM scratch\n{copies}").unresolved == "it takes more than 100 images"


def test_registries_that_hang_are_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def hang(*_: object, **__: object) -> Digest:
        asked.append(1)
        time.sleep(0.02)
        return Digest("sha256:" + "a" * 64)

    monkeypatch.setattr(registry, "current_digest", hang)
    monkeypatch.setattr(bases, "_in_engine", lambda wanted, _: dict.fromkeys(wanted))
    monkeypatch.setattr(bases, "_LONGEST", 0.1)
    found = bases.resolve_bases(
        {(f"evil.example/{number}", AMD) for number in range(200)}, log=RecordingLog()
    )
    assert len(asked) < 150
    assert "the registries take too long" in " ".join(map(str, found.values()))


def test_what_an_env_or_arg_defines_is_what_a_builder_takes(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).touch()
    found = of(
        tmp_path,
        "FROM scratch\nENV X=a\nENV X=b Y=$X\nARG X=c\nCOPY $X /1\nCOPY $Y /2\n",
    )
    assert [file.path for file in found.files] == ["Dockerfile", "a", "b"]

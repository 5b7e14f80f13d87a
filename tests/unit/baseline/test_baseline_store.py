"""The baseline on disk: read, renewed and written whole."""

import os
import stat
from pathlib import Path

import pytest
from support.snapshots import entry, layer, snapshot

from bloatcheck.baseline import store
from bloatcheck.baseline.document import to_json
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.store import file_name, read_work_tree, updated, write_baseline
from bloatcheck.errors import BaselineError, Place
from bloatcheck.oci.named_platforms import NamedPlatforms

API = entry(snapshot("api", layer(1, 10)))
WEB = entry(snapshot("web", layer(2, 20)))
LISTED = NamedPlatforms.of([("api", []), ("web", [])])


def names(baseline: Baseline) -> list[str]:
    return [one.snapshot.name for one in baseline.entries]


# Reading


def test_a_file_that_is_not_there_is_an_empty_baseline(tmp_path: Path) -> None:
    assert read_work_tree(tmp_path, "baseline.json") == Baseline()
    assert read_work_tree(tmp_path, "folder/") == Baseline()


def test_what_was_written_is_read_and_says_where_from(tmp_path: Path) -> None:
    write_baseline(tmp_path, "baseline.json", [WEB, API])
    assert read_work_tree(tmp_path, "baseline.json") == Baseline(entries=(API, WEB), origin="baseline.json")


def test_a_path_with_a_slash_is_one_file_for_each_image(tmp_path: Path) -> None:
    arm = entry(snapshot("api", platform="linux/arm64"))
    written = write_baseline(tmp_path, "ci/baseline/", [API, arm, WEB])
    assert written == (
        "ci/baseline/api@linux-amd64.json",
        "ci/baseline/api@linux-arm64.json",
        "ci/baseline/web@linux-amd64.json",
    )
    assert read_work_tree(tmp_path, "ci/baseline/").entries == (API, arm, WEB)


def test_other_files_of_a_folder_are_left_alone(tmp_path: Path) -> None:
    write_baseline(tmp_path, "b/", [API])
    (tmp_path / "b/README.md").write_text("about")
    assert names(read_work_tree(tmp_path, "b/")) == ["api"]


def test_one_image_in_two_files_is_an_error(tmp_path: Path) -> None:
    write_baseline(tmp_path, "b/", [API])
    (tmp_path / "b/again.json").write_text(to_json([API]))
    with pytest.raises(BaselineError, match=r"api on linux/amd64 is in b/again\.json too"):
        read_work_tree(tmp_path, "b/")


def test_the_files_of_a_folder_are_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_baseline(tmp_path, "sizes/", [API, WEB])
    sizes = [file.stat().st_size for file in (tmp_path / "sizes").iterdir()]
    monkeypatch.setattr(store, "MAX_SIZE", sum(sizes) - 1)
    with pytest.raises(BaselineError, match="together") as caught:
        read_work_tree(tmp_path, "sizes/")
    assert caught.value.place == Place("sizes/")


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(BaselineError, match="can't be read: Is a directory"):
        read_work_tree(tmp_path, "folder")
    (tmp_path / "file").write_text("")
    with pytest.raises(BaselineError, match="can't be read: Not a directory"):
        read_work_tree(tmp_path, "file/")


# Names


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", ".", "..", ".hidden", "-x", "é", "a b", "%2F"])
def test_a_name_stays_one_file_of_the_folder(tmp_path: Path, name: str) -> None:
    (written,) = write_baseline(tmp_path, "b/", [entry(snapshot(name))])
    assert Path(written).parent == Path("b")
    assert names(read_work_tree(tmp_path, "b/")) == [name]
    assert len(list(tmp_path.iterdir())) == 1


def test_no_two_images_share_a_file() -> None:
    images = [("a/b", "x/y"), ("a%2Fb", "x/y"), ("a", "x/y"), ("a", "x/y/z"), ("A", "x/y")]
    files = {file_name(entry(snapshot(name, platform=platform))) for name, platform in images}
    assert len(files) == len(images)


# Renewing


def test_given_images_are_renewed_and_the_others_stay() -> None:
    larger = entry(snapshot("api", layer(1, 99)), commit="new")
    assert updated(Baseline(entries=(API, WEB)), [larger]).entries == (larger, WEB)


def test_images_that_are_no_longer_configured_are_dropped() -> None:
    assert names(updated(Baseline(entries=(API, WEB)), [], configured=NamedPlatforms.of([("web", [])]))) == [
        "web"
    ]


def test_an_image_that_failed_keeps_its_entry() -> None:
    assert updated(Baseline(entries=(API, WEB)), [API], configured=LISTED).entries == (API, WEB)


def test_platforms_are_renewed_each_for_itself() -> None:
    arm = entry(snapshot("api", platform="linux/arm64"))
    assert updated(Baseline(entries=(API,)), [arm]).entries == (API, arm)


def test_the_same_measured_again_changes_nothing() -> None:
    again = entry(
        snapshot("api", layer(1, 10), tool="bloatcheck 2"), commit="later", measured_at="2026-02-01T00:00:00Z"
    )
    assert updated(Baseline(entries=(API,)), [again]).entries == (API,)


# Writing


@pytest.mark.parametrize(
    "content",
    ["{}", "not JSON", '{"bloatcheck": "baseline", "version": 99}', '{"bloatcheck": "report"}'],
)
@pytest.mark.parametrize("path", ["package.json", "b/"])
def test_nothing_but_a_baseline_of_this_version_is_written_over(
    tmp_path: Path, content: str, path: str
) -> None:
    file = "b/api@linux-amd64.json" if path == "b/" else path
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(content)
    with pytest.raises(BaselineError) as caught:
        write_baseline(tmp_path, path, [API])
    assert caught.value.place
    assert caught.value.place.file == file
    assert (tmp_path / file).read_text() == content


def test_what_is_up_to_date_is_not_touched(tmp_path: Path) -> None:
    assert write_baseline(tmp_path, "b.json", [API]) == ("b.json",)
    before = (tmp_path / "b.json").stat()
    assert write_baseline(tmp_path, "b.json", [API]) == ()
    assert (tmp_path / "b.json").stat().st_ino == before.st_ino


def test_a_folder_loses_the_files_of_images_that_are_gone(tmp_path: Path) -> None:
    write_baseline(tmp_path, "b/", [API, WEB])
    assert write_baseline(tmp_path, "b/", [WEB]) == ("b/api@linux-amd64.json",)
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["web@linux-amd64.json"]


def test_the_mode_stays(tmp_path: Path) -> None:
    write_baseline(tmp_path, "b.json", [API])
    (tmp_path / "b.json").chmod(0o600)
    write_baseline(tmp_path, "b.json", [WEB])
    assert stat.S_IMODE((tmp_path / "b.json").stat().st_mode) == 0o600


def test_a_link_stays_and_what_it_names_is_renewed(tmp_path: Path) -> None:
    write_baseline(tmp_path, "real.json", [API])
    (tmp_path / "link.json").symlink_to("real.json")
    write_baseline(tmp_path, "link.json", [WEB])
    assert (tmp_path / "link.json").is_symlink()
    assert names(read_work_tree(tmp_path, "real.json")) == ["web"]


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_baseline(tmp_path, "b.json", [API])

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BaselineError, match="can't be written: No space left on device") as caught:
        write_baseline(tmp_path, "b.json", [WEB])
    assert caught.value.place == Place("b.json")
    assert names(read_work_tree(tmp_path, "b.json")) == ["api"]
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


def test_a_reader_never_sees_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new file takes the old one's place in one step, when it is complete on disk."""
    write_baseline(tmp_path, "b.json", [API])
    seen: list[list[str]] = []
    replace = Path.replace

    def observed(self: Path, target: Path) -> Path:
        seen.append(names(read_work_tree(tmp_path, "b.json")))
        result = replace(self, target)
        seen.append(names(read_work_tree(tmp_path, "b.json")))
        return result

    monkeypatch.setattr(Path, "replace", observed)
    write_baseline(tmp_path, "b.json", [API, WEB])
    assert seen == [["api"], ["api", "web"]]


def test_five_hundred_images_are_quick(tmp_path: Path) -> None:
    entries: list[BaselineEntry] = [
        entry(snapshot(f"image-{number:03}", *(layer(n, n, "RUN " + "x" * 80) for n in range(20))))
        for number in range(500)
    ]
    write_baseline(tmp_path, "b.json", entries)
    assert len(read_work_tree(tmp_path, "b.json").entries) == 500
    assert (tmp_path / "b.json").stat().st_size < 4_000_000


# What is not a file of the repository


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "baseline.json")
    with pytest.raises(BaselineError, match="it is not a file"):
        read_work_tree(tmp_path, "baseline.json")


@pytest.mark.parametrize("outside", [(), ("outside.json",)])
def test_a_link_that_leads_out_is_neither_read_nor_written(tmp_path: Path, outside: tuple[str, ...]) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    for name in outside:
        (tmp_path / name).write_text(to_json([API]))
    (root / "baseline.json").symlink_to(tmp_path / "outside.json")
    (root / "folder").symlink_to(tmp_path)
    for path in ("baseline.json", "folder/"):
        with pytest.raises(BaselineError, match="leads out of the repository"):
            read_work_tree(root, path)
        with pytest.raises(BaselineError, match="leads out of the repository"):
            write_baseline(root, path, [API, WEB])
    assert sorted(file.name for file in tmp_path.iterdir()) == [*outside, "repository"]

"""Everything that is wrong with a configuration is told at once, with place, text and a correct example."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.config_files import load, problems

from bloatcheck.config.checkout import Checkout
from bloatcheck.config.load import MAX_FILE_SIZE, MAX_PROBLEMS, load_config, parse_config
from bloatcheck.config.model import Config
from bloatcheck.errors import BloatcheckError, ConfigError, ExitCode, UsageError

GOLDEN = Path(__file__).parents[2] / "golden" / "config"


def image(root: Path, image: str, files: tuple[str, ...] = ("Dockerfile",)) -> str:
    """The only problem with an image."""
    (problem,) = problems(root, f"version: 1\nimages:\n- {image}\n", files)
    return problem


def limit(root: Path, limits: str) -> str:
    """The only problem with some limits."""
    (problem,) = problems(root, f"version: 1\nlimits: {limits}\n")
    return problem


def test_a_broken_configuration_is_explained_whole(tmp_path: Path) -> None:
    """The golden file is what `bloatcheck config check` prints, but for the program's name."""
    broken = (GOLDEN / "broken.yml").read_text()
    files = ("Dockerfile", "services/web/Dockerfile.prod", "services/api/Dockerfile")
    assert "\n".join(problems(tmp_path, broken, files)) + "\n" == (GOLDEN / "broken.txt").read_text()


def test_the_exit_code_is_that_of_bad_usage(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "version: 1\nimags: []")
    assert caught.value.exit_code is ExitCode.USAGE
    assert [problem.place and problem.place.line for problem in caught.value.problems] == [2]


class TestKeys:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("imags", "images"),
            ("limit", "limits"),
            ("base-line", "baseline"),
            ("on_incomparable", "on-incomparable"),
        ],
    )
    def test_an_unknown_key_suggests_the_nearest(self, tmp_path: Path, written: str, meant: str) -> None:
        (problem,) = problems(tmp_path, f"version: 1\n{written}: 1\n")
        assert problem.startswith(f".bloatcheck.yml:2: unknown key '{written}', did you mean '{meant}'?")
        assert f"for example `{meant}: " in problem

    def test_one_that_is_like_none_lists_what_is_known(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, "version: 1\nzzz: 1\n")
        assert "known here: version, images, limits, baseline, comment, enforce, on-incomparable" in problem

    def test_one_in_the_wrong_place_says_where_it_belongs(self, tmp_path: Path) -> None:
        found = problems(tmp_path, "version: 1\nlayers: 3\ndockerfile: x\nlimits: {layers: {bytes: 3}}\n")
        assert "unknown key 'layers': it belongs under `limits`" in found[0]
        assert "unknown key 'dockerfile': it belongs into `images`" in found[1]
        assert "unknown key 'bytes': a threshold stands under `warn` or `fail`" in found[2]

    def test_merge_keys_are_unknown(self, tmp_path: Path) -> None:
        assert "unknown key '<<'" in image(tmp_path, "{name: a, <<: {context: .}}")

    def test_a_key_without_a_value_is_an_error_and_no_default(self, tmp_path: Path) -> None:
        found = problems(
            tmp_path, "version: 1\nlimits:\n  content:\nimages:\n- name: a\n  args:\n  tags: ~\n"
        )
        assert [problem.partition("has no value")[0] for problem in found] == [
            ".bloatcheck.yml:3: limits.content: ",
            ".bloatcheck.yml:6: images[0].args: ",
            ".bloatcheck.yml:7: images[0].tags: ",
        ]

    def test_an_empty_list_of_images_is_an_error(self, tmp_path: Path) -> None:
        assert "images: is empty" in problems(tmp_path, "version: 1\nimages: []")[0]


class TestVersion:
    def test_it_is_required(self, tmp_path: Path) -> None:
        assert problems(tmp_path, "images: [{name: api}]") == [
            ".bloatcheck.yml:1: `version` is missing\n  hint: for example `version: 1`"
        ]

    def test_a_newer_one_is_the_only_problem_told(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, "pictures: 1\nversion: 2\n")
        assert ".bloatcheck.yml:2: version: '2' is newer than this bloatcheck" in problem

    @pytest.mark.parametrize("version", ["0", "1.0", "one", "[1]", "٢", "9" * 10_000])
    def test_another_is_told_with_the_rest(self, tmp_path: Path, version: str) -> None:
        assert len(problems(tmp_path, f"version: {version}\nimags: 1")) == 2


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "API",
            "a b",
            "-a",
            "a-",
            "a..b",
            "a/b",
            "../a",
            "ä",
            "a:b",
            "a@b",
            "<b>",
            "`a`",
            "a|b",
            "a\\nb",
            "a" * 81,
        ],
    )
    def test_only_what_can_stand_in_a_tag_a_file_and_a_comment_is_a_name(
        self, tmp_path: Path, name: str
    ) -> None:
        assert "images[0].name: " in image(tmp_path, f'{{name: "{name}"}}')

    @pytest.mark.parametrize("name", ["a", "1", "api-v2", "a.b_c__d--e", "a" * 80])
    def test_letters_digits_and_single_separators_are(self, tmp_path: Path, name: str) -> None:
        assert load(tmp_path, f"version: 1\nimages: [{{name: {name}}}]").images[0].name == name

    def test_the_nearest_name_is_suggested(self, tmp_path: Path) -> None:
        assert "for example my-api-v2" in image(tmp_path, "{name: 'My API: v2!'}")

    def test_two_images_cannot_share_one_even_where_more_is_wrong(self, tmp_path: Path) -> None:
        found = problems(tmp_path, "version: 1\nimages:\n- {name: a, x: 1}\n- {name: b}\n- {name: a}\n")
        assert "unknown key 'x'" in found[0]
        assert found[1].startswith(
            ".bloatcheck.yml:5: the name 'a' is given to a second image; the first is on line 3"
        )


class TestPaths:
    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("../Dockerfile", "leads out of the repository"),
            ("a/../../Dockerfile", "leads out of the repository"),
            ("/etc/passwd", "is not relative"),
            ("~/Dockerfile", "is not relative"),
            ("-", "begins with `-`"),
            ("--help", "begins with `-`"),
            ("https://example.org/Dockerfile", "is a URL"),
            ("''", "is empty"),
            ('"a\\nb"', "more than one line"),
            ("Dockerfile.nope", "is no file of the repository"),
            (".", "is no file of the repository"),
        ],
    )
    def test_a_dockerfile_is_a_file_of_the_repository(self, tmp_path: Path, path: str, reason: str) -> None:
        problem = image(tmp_path, f"{{name: a, dockerfile: {path}}}")
        assert "images[0].dockerfile: " in problem
        assert reason in problem

    def test_one_that_is_meant_from_the_context_is_shown_from_the_root(self, tmp_path: Path) -> None:
        problem = image(tmp_path, "{name: a, context: api, dockerfile: x}", ("api/x",))
        assert "'x' is no file, but 'api/x' is; the path starts at the repository's root" in problem

    def test_without_one_the_context_must_have_it(self, tmp_path: Path) -> None:
        problem = image(tmp_path, "{name: a, context: api}", ("api/main.py",))
        assert "images[0]: neither 'api/Dockerfile' nor 'api/Containerfile' is there" in problem

    def test_a_context_is_a_folder_of_the_repository(self, tmp_path: Path) -> None:
        assert "'Dockerfile' is no folder" in image(tmp_path, "{name: a, context: Dockerfile}")
        assert "is a URL" in image(tmp_path, "{name: a, context: 'https://example.org/x.git'}")

    @pytest.mark.parametrize("key", ["context", "dockerfile"])
    def test_a_link_out_of_the_repository_is_followed_by_nobody(self, tmp_path: Path, key: str) -> None:
        root, outside = tmp_path / "root", tmp_path / "outside"
        root.mkdir()
        outside.mkdir()
        (outside / "Dockerfile").write_text("FROM scratch\n")
        (root / "out").symlink_to(outside)
        path = "out/Dockerfile" if key == "dockerfile" else "out"
        assert "through a symbolic link" in image(root, f"{{name: a, {key}: {path}}}")

    def test_a_link_inside_is_fine(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("Dockerfile")
        assert load(tmp_path, "version: 1\nimages: [{name: a, dockerfile: link}]").images

    @pytest.mark.parametrize(
        ("written", "message"),
        [
            ("{sources: [file, file]}", "names a source twice"),
            ("{sources: [files]}", "'files', did you mean 'file'?"),
            ("{sources: [registry]}", "no `registry` that says where images are"),
            ("{registry: 'ghcr.io/Acme/{image}'}", "is no image of a registry"),
            ("{branch: -x}", "is no branch's name"),
            ("{branch: a..b}", "is no branch's name"),
            ("{branch: a.lock}", "is no branch's name"),
            ("{branch: 'a b'}", "is no branch's name"),
            ("{max-age: 90}", "write days or weeks"),
            ("{max-age: 0d}", "write days or weeks"),
            ("{max-age: 9999d}", "beyond any use"),
            ("{renew: commits}", "did you mean 'commit'?"),
            ("{tolerance: 5}", "has no unit"),
        ],
    )
    def test_what_a_baseline_cannot_be(self, tmp_path: Path, written: str, message: str) -> None:
        (problem,) = problems(tmp_path, f"version: 1\nimages: [{{name: api}}]\nbaseline: {written}")
        assert message in problem

    @pytest.mark.parametrize("path", ["..", "/tmp/b.json", ".", "../x/", "a\\tb"])
    def test_a_baseline_is_inside_too(self, tmp_path: Path, path: str) -> None:
        assert "baseline: " in problems(tmp_path, f'version: 1\nbaseline: "{path}"')[0]

    def test_a_baseline_behind_a_link_out_is_refused(self, tmp_path: Path) -> None:
        root = tmp_path / "root"
        root.mkdir()
        (root / "out").symlink_to("/tmp")
        assert "through a symbolic link" in problems(root, "version: 1\nbaseline: out/b.json")[0]


class TestImages:
    @pytest.mark.parametrize(
        ("written", "reason"),
        [
            ("{context: .}", "`name` is missing"),
            ("api", "images[0]: must be a mapping of keys to values, not the text 'api'"),
            ("[api]", "images[0]: must be a mapping of keys to values, not a list"),
            ("{name: [a]}", "images[0].name: must be a single value, not a list"),
            ("{name: a, image: a, metadata: {file: b}}", "an image has either `image` or `metadata`"),
            ("{name: a, image: a, context: .}", "unknown key 'context': it belongs to a build"),
            ("{name: a, metadata: {file: b}, tags: [a]}", "unknown key 'tags': it belongs to a build"),
            ("{name: a, metadata: {}}", "images[0].metadata: `file` is missing"),
            (
                "{name: a, metadata: bake.json}",
                "must be a mapping of keys to values, not the text 'bake.json'",
            ),
            ("{name: a, image: 'A:1'}", "is no image reference"),
            ("{name: a, image: '-v'}", "is no image reference"),
            ("{name: a, image: 'a:${TAG}'}", "holds a variable, and none is filled in here"),
            ("{name: a, tags: ['a@sha256:" + "0" * 64 + "']}", "is no image reference"),
            ("{name: a, tags: a}", "images[0].tags: must be a list, not the text 'a'"),
            ("{name: a, target: --push}", "is no build stage"),
            ("{name: a, args: {-x: 1}}", "is no name of a build argument"),
            ("{name: a, args: {A: [1]}}", "images[0].args.A: must be a single value, not a list"),
            ("{name: a, args: [A=1]}", "must be a mapping of names to values, not a list"),
            ("{name: a, secrets: [npmrc]}", "is no build secret"),
            ("{name: a, secrets: ['id=a,dst=b']}", "is no build secret"),
            ("{name: a, platform: amd64}", "not a platform: 'amd64'"),
            ("{name: a, platform: 'linux/amd64,linux/arm64'}", "is several platforms; list them under"),
            ("{name: a, platforms: []}", "is empty"),
            ("{name: a, platforms: [arm64]}", "not a platform: 'arm64'"),
            ("{name: a, platforms: [linux/arm64, linux/aarch64]}", "has linux/arm64 twice"),
            (
                "{name: a, platform: linux/amd64, platforms: [linux/arm64]}",
                "has both `platform` and `platforms`; keep one of them",
            ),
        ],
    )
    def test_each_mistake_has_its_sentence(self, tmp_path: Path, written: str, reason: str) -> None:
        assert reason in image(tmp_path, written)


class TestLimits:
    @pytest.mark.parametrize(
        ("written", "reason"),
        [
            ("{content: 250}", "limits.content: '250' has no unit; write 250 MB, or 250 B"),
            ("{content-growth: {fail: 1.5}}", "limits.content-growth.fail: '1.5' has no unit"),
            ("{content: 5%}", "'5%' is a percentage"),
            ("{content: -5 MB}", "'-5 MB' is negative"),
            ("{content: {fail: {bytes: -1}}}", "'-1' is negative"),
            ("{content-growth: -5%}", "'-5%' is negative"),
            ("{layers: -1}", "'-1' is negative"),
            ("{content: 2 PB}", "'2 PB' is larger than any image"),
            ("{content: 999999999999999 PB}", "is larger than any image"),
            ("{content-growth: 999999%}", "is beyond any use"),
            ("{layers: 4000}", "is more layers than any engine takes"),
            ("{layers: 20%}", "'20%' is no number of layers"),
            ("{layers: 20 MB}", "'20 MB' is no number of layers"),
            ("{content: 5 XB}", "not a size: '5 XB'"),
            ("{content: .inf}", "not a size: '.inf'"),
            ("{content: [1]}", "limits.content: must be a mapping of keys to values, not a list"),
            ("{content: {}}", "has neither `warn` nor `fail`"),
            ("{content-growth: {bytes: 5, percnet: 1}}", "unknown key 'percnet', did you mean 'percent'?"),
            ("{content-growth: {bytes: x, percent: 1}}", "limits.content-growth.bytes: not a size: 'x'"),
            (
                "{content: {percent: 5, bytes: 1}}",
                "unknown key 'percent': a percentage is of the size before",
            ),
            ("{content-growth: {fail: {}}}", "has neither `bytes` nor `percent`"),
            ("{content-growth: {fail: {when: all}}}", "has neither `bytes` nor `percent`"),
            ("{content-growth: {fail: {bytes: 1, when: al}}}", "'al', did you mean 'all'?"),
            ("{content: {warn: 10 MB, fail: 5 MB}}", "warns where it already fails"),
            ("{layer-growth: {warn: 5%, fail: 5%}}", "warns where it already fails"),
            ("{layers: {warn: 5, fail: 4}}", "warns where it already fails"),
            ("{contnet: 1 MB}", "unknown key 'contnet', did you mean 'content'?"),
            ("{layer_growth: 1 MB}", "unknown key 'layer_growth', did you mean 'layer-growth'?"),
        ],
    )
    def test_each_mistake_has_its_sentence(self, tmp_path: Path, written: str, reason: str) -> None:
        assert reason in limit(tmp_path, written)

    def test_a_size_has_no_percentage(self, tmp_path: Path) -> None:
        found = problems(tmp_path, "version: 1\nlimits: {content: {fail: {bytes: 1 MB, percent: 5}}}\n")
        assert "unknown key 'percent': a percentage is of the size before" in found[0]
        assert "it belongs to `content-growth`" in found[0]

    def test_both_measures_can_warn_in_any_order(self, tmp_path: Path) -> None:
        warn, fail = "{bytes: 20 MB, percent: 1, when: all}", "{bytes: 10 MB, percent: 9, when: all}"
        assert not problems(
            tmp_path, f"version: 1\nlimits: {{content-growth: {{warn: {warn}, fail: {fail}}}}}"
        )


class TestTheRest:
    @pytest.mark.parametrize(
        ("written", "reason"),
        [
            ("enforce: yes", "enforce: 'yes' is neither true nor false"),
            ("on-incomparable: fial", "'fial', did you mean 'fail'?"),
            ("comment: {when: perhaps}", "'perhaps' is none of 'auto', 'always' or 'never'"),
            ("comment: {min-change: 5}", "'5' has no unit"),
            ("comment: {author: '@me'}", "'@me' is no login"),
            ("comment: {key: 'a -->'}", "is no comment key"),
            ("comment: auto", "must be a mapping of keys to values, not the text 'auto'"),
        ],
    )
    def test_each_mistake_has_its_sentence(self, tmp_path: Path, written: str, reason: str) -> None:
        (problem,) = problems(tmp_path, f"version: 1\n{written}\n")
        assert reason in problem


class TestTheFile:
    @pytest.mark.parametrize("content", ["", "# nothing yet\n"])
    def test_an_empty_one_shows_what_to_write(self, tmp_path: Path, content: str) -> None:
        (problem,) = problems(tmp_path, content)
        assert ".bloatcheck.yml: the file is empty" in problem
        assert "    version: 1\n" in problem

    def test_a_list_is_no_configuration(self, tmp_path: Path) -> None:
        assert "the file is no mapping of keys to values" in problems(tmp_path, "- name: api\n")[0]

    def test_yaml_errors_have_line_and_column(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, "version: 1\nbaseline: a: b\n")
        assert problem.startswith(".bloatcheck.yml:2: not YAML, column 12: ")

    def test_bytes_that_are_not_utf_8_have_a_line(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, b"version: 1\n# caf\xe9\n")
        assert problem.startswith(".bloatcheck.yml:2: is not UTF-8: the byte 0xe9")

    def test_a_huge_one_is_not_read(self, tmp_path: Path) -> None:
        (problem,) = problems(tmp_path, "#" * (MAX_FILE_SIZE + 1))
        assert f"larger than {MAX_FILE_SIZE:,} bytes" in problem

    def test_a_directory_or_a_pipe_is_no_file(self, tmp_path: Path) -> None:
        (tmp_path / ".bloatcheck.yml").mkdir()
        os.mkfifo(tmp_path / "pipe")
        for path in (None, "pipe"):
            with pytest.raises(ConfigError, match="is not a file"):
                load_config(tmp_path, path=path)

    def test_one_that_cannot_be_opened_says_why(self, tmp_path: Path) -> None:
        (tmp_path / ".bloatcheck.yml").symlink_to(".bloatcheck.yml")
        with pytest.raises(ConfigError, match="can't be read: Too many levels of symbolic links"):
            load_config(tmp_path)

    def test_a_link_to_something_outside_is_not_followed(self, tmp_path: Path) -> None:
        """Its text would be told: /proc/self/environ holds the token."""
        (tmp_path / ".bloatcheck.yml").symlink_to("/proc/self/environ")
        with pytest.raises(ConfigError, match="through a symbolic link"):
            load_config(tmp_path)

    def test_no_more_problems_are_told_than_anybody_reads(self, tmp_path: Path) -> None:
        found = problems(tmp_path, "version: 1\n" + "".join(f"key{number}: 1\n" for number in range(1000)))
        assert len(found) == MAX_PROBLEMS + 1
        assert found[-1] == f"and {1000 - MAX_PROBLEMS} more problems"


KEYS = """version images limits baseline comment enforce on-incomparable name dockerfile context target args
secrets platform tags image metadata file content content-growth layer-growth layers warn fail bytes percent
when min-change author key"""
VALUES = "all any auto none 1 20 5% 10MB true linux/amd64 api . Dockerfile"
SIGNS = "~ & * << - ? ! { } [ ] : , # | ' --- ..."
WORDS = st.sampled_from(f"{KEYS} {VALUES} {SIGNS}".split())
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)
LINE_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


@given(
    st.text()
    | st.lists(WORDS | st.sampled_from([" ", "\n", "\n  ", ": "])).map("".join)
    | st.dictionaries(WORDS, TREES).map(lambda tree: json.dumps({**tree, "version": 1}))
    | st.lists(TREES, max_size=3).map(lambda images: json.dumps({"version": 1, "images": images}))
)
def test_any_text_is_a_configuration_or_problems_on_its_lines(text: str) -> None:
    """JSON is YAML, so that trees get past the syntax."""
    last_line = len(LINE_BREAKS.findall(text)) + 1
    found: tuple[BloatcheckError, ...] = ()
    try:
        config = parse_config(text, "c.yml", Checkout(Path("/nonexistent"), wants=lambda _: False))
    except ConfigError as error:
        found = error.problems
    except UsageError as error:
        found = (error,)
    else:
        assert isinstance(config, Config)
    assert all(isinstance(problem, UsageError) for problem in found)
    assert all(1 <= ((problem.place and problem.place.line) or 1) <= last_line for problem in found)

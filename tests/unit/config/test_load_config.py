"""What a configuration file says, and the values that come of it."""

from pathlib import Path

import pytest
from support.config_files import load, write_repository

from bloatcheck.config.limits import Limit, Metric, Threshold, When
from bloatcheck.config.load import load_config
from bloatcheck.config.model import (
    BaselineSettings,
    BaselineSource,
    BuildSpec,
    CommentMode,
    CommentPolicy,
    Config,
    ImageSpec,
    OnIncomparable,
    PrebuiltSpec,
    Renewal,
)
from bloatcheck.errors import Place, UsageError
from bloatcheck.oci.platform import Platform


def limits_of(root: Path, limits: str) -> tuple[Limit, ...]:
    return load(root, f"version: 1\nlimits: {limits}\n").images[0].limits


def fail(metric: Metric, **threshold: object) -> Limit:
    return Limit(metric, fail=Threshold(**threshold))  # type: ignore[arg-type] # pytest shows a wrong one


def test_the_smallest_configuration_gets_every_default(tmp_path: Path) -> None:
    config = load(tmp_path, "version: 1\nimages:\n  - name: api\n")
    assert config == Config(
        root=tmp_path,
        images=(ImageSpec("api", BuildSpec("Dockerfile"), place=Place(".bloatcheck.yml", 3)),),
        baseline=BaselineSettings(),
        comment=CommentPolicy(),
        enforce=True,
        on_incomparable=OnIncomparable.WARN,
        path=".bloatcheck.yml",
    )


def test_a_built_image_with_everything_it_can_have(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        version: 1
        images:
          - name: api
            dockerfile: ./docker//api.Dockerfile
            context: services/api/
            target: runtime
            args: {PYTHON_VERSION: 1.10, COUNTRY: no, FROM_ENVIRONMENT: , EMPTY: "", LINES: "a\\nb"}
            secrets: ["id=npmrc,src=.npmrc", "id=token,env=TOKEN"]
            platform: linux/aarch64
            tags: [acme/api:ci, "registry.example:5000/acme/api"]
            limits: {content: 250 MB}
        """,
        ["docker/api.Dockerfile", "services/api/main.py"],
    )
    assert config.images == (
        ImageSpec(
            name="api",
            build=BuildSpec(
                dockerfile="docker/api.Dockerfile",
                context="services/api",
                target="runtime",
                args={
                    "PYTHON_VERSION": "1.10",
                    "COUNTRY": "no",
                    "FROM_ENVIRONMENT": None,
                    "EMPTY": "",
                    "LINES": "a\nb",
                },
                secrets=("id=npmrc,src=.npmrc", "id=token,env=TOKEN"),
            ),
            platform=Platform("linux", "arm64"),
            tags=("acme/api:ci", "registry.example:5000/acme/api"),
            limits=(Limit(Metric.CONTENT, fail=Threshold(250_000_000)),),
            place=Place(".bloatcheck.yml", 4),
        ),
    )


def test_the_dockerfile_is_the_one_in_the_context_unless_named(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "version: 1\nimages: [{name: a, context: a}, {name: b, context: b}, "
        "{name: c, context: c, dockerfile: x}]",
        ["a/Dockerfile", "a/Containerfile", "b/Containerfile", "c/Dockerfile", "x"],
    )
    builds = [image.build and (image.build.context, image.build.dockerfile) for image in config.images]
    assert builds == [("a", "a/Dockerfile"), ("b", "b/Containerfile"), ("c", "x")]


@pytest.mark.parametrize(
    "reference",
    [
        "acme/api:ci",
        "api",
        "localhost:5000/a/b__c:1.0",
        f"sha256:{'a' * 64}",
        "0123456789ab",
        f"ghcr.io/acme/api@sha256:{'0' * 64}",
        "docker-archive:out/api.tar",
        "docker://registry.example/api:1",
    ],
)
def test_an_image_that_an_earlier_step_built_is_named_by_its_reference(
    tmp_path: Path, reference: str
) -> None:
    config = load(tmp_path, f"version: 1\nimages: [{{name: api, image: '{reference}'}}]")
    assert config.images[0].build is None
    assert config.images[0].prebuilt == PrebuiltSpec(reference=reference)


def test_an_image_can_be_taken_from_a_metadata_file_that_is_not_there_yet(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "version: 1\nimages: [{name: api, metadata: {file: bake.json, target: api}, dockerfile: Dockerfile}]",
    )
    assert config.images[0].prebuilt == PrebuiltSpec(
        metadata_file="bake.json", metadata_target="api", dockerfile="Dockerfile"
    )


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ("{content: 250 MB}", fail(Metric.CONTENT, bytes=250_000_000)),
        ("{content: {fail: {bytes: 1000}}}", fail(Metric.CONTENT, bytes=1000)),
        ("{content: 0 B}", fail(Metric.CONTENT, bytes=0)),
        ("{content-growth: 10 MiB}", fail(Metric.CONTENT_GROWTH, bytes=10 << 20)),
        ("{content-growth: 0.5 %}", fail(Metric.CONTENT_GROWTH, percent=0.5)),
        ("{layer-growth: {warn: 5%}}", Limit(Metric.LAYER_GROWTH, warn=Threshold(percent=5.0))),
        (
            "{layer-growth: {bytes: 1 MB, percent: 5%, when: all}}",
            fail(Metric.LAYER_GROWTH, bytes=1_000_000, percent=5.0, when=When.ALL),
        ),
        ("{layers: 20}", fail(Metric.LAYERS, bytes=20)),
        ("{layers: {warn: 15, fail: 20}}", Limit(Metric.LAYERS, warn=Threshold(15), fail=Threshold(20))),
        (
            "{content-growth: {warn: 1 MB, fail: {bytes: 10 MB, percent: 5, when: all}}}",
            Limit(
                Metric.CONTENT_GROWTH,
                warn=Threshold(1_000_000),
                fail=Threshold(10_000_000, 5.0, When.ALL),
            ),
        ),
    ],
)
def test_limits_have_short_and_long_forms(tmp_path: Path, limits: str, expected: Limit) -> None:
    assert limits_of(tmp_path, limits) == (expected,)


def test_an_images_own_limit_replaces_the_general_one_of_the_same_metric_as_a_whole(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        version: 1
        limits: {layers: 20, content: {warn: 50 MB, fail: 100 MB}, content-growth: 1 MB}
        images:
          - {name: a}
          - {name: b, limits: {content: 5 GB, layer-growth: 2 MB}}
          - {name: c, limits: {content: none, content-growth: none, layers: none}}
        """,
    )
    growth, layers = fail(Metric.CONTENT_GROWTH, bytes=1_000_000), fail(Metric.LAYERS, bytes=20)
    assert [image.limits for image in config.images] == [
        (Limit(Metric.CONTENT, Threshold(50_000_000), Threshold(100_000_000)), growth, layers),
        (
            fail(Metric.CONTENT, bytes=5_000_000_000),
            growth,
            fail(Metric.LAYER_GROWTH, bytes=2_000_000),
            layers,
        ),
        (),
    ]


def test_the_rest_of_the_file(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        version: 1
        baseline: ci/baseline/
        comment:
          when: always
          min-change: {bytes: 1 MB, percent: 2%}
          author: "acme-bot[bot]"
          key: nightly/x
        enforce: false
        on-incomparable: fail
        """,
    )
    assert config.baseline.path == "ci/baseline/"
    assert config.comment == CommentPolicy(CommentMode.ALWAYS, 1_000_000, 2.0, "acme-bot[bot]", "nightly/x")
    assert config.enforce is False
    assert config.on_incomparable is OnIncomparable.FAIL


def baseline_of(root: Path, text: str) -> BaselineSettings:
    return load(root, f"version: 1\nimages: [{{name: api}}]\nbaseline: {text}\n").baseline


def test_a_baseline_is_a_path_or_says_where_it_is_read_and_renewed(tmp_path: Path) -> None:
    assert (
        baseline_of(tmp_path, "ci/") == baseline_of(tmp_path, "{path: ci/}") == BaselineSettings(path="ci/")
    )
    written = """
      path: sizes.json
      sources: [branch, registry, build]
      branch: ci/sizes
      registry: docker://ghcr.io/acme/{image}:main
      renew: branch
      tolerance: 1 MB
      max-age: 2w"""
    assert baseline_of(tmp_path, written) == BaselineSettings(
        path="sizes.json",
        sources=(BaselineSource.BRANCH, BaselineSource.REGISTRY, BaselineSource.BUILD),
        branch="ci/sizes",
        registry="ghcr.io/acme/{image}:main",
        renew=Renewal.BRANCH,
        tolerance=Threshold(bytes=1_000_000),
        max_age=14,
    )


@pytest.mark.parametrize(
    ("written", "size", "percent"), [("1 MB", 1_000_000, 0.0), ("2%", 0, 2.0), ("{percent: 1}", 0, 1.0)]
)
def test_a_comments_smallest_change_is_only_what_is_written(
    tmp_path: Path, written: str, size: int, percent: float
) -> None:
    comment = load(tmp_path, f"version: 1\ncomment: {{min-change: {written}}}").comment
    assert (comment.min_change_bytes, comment.min_change_percent) == (size, percent)


def test_limits_alone_go_with_the_dockerfile_at_the_root(tmp_path: Path) -> None:
    root = tmp_path / "My Shop"
    root.mkdir()
    config = load(root, "version: 1\nlimits: {layers: 3}\n")
    assert config.images == (
        ImageSpec("my-shop", BuildSpec("Dockerfile"), limits=(fail(Metric.LAYERS, bytes=3),)),
    )


def test_anchors_and_aliases_share_limits(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "version: 1\nimages:\n- {name: a, limits: &small {content: 1 MB}}\n- {name: b, limits: *small}\n",
    )
    assert config.images[0].limits == config.images[1].limits != ()


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    write_repository(tmp_path, b"\xef\xbb\xbfversion: 1\r\nimages:\r\n  - name: api\r\n")
    assert load_config(tmp_path).images[0].place == Place(".bloatcheck.yml", 3)


def test_five_hundred_images_are_read_in_their_order(tmp_path: Path) -> None:
    names = [f"service-{number}" for number in range(500)]
    images = "".join(f"- {{name: {name}, limits: {{content: 1 MB}}}}\n" for name in names)
    assert [image.name for image in load(tmp_path, f"version: 1\nimages:\n{images}").images] == names


class TestTheFile:
    def test_the_other_ending_is_read_too(self, tmp_path: Path) -> None:
        write_repository(tmp_path, "version: 1")
        (tmp_path / ".bloatcheck.yml").rename(tmp_path / ".bloatcheck.yaml")
        assert load_config(tmp_path).path == ".bloatcheck.yaml"

    def test_both_endings_at_once_are_an_error(self, tmp_path: Path) -> None:
        write_repository(tmp_path, "version: 1", [".bloatcheck.yaml"])
        with pytest.raises(UsageError, match=r"\.bloatcheck\.yml and \.bloatcheck\.yaml are both there"):
            load_config(tmp_path)

    @pytest.mark.parametrize("path", ["ci/images.yml", "./ci//images.yml", "{root}/ci/images.yml"])
    def test_a_named_file_is_read_from_the_root(self, tmp_path: Path, path: str) -> None:
        write_repository(tmp_path, None, ["api/Dockerfile"])
        (tmp_path / "ci").mkdir()
        (tmp_path / "ci" / "images.yml").write_text("version: 1\nimages: [{name: api, context: api}]")
        config = load_config(tmp_path, path=path.format(root=tmp_path))
        assert config.path == "ci/images.yml"
        assert config.images[0].place == Place("ci/images.yml", 2)

    def test_an_empty_name_is_none(self, tmp_path: Path) -> None:
        assert load_config(write_repository(tmp_path, "version: 1"), path="").path == ".bloatcheck.yml"

    def test_a_named_file_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"there is no configuration 'nope\.yml'"):
            load_config(write_repository(tmp_path, "version: 1"), path="nope.yml")

    @pytest.mark.parametrize("path", ["../x.yml", "/etc/passwd", "a/../../x"])
    def test_a_named_file_outside_of_the_repository_is_an_error(self, tmp_path: Path, path: str) -> None:
        with pytest.raises(UsageError, match="outside of the repository"):
            load_config(tmp_path, path=path)


class TestTheImagesAskedFor:
    CONFIGURATION = "version: 1\nimages: [{name: api}, {name: api-worker}, {name: web, image: web}]"

    @pytest.mark.parametrize(
        ("globs", "names"),
        [
            ([], ["api", "api-worker", "web"]),
            (["api*"], ["api", "api-worker"]),
            (["web", "api"], ["api", "web"]),
            (["*"], ["api", "api-worker", "web"]),
            (["?eb"], ["web"]),
        ],
    )
    def test_globs_keep_what_they_match_in_the_files_order(
        self, tmp_path: Path, globs: list[str], names: list[str]
    ) -> None:
        write_repository(tmp_path, self.CONFIGURATION)
        assert [image.name for image in load_config(tmp_path, image_globs=globs).images] == names

    def test_a_glob_without_a_match_names_the_nearest_image_and_all_there_are(self, tmp_path: Path) -> None:
        write_repository(tmp_path, self.CONFIGURATION)
        with pytest.raises(UsageError) as caught:
            load_config(tmp_path, image_globs=["web", "api-wroker"])
        assert str(caught.value) == (
            "no image is called 'api-wroker', did you mean 'api-worker'?\n"
            "  hint: there are api, api-worker, web"
        )

    def test_only_their_files_need_to_be_there(self, tmp_path: Path) -> None:
        write_repository(
            tmp_path, "version: 1\nimages: [{name: api}, {name: gone, context: not-checked-out}]"
        )
        assert len(load_config(tmp_path, image_globs=["api"]).images) == 1
        with pytest.raises(UsageError, match="'not-checked-out' is no folder"):
            load_config(tmp_path)


class TestWithoutAFile:
    @pytest.mark.parametrize(
        "file", ["Dockerfile", "Containerfile", "Dockerfile.prod", "api.Dockerfile", "api.dockerfile"]
    )
    def test_a_single_dockerfile_at_the_root_simply_works(self, tmp_path: Path, file: str) -> None:
        root = tmp_path / "Shop_2.0"
        root.mkdir()
        config = load_config(write_repository(root, None, [file, "other/Dockerfile"]))
        assert config == Config(root, (ImageSpec("shop-2-0", BuildSpec(file)),))
        assert config.path is None

    def test_a_dockerignore_of_its_own_is_no_dockerfile(self, tmp_path: Path) -> None:
        write_repository(tmp_path, None, ["Dockerfile", "Dockerfile.dockerignore"])
        assert len(load_config(tmp_path).images) == 1

    def test_several_dockerfiles_ask_for_a_choice_and_show_it(self, tmp_path: Path) -> None:
        root = tmp_path / "shop"
        root.mkdir()
        write_repository(root, None, ["Dockerfile", "Dockerfile.dev", "api.Dockerfile"])
        with pytest.raises(UsageError) as caught:
            load_config(root)
        assert "'Dockerfile', 'Dockerfile.dev', 'api.Dockerfile'" in caught.value.message
        shown = (caught.value.hint or "").partition("\n")[2]
        written = load(root, "\n".join(line.removeprefix("    ") for line in shown.splitlines()))
        assert [(image.name, image.build and image.build.dockerfile) for image in written.images] == [
            ("shop", "Dockerfile"),
            ("dev", "Dockerfile.dev"),
            ("api", "api.Dockerfile"),
        ]

    def test_no_dockerfile_says_what_was_looked_for_and_what_to_write(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as caught:
            load_config(write_repository(tmp_path, None, ["src/Dockerfile"]))
        assert "no Dockerfile or Containerfile in" in caught.value.message
        assert "run `bloatcheck init`" in str(caught.value.hint)
        assert "write .bloatcheck.yml" in str(caught.value.hint)
        assert "dockerfile: path/to/Dockerfile" in str(caught.value.hint)

    def test_hostile_file_names_stay_quoted(self, tmp_path: Path) -> None:
        write_repository(tmp_path, None, ["Dockerfile", "Dockerfile.\x1b[2J\n::error::x"])
        with pytest.raises(UsageError) as caught:
            load_config(tmp_path)
        assert "\x1b" not in str(caught.value)
        assert "\n::" not in str(caught.value)

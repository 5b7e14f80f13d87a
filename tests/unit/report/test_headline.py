"""The verdict in one sentence."""

from dataclasses import replace

import pytest
from support.reports import report

from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.policy.model import Level
from bloatcheck.report.headline import headline

GROWN = "image api\n limit content-growth {level} 1 MB\n 10 MB -> 12 MB RUN make"
SAME = "image web\n 1 MB COPY . ."
FAILED = "image job failed build: no"


@pytest.mark.parametrize(
    ("text", "icon", "sentence"),
    [
        (SAME, "✅", "web did not change in size"),
        (f"{SAME}\nimage db\n 2 MB COPY . .", "✅", "No image changed in size"),
        (
            GROWN.format(level="fail"),
            "❌",
            "api grew by 2.00 MB (+20.0 %), 1.00 MB over the limit of 1.00 MB",
        ),
        (
            f"{GROWN.format(level='warn')}\n{SAME}",
            "⚠️",
            "api grew by 2.00 MB (+20.0 %), 1.00 MB over the warning limit of 1.00 MB",
        ),
        (
            f"{GROWN.format(level='fail')}\n{GROWN.format(level='fail').replace('api', 'job')}\n{SAME}",
            "❌",
            (
                "2 of 3 images break a limit: api +2.00 MB (+20.0 %), 1.00 MB over; "
                "job +2.00 MB (+20.0 %), 1.00 MB over"
            ),
        ),
        (FAILED, "❌", "job could not be built"),
        ("image job failed read: no", "❌", "job could not be read"),
        (f"{FAILED}\nimage db failed build: no\n{SAME}", "❌", "2 of 3 images could not be built: job, db"),
        (f"{FAILED}\nimage x failed read: no", "❌", "2 of 2 images could not be built or read: job, x"),
        (
            f"{FAILED}\n{GROWN.format(level='fail')}",
            "❌",
            "job could not be built; 1 other image breaks a limit: api +2.00 MB (+20.0 %), 1.00 MB over",
        ),
        ("image web new\n 1 MB COPY . .", "✅", "web is new: 1.00 MB in 1 layer"),
        ("image web gone\n 1 MB COPY . .", "✅", "web is no longer built"),
        ("image web\n 2 MB -> 1 MB COPY . .", "✅", "web shrank by 1.00 MB (−50.0 %)"),
        (
            "image a\n 2 MB -> 1 MB COPY . .\nimage b\n 1 MB -> 5 MB COPY . .\nimage c new\n 1 MB COPY . .",
            "✅",
            "2 of 3 images changed in size, +3.00 MB in all; 1 image is new",
        ),
        ("image a incomparable: x\n 2 MB COPY . .", "⚠️", "a can't be compared with its baseline"),
        (
            "image a incomparable: x\n 2 MB COPY . .\nimage b incomparable: x\n 1 MB COPY . .",
            "⚠️",
            "2 of 2 images can't be compared with their baselines: a, b",
        ),
        (
            f"image b incomparable: x\n 2 kB COPY . .\n{GROWN.format(level='warn')}",
            "⚠️",
            (
                "2 of 2 images break a warning limit or can't be compared: api "
                "+2.00 MB (+20.0 %), 1.00 MB over; b can't be compared"
            ),
        ),
        (
            "image a\n limit layer-growth fail 1 B\n - -> 5 MB COPY . .",
            "❌",
            "A new layer of a adds 5.00 MB, 5.00 MB over the limit of 1 B",
        ),
        (
            "image a\n limit layer-growth fail 1 B\n 1 MB -> 3 MB COPY . .",
            "❌",
            "A layer of a grew by 2.00 MB (+200.0 %), 2.00 MB over the limit of 1 B",
        ),
        (
            "image a\n limit layers fail 1\n 0 B RUN true\n 0 B RUN true",
            "❌",
            "a has 2 layers, 1 over the limit of 1",
        ),
        (
            "image a\n limit content fail 1 MB\n 3 MB COPY . .",
            "❌",
            "a is 3.00 MB, 2.00 MB over the limit of 1.00 MB",
        ),
        ("", "✅", "No image was measured"),
    ],
)
def test_the_most_important_thing_is_said(text: str, icon: str, sentence: str) -> None:
    told = headline(report(text))
    assert (told.icon, told.pattern.format(*told.names)) == (icon, sentence)


def test_what_fails_the_job_is_said_and_not_what_only_warns() -> None:
    warned = report("image a incomparable: x\n limit content warn 1 MB\n 2 MB COPY . .")
    (image,) = warned.images
    told = headline(replace(warned, images=(replace(image, incomparable=Level.FAIL),)))
    assert told.pattern == "{} can't be compared with its baseline"
    assert headline(warned).pattern.startswith("{} is 2.00 MB")


def test_of_many_images_the_worst_are_named_and_the_rest_counted() -> None:
    text = "\n".join(
        f"image {name}\n limit content-growth fail 1 MB\n 10 MB -> {after} MB COPY . ."
        for name, after in (("a", 12), ("b", 15), ("c", 13), ("d", 14))
    )
    assert headline(report(text)).pattern.format(*headline(report(text)).names) == (
        "4 of 4 images break a limit: b +5.00 MB (+50.0 %), 4.00 MB over; "
        "d +4.00 MB (+40.0 %), 3.00 MB over; 2 more"
    )
    told = headline(report("\n".join(f"image x{number} failed build: no" for number in range(9))))
    assert told.pattern.format(*told.names) == "9 of 9 images could not be built: x0, x1, x2, 6 more"


def test_platforms_of_one_image_are_told_apart() -> None:
    text = "\n".join(
        f"image api {platform}\n limit layers fail 1\n 0 B RUN true\n 0 B RUN true"
        for platform in ("linux/amd64", "linux/arm64")
    )
    assert headline(report(text)).names == ("api (linux/amd64)", "api (linux/arm64)")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (SAME, "web won't start"),
        (f"{SAME}\nimage db\n 2 MB COPY . .", "2 of 2 images won't start: web, db"),
        (f"{FAILED}\n{SAME}", "job could not be built; web won't start"),
        (
            "image api\n limit layers fail 1\n 0 B RUN true\n 0 B RUN true",
            "api has 2 layers, 1 over the limit of 1; the image won't start",
        ),
    ],
)
def test_what_wont_start_is_said(text: str, sentence: str) -> None:
    found = report(text)
    problem = StartProblem(id="no-loader", path="/x", message="", hint="")
    images = tuple(image if image.failure else replace(image, problems=(problem,)) for image in found.images)
    told = headline(replace(found, images=images))
    assert told.pattern.format(*told.names) == sentence

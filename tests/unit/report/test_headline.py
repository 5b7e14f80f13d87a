"""The verdict in one sentence."""

from dataclasses import replace

import pytest
from support.reports import report

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
            "2 of 3 images break a limit",
        ),
        (FAILED, "❌", "job could not be built"),
        ("image job failed read: no", "❌", "job could not be read"),
        (f"{FAILED}\n{FAILED}\n{SAME}", "❌", "2 of 3 images could not be built"),
        (f"{FAILED}\nimage x failed read: no", "❌", "2 of 2 images could not be built or read"),
        (
            f"{FAILED}\n{GROWN.format(level='fail')}",
            "❌",
            "job could not be built; 1 other image breaks a limit",
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
            "image a incomparable: x\n 2 MB COPY . .\nimage b incomparable: x\n 2 MB COPY . .",
            "⚠️",
            "2 of 2 images can't be compared with their baselines",
        ),
        (
            f"image a incomparable: x\n 2 MB COPY . .\n{GROWN.format(level='warn')}",
            "⚠️",
            "2 of 2 images break a warning limit or can't be compared",
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

"""What is known of a report from outside of it stands in the comment, whatever the report holds."""

import pytest
from support.reports import report

from bloatcheck.report.markdown import LONGEST_COMMENT, Framing, render_comment

QUIET = "image api\n 10 MB COPY app /app"
FORK = Framing(reported_by="the fork `mallory/shop`")


def headline(comment: str) -> str:
    return comment.splitlines()[1]


def test_who_reported_is_told_in_the_headline_and_below_it() -> None:
    comment = render_comment(report(QUIET), FORK)
    assert headline(comment) == "### ✅ `api` did not change in size, reported by the fork `mallory/shop`"
    assert "**Reported by the fork `mallory/shop`.** Its run was not trusted" in comment


def test_no_amount_of_other_text_pushes_it_out() -> None:
    flood = "\n".join(f"image i{n}\n limit content fail 1 B\n 1 MB COPY {'x' * 300}" for n in range(1200))
    notes = "\n".join(f"note: {'all is well ' * 60}" for _ in range(200))
    comment = render_comment(report(f"{flood}\n{notes}"), FORK)
    assert len(comment.encode()) <= LONGEST_COMMENT + 200
    assert comment.index("**Reported by the fork") < 400


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (QUIET, "### ✅ `api` is back to its size"),
        (f"{QUIET}\n{QUIET.replace('api', 'web')}", "### ✅ Every image is back to its size"),
        (f"{QUIET}\nimage web new\n 1 MB COPY . .", "### ✅ `web` is new: 1.00 MB in 1 layer"),
        ("image api\n 10 MB -> 11 MB COPY app /app", "### ✅ `api` grew by 1.00 MB (+10.0 %)"),
    ],
)
def test_a_return_is_told_only_where_all_is_as_before(text: str, told: str) -> None:
    comment = render_comment(report(text), Framing(returned=True))
    assert headline(comment).replace("\N{NO-BREAK SPACE}", " ") == told

"""What a comment or a label on a pull request approves, and what is said about one that approves nothing."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.config.approvals import Approval, ApprovalSource
from bloatcheck.policy.sign import Understood, understand

HEAD = "5f1f2b4c7a4f4d3f9f0f8f6c1a2b3c4d5e6f7a8b"


@dataclass(frozen=True)
class Said:
    words: str = ""
    way: str = "command"
    by: str = "octo"
    url: str | None = "https://github.com/octo/hello/pull/7#issuecomment-1"
    doubt: str | None = None


def meant(words: str) -> Understood:
    return understand([Said(words)], images=["api", "web-2"], head=HEAD)


def test_a_command_names_commit_image_size_and_reason() -> None:
    assert meant(f"{HEAD} api up to 240 MB because the codecs need ffmpeg").approvals == (
        Approval(
            source=ApprovalSource.COMMAND,
            image="api",
            up_to=240_000_000,
            because="the codecs need ffmpeg",
            by="octo",
            url="https://github.com/octo/hello/pull/7#issuecomment-1",
        ),
    )


def test_a_command_may_have_an_end() -> None:
    (approval,) = meant(f"{HEAD} web-2 up to 1.5GiB until 2027-01-31 because x").approvals
    assert (approval.until, approval.up_to) == (date(2027, 1, 31), 1_610_612_736)


@pytest.mark.parametrize(
    ("words", "remark"),
    [
        (f"{HEAD} api", "its form is COMMIT IMAGE up to SIZE because REASON"),
        (f"{HEAD} api up to 240 because x", "its form is"),
        (f"{HEAD} api up to 240 MB", "its form is"),
        (f"{HEAD[:-1]} api up to 240 MB because x", "its form is"),
        (f"{HEAD[:-1]}0 api up to 240 MB because x", "it names another commit"),
        (f"{HEAD} apy up to 240 MB because x", "it names no image that is checked"),
        (f"{HEAD} api up to 240 MB until 2027-02-30 because x", "day"),
    ],
)
def test_any_other_form_approves_nothing_and_is_told(words: str, remark: str) -> None:
    understood = meant(words)
    assert understood.approvals == ()
    (told,) = understood.remarks
    assert told.startswith("octo's approving comment approves nothing: ")
    assert remark in told


def test_a_doubtful_sign_approves_nothing_and_the_doubt_is_told() -> None:
    signs = [Said(way="label", doubt="it was set before the newest push")]
    assert understand(signs, images=["api"], head=HEAD) == Understood(
        (), ("octo's label approves nothing: it was set before the newest push.",)
    )


def test_a_label_approves_all_images_as_they_are() -> None:
    (approval,) = understand([Said(way="label")], images=["api"], head=HEAD).approvals
    assert (approval.source, approval.image, approval.up_to) == (ApprovalSource.LABEL, None, None)


@given(st.text() | st.builds(lambda rest: f"{HEAD} api up to {rest}", st.text()))
def test_no_words_are_a_fault(words: str) -> None:
    understood = meant(words)
    assert len(understood.approvals) + len(understood.remarks) == 1

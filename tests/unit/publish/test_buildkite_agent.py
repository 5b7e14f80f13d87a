"""What Buildkite's agent is asked for. The agent is a stand-in, tests/support/buildkite/stand_in_agent.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.buildkite.agent import StandInAgent, stand_in_agent

from bloatcheck.errors import PublishError
from bloatcheck.publish.buildkite import agent as buildkite_agent
from bloatcheck.publish.buildkite.agent import MAX_ANNOTATION_BYTES, annotate, context_of, set_meta_data


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandInAgent:
    return stand_in_agent(tmp_path, monkeypatch)


def test_the_body_goes_through_stdin_and_the_same_key_replaces_it(agent: StandInAgent) -> None:
    annotate("## grew\n`--style` \U0001f4e6", key="shop:.bloatcheck.yml", style="error")
    annotate("## fine", key="shop:.bloatcheck.yml", style="success")
    annotate("## other", key="shop:other.yml", style="info")
    assert agent.annotations == {
        "bloatcheck-shop:.bloatcheck.yml": {"style": "success", "body": "## fine"},
        "bloatcheck-shop:other.yml": {"style": "info", "body": "## other"},
    }
    first, *_ = agent.state["argv"]
    assert first == ["annotate", "--style", "error", "--context", "bloatcheck-shop:.bloatcheck.yml"]


def test_a_mebibyte_fits_and_a_byte_more_is_not_sent(agent: StandInAgent) -> None:
    annotate("ö" * (MAX_ANNOTATION_BYTES // 2), key="k", style="info")
    with pytest.raises(PublishError, match="Buildkite takes 1,048,576"):
        annotate("ö" * (MAX_ANNOTATION_BYTES // 2) + "x", key="k", style="info")
    assert len(agent.state["argv"]) == 1


@pytest.mark.parametrize("key", ["k", "k" * 88, "k" * 89, "k" * 200])
def test_every_key_makes_a_context_of_at_most_a_hundred_characters(agent: StandInAgent, key: str) -> None:
    assert len(context_of(key)) <= 100
    annotate("x", key=key, style="info")
    assert list(agent.annotations) == [context_of(key)]


def test_long_keys_stay_apart() -> None:
    assert context_of("k" * 199 + "a") != context_of("k" * 199 + "b")


def test_meta_data_is_set_value_by_value_and_blank_ones_stay_out(agent: StandInAgent) -> None:
    set_meta_data({"verdict": "fail", "comment-url": "", "images": '[{"name":"a b"}]', "blank": " \n"})
    assert agent.meta_data == {"bloatcheck-verdict": "fail", "bloatcheck-images": '[{"name":"a b"}]'}


def test_a_job_without_the_agent_is_told_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not buildkite_agent.is_there()
    with pytest.raises(PublishError, match="not on the PATH") as caught:
        annotate("x", key="k", style="info")
    assert "mount-buildkite-agent" in (caught.value.hint or "")


def test_what_the_agent_refuses_is_told_in_its_last_words(
    agent: StandInAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_AGENT_FAILS", "Failed to annotate build: \x1b[31m401 ##vso[x]")
    with pytest.raises(PublishError, match=r"could not annotate the build: .*401") as caught:
        annotate("x", key="k", style="info")
    assert "\x1b" not in caught.value.message
    assert agent.annotations == {}


def test_an_agent_that_hangs_is_left(agent: StandInAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_AGENT_DELAY", "30")
    monkeypatch.setattr(buildkite_agent, "_SECONDS", 0.3)
    with pytest.raises(PublishError, match="took more than"):
        annotate("x", key="k", style="info")
    assert agent.annotations == {}


def test_a_program_that_can_not_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "buildkite-agent"
    program.write_text("no program")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PublishError, match="could not annotate the build"):
        annotate("x", key="k", style="info")

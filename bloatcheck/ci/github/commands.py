"""Workflow commands, the lines that GitHub's runner acts on.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations


def command(name: str, message: str, **properties: str | int | None) -> str:
    """One command, `::error file=Dockerfile,line=3::message`; properties that are None are left out.

    It stands in the job's log as it is, so the texts are harmless already.
    """
    told = ",".join(
        f"{key}={escape_property(str(value))}" for key, value in properties.items() if value is not None
    )
    return f"::{name} {told}::{escape_data(message)}" if told else f"::{name}::{escape_data(message)}"


def escape_data(text: str) -> str:
    """For the message of a workflow command, as the runner's own toolkit does it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """For a property of a workflow command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")

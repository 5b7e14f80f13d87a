"""Logging commands, the lines that the agent of Azure Pipelines acts on.

https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
"""

from __future__ import annotations


def command(name: str, message: str, **properties: str | int | None) -> str:
    """One command, `##vso[task.logissue type=error;linenumber=3]message`; properties that are None stay out.

    It stands in the job's log as it is, so the texts are harmless already.
    """
    told = "".join(
        f"{key}={escape_property(str(value))};" for key, value in properties.items() if value is not None
    )
    return f"##vso[{name} {told}]{escape_data(message)}" if told else f"##vso[{name}]{escape_data(message)}"


def escape_data(text: str) -> str:
    """For the message of a command."""
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """For a property of a command."""
    return escape_data(text).replace("]", "%5D").replace(";", "%3B")

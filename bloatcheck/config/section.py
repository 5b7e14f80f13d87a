"""A mapping in the configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A mapping of the file, in which every key is known.

    `misplaced` holds keys that belong elsewhere, and where.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=lambda name: name.replace("_", "-"),
        hide_input_in_errors=True,
    )
    misplaced: ClassVar[Mapping[str, str]] = {}

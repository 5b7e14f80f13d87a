"""Why an image, or an executable in it, won't start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import MaxLen


@dataclass(frozen=True, slots=True, kw_only=True)
class StartProblem:
    """One reason. `path` is the executable's in the image; `hint` what to do about it."""

    id: Annotated[str, MaxLen(40)]
    path: Annotated[str, MaxLen(4096)]
    message: Annotated[str, MaxLen(2000)]
    hint: Annotated[str, MaxLen(2000)] | None = None

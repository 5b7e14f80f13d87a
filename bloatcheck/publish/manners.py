"""How one code host wants to be spoken to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What differs from host to host in every request.

    `headers` make a token's headers of it. `says` reads a refusal's own words. `needs` is the permission that
    most of what is asked for takes.

    The rest are ends of errors. `token_hint` and `answer_hint` are for a token that can't be right, and for
    an answer that is none of the host's. `permission` is for what the token may not do, with `{needs}` for
    what it takes; `unauthorized` for a token that is none; `own` for what the host means by a status alone.
    `read_only` is how a 403 begins, in small letters, that is about the token; where it is empty, any is.
    """

    host: str
    headers: Callable[[str], Mapping[str, str]]
    says: Callable[[bytes], str]
    needs: str
    address_variable: str
    example: str
    token_hint: str
    answer_hint: str = ""
    permission: str
    unauthorized: str
    own: Mapping[int, str] = field(default_factory=dict)
    read_only: str = ""

    @property
    def its(self) -> str:
        """Such as `GitHub's`."""
        return f"{self.host}'" if self.host.endswith("s") else f"{self.host}'s"

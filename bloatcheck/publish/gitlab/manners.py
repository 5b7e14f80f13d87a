"""How GitLab's REST API wants to be spoken to, and what its refusals mean.

https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

from bloatcheck.publish.manners import Manners
from bloatcheck.publish.refused import shortened, values_of


def message_of(body: bytes) -> str:
    """The answer's own words, at most 300 characters; empty where there are none to be read.

    `message` is a text, or texts by the names of fields; `error` and `error_description` are OAuth's.
    """
    answer = values_of(body)
    said = answer.get("message")
    if isinstance(said, dict):
        said = "; ".join(
            f"{field} {', '.join(map(str, texts[:3])) if isinstance(texts, list) else texts}"
            for field, texts in list(said.items())[:3]
        )
    parts = (said, answer.get("error"), answer.get("error_description"))
    return shortened("; ".join(part for part in parts if isinstance(part, str) and part))


GITLAB = Manners(
    host="GitLab",
    headers=lambda token: {"PRIVATE-TOKEN": token},
    says=message_of,
    needs="api",
    address_variable="CI_API_V4_URL",
    example="https://gitlab.com/api/v4",
    token_hint="set BLOATCHECK_TOKEN to a project access token, on one line without spaces",  # noqa: S106 - a sentence
    permission="the access token needs the scope `{needs}`, and its user a role in the project that may "
    "do it",
    unauthorized="the token is wrong, or it has expired or was revoked. CI_JOB_TOKEN does not do: set "
    "BLOATCHECK_TOKEN to a project access token",
)

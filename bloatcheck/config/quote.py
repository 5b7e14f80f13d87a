"""How a piece of somebody else's text is shown in our own sentences."""

_LENGTH = 60


def quote(text: str) -> str:
    """The text in quotes, on one line, what can't be printed escaped, cut after 60 characters."""
    return repr(text) if len(text) <= _LENGTH else f"{text[:_LENGTH]!r}…"

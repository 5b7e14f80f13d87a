"""The command line's parser: what is misspelt is answered with what was meant, and with the right usage."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any


class Parser(argparse.ArgumentParser):
    """argparse's, which tells of an unknown option the whole program's usage and no more."""

    def parse_known_args(  # type: ignore[override] # the stub has an overload for each kind of namespace
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Leaves nothing over: a command's parser is the last that could know it, and says so itself."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._unknown(unknown))
        return parsed, unknown

    def _unknown(self, words: Sequence[str]) -> str:
        told = " ".join(words)
        options = [word.partition("=")[0] for word in words if word.startswith("-")]
        meant = [_nearest(option, self._option_string_actions) for option in options]
        near = list(dict.fromkeys(option for option in meant if option))
        return f"unrecognized arguments: {told}{_suggestion(near)}"

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401 - argparse's own signature
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            near = _nearest(str(value), map(str, action.choices or ()))
            message = f"{error.message}{_suggestion([near] if near else [])}"
            raise argparse.ArgumentError(action, message) from None


def _nearest(word: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(word, list(known), n=1)), None)


def _suggestion(words: Sequence[str]) -> str:
    return f"; did you mean {' '.join(words)}?" if words else ""

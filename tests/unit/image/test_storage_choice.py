"""Whether an engine's storage may be read is the user's own choice, made in the environment."""

import pytest

from bloatcheck.errors import UsageError
from bloatcheck.image.open import STORAGE_VARIABLE, open_image


def test_an_unknown_choice_is_refused_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORAGE_VARIABLE, "always")
    with pytest.raises(UsageError, match="BLOATCHECK_STORAGE is 'always'") as refused:
        open_image("docker-daemon:api")
    assert refused.value.hint == "choose one of never, own, sudo"

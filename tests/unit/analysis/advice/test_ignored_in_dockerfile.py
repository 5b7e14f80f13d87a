"""Comments in the Dockerfile that switch advice off for one instruction."""

import pytest
from support.advice import facts_of
from support.layers import file, layer

from bloatcheck.analysis.advice import advise

LAYERS = (layer(), layer(file("root/.cache/pip/a", 400_000)))


@pytest.mark.parametrize("ids", ["pip-cache", "all", "npm-cache, pip-cache"])
def test_all_or_some_of_the_advice_is_switched_off(ids: str) -> None:
    above = f"FROM a\n# bloatcheck ignore={ids}\nRUN pip install a\n"
    within = f"FROM a\nRUN pip install \\\n  # bloatcheck ignore={ids}\n  a\n"
    assert not advise(facts_of(*LAYERS, dockerfile=above, filled_by=[0, 3]))
    assert not advise(facts_of(*LAYERS, dockerfile=within, filled_by=[0, 2]))


def test_another_instructions_comment_switches_nothing_off() -> None:
    text = "FROM a\n# bloatcheck ignore=all\nRUN true\nRUN pip install a\n"
    assert advise(facts_of(*LAYERS, dockerfile=text, filled_by=[0, 4]))

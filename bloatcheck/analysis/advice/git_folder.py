"""Repositories with their whole history, and whatever was ever committed to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bloatcheck.analysis.advice.edit import only_run, removal, with_command
from bloatcheck.analysis.advice.model import Facts, Proposal, by_layer, from_context
from bloatcheck.analysis.advice.shown import named, shown

_GIT = re.compile(rb"\A(?P<root>(?:.*/)?\.git)/")


def git_folder(facts: Facts) -> Iterator[Proposal]:
    """Also those that a later layer deletes: who has the image has the layer.

    It is told however small it is, since it tells secrets.
    """
    if not facts.mentions(b".git/"):
        return
    hidden = [(file.path, file.layer, file.size) for file in facts.hidden]
    found = [file for file in (*facts.files, *hidden) if b".git/" in file[0] and _GIT.match(file[0])]
    for layer, files in sorted(by_layer(found).items()):
        paths = {path for path, *_ in files}
        roots = {match["root"] for path in paths if (match := _GIT.match(path))}
        roots = {root for root in roots if root + b"/HEAD" in paths}
        mine = [file for file in files if (match := _GIT.match(file[0])) and match["root"] in roots]
        if not mine:
            continue
        instructions = facts.instructions_of(layer)
        copied = from_context(instructions)
        yield Proposal(
            message="The whole history of the repository is in the image, with every secret that was ever "
            f"committed, in {named(map(shown, sorted(roots)))}.",
            freed=facts.with_copies(facts.freed(mine)),
            always=True,
            layer=layer,
            instructions=instructions,
            replacement="**/.git\n" if copied else with_command(only_run(instructions), removal(roots)),
            append_to=".dockerignore" if copied else None,
        )

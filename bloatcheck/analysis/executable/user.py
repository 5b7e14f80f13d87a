"""The user that a container runs as, looked up as the engine does it (passwd(5), group(5))."""

from __future__ import annotations

from bloatcheck.analysis.tree import Tree

USERS = b"etc/passwd"
GROUPS = b"etc/group"


def unknown_name(tree: Tree, user: str) -> tuple[str, bytes] | None:
    """Of `user[:group]` the name that isn't known, and the file that doesn't have it; None if all is well.

    Numbers needn't be known.
    """
    name, _, group = user.partition(":")
    for wanted, file in ((name, USERS), (group, GROUPS)):
        if wanted and not wanted.isdigit() and not _has(tree, file, wanted):
            return wanted, file
    return None


def _has(tree: Tree, file: bytes, name: str) -> bool:
    path = tree.resolve(file)
    if path is None:
        return False
    captured = tree.captured(path)
    if captured is None or captured.kind != "whole":
        # an empty file isn't kept; of any other nothing is known
        node = tree.get(path)
        return node is None or node.size > 0
    wanted = name.encode("utf-8", "surrogateescape")
    return any(line.partition(b":")[0] == wanted for line in captured.content.split(b"\n"))

"""What a `COPY . .` brings along that nobody meant: a checkout is more than the program."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.edit import command_of
from bloatcheck.analysis.advice.model import Facts, File, Proposal, by_layer, from_context
from bloatcheck.analysis.advice.shown import named
from bloatcheck.oci.dockerfile import Instruction

_FOLDERS = (
    *("node_modules", "bower_components"),
    *(".venv", "venv"),
    *("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".ipynb_checkpoints"),
    *(".idea", ".vscode", ".vs", ".github", ".gitlab", ".circleci"),
    *(".terraform", ".gradle", ".next/cache", ".turbo", ".nyc_output", ".cache", ".svn", ".hg"),
    *("tests", "test", "__tests__", "coverage", "htmlcov"),
)
_NAMES = "|".join(re.escape(folder) for folder in _FOLDERS)
_FOLDER = re.compile(rf"\A(?:.*?/)?(?P<junk>{_NAMES})/".encode())
_FILE = re.compile(rb"(?:\A|/)(?P<junk>[^/]*\.(?:log|pyc|swp|orig|rej)|\.DS_Store|core\.\d+|Thumbs\.db)\Z")
_INSTALLS = {
    "node_modules": re.compile(r"\b(?:npm|yarn|pnpm|bun)\b"),
    "bower_components": re.compile(r"\bbower\b"),
}
_AT_THE_TOP = {"tests", "test", "__tests__", "coverage", "htmlcov"}
"""These names mean other things deep within a library."""


def context_junk(facts: Facts) -> Iterator[Proposal]:
    """One proposal for each COPY of a whole folder.

    A folder of packages is junk only where the image installs them itself; and nothing is that the
    instruction names, or the image starts from.
    """
    hidden = [(file.path, file.layer, file.size) for file in facts.hidden]
    for layer, files in sorted(by_layer([*facts.files, *hidden]).items()):
        copy = from_context(facts.instructions_of(layer))
        if copy is None:
            continue
        junk = {name: mine for name, mine in _junk(files).items() if _is_junk(facts, copy, layer, name, mine)}
        if not junk:
            continue
        sizes = Counter({name: sum(size for *_, size in mine) for name, mine in junk.items()})
        names = [name for name, _ in sizes.most_common()]
        why = {False: ", as there is no .dockerignore", True: ", past the .dockerignore", None: ""}
        yield Proposal(
            message=f"The copy of the build context brings along {named(names)}{why[facts.context_ignore]}.",
            freed=facts.with_copies(facts.freed(file for mine in junk.values() for file in mine)),
            layer=layer,
            instructions=[copy],
            replacement="".join(f"{_pattern(name, copy)}\n" for name in sorted(names)),
            append_to=".dockerignore",
        )


def _junk(files: Sequence[File]) -> dict[str, list[File]]:
    """The files by what would keep them out."""
    found: dict[str, list[File]] = {}
    depth = min((path.count(b"/") for path, *_ in files), default=0)
    for file in files:
        match = _FOLDER.match(file[0])
        if match:
            name = match["junk"].decode()
            if (
                name in _AT_THE_TOP
                and match.start("junk")
                and file[0][: match.start("junk")].count(b"/") > depth
            ):
                continue
        else:
            match = _FILE.search(file[0])
            if match is None:
                continue
            name = match["junk"].decode("ascii", "replace")
            if "." in name[1:]:
                name = "*." + name.rpartition(".")[2]
        found.setdefault(name, []).append(file)
    return found


def _is_junk(facts: Facts, copy: Instruction, layer: int, name: str, files: Sequence[File]) -> bool:
    sources = copy.words[:-1]
    parts = {part for word in sources for part in word.strip("\"'").split("/")}
    if name.partition("/")[0] in parts or any(word.endswith(name.lstrip("*")) for word in sources):
        return False
    started = " ".join([*facts.config.entrypoint, *facts.config.cmd, *facts.config.env])
    if not name.startswith("*") and re.search(rf"(?:\A|[/\s:=]){re.escape(name)}/", started):
        return False
    installs = _INSTALLS.get(name)
    if installs is None:
        return name != "venv" or any(path.endswith(b"/venv/pyvenv.cfg") for path, *_ in files)
    installed = any(
        each.keyword == "RUN" and each.stage == copy.stage and installs.search(command_of(each))
        for each in facts.dockerfile
    )
    return installed and _is_there_without(facts, layer, files)


def _is_there_without(facts: Facts, layer: int, files: Sequence[File]) -> bool:
    """Whether each folder of packages has something of another layer too, as an install leaves it."""
    folders = {path[: match.end()] for path, *_ in files if (match := _FOLDER.match(path))}
    others = {
        path[: match.end()]
        for number in range(facts.first_own, len(facts.tree.layers))
        if number != layer
        for path in facts.tree.paths_of(number)
        if (match := _FOLDER.match(path))
    }
    return folders <= others


def _pattern(name: str, copy: Instruction) -> str:
    """The line of a `.dockerignore` (moby/patternmatcher: `**/` is any number of folders, none too)."""
    sources = [word.strip("\"'").removeprefix("./").strip("/") for word in copy.words[:-1]]
    if name in _AT_THE_TOP and len(sources) == 1 and re.fullmatch(r"[\w./-]*", sources[0]):
        return "/".join(part for part in (*sources[0].split("/"), name) if part not in {"", "."})
    return f"**/{name}"

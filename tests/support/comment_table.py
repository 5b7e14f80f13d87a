"""The table of a comment or job summary, read as people do: by its headings."""

from __future__ import annotations


def sizes_of(markdown: str, image: str) -> tuple[str, str]:
    """The sizes before and after that an image's row shows."""
    lines = markdown.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| Image |"))
    headings = _cells(lines[start])
    row = next(_cells(line) for line in lines[start:] if line.startswith("|") and f"`{image}`" in line)
    return row[headings.index("Before")], row[headings.index("After")]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]

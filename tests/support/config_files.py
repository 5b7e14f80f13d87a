"""A repository with a configuration, and the files that it names."""

from collections.abc import Sequence
from pathlib import Path

from bloatcheck.config.load import load_config
from bloatcheck.config.model import Config
from bloatcheck.errors import ConfigError


def write_repository(
    root: Path, configuration: str | bytes | None, files: Sequence[str] = ("Dockerfile",)
) -> Path:
    """Writes `.bloatcheck.yml` and, for each other path, a small file."""
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("FROM scratch AS runtime\n")
    if configuration is not None:
        content = configuration.encode() if isinstance(configuration, str) else configuration
        (root / ".bloatcheck.yml").write_bytes(content)
    return root


def load(root: Path, configuration: str, files: Sequence[str] = ("Dockerfile",)) -> Config:
    """The configuration read from a new repository."""
    return load_config(write_repository(root, configuration, files))


def problems(root: Path, configuration: str | bytes, files: Sequence[str] = ("Dockerfile",)) -> list[str]:
    """The problems of a configuration in a new repository; empty if it is in order."""
    try:
        load_config(write_repository(root, configuration, files))
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []

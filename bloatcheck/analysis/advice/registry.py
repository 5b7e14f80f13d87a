"""Every adviser, by its id. Where two speak of the same bytes, they are the first one's."""

from __future__ import annotations

from collections.abc import Mapping

from bloatcheck.analysis.advice.apk_cache import apk_cache
from bloatcheck.analysis.advice.apt_lists import apt_lists
from bloatcheck.analysis.advice.apt_recommends import apt_recommends
from bloatcheck.analysis.advice.build_tools import build_tools
from bloatcheck.analysis.advice.cargo_cache import cargo_cache
from bloatcheck.analysis.advice.context_junk import context_junk
from bloatcheck.analysis.advice.deleted_later import deleted_later
from bloatcheck.analysis.advice.dev_dependencies import dev_dependencies
from bloatcheck.analysis.advice.docs_shipped import docs_shipped
from bloatcheck.analysis.advice.duplicates import duplicates
from bloatcheck.analysis.advice.git_folder import git_folder
from bloatcheck.analysis.advice.go_cache import go_cache
from bloatcheck.analysis.advice.locales_shipped import locales_shipped
from bloatcheck.analysis.advice.metadata_copy import metadata_copy
from bloatcheck.analysis.advice.model import Adviser
from bloatcheck.analysis.advice.npm_cache import npm_cache
from bloatcheck.analysis.advice.pip_cache import pip_cache
from bloatcheck.analysis.advice.pycache import pycache
from bloatcheck.analysis.advice.scratch import scratch
from bloatcheck.analysis.advice.smaller_base import smaller_base
from bloatcheck.analysis.advice.static_archives import static_archives
from bloatcheck.analysis.advice.tests_shipped import tests_shipped
from bloatcheck.analysis.advice.unstripped import unstripped
from bloatcheck.analysis.advice.yarn_cache import yarn_cache

ADVISERS: Mapping[str, Adviser] = {
    "scratch": scratch,
    "git-folder": git_folder,
    "apt-lists": apt_lists,
    "apk-cache": apk_cache,
    "pip-cache": pip_cache,
    "npm-cache": npm_cache,
    "yarn-cache": yarn_cache,
    "go-cache": go_cache,
    "cargo-cache": cargo_cache,
    "context-junk": context_junk,
    "metadata-copy": metadata_copy,
    "deleted-later": deleted_later,
    "dev-dependencies": dev_dependencies,
    "apt-recommends": apt_recommends,
    "build-tools": build_tools,
    "unstripped": unstripped,
    "tests-shipped": tests_shipped,
    "pycache": pycache,
    "docs-shipped": docs_shipped,
    "locales-shipped": locales_shipped,
    "static-archives": static_archives,
    "duplicates": duplicates,
    "smaller-base": smaller_base,
}
"""The id of each is what its module is called, with hyphens."""

IDS = tuple(ADVISERS)
"""The ids, as they are written in a configuration."""

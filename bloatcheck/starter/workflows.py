"""The workflows that a repository begins with, as GitHub takes them and a security linter lets them pass."""

from __future__ import annotations

import json

from bloatcheck.starter.pins import CHECKOUT, DOWNLOAD_ARTIFACT, UPLOAD_ARTIFACT

CHECK_FILE = ".github/workflows/bloatcheck.yml"
COMMENT_FILE = ".github/workflows/bloatcheck-comment.yml"
ACTION = "bloatcheck/bloatcheck"
TAG = "v1"

_UNPINNED = (
    f"{ACTION}@{TAG} # zizmor: ignore[unpinned-uses] no commit was known here; put the one of a release in "
    "its place"
)

_CHECK = """\
# Checks the images of every pull request, and keeps the baseline of the default branch up to date.
# What a fork's run may not post is handed over to bloatcheck-comment.yml.
name: Images
on:
  pull_request:
  push:
    branches: [@BRANCH@]

permissions: {}

concurrency:
  group: ${{ github.workflow }}-${{ github.ref }}
  cancel-in-progress: ${{ github.event_name == 'pull_request' }}

jobs:
  check:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    permissions:
      contents: read # the checkout
      pull-requests: write # the comment; a fork's run gets read here, whatever is written
    steps:
      - uses: @CHECKOUT@
        with:
          fetch-depth: 0 # the baseline is read at the commit that the pull request starts from
          persist-credentials: false
      - id: size
        uses: @OURS@
      - if: always() && steps.size.outputs.comment-pending == 'true'
        uses: @UPLOAD@
        with:
          name: bloatcheck-report
          path: ${{ steps.size.outputs.report-json }}
          overwrite: true # of an earlier attempt of this run

  renew:
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    permissions:
      contents: write # the commit that renews the baseline
      pull-requests: write # where the branch is protected, a pull request does
    steps:
      - uses: @CHECKOUT@
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: @OURS@
        with:
          enforce: false # what is here was accepted already
"""

_COMMENT = """\
# Posts what a run of bloatcheck.yml handed over. Nothing of the pull request is checked out or run.
name: Image comment
on:
  workflow_run: # zizmor: ignore[dangerous-triggers] the artifact is only read, by what expects hostile ones
    workflows: [Images]
    types: [completed]

permissions: {}

concurrency:
  group: ${{ github.workflow }}-${{ github.event.workflow_run.id }}

jobs:
  comment:
    if: github.event.workflow_run.event == 'pull_request'
    runs-on: ubuntu-latest
    permissions:
      actions: read # the artifact of the other run
      pull-requests: write # the comment
    steps:
      - uses: @DOWNLOAD@
        with:
          pattern: bloatcheck-report # by a pattern, so that a run without one is no failure
          path: handed-over
          run-id: ${{ github.event.workflow_run.id }}
          github-token: ${{ github.token }}
      - uses: @OURS@
        with:
          command: comment
          reports: handed-over
"""


def workflows(*, branch: str, commit: str | None = None, tag: str = TAG) -> dict[str, str]:
    """The files, by their path.

    Args:
        branch: the default branch.
        commit: the commit of our own action, 40 hex digits; None where it could not be found out.
        tag: what that commit is called.
    """
    ours = f"{ACTION}@{commit} # {tag}" if commit else _UNPINNED
    values = {
        # JSON's strings are YAML's: no name of a branch can be anything else there.
        "@BRANCH@": json.dumps(branch, ensure_ascii=True),
        "@CHECKOUT@": str(CHECKOUT),
        "@UPLOAD@": str(UPLOAD_ARTIFACT),
        "@DOWNLOAD@": str(DOWNLOAD_ARTIFACT),
        "@OURS@": ours,
    }
    texts = {CHECK_FILE: _CHECK, COMMENT_FILE: _COMMENT}
    for mark, value in values.items():
        texts = {file: text.replace(mark, value) for file, text in texts.items()}
    return texts

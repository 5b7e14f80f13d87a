"""A stateful GitHub on this machine: npm's `emulate`, with one repository and people in it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import requests

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache"

OWNER = "octo"
REPOSITORY = f"{OWNER}/hello"

BOT_TOKEN = "token-of-the-job"
"""What GITHUB_TOKEN is in a job: its user is the Actions bot, and it may not ask for it."""
HUMAN_TOKEN = "token-of-a-person"
ATTACKER_TOKEN = "token-of-a-stranger"
FORK = "mallory/hello"
BOT = "github-actions[bot]"
HUMAN = OWNER
ATTACKER = "mallory"

_SEED = {
    "tokens": {
        BOT_TOKEN: {"login": BOT, "scopes": ["repo"]},
        HUMAN_TOKEN: {"login": HUMAN, "scopes": ["repo"]},
        ATTACKER_TOKEN: {"login": ATTACKER, "scopes": ["repo"]},
    },
    "github": {
        "users": [{"login": BOT}, {"login": HUMAN}, {"login": ATTACKER}],
        "repos": [{"owner": OWNER, "name": "hello", "auto_init": True}],
    },
}


@dataclass
class Emulator:
    """The running emulator. What is asked here goes to it directly, past every proxy."""

    url: str
    _branches: Iterator[int]

    def api(self, method: str, path: str, token: str = HUMAN_TOKEN, **body: Any) -> Any:
        response = requests.request(
            method,
            f"{self.url}{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=body or None,
            timeout=10,
        )
        response.raise_for_status()
        return response.json() if response.content else None

    def open_pull_request(self) -> int:
        """A new pull request in a new branch; its number."""
        branch = f"feature-{next(self._branches)}"
        main = self.api("GET", f"/repos/{REPOSITORY}/git/ref/heads/main")["object"]["sha"]
        self.api("POST", f"/repos/{REPOSITORY}/git/refs", ref=f"refs/heads/{branch}", sha=main)
        self.api(
            "PUT",
            f"/repos/{REPOSITORY}/contents/{branch}.txt",
            message="A change",
            content=b64encode(b"x").decode(),
            branch=branch,
        )
        pull = self.api("POST", f"/repos/{REPOSITORY}/pulls", title="A change", head=branch, base="main")
        return int(pull["number"])

    def open_pull_request_from_fork(self) -> int:
        """A new pull request by the stranger, from a new branch of the stranger's fork; its number."""
        branch = f"feature-{next(self._branches)}"
        if not self._is_there(f"/repos/{FORK}"):
            self.api("POST", f"/repos/{REPOSITORY}/forks", ATTACKER_TOKEN, default_branch_only=False)
        main = self.api("GET", f"/repos/{FORK}/git/ref/heads/main")["object"]["sha"]
        self.api("POST", f"/repos/{FORK}/git/refs", ATTACKER_TOKEN, ref=f"refs/heads/{branch}", sha=main)
        self.api(
            "PUT",
            f"/repos/{FORK}/contents/{branch}.txt",
            ATTACKER_TOKEN,
            message="A change",
            content=b64encode(b"x").decode(),
            branch=branch,
        )
        pull = self.api(
            "POST",
            f"/repos/{REPOSITORY}/pulls",
            ATTACKER_TOKEN,
            title="A change",
            head=f"{ATTACKER}:{branch}",
            base="main",
        )
        return int(pull["number"])

    def pull_request(self, number: int) -> dict[str, Any]:
        """As GitHub tells of it."""
        found: dict[str, Any] = self.api("GET", f"/repos/{REPOSITORY}/pulls/{number}")
        return found

    def check_runs(self, sha: str) -> list[dict[str, Any]]:
        """Those that GitHub shows at a commit, the newest of each name; with `annotations`."""
        runs = self.api("GET", f"/repos/{REPOSITORY}/commits/{sha}/check-runs")["check_runs"]
        return [{**run, "annotations": self._annotations(run["id"])} for run in runs]

    def _annotations(self, check_run: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in count(1):
            path = f"/repos/{REPOSITORY}/check-runs/{check_run}/annotations?per_page=100&page={page}"
            batch = self.api("GET", path)["check_annotations"]
            found += batch
            if len(batch) < 100:
                break
        return found

    def _is_there(self, path: str) -> bool:
        headers = {"Authorization": f"Bearer {HUMAN_TOKEN}"}
        return requests.get(f"{self.url}{path}", headers=headers, timeout=10).ok

    def write_comment(self, pull_request: int, body: str, token: str = HUMAN_TOKEN) -> int:
        """A comment by someone else; its id.

        The emulator reads the clock once for each of its two times, so now and then the comment passes for
        one that was edited. GitHub's are the same; here it is written anew until they are.
        """
        path = f"/repos/{REPOSITORY}/issues/{pull_request}/comments"
        while True:
            written = self.api("POST", path, token, body=body)
            if written["created_at"] == written["updated_at"]:
                return int(written["id"])
            self.api("DELETE", f"/repos/{REPOSITORY}/issues/comments/{written['id']}", token)

    def comments(self, pull_request: int) -> list[dict[str, Any]]:
        """All comments of a pull request, as a visitor of its page sees them."""
        found: list[dict[str, Any]] = []
        for page in count(1):
            path = f"/repos/{REPOSITORY}/issues/{pull_request}/comments?per_page=100&page={page}"
            batch = self.api("GET", path)
            found += batch
            if len(batch) < 100:
                break
        return found


@contextmanager
def emulator() -> Iterator[Emulator]:
    """Starts an emulator of its own, with nothing in it but the seed."""
    program = _installed()
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home:
        seed = Path(home) / "seed.json"
        seed.write_text(json.dumps(_SEED))
        with (Path(home) / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    "node", program, "start", "--service", "github",
                    "--port", str(port), "--base-url", url, "--seed", str(seed),
                ],
                cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                _wait_until_it_answers(url, process, Path(log.name))
                yield Emulator(url, count(1))
            finally:
                process.terminate()
                process.wait(10)


def _installed() -> Path:
    """The emulator's program, installed from the lockfile on first use."""
    if not shutil.which("npm") or not shutil.which("node"):
        raise RuntimeError("the GitHub emulator needs node and npm: apt-get install nodejs npm")
    lockfile = HERE / "package-lock.json"
    home = CACHE / f"github-emulator-{hashlib.sha256(lockfile.read_bytes()).hexdigest()[:12]}"
    program = home / "node_modules" / "emulate" / "dist" / "index.js"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "github-emulator.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, home)
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=home, check=True,
            )  # fmt: skip
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            requests.get(f"{url}/rate_limit", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the GitHub emulator did not start: {log.read_text()}")

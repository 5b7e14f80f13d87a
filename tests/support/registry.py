"""Registries for tests: Debian's docker-registry, and one that misbehaves as it is told."""

from __future__ import annotations

import base64
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from support.image_builder import ImageUnderTest, Layout, layout_of, sha256

from bloatcheck.image.registry import Patience

HURRIED = Patience(
    connect=1.0,
    silence=0.4,
    document=0.8,
    request=3.0,
    attempts=3,
    first_wait=0.01,
    longest_wait=1.0,
    window=0.6,
    slowest=20_000,
    bytes_between_breaks=1 << 20,
)
"""So that a test needn't wait for minutes."""

PLATFORM_INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_PATIENCE = 20.0
_REGISTRY = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
_HTPASSWD = """\
auth: {{htpasswd: {{realm: tests, path: {path}}}}}
"""


@contextmanager
def docker_registry(folder: Path, *, users: Mapping[str, str] | None = None) -> Iterator[str]:
    """Debian's docker-registry on loopback; yields `host:port`. With users it asks who is there."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("needs Debian's docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = _REGISTRY.format(folder=folder, port=port)
    if users:
        config += _HTPASSWD.format(path=_htpasswd(folder / "htpasswd", users))
    (folder / "config.yml").write_text(config)
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([program, "serve", folder / "config.yml"], stdout=log, stderr=log) as process,
    ):
        try:
            deadline = time.monotonic() + _PATIENCE
            while not _listens(port):
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()


def skopeo(*arguments: str | Path) -> None:
    """Runs skopeo; its errors fail the test."""
    program = shutil.which("skopeo")
    if program is None:
        pytest.skip("needs skopeo")
    command = [program, "--insecure-policy", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def push(source: str, destination: str, *options: str) -> None:
    """Copies an image to `host:port/name:tag` with skopeo."""
    skopeo("copy", "--quiet", "--dest-tls-verify=false", *options, source, f"docker://{destination}")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def basic(username: str, password: str) -> str:
    """The header of basic authentication."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


@dataclass
class Asked:
    """A request that a server has seen."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        """Its query and its form, one value each."""
        text = f"{urlsplit(self.path).query}&{self.body.decode(errors='replace')}"
        return {name: values[0] for name, values in parse_qs(text).items()}


class Answer(BaseHTTPRequestHandler):
    """One request, to be answered; `server` is the `MisbehavingRegistry`'s."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """An ordinary answer; an underscore in a header's name is a dash."""
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), **named}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_blob(self, content: bytes, *, ranges: bool = True) -> None:
        """A blob, or the range of it that was asked for."""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if match and ranges:
            start = int(match[1])
            content_range = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.send(206, content[start:], Content_Range=content_range)
        else:
            self.send(200, content)

    def send_raw(self, *pieces: bytes, pause: float = 0.0, close: bool = True) -> None:
        """Bytes as they are."""
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(pause)
        self.close_connection = close

    def drip(self, beginning: bytes, drop: bytes, *, pause: float = 0.05) -> None:
        """A beginning, then a drop now and then, as long as somebody listens."""
        self.send_raw(beginning)
        while not self.server.stopped.is_set():
            self.send_raw(drop, pause=pause)

    def hang(self) -> None:
        """Says nothing more."""
        self.server.stopped.wait(60)
        self.close_connection = True

    def do_GET(self) -> None:
        """Whatever the registry does."""
        length = int(self.headers.get("Content-Length", "0"))
        asked = Asked(self.command, self.path, dict(self.headers), self.rfile.read(length))
        self.server.registry.seen.append(asked)
        with suppress(OSError):
            self.server.registry.answer(self, asked)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the parent's name
        """Quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, registry: MisbehavingRegistry) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.registry = registry
        self.stopped = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up on those who misbehave."""


Rule = Callable[[Answer, Asked], bool]
"""Answers a request and says so, or leaves it to the next one."""


@dataclass
class MisbehavingRegistry:
    """A registry, its storage or its token service; `rules` come before what a good registry would do."""

    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    seen: list[Asked] = field(default_factory=list)
    host: str = ""
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{self.scheme}://{self.host}"

    @property
    def name(self) -> str:
        """Its image's name."""
        return f"{self.host}/team/api"

    def holds(self, image: ImageUnderTest, *, compression: str = "+gzip", tag: str = "latest") -> Layout:
        """Puts an image in, as a good registry would have it."""
        layout = layout_of(image, compression=compression)
        self.holds_layout(layout, str(layout.entries[0]["digest"]), MANIFEST, tag=tag)
        return layout

    def holds_layout(self, layout: Layout, digest: str, media_type: str, *, tag: str = "latest") -> None:
        """Puts a layout's blobs in, and tags one of them."""
        for path, content in layout.files.items():
            if path.startswith("blobs/"):
                self.blobs[sha256(content)] = content
        self.manifests[tag] = (media_type, self.blobs[digest])

    def on(self, part: str, act: Callable[[Answer], object], *, times: int = -1, first: bool = False) -> None:
        """What to do where a path holds some text: always, or so many times; before all other rules?"""
        left = [times]

        def rule(answer: Answer, asked: Asked) -> bool:
            if part not in asked.path or left[0] == 0:
                return False
            left[0] -= 1
            act(answer)
            return True

        self.rules.insert(0 if first else len(self.rules), rule)

    def answer(self, answer: Answer, asked: Asked) -> None:
        """By the rules, else as the specification says."""
        if any(rule(answer, asked) for rule in self.rules):
            return
        kind, _, reference = urlsplit(asked.path).path.rpartition("/")
        if asked.path == "/v2/":
            answer.send(200)
        elif kind.endswith("/manifests") and reference in self.manifests:
            media_type, content = self.manifests[reference]
            answer.send(200, content, Content_Type=media_type)
        elif kind.endswith("/manifests") and reference in self.blobs:
            content = self.blobs[reference]
            answer.send(200, content, Content_Type=json.loads(content).get("mediaType", ""))
        elif kind.endswith("/blobs") and reference in self.blobs:
            answer.send_blob(self.blobs[reference])
        else:
            answer.send(404)

    def asked_for(self, part: str) -> list[Asked]:
        """The requests whose path holds some text."""
        return [asked for asked in self.seen if part in asked.path]

    @contextmanager
    def running(self, *, certificate: Path | None = None) -> Iterator[MisbehavingRegistry]:
        """On a port of its own; over TLS with a certificate (and key, in one file)."""
        with _Server(self) as server:
            self.host = f"127.0.0.1:{server.server_port}"
            if certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                server.socket = context.wrap_socket(server.socket, server_side=True)
                self.scheme = "https"
            thread = threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
            )
            thread.start()
            try:
                yield self
            finally:
                server.stopped.set()
                server.shutdown()
                thread.join()


@dataclass
class Login:
    """A token service, and the rule that sends a registry's clients there.

    Tokens are for those who name `authorization` in the request, for anybody if that is None.
    """

    service: MisbehavingRegistry
    authorization: str | None = None
    refresh_token: str | None = None
    tokens: Sequence[str] = ("token-1", "token-2", "token-3")
    lifetime: int = 1000
    _given: int = 0
    _used: int = 0

    def __post_init__(self) -> None:
        """Serves `/token`."""
        self.service.rules.append(self._give)

    def _give(self, answer: Answer, asked: Asked) -> bool:
        if not asked.path.startswith("/token"):
            return False
        allowed = (
            asked.query.get("refresh_token") == self.refresh_token
            if self.refresh_token
            else self.authorization in (None, asked.headers.get("Authorization"))
        )
        if not allowed:
            answer.send(401)
            return True
        name = "access_token" if self.refresh_token else "token"
        answer.send(200, json.dumps({name: self.tokens[self._given]}).encode())
        self._given += 1
        self._used = 0
        return True

    def guards(self, registry: MisbehavingRegistry) -> None:
        """Lets nobody in without the latest token, that is good for `lifetime` requests."""
        registry.rules.insert(0, self._guard)

    def _guard(self, answer: Answer, asked: Asked) -> bool:
        token = self.tokens[self._given - 1] if self._given else None
        if asked.headers.get("Authorization") == f"Bearer {token}" and self._used < self.lifetime:
            self._used += 1
            return False
        realm = f'Bearer realm="{self.service.url}/token",service="tests"'
        answer.send(401, WWW_Authenticate=f'{realm},scope="repository:team/api:pull"')
        return True


def own_certificate(path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs openssl")
    subject = ("-subj", "/CN=tests", "-addext", "subjectAltName=IP:127.0.0.1")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    subprocess.run(
        [program, "req", "-x509", "-days", "2", *key, *subject, "-keyout", path, "-out", f"{path}.crt"],
        capture_output=True,
        check=True,
    )
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def _htpasswd(path: Path, users: Mapping[str, str]) -> Path:
    program = shutil.which("htpasswd")
    if program is None:
        pytest.skip("needs htpasswd (Debian's apache2-utils)")
    lines = [
        subprocess.run(
            [program, "-niB", name], input=password.encode(), capture_output=True, check=True
        ).stdout
        for name, password in users.items()
    ]
    path.write_bytes(b"".join(lines))
    return path


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

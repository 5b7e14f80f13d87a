"""Registries that break off, stall, lie, lead astray or refuse: a clear end in time, and no secret told."""

from __future__ import annotations

import hashlib
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest
from support.image_builder import ImageUnderTest, Layout, descriptor, files, sha256
from support.recording_log import RecordingLog
from support.registry import (
    HURRIED,
    MANIFEST,
    PLATFORM_INDEX,
    Answer,
    Asked,
    Login,
    MisbehavingRegistry,
    basic,
    free_port,
    own_certificate,
)

from bloatcheck.errors import ReadError, UsageError
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.registry import Credentials, Patience, RegistryImage, open_registry
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.platform import Platform

SECRET = "s3cret-passw0rd"
ME = Credentials("me", SECRET)
NOISE = random.Random(7).randbytes(300_000)  # noqa: S311 - only has to be incompressible
IMAGE = ImageUnderTest(layers=[files(base=NOISE), files(top=b"0123456789")])


@pytest.fixture
def registry() -> Iterator[MisbehavingRegistry]:
    """Holds `IMAGE` as a good registry would."""
    one = MisbehavingRegistry()
    one.holds(IMAGE)
    with one.running():
        yield one


@pytest.fixture
def elsewhere() -> Iterator[MisbehavingRegistry]:
    """Another host: a token service, or a storage that holds the same blobs."""
    one = MisbehavingRegistry()
    one.holds(IMAGE)
    with one.running():
        yield one


@contextmanager
def opened(
    registry: MisbehavingRegistry,
    *,
    credentials: Credentials | None = None,
    patience: Patience = HURRIED,
    platform: Platform | None = None,
    suffix: str = "",
) -> Iterator[RegistryImage]:
    with closing(
        open_registry(
            registry.name + suffix,
            platform=platform,
            find_credentials=lambda _: credentials,
            patience=patience,
        )
    ) as image:
        yield image


def read(registry: MisbehavingRegistry, **how: object) -> dict[Digest, LayerIndex]:
    """Opens the image and lists its layers."""
    with opened(registry, **how) as image:  # type: ignore[arg-type]  # handed on
        return {index.diff_id: index for index in image.index_layers([one.diff_id for one in image.layers])}


def refusal(registry: MisbehavingRegistry, within: float = 8.0, **how: object) -> ReadError:
    """The error that reading ends with, in time."""
    started = time.monotonic()
    with pytest.raises(ReadError) as raised:
        read(registry, **how)
    assert time.monotonic() - started < within
    assert SECRET not in f"{raised.value} {raised.value.__cause__}"
    return raised.value


def base_blob(registry: MisbehavingRegistry) -> tuple[str, bytes]:
    """The larger layer's blob."""
    return max(registry.blobs.items(), key=lambda blob: len(blob[1]))


def authorizations(server: MisbehavingRegistry) -> set[str]:
    return {asked.headers["Authorization"] for asked in server.seen if "Authorization" in asked.headers}


# Sizes and layers


def test_sizes_alone_open_no_layer(registry: MisbehavingRegistry) -> None:
    with opened(registry) as image:
        sizes = [layer.compressed_size for layer in image.layers]
    assert sizes == [len(registry.blobs[layer.digest]) for layer in image.layers if layer.digest]
    assert image.image_id == sha256(IMAGE.config)
    assert len(registry.asked_for("/blobs/")) == 1  # the configuration
    assert len(registry.seen) == 3  # with the probe and the manifest


def test_only_the_layers_that_are_asked_for_are_downloaded(registry: MisbehavingRegistry) -> None:
    with opened(registry) as image:
        before = len(registry.seen)
        (index,) = image.index_layers([image.layers[1].diff_id])
    assert (index.content_size, index.uncompressed_size) == (10, len(IMAGE.layers[1]))
    assert [asked.path for asked in registry.seen[before:]] == [
        f"/v2/team/api/blobs/{image.layers[1].digest}"
    ]


def test_a_layer_that_occurs_twice_is_downloaded_once() -> None:
    registry = MisbehavingRegistry()
    registry.holds(ImageUnderTest(layers=[files(a=b"1"), files(a=b"1")]))
    with registry.running():
        assert len(read(registry)) == 1
        assert len(registry.asked_for("/blobs/")) == 2


def test_a_layer_that_it_does_not_have_is_an_error(registry: MisbehavingRegistry) -> None:
    with opened(registry) as image, pytest.raises(ReadError, match="has no layer"):
        list(image.index_layers([Digest("sha256:" + "0" * 64)]))


def test_stopping_early_ends_the_other_downloads(registry: MisbehavingRegistry) -> None:
    digest, blob = base_blob(registry)
    registry.on(digest, lambda answer: answer.drip(_head(len(blob)), blob[:5000]))
    with opened(registry) as image:
        layers = image.index_layers([layer.diff_id for layer in image.layers])
        assert next(layers).content_size == 10
        started = time.monotonic()
        layers.close()  # type: ignore[attr-defined]  # a generator
    assert time.monotonic() - started < 1


def test_connections_are_used_again(registry: MisbehavingRegistry) -> None:
    connections = set()

    def note(answer: Answer, _: Asked) -> bool:
        connections.add(answer.client_address)
        return False

    registry.rules.append(note)
    read(registry)
    assert len(connections) <= 2


# Connections that break


def test_a_broken_connection_is_resumed_where_it_broke(registry: MisbehavingRegistry) -> None:
    digest, blob = base_blob(registry)
    registry.on(digest, lambda answer: answer.send_raw(_head(len(blob)), blob[:100_000]), times=1)
    indexes = read(registry)
    assert indexes[sha256(IMAGE.layers[0])].content_size == len(NOISE)
    assert registry.asked_for(digest)[1].headers["Range"] == "bytes=100000-"


def test_without_ranges_it_is_read_again_up_to_there(registry: MisbehavingRegistry) -> None:
    digest, blob = base_blob(registry)
    registry.on(digest, lambda answer: answer.send_raw(_head(len(blob)), blob[:100_000]), times=1)
    registry.on(digest, lambda answer: answer.send_blob(blob, ranges=False))
    assert read(registry)[sha256(IMAGE.layers[0])].content_size == len(NOISE)


def test_one_that_breaks_off_again_and_again_is_given_up(registry: MisbehavingRegistry) -> None:
    digest, blob = base_blob(registry)
    registry.on(digest, lambda answer: answer.send_raw(_head(len(blob)), blob[:1000]))
    error = refusal(registry)
    assert "broke off 3 times" in error.message or "another range" in error.message


def test_breaks_are_forgiven_as_long_as_it_gets_on(registry: MisbehavingRegistry) -> None:
    digest, blob = base_blob(registry)
    step = 30_000

    def some(answer: Answer) -> None:
        start = int(answer.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        head = f"HTTP/1.1 206 x\r\nContent-Range: bytes {start}-{len(blob) - 1}/{len(blob)}\r\n\r\n"
        answer.send_raw(head.encode(), blob[start : start + step])

    registry.on(digest, some)
    assert read(registry, patience=replace(HURRIED, bytes_between_breaks=step))
    assert len(registry.asked_for(digest)) >= 10


def test_another_range_than_was_asked_for_is_refused(registry: MisbehavingRegistry) -> None:
    digest, blob = base_blob(registry)
    registry.on(digest, lambda answer: answer.send_raw(_head(len(blob)), blob[:1000]), times=1)
    registry.on(
        digest, lambda answer: answer.send(206, blob[2000:], Content_Range=f"bytes 2000-{len(blob) - 1}/*")
    )
    assert "another range" in refusal(registry).message


# Silence and drips


HASTY = replace(
    HURRIED, connect=0.5, silence=0.2, document=0.3, request=0.5, attempts=2, window=0.3, first_wait=0.001
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n"


@pytest.mark.parametrize("part", ["/v2/", "/manifests/", "/blobs/", "layer"])
@pytest.mark.parametrize(
    "stall",
    [
        lambda answer: answer.hang(),
        lambda answer: answer.drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        lambda answer: answer.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0),
        lambda answer: answer.drip(HEAD + b"Content-Length: 300327\r\n\r\n", b"x"),
        lambda answer: answer.drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        lambda answer: answer.drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"x: y\r\n"),
        lambda answer: answer.drip(HEAD + b"\r\n", b"x"),
        lambda answer: answer.send_raw(HEAD + b"Content-Length: 300327\r\n\r\n") or answer.hang(),
    ],
    ids=[
        "silence",
        "head drips",
        "endless interim answers",
        "body drips",
        "chunk header drips",
        "endless trailers",
        "body without end drips",
        "body never comes",
    ],
)
def test_a_registry_that_stalls_ends_in_time(
    registry: MisbehavingRegistry, part: str, stall: Callable[[Answer], object]
) -> None:
    digest, _ = base_blob(registry)
    registry.on(digest if part == "layer" else part, stall)
    refusal(registry, within=10.0, patience=HASTY)


def test_a_slow_connection_is_no_stall(registry: MisbehavingRegistry) -> None:
    digest, blob = base_blob(registry)

    def slowly(answer: Answer) -> None:
        pieces = [blob[start : start + 10_000] for start in range(0, len(blob), 10_000)]
        answer.send_raw(_head(len(blob)), *pieces, pause=0.05)

    registry.on(digest, slowly)
    assert read(registry)


def test_a_fast_beginning_buys_no_time_for_a_drip(registry: MisbehavingRegistry) -> None:
    digest, blob = base_blob(registry)
    registry.on(digest, lambda answer: answer.drip(_head(len(blob)) + blob[:250_000], blob[:1]))
    assert "stalls" in refusal(registry).message


def test_a_tls_handshake_that_drips_ends_in_time() -> None:
    """To plain HTTP it answers as servers of TLS do; then a record of the handshake never ends."""
    stopped = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not stopped.is_set():
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                if connection.recv(3) == b"GET":
                    connection.sendall(b"HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n")
                    continue
                connection.sendall(b"\x16\x03\x03\x40\x00\x02")
                while not stopped.wait(0.1):
                    connection.sendall(b"\0")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        refusal(MisbehavingRegistry(host=f"127.0.0.1:{listener.getsockname()[1]}"), patience=HASTY)
        stopped.set()
        with socket.create_connection(listener.getsockname()):
            thread.join(2)


# Lies


def test_a_manifest_that_is_not_what_its_digest_says(registry: MisbehavingRegistry) -> None:
    wrong = "sha256:" + "1" * 64
    registry.manifests[wrong] = registry.manifests["latest"]
    assert "the manifest's digest is" in refusal(registry, suffix=f"@{wrong}").message
    wrong = "sha512:" + "1" * 128
    registry.manifests[wrong] = registry.manifests["latest"]
    assert "the manifest's digest is" in refusal(registry, suffix=f"@{wrong}").message


def test_a_manifest_that_is_not_what_the_registry_says_of_it(registry: MisbehavingRegistry) -> None:
    kind, content = registry.manifests["latest"]
    registry.on(
        "/manifests/",
        lambda answer: answer.send(
            200, content, Content_Type=kind, Docker_Content_Digest="sha256:" + "1" * 64
        ),
    )
    assert "the manifest's digest is" in refusal(registry).message


def test_other_strong_digests_are_checked_too(registry: MisbehavingRegistry) -> None:
    kind, content = registry.manifests["latest"]
    digest = "sha512:" + hashlib.sha512(content).hexdigest()
    registry.manifests[digest] = (kind, content)
    assert read(registry, suffix=f"@{digest}")


def test_a_configuration_of_another_content(registry: MisbehavingRegistry) -> None:
    digest = sha256(IMAGE.config)
    registry.blobs[digest] = registry.blobs[digest].replace(b"linux", b"LINUX")
    assert "another document" in refusal(registry).message


def test_a_large_configuration_is_read_whole() -> None:
    image = ImageUnderTest()
    long = json.loads(image.config)
    long["config"]["Labels"] = {"long": "x" * 3_000_000}
    content = json.dumps(long).encode()
    registry = MisbehavingRegistry()
    manifest = _manifest_of(registry, image, config=content)
    registry.manifests["latest"] = (MANIFEST, manifest)
    with registry.running(), opened(registry) as opened_image:
        assert len(opened_image.config.labels["long"]) == 3_000_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda blob: blob[:-1], "bytes long in the registry, not"),
        (lambda blob: blob + b"x", "bytes long in the registry, not"),
        (lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]), r"its digest is|damaged"),
    ],
)
def test_a_layer_of_another_length_or_content(
    registry: MisbehavingRegistry, change: Callable[[bytes], bytes], message: str
) -> None:
    digest, blob = base_blob(registry)
    registry.blobs[digest] = change(blob)
    with pytest.raises(ReadError, match=message):
        read(registry)


def test_a_layer_whose_diff_id_is_another_one() -> None:
    registry = MisbehavingRegistry()
    image, other = ImageUnderTest(), ImageUnderTest(layers=[files(other=b"x")])
    registry.manifests["latest"] = (MANIFEST, _manifest_of(registry, image, config=other.config))
    with registry.running():
        assert "its diff_id is" in refusal(registry).message


def test_a_layer_that_is_a_bomb_of_declared_sizes(registry: MisbehavingRegistry) -> None:
    """A manifest may say any size: what comes is held to it, and nothing is reserved."""
    document = json.loads(registry.manifests["latest"][1])
    document["layers"][0]["size"] = 1 << 62
    registry.manifests["latest"] = (MANIFEST, json.dumps(document).encode())
    assert "bytes long in the registry, not" in refusal(registry).message
    document["config"]["size"] = 1 << 62
    registry.manifests["latest"] = (MANIFEST, json.dumps(document).encode())
    assert "more than" in refusal(registry).message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b"{}",
        b'{"schemaVersion": 2, "config": {}, "layers": []}',
        b'{"schemaVersion": 2, "manifests": "x"}',
        b'{"schemaVersion": 2, "manifests": []}',
        b'{"schemaVersion": 2, "layers": ' + b"9" * 10_000 + b"}",
        b"\xff\xfe",
        b" " * (5 << 20),
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_is_no_manifest_is_a_clear_error(registry: MisbehavingRegistry, content: bytes) -> None:
    registry.manifests["latest"] = (MANIFEST, content)
    assert registry.host in refusal(registry).message


@pytest.mark.parametrize(
    "media_type",
    ["application/vnd.docker.distribution.manifest.v1+prettyjws", "application/json"],
)
def test_dockers_schema_1_is_named(registry: MisbehavingRegistry, media_type: str) -> None:
    registry.manifests["latest"] = (media_type, b'{"schemaVersion": 1, "name": "x", "fsLayers": []}')
    error = refusal(registry)
    assert "schema 1" in error.message
    assert "push the image again" in (error.hint or "")


def test_more_layers_than_diff_ids() -> None:
    registry = MisbehavingRegistry()
    image = ImageUnderTest(layers=[files(a=b"1"), files(b=b"2")])
    registry.manifests["latest"] = (MANIFEST, _manifest_of(registry, image, config=ImageUnderTest().config))
    with registry.running():
        assert "2 layers, its configuration 1" in refusal(registry).message


# Platforms


@pytest.fixture
def two_platforms() -> Iterator[MisbehavingRegistry]:
    """An index of amd64 and arm64 images, with BuildKit's attestation beside."""
    registry, layout = MisbehavingRegistry(), Layout()
    entries = [
        layout.manifest(image, platform=image.platform)
        for image in (
            ImageUnderTest(layers=[files(amd=b"1")]),
            ImageUnderTest(layers=[files(arm=b"12")], architecture="arm64"),
        )
    ]
    attestation = layout.blob(
        MANIFEST,
        b"{}",
        platform={"os": "unknown", "architecture": "unknown"},
        annotations={"vnd.docker.reference.type": "attestation-manifest"},
    )
    index = layout.index([attestation, *entries])
    registry.holds_layout(layout, str(index["digest"]), PLATFORM_INDEX)
    with registry.running():
        yield registry


def test_the_platform_is_chosen(two_platforms: MisbehavingRegistry) -> None:
    for text, size in (("linux/amd64", 1), ("linux/arm64", 2)):
        (index,) = read(two_platforms, platform=Platform.parse(text)).values()
        assert index.content_size == size


def test_a_missing_platform_says_which_are_there(two_platforms: MisbehavingRegistry) -> None:
    error = refusal(two_platforms, platform=Platform.parse("linux/s390x"))
    assert "it has linux/amd64, linux/arm64;" in (error.hint or "")


def test_indexes_that_lead_to_one_another_end() -> None:
    registry, layout = MisbehavingRegistry(), Layout()
    index = layout.manifest(ImageUnderTest())
    for _ in range(10):
        index = layout.index([index])
    registry.holds_layout(layout, str(index["digest"]), PLATFORM_INDEX)
    with registry.running():
        assert "one within another" in refusal(registry).message


# Redirects and credentials


def redirects(registry: MisbehavingRegistry, to: str, part: str = "/blobs/", status: int = 307) -> None:
    registry.on(part, lambda answer: answer.send(status, Location=to + answer.path))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_storage_elsewhere_gets_no_authorization(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry, status: int
) -> None:
    redirects(registry, elsewhere.url, status=status)
    registry.rules.insert(0, _wants_basic)
    assert len(read(registry, credentials=ME)) == 2
    assert authorizations(registry) == {basic("me", SECRET)}
    assert len(elsewhere.asked_for("/blobs/")) == 3
    assert not authorizations(elsewhere)


def test_another_name_of_the_same_machine_is_elsewhere(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry
) -> None:
    redirects(registry, elsewhere.url.replace("127.0.0.1", "localhost"))
    registry.rules.insert(0, _wants_basic)
    assert read(registry, credentials=ME)
    assert not authorizations(elsewhere)


def test_a_redirect_within_the_registry_keeps_it(registry: MisbehavingRegistry) -> None:
    def away(answer: Answer, asked: Asked) -> bool:
        if "/blobs/" not in asked.path or "?" in asked.path:
            return False
        answer.send(307, Location=f"{asked.path}?signed")
        return True

    registry.rules += [_wants_basic, away]
    assert read(registry, credentials=ME)


def test_a_challenge_from_storage_is_not_answered(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry
) -> None:
    Login(elsewhere).guards(elsewhere)
    redirects(registry, elsewhere.url)
    assert "storage behind the registry: access denied (401" in refusal(registry, credentials=ME).message
    assert not elsewhere.asked_for("/token")
    assert not authorizations(elsewhere)


def test_credentials_in_an_address_are_not_sent(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry
) -> None:
    redirects(registry, elsewhere.url.replace("http://", "http://user:other@"))
    assert read(registry)
    assert not authorizations(elsewhere)


def test_netrc_is_not_sent(
    registry: MisbehavingRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert read(registry)
    assert not authorizations(registry)


def test_cookies_are_not_carried_about(registry: MisbehavingRegistry) -> None:
    kind, content = registry.manifests["latest"]
    registry.on("/manifests/", lambda answer: answer.send(200, content, Content_Type=kind, Set_Cookie="a=b"))
    read(registry)
    assert not [asked for asked in registry.seen if "Cookie" in asked.headers]


def test_a_proxy_is_not_asked_for_this_machine(
    registry: MisbehavingRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert read(registry)


@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_a_redirect_may_have_an_endless_body(registry: MisbehavingRegistry, part: str) -> None:
    head = b"HTTP/1.1 307 x\r\nLocation: /elsewhere\r\n\r\n"
    registry.on(part, lambda answer: answer.drip(head, bytes(1 << 20), pause=0))
    assert "not there (404)" in refusal(registry, within=1.0).message


def test_redirects_in_circles_end(registry: MisbehavingRegistry) -> None:
    redirects(registry, "")
    assert "more than 5 redirects" in refusal(registry).message


@pytest.mark.parametrize(
    "location",
    [
        "http://storage.example",
        "http://169.254.169.254/",
        "http://127.0.0.1.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd?",
        "http://[::1",
        "http://127.0.0.1:99999999/",
        "https://",
        "javascript:",
    ],
)
@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_a_redirect_to_what_is_not_https_is_refused(
    registry: MisbehavingRegistry, location: str, part: str
) -> None:
    redirects(registry, location, part)
    assert "a redirect leads to" in refusal(registry, within=2.0).message


@pytest.mark.parametrize("realm", ["http://auth.example/token", "", "x", "file:///x", "http://[", "/token"])
def test_a_token_service_without_https_gets_nothing(registry: MisbehavingRegistry, realm: str) -> None:
    registry.on("/v2/team", lambda answer: answer.send(401, WWW_Authenticate=f'Bearer realm="{realm}"'))
    assert "its token service leads to" in refusal(registry, within=2.0, credentials=ME).message


def test_basic_authentication_is_answered_once(registry: MisbehavingRegistry) -> None:
    registry.rules.append(_wants_basic)
    assert len(read(registry, credentials=ME)) == 2
    assert len([asked for asked in registry.seen if "Authorization" not in asked.headers]) == 2


@pytest.mark.parametrize(
    ("credentials", "words"), [(None, "no credentials"), (Credentials("me", "x"), "docker keeps are refused")]
)
def test_refused_credentials_are_told_from_none(
    registry: MisbehavingRegistry, credentials: Credentials | None, words: str
) -> None:
    registry.rules.append(_wants_basic)
    error = refusal(registry, credentials=credentials)
    assert words in error.message
    assert error.hint == f"run: docker login {registry.host}"


def test_anybody_may_have_a_token_for_a_public_image(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry
) -> None:
    Login(elsewhere).guards(registry)
    assert len(read(registry)) == 2
    (asked,) = elsewhere.asked_for("/token")
    assert asked.query == {"service": "tests", "scope": "repository:team/api:pull"}
    assert not authorizations(elsewhere)


def test_a_name_and_password_are_changed_for_a_token(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry
) -> None:
    Login(elsewhere, authorization=basic("me", SECRET)).guards(registry)
    assert len(read(registry, credentials=ME)) == 2
    assert authorizations(registry) == {"Bearer token-1"}


def test_an_identity_token_is_changed_for_a_token(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry
) -> None:
    Login(elsewhere, refresh_token=SECRET).guards(registry)
    assert len(read(registry, credentials=Credentials(identity_token=SECRET))) == 2
    (asked,) = elsewhere.asked_for("/token")
    assert (asked.method, asked.query["grant_type"]) == ("POST", "refresh_token")
    assert SECRET not in asked.path


def test_an_expired_token_is_renewed(registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry) -> None:
    Login(elsewhere, lifetime=2).guards(registry)
    assert len(read(registry)) == 2
    assert authorizations(registry) == {"Bearer token-1", "Bearer token-2"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"token": 1}',
        b'{"token": ""}',
        b'{"token": "a\\r\\nX: y"}',
        b"x" * (1 << 20),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_an_answer_without_a_token(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry, body: bytes
) -> None:
    Login(elsewhere).guards(registry)
    elsewhere.on("/token", lambda answer: answer.send(200, body), first=True)
    assert "its token service" in refusal(registry).message


def test_a_token_service_that_refuses_or_fails(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry
) -> None:
    Login(elsewhere, authorization="x").guards(registry)
    assert "its token service: access denied (401" in refusal(registry, credentials=ME).message
    elsewhere.on("/token", lambda answer: answer.send(503), first=True)
    assert "its token service: the registry answers 503" in refusal(registry).message


def test_a_token_service_that_redirects_is_not_followed(
    registry: MisbehavingRegistry, elsewhere: MisbehavingRegistry
) -> None:
    Login(elsewhere).guards(registry)
    elsewhere.on("/token", lambda answer: answer.send(307, Location=f"{registry.url}/stolen"), first=True)
    assert "its token service: the registry answers 307" in refusal(registry, credentials=ME).message
    assert not registry.asked_for("/stolen")


def test_credentials_are_looked_for_only_when_asked(registry: MisbehavingRegistry) -> None:
    def never(_: str) -> Credentials | None:
        raise AssertionError

    with closing(open_registry(registry.name, find_credentials=never, patience=HURRIED)) as image:
        assert image.layers


# Refusals


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "access denied (403"), (404, "not there (404)"), (400, "answers 400"), (304, "answers 304")],
)
@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_a_refusal_is_told_at_once(registry: MisbehavingRegistry, status: int, words: str, part: str) -> None:
    registry.on(part, lambda answer: answer.send(status))
    assert words in refusal(registry, within=1.0).message
    assert len(registry.asked_for(part)) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("part", ["/manifests/", "/blobs/"])
def test_a_passing_trouble_passes(registry: MisbehavingRegistry, status: int, part: str) -> None:
    registry.on(part, lambda answer: answer.send(status), times=2)
    assert len(read(registry)) == 2


def test_a_trouble_that_stays_is_told(registry: MisbehavingRegistry) -> None:
    registry.on("/manifests/", lambda answer: answer.send(503))
    assert "answers 503" in refusal(registry).message
    assert len(registry.asked_for("/manifests/")) == HURRIED.attempts


def test_the_wait_that_is_asked_for_is_kept(registry: MisbehavingRegistry) -> None:
    registry.on("/manifests/", lambda answer: answer.send(429, Retry_After="1"), times=1)
    started = time.monotonic()
    read(registry)
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_wait_that_is_too_long_is_told_instead(registry: MisbehavingRegistry, form: str) -> None:
    in_an_hour = format_datetime(datetime.now(timezone.utc) + timedelta(hours=1), usegmt=True)
    wait = "3600" if form == "seconds" else in_an_hour
    registry.on("/manifests/", lambda answer: answer.send(429, Retry_After=wait))
    message = refusal(registry, within=2.0).message
    assert "limits how often it is asked (429), and says to wait 3" in message


@pytest.mark.parametrize("wait", ["-1", "x", "1e9", "9" * 400, "Mon, 99 Foo 2026", "0"])
def test_a_wait_that_is_none_is_not_kept(registry: MisbehavingRegistry, wait: str) -> None:
    registry.on("/manifests/", lambda answer: answer.send(429, Retry_After=wait), times=1)
    assert read(registry)


@pytest.mark.parametrize(
    "head",
    [
        b"\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 999999999999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 100_000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 206 x\r\nContent-Range: bytes x\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 307 x\r\nLocation: \xff\xfe\x80\r\nContent-Length: 0\r\n\r\n",
    ],
    ids=lambda head: repr(head[-30:]),
)
@pytest.mark.parametrize("part", ["/v2/", "/manifests/", "/blobs/"])
def test_what_is_no_http_is_a_clear_error(registry: MisbehavingRegistry, head: bytes, part: str) -> None:
    registry.on(part, lambda answer: answer.send_raw(head))
    assert registry.host in refusal(registry).message


def test_nobody_there_is_told_at_once() -> None:
    nobody = MisbehavingRegistry(host=f"127.0.0.1:{free_port()}")
    assert "refuses connections" in refusal(nobody, within=1.0, patience=Patience()).message


def test_what_is_no_reference_is_bad_usage() -> None:
    with pytest.raises(UsageError, match="not an image in a registry"):
        open_registry("http://127.0.0.1/x")


# TLS


def test_on_loopback_tls_is_spoken_where_the_registry_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = own_certificate(tmp_path / "tls.pem")
    registry = MisbehavingRegistry()
    registry.holds(IMAGE)
    with registry.running(certificate=certificate):
        assert "certificate is not trusted" in refusal(registry, within=2.0).message
        assert not registry.seen
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert len(read(registry)) == 2
        registry.on("/manifests/", lambda answer: answer.drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"))
        refusal(registry)


# What is told


def test_what_is_downloaded_is_told_as_a_detail(registry: MisbehavingRegistry) -> None:
    log = RecordingLog()
    with closing(open_registry(registry.name, log=log, patience=HURRIED)) as image:
        list(image.index_layers([image.layers[0].diff_id]))
    assert any("downloading 1 of 2 layers, 300 kB" in line for line in log.details)


def test_foreign_layers_count_and_are_never_fetched_from_where_they_say(
    elsewhere: MisbehavingRegistry,
) -> None:
    registry = MisbehavingRegistry()
    image = ImageUnderTest()
    manifest = json.loads(_manifest_of(registry, image, config=image.config))
    blob = manifest["layers"][0]
    blob["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    blob["urls"] = [f"{elsewhere.url}/stolen"]
    del registry.blobs[blob["digest"]]
    registry.manifests["latest"] = (MANIFEST, json.dumps(manifest).encode())
    with registry.running():
        with opened(registry) as opened_image:
            assert opened_image.layers[0].compressed_size == blob["size"]
        assert "Windows" in (refusal(registry).hint or "")
    assert not elsewhere.seen


def _head(length: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode()


def _wants_basic(answer: Answer, asked: Asked) -> bool:
    if asked.path == "/v2/" or asked.headers.get("Authorization") == basic("me", SECRET):
        return False
    answer.send(401, WWW_Authenticate='Basic realm="tests"')
    return True


def _manifest_of(registry: MisbehavingRegistry, image: ImageUnderTest, *, config: bytes) -> bytes:
    """A manifest of an image's layers and some configuration; all but itself is put into the registry."""
    layers = [descriptor("application/vnd.oci.image.layer.v1.tar", content) for content in image.layers]
    for content in (*image.layers, config):
        registry.blobs[sha256(content)] = content
    document = {
        "schemaVersion": 2,
        "config": descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": layers,
    }
    return json.dumps(document).encode()

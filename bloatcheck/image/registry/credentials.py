"""Who the user is to a registry, from docker's config.json and its credential helpers."""

from __future__ import annotations

import base64
import json
import os
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.log import Log

_LARGEST_CONFIG = 1 << 20
_PATIENCE = 60.0
_SECTIONS = ("auths", "credHelpers", "credsStore")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and password, or an identity token, for one registry."""

    username: str = ""
    password: str = ""
    identity_token: str = ""

    def __repr__(self) -> str:
        """Never shows a secret."""
        return "Credentials(…)"

    @property
    def basic(self) -> str | None:
        """The Authorization header of basic authentication (RFC 7617, in UTF-8); None without a name."""
        if not self.username:
            return None
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def docker_credentials(
    registry: str,
    *,
    environment: Mapping[str, str] | None = None,
    log: Log | None = None,
    patience: float = _PATIENCE,
) -> Credentials | None:
    """What `docker login` has kept for a registry; None where there is nothing.

    A configuration or helper that doesn't work is warned of, and the registry is asked without credentials:
    most images are public.

    Args:
        registry: `host[:port]` as the user knows it.
        environment: where DOCKER_CONFIG is looked up; by default the process's own.
        log: takes the warning.
        patience: seconds that a credential helper may take.
    """
    folder = (os.environ if environment is None else environment).get("DOCKER_CONFIG")
    path = Path(folder or Path.home() / ".docker") / "config.json"
    try:
        config = _read(path)
        return _in_time(lambda: _look_up(config, registry), patience) if config else None
    except Exception as error:  # noqa: BLE001 - docker-py raises whatever a malformed entry leads to
        if log:
            # The error's text may hold a secret; its class says enough.
            log.warning(
                f"{path} gives no credentials for {registry} ({type(error).__name__}); going on without. "
                f"Check its credential helper, or run: docker login {registry}"
            )
        return None


def _in_time(look_up: Callable[[], Credentials | None], seconds: float) -> Credentials | None:
    """Docker-py waits for a helper as long as it takes; a thread left behind doesn't keep the process."""
    outcome: list[Credentials | Exception | None] = []

    def work() -> None:
        try:
            outcome.append(look_up())
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise TimeoutError
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]


def _read(path: Path) -> dict[str, object] | None:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_CONFIG)
    except FileNotFoundError:
        return None
    config = json.loads(content)
    if not isinstance(config, dict):
        raise TypeError
    return {name: config[name] for name in _SECTIONS if config.get(name)}


def _look_up(config: dict[str, object], registry: str) -> Credentials | None:
    from docker import auth  # noqa: PLC0415 - costs 0.2 s; most loopback registries and archives never ask

    with warnings.catch_warnings():
        # Of a helper that isn't installed docker-py warns and then raises.
        warnings.simplefilter("ignore")
        known = auth.load_config(config_dict=config)
        entry = auth.resolve_authconfig(known, registry)
    if not entry:
        return None
    fields = {str(name).lower(): value for name, value in entry.items() if isinstance(value, str)}
    credentials = Credentials(
        username=fields.get("username", ""),
        password=fields.get("password", ""),
        identity_token=fields.get("identitytoken", ""),
    )
    return credentials if credentials.username or credentials.identity_token else None

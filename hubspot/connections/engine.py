"""The token store: one Redis client per process, on REDIS_URL or on the embedded server."""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.commands.core import Script
from redis.connection import BlockingConnectionPool, UnixDomainSocketConnection
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry
from redis.sentinel import Sentinel

from hubspot.connections import embedded
from hubspot.connections.failures import FAILURES, redacted, translated
from hubspot.errors import SettingsError
from hubspot.settings import Settings

_log = logging.getLogger(__name__)

_LAYOUT = "hd1"  # raised when the meaning of stored keys changes
_OLDEST = (6, 2)  # of Redis; every Valkey says 7.2 or more
_FORMS = "redis://, rediss://, unix:// or redis+sentinel://host:port,host:port/name"

# A client talks either to one server or to a cluster; the commands used here are the same.
Client = Any


@dataclass(frozen=True, slots=True)
class Health:
    """What the operator should know of the store.

    `persistence` is "append-only file", "snapshots", "none" or "unknown"; `warnings` are sentences, none when all is
    well.
    """

    engine: str
    version: str
    persistence: str
    eviction_policy: str
    where: str
    warnings: tuple[str, ...]


class Store:
    """A Redis client whose every failure is one of ours, and whose every key begins with `prefix`.

    `where` is the server's address without credentials. Safe to share between threads; values are bytes.
    """

    def __init__(self, client: Client, *, prefix: str, where: str) -> None:
        self.client = client
        self.prefix = prefix
        self.where = where
        self._scripts: dict[str, Script] = {}

    def key(self, *parts: str) -> str:
        """Return the name under which these parts are stored."""
        return self.prefix + ":".join(parts)

    @contextlib.contextmanager
    def answering(self) -> Iterator[Client]:
        """Lend the client for a few commands; raise StoreDown, StoreRefused or SettingsError for its errors."""
        began = time.monotonic()
        try:
            yield self.client
        except FAILURES as error:
            raise translated(error, self.where, time.monotonic() - began) from None

    def run(self, script: str, keys: Sequence[str], *args: str | bytes | float) -> Any:
        """Run a Lua script; on a cluster its keys share one {tag}.

        The reply may get lost and the script run twice, so write it to recognise what it did before.
        """
        known = self._scripts.get(script) or self._scripts.setdefault(script, self.client.register_script(script))
        with self.answering():
            return known(keys=keys, args=args)

    def ping(self) -> None:
        """Raise StoreDown, StoreRefused or SettingsError unless the server answers and is new enough."""
        with self.answering() as client:
            client.ping()
        version = self._info()["redis_version"]
        if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
            raise SettingsError(f"The Redis at {self.where} is version {version}. The dashboard needs 6.2 or later.")

    def health(self) -> Health:
        """Read how the server keeps its data; raises what `ping` raises."""
        answer = self._info()
        persistence = "append-only file" if answer.get("aof_enabled") else self._snapshot_rules()
        return Health(
            engine=answer.get("server_name", "redis"),
            version=str(answer.get("valkey_version") or answer["redis_version"]),
            persistence=persistence,
            eviction_policy=answer.get("maxmemory_policy", ""),
            where=self.where,
            warnings=tuple(_warnings(answer, persistence)),
        )

    def _snapshot_rules(self) -> str:
        try:
            rules = self.client.config_get("save").get("save")
        except FAILURES:
            return "unknown"  # managed servers forbid CONFIG
        return "snapshots" if rules else "none"

    def close(self) -> None:
        """Close this process's connections; the server stays."""
        self.client.close()

    def _info(self) -> dict[str, Any]:
        with self.answering() as client:
            answer = client.info()
        # A cluster answers per node; the nodes of one are set up alike.
        return answer if "redis_version" in answer else dict(next(iter(answer.values())))


def open_store(settings: Settings) -> Store:
    """Connect to the server of REDIS_URL, else to the embedded one, which is started if need be.

    Raises SettingsError where a setting is wrong, StoreDown where the server does not answer.
    """
    prefix = f"{_LAYOUT}:{settings.namespace}:"
    where = redacted(settings.redis_url) if settings.redis_url else "embedded"
    with _opening(where):
        client = _client(settings.redis_url) if settings.redis_url else _embedded_client(settings.state_dir / "redis")
        store = Store(client, prefix=prefix, where=where)
        store.ping()
    _log.info("token store opened: %s", where)
    return store


@contextlib.contextmanager
def _opening(where: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError) as error:
        # redis-py checks the address's form at once, its options when it first connects.
        raise SettingsError(f"REDIS_URL can't be used ({where}). Write it as {_FORMS}.") from error
    except FAILURES as error:
        raise translated(error, where, 0) from None


def _options() -> dict[str, Any]:
    # The defaults of redis-py try 10 times: 16 s on a frozen server. Without the last two, the handshake
    # is one command; with them older servers answer some with errors.
    return {
        "socket_timeout": 1.0,
        "socket_connect_timeout": 1.0,
        "health_check_interval": 30,
        "client_name": "hubspot-dashboard",
        "driver_info": None,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }


def _retry() -> Retry:
    return Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.3), 2)


def _pooled() -> dict[str, Any]:
    return {"retry": _retry(), "max_connections": 32, "timeout": 2}


def _client(url: str) -> Client:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if "+sentinel" in parts.scheme:
        return _sentinel_client(url)
    if options.pop("cluster", "0") == "1":
        plain = urlunsplit(parts._replace(query=urlencode(options)))
        return redis.RedisCluster.from_url(plain, retry=_retry(), **_options())
    return redis.Redis.from_pool(BlockingConnectionPool.from_url(url, **_pooled(), **_options()))


def _sentinel_client(url: str) -> Client:
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    username, _, password = credentials.partition(":")
    name, _, database = parts.path.strip("/").partition("/")
    if not name:
        raise ValueError("a sentinel address ends with the name of the primary")
    addresses = [(host, int(port or 26379)) for host, _, port in (each.partition(":") for each in hosts.split(","))]
    sentinel = Sentinel(addresses, socket_timeout=0.5)  # type: ignore[no-untyped-call]
    options = _options() | {"username": username or None, "password": password or None, "db": int(database or 0)}
    ssl = parts.scheme.startswith("rediss")
    return sentinel.master_for(name, retry=_retry(), ssl=ssl, **options)  # type: ignore[no-untyped-call]


class _EmbeddedConnection(UnixDomainSocketConnection):
    """A connection that brings the embedded server back if it was killed."""

    def __init__(self, *, state_dir: Path, **options: Any) -> None:
        super().__init__(path="", **options)  # type: ignore[no-untyped-call]
        self._state_dir = state_dir

    def _connect(self) -> Any:
        self.path = self.path or embedded.ensure(self._state_dir)
        try:
            return super()._connect()  # type: ignore[no-untyped-call]
        except (FileNotFoundError, ConnectionRefusedError):
            _log.warning("embedded server is gone: starting it again")
            self.path = embedded.ensure(self._state_dir)
            return super()._connect()  # type: ignore[no-untyped-call]


def _embedded_client(state_dir: Path) -> Client:
    embedded.ensure(state_dir)
    options = {**_pooled(), **_options(), "connection_class": _EmbeddedConnection, "state_dir": state_dir}
    return redis.Redis.from_pool(BlockingConnectionPool(**options))  # type: ignore[no-untyped-call]


def _warnings(answer: dict[str, Any], persistence: str) -> Iterator[str]:
    policy = answer.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield f"Redis may evict connections when its memory is full (maxmemory-policy {policy}): set noeviction."
    if persistence == "none":
        yield "Redis keeps nothing on disk: when it restarts, everybody has to connect again. Turn on appendonly."
    if {answer.get("aof_last_write_status", "ok"), answer.get("rdb_last_bgsave_status", "ok")} != {"ok"}:
        yield "Redis failed to write to its disk."

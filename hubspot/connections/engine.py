"""The token store: one Redis client per process, on REDIS_URL or on the embedded server."""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.commands.core import Script
from redis.connection import BlockingConnectionPool, SSLConnection, UnixDomainSocketConnection, parse_url
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry
from redis.sentinel import Sentinel

from hubspot.connections import embedded
from hubspot.connections.address import Address, is_exposed, read_address
from hubspot.connections.failures import FAILURES, translated
from hubspot.errors import SettingsError, StoreError
from hubspot.settings import Settings

_log = logging.getLogger(__name__)

_LAYOUT = "hd1"  # raised when the meaning of stored keys changes
_REPLICATED_WITHIN_MS = 200
_OLDEST = (6, 2)  # of Redis; every Valkey says 7.2 or more

TROUBLE = (StoreError, SettingsError)
"""What a store raises; the latter for a password that it refuses, say, which logs nobody out either."""

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

    `where` is the server's address without credentials; `wait_replicas` is how many replicas `run_durably` waits for.
    Safe to share between threads; values are bytes.
    """

    def __init__(self, client: Client, *, prefix: str, where: str, wait_replicas: int = 0) -> None:
        self.client = client
        self.prefix = prefix
        self.where = where
        self._wait_replicas = wait_replicas
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

    def run_durably(self, script: str, keys: Sequence[str], *args: str | bytes | float) -> Any:
        """Run a script as `run` does, and see to it that its writes outlive the primary.

        Where REDIS_URL says ?wait_replicas=, a failover to one of the replicas loses nothing that they confirmed within
        0.2 s; fewer are logged, as the primary has it all the same.
        """
        if not self._wait_replicas:
            return self.run(script, keys, *args)
        with self.answering() as client:
            # WAIT counts what its own connection wrote, and a pipeline is one connection.
            pipeline = client.pipeline(transaction=False).eval(script, len(keys), *keys, *args)
            answer, confirmed = pipeline.wait(self._wait_replicas, _REPLICATED_WITHIN_MS).execute()
        if confirmed < self._wait_replicas:
            _log.warning("only %s of %s replicas have the last write", confirmed, self._wait_replicas)
        return answer

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
            warnings=tuple(_warnings(answer, persistence, self.where)),
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
    address = read_address(settings.redis_url) if settings.redis_url else None
    where = address.where if address else "embedded"
    try:
        client = _client(address) if address else _embedded_client(settings.state_dir / "redis")
    except FAILURES as error:
        # A cluster is asked for its nodes at once.
        raise translated(error, where, 0) from None
    store = Store(client, prefix=prefix, where=where, wait_replicas=address.wait_replicas if address else 0)
    store.ping()
    _log.info("token store opened: %s", where)
    return store


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


def _client(address: Address) -> Client:
    match address.kind:
        case "sentinel":
            return _sentinel_client(address)
        case "cluster":
            return redis.RedisCluster.from_url(address.url, retry=_retry(), **_options())
        case "server":
            pool = BlockingConnectionPool.from_url(address.url, **_pooled(), **_options())
            return redis.Redis.from_pool(pool)


def _sentinel_client(address: Address) -> Client:
    given = parse_url(address.url)  # type: ignore[no-untyped-call]
    tls = {name: value for name, value in given.items() if name.startswith("ssl_")}
    ssl = {"ssl": given.pop("connection_class", None) is SSLConnection}
    del given["host"]
    # Not tried again, unlike by default: there are other sentinels, and all are asked again with each retry of ours.
    asking = {"socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0), **address.sentinel_login, **tls, **ssl}
    sentinel = Sentinel(address.sentinels, sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
    options = {**_options(), **given, **ssl}
    return sentinel.master_for(address.primary, retry=_retry(), **options)  # type: ignore[no-untyped-call]


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
            return self._connect_again()

    def _connect_again(self) -> Any:
        could_write = embedded.could_write(self._state_dir)
        _log.warning("embedded server is gone: starting it again")
        self.path = embedded.ensure(self._state_dir)
        if not could_write:
            # It ends rather than forget what it has confirmed. In its own words, so that the write is not repeated.
            raise redis.ResponseError("MISCONF the embedded server ended because it can't write")
        return super()._connect()  # type: ignore[no-untyped-call]


def _embedded_client(state_dir: Path) -> Client:
    embedded.ensure(state_dir)
    options = {**_pooled(), **_options(), "connection_class": _EmbeddedConnection, "state_dir": state_dir}
    return redis.Redis.from_pool(BlockingConnectionPool(**options))  # type: ignore[no-untyped-call]


def _warnings(answer: dict[str, Any], persistence: str, where: str) -> Iterator[str]:
    policy = answer.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        yield f"Redis may evict connections when its memory is full (maxmemory-policy {policy}): set noeviction."
    if persistence == "none":
        yield "Redis keeps nothing on disk: when it restarts, everybody has to connect again. Turn on appendonly."
    if {answer.get("aof_last_write_status", "ok"), answer.get("rdb_last_bgsave_status", "ok")} != {"ok"}:
        yield "Redis failed to write to its disk."
    if is_exposed(where):
        yield "What goes to Redis crosses the network without TLS, the password too. Begin REDIS_URL with rediss://."

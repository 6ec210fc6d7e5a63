"""REDIS_URL: what it means, checked before anything is connected, and shown without its secrets."""

import re
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from redis.connection import parse_url

from hubspot.errors import SettingsError

_FORMS = (
    "redis://host:6379/0, rediss://host:6379/0 for TLS, unix:///path, "
    "or redis+sentinel://host:26379,host:26379/name-of-the-primary"
)
_SCHEMES = {"redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel"}
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]*)(?::([0-9]{1,5}))?")
_HOSTS = re.compile(f"{_HOST.pattern}(?:,{_HOST.pattern})*")
_LOOPBACK = re.compile(r"(localhost|127(?:\.\d+){3}|\[::1\]|)(?::\d+)?")
_NAME = re.compile(r"[a-z_]{1,40}")
_OWN = {"cluster", "wait_replicas", "sentinel_username", "sentinel_password"}
_PLAIN = {"username", "password", "db", "socket_timeout", "socket_connect_timeout", "socket_keepalive"}
_PLAIN |= {"health_check_interval", "max_connections", "protocol"}
_TLS = {"ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password", "ssl_check_hostname"}
_TLS |= {"ssl_cert_reqs", "ssl_ciphers"}
_RANGES = {
    "socket_timeout": (0.01, 3600),
    "socket_connect_timeout": (0.01, 3600),
    "health_check_interval": (0, 3600),
    "max_connections": (1, 10_000),
    "db": (0, 99_999),
}
_CHOICES = {"protocol": ("2", "3"), "ssl_cert_reqs": ("none", "optional", "required")}
_HIDDEN = "REDIS_URL"
_SENTINEL_PORT = 26379


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server, a cluster or the sentinels that know a server.

    `where` is fit for the screen. `url` is what redis-py reads; for sentinels its host stands for the `primary` that
    they are asked for. Of `wait_replicas` replicas a written token is awaited.
    """

    kind: Literal["server", "cluster", "sentinel"]
    where: str
    url: str = field(repr=False)
    wait_replicas: int = 0
    primary: str = ""
    sentinels: tuple[tuple[str, int], ...] = ()
    sentinel_login: dict[str, str] = field(default_factory=dict, repr=False)


def read_address(url: str) -> Address:
    """Read REDIS_URL. Raises SettingsError with what to write instead, without repeating a secret."""
    where = redacted(url)
    parts = _split(url, where)
    options = _options(parts, where)
    own = {name: options.pop(name) for name in _OWN & set(options)}
    kind = _kind(parts, own, where)
    plain = parts._replace(query=urlencode(options), scheme=parts.scheme.removesuffix("+sentinel"))
    url = _checked(plain, where) if kind != "sentinel" else ""
    address = Address(kind=kind, where=where, url=url, wait_replicas=_replicas(own, kind, where))
    return _with_sentinels(address, plain, own) if kind == "sentinel" else address


def redacted(url: str) -> str:
    """Return the address of a Redis URL without user, password and options; REDIS_URL where it is not certain."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _HIDDEN
    hosts = parts.netloc.rpartition("@")[2]
    # An @ further on is one of a password that was not escaped, so what stands before it is a piece of that.
    is_certain = "://" in url and _HOSTS.fullmatch(hosts) and "@" not in parts.path + parts.query + parts.fragment
    return f"{parts.scheme}://{hosts}{parts.path}" if is_certain else _HIDDEN


def is_exposed(where: str) -> bool:
    """Return whether an address as it is shown names another machine, and its traffic goes there without TLS."""
    scheme, _, rest = where.partition("://")
    if scheme not in {"redis", "redis+sentinel"}:
        return False
    hosts = rest.partition("/")[0].split(",")
    return not all(_LOOPBACK.fullmatch(host) for host in hosts)


def _wrong(where: str, why: str) -> SettingsError:
    at = "" if where == _HIDDEN else f" ({where})"
    return SettingsError(f"REDIS_URL can't be used{at}: {why}")


def _split(url: str, where: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme not in _SCHEMES or "://" not in url:
        raise _wrong(where, f"it is of another form. Write {_FORMS}.")
    is_unescaped = parts.fragment or (where == _HIDDEN and "@" in parts.path + parts.query)
    if is_unescaped or not _HOSTS.fullmatch(parts.netloc.rpartition("@")[2]):
        raise _wrong(
            _HIDDEN,
            "its host and port can't be told apart. In user and password write %40 for @, %2F for /, %3F for ?, "
            f"%23 for #, %3A for : and %25 for %. The form is {_FORMS}.",
        )
    if "," in parts.netloc and not parts.scheme.endswith("+sentinel"):
        raise _wrong(where, f"several hosts are sentinels'. Write {_FORMS}; of a cluster name one node.")
    for host, port in _pairs(parts):
        _check_host(host, port, where)
    return parts


def _pairs(parts: SplitResult) -> list[tuple[str, str]]:
    """Return hosts, without the brackets of version 6, and ports as they are written."""
    found = [_HOST.findall(each)[0] for each in parts.netloc.rpartition("@")[2].split(",")]
    return [(host.strip("[]"), port) for host, port in found]


def _check_host(host: str, port: str, where: str) -> None:
    try:
        host.encode("idna")
    except UnicodeError:
        raise _wrong(where, "each part of a host has 1 to 63 characters, as in redis.example.com.") from None
    if port and not 1 <= int(port) <= 65535:
        raise _wrong(where, "a port is a number from 1 to 65535.")


def _options(parts: SplitResult, where: str) -> dict[str, str]:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in options:
        if name in _TLS and not parts.scheme.startswith("rediss"):
            raise _wrong(where, f"the option {name} is for TLS. Begin the address with rediss://.")
        if name not in _OWN | _PLAIN | _TLS:
            named = f"the option {name}" if _NAME.fullmatch(name) else "an option"
            raise _wrong(where, f"{named} is not known. There are {', '.join(sorted(_OWN | _PLAIN | _TLS))}.")
    _check_values(options, where)
    return options


def _check_values(options: dict[str, str], where: str) -> None:
    """Refuse what redis-py takes, and fails by later with words of its own."""
    for name, choices in _CHOICES.items():
        if options.get(name) and options[name] not in choices:
            raise _wrong(where, f"the option {name} has a wrong value. Write one of {', '.join(choices)}.")
    for name, (least, most) in _RANGES.items():
        # Not the other way round: what is no number at all compares as false.
        if options.get(name) and not least <= _number(options[name]) <= most:
            raise _wrong(where, f"the option {name} has a wrong value. Write a number from {least} to {most}.")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _kind(parts: SplitResult, own: dict[str, str], where: str) -> Literal["server", "cluster", "sentinel"]:
    is_cluster = own.get("cluster", "0")
    if is_cluster not in {"0", "1"}:
        raise _wrong(where, "write ?cluster=1 for a cluster, and nothing for one server.")
    if parts.scheme.endswith("+sentinel"):
        return "sentinel"
    return "cluster" if is_cluster == "1" else "server"


def _replicas(own: dict[str, str], kind: str, where: str) -> int:
    text = own.get("wait_replicas", "0")
    if not text.isdecimal() or len(text) > 2:
        raise _wrong(where, "wait_replicas is a number of replicas, as in ?wait_replicas=1.")
    if int(text) and kind == "cluster":
        # WAIT counts the writes of one connection, and the cluster's client lends a different one each time.
        raise _wrong(where, "wait_replicas works with one server or with sentinels, not with a cluster.")
    return int(text)


def _checked(parts: SplitResult, where: str) -> str:
    if parts.scheme != "unix" and not re.fullmatch(r"/?\d{0,5}", parts.path):
        raise _wrong(where, "a database is a number, as in redis://host:6379/0.")
    if parts.scheme == "unix" and not parts.path:
        raise _wrong(where, "a socket has a path, as in unix:///run/redis/redis.sock.")
    # Not urlunsplit: it drops the // of a socket's address.
    url = f"{parts.scheme}://{parts.netloc}{parts.path}?{parts.query}"
    try:
        parse_url(url)  # type: ignore[no-untyped-call]
    except ValueError:
        raise _wrong(where, "the port or an option has a wrong value, such as a word for a number.") from None
    return url


def _with_sentinels(address: Address, parts: SplitResult, own: dict[str, str]) -> Address:
    login = parts.netloc.rpartition("@")[0]
    primary, _, database = parts.path.strip("/").partition("/")
    pairs = _pairs(parts)
    if not primary or not all(host for host, _ in pairs):
        raise _wrong(address.where, f"it names no sentinel or no primary. Write {_FORMS}.")
    server = parts._replace(netloc=f"{login}@{primary}" if login else primary, path=f"/{database}")
    return replace(
        address,
        url=_checked(server, address.where),
        primary=primary,
        sentinels=tuple((host, int(port or _SENTINEL_PORT)) for host, port in pairs),
        sentinel_login={name.removeprefix("sentinel_"): own[name] for name in own if name.startswith("sentinel_")},
    )

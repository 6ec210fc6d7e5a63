"""What a Redis failure means for the dashboard: each becomes one of our errors, as a sentence without secrets."""

import re
from dataclasses import dataclass

import redis
from redis import exceptions as failures

from hubspot.errors import HubSpotError, SettingsError, StoreDown, StoreRefused

# The last two are not RedisErrors of redis-py: the cluster client has a tree of its own.
FAILURES = (redis.RedisError, failures.RedisClusterException, OSError)

PERMISSIONS = (
    "~hd1:* resetchannels -@all +ping +hello +auth +select +client|setname +info +time +get +set +getdel +del +unlink "
    "+pttl +hget +hmget +hgetall +hset +hdel +hvals +exists +pexpire +zadd +zrange +zrem "
    "+multi +exec +evalsha +eval +script|load +scan +wait"
)
"""The least a Redis user of the dashboard may do, as Redis' ACL writes it."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """How an error reply of Redis begins, and what it means."""

    code: str
    error: type[HubSpotError]
    sentence: str


_IN_SCRIPT = re.compile("NOPERM|ACL failure in script|user executing the script can't run")
_SAFE = "Your HubSpot connection is safe"
_REPLIES = (
    _Reply("MISCONF", StoreRefused, f"The token store can't write: its disk is full or failing. {_SAFE}."),
    _Reply("OOM", StoreRefused, f"The token store can't write: its memory is full. {_SAFE}."),
    _Reply("READONLY", StoreRefused, f"The token store takes no writes: REDIS_URL names a replica. {_SAFE}."),
    _Reply("NOREPLICAS", StoreRefused, f"The token store takes no writes: it lacks replicas. {_SAFE}."),
    _Reply("MASTERDOWN", StoreDown, f"The token store has lost its primary. {_SAFE}; retrying."),
    _Reply("CLUSTERDOWN", StoreDown, f"The Redis cluster is down. {_SAFE}; retrying."),
    _Reply("LOADING", StoreDown, f"The token store is starting. {_SAFE}; retrying."),
    _Reply("WRONGPASS", SettingsError, "Redis refuses the user or password in REDIS_URL."),
    _Reply("NOAUTH", SettingsError, "Redis wants a password, and REDIS_URL has none."),
)


@dataclass(frozen=True, slots=True)
class _Clue:
    """Words in an error of the network or of a library, at an address of this scheme, and what they mean."""

    scheme: str
    words: str
    sentence: str


_CLUES = (
    _Clue(
        "rediss",
        "(Hostname|IP address) mismatch",
        "The certificate of the Redis at {where} is made out to another name. Write that name in REDIS_URL.",
    ),
    _Clue(
        "",
        "CERTIFICATE_VERIFY_FAILED",
        "The certificate of the Redis at {where} can't be verified. "
        "Name its authority with ?ssl_ca_certs=/path in REDIS_URL.",
    ),
    _Clue(
        "rediss",
        "No such file|Permission denied|NO_CERTIFICATE_OR_CRL_FOUND|PEM lib|NO_START_LINE",
        "A certificate file named in REDIS_URL can't be read. Check ssl_ca_certs, ssl_certfile and ssl_keyfile.",
    ),
    _Clue(
        "rediss",
        "(?i)certificate.required",
        "The Redis at {where} wants a certificate of the dashboard. "
        "Name it with ?ssl_certfile=/path&ssl_keyfile=/path in REDIS_URL.",
    ),
    _Clue("", "Cluster mode is not enabled", "The Redis at {where} is no cluster. Remove ?cluster=1 from REDIS_URL."),
    _Clue("", "DB index is out of range", "The Redis at {where} has no database of this number. Correct REDIS_URL."),
)
_CUT_OFF = "reset by peer|closed by server|Broken pipe|while writing to socket. EOF"
_HINTS = (
    _Clue("redis://", _CUT_OFF, " Does it expect TLS (rediss://)?"),
    _Clue("rediss", _CUT_OFF, " Does it want a certificate of the dashboard (?ssl_certfile=/path&ssl_keyfile=/path)?"),
    _Clue(
        "rediss://",
        "Timeout connecting|WRONG_VERSION_NUMBER|UNEXPECTED_EOF|record layer failure",
        " If it answers without TLS, write redis://.",
    ),
)
_BY_TYPE: tuple[tuple[type[Exception], str], ...] = (
    (failures.ReadOnlyError, "READONLY"),
    (failures.OutOfMemoryError, "OOM"),
    (failures.MasterDownError, "MASTERDOWN"),
    (failures.ClusterDownError, "CLUSTERDOWN"),
    (failures.SlotNotCoveredError, "CLUSTERDOWN"),
    (failures.BusyLoadingError, "LOADING"),
)


def translated(error: Exception, where: str, seconds: float) -> HubSpotError:
    """Return our error for one of redis-py's; `where` is the server's address without credentials.

    Redis' own words are left out, as they can quote a command's arguments.
    """
    text = str(error)
    if isinstance(error, failures.NoPermissionError) or _IN_SCRIPT.search(text):
        return StoreRefused(f"The Redis user in REDIS_URL lacks a permission. It needs: {PERMISSIONS}")
    if isinstance(error, failures.MovedError | failures.AskError):
        return SettingsError(f"The Redis at {where} is part of a cluster. Add ?cluster=1 to REDIS_URL.")
    code = next((code for kind, code in _BY_TYPE if isinstance(error, kind)), "")
    for reply in _REPLIES:
        # Redis 6.2 puts the code of a command that failed in a script into the middle of its words.
        if reply.code == code or re.search(rf"(^|[ -]){reply.code}\b", text):
            return reply.error(reply.sentence)
    return _by_kind(error, text, where, seconds)


def _by_kind(error: Exception, text: str, where: str, seconds: float) -> HubSpotError:
    if isinstance(error, failures.AuthenticationError | failures.AuthenticationWrongNumberOfArgsError):
        return SettingsError(f"The Redis at {where} refuses the user or password in REDIS_URL.")
    for clue in _CLUES:
        if where.startswith(clue.scheme) and re.search(clue.words, text):
            return SettingsError(clue.sentence.format(where=where))
    if isinstance(error, failures.ResponseError):
        return StoreRefused(f"The token store at {where} refused a command ({text.partition(' ')[0][:20]}). {_SAFE}.")
    hint = next((each.sentence for each in _HINTS if where.startswith(each.scheme) and re.search(each.words, text)), "")
    return StoreDown(f"The token store does not answer ({where}, {seconds:.1f} s).{hint} {_SAFE}; retrying.")

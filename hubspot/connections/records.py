"""What is stored of a grant: its keys, its fields, and the scripts that change them in one step.

Every key of a portal carries the tag {hub_id}, so that a cluster keeps them together and one script may touch several.
In clear are ids, random marks and times; tokens, e-mail addresses and the portal's name are sealed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hubspot.connections.engine import Store
from hubspot.errors import ConnectionEnded, NotConnected
from hubspot.keyring import KeyRing

IDLE_MILLISECONDS = 180 * 24 * 3600 * 1000
FIELDS = ("etag", "conn", "status", "ended", "blob")
ACTIVE = b"active"
ACCOUNT_KEYS = ("grant", "at", "fail", "lock", "preferences")


@dataclass(frozen=True, slots=True)
class Account:
    """A person in a portal: whose grant it is."""

    hub_id: int
    user_id: int

    def __str__(self) -> str:
        return f"{self.hub_id}.{self.user_id}"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allowed the dashboard to read in a portal.

    `user` is the person's e-mail address and `hub_domain` the portal's name, both empty where HubSpot did not tell;
    `connected_at` is in UTC. `conn` stays the same while the person renews the grant, and is new after a disconnect.
    """

    account: Account
    scopes: tuple[str, ...]
    user: str = field(repr=False)
    hub_domain: str = field(repr=False)
    connected_at: datetime
    conn: str


@dataclass(frozen=True, slots=True)
class Record:
    """A stored grant together with what only a renewal needs."""

    grant: Grant
    etag: str
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Commit:
    """A renewal to write: `blob` is the grant's sealed part; `expected` and `mark` are the etags before and after."""

    account: Account
    expected: str
    mark: str
    blob: bytes = field(repr=False)


def portal_key(store: Store, hub_id: int, name: str) -> str:
    """Return the name of a key that belongs to a portal."""
    return store.key(f"{{{hub_id}}}", name)


def account_key(store: Store, account: Account, name: str) -> str:
    """Return the name of a key that belongs to one person in a portal."""
    return store.key(f"{{{account.hub_id}}}", str(account.user_id), name)


def seal_grant(keyring: KeyRing, key: str, grant: Grant, refresh_token: str) -> bytes:
    """Return a grant's sealed part, which opens under its own key only."""
    plain = {
        "refresh_token": refresh_token,
        "scopes": grant.scopes,
        "user": grant.user,
        "hub_domain": grant.hub_domain,
        "connected_at": grant.connected_at.isoformat(),
    }
    return keyring.seal(json.dumps(plain).encode(), key)


def read_record(keyring: KeyRing, key: str, account: Account, stored: Sequence[bytes | None]) -> Record:
    """Read the FIELDS of a grant, in their order.

    Raises NotConnected where there is none, ConnectionEnded where HubSpot ended it, KeyMissing or Tampered where its
    sealed part does not open.
    """
    etag, conn, status, ended, blob = stored
    if etag is None or conn is None:
        raise NotConnected("HubSpot is not connected. Use Connect HubSpot in the sidebar.")
    if status != ACTIVE or blob is None:
        raise connection_ended(ended)
    plain = json.loads(keyring.open(blob, key))
    grant = Grant(
        account=account,
        scopes=tuple(plain["scopes"]),
        user=plain["user"],
        hub_domain=plain["hub_domain"],
        connected_at=datetime.fromisoformat(plain["connected_at"]),
        conn=conn.decode(),
    )
    return Record(grant, etag.decode(), plain["refresh_token"])


def open_refresh_token(keyring: KeyRing, key: str, blob: bytes) -> str:
    """Return the refresh token in a grant's sealed part. Raises KeyMissing or Tampered."""
    return str(json.loads(keyring.open(blob, key))["refresh_token"])


def connection_ended(ended: bytes | None) -> ConnectionEnded:
    """Return the error for a grant that HubSpot ended at this time (seconds since 1970, by Redis' clock)."""
    ended_at = datetime.fromtimestamp(int(ended), UTC) if ended else None
    when = f" on {ended_at:%d %B %Y at %H:%M} UTC" if ended_at else ""
    return ConnectionEnded(f"HubSpot ended this connection{when}. Connect HubSpot again.", ended_at)


def seal_token(keyring: KeyRing, key: str, access_token: str, lifetime: float) -> bytes:
    """Return a sealed access token; `lifetime` (seconds) is the whole of it, to know later how much is left."""
    return keyring.seal(json.dumps({"access_token": access_token, "lifetime": lifetime}).encode(), key)


def open_token(keyring: KeyRing, key: str, sealed: bytes) -> tuple[str, float]:
    """Return an access token and its whole lifetime in seconds. Raises KeyMissing or Tampered."""
    plain: Mapping[str, Any] = json.loads(keyring.open(sealed, key))
    return plain["access_token"], plain["lifetime"]


# Each script recognises its own work by the mark it left: redis-py repeats a command whose reply was lost.

# KEYS grant at fail accounts epoch; ARGV mark conn blob token token_ms idle_ms user_id. Returns the grant's conn.
# A portal's epoch comes from Redis' clock, so it never repeats, even after the key was deleted: a job that began under
# an older one is refused, without a key that outlives the portal.
SAVE = """
if redis.call('HGET', KEYS[1], 'saved') == ARGV[1] then return redis.call('HGET', KEYS[1], 'conn') end
local conn = redis.call('HGET', KEYS[1], 'conn') or ARGV[2]
redis.call('HSET', KEYS[1], 'etag', ARGV[1], 'saved', ARGV[1], 'conn', conn, 'status', 'active', 'blob', ARGV[3])
redis.call('HDEL', KEYS[1], 'ended', 'was')
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5])
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[4], ARGV[7], 'active')
if redis.call('EXISTS', KEYS[5]) == 0 then
  local t = redis.call('TIME')
  redis.call('SET', KEYS[5], string.format('%.0f', t[1] * 1000000 + t[2]))
end
for _, i in ipairs({1, 4, 5}) do redis.call('PEXPIRE', KEYS[i], ARGV[6]) end
return conn
"""

# KEYS grant at fail accounts epoch; ARGV expected mark blob token token_ms idle_ms user_id.
# Returns 1 done, now or before; 0 somebody else was first, -1 the grant is gone.
# Done before, it is done again: the first time may have been a replay, which has no access token.
# A successful renewal proves that a grant lives which another renewal, with an older refresh token, saw ended ('was').
COMMIT = """
local etag = redis.call('HGET', KEYS[1], 'etag')
if not etag then return -1 end
local is_ours = etag == ARGV[1] or etag == ARGV[2] or redis.call('HGET', KEYS[1], 'was') == ARGV[1]
if not is_ours then return 0 end
redis.call('HSET', KEYS[1], 'etag', ARGV[2], 'status', 'active', 'blob', ARGV[3])
redis.call('HDEL', KEYS[1], 'ended', 'was')
if tonumber(ARGV[5]) > 0 then redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[5]) end
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[4], ARGV[7], 'active')
for _, i in ipairs({1, 4, 5}) do redis.call('PEXPIRE', KEYS[i], ARGV[6]) end
return 1
"""

# KEYS grant at fail accounts; ARGV expected mark user_id. Returns 1 ended, 0 somebody else was first, -1 gone.
END = """
local etag = redis.call('HGET', KEYS[1], 'etag')
if not etag then return -1 end
if etag == ARGV[2] then return 1 end
if etag ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'etag', ARGV[2], 'was', ARGV[1], 'status', 'ended', 'ended', redis.call('TIME')[1])
redis.call('HDEL', KEYS[1], 'blob')
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('HSET', KEYS[4], ARGV[3], 'ended')
return 1
"""

# KEYS accounts grant; ARGV user_id. Returns 0, and strikes nobody out, if the grant is there.
STRIKE = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
"""

# KEYS accounts and every key of the account; ARGV user_id. Returns 1 if no active grant of the portal is left.
DISCONNECT = """
for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('HDEL', KEYS[1], ARGV[1])
for _, status in ipairs(redis.call('HVALS', KEYS[1])) do
  if status == 'active' then return 0 end
end
return 1
"""

# KEYS accounts epoch and the keys of the ended grants. Returns 0, and deletes nothing, if somebody connected meanwhile.
FORGET = """
for _, status in ipairs(redis.call('HVALS', KEYS[1])) do
  if status == 'active' then return 0 end
end
for i = 1, #KEYS do redis.call('DEL', KEYS[i]) end
return 1
"""

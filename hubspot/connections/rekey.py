"""Sealing anew: moves what Redis holds from older keys of the ring to the one that seals now.

Every value is found by its own header, so nothing has to be listed here. All namespaces are gone through, since they
share the ring: a sample portal's data must not be what needs a key that has just been dropped. So is the spool, where a
renewed token may wait for Redis.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hubspot.connections.engine import Client, Store
from hubspot.connections.records import Commit, account_key
from hubspot.connections.spool import Spool, prefix_of
from hubspot.errors import KeyMissing, SealError, Tampered
from hubspot.keyring import KeyRing, sealed_with

_BATCH = 500

# Compare and set, so that a token that was renewed meanwhile stays. ARGV before after; a repeated command whose reply
# was lost finds its own work done.
_SWAP = """
local now = redis.call('GET', KEYS[1])
if now == ARGV[2] then return 1 end
if now ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
"""
# ARGV before after field.
_SWAP_FIELD = """
local now = redis.call('HGET', KEYS[1], ARGV[3])
if now == ARGV[2] then return 1 end
if now ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value and where it lies; `field` is None for a string."""

    key: str
    field: str | None
    value: bytes


@dataclass(frozen=True, slots=True)
class Survey:
    """How many values each key of the ring, or one that is missing from it, has sealed; by key id.

    `damaged` are those that no key opens: they need none.
    """

    counts: Mapping[str, int]
    damaged: int

    def older(self, keyring: KeyRing) -> dict[str, int]:
        """Return the counts of the keys that do not seal any more: what still needs them."""
        return {key_id: count for key_id, count in sorted(self.counts.items()) if key_id != keyring.ids[0]}


def survey(store: Store, keyring: KeyRing, spool: Path | None = None) -> Survey:
    """Count the sealed values by the key that sealed them. Raises StoreError; the Redis user needs +scan.

    `spool` is the folder for renewed tokens of this machine, for all apps that share it.
    """
    counts: Counter[str] = Counter()
    damaged = 0
    for each in (*_sealed(store), *(sealed for _, _, sealed in _spooled(store, spool))):
        if _is_damaged(keyring, each):
            damaged += 1
        else:
            counts[sealed_with(each.value)] += 1
    return Survey(counts, damaged)


def reseal(store: Store, keyring: KeyRing, spool: Path | None = None) -> int:
    """Seal anew, under the ring's first key, whatever another key of it sealed; return how much. Expiries stay.

    A value that changes meanwhile is left to whoever changed it, and one that does not open stays as it is.
    Raises StoreError; the Redis user needs +scan.
    """
    moved = 0
    for each in _sealed(store):
        if value := _anew(keyring, each):
            moved += _swap(store, each, value)
    for shelf, commit, each in _spooled(store, spool):
        if value := _anew(keyring, each):
            moved += shelf.swap(commit, value)
    return moved


def _anew(keyring: KeyRing, sealed: Sealed) -> bytes:
    """Return a value under the key that seals now, empty where that is not needed or not possible."""
    if keyring.is_current(sealed.value):
        return b""
    try:
        plaintext, context = _opened(keyring, sealed)
    except SealError:
        return b""
    return keyring.seal(plaintext, context)


def _is_damaged(keyring: KeyRing, sealed: Sealed) -> bool:
    try:
        _opened(keyring, sealed)
    except Tampered:
        return True
    except KeyMissing:
        return False
    return False


def _spooled(store: Store, root: Path | None) -> Iterator[tuple[Spool, Commit, Sealed]]:
    for folder in sorted(root.iterdir()) if root and root.is_dir() else ():
        shelf, app = Spool(folder), Store(store.client, prefix=prefix_of(folder), where=store.where)
        for commit in shelf.kept():
            yield shelf, commit, Sealed(account_key(app, commit.account, "grant"), None, commit.blob)


def _swap(store: Store, sealed: Sealed, value: bytes) -> int:
    if sealed.field is None:
        return int(store.run(_SWAP, [sealed.key], sealed.value, value))
    return int(store.run(_SWAP_FIELD, [sealed.key], sealed.value, value, sealed.field))


def _opened(keyring: KeyRing, sealed: Sealed) -> tuple[bytes, str]:
    """Return the plaintext and the context it is bound to: the key's name, or that and the field's."""
    contexts = [sealed.key] if sealed.field is None else [f"{sealed.key}:{sealed.field}", sealed.key]
    for context in contexts[:-1]:
        try:
            return keyring.open(sealed.value, context), context
        except Tampered:
            continue
    return keyring.open(sealed.value, contexts[-1]), contexts[-1]


def _sealed(store: Store) -> Iterator[Sealed]:
    layout = store.prefix.partition(":")[0]
    with store.answering() as client:
        yield from _strings(client, f"{layout}:*")
        yield from _fields(client, f"{layout}:*")


def _strings(client: Client, pattern: str) -> Iterator[Sealed]:
    for key in client.scan_iter(match=pattern, count=_BATCH, _type="string"):
        value = client.get(key)
        if value and sealed_with(value):
            yield Sealed(key.decode(), None, value)


def _fields(client: Client, pattern: str) -> Iterator[Sealed]:
    for key in client.scan_iter(match=pattern, count=_BATCH, _type="hash"):
        for field, value in client.hgetall(key).items():
            if sealed_with(value):
                yield Sealed(key.decode(), field.decode(), value)

"""Sealing anew: moves what Redis holds from older keys of the ring to the one that seals now.

Every value is found by its own header, so nothing has to be listed here. All namespaces are gone through, since they
share the ring: a sample portal's data must not be what needs a key that has just been dropped.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hubspot.connections.engine import Client, Store
from hubspot.errors import KeyMissing, Tampered
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
    """How many values each key of the ring, or one that is missing from it, has sealed; by key id."""

    counts: Mapping[str, int]

    def older(self, keyring: KeyRing) -> dict[str, int]:
        """Return the counts of the keys that do not seal any more: what still needs them."""
        return {key_id: count for key_id, count in sorted(self.counts.items()) if key_id != keyring.ids[0]}


@dataclass(frozen=True, slots=True)
class Resealed:
    """What `reseal` did: `moved` values are under the newest key now, `damaged` ones open under no key."""

    moved: int
    damaged: int


def survey(store: Store) -> Survey:
    """Count the sealed values by the key that sealed them. Raises StoreError; the Redis user needs +scan."""
    return Survey(Counter(sealed_with(each.value) for each in _sealed(store)))


def reseal(store: Store, keyring: KeyRing) -> Resealed:
    """Seal anew, under the ring's first key, whatever another key of it sealed; expiries stay.

    A value that changes meanwhile is left to whoever changed it, and one whose key is missing stays as it is.
    Raises StoreError; the Redis user needs +scan.
    """
    moved = damaged = 0
    for each in _sealed(store):
        if keyring.is_current(each.value):
            continue
        try:
            plaintext, context = _opened(keyring, each)
        except KeyMissing:
            continue
        except Tampered:
            damaged += 1
            continue
        moved += _swap(store, each, keyring.seal(plaintext, context))
    return Resealed(moved, damaged)


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

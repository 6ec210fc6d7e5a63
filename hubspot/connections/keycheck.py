"""Finds out at the start, before any traffic, whether this process has the keys that sealed what Redis holds."""

from hubspot.connections.engine import Store
from hubspot.errors import SettingsError, Tampered
from hubspot.keyring import KeyRing

_WORDS = b"this opens"


def check_keys(store: Store, keyring: KeyRing) -> None:
    """Raise KeyMissing or SettingsError unless the ring opens what the first process sealed. Raises StoreError."""
    key = _key(store)
    with store.answering() as client:
        client.set(key, keyring.seal(_WORDS, key), nx=True)
    sealed = stored_check(store)
    if sealed:
        open_check(store, keyring, sealed)
    if not (sealed and keyring.is_current(sealed)):
        # So that a retired key can leave the ring once nothing needs it.
        with store.answering() as client:
            client.set(key, keyring.seal(_WORDS, key))


def stored_check(store: Store) -> bytes | None:
    """Return what the first process sealed, None where there was none yet. Raises StoreError."""
    with store.answering() as client:
        sealed: bytes | None = client.get(_key(store))
    return sealed


def open_check(store: Store, keyring: KeyRing, sealed: bytes) -> None:
    """Raise KeyMissing or SettingsError unless the ring opens the stored check."""
    try:
        keyring.open(sealed, _key(store))
    except Tampered:
        raise SettingsError(
            "DASHBOARD_KEYS holds another key than the one of the same id that sealed the stored connections. "
            "Put the old key back, under its own id; nothing was deleted."
        ) from None


def _key(store: Store) -> str:
    return store.key("meta", "keycheck")

"""Finds out at the start, before any traffic, whether this process has the keys that sealed what Redis holds."""

from hubspot.connections.engine import Store
from hubspot.errors import SettingsError, Tampered
from hubspot.keyring import KeyRing

_WORDS = b"this opens"


def check_keys(store: Store, keyring: KeyRing) -> None:
    """Raise KeyMissing or SettingsError unless the ring opens what the first process sealed. Raises StoreError."""
    key = store.key("meta", "keycheck")
    with store.answering() as client:
        client.set(key, keyring.seal(_WORDS, key), nx=True)
        sealed = client.get(key)
    try:
        keyring.open(sealed, key)
    except Tampered:
        raise SettingsError(
            "DASHBOARD_KEYS holds another key than the one of the same id that sealed the stored connections. "
            "Put the old key back, under its own id; nothing was deleted."
        ) from None
    if not keyring.is_current(sealed):
        # So that a retired key can leave the ring once nothing needs it.
        with store.answering() as client:
            client.set(key, keyring.seal(_WORDS, key))

"""The key ring: seals tokens, records and snapshots with AES-256-GCM, and signs what travels through browsers.

A sealed value is bound to its place (`context`: the Redis key or file it is stored under), so a value copied
elsewhere does not open. Its first bytes name the key, so a new key can be added in front of the old one.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hubspot.errors import KeyMissing, SettingsError, Tampered

_FILE = "keys.json"
_FORMAT = b"1"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEADER_BYTES = len(_FORMAT) + _ID_BYTES
_SHORTEST = _HEADER_BYTES + _NONCE_BYTES + 16  # nothing, sealed: header, nonce and tag


class KeyRing:
    """Named 256-bit keys. The first one seals and signs, all of them open and verify."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise SettingsError("The key ring is empty. Set DASHBOARD_KEYS.")
        self._keys = {key_id.encode().ljust(_ID_BYTES): key for key_id, key in keys.items()}
        self._first = next(iter(self._keys))

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the names of the keys, the one that seals and signs first."""
        return tuple(key_id.decode().strip() for key_id in self._keys)

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt for one place; the result is 33 bytes longer."""
        header = _FORMAT + self._first
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return header + nonce + self._cipher(self._first).encrypt(nonce, plaintext, header + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what `seal` made for this place. Raises KeyMissing or Tampered."""
        header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        if header[:1] != _FORMAT or len(nonce) < _NONCE_BYTES:
            raise Tampered("A stored value is not in the form this version writes. It was damaged or is foreign.")
        try:
            return self._cipher(header[1:]).decrypt(
                nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], header + context.encode()
            )
        except InvalidTag:
            raise Tampered("A stored value was damaged, or moved here from another place. It was not used.") from None

    def is_current(self, sealed: bytes) -> bool:
        """Return whether a value was sealed with the first key of the ring."""
        return sealed[:_HEADER_BYTES] == _FORMAT + self._first

    def sign(self, message: bytes, purpose: str) -> bytes:
        """Return 36 bytes that `verify` accepts for this message and purpose only."""
        return self._first + self._mac(self._first, message, purpose)

    def verify(self, message: bytes, signature: bytes, purpose: str) -> bool:
        """Return whether `sign` of this ring made the signature."""
        key_id = signature[:_ID_BYTES]
        if key_id not in self._keys:
            return False
        return hmac.compare_digest(self._mac(key_id, message, purpose), signature[_ID_BYTES:])

    def derive(self, message: bytes, purpose: str, like: bytes) -> bytes:
        """Return 32 secret bytes for a message, with the key that made the signature `like`."""
        return self._mac(like[:_ID_BYTES], message, purpose)

    def _mac(self, key_id: bytes, message: bytes, purpose: str) -> bytes:
        # One key per purpose: a signature made for a state can't pass as one for a download.
        derived = hmac.digest(self._key(key_id), purpose.encode(), hashlib.sha256)
        return hmac.digest(derived, message, hashlib.sha256)

    def _cipher(self, key_id: bytes) -> AESGCM:
        return AESGCM(self._key(key_id))

    def _key(self, key_id: bytes) -> bytes:
        try:
            return self._keys[key_id]
        except KeyError:
            raise KeyMissing(key_id.decode("ascii", "replace").strip()) from None


def sealed_with(value: bytes) -> str:
    """Return the name of the key that sealed a stored value, empty for a value that `seal` did not make."""
    # Random marks are stored as text, and what was encrypted never is all text.
    if len(value) < _SHORTEST or value[:1] != _FORMAT or value.isascii():
        return ""
    return value[1:_HEADER_BYTES].decode(errors="replace").strip()


def load(keys: Mapping[str, bytes], config_dir: Path) -> KeyRing:
    """Return the ring from the settings, else the one generated on this machine at the first start.

    Raises SettingsError when the key file can be read by other users or is damaged.
    """
    return KeyRing(keys or _generated(config_dir / _FILE))


def existing(keys: Mapping[str, bytes], config_dir: Path) -> KeyRing | None:
    """Return the ring as `load` does, but generate nothing: None where there is none yet. Raises SettingsError."""
    with suppress(FileNotFoundError):
        return KeyRing(keys or _read(config_dir / _FILE))
    return None


def _generated(path: Path) -> dict[str, bytes]:
    with suppress(FileNotFoundError):
        return _read(path)
    try:
        _create(path)
    except OSError as error:
        raise SettingsError(f"The key file {path} can't be written ({error.strerror}).") from None
    return _read(path)


def _read(path: Path) -> dict[str, bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SettingsError(f"The key file {path} can't be opened ({error.strerror}).") from None
    with os.fdopen(descriptor, "rb") as file:
        _check_private(path, os.fstat(descriptor))
        text = file.read()
    try:
        return {key_id: base64.b64decode(encoded, validate=True) for key_id, encoded in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError):
        raise SettingsError(f"The key file {path} is damaged. Restore it, or delete it to start afresh.") from None


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    text = json.dumps({"k1": base64.b64encode(secrets.token_bytes(32)).decode()})
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    try:
        # A link never overwrites: of many processes starting at once, one key wins.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _check_private(path: Path, status: os.stat_result) -> None:
    if os.name != "posix":
        return
    if status.st_uid != os.geteuid():
        raise SettingsError(f"The key file {path} belongs to another user. Run the dashboard as that user.")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise SettingsError(f"The key file {path} can be read by others. Run: chmod 600 {path}")

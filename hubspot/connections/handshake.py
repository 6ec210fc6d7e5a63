"""The OAuth state: what goes to HubSpot with the browser and has to come back with the same one, once.

Nothing is stored when a connection begins, so anonymous visitors can't fill Redis. The state carries its time, a
nonce, the page to return to and a mark of the browser, signed; Redis remembers only the nonces that were used.
Source: https://www.rfc-editor.org/rfc/rfc6749#section-10.12 and https://www.rfc-editor.org/rfc/rfc7636
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from hubspot.connections.engine import Store
from hubspot.errors import Tampered
from hubspot.keyring import KeyRing

VALID_SECONDS = 600
OUTCOME_SECONDS = 60
NOTICE_SECONDS = 600
_LAYOUT = struct.Struct(">Q16s16s")  # time, nonce, mark of the browser; the page's name follows
_SIGNATURE_BYTES = 36
_LONGEST_STATE = 512

# "Absent or mine", as redis-py repeats a command whose reply was lost. KEYS used outcome; ARGV owner used_ms outcome
# outcome_ms.
_CLAIM = """
local owner = redis.call('GET', KEYS[1])
if owner then return owner == ARGV[1] and 1 or 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
return 1
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What goes into the authorize URL; no `code_challenge` where PKCE is off."""

    state: str
    code_challenge: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a returned state is worth. Only an "ok" one has a nonce and, with PKCE, a verifier for the token endpoint.

    `page` is where the person wanted to go, the first page where that is unknown.
    """

    kind: Literal["ok", "malformed", "expired", "other_browser"]
    page: str
    nonce: str = ""
    code_verifier: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went: `kind` is "pending", until the caller records its own word; `text` may name what to say."""

    kind: str
    page: str = ""
    text: str = ""
    hub_id: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a browser's next run."""

    kind: str
    text: str = ""


class Handshake:
    """Begins attempts to connect and judges what comes back. `pages` is the list of pages to return to, home first."""

    def __init__(
        self,
        store: Store,
        keyring: KeyRing,
        *,
        pages: Sequence[str],
        pkce: bool = True,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._keyring, self._pages, self._pkce, self._now = store, keyring, tuple(pages), pkce, now

    def begin(self, browser: str, page: str) -> Attempt:
        """Return a state for this browser, valid 10 minutes; a page that is not on the list becomes home."""
        nonce = secrets.token_bytes(16)
        content = _LAYOUT.pack(int(self._now()), nonce, _mark(nonce, browser)) + self._known(page).encode()
        signature = self._keyring.sign(content, "state")
        verifier = self._verifier(nonce, signature)
        return Attempt(_encoded(content + signature), _challenge(verifier) if verifier else None)

    def successor(self, state: str) -> str:
        """Return the id of the browser that comes back with this state, empty for a state that is not ours.

        It can't be computed without the key, and is the same for every tab, reload and replica.
        """
        content, signature = _split(state)
        if len(content) < _LAYOUT.size or not self._keyring.verify(content, signature, "state"):
            return ""
        return _encoded(self._keyring.derive(content, "browser", like=signature))

    def judge(self, state: str, browser: str, renewed: str = "") -> Verdict:
        """Say what a returned state is worth, from the state alone.

        It belongs to the browser it was begun for, also where that is known by its `successor` already: `renewed`.
        """
        content, signature = _split(state)
        if len(content) < _LAYOUT.size or not self._keyring.verify(content, signature, "state"):
            return Verdict("malformed", self._pages[0])
        began_at, nonce, mark = _LAYOUT.unpack_from(content)
        page = self._known(content[_LAYOUT.size :].decode())
        is_renewed = bool(renewed) and hmac.compare_digest(browser, renewed)
        if not is_renewed and not hmac.compare_digest(mark, _mark(nonce, browser)):
            return Verdict("other_browser", page)
        # Replicas' clocks may differ, so a state from the near future is as good.
        if abs(self._now() - began_at) > VALID_SECONDS:
            return Verdict("expired", page)
        return Verdict("ok", page, nonce.hex(), self._verifier(nonce, signature))

    def claim(self, nonce: str) -> bool:
        """Use up the nonce of an "ok" verdict and record a pending outcome; True for one caller only.

        Raises StoreError.
        """
        used, outcome = self._nonce_keys(nonce)
        pending = self._sealed(outcome, Outcome("pending"))
        lifetimes = VALID_SECONDS * 1000, OUTCOME_SECONDS * 1000
        # A state may come from a clock that is ahead: remember its nonce for as long as it can be judged ok.
        arguments = (secrets.token_hex(8), 2 * lifetimes[0], pending, lifetimes[1])
        return bool(self._store.run(_CLAIM, [used, outcome], *arguments))

    def record(self, nonce: str, outcome: Outcome) -> None:
        """Keep how an attempt went for 60 s, for reloads of the same address. Raises StoreError."""
        key = self._nonce_keys(nonce)[1]
        with self._store.answering() as client:
            client.set(key, self._sealed(key, outcome), px=OUTCOME_SECONDS * 1000)

    def outcome(self, nonce: str) -> Outcome | None:
        """Return how an attempt went, None where that is unknown or long ago. Raises StoreError."""
        key = self._nonce_keys(nonce)[1]
        with self._store.answering() as client:
            sealed = client.get(key)
        plain = self._opened(key, sealed)
        return Outcome(**plain) if plain else None

    def leave_notice(self, browser: str, notice: Notice) -> None:
        """Keep a message for a browser's next run, 10 minutes at most; a new one replaces it. Raises StoreError."""
        key = self._store.key("notice", browser)
        with self._store.answering() as client:
            client.set(key, self._sealed(key, notice), px=NOTICE_SECONDS * 1000)

    def take_notice(self, browser: str) -> Notice | None:
        """Return the message and delete it, None where there is none. Raises StoreError."""
        key = self._store.key("notice", browser)
        with self._store.answering() as client:
            sealed = client.getdel(key)
        plain = self._opened(key, sealed)
        return Notice(**plain) if plain else None

    def _known(self, page: str) -> str:
        return page if page in self._pages else self._pages[0]

    def _verifier(self, nonce: bytes, signature: bytes) -> str | None:
        return _encoded(self._keyring.derive(nonce, "pkce", like=signature)) if self._pkce else None

    def _nonce_keys(self, nonce: str) -> tuple[str, str]:
        return self._store.key(f"{{{nonce}}}", "used"), self._store.key(f"{{{nonce}}}", "outcome")

    def _sealed(self, key: str, value: Outcome | Notice) -> bytes:
        return self._keyring.seal(json.dumps(asdict(value)).encode(), key)

    def _opened(self, key: str, sealed: bytes | None) -> dict[str, Any]:
        if sealed is None:
            return {}
        try:
            return dict(json.loads(self._keyring.open(sealed, key)))
        except Tampered:
            return {}


def _mark(nonce: bytes, browser: str) -> bytes:
    return hashlib.sha256(nonce + browser.encode()).digest()[:16]


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _challenge(verifier: str) -> str:
    return _encoded(hashlib.sha256(verifier.encode()).digest())


def _split(state: str) -> tuple[bytes, bytes]:
    """Return content and signature, empty where the text is not one of ours."""
    if len(state) > _LONGEST_STATE or not state.isascii():
        return b"", b""
    try:
        raw = base64.b64decode(state + "=" * (-len(state) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return b"", b""
    if _encoded(raw) != state:
        # Base64 writes the same bytes in several ways; ours is one of them.
        return b"", b""
    return raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]

"""Hand out access tokens, and renew each once for everybody before it ends.

Of all threads, processes and replicas one asks HubSpot (a thread lock, then a lease); the result is written by
compare-and-set on the grant's etag, which is the fence. A Redis error never ends a grant; only HubSpot's
`invalid_grant` does.
"""

import logging
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from hubspot.api.oauth import OAuth, Token
from hubspot.connections.engine import TROUBLE, Store
from hubspot.connections.leases import Lease
from hubspot.connections.records import END, FIELDS, Account, Record, account_key, portal_key, read_record
from hubspot.connections.tokens import Held, Pace, Tokens
from hubspot.errors import (
    HubSpotError,
    NotConnected,
    OAuthRefused,
    RequestFailed,
    ResponseError,
    SettingsError,
    TryLater,
    UnreadableResponse,
)
from hubspot.keyring import KeyRing

_log = logging.getLogger(__name__)

_OPERATOR_ERRORS = {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
_OPERATOR_STATUSES = {"BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "BAD_REDIRECT_URI", "BAD_GRANT_TYPE", "BAD_SCOPES"}
_SOON = 0.5  # seconds after which to see what another thread or replica achieved
_OPERATOR_SENTENCE = (
    "HubSpot rejects this dashboard's client id or secret, so connections can't be renewed. "
    "The operator must check HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET; nobody was disconnected."
)


class Renewal:
    """Hands out access tokens. Shared by all threads of a process."""

    def __init__(self, store: Store, keyring: KeyRing, oauth: OAuth, *, tokens: Tokens, pace: Pace) -> None:
        self._store, self._keyring, self._oauth, self._tokens, self._pace = store, keyring, oauth, tokens, pace
        self._locks: dict[Account, threading.Lock] = {}

    def access(self, account: Account, rejected: str | None = None) -> str:
        """Return a usable access token; `rejected` is one that HubSpot has just answered 401 for.

        Raises NotConnected, ConnectionEnded, TryLater, SettingsError, StoreError or SealError.
        """
        try:
            self._tokens.commit_late(account)
            held = self._tokens.stored(account)
        except TROUBLE:
            held = self._tokens.remembered(account)
            if held is None or held.access_token == rejected:
                raise
            _log.warning("token store does not work: serving a token from memory")
            return held.access_token
        if held is None or held.access_token == rejected:
            return self._renew_now(account, rejected)
        if self._is_young(held):
            return held.access_token
        return self._renew_ahead(account, held)

    def renew_early(self, account: Account) -> float:
        """Renew a token before anybody needs it, unless somebody else is at it; return the seconds until it is due.

        Raises what `access` raises.
        """
        self._tokens.commit_late(account)
        held = self._tokens.stored(account)
        due_in = self._early_in(held)
        if due_in > 0:
            return due_in
        lock, lease = self._lock(account), self._lease(account)
        if not lock.acquire(blocking=False):
            return _SOON
        try:
            if not lease.try_acquire():
                return _SOON
            with lease.hold():
                self._renew(account, lambda found: self._early_in(found) > 0)
        finally:
            lock.release()
        return max(self._early_in(self._tokens.remembered(account)), _SOON)

    def record(self, account: Account) -> Record:
        """Read a grant. Raises NotConnected, ConnectionEnded, StoreError or SealError."""
        key = account_key(self._store, account, "grant")
        with self._store.answering() as client:
            fields = client.hmget(key, FIELDS)
        return read_record(self._keyring, key, account, fields)

    def _renew_ahead(self, account: Account, held: Held) -> str:
        lock = self._lock(account)
        if not lock.acquire(blocking=False):
            return held.access_token
        try:
            lease = self._lease(account)
            if not lease.try_acquire():
                return held.access_token
            with lease.hold():
                return self._renew(account, self._is_young)
        except NotConnected:
            raise
        except HubSpotError as error:
            _log.warning("renewal ahead of time failed, the old token still works: %s", type(error).__name__)
            return held.access_token
        finally:
            lock.release()

    def _renew_now(self, account: Account, rejected: str | None) -> str:
        last = time.monotonic() + self._pace.wait
        with self._alone(account):
            while True:
                held = self._settled(account, lambda found: found.access_token != rejected)
                if held:
                    return held.access_token
                lease = self._lease(account)
                if lease.try_acquire():
                    with lease.hold():
                        return self._renew(account, lambda found: found.access_token != rejected)
                if time.monotonic() > last:
                    raise _busy(self._pace.cool_down)
                time.sleep(random.uniform(0.05, 0.1))  # noqa: S311 - not a secret

    def _settled(self, account: Account, is_good: Callable[[Held], bool]) -> Held | None:
        """Return what another renewal brought, None if it is ours to do; raise what another one met."""
        held = self._tokens.stored(account)
        if held and is_good(held):
            return held
        key = account_key(self._store, account, "fail")
        with self._store.answering() as client:
            reason, milliseconds = client.pipeline(transaction=False).get(key).pttl(key).execute()
        if reason == b"settings":
            raise SettingsError(_OPERATOR_SENTENCE)
        if reason:
            raise _try_later(max(milliseconds, 0) / 1000)
        return None

    def _renew(self, account: Account, is_good: Callable[[Held], bool]) -> str:
        held = self._settled(account, is_good)
        if held:
            return held.access_token
        record = self.record(account)
        began = time.monotonic()
        try:
            token = self._ask(record.refresh_token)
        except OAuthRefused as error:
            if error.ends_grant:
                return self._end(account, record)
            raise self._refusal(account, error) from error
        except (ResponseError, RequestFailed, UnreadableResponse) as error:
            raise self._cool_down(account, error) from error
        return self._tokens.commit(record, token, began)

    def _ask(self, refresh_token: str) -> Token:
        try:
            return self._oauth.refresh(refresh_token)
        except (RequestFailed, ResponseError) as error:
            if isinstance(error, ResponseError) and error.status_code < 500:
                raise
            return self._oauth.refresh(refresh_token)

    def _refusal(self, account: Account, error: OAuthRefused) -> HubSpotError:
        if error.status_code >= 500:
            return self._cool_down(account, error)
        if error.error not in _OPERATOR_ERRORS and error.status not in _OPERATOR_STATUSES:
            # Its cause is unknown, so every rerun of every tab would ask again.
            self._note_failure(account, "later", self._pace.cool_down)
            return error
        _log.error("HubSpot rejects the client id or secret: %s", error.status or error.error)
        self._note_failure(account, "settings", self._pace.cool_down)
        return SettingsError(_OPERATOR_SENTENCE)

    def _cool_down(self, account: Account, error: HubSpotError) -> TryLater:
        asked = getattr(error, "retry_after", None) or self._pace.cool_down
        after = min(asked, self._pace.longest_cool_down)
        _log.warning("token renewal failed (%s), next try in %.0f s", type(error).__name__, after)
        self._note_failure(account, "later", after)
        return _try_later(after)

    def _note_failure(self, account: Account, reason: str, seconds: float) -> None:
        with suppress(*TROUBLE), self._store.answering() as client:
            client.set(account_key(self._store, account, "fail"), reason, px=max(1, int(seconds * 1000)))

    def _end(self, account: Account, record: Record) -> str:
        """Note that HubSpot ended the grant, unless somebody renewed it meanwhile: then return that token."""
        keys = [account_key(self._store, account, name) for name in ("grant", "at", "fail")]
        keys.append(portal_key(self._store, account.hub_id, "accounts"))
        if self._store.run(END, keys, record.etag, secrets.token_hex(8), str(account.user_id)) == 1:
            _log.warning("HubSpot ended the grant of %s", account)
            self._tokens.forget(account)
        self.record(account)
        held = self._tokens.stored(account)
        if held is None:
            raise _try_later(1)
        return held.access_token

    def _lock(self, account: Account) -> threading.Lock:
        return self._locks.setdefault(account, threading.Lock())

    @contextmanager
    def _alone(self, account: Account) -> Iterator[None]:
        lock = self._lock(account)
        if not lock.acquire(timeout=self._pace.wait):
            raise _busy(self._pace.cool_down)
        try:
            yield
        finally:
            lock.release()

    def _lease(self, account: Account) -> Lease:
        name = f"{{{account.hub_id}}}:{account.user_id}:lock"
        return Lease(self._store, name, seconds=self._pace.lease, longest=self._pace.longest_lease)

    def _early_in(self, held: Held | None) -> float:
        return held.seconds_left - self._pace.early(held.lifetime) if held else 0.0

    def _is_young(self, held: Held) -> bool:
        return held.seconds_left > self._pace.soft(held.lifetime)


def _try_later(seconds: float) -> TryLater:
    return TryLater(f"HubSpot asks us to wait {seconds:.0f} s.", seconds)


def _busy(seconds: float) -> TryLater:
    return TryLater("Renewing the HubSpot connection takes longer than usual. Try again.", seconds)

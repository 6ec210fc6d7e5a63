"""Grants that ended here and not yet at HubSpot: kept, sealed, and revoked as soon as HubSpot answers.

One hash holds them all, as there are seldom any. They outlive the portal's own keys, so nothing else may name it here.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from hubspot.api.oauth import OAuth
from hubspot.connections.engine import Store
from hubspot.connections.records import Account
from hubspot.errors import HubSpotError, KeyMissing, OAuthRefused, StoreRefused, Tampered
from hubspot.keyring import KeyRing

_log = logging.getLogger(__name__)

KEEP_DAYS = 7
"""How long HubSpot is asked again; after that only a person can remove the app there."""

_KEEP_SECONDS = KEEP_DAYS * 24 * 3600


class Revocations:
    """Revokes refresh tokens, at once or later. Shared by all threads of a process; `now` is seconds since 1970."""

    def __init__(self, store: Store, keyring: KeyRing, oauth: OAuth, *, now: Callable[[], float] = time.time) -> None:
        self._store, self._keyring, self._oauth, self._now = store, keyring, oauth, now
        self._key = store.key("revocations")

    def promise(self, account: Account, refresh_token: str) -> str:
        """Note that a refresh token is about to be given up here, so that a killed process leaves it to `retry`.

        Returns what `revoke` takes, empty where the store has no room: that must keep nobody from disconnecting.
        Raises StoreDown.
        """
        try:
            return self._keep(account, refresh_token)
        except StoreRefused:
            return ""

    def revoke(self, account: Account, refresh_token: str, promised: str = "") -> bool:
        """End a refresh token at HubSpot; False where HubSpot did not do it, and will be asked again for a week."""
        is_done = self._is_done(account, refresh_token)
        # A store that is down too must not undo what was deleted here.
        with suppress(HubSpotError):
            if not is_done:
                self._keep(account, refresh_token, promised)
            elif promised:
                self._drop(promised)
        return is_done

    def retry(self, current: Callable[[Account], str | None]) -> int:
        """Ask HubSpot again for all that are kept; return how many still wait. Raises StoreError.

        `current` is the refresh token that a person's grant holds now, empty for none and None where it can't be read:
        HubSpot may have given the same one to somebody who came back, and then it must live.
        """
        with self._store.answering() as client:
            kept = client.hgetall(self._key)
        waiting = 0
        for field, sealed in kept.items():
            name = field.decode()
            if self._is_settled(name, sealed, current):
                self._drop(name)
            else:
                waiting += 1
        return waiting

    def _is_settled(self, name: str, sealed: bytes, current: Callable[[Account], str | None]) -> bool:
        account = _account(name)
        try:
            plain = json.loads(self._keyring.open(sealed, f"{self._key}:{name}"))
        except Tampered:
            _log.warning("damaged revocation dropped: %s", account)
            return True
        except KeyMissing as error:
            # It waits for its key until its time is over; the others must not wait for it.
            _log.warning("revocation of %s: %s", account, error)
            return False
        refresh_token, in_use = plain["refresh_token"], current(account)
        if in_use == refresh_token:
            return True
        if in_use is not None and self._is_done(account, refresh_token):
            _log.info("revoked at HubSpot late: %s", account)
            return True
        if self._now() - plain["since"] < _KEEP_SECONDS:
            return False
        _log.error(
            "HubSpot did not revoke the grant of %s within %d days: only removing the app there ends it",
            account, KEEP_DAYS,
        )  # fmt: skip
        return True

    def _is_done(self, account: Account, refresh_token: str) -> bool:
        try:
            self._oauth.revoke(refresh_token)
        except OAuthRefused as error:
            # A token that HubSpot does not know any more needs no end.
            if error.ends_grant:
                return True
            _log.warning("HubSpot refused to revoke the grant of %s: %s", account, error.status or error.error)
        except HubSpotError as error:
            _log.warning("HubSpot did not revoke the grant of %s: %s", account, type(error).__name__)
        else:
            return True
        return False

    def _drop(self, name: str) -> None:
        with self._store.answering() as client:
            client.hdel(self._key, name)

    def _keep(self, account: Account, refresh_token: str, name: str = "") -> str:
        name = name or f"{account}.{secrets.token_hex(4)}"
        plain = json.dumps({"refresh_token": refresh_token, "since": self._now()}).encode()
        with self._store.answering() as client:
            pipeline = client.pipeline(transaction=False)
            pipeline.hset(self._key, name, self._keyring.seal(plain, f"{self._key}:{name}"))
            pipeline.pexpire(self._key, 2 * _KEEP_SECONDS * 1000)
            pipeline.execute()
        return name


def _account(name: str) -> Account:
    hub_id, user_id, _ = name.split(".")
    return Account(int(hub_id), int(user_id))

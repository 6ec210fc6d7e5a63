"""Grants that ended here and not yet at HubSpot: kept, sealed, and revoked as soon as HubSpot answers.

One hash holds them all, as there are seldom any. They outlive the portal's own keys, so nothing else may name it here.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from typing import Literal

from hubspot.api.oauth import OAuth
from hubspot.connections.background import outlived
from hubspot.connections.engine import Store
from hubspot.connections.records import Account
from hubspot.errors import HubSpotError, KeyMissing, OAuthRefused, StoreRefused, Tampered
from hubspot.keyring import KeyRing

_log = logging.getLogger(__name__)

KEEP_DAYS = 7
"""How long HubSpot is asked again; after that only a person can remove the app there."""

Revocation = Literal["done", "kept", "lost"]
"""HubSpot ended the token; it did not, and will be asked again; or only removing the app there ends it."""

Held = Callable[[Account], Collection[str] | None]
"""The refresh tokens that grants of a person hold here, None where they can't be read.

Of a person or a portal that HubSpot did not name (0) they are those of everybody who may be meant.
"""

GIVING_BACK = "giving back"
_KEEP_SECONDS = KEEP_DAYS * 24 * 3600
_PAUSES = (0, 2, 10, 60, 300, 900)  # seconds before each try to learn from the store who holds a token
_UNTOLD = "HubSpot was not told that the grant of %s ended here: only removing the app there ends it"


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

    def revoke(self, account: Account, refresh_token: str, promised: str = "") -> Revocation:
        """End a refresh token at HubSpot; where HubSpot does not do it, keep it for `retry`."""
        is_done = self._is_done(account, refresh_token)
        # A store that is down too must not undo what was deleted here.
        with suppress(HubSpotError):
            if not is_done:
                self._keep(account, refresh_token, promised)
                return "kept"
            if promised:
                self._drop(promised)
        if is_done:
            return "done"
        return "kept" if promised else self.lose(account)

    def lose(self, account: Account) -> Revocation:
        """Note for the operator that HubSpot can't be told of an end."""
        _log.error(_UNTOLD, account)
        return "lost"

    def give_back(self, account: Account, refresh_token: str, held: Held) -> None:
        """Revoke, in the background, what HubSpot has just granted and the store did not take.

        HubSpot gives the same refresh token to who connects again, so it is left alone where a stored grant holds it.
        """
        arguments = (account, refresh_token, held)
        threading.Thread(target=self._give_back, args=arguments, name=GIVING_BACK, daemon=True).start()

    def retry(self, held: Held) -> int:
        """Ask HubSpot again for all that are kept; return how many still wait. Raises StoreError.

        HubSpot may have given the same refresh token to somebody who came back, and then it must live.
        """
        with self._store.answering() as client:
            kept = client.hgetall(self._key)
        waiting = 0
        for field, sealed in kept.items():
            name = field.decode()
            if self._is_settled(name, sealed, held):
                self._drop(name)
            else:
                waiting += 1
        return waiting

    def _give_back(self, account: Account, refresh_token: str, held: Held) -> None:
        for pause in _PAUSES:
            time.sleep(pause)
            try:
                is_settled = outlived(partial(self._give_back_now, account, refresh_token, held))
            except HubSpotError as error:
                _log.warning("nobody holds the new grant of %s (%s), trying again", account, type(error).__name__)
                continue
            if is_settled:
                return
        self.lose(account)

    def _give_back_now(self, account: Account, refresh_token: str, held: Held) -> None:
        in_use = held(account)
        if in_use is None:
            self._keep(account, refresh_token)
        elif refresh_token not in in_use:
            self.revoke(account, refresh_token, self.promise(account, refresh_token))

    def _is_settled(self, name: str, sealed: bytes, held: Held) -> bool:
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
        refresh_token, in_use = plain["refresh_token"], held(account)
        if in_use is not None and refresh_token in in_use:
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

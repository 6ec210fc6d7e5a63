"""Access tokens as all processes share them, and the writing of renewed ones.

A renewed token that can't be written, because Redis is down or its disk is full, is served from memory and written
later. A renewed refresh token also waits in the spool. Time is measured by Redis' TTLs and monotonic clocks, so the
replicas' wall clocks do not matter.
"""

import logging
import random
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from hubspot.api.oauth import Token
from hubspot.connections.background import outlived
from hubspot.connections.engine import TROUBLE, Store
from hubspot.connections.records import (
    COMMIT,
    IDLE_MILLISECONDS,
    Account,
    Commit,
    Record,
    account_key,
    open_refresh_token,
    open_token,
    portal_key,
    seal_grant,
    seal_token,
)
from hubspot.connections.revocations import Revocations
from hubspot.connections.spool import Spool, folder_of
from hubspot.errors import HubSpotError, KeyMissing, NotConnected, Tampered
from hubspot.keyring import KeyRing

_log = logging.getLogger(__name__)

_SPARE_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long things take, in seconds. The margins are shortened for tokens that live less than half an hour."""

    soft_margin: float = 300.0  # from here on one caller renews while the others still use the token
    hard_margin: float = 60.0  # from here on the token counts as expired
    lease: float = 4.0
    longest_lease: float = 15.0
    wait: float = 18.0
    cool_down: float = 5.0
    longest_cool_down: float = 60.0
    commit_again: float = 2.0
    idle: float = IDLE_MILLISECONDS / 1000  # a grant ends by itself when its portal was not opened for so long

    @classmethod
    def keeping(cls, days: int) -> "Pace":
        """Return the usual pace, but with grants that outlive the days after which a portal is forgotten.

        A grant that ended by itself before that could not be revoked at HubSpot any more.
        """
        return cls(idle=max(IDLE_MILLISECONDS / 1000, (days + _SPARE_DAYS) * 24 * 3600.0))

    @property
    def idle_milliseconds(self) -> int:
        """Return `idle` as Redis takes it."""
        return int(self.idle * 1000)

    def early(self, lifetime: float) -> float:
        """Return the margin of a renewal ahead of need, which comes before anybody meets the soft one."""
        return 1.5 * min(self.soft_margin, lifetime / 6)

    def soft(self, lifetime: float) -> float:
        """Return the margin of a renewal ahead of time, with jitter so that replicas do not all come at once."""
        return min(self.soft_margin, lifetime / 6) * random.uniform(0.8, 1.0)  # noqa: S311 - not a secret

    def hard(self, lifetime: float) -> float:
        """Return how long before its end a token is no longer handed out."""
        return min(self.hard_margin, lifetime / 10)


@dataclass(frozen=True, slots=True)
class Held:
    """An access token; `until` is when to stop using it, by the monotonic clock."""

    access_token: str = field(repr=False)
    lifetime: float
    until: float

    @property
    def seconds_left(self) -> float:
        """Return how long it may still be used."""
        return self.until - time.monotonic()


@dataclass(frozen=True, slots=True)
class _Renewed:
    commit: Commit
    held: Held
    refresh_token: str = field(repr=False)


def held_from(token: Token, pace: Pace, began: float) -> Held:
    """Return a token as held; `began` is the monotonic time before HubSpot was asked."""
    return Held(token.access_token, token.expires_in, began + token.expires_in - pace.hard(token.expires_in))


class Tokens:
    """The access tokens of all accounts. Shared by all threads of a process; `spool` None keeps no files."""

    def __init__(
        self, store: Store, keyring: KeyRing, revocations: Revocations, *, pace: Pace, spool: Path | None
    ) -> None:
        self._store, self._keyring, self._revocations, self._pace = store, keyring, revocations, pace
        self._spool = Spool(folder_of(spool, store.prefix) if spool else None)
        self._is_replayed = spool is None
        self._memory: dict[Account, Held] = {}
        self._pending: dict[Account, _Renewed] = {}
        self._ticking = threading.Lock()

    def stored(self, account: Account) -> Held | None:
        """Read the token that all processes share, None where it has expired. Raises StoreError or KeyMissing."""
        key = account_key(self._store, account, "at")
        with self._store.answering() as client:
            sealed, milliseconds = client.pipeline(transaction=False).get(key).pttl(key).execute()
        if sealed is None or milliseconds <= 0:
            return None
        try:
            access_token, lifetime = open_token(self._keyring, key, sealed)
        except Tampered:
            _log.warning("damaged access token not used: %s", account)
            return None
        held = self._memory[account] = Held(access_token, lifetime, time.monotonic() + milliseconds / 1000)
        return held

    def remembered(self, account: Account) -> Held | None:
        """Return what this process last saw, for when Redis does not answer; None where that has expired."""
        held = self._memory.get(account)
        return held if held and held.seconds_left > 0 else None

    def remember(self, account: Account, held: Held) -> None:
        """Note a token that was stored by other means."""
        self._memory[account] = held

    def forget(self, account: Account) -> None:
        """Drop what this process knows of an account."""
        self._memory.pop(account, None)
        self._pending.pop(account, None)
        self._spool.drop(account)

    def commit(self, record: Record, token: Token, began: float) -> str:
        """Store what HubSpot answered to the refresh token of a record; return the access token to use.

        `began` is the monotonic time before HubSpot was asked. Raises NotConnected where the grant is gone.
        """
        renewed = self._renewed(record, token, began)
        account = record.grant.account
        if renewed.refresh_token != record.refresh_token:
            self._spool.keep(renewed.commit)
        self._memory[account] = renewed.held
        try:
            outcome = self._write(renewed.commit, renewed.held)
        except TROUBLE as error:
            _log.warning("renewed token not stored yet (%s), trying again", type(error).__name__)
            self._pending[account] = renewed
            self._commit_soon()
            return token.access_token
        _log.info("access token renewed: %s", account)
        return self._arrived(renewed, outcome)

    def commit_late(self, account: Account) -> None:
        """Store what could not be stored before, by this process or an earlier one.

        Raises StoreError, and NotConnected where the grant went meanwhile.
        """
        if not self._is_replayed:
            self._replay()
        renewed = self._pending.get(account)
        if renewed is None:
            return
        outcome = self._write(renewed.commit, renewed.held)
        _log.info("renewed token stored late: %s", account)
        self._arrived(renewed, outcome)

    def _arrived(self, renewed: _Renewed, outcome: int) -> str:
        """Forget a renewal that Redis has judged; return the access token to use."""
        account = renewed.commit.account
        if self._pending.get(account) is renewed:
            self._pending.pop(account, None)
        self._spool.drop(account, renewed.commit.mark)
        if outcome == -1:
            self._revoke_late(account, renewed.refresh_token)
            raise NotConnected("HubSpot was disconnected meanwhile. Use Connect HubSpot in the sidebar.")
        winner = None
        if outcome == 0:
            with suppress(*TROUBLE):
                winner = self.stored(account)
        return (winner or renewed.held).access_token

    def _renewed(self, record: Record, token: Token, began: float) -> _Renewed:
        account = record.grant.account
        refresh_token = token.refresh_token or record.refresh_token
        grant = replace(record.grant, scopes=token.scopes or record.grant.scopes)
        blob = seal_grant(self._keyring, account_key(self._store, account, "grant"), grant, refresh_token)
        commit = Commit(account, record.etag, secrets.token_hex(8), blob)
        return _Renewed(commit, held_from(token, self._pace, began), refresh_token)

    def _write(self, commit: Commit, held: Held | None) -> int:
        account = commit.account
        keys = [account_key(self._store, account, name) for name in ("grant", "at", "fail")]
        keys += [portal_key(self._store, account.hub_id, name) for name in ("accounts", "epoch")]
        milliseconds = int(held.seconds_left * 1000) if held else 0
        sealed = seal_token(self._keyring, keys[1], held.access_token, held.lifetime) if held else b""
        arguments = (commit.expected, commit.mark, commit.blob, sealed, milliseconds, self._pace.idle_milliseconds)
        return int(self._store.run_durably(COMMIT, keys, *arguments, str(account.user_id)))

    def _commit_soon(self) -> None:
        if self._ticking.acquire(blocking=False):
            self._tick()

    def _tick(self) -> None:
        timer = threading.Timer(self._pace.commit_again, self._commit_pending)
        timer.name = "renewed tokens"
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no thread can be started just now; the next renewal tries again
            self._ticking.release()

    def _commit_pending(self) -> None:
        for account in list(self._pending):
            with suppress(HubSpotError):  # the store may be back at the next turn
                outlived(partial(self.commit_late, account))
        if self._pending:
            self._tick()
            return
        self._ticking.release()
        if self._pending:  # it came while this one ended
            self._commit_soon()

    def _replay(self) -> None:
        self._spool.clean()
        for commit in self._spool.kept():
            if self._write(commit, None) == -1 and not self._revoke_kept(commit):
                continue
            self._spool.drop(commit.account, commit.mark)
            _log.info("renewed grant of an earlier process handled: %s", commit.account)
        self._is_replayed = True

    def _revoke_kept(self, commit: Commit) -> bool:
        """Revoke what was kept of a grant that is gone; False where it has to wait for its key."""
        key = account_key(self._store, commit.account, "grant")
        try:
            self._revoke_late(commit.account, open_refresh_token(self._keyring, key, commit.blob))
        except KeyMissing as error:
            _log.warning("spooled grant of %s waits: %s", commit.account, error)
            return False
        except Tampered:
            self._revocations.lose(commit.account)
        return True

    def _revoke_late(self, account: Account, refresh_token: str) -> None:
        self.forget(account)
        self._revocations.revoke(account, refresh_token)

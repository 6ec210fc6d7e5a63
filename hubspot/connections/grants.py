"""Grants: what people allowed the dashboard to read, from connecting to disconnecting."""

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hubspot.api.oauth import Introspection, OAuth, Token
from hubspot.connections.engine import Store
from hubspot.connections.records import (
    ACCOUNT_KEYS,
    ACTIVE,
    DISCONNECT,
    FORGET,
    SAVE,
    STRIKE,
    Account,
    Grant,
    account_key,
    portal_key,
    seal_grant,
    seal_token,
)
from hubspot.connections.renewal import Renewal
from hubspot.connections.revocations import Revocation, Revocations
from hubspot.connections.tokens import Held, Pace, Tokens, held_from
from hubspot.errors import HubSpotError, NotConnected, SealError, StoreRefused, UnreadableResponse
from hubspot.keyring import KeyRing

__all__ = ["Account", "Disconnection", "Grant", "Grants", "Pace"]

_log = logging.getLogger(__name__)

USER_LEVEL = (
    "This HubSpot app has user-level access: its tokens see only what their user may see, and a portal's copy here is "
    "shared by everybody who connects it. Ask the operator to change the app to account-level access in HubSpot "
    "(isUserLevel: false), then connect again."
)
_OPENED_AGAIN_SECONDS = 3600
_WORST_FIRST: tuple[Revocation, ...] = ("lost", "kept")


@dataclass(frozen=True, slots=True)
class Disconnection:
    """What a disconnect did.

    `revocation` is what became of the grant at HubSpot, of several the worst; `was_last` is True where the portal's
    stored data has to go, because nobody's grant covers it any more.
    """

    revocation: Revocation
    was_last: bool


def is_any_stored(store: Store) -> bool:
    """Return whether a portal is connected, or a grant waits for its end at HubSpot. Raises StoreError."""
    with store.answering() as client:
        return any(client.exists(store.key(name)) for name in ("portals", "revocations"))


class Grants:
    """The grants of all portals. Shared by all threads of a process.

    `spool` is a folder for renewed refresh tokens that Redis could not take, None to keep none.
    """

    def __init__(  # noqa: PLR0913 - two are for tests
        self,
        store: Store,
        keyring: KeyRing,
        oauth: OAuth,
        *,
        spool: Path | None = None,
        pace: Pace | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._keyring, self._oauth, self._now = store, keyring, oauth, now
        self._pace = pace or Pace()
        self._revocations = Revocations(store, keyring, oauth, now=now)
        self._tokens = Tokens(store, keyring, self._revocations, pace=self._pace, spool=spool)
        self._renewal = Renewal(store, keyring, oauth, tokens=self._tokens, pace=self._pace)
        self._opened_at: dict[int, float] = {}

    def save(self, token: Token, *, admit: Callable[[Grant], None] | None = None) -> Grant:
        """Store a person's own grant, new or renewed; everybody else's stays as it is.

        `admit` sees the grant before it is stored and raises to refuse it. A token that is not stored, for whatever
        reason, is revoked in the background, unless a stored grant holds the same one.
        Raises StoreError, and where HubSpot must be asked whose token it is, what `OAuth.introspect` raises.
        """
        held = held_from(token, self._pace, time.monotonic())
        owner = Account(token.hub_id or 0, token.user_id or 0)
        try:
            grant = self._identified(token)
            owner = grant.account
            if admit:
                admit(grant)
            # First: a grant that is stored but not listed would never be forgotten.
            self._mark_opened(owner.hub_id)
            conn = self._store_grant(grant, token.refresh_token, held)
        except HubSpotError:
            if token.refresh_token:
                self._revocations.give_back(owner, token.refresh_token, self._held)
            raise
        self._tokens.remember(owner, held)
        _log.info("connected: %s, %d scopes", owner, len(grant.scopes))
        return replace(grant, conn=conn)

    def get(self, account: Account) -> Grant:
        """Return a grant. Raises NotConnected, ConnectionEnded, StoreError or SealError."""
        return self._renewal.record(account).grant

    def access(self, account: Account, rejected: str | None = None) -> str:
        """Return a usable access token; `rejected` is one that HubSpot has just answered 401 for.

        Hand each rejected token in once: a second 401 is an answer about the call, not about the token.
        Raises NotConnected, ConnectionEnded, TryLater, SettingsError, StoreError, SealError, or OAuthRefused where
        HubSpot refuses for a reason that neither ends the grant nor is the operator's.
        """
        return self._renewal.access(account, rejected)

    def renew_early(self, account: Account) -> float:
        """Renew a token that ends soon, ahead of anybody's need; return the seconds until it has to be asked again.

        One caller over all replicas asks HubSpot. Raises what `access` raises.
        """
        return self._renewal.renew_early(account)

    def revoke_pending(self) -> int:
        """Tell HubSpot of the grants it did not hear of when they ended; return how many still wait.

        Raises StoreError or KeyMissing.
        """
        return self._revocations.retry(self._held)

    def token_expires_at(self, account: Account) -> datetime | None:
        """Return when the stored access token ends (UTC), None where there is none now. Raises StoreError."""
        held = self._tokens.stored(account)
        if held is None:
            return None
        return datetime.fromtimestamp(self._now() + held.seconds_left + self._pace.hard(held.lifetime), UTC)

    def disconnect(self, account: Account) -> Disconnection:
        """Delete a person's grant, and all that Redis holds of the portal with the last one; then tell HubSpot.

        Where HubSpot does not answer, the refresh token waits, sealed, for `revoke_pending`. HubSpot ends the refresh
        token; access tokens live on for up to half an hour. Raises StoreError.
        """
        with suppress(NotConnected):
            # What HubSpot has to revoke may still be on its way into Redis.
            self._tokens.commit_late(account)
        refresh_token = self._refresh_token(account)
        promised = self._revocations.promise(account, refresh_token) if refresh_token else ""
        self.accounts(account.hub_id)  # strikes out those whose grant has expired: they would count as colleagues
        keys = [portal_key(self._store, account.hub_id, "accounts"), *self._keys_of(account)]
        is_last = bool(self._store.run_durably(DISCONNECT, keys, str(account.user_id)))
        was_last = is_last and self._forget(account.hub_id)
        self._tokens.forget(account)
        revocation = self._revoked(account, refresh_token, promised)
        _log.info("disconnected: %s (revocation %s, last %s)", account, revocation, was_last)
        return Disconnection(revocation, was_last)

    def forget_portal(self, hub_id: int) -> Disconnection:
        """Disconnect everybody from a portal and delete its keys, unless somebody connects it meanwhile."""
        done = {self.disconnect(account).revocation for account in self._members(hub_id)}
        worst: Revocation = next((each for each in _WORST_FIRST if each in done), "done")
        return Disconnection(worst, self._forget(hub_id))

    def accounts(self, hub_id: int) -> tuple[Account, ...]:
        """Return who is connected to a portal, without those whose grant HubSpot ended. Raises StoreError."""
        members = [account for account, status in self._members(hub_id).items() if status == ACTIVE]
        with self._store.answering() as client:
            pipeline = client.pipeline(transaction=False)
            for account in members:
                pipeline.exists(account_key(self._store, account, "grant"))
            present = dict(zip(members, pipeline.execute(), strict=True))
        return tuple(account for account in members if present[account] or not self._is_struck(account))

    def epoch(self, hub_id: int) -> int:
        """Return the portal's epoch, which never repeats; 0 where nobody is connected and nothing may be written."""
        with self._store.answering() as client:
            return int(client.get(portal_key(self._store, hub_id, "epoch")) or 0)

    def opened(self, hub_id: int) -> None:
        """Note that somebody looks at a portal, at most once an hour, so that neither it nor its grants are forgotten.

        Raises StoreError.
        """
        if self._now() - self._opened_at.get(hub_id, 0) >= _OPENED_AGAIN_SECONDS:
            self._keep(hub_id)
            self._mark_opened(hub_id)

    def portals(self) -> dict[int, datetime]:
        """Return the portals that are connected, each with when it was last opened (UTC, to the hour)."""
        with self._store.answering() as client:
            stored = client.hgetall(self._store.key("portals"))
        return {int(hub_id): datetime.fromtimestamp(int(at), UTC) for hub_id, at in stored.items()}

    def _identified(self, token: Token) -> Grant:
        told = self._introspected(token)
        if told.is_user_level:
            raise NotConnected(USER_LEVEL)
        hub_id, user_id = token.hub_id or told.hub_id, token.user_id or told.user_id
        if not hub_id or not user_id or not token.refresh_token:
            raise UnreadableResponse("HubSpot did not say whose connection this is. Connect HubSpot again.")
        return Grant(
            account=Account(hub_id, user_id),
            scopes=token.scopes or told.scopes,
            user=told.user,
            hub_domain=told.hub_domain,
            connected_at=datetime.fromtimestamp(self._now(), UTC),
            conn=secrets.token_hex(8),
        )

    def _introspected(self, token: Token) -> Introspection:
        try:
            return self._oauth.introspect(token.access_token)
        except HubSpotError as error:
            if not token.hub_id or not token.user_id:
                raise
            _log.warning("introspection failed (%s), going on without", type(error).__name__)
            return Introspection(active=True)

    def _store_grant(self, grant: Grant, refresh_token: str, held: Held) -> str:
        account = grant.account
        keys = [account_key(self._store, account, name) for name in ("grant", "at", "fail")]
        keys += [portal_key(self._store, account.hub_id, name) for name in ("accounts", "epoch")]
        blob = seal_grant(self._keyring, keys[0], grant, refresh_token)
        sealed = seal_token(self._keyring, keys[1], held.access_token, held.lifetime)
        milliseconds = max(1, int(held.seconds_left * 1000))
        marks = (secrets.token_hex(8), grant.conn)
        conn = self._store.run_durably(
            SAVE, keys, *marks, blob, sealed, milliseconds, self._pace.idle_milliseconds, str(account.user_id)
        )
        return str(conn, "ascii")

    def _keep(self, hub_id: int) -> None:
        """Let a portal's active grants, and what their people arranged, live on as long as renewed ones do.

        Who only looks renews nothing.
        """
        keys = [portal_key(self._store, hub_id, name) for name in ("accounts", "epoch")]
        active = (account for account, status in self._members(hub_id).items() if status == ACTIVE)
        keys += [account_key(self._store, account, name) for account in active for name in ("grant", "preferences")]
        with self._store.answering() as client:
            pipeline = client.pipeline(transaction=False)
            for key in keys:
                pipeline.pexpire(key, self._pace.idle_milliseconds)
            pipeline.execute()

    def _mark_opened(self, hub_id: int) -> None:
        now = self._now()
        with self._store.answering() as client:
            client.hset(self._store.key("portals"), str(hub_id), int(now))
        self._opened_at[hub_id] = now

    def _is_struck(self, account: Account) -> bool:
        """Strike out a person whose grant has expired; False, and nothing is done, where it has just come back."""
        keys = [portal_key(self._store, account.hub_id, "accounts"), account_key(self._store, account, "grant")]
        return bool(self._store.run(STRIKE, keys, str(account.user_id)))

    def _refresh_token(self, account: Account) -> str | None:
        """Return what is to be revoked: empty where nothing is left, None where it can't be read."""
        try:
            return self._renewal.record(account).refresh_token
        except NotConnected:
            return ""
        except SealError as error:
            # Even so a person can disconnect; only HubSpot can't be told.
            _log.warning("grant of %s can't be opened: %s", account, type(error).__name__)
            return None

    def _revoked(self, account: Account, refresh_token: str | None, promised: str) -> Revocation:
        if refresh_token is None:
            return self._revocations.lose(account)
        return self._revocations.revoke(account, refresh_token, promised) if refresh_token else "done"

    def _held(self, account: Account) -> set[str] | None:
        """Return the refresh tokens that grants hold, as `revocations.Held` says."""
        hub_ids = [account.hub_id] if account.hub_id else self.portals()
        is_named = account.hub_id and account.user_id
        meant = [account] if is_named else [each for hub_id in hub_ids for each in self._members(hub_id)]
        found = {self._refresh_token(each) for each in meant}
        return None if None in found else {each for each in found if each}

    def _members(self, hub_id: int) -> dict[Account, bytes]:
        with self._store.answering() as client:
            stored = client.hgetall(portal_key(self._store, hub_id, "accounts"))
        return {Account(hub_id, int(user_id)): status for user_id, status in stored.items()}

    def _keys_of(self, account: Account) -> list[str]:
        return [account_key(self._store, account, name) for name in ACCOUNT_KEYS]

    def _forget(self, hub_id: int) -> bool:
        """Delete all keys of a portal; False, and nothing is deleted, where somebody connected meanwhile."""
        keys = [portal_key(self._store, hub_id, name) for name in ("accounts", "epoch")]
        for account in self._members(hub_id):
            keys += self._keys_of(account)
        if not self._store.run_durably(FORGET, keys):
            return False
        with suppress(StoreRefused):  # a Redis user without SCAN: what is left ends by its TTL
            self._sweep(hub_id)
        with self._store.answering() as client:
            client.hdel(self._store.key("portals"), str(hub_id))
        self._opened_at.pop(hub_id, None)
        return True

    def _sweep(self, hub_id: int) -> None:
        """Delete what other rooms keep of a portal, but not the grant of somebody who connects just now."""
        kept = (":accounts", ":epoch", *(f":{name}" for name in ACCOUNT_KEYS))
        with self._store.answering() as client:
            for key in client.scan_iter(match=portal_key(self._store, hub_id, "*"), count=1000):
                if not key.decode().endswith(kept):
                    client.unlink(key)

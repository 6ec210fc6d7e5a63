"""Sessions: which portals a browser may see. A browser is known by the SHA-256 of its cookie, in hex."""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from hubspot.connections.engine import Store
from hubspot.connections.records import FIELDS, Account, Grant, Record, account_key, portal_key, read_record
from hubspot.errors import ConnectionEnded, KeyMissing, NotConnected, StoreDown, Tampered
from hubspot.keyring import KeyRing

_log = logging.getLogger(__name__)

IDLE_MILLISECONDS = 7 * 24 * 3600 * 1000
LONGEST_MILLISECONDS = 30 * 24 * 3600 * 1000
_WRITE_TRIES = 10
# How long sign-ins that began under an id may still come back to the browser that has a new one since.
_FORMER_MILLISECONDS = 600 * 1000
_MOST_FORMER = 8
# How long tabs that were open without a portal are told that their browser has a new id.
_BARE_MILLISECONDS = 3600 * 1000

# The end is by Redis' clock and only ever written as a TTL. The TTL is renewed when a tenth of it is used up, since
# each renewal is a write to disk and this runs on every rerun. ARGV idle_ms. Returns etag and blob.
_READ = """
local stored = redis.call('HMGET', KEYS[1], 'etag', 'blob', 'ends')
if not stored[1] then return false end
local t = redis.call('TIME')
local wanted = math.min(tonumber(ARGV[1]), tonumber(stored[3]) - t[1] * 1000 - math.floor(t[2] / 1000))
if wanted <= 0 then return false end
if wanted - redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) / 10 then redis.call('PEXPIRE', KEYS[1], wanted) end
return {stored[1], stored[2]}
"""

# ARGV expected mark blob idle_ms longest_ms. Returns 1 done, now or before with the reply lost; 0 somebody was first.
_WRITE = """
local etag = redis.call('HGET', KEYS[1], 'etag') or ''
if etag == ARGV[2] then return 1 end
if etag ~= ARGV[1] then return 0 end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ends = tonumber(redis.call('HGET', KEYS[1], 'ends') or now + ARGV[5])
redis.call('HSET', KEYS[1], 'etag', ARGV[2], 'blob', ARGV[3], 'ends', string.format('%.0f', ends))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.min(tonumber(ARGV[4]), ends - now)))
return 1
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A portal of a session: whose grant it sees it by, and which connection of that person."""

    account: Account
    conn: str


@dataclass(frozen=True, slots=True)
class Session:
    """The portals a browser connected to, by hub_id, and the one it used last. Not all need be connected still.

    `others` are further people who connected one of these portals in this browser, the latest first: their grants live
    on, so the browser has to be able to show and end them.
    """

    portals: Mapping[int, Entry] = field(default_factory=dict)
    last: int | None = None
    others: tuple[Entry, ...] = ()

    def using(self, entry: Entry) -> "Session":
        """Return this session looking at a portal by this grant, and keeping whoever it looked by before."""
        hub_id = entry.account.hub_id
        before = self.portals.get(hub_id)
        kept = [each for each in (before, *self.others) if each and each.account != entry.account]
        return Session({**self.portals, hub_id: entry}, hub_id, tuple(kept))

    def without(self, account: Account) -> "Session":
        """Return this session without one person's grant; another one of the same portal takes its place."""
        entries = [each for each in (*self.portals.values(), *self.others) if each.account != account]
        portals: dict[int, Entry] = {}
        for entry in entries:
            portals.setdefault(entry.account.hub_id, entry)
        others = tuple(each for each in entries if each not in portals.values())
        return Session(portals, self.last if self.last in portals else None, others)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser may see now, by hub_id.

    `ended` are its portals whose grant HubSpot ended; portals that were disconnected are in neither. `epochs` are those
    of `grants`; `last` is the portal it used last, None unless it may still see it. `others` are the grants of further
    people who connected one of these portals in this browser.
    """

    grants: Mapping[int, Grant] = field(default_factory=dict)
    ended: Mapping[int, ConnectionEnded] = field(default_factory=dict)
    epochs: Mapping[int, int] = field(default_factory=dict)
    last: int | None = None
    others: tuple[Grant, ...] = ()


class Sessions:
    """The sessions of all browsers: 7 days idle, 30 days at most. Shared by all threads of a process."""

    def __init__(
        self,
        store: Store,
        keyring: KeyRing,
        *,
        idle_milliseconds: int = IDLE_MILLISECONDS,
        longest_milliseconds: int = LONGEST_MILLISECONDS,
    ) -> None:
        self._store, self._keyring = store, keyring
        self._idle, self._longest = idle_milliseconds, longest_milliseconds

    def load(self, browser: str) -> Session:
        """Return a browser's session, empty where it has none. Raises StoreError or KeyMissing."""
        return self._load(browser)[1]

    def visible(self, browser: str) -> Visit:
        """Return what a browser may see now, in two round trips. Raises StoreError or KeyMissing."""
        session = self.load(browser)
        if not session.portals:
            return Visit()
        entries = [*session.portals.values(), *session.others]
        keys = [account_key(self._store, entry.account, "grant") for entry in entries]
        with self._store.answering() as client:
            pipeline = client.pipeline(transaction=False)
            for entry, key in zip(entries, keys, strict=True):
                pipeline.hmget(key, FIELDS).get(portal_key(self._store, entry.account.hub_id, "epoch"))
            answers = pipeline.execute()
        return self._visit(
            session, dict(zip(keys, zip(entries, answers[::2], answers[1::2], strict=True), strict=True))
        )

    def add(self, browser: str, grant: Grant) -> None:
        """Let a browser see a portal by this grant, from now on its last used one.

        Another person's grant of the same portal stays in the session, and is listed in `Visit.others`.
        Raises StoreError.
        """
        self._change(browser, lambda session: session.using(Entry(grant.account, grant.conn)))

    def use(self, browser: str, account: Account) -> None:
        """Let a browser see a portal by another grant it holds; nothing where it does not. Raises StoreError."""

        def swapped(session: Session) -> Session:
            held = next((each for each in session.others if each.account == account), None)
            return session.using(held) if held else session

        self._change(browser, swapped)

    def remember_portal(self, browser: str, hub_id: int) -> None:
        """Note the portal a browser used last; nothing where the session does not hold it. Raises StoreError."""
        self._change(browser, lambda session: replace(session, last=hub_id) if hub_id in session.portals else session)

    def drop(self, browser: str, account: Account) -> None:
        """Take one person's view of a portal out of a browser's session; the grant stays. Raises StoreError."""
        self._change(browser, lambda session: session.without(account))

    def drop_portal(self, browser: str, hub_id: int) -> None:
        """Take a portal out of a browser's session, whoever connected it there; grants stay. Raises StoreError."""

        def without(session: Session) -> Session:
            left = {known: entry for known, entry in session.portals.items() if known != hub_id}
            others = tuple(each for each in session.others if each.account.hub_id != hub_id)
            return Session(left, session.last if session.last in left else None, others)

        self._change(browser, without)

    def sign_out(self, browser: str) -> None:
        """End a browser's session; no grant ends with it. Its open tabs are told by `successor`. Raises StoreError."""
        session = self.load(browser)
        if session.portals:
            self._retire(browser, "", session)

    def renew(self, browser: str, successor: str) -> None:
        """Give a browser's session another id, so that the old one, whoever noted it, opens nothing. Raises StoreError.

        It may be repeated, and another tab may do the same at the same time. A session sealed with a key that is
        missing is left behind: who connects again comes to its portals.
        """
        try:
            session = self.load(browser)
        except KeyMissing:
            session = Session()
        if session.portals:
            self._change(successor, lambda taken: taken if taken.portals else session)
        with self._store.answering() as client:
            client.set(self._store.key("former", successor), browser, px=_FORMER_MILLISECONDS)
        self._retire(browser, successor, session)

    def successor(self, browser: str) -> str | None:
        """Return the id that took a browser's place: empty after signing out, None where none did.

        Raises StoreError.
        """
        with self._store.answering() as client:
            found = client.get(self._store.key("successor", browser))
        return None if found is None else found.decode()

    def former(self, browser: str) -> tuple[str, ...]:
        """Return the ids that a browser had within the last ten minutes, the latest first. Raises StoreError."""
        found: list[str] = []
        with self._store.answering() as client:
            while len(found) < _MOST_FORMER and (
                before := client.get(self._store.key("former", found[-1] if found else browser))
            ):
                found.append(before.decode())
        return tuple(found)

    def _retire(self, browser: str, successor: str, session: Session) -> None:
        told = self._idle if session.portals else _BARE_MILLISECONDS
        with self._store.answering() as client:
            client.set(self._store.key("successor", browser), successor, px=told, nx=not session.portals)
            client.delete(self._key(browser))

    def _visit(self, session: Session, found: Mapping[str, tuple[Entry, list[bytes | None], bytes | None]]) -> Visit:
        grants: dict[int, Grant] = {}
        ended: dict[int, ConnectionEnded] = {}
        epochs: dict[int, int] = {}
        others: list[Grant] = []
        for key, (entry, fields, epoch) in found.items():
            hub_id = entry.account.hub_id
            try:
                grant = self._record(key, entry, fields).grant
            except ConnectionEnded as error:
                ended.setdefault(hub_id, error)
            except NotConnected:
                continue
            else:
                if hub_id in grants:
                    others.append(grant)
                else:
                    # Where the person in use is gone, the next one who connected the portal here takes the place.
                    grants[hub_id], epochs[hub_id] = grant, int(epoch or 0)
        left = {hub_id: error for hub_id, error in ended.items() if hub_id not in grants}
        return Visit(grants, left, epochs, session.last if session.last in grants else None, tuple(others))

    def _record(self, key: str, entry: Entry, fields: list[bytes | None]) -> Record:
        if fields[1] != entry.conn.encode():
            raise NotConnected("This portal was disconnected. Use Connect HubSpot in the sidebar.")
        try:
            return read_record(self._keyring, key, entry.account, fields)
        except Tampered:
            _log.warning("damaged grant not used: %s", entry.account)
            raise ConnectionEnded("The stored connection is damaged and was not used. Connect HubSpot again.") from None

    def _key(self, browser: str) -> str:
        return self._store.key("session", browser)

    def _load(self, browser: str) -> tuple[str, Session]:
        key = self._key(browser)
        answer = self._store.run(_READ, [key], self._idle)
        if not answer:
            return "", Session()
        etag = answer[0].decode()
        try:
            return etag, _read_session(self._keyring.open(answer[1], key))
        except Tampered:
            _log.warning("damaged session not used")
            return etag, Session()

    def _change(self, browser: str, change: Callable[[Session], Session]) -> None:
        """Read, change and write back; again where another tab was first."""
        key = self._key(browser)
        for _ in range(_WRITE_TRIES):
            etag, session = self._load(browser)
            changed = change(session)
            if changed == session:
                return
            blob = self._keyring.seal(_session_bytes(changed), key)
            if self._store.run_durably(_WRITE, [key], etag, secrets.token_hex(8), blob, self._idle, self._longest):
                return
        raise StoreDown("The session is being changed elsewhere at the same time. Try again.")


def _session_bytes(session: Session) -> bytes:
    portals = {str(hub_id): [entry.account.user_id, entry.conn] for hub_id, entry in session.portals.items()}
    others = [[entry.account.hub_id, entry.account.user_id, entry.conn] for entry in session.others]
    return json.dumps({"portals": portals, "last": session.last, "others": others}).encode()


def _read_session(content: bytes) -> Session:
    plain = json.loads(content)
    portals = {
        int(hub_id): Entry(Account(int(hub_id), user_id), conn) for hub_id, (user_id, conn) in plain["portals"].items()
    }
    # Sessions written before there were others have none.
    others = (Entry(Account(hub_id, user_id), conn) for hub_id, user_id, conn in plain.get("others", ()))
    return Session(portals, plain["last"], tuple(others))

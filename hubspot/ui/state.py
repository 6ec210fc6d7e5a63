"""What a rerun knows: who is asking, which portal they look at, and its records.

Every st.cache_*, session_state key and query parameter of the product is named here. Nothing of a portal is handed out
without asking the token store who is asking, so this also holds in fragments, callbacks and second tabs.
"""

import functools
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from hubspot.analysis import masking, records
from hubspot.connections.grants import Grant
from hubspot.connections.handshake import Notice
from hubspot.connections.sessions import Visit
from hubspot.errors import NotConnected, SnapshotError, SnapshotReplaced
from hubspot.portal import COMPANIES, CONTACTS, OBJECT_TYPES, OWNERS_SCOPE, READ_SCOPES, Account, Portal
from hubspot.sync.frames import Verbatim, to_frame
from hubspot.sync.manifest import ObjectCopy, Snapshot
from hubspot.sync.progress import Phase, Progress
from hubspot.ui import browser, elements, policy, services, words
from hubspot.ui.words import FILES, RETURNS

LOG = logging.getLogger(__name__)
PORTAL = "portal"  # query parameter: the portal this tab looks at
SAID = "said"  # query parameter: a verdict on a return from HubSpot, or on a download
NEXT = "next"  # query parameter: the page a run outside the frame was asked for
SIGNED_IN = "signed_in"  # session state: who has signed in to the dashboard in this tab
NOTICE = "notice"  # session state: the sentence shown until the person turns the page
PAGE = "page"  # session state: the page of the last run, and whether this run is the first one on its page
LOOKED_AT = "looked_at"  # session state: the portal this tab last told the store of
SEEN_COPY = "seen_copy"  # session state: the portal and the version of the copy that this tab showed last
VISITS = "visits"  # session state: the account this tab last noted a visit of, with its visits
MASKED = "masked"  # session state: whether names, e-mail addresses and phone numbers are hidden in this tab
OUTLIVED = "outlived"  # session state: whether the browser's id was another one already when this tab opened
COUNTED_AT = "counted_at"  # session state: when a page last counted the records of a running load

# Longer than anybody looks at one snapshot; a new one has a new version.
_KEPT_SECONDS = 3600
_STALE_SECONDS = 3600
_PARTIAL = "partial-"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One portal as one person's grant lets it be seen.

    `version` names the copy the numbers come from: a snapshot's, or a part of a load that runs; empty while nothing
    has arrived. `object_types` are the granted ones, `stored` those of which there is a whole copy.
    """

    namespace: str
    grant: Grant
    epoch: int
    portal: Portal
    object_types: tuple[str, ...]
    stored: Mapping[str, ObjectCopy]
    version: str
    progress: Progress | None
    is_masked: bool = False

    @property
    def hub_id(self) -> int:
        """Return the portal's id."""
        return self.grant.account.hub_id

    @property
    def account(self) -> Account:
        """Return the portal's account: zone, currency, address of records."""
        return self.portal.account

    @property
    def name(self) -> str:
        """Return what to call the portal."""
        return self.account.name or self.grant.hub_domain or f"Portal {self.hub_id}"

    @property
    def loaded_at(self) -> datetime | None:
        """Return how old the oldest of the granted records may be, in UTC; None without a whole copy."""
        return min((self.stored[name].loaded_at for name in self.object_types if name in self.stored), default=None)

    @property
    def unreadable(self) -> dict[tuple[str, str], int]:
        """Return how many values count as missing, as they are not of their type, by object type and property."""
        held = {name: self.stored[name].unreadable for name in self.object_types if name in self.stored}
        return {(name, each): count for name, counts in held.items() for each, count in counts.items()}

    @property
    def is_loading(self) -> bool:
        """Return whether a load runs."""
        return self.progress is not None and self.progress.is_running

    @property
    def has_failed(self) -> bool:
        """Return whether the last load ended with an error, and none since, here or on another replica, went well."""
        if self.progress is None or self.progress.phase is not Phase.FAILED:
            return False
        return self.loaded_at is None or self.progress.started_at > self.loaded_at

    @property
    def is_partial(self) -> bool:
        """Return whether the records are those of an unfinished first load."""
        return self.key.is_partial

    @property
    def is_stale(self) -> bool:
        """Return whether the copy is older than an hour."""
        return self.loaded_at is not None and (now() - self.loaded_at).total_seconds() > _STALE_SECONDS

    @property
    def key(self) -> "Key":
        """Return what every cached answer depends on."""
        return Key(self.namespace, self.hub_id, self.grant.scopes, self.epoch, self.version, self.is_masked)


class Key(NamedTuple):
    """What decides which records a person sees; a part of the key of everything that is cached."""

    namespace: str
    hub_id: int
    scopes: tuple[str, ...]
    epoch: int
    version: str
    masked: bool = False

    @property
    def is_partial(self) -> bool:
        """Return whether the records are those of an unfinished first load."""
        return self.version.startswith(_PARTIAL)


def now() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(UTC)


def is_sample() -> bool:
    """Return whether the portals seen here are fictional ones of the sample portal."""
    return services.services().is_sample


def is_masked() -> bool:
    """Return whether this tab hides names, e-mail addresses and phone numbers; a route has no tab."""
    return get_script_run_ctx(suppress_warning=True) is not None and bool(st.session_state.get(MASKED))


def person() -> str:
    """Return the asking browser, hashed; empty where it sent no cookie of ours."""
    return browser.current(secure=policy.is_secure())


def visit(browser_hash: str | None = None) -> Visit:
    """Return what a browser, the asking one by default, may see as the token store has it now.

    Raises StoreError or SealError.
    """
    house = services.services()
    seen = house.sessions.visible(person() if browser_hash is None else browser_hash)
    if browser_hash is None:
        _go_on_with_new_id(seen)
    allowed = house.settings.allowed_portals
    # The operator may have shortened the list since the portal was connected.
    return replace(seen, grants={each: seen.grants[each] for each in seen.grants if not allowed or each in allowed})


def _go_on_with_new_id(seen: Visit) -> None:
    """Load the page of a tab again whose browser got another id since the tab opened: its cookie opens nothing now."""
    is_known = bool(seen.grants or seen.ended)
    is_outlived = not is_known and services.services().sessions.successor(person()) is not None
    if is_outlived and not st.session_state.setdefault(OUTLIVED, is_outlived):
        elements.reload()
    st.session_state.setdefault(OUTLIVED, is_outlived)


def chosen_portal(seen: Visit) -> int | None:
    """Return the portal this tab looks at, None where the browser may see none.

    That is the one in the address, else the one it looked at before, else the one the browser used last.
    """
    named = {str(hub_id): hub_id for hub_id in seen.grants}.get(st.query_params.get(PORTAL, ""))
    if named is not None:
        return named
    # Another tab may have switched meanwhile; this one stays where it is.
    usual = (st.session_state.get(LOOKED_AT), seen.last, *seen.grants)
    return next((hub_id for hub_id in usual if hub_id in seen.grants), None)


def view(seen: Visit | None = None, hub_id: int | None = None) -> View:
    """Return the portal this run looks at, or another one the browser may see. Raises NotConnected."""
    seen = seen or visit()
    hub_id = chosen_portal(seen) if hub_id is None else hub_id
    if hub_id is None or hub_id not in seen.grants:
        raise NotConnected("No portal is connected in this browser. Use Connect HubSpot in the sidebar.")
    house = services.services()
    services.note_epoch(hub_id, seen.epochs[hub_id])
    # In this order: a load that ends in between is seen as running, and looked at again, with its copy already there.
    progress = house.jobs.progress(hub_id)
    snapshot = stored_copy(hub_id)
    portal = snapshot.portal if snapshot else house.jobs.portal(hub_id)
    facts = allowed_facts(portal or Portal(Account(hub_id)), seen.grants[hub_id].scopes)
    return View(
        namespace=house.namespace,
        grant=seen.grants[hub_id],
        epoch=seen.epochs[hub_id],
        portal=masking.without_people(facts) if is_masked() else facts,
        object_types=granted(seen.grants[hub_id]),
        stored=snapshot.objects if snapshot else {},
        version=snapshot.version if snapshot else _partial_version(hub_id),
        progress=progress and allowed_progress(progress, seen.grants[hub_id].scopes),
        is_masked=is_masked(),
    )


def portal_name(grant: Grant) -> str:
    """Return what to call the portal of a grant, as far as it is known."""
    hub_id = grant.account.hub_id
    snapshot = stored_copy(hub_id)
    return (snapshot.portal.account.name if snapshot else "") or grant.hub_domain or f"Portal {hub_id}"


def granted(grant: Grant) -> tuple[str, ...]:
    """Return the object types that a grant lets its holder read."""
    return tuple(name for name in OBJECT_TYPES if READ_SCOPES[name] in grant.scopes)


def allowed_facts(portal: Portal, scopes: Collection[str]) -> Portal:
    """Return a portal's facts without those that only a colleague's wider grant could read."""
    readable = {name: known for name, known in portal.properties.items() if READ_SCOPES[name] in scopes}
    groups = {name: labels for name, labels in portal.groups.items() if READ_SCOPES[name] in scopes}
    return replace(portal, properties=readable, groups=groups, owners=portal.owners if OWNERS_SCOPE in scopes else ())


def allowed_progress(progress: Progress, scopes: Collection[str]) -> Progress:
    """Return how far a load is without the objects that only a colleague's wider grant lets it load."""
    readable = {name: each for name, each in progress.objects.items() if READ_SCOPES.get(name) in scopes}
    return replace(progress, objects=readable)


def turn_to(page: str) -> None:
    """Note the page of this run."""
    before, _ = st.session_state.get(PAGE, ("", False))
    st.session_state[PAGE] = (page, page != before)


def page() -> str:
    """Return the name of the page of this run."""
    return str(st.session_state.get(PAGE, ("", False))[0])


def is_page_turned() -> bool:
    """Return whether this run is the first one on its page since another page."""
    return bool(st.session_state.get(PAGE, ("", True))[1])


def notice(page: str) -> Notice | None:
    """Return the sentence this browser should read, until the person turns the page."""
    said = {**RETURNS, **FILES, "signed_out": words.SIGNED_OUT}.get(st.query_params.get(SAID, ""))
    if said:
        return Notice("info" if said == words.SIGNED_OUT else "warning", said)
    left = services.services().handshake.take_notice(person())
    if left:
        st.session_state[NOTICE] = (page, left)
    kept: tuple[str, Notice] | None = st.session_state.get(NOTICE)
    if kept and kept[0] == page:
        return kept[1]
    st.session_state.pop(NOTICE, None)
    return None


def stored_copy(hub_id: int) -> Snapshot | None:
    """Return the newest snapshot; one that can't be opened counts as none, since loading again mends it."""
    try:
        return services.services().snapshots.latest(hub_id)
    except SnapshotError as error:
        _warn_once(hub_id, str(error))
        return None


@functools.lru_cache(maxsize=64)
def _warn_once(hub_id: int, sentence: str) -> None:
    # Every open page asks twice a second while a load runs.
    LOG.warning("portal %(portal)s: %(problem)s", {"portal": hub_id, "problem": sentence})


def frame(looked_at: View, object_type: str) -> pd.DataFrame | None:
    """Return the records of one object type, joined with the other; None where they were not granted or not loaded.

    The frame is shared by everybody who may see it: never change it.
    """
    return copy_of(looked_at.key).frames.get(object_type) if looked_at.version else None


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """A portal as it was loaded: its facts, and the joined records of the object types that a grant covers.

    `verbatim` is what their columns do not hold, by object type; nothing under a masked key.
    """

    portal: Portal
    frames: Mapping[str, pd.DataFrame]
    verbatim: Mapping[str, Verbatim] = field(default_factory=dict)


def copy_of(key: Key) -> Copy:
    """Return what a view shows, by the view's key: equal keys see one copy. Raises SnapshotError.

    Under a masked key the portal's facts name nobody, and nothing is told as it was written; the records are the same,
    and masked where they are shown.
    """
    if key.masked:
        found = copy_of(key._replace(masked=False))
        return replace(found, portal=masking.without_people(found.portal), verbatim={})
    return _partial_copy(key) if key.is_partial else _whole_copy(key)


@st.cache_resource(ttl=_KEPT_SECONDS, max_entries=6, show_spinner=False)
def _whole_copy(key: Key) -> Copy:
    snapshots = services.services().snapshots
    snapshot = snapshots.latest(key.hub_id)
    if snapshot is None or snapshot.version != key.version:
        raise SnapshotReplaced("This copy was just replaced by a newer one. Open the page again.")
    readable = [name for name in OBJECT_TYPES if name in snapshot.objects and READ_SCOPES[name] in key.scopes]
    return Copy(
        allowed_facts(snapshot.portal, key.scopes),
        _joined({name: to_frame(snapshots.read(snapshot, name)) for name in readable}),
        {name: snapshots.verbatim(snapshot, name) for name in readable},
    )


@st.cache_resource(ttl=60, max_entries=2, show_spinner=False)
def _partial_copy(key: Key) -> Copy:
    jobs = services.services().jobs
    tables = {name: jobs.partial(key.hub_id, name) for name in OBJECT_TYPES if READ_SCOPES[name] in key.scopes}
    frames = {name: to_frame(table) for name, table in tables.items() if table is not None}
    portal = jobs.portal(key.hub_id) or Portal(Account(key.hub_id))
    verbatim = {name: jobs.partial_verbatim(key.hub_id, name) for name in frames}
    return Copy(allowed_facts(portal, key.scopes), _joined(frames), verbatim)


def _joined(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    contacts, companies = frames.get(CONTACTS), frames.get(COMPANIES)
    joined = {}
    if contacts is not None:
        joined[CONTACTS] = records.contacts_joined(contacts, companies)
    if companies is not None:
        joined[COMPANIES] = records.companies_joined(companies, contacts)
    return joined


def _partial_version(hub_id: int) -> str:
    """Return a name that changes whenever more has arrived; empty while nothing has."""
    jobs = services.services().jobs
    counts = [jobs.partial_version(hub_id, name) for name in OBJECT_TYPES]
    progress = jobs.progress(hub_id)
    if progress is None or not any(counts):
        return ""
    return f"{_PARTIAL}{progress.started_at:%H%M%S%f}-{'-'.join(map(str, counts))}"

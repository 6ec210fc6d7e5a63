"""Joins the rooms: builds, once per process, the objects that every rerun, route and job shares."""

import functools
import threading
from dataclasses import dataclass, replace

import streamlit as st

from hubspot import keyring as keyrings
from hubspot import settings as settings_module
from hubspot.api.client import HubSpot
from hubspot.api.oauth import OAuth
from hubspot.connections.engine import Store, open_store
from hubspot.connections.grants import Grants, Pace
from hubspot.connections.handshake import Handshake
from hubspot.connections.keycheck import check_keys
from hubspot.connections.preferences import Preferences
from hubspot.connections.sessions import Sessions
from hubspot.connections.upkeep import Upkeep
from hubspot.keyring import KeyRing
from hubspot.settings import SAMPLE_CLIENT_ID, Settings
from hubspot.sync.jobs import Jobs
from hubspot.sync.newest import Newest
from hubspot.sync.snapshots import Snapshots
from hubspot.ui.destinations import PAGES

SAMPLE_PATH = "/sample"
SAMPLE_CONTACTS = 12_431
SAMPLE_COMPANIES = 2_018
SAMPLE_SEED = 7

_building = threading.Lock()
_noting = threading.Lock()
stopping = threading.Event()
"""Set when this process is about to end: it takes on nothing new."""
_epochs: dict[int, int] = {}


@dataclass(frozen=True, slots=True)
class Services:
    """The shared objects; all of them may be used by many threads at once.

    `settings` are complete: where no HubSpot app is configured (`is_sample`) they name the sample portal's.
    """

    settings: Settings
    is_sample: bool
    namespace: str
    store: Store
    oauth: OAuth
    grants: Grants
    upkeep: Upkeep
    sessions: Sessions
    handshake: Handshake
    snapshots: Snapshots
    jobs: Jobs
    preferences: Preferences


class Listening:
    """Where this process answers, as first seen by the server; the sample portal is reached there."""

    host = "127.0.0.1"
    port = 8501

    @property
    def origin(self) -> str:
        """Return the address that this process can reach itself at."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


listening = Listening()


@functools.cache
def settings() -> Settings:
    """Return the operator's settings. Raises SettingsError."""
    return settings_module.load()


@functools.cache
def keyring() -> KeyRing:
    """Return the key ring. Raises SettingsError."""
    return keyrings.load(settings().keys, settings().config_dir)


def services() -> Services:
    """Return the shared objects, built at the first call that succeeds. Raises SettingsError or StoreError."""
    with _building:
        return _build()


def forget() -> None:
    """Drop the shared objects, for tests that change the settings."""
    _epochs.clear()
    stopping.clear()
    with _building:
        for cached in (_build, keyring, settings, snapshots, store):
            cached.cache_clear()


@functools.cache
def snapshots() -> Snapshots:
    """Return where the stored copies lie. Raises SettingsError or StoreError."""
    given = settings()
    place = given.snapshot_uri or given.state_dir / "snapshots"
    return Snapshots(place, keyring(), given.namespace, newest=Newest(store()))


@functools.cache
def store() -> Store:
    """Return the token store, the embedded one started if need be. Raises StoreError or SettingsError."""
    return open_store(settings())


@functools.cache
def _build() -> Services:
    ring, given = keyring(), settings()
    resolved = with_sample(given)
    check_keys(store(), ring)
    wire = HubSpot(resolved.api_url)
    oauth = OAuth(wire.http, resolved.api_url, resolved.client_id, resolved.client_secret)
    grants = Grants(store(), ring, oauth, spool=given.state_dir / "spool", pace=Pace.keeping(given.keep_days))
    return Services(
        settings=resolved,
        is_sample=given.is_sample,
        namespace=given.namespace,
        store=store(),
        oauth=oauth,
        grants=grants,
        upkeep=Upkeep(grants.renew_early),
        sessions=Sessions(store(), ring),
        handshake=Handshake(store(), ring, pages=tuple(PAGES), pkce=resolved.pkce),
        snapshots=snapshots(),
        jobs=Jobs(snapshots(), store(), wire.client, grants.epoch),
        preferences=Preferences(store(), ring, keep_days=given.keep_days),
    )


def delete_data(hub_id: int) -> None:
    """Delete everything that was loaded of a portal: a load that runs, the stored copy, what memory holds."""
    house = services()
    house.jobs.forget(hub_id)
    house.snapshots.delete(hub_id)
    _forget_cached()


def note_epoch(hub_id: int, epoch: int) -> None:
    """Drop what this process holds of a portal whose data was deleted since, here or on another replica.

    Epochs only rise: a run that read one before another run read a later one changes nothing. 0 is a forgotten portal.
    """
    with _noting:
        before = _epochs.get(hub_id, 0)
        if 0 < epoch <= before:
            return
        if before:
            services().jobs.forget(hub_id)
            _forget_cached()
        _epochs[hub_id] = epoch
        if not epoch:
            del _epochs[hub_id]


def is_built() -> bool:
    """Return whether somebody has come since this process started, so that the shared objects are there."""
    return bool(_build.cache_info().currsize)


def known_portals() -> tuple[int, ...]:
    """Return the portals that somebody has looked at here since this process started."""
    return tuple(_epochs)


def drop_deleted() -> None:
    """Drop what this process holds of portals that another replica or the operator deleted. Raises StoreError."""
    for hub_id in list(_epochs):
        note_epoch(hub_id, services().grants.epoch(hub_id))


def _forget_cached() -> None:
    # All of it: the caches are quickly filled again from the stored copies, and a part is easily forgotten.
    st.cache_data.clear()
    st.cache_resource.clear()


def with_sample(given: Settings) -> Settings:
    """Return settings that point at the sample portal where no HubSpot app is configured."""
    if not given.is_sample:
        return given
    return replace(
        given,
        client_id=SAMPLE_CLIENT_ID,
        client_secret=sample_secret(),
        api_url=listening.origin + SAMPLE_PATH,
        authorize_url=f"{SAMPLE_PATH}/oauth/authorize",
    )


def sample_secret() -> str:
    """Return the sample portal's client secret: from the key ring, so that its tokens outlive a restart."""
    return keyring().sign(b"client secret", "sample portal")[4:].hex()

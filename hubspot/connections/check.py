"""What an operator wants to know first: whether settings, token store, keys and HubSpot are as they should be."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hubspot.api.oauth import OAuth
from hubspot.connections import embedded
from hubspot.connections.engine import Store, open_store
from hubspot.connections.keycheck import open_check, stored_check
from hubspot.errors import HubSpotError, OAuthRefused, SettingsError
from hubspot.keyring import KeyRing
from hubspot.settings import Settings

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer: `mark` is OK, WARNING or PROBLEM, `subject` the part that was looked at."""

    mark: str
    subject: str
    sentence: str


def look_over(settings: Settings, ring: KeyRing | None, oauth: OAuth) -> Iterator[Finding]:
    """Look at one part after the other; a part that does not work is a finding and stops no other.

    Nothing is written: `ring` is None where no key was generated yet, and what the first start makes is not made here.
    """
    yield Finding(OK, "settings", _about(settings))
    yield Finding(OK, "sign-in", _who_comes_in(settings))
    yield from tried("store", lambda: _store(settings, ring))
    yield from tried("HubSpot", lambda: _hubspot(settings, oauth))


def tried(subject: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Return what was found, and for an error its sentence as a problem of this subject."""
    try:
        yield from look()
    except HubSpotError as error:
        yield Finding(PROBLEM, subject, str(error))


def _about(settings: Settings) -> str:
    if settings.is_sample:
        return "no HubSpot app is configured: the dashboard offers its sample portal"
    return f"a HubSpot app with {len(settings.scopes)} scopes, redirected to {settings.redirect_uri or 'localhost'}"


def _who_comes_in(settings: Settings) -> str:
    portals = ", ".join(map(str, settings.allowed_portals))
    end = f"; portals that can be connected: {portals}" if portals else ""
    if settings.sign_in is None:
        return f"nobody has to sign in, whoever reaches the address sees the connect screen{end}"
    domains = ", ".join(settings.sign_in.domains)
    people = f"people with addresses of {domains}" if domains else "everybody whom the provider knows"
    return f"{people}, each time for {settings.sign_in.hours} h{end}"


def _store(settings: Settings, ring: KeyRing | None) -> Iterator[Finding]:
    if not settings.redis_url and _is_unused(settings.state_dir / "redis"):
        embedded.find_server()
        yield Finding(OK, "store", "none yet: the embedded server begins with the dashboard")
        yield Finding(OK, "keys", _ring(ring))
        return
    store = open_store(settings)
    health = store.health()
    engine = f"{health.engine.capitalize()} {health.version}, {health.where}"
    full = "keeps everything" if health.eviction_policy == "noeviction" else health.eviction_policy
    yield Finding(OK, "store", f"{engine}; kept on disk: {health.persistence}; when full: {full}")
    for warning in health.warnings:
        yield Finding(WARNING, "store", warning)
    yield from tried("keys", lambda: _keys(settings, store, ring))


def _is_unused(folder: Path) -> bool:
    """Return whether the embedded server has never run here. Raises SettingsError where it could not begin."""
    nearest = next(each for each in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(each))
    if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        raise SettingsError(f"The folder {folder} can't be used. Set DASHBOARD_HOME to a folder of yours.")
    return nearest != folder.absolute()


def _keys(settings: Settings, store: Store, ring: KeyRing | None) -> Iterator[Finding]:
    sealed = stored_check(store)
    if sealed and ring is None:
        yield Finding(
            PROBLEM,
            "keys",
            f"The key file is gone, and the stored connections need it. Put it back: {settings.config_dir}",
        )
        return
    if sealed and ring:
        open_check(store, ring, sealed)
    yield Finding(OK, "keys", _ring(ring))


def _ring(ring: KeyRing | None) -> str:
    if ring is None:
        return "none yet: the first start makes one"
    sealing, *older = ring.ids
    also = f", {', '.join(older)} only open" if older else ""
    return f"{len(ring.ids)} in the ring; {sealing} seals{also}"


def _hubspot(settings: Settings, oauth: OAuth) -> Iterator[Finding]:
    if settings.is_sample:
        yield Finding(OK, "HubSpot", "not needed: the sample portal is a part of the dashboard")
        return
    try:
        # A token that nobody has: HubSpot looks at the client's id and secret before it says that it is unknown.
        oauth.introspect("check")
    except OAuthRefused as error:
        if error.status_code >= 500:
            raise
        if error.error in {"invalid_client", "unauthorized_client"} or error.status.startswith("BAD_CLIENT"):
            yield Finding(PROBLEM, "HubSpot", "It rejects HUBSPOT_CLIENT_ID or HUBSPOT_CLIENT_SECRET.")
            return
    yield Finding(OK, "HubSpot", f"{settings.api_url} answers and knows the client")

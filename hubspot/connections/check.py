"""What an operator wants to know first: whether settings, token store, keys and HubSpot are as they should be."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hubspot.api.oauth import OAuth
from hubspot.connections.engine import open_store
from hubspot.connections.keycheck import check_keys
from hubspot.errors import HubSpotError, OAuthRefused
from hubspot.keyring import KeyRing
from hubspot.settings import Settings

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer: `mark` is OK, WARNING or PROBLEM, `subject` the part that was looked at."""

    mark: str
    subject: str
    sentence: str


def look_over(settings: Settings, ring: KeyRing, oauth: OAuth) -> Iterator[Finding]:
    """Look at one part after the other; a part that does not work is a finding and stops no other."""
    yield Finding(OK, "settings", _about(settings))
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


def _store(settings: Settings, ring: KeyRing) -> Iterator[Finding]:
    store = open_store(settings)
    health = store.health()
    engine = f"{health.engine.capitalize()} {health.version}, {health.where}"
    full = "keeps everything" if health.eviction_policy == "noeviction" else health.eviction_policy
    yield Finding(OK, "store", f"{engine}; kept on disk: {health.persistence}; when full: {full}")
    for warning in health.warnings:
        yield Finding(WARNING, "store", warning)

    def keys() -> Iterator[Finding]:
        check_keys(store, ring)
        sealing, *older = ring.ids
        also = f", {', '.join(older)} only open" if older else ""
        yield Finding(OK, "keys", f"{len(ring.ids)} in the ring; {sealing} seals{also}")

    yield from tried("keys", keys)


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

"""A new id for the browser when somebody connects or signs out, so that a cookie noted before opens nothing afterwards.

Only an HTTP answer can set the cookie, so the id changes with the page that HubSpot sends the browser back to, before
the script runs. It is derived from the returned state: reloads, a second tab and other replicas come to the same one.
A tab that was open keeps the old cookie until its page is loaded again, which `state.visit` has it do.
"""

import logging
from collections.abc import Mapping
from urllib.parse import parse_qsl

from hubspot.connections.handshake import Verdict
from hubspot.errors import HubSpotError
from hubspot.ui import browser, services, signing_in
from hubspot.ui.services import Services

LOG = logging.getLogger(__name__)
RETURNED = {"code", "error"}  # query parameters of a return from HubSpot


def at_return(query: bytes, cookies: Mapping[str, str], *, secure: bool) -> str:
    """Return the new id of a browser that brings back a state of its own, its session moved; empty for all else."""
    asked = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if not RETURNED & asked.keys() or not asked.get("state"):
        return ""
    before = browser.asking(cookies, secure=secure)
    try:
        return _renewed(services.services(), asked["state"], before, cookies) if before else ""
    except HubSpotError as error:
        LOG.error("connecting: %(error)s", {"error": error})
        return ""


def hashed(house: Services, state: str, cookies: Mapping[str, str]) -> str:
    """Return what the store knows a browser by that came back with a state; empty where it is none of ours."""
    value, somebody = house.handshake.successor(state), signing_in.somebody(cookies)
    return browser.hashed(value, somebody) if value and somebody is not None else ""


def begun_before(house: Services, state: str, person: str) -> Verdict | None:
    """Return the verdict on a sign-in that this browser began under an id it had before, None where it began none."""
    judged = (house.handshake.judge(state, each) for each in house.sessions.former(person))
    return next((each for each in judged if each.kind == "ok"), None)


def _renewed(house: Services, state: str, before: str, cookies: Mapping[str, str]) -> str:
    after = hashed(house, state, cookies)
    if not after or after == before or not _is_own(house, state, before):
        return ""
    house.sessions.renew(before, after)
    return house.handshake.successor(state)


def _is_own(house: Services, state: str, before: str) -> bool:
    """Return whether this browser began the sign-in, perhaps under the id it had before another tab came back."""
    return house.handshake.judge(state, before).kind == "ok" or begun_before(house, state, before) is not None

"""The return from HubSpot: reads code and state from the query parameters, and leaves with a jump.

A run that handles a return shows nothing else, so that code and state leave the address bar and the history at once.
What the person should know waits for the next run.
"""

import logging
import time
from dataclasses import dataclass, field

import streamlit as st

from hubspot.connections.grants import Grant
from hubspot.connections.handshake import Notice, Outcome, Verdict
from hubspot.errors import HubSpotError, NotConnected, StoreError
from hubspot.ui import audit, browser, destinations, elements, policy, renewal, services, web, words
from hubspot.ui.renewal import RETURNED
from hubspot.ui.services import Services

LOG = logging.getLogger(__name__)
# A reload during the exchange starts a second run, which waits for what the first one finds.
_PATIENCE = 15.0


def handle() -> None:
    """Finish a sign-in if this run is a return from HubSpot; do nothing otherwise."""
    returned = st.query_params.to_dict()
    if not RETURNED & set(returned):
        return
    destination = "/?said=trouble"
    try:
        redirect_uri = web.redirect_uri_for(browser.origin())
        person = browser.current(secure=policy.is_secure())
        house = services.services()
        renewed = renewal.hashed(house, returned.get("state", ""), st.context.cookies)
        destination = _finish(house, _Return(returned, person, redirect_uri, renewed))
    except StoreError as error:
        LOG.error("connecting: %(error)s", {"error": error})
        destination = "/?said=store_down"
    except HubSpotError as error:
        LOG.error("connecting: %(error)s", {"error": error})
    finally:
        # Whatever happened, also what nobody expected: the code must leave the address.
        elements.send(destination)
    st.stop()


@dataclass(frozen=True, slots=True)
class _Return:
    """What HubSpot put into the address, whose browser carried it, and the address it was sent to.

    `renewed` is what the browser that began with this state is known by once it is back.
    """

    query: dict[str, str] = field(repr=False)
    person: str
    redirect_uri: str
    renewed: str = ""


def _finish(house: Services, returned: _Return) -> str:
    """Return the address to jump to. Nothing in here may touch Streamlit: a rerun would stop it half-way."""
    if not returned.person:
        # Nobody is no browser: what all visitors without a cookie share must never see a portal.
        return "/?said=other_browser"
    if "code" not in returned.query and not returned.query.get("state"):
        # HubSpot's documents show a refusal without a state: it says what happened, and changes nothing.
        LOG.info("connecting: stateless return refused")
        return f"/?said={returned.query['error'] if returned.query['error'] in words.REFUSALS else 'refused'}"
    verdict, is_renewed = _judged(house, returned)
    if verdict.kind != "ok":
        LOG.info("connecting: %(verdict)s return refused", {"verdict": verdict.kind})
        return f"/?said={verdict.kind}"
    if not is_renewed:
        # The store did not answer when the page was loaded: the browser has its old id, which others may have noted.
        return "/?said=store_down"
    if not house.handshake.claim(verdict.nonce):
        return _where_the_first_went(house, verdict.nonce)
    outcome = _outcome(house, returned, verdict)
    house.handshake.record(verdict.nonce, outcome)
    house.handshake.leave_notice(returned.person, Notice(outcome.kind, outcome.text))
    return _path(outcome)


def _judged(house: Services, returned: _Return) -> tuple[Verdict, bool]:
    """Return what the state is worth, and whether its browser has got a new id since it began."""
    state = returned.query.get("state", "")
    verdict = house.handshake.judge(state, returned.person, returned.renewed)
    if verdict.kind != "other_browser":
        return verdict, returned.person == returned.renewed
    # Another tab may have come back in the same moment, and its id be the browser's now.
    begun = renewal.begun_before(house, state, returned.person)
    return begun or verdict, begun is not None


def _outcome(house: Services, returned: _Return, verdict: Verdict) -> Outcome:
    if "code" not in returned.query:
        LOG.info("connecting: refused by the person or by HubSpot")
        refusal = words.REFUSALS.get(returned.query.get("error", ""), words.REFUSED)
        return Outcome("warning", verdict.page, refusal)
    try:
        grant = _connect(house, returned, verdict)
    except StoreError:
        raise
    except HubSpotError as error:
        _log_failure(error)
        return Outcome("error", verdict.page, f"{error} Nothing was connected.")
    try:
        house.sessions.add(returned.person, grant)
    except StoreError:
        raise
    except HubSpotError as error:
        # The grant is kept: the person may hold it in another browser, and comes to it by connecting again.
        _log_failure(error)
        return Outcome("error", verdict.page, f"{error} {words.NOT_IN_THIS_BROWSER}")
    audit.note("connected", grant.account)
    name = grant.hub_domain or f"portal {grant.account.hub_id}"
    return Outcome("info", verdict.page, f"Connected to {elements.plain(name)}.", grant.account.hub_id)


def _connect(house: Services, returned: _Return, verdict: Verdict) -> Grant:
    def admit(grant: Grant) -> None:
        allowed = house.settings.allowed_portals
        if allowed and grant.account.hub_id not in allowed:
            raise NotConnected(f"The operator does not allow portal {grant.account.hub_id} here.")

    token = house.oauth.exchange_code(
        returned.query["code"], redirect_uri=returned.redirect_uri, code_verifier=verdict.code_verifier
    )
    return house.grants.save(token, admit=admit)


def _log_failure(error: HubSpotError) -> None:
    LOG.error("connecting failed: %(error)s", {"error": error})


def _where_the_first_went(house: Services, nonce: str) -> str:
    """Return where the run that won this return leads, however often it is repeated."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        outcome = house.handshake.outcome(nonce)
        if outcome is None:
            break
        if outcome.kind != "pending":
            return _path(outcome)
        time.sleep(0.1)
    return "/?said=replayed"


def _path(outcome: Outcome) -> str:
    return destinations.PAGES[destinations.known(outcome.page)].path

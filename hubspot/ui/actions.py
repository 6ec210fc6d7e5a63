"""What a person can do from a page: load, stop looking as somebody, switch, disconnect."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

import streamlit as st

from hubspot.connections.grants import Account, Disconnection, Grant
from hubspot.connections.handshake import Notice
from hubspot.connections.revocations import KEEP_DAYS
from hubspot.connections.sessions import Visit
from hubspot.errors import StoreRefused
from hubspot.portal import OBJECT_TYPES
from hubspot.sync.progress import Phase
from hubspot.ui import audit, destinations, elements, housekeeping, services, signing_in, state, trouble, visits
from hubspot.ui.state import View

LOG = logging.getLogger(__name__)
NOT_HELD = (
    "Nothing was disconnected: meanwhile another tab of this browser has signed out, disconnected or changed to "
    "somebody else."
)
UNTOLD = {
    "kept": (
        "HubSpot did not answer, so the connection is not revoked there yet. "
        f"It is asked again every hour, for {KEEP_DAYS} days. To be sure,"
    ),
    "lost": "HubSpot could not be told, and is not asked again. To end the connection there,",
}
REMOVE_THE_APP = "remove the app in HubSpot, under Settings, Integrations, Connected apps."


def load(view: View, *, columns: Mapping[str, Sequence[str]] | None = None) -> None:
    """Start loading the portal in the background, unless a load runs; with `columns`, add these properties to it."""
    house, account = services.services(), view.grant.account
    if not view.object_types:
        return

    def token(rejected: str | None) -> str:
        housekeeping.used(account)
        return house.grants.access(account, rejected)

    seen = view.version if view.stored else ""
    house.jobs.start(view.hub_id, token, view.object_types, view.epoch, columns=columns, replacing=seen)


def needs_load(view: View) -> bool:
    """Return whether something granted is not there and no load of this connection has tried, or its copy is gone."""
    if view.is_loading or not set(view.object_types) - set(view.stored):
        return False
    tried = view.progress
    is_gone = tried is not None and tried.phase is Phase.DONE and not view.stored
    return tried is None or is_gone or tried.started_at < view.grant.connected_at


def note_visit(view: View) -> None:
    """Note that somebody looks at the portal, and that this browser used it last."""
    house = services.services()
    note_look(view)
    if st.session_state.get(state.LOOKED_AT) != view.hub_id:
        house.sessions.remember_portal(state.person(), view.hub_id)
        st.session_state[state.LOOKED_AT] = view.hub_id
    visits.note(view)


def note_look(view: View) -> None:
    """Note that a page with the portal is open: it stays in use, and its token and copy are kept fresh."""
    services.services().grants.opened(view.hub_id)
    housekeeping.used(view.grant.account)


def switch_portal(hub_id: int) -> None:
    """Look at another portal of this browser, in this tab."""
    # What was filtered in one portal means nothing in the next.
    for key in [key for key in st.session_state if str(key).startswith(tuple(f"{each}." for each in OBJECT_TYPES))]:
        del st.session_state[key]
    st.session_state[state.LOOKED_AT] = None
    st.query_params.from_dict({state.PORTAL: str(hub_id)})
    st.rerun()


def sign_out() -> None:
    """End this browser's session, and where people sign in to the dashboard that too; no connection ends with it."""
    seen = state.visit()
    services.services().sessions.sign_out(state.person())
    audit.note_signed_out(seen.grants.values())
    LOG.info("signed out")
    if signing_in.is_required():
        st.session_state.clear()
        st.logout()
        st.stop()
    elements.jump(destinations.leave_from(state.page()))


def is_only_connection(view: View) -> bool:
    """Return whether the portal's data goes when this person disconnects."""
    others = set(services.services().grants.accounts(view.hub_id)) - {view.grant.account}
    return not others


def disconnect(view: View) -> None:
    """End the connection that a dialog was opened for, if the browser still sees the portal by it.

    With the last connection of the portal its data goes.
    """
    house, account = services.services(), view.grant.account
    # Who signed out reads why nothing was disconnected; a browser that only has a new id begins again with it.
    has_left = house.sessions.successor(state.person()) == ""
    now = state.visit(state.person() if has_left else None).grants.get(view.hub_id)
    if now is None or (now.account, now.conn) != (account, view.grant.conn):
        # Meanwhile another tab signed out, disconnected, or changed to somebody else.
        _start_over(Notice("warning", NOT_HELD))
    done = house.grants.disconnect(account)
    audit.note("disconnected", account)
    if done.was_last:
        services.delete_data(view.hub_id)
    with suppress(StoreRefused):  # a full store; the session shows nothing by a grant that is gone
        house.sessions.drop(state.person(), account)
    _start_over(_farewell(view, done, state.visit().grants.get(view.hub_id)))


def forget_ended(seen: Visit) -> None:
    """Delete the data of portals whose last connection HubSpot has ended."""
    house = services.services()
    for hub_id in seen.ended:
        is_there = hub_id in house.snapshots.hub_ids() or house.jobs.progress(hub_id) is not None
        if is_there and not house.grants.accounts(hub_id):
            services.delete_data(hub_id)


@trouble.guarded
def look_as(account: Account) -> None:
    """Look at a portal by the grant of another person who connected it in this browser."""
    services.services().sessions.use(state.person(), account)


@trouble.guarded
def dismiss_ended(hub_id: int) -> None:
    """Stop telling this browser of a connection that ended."""
    services.services().sessions.drop_portal(state.person(), hub_id)


def _farewell(view: View, done: Disconnection, left: Grant | None) -> Notice:
    if done.revocation != "done":
        return Notice("warning", f"Disconnected here, but {UNTOLD[done.revocation]} {REMOVE_THE_APP}")
    if left:
        who = elements.plain(left.user) or "somebody else"
        return Notice(
            "info", f"The connection was revoked. This browser still shows the portal: {who} connected it here."
        )
    what = "its data was deleted here" if done.was_last else "others keep theirs, and the data"
    return Notice("info", f"{elements.plain(view.name)} is disconnected: the connection was revoked, and {what}.")


def _start_over(said: Notice) -> NoReturn:
    """Forget what this tab knew, and say a sentence on its page."""
    page, _ = st.session_state[state.PAGE]
    st.session_state.clear()
    st.query_params.clear()
    # Not by the token store, which may be full.
    st.session_state[state.NOTICE] = (page, said)
    st.rerun()

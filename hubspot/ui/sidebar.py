"""The sidebar: the mark, the connection card, the pages, a place for filters, zone and currency."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hubspot.connections.sessions import Visit
from hubspot.portal import COMPANIES, CONTACTS, told_apart
from hubspot.ui import (
    actions,
    browser,
    connect_screen,
    elements,
    progress,
    services,
    sign_in_page,
    signing_in,
    state,
    trouble,
    web,
    words,
)
from hubspot.ui.destinations import PAGES, Destination, connect_to
from hubspot.ui.state import View

_SWITCH = "switch"
_ANOTHER = "another"
_SIGN_OUT = "sign out"
_DISCONNECT = "disconnect"
_LABELS = {_ANOTHER: "Connect another portal", _SIGN_OUT: "Sign out", _DISCONNECT: "Disconnect"}


def show(seen: Visit, view: View | None, here: Destination) -> DeltaGenerator:
    """Show the sidebar; return the place for a page's filters."""
    st.logo(elements.MARK, size="large")
    with st.sidebar:
        card = st.container(border=True, gap="xsmall")
        _pages(here)
        filters = st.container()
        if view:
            zone, currency = elements.plain(view.account.time_zone), elements.plain(view.account.currency)
            st.markdown(f":small[:gray[{zone} · {currency}]]")
            st.toggle(
                "Presentation mode",
                key=state.MASKED,
                persist_state="session",
                help="Hides names, e-mail addresses and phone numbers, also in files.",
            )
        sign_in_page.who_is_here()
        if not view and signing_in.is_required() and st.button("Sign out", type="tertiary", key="signed_in.out"):
            actions.sign_out()
        # Last, so that the pages can be reached even where the card meets a failure.
        with card:
            if view is None:
                _disconnected(here)
            else:
                _connected(seen, view, here)
    return filters


def show_without_store(here: Destination) -> None:
    """Show the mark and the pages, while it is not known who is asking."""
    st.logo(elements.MARK, size="large")
    with st.sidebar:
        _pages(here)


def _pages(here: Destination) -> None:
    elements.show_focus()
    portal = st.query_params.get(state.PORTAL)
    with st.container(gap="xxsmall"):
        for page in PAGES.values():
            st.page_link(
                page.file,
                label=f"**{page.title}**" if page.name == here.name else page.title,
                icon=page.icon,
                width="stretch",
                query_params={state.PORTAL: portal} if portal else None,
            )


def _disconnected(here: Destination) -> None:
    house = services.services()
    st.markdown("**No portal connected**")
    st.markdown(":small[:gray[Read-only access to contacts, companies and owners.]]")
    connect_screen.main_link(house, here.name, width="stretch")
    if house.is_sample and st.button(connect_screen.CONNECT, type="tertiary", key="setup.sidebar"):
        connect_screen.setup_steps(house.settings, web.redirect_uri_for(browser.origin()))


def _connected(seen: Visit, view: View, here: Destination) -> None:
    chosen = st.menu_button(
        f":green[●] **{elements.plain(view.name)}**",
        [*_other_portals(seen, view), _ANOTHER, _SIGN_OUT, _DISCONNECT],
        format_func=lambda option: _label(option, seen),
        type="tertiary",
        key="connection.menu",
        help=f"Portal {view.hub_id}",
    )
    st.markdown(f":small[:gray[{_counts(view)}]]")
    _freshness(view)
    if chosen:
        _act(chosen, view, here)


def _other_portals(seen: Visit, view: View) -> list[str]:
    return [f"{_SWITCH} {hub_id}" for hub_id in seen.grants if hub_id != view.hub_id]


def _label(option: str, seen: Visit) -> str:
    if option in _LABELS:
        return _LABELS[option]
    # Streamlit refuses two options of one label, and two accounts may have one name.
    names = told_apart((str(hub_id), state.portal_name(grant)) for hub_id, grant in seen.grants.items())
    return f"Switch to {elements.plain(names[option.removeprefix(_SWITCH).strip()])}"


def _act(chosen: str, view: View, here: Destination) -> None:
    if chosen.startswith(_SWITCH):
        actions.switch_portal(int(chosen.removeprefix(_SWITCH)))
    elif chosen == _ANOTHER:
        elements.jump(connect_to(here.name))
    elif chosen == _SIGN_OUT:
        actions.sign_out()
    else:
        confirm_disconnect(view)


def _counts(view: View) -> str:
    counts = [
        words.counted(len(records), name)
        for name in (CONTACTS, COMPANIES)
        if (records := state.frame(view, name)) is not None
    ]
    return " · ".join(counts) or "Nothing loaded yet"


def _freshness(view: View) -> None:
    if view.is_loading:
        st.markdown(f":small[:gray[{progress.percent(view.progress)}]]")
        return
    age = f"Updated {progress.age(view.loaded_at)}" if view.loaded_at else "Not complete"
    label = f":orange[{age}]" if view.is_stale else f":gray[{age}]"
    if st.button(
        label, icon=":material/refresh:", icon_position="right", type="tertiary", key="refresh", help="Refresh"
    ):
        actions.load(view)
        st.rerun()


@st.dialog("Disconnect this portal?")
@trouble.guarded
def confirm_disconnect(view: View) -> None:
    """Ask, saying what will happen, then end the person's own connection."""
    is_last = actions.is_only_connection(view)
    st.markdown(
        f"Your connection to **{elements.plain(view.name)}** is revoked at HubSpot and deleted here, "
        "in every browser where you are signed in."
    )
    st.markdown(
        "You are the only one connected, so its contacts and companies are deleted here too. "
        "Nothing changes in HubSpot."
        if is_last
        else "Colleagues who connected it keep their connection and the data. Nothing changes in HubSpot."
    )
    st.markdown(
        ":small[:gray[The app stays listed in HubSpot until you remove it there, under Settings, Integrations, "
        "Connected apps.]]"
    )
    with st.container(horizontal=True):
        if st.button("Disconnect", type="primary", key="disconnect.yes"):
            actions.disconnect(view)
        if st.button("Cancel", key="disconnect.no"):
            st.rerun()

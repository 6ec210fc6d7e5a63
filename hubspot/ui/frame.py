"""The frame around every page: the return from HubSpot, navigation, sidebar, one banner, then the page."""

import functools
import gc
from contextvars import ContextVar
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page as StreamlitPage

from hubspot.connections.sessions import Visit
from hubspot.errors import ConnectionEnded, HubSpotError, SnapshotError, SnapshotReplaced
from hubspot.portal import OBJECT_TYPES
from hubspot.ui import (
    actions,
    browser,
    callback,
    connect_screen,
    destinations,
    metrics,
    progress,
    services,
    sidebar,
    sign_in_page,
    state,
    trouble,
    way_back,
    web,
    words,
)
from hubspot.ui.destinations import PAGES, Destination
from hubspot.ui.numbers import day
from hubspot.ui.state import View

# An emoji: an icon by name would make the browser ask a foreign host for it.
_PAGE_ICON = "📊"


@dataclass(frozen=True, slots=True)
class _Room:
    """What the frame hands to the page that runs in it."""

    view: View
    filters: DeltaGenerator


_room: ContextVar[_Room | None] = ContextVar("_room", default=None)


def run() -> None:
    """Run one rerun of the app, and take its time."""
    with metrics.timed() as timing:
        _run(timing)


def _run(timing: metrics.Timing) -> None:
    st.set_page_config(page_title=words.PRODUCT, page_icon=_PAGE_ICON, layout="wide")
    callback.handle()
    pages = {
        page.name: st.Page(page.file, title=page.title, icon=page.icon, default=page.name == destinations.HOME)
        for page in PAGES.values()
    }
    current = st.navigation(list(pages.values()), position="hidden")
    here = next(PAGES[name] for name, page in pages.items() if page is current)
    if state.NEXT in st.query_params:
        asked = st.query_params.to_dict()
        st.switch_page(pages[destinations.known(asked.pop(state.NEXT))], query_params=asked)
    timing.page = here.name
    try:
        if not sign_in_page.admits(here):
            return
        state.turn_to(here.name)
        way_back.mend(here.name)
        seen = _visit(here)
    except HubSpotError as error:
        sidebar.show_without_store(here)
        _tell_trouble(error)
        return
    if seen is None:
        return
    try:
        _lay_out(seen, here, current)
    except SnapshotReplaced:
        st.rerun()
    except SnapshotError as error:
        trouble.tell(error)
        _mend_copy(seen)
    except HubSpotError as error:
        _tell_trouble(error)


def _visit(here: Destination) -> Visit | None:
    """Return what the asking browser may see; None, said on the page, where it sent no cookie."""
    if not state.person():
        sidebar.show_without_store(here)
        st.warning(words.COOKIES_NEEDED, icon=":material/cookie:")
        return None
    seen = state.visit()
    actions.forget_ended(seen)
    return seen


def _lay_out(seen: Visit, here: Destination, page: StreamlitPage) -> None:
    """Show the sidebar, the banner and the page, or the connect screen where nobody is connected."""
    view = _opened(seen) if seen.grants else None
    filters = sidebar.show(seen, view, here)
    if view and state.is_sample():
        st.markdown(f":small[:blue-background[:material/science: {words.SAMPLE_RIBBON}]]")
    _banner(seen, view, here)
    if view is None:
        origin = browser.origin()
        connect_screen.show(services.services(), here.name, redirect_uri=web.redirect_uri_for(origin))
        return
    token = _room.set(_Room(view, filters))
    try:
        page.run()
        _settle(here.name)
    finally:
        _room.reset(token)


@functools.cache
def _settle(_page: str) -> None:
    """Take what the first run of a page has imported out of garbage collection.

    Streamlit collects after every run, and to look through all modules again took half of the time of a filter click.
    """
    gc.collect()
    gc.freeze()


def _opened(seen: Visit) -> View:
    """Return the portal of this run, its load begun if need be: one view, so that sidebar and page agree."""
    view = state.view(seen)
    actions.note_visit(view)
    if not actions.needs_load(view):
        return view
    actions.load(view)
    return state.view(seen)


def enter(name: str) -> View:
    """Return the portal a page lays out, titled; ends the run where there is nothing to lay out yet.

    A page that Streamlit runs outside the frame goes back to it, with its destination and its filters kept.
    """
    room = _room.get()
    page = PAGES[name]
    if room is None:
        st.switch_page("app.py", query_params={**st.query_params.to_dict(), state.NEXT: name})
    view = room.view
    if page.shows_records and not view.object_types:
        title_row(page.title)
        st.warning(words.NOTHING_GRANTED, icon=":material/key_off:")
        connect_screen.main_link(services.services(), page.name)
        st.stop()
    if page.needs and page.needs not in view.object_types:
        title_row(page.title)
        _tell_missing_scope(page)
        st.stop()
    return view


def title_row(title: str) -> DeltaGenerator:
    """Show a page's title; return its row, for quiet controls on the right."""
    row = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
    with row:
        st.title(title, anchor=False)
    return row


def filter_area() -> DeltaGenerator:
    """Return the place in the sidebar where a page puts its filters."""
    room = _room.get()
    return room.filters if room else st.sidebar


def require_records(view: View) -> None:
    """Show how far the load is; end the run while there is no record to show."""
    progress.watch(view)
    if not view.version:
        if view.is_loading:
            progress.placeholders()
        st.stop()


def _banner(seen: Visit, view: View | None, here: Destination) -> None:
    """Show at most one sentence: of a connection that ended, of this sign-in, of a permission that is missing.

    The page's own sentence, of a load that failed, goes before the last.
    """
    notice = state.notice(here.name)
    if seen.ended:
        _tell_ended(*next(iter(seen.ended.items())))
    elif notice:
        _show(notice.kind, notice.text)
    elif view and not view.has_failed and not page_is_off(here, view) and set(view.object_types) != set(OBJECT_TYPES):
        off = " and ".join(name for name in OBJECT_TYPES if name not in view.object_types)
        _show("warning", f"{off.capitalize()} were not granted, so what needs them is off. Reconnect to add them.")


def page_is_off(here: Destination, view: View) -> bool:
    """Return whether a page itself will say that its permission is missing."""
    if here.needs:
        return here.needs not in view.object_types
    return here.shows_records and not view.object_types


def _tell_ended(hub_id: int, ended: ConnectionEnded) -> None:
    when = f" on {day(ended.ended_at)}, {ended.ended_at:%H:%M} UTC" if ended.ended_at else ""
    others = services.services().grants.accounts(hub_id)
    left = "Colleagues keep theirs, and the data." if others else "Its data was deleted here."
    _show("error", f"The connection ended in HubSpot{when}. {left} Connect again to go on.")
    st.button("Dismiss", type="tertiary", key="ended.dismiss", on_click=actions.dismiss_ended, args=(hub_id,))


def _tell_missing_scope(page: Destination) -> None:
    st.warning(
        f"{page.title} were not granted: this page is off, the others work. Reconnect to add them, "
        "and leave the permission ticked.",
        icon=":material/key_off:",
    )
    connect_screen.main_link(services.services(), page.name)


def _tell_trouble(error: HubSpotError) -> None:
    trouble.tell(error)
    if st.button("Try again", icon=":material/refresh:", key="trouble.again"):
        st.rerun()


@trouble.guarded
def _mend_copy(seen: Visit) -> None:
    """Follow the load that replaces a copy which can't be read, or offer one."""
    view = state.view(seen)
    if view.is_loading:
        progress.watch(view)
    elif st.button("Load again", icon=":material/refresh:", key="trouble.load"):
        actions.load(view)
        st.rerun()


_ICONS = {
    "info": ":material/check_circle:",
    "warning": ":material/info:",
    "error": ":material/link_off:",
}


def _show(level: str, text: str) -> None:
    {"info": st.info, "warning": st.warning, "error": st.error}[level](text, icon=_ICONS[level])

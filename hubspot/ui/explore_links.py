"""From a number to the records it counted: the page that lists them, under the filters that say the same."""

from collections.abc import Mapping

import streamlit as st

from hubspot.analysis.filters import Filters
from hubspot.analysis.filters.fields import Fields
from hubspot.ui import filter_bar_held, state, way_back
from hubspot.ui.destinations import PAGES
from hubspot.ui.state import View

OPEN_ROWS = "Open rows"
_ASKED = "rows_asked"


def ask(object_type: str, filters: Filters) -> None:
    """Note which records were asked for, in a callback or a dialog; `follow` opens them in the run after it."""
    st.session_state[_ASKED] = (object_type, filters)


def follow(view: View) -> None:
    """Open the records that were asked for by a click, if any were. Raises SnapshotError."""
    asked = st.session_state.pop(_ASKED, None)
    if asked:
        go(view, *asked)


def go(view: View, object_type: str, filters: Filters) -> None:
    """Turn to the page of an object type, with exactly these filters; ends the run.

    Raises SnapshotError.
    """
    frame = state.frame(view, object_type)
    if frame is None:
        return
    query = filter_bar_held.open_with(object_type, filters, Fields(view.portal, object_type, frame))
    portal = st.query_params.get(state.PORTAL)
    told = {**({state.PORTAL: portal} if portal else {}), **query}
    way_back.leave(state.page(), told)
    st.switch_page(PAGES[object_type].file, query_params=told)


def button(view: View, object_type: str, filters: Filters, *, key: str, label: str = OPEN_ROWS) -> None:
    """Offer the records behind a number, on the page that lists them."""
    if st.button(f":small[:primary[{label}]]", key=key, type="tertiary"):
        go(view, object_type, filters)


def menu(view: View, object_type: str, parts: Mapping[str, Filters], *, key: str) -> None:
    """Offer the records behind each part of a chart by its label: what a click on the chart does, for a keyboard."""
    chosen = st.menu_button(f":small[:primary[{OPEN_ROWS}]]", list(parts), key=key, type="tertiary")
    if chosen is not None and chosen in parts:
        go(view, object_type, parts[chosen])

"""The way back to a page that a click led away from: what its address said when the person left it.

Streamlit writes the query of the next page below the path of this one before it turns the page, so that Back comes to
this page with the other one's filters in its address. The page's own query is kept in the tab and put back there.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from hubspot.ui import filter_bar_held
from hubspot.ui.destinations import PAGES

_LEFT = "left"  # session state: by page and by the query it was left with, the query that was its own
_MOST = 50


def leave(page: str, query: Mapping[str, str]) -> None:
    """Note the address of the page that is left by `st.switch_page` with this query."""
    kept = {**_kept(), (page, urlencode(query)): st.query_params.to_dict()}
    st.session_state[_LEFT] = dict(list(kept.items())[-_MOST:])


def mend(page: str) -> None:
    """Give a page that Back or Forward came to its own address again; before its widgets are shown."""
    context = get_script_run_ctx()
    if context is None or not context.is_history_navigation or PAGES[page].needs:
        return
    now = st.query_params.to_dict()
    own = _kept().get((page, urlencode(now)), filter_bar_held.without_filters(now))
    if own == now:
        return
    st.query_params.from_dict(own)
    # Widgets that are bound to the address begin with what it said when the run did.
    with context.session_state.query_params() as query:
        query.set_initial_query_params_from_current()


def _kept() -> dict[tuple[str, str], dict[str, str]]:
    kept: dict[tuple[str, str], dict[str, str]] = st.session_state.get(_LEFT, {})
    return kept

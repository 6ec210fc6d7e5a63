"""The order of the table of Contacts and Companies, kept in the address as `sort=-createdate`."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from hubspot.analysis.ordering import NEWEST, Sort, sort_from
from hubspot.portal import Portal
from hubspot.ui import addressed
from hubspot.ui.tables import headers

_SORT = "sort"


def held(object_type: str, frame: pd.DataFrame) -> Sort:
    """Return the order that the address says, else the one that was chosen, else newest first."""
    told = addressed.follow(object_type, _SORT)
    if told is not None:
        st.session_state[_key(object_type)] = sort_from(told, frame)
    sort = chosen(object_type)
    if sort.column not in frame:
        sort = NEWEST
    addressed.tell(object_type, _SORT, "" if sort == NEWEST else str(sort))
    return sort


def choose(portal: Portal, object_type: str, *, sort: Sort, columns: Sequence[str]) -> None:
    """Offer the columns of the table to sort by, and the other direction."""
    labels = headers(portal, object_type, list(dict.fromkeys((*columns, sort.column))))
    picked, turned = f"{_key(object_type)}.column", f"{_key(object_type)}.direction"
    st.session_state[picked] = sort.column
    st.selectbox(
        "Sort by",
        list(labels),
        format_func=lambda column: f"Sort: {labels[column]}",
        key=picked,
        label_visibility="collapsed",
        width=230,
        on_change=lambda: hold(object_type, Sort(st.session_state[picked], descending=sort.descending)),
    )
    st.button(
        "Descending" if sort.descending else "Ascending",
        icon=":material/arrow_downward:" if sort.descending else ":material/arrow_upward:",
        key=turned,
        type="tertiary",
        help="Turn the order round",
        on_click=hold,
        args=(object_type, Sort(sort.column, descending=not sort.descending)),
    )


def follow_header(object_type: str, headers_chosen: Sequence[str], by_header: Mapping[str, str]) -> None:
    """Order all records by the column whose header was clicked, a second click the other way; a callback."""
    for column in filter(None, map(by_header.get, headers_chosen)):
        before = chosen(object_type)
        hold(object_type, Sort(column, descending=before.column == column and not before.descending))


def chosen(object_type: str) -> Sort:
    """Return the order that this tab shows."""
    sort: Sort = st.session_state.get(_key(object_type), NEWEST)
    return sort


def hold(object_type: str, sort: Sort) -> None:
    """Show this order in this tab from the next run on."""
    st.session_state[_key(object_type)] = sort


def _key(object_type: str) -> str:
    return f"{object_type}.{_SORT}"

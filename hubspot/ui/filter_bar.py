"""The filters as people set them: search, choices in the sidebar, chips, and the address that keeps them.

The address carries stored values of enumerations, owner ids and days. Text that people typed never enters it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from hubspot.analysis import filters as filtering
from hubspot.analysis.calendar import Calendar, first_day
from hubspot.analysis.counts import no_value_label
from hubspot.analysis.filters import CHOICES, TEXT_CHOICES, Filters
from hubspot.analysis.records import NO_VALUE, value_labels
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import elements, frame, state
from hubspot.ui.numbers import day
from hubspot.ui.state import View

OFFERED = {CONTACTS: ("owner", "stage", "source", "country"), COMPANIES: ("owner", "stage", "industry", "country")}
TITLES = {
    "search": "Search",
    "created": "Created",
    "owner": "Owner",
    "stage": "Lifecycle stage",
    "source": "Source",
    "industry": "Industry",
    "country": "Country",
}
_SEARCH_HINTS = {CONTACTS: "Search name, email, company", COMPANIES: "Search name, domain"}
_MOST_COUNTRIES = 300
ANY_TIME, CHOSEN_DAYS = "Any time", "Choose days"


def _last(days: int) -> Callable[[date], date]:
    return lambda today: today - timedelta(days=days - 1)


SPANS: Mapping[str, Callable[[date], date]] = {
    "Last 7 days": _last(7),
    "Last 30 days": _last(30),
    "Last 90 days": _last(90),
    "Last 12 months": _last(365),
    "This month": lambda today: first_day(today, "month"),
    "This year": lambda today: today.replace(month=1, day=1),
}
_SPAN_NAMES = {name.lower().replace(" ", "-"): name for name in SPANS}


def show(view: View, records: pd.DataFrame, object_type: str) -> Filters:
    """Show the filters of a page and return what the person has set."""
    _follow_address(view, records, object_type)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search = st.text_input(
            TITLES["search"],
            key=_key(object_type, "search"),
            type="search",
            placeholder=_SEARCH_HINTS[object_type],
            label_visibility="collapsed",
            persist_state="session",
            live=True,
            width=300,
        )
        chips = st.container()
    with frame.filter_area():
        first, last = _created(view, object_type)
        chosen = {name: _choice(view, records, object_type, name) for name in OFFERED[object_type]}
    filters = Filters(search=search or "", created_from=first, created_to=last, **chosen)
    with chips:
        _chips(view, object_type, filters)
    _tell_address(object_type, filters)
    return filters


def clear(object_type: str, names: Sequence[str]) -> None:
    """Take filters off; a callback, so that it happens before the widgets are shown again."""
    empty: dict[str, Any] = {"search": "", "created": ANY_TIME}
    for name in names:
        st.session_state[_key(object_type, name)] = empty.get(name, [])


def _created(view: View, object_type: str) -> tuple[date | None, date | None]:
    today = Calendar(state.now(), view.account.time_zone).today
    span = st.selectbox(
        TITLES["created"],
        [ANY_TIME, *SPANS, CHOSEN_DAYS],
        key=_key(object_type, "created"),
        persist_state="session",
    )
    if span in SPANS:
        return SPANS[span](today), None
    if span == ANY_TIME:
        return None, None
    # Not as `value`: a link may have set the days already.
    st.session_state.setdefault(_key(object_type, "days"), (today - timedelta(days=29), today))
    days = st.date_input("From and to", format="DD/MM/YYYY", key=_key(object_type, "days"), persist_state="session")
    # While the second day is not picked yet there is only one.
    first, last = (*days, None, None)[:2] if isinstance(days, tuple) else (days, None)
    return first, last


def _choice(view: View, records: pd.DataFrame, object_type: str, name: str) -> frozenset[str]:
    options = _options(view, records, object_type, name)
    if not options:
        return frozenset()
    return frozenset(
        st.multiselect(
            TITLES[name],
            list(options),
            format_func=options.__getitem__,
            key=_key(object_type, name),
            placeholder="Any",
            persist_state="session",
        )
    )


def _options(view: View, records: pd.DataFrame, object_type: str, name: str) -> dict[str, str]:
    """Map the values people can choose from to their labels, "No value" last."""
    column = filtering.column_of(records, name)
    if column is None:
        return {}
    if name in TEXT_CHOICES:
        common = records[column].value_counts().index[:_MOST_COUNTRIES]
        labels = {str(value): str(value) for value in sorted(common)}
    else:
        present = [str(value) for value in records[column].cat.categories]
        labels = value_labels(view.portal, object_type, column=column, values=present)
        if name == "industry":
            # HubSpot has 148 of them: only those that occur.
            labels = {value: labels[value] for value in sorted(present, key=labels.__getitem__)}
    return labels | {NO_VALUE: no_value_label(column)}


def _chips(view: View, object_type: str, filters: Filters) -> None:
    if not filters.active:
        return
    labels = {name: f"{in_words(view, object_type, filters, name)} ✕" for name in filters.active}
    key = _key(object_type, "chips")
    st.session_state[key] = list(labels)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.pills(
            "Filters",
            list(labels),
            selection_mode="multi",
            format_func=labels.__getitem__,
            key=key,
            label_visibility="collapsed",
            on_change=_take_off,
            args=(object_type, tuple(labels)),
        )
        st.button(
            "Clear all", type="tertiary", key=f"{object_type}.clear", on_click=clear, args=(object_type, tuple(labels))
        )


def _take_off(object_type: str, shown: tuple[str, ...]) -> None:
    kept = st.session_state[_key(object_type, "chips")]
    clear(object_type, [name for name in shown if name not in kept])


def in_words(view: View, object_type: str, filters: Filters, name: str) -> str:
    """Return one filter in words: "Owner: Maya Ortiz, Tom Reed"."""
    if name == "search":
        return f"“{elements.plain(filters.search.strip())}”"
    if name == "created":
        return f"Created: {_span_words(object_type, filters)}"
    chosen, column = sorted(filters.chosen(name)), CHOICES[name]
    labels = value_labels(view.portal, object_type, column=column, values=chosen) | {NO_VALUE: no_value_label(column)}
    more = f" and {len(chosen) - 2} more" if len(chosen) > 2 else ""
    return f"{TITLES[name]}: {elements.plain(', '.join(labels[value] for value in chosen[:2]))}{more}"


def _span_words(object_type: str, filters: Filters) -> str:
    span = st.session_state.get(_key(object_type, "created"), "")
    if span in SPANS:
        return str(span).lower()
    first, last = filters.created_from, filters.created_to
    return f"{day(first)} to {day(last)}" if first and last else f"since {day(first)}" if first else "any time"


def _follow_address(view: View, records: pd.DataFrame, object_type: str) -> None:
    """Set the widgets from the address when the page is opened by a link, or when the person went back or forward."""
    told, written = _in_address(), st.session_state.get(_key(object_type, "address"))
    if told == written or (written is not None and state.is_page_turned()):
        return
    filters = filtering.from_query(told, filtering.known_values(records, view.portal, object_type))
    for name in OFFERED[object_type]:
        if name not in TEXT_CHOICES or written is None:
            st.session_state[_key(object_type, name)] = sorted(filters.chosen(name))
    _set_created(object_type, told.get("created", ""), filters)


def _set_created(object_type: str, told: str, filters: Filters) -> None:
    first, last = filters.created_from, filters.created_to
    span = _SPAN_NAMES.get(told, CHOSEN_DAYS if first else ANY_TIME)
    st.session_state[_key(object_type, "created")] = span
    if span == CHOSEN_DAYS:
        st.session_state[_key(object_type, "days")] = (first, last) if last else (first,)


def _tell_address(object_type: str, filters: Filters) -> None:
    query = filtering.to_query(replace(filters, search=""))
    span = st.session_state.get(_key(object_type, "created"))
    if span in SPANS:
        query["created"] = str(span).lower().replace(" ", "-")
    if query != _in_address():
        others = {name: value for name, value in st.query_params.to_dict().items() if name not in filtering.NAMES}
        st.query_params.from_dict({**others, **query})
    st.session_state[_key(object_type, "address")] = query


def _in_address() -> dict[str, str]:
    return {name: value for name, value in st.query_params.to_dict().items() if name in filtering.NAMES}


def _key(object_type: str, name: str) -> str:
    return f"{object_type}.{name}"

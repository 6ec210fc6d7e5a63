"""What a tab holds of its filters: which widget holds which condition, and the address that keeps them.

The address carries stored values of enumerations, owner ids, numbers and days. Text that people typed never enters it:
that is sealed, and the address has its id.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from hubspot.analysis.filters import Condition, Days, Filters, OneOf, Place, Within, Words
from hubspot.analysis.filters.conditions import asks_nothing
from hubspot.analysis.filters.fields import Fields
from hubspot.analysis.filters.link import PARAMETERS, from_query, to_query
from hubspot.analysis.filters.quick import CREATE_DATE, CREATED, column_of, name_of
from hubspot.errors import StoreError
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import filter_bar_sealed, state

LOG = logging.getLogger(__name__)
OFFERED = {CONTACTS: ("owner", "stage", "source", "country"), COMPANIES: ("owner", "stage", "industry", "country")}
SEARCH = "search"
ANY_TIME, CHOSEN_DAYS = "Any time", "Choose days"
SPANS = {
    "Last 7 days": "last-7-days",
    "Last 30 days": "last-30-days",
    "Last 90 days": "last-90-days",
    "Last 12 months": "last-12-months",
    "Today": "today",
    "Yesterday": "yesterday",
    "This week": "this-week",
    "Last week": "last-week",
    "This month": "this-month",
    "Last month": "last-month",
    "This quarter": "this-quarter",
    "Last quarter": "last-quarter",
    "This year": "this-year",
    "Last year": "last-year",
}
# What a calendar on the screen can show.
EARLIEST, LATEST = date(1970, 1, 1), date(2100, 1, 1)
DAYS = "days"
# Somebody may have written a search into a link: it is not read, and does not stay there.
_OURS = (SEARCH, *PARAMETERS, filter_bar_sealed.VIEW)
_MORE, _ADDRESS, _HELD, _EARLIER, _DROPPED = "more", "address", "held", "earlier", "dropped"
# More than anybody types while one answer is on its way.
_MOST_EARLIER = 10
NOT_HERE = "The view of this link is not one of this portal, or older than 180 days, so what it held is not filtered."
_EMPTY: dict[str, Any] = {SEARCH: "", CREATED: ANY_TIME, _MORE: Filters()}


def key(object_type: str, name: str) -> str:
    """Return the session key of a filter."""
    return f"{object_type}.{name}"


def more(object_type: str) -> Filters:
    """Return the filters that no widget of the page holds: those of the dialog, and what only a link can say."""
    held: Filters = st.session_state.get(key(object_type, _MORE), Filters())
    return held


def hold_more(object_type: str, filters: Filters) -> None:
    """Replace the filters that no widget of the page holds."""
    st.session_state[key(object_type, _MORE)] = filters


def held(object_type: str) -> Filters:
    """Return what the tab holds: the search, what the sidebar's widgets say, then `more`; spans still move."""
    rest = more(object_type)
    return Filters((*(condition for _, condition in _of_widgets(object_type)), *rest.conditions), rest.groups)


def sources(object_type: str) -> dict[Place, str]:
    """Name, for each place of what is held, what holds the condition there, as `take_off` wants it."""
    filters = held(object_type)
    by_condition = {condition: f"{_MORE}.{number}" for number, condition in enumerate(more(object_type).conditions)}
    by_condition |= {condition: name for name, condition in _of_widgets(object_type)}
    grouped = {place: f"group.{place.group}.{place.position}" for place in filters.places if place.group is not None}
    shared = [place for place in filters.places if place.group is None]
    return {place: by_condition[filters.at(place)] for place in shared} | grouped


def take_off(object_type: str, names: Iterable[str]) -> None:
    """Take filters off; a callback, so that it happens before the widgets are shown again.

    A name is a widget's, "more.1" for the second of the other conditions, "group.0" or "group.0.1".
    """
    gone: list[Place] = []
    rest = more(object_type)
    for name in names:
        kind, *numbers = name.split(".")
        if kind == _MORE:
            gone.append(Place(None, int(numbers[0])))
        elif kind == "group":
            gone += [place for place in rest.places if [str(part) for part in place[: len(numbers)]] == numbers]
        else:
            st.session_state[key(object_type, name)] = _EMPTY.get(name, [])
    hold_more(object_type, rest.without(*gone))


def toggle(object_type: str, name: str, value: str) -> None:
    """Choose a stored value in a widget of the sidebar, or no longer; a callback."""
    chosen = list(st.session_state.get(key(object_type, name), ()))
    kept = [each for each in chosen if each != value]
    st.session_state[key(object_type, name)] = kept if value in chosen else [*chosen, value]


def hold_all(object_type: str, filters: Filters) -> None:
    """Hold exactly these filters on the page that is open; before its widgets are shown."""
    _hold(object_type, filters)
    # What the address says now is of the filters before.
    st.session_state[key(object_type, _ADDRESS)] = _in_address()


def open_with(object_type: str, filters: Filters, fields: Fields) -> dict[str, str]:
    """Hold exactly these filters on a page that is opened next; return the query parameters to open it with."""
    _hold(object_type, filters)
    query = _query(filters, fields)
    st.session_state[key(object_type, _ADDRESS)] = query
    st.session_state[key(object_type, _DROPPED)] = (None, ())
    return query


def clear_all(object_type: str) -> None:
    """Take every filter off; a callback."""
    _hold(object_type, Filters())


def follow_address(object_type: str, fields: Fields) -> None:
    """Set the widgets from the address when the page is opened by a link, or when the person went back or forward."""
    told, written = _in_address(), st.session_state.get(key(object_type, _ADDRESS))
    is_turned = written is not None and state.is_page_turned()
    # The links of the sidebar take no filter along, and mean the ones that were there.
    if told == written or (is_turned and not told) or _is_late(object_type, told):
        return
    reading = from_query(told, fields)
    private, unknown = _private_of(told, fields)
    _hold(object_type, filter_bar_sealed.joined(reading.filters, private))
    st.session_state[key(object_type, _DROPPED)] = (None, (*reading.dropped, *unknown))


def tell_address(object_type: str, fields: Fields) -> None:
    """Keep the filters in the address, beside what else is there."""
    query = _query(held(object_type), fields)
    if query != _in_address():
        st.query_params.from_dict({**without_filters(st.query_params.to_dict()), **query})
    st.session_state[key(object_type, _HELD)] = held(object_type)
    before = st.session_state.get(key(object_type, _ADDRESS))
    if before not in (None, query):
        earlier = (*st.session_state.get(key(object_type, _EARLIER), ()), before)
        st.session_state[key(object_type, _EARLIER)] = earlier[-_MOST_EARLIER:]
    st.session_state[key(object_type, _ADDRESS)] = query


def is_told(object_type: str, view_id: str) -> bool:
    """Return whether this tab's address says this id of sealed filters already."""
    return (st.session_state.get(key(object_type, _ADDRESS)) or {}).get(filter_bar_sealed.VIEW) == view_id


def without_filters(query: Mapping[str, str]) -> dict[str, str]:
    """Return the query parameters of an address that are no filters."""
    return {name: value for name, value in query.items() if name not in _OURS}


def dropped(object_type: str) -> Sequence[str]:
    """Return a sentence for each thing the opened link said in vain, until the filters change."""
    name, here = key(object_type, _DROPPED), held(object_type)
    read, sentences = st.session_state.get(name, (None, ()))
    if read is not None and read != here:
        return ()
    st.session_state[name] = (here, sentences)
    return tuple(sentences)


def _query(filters: Filters, fields: Fields) -> dict[str, str]:
    try:
        sealed = filter_bar_sealed.told(filters, fields)
    except StoreError as error:  # the page shows what was asked all the same, but a reload will not
        LOG.warning(
            "portal %(portal)s: a view was not kept (%(error)s)",
            {"portal": fields.portal.account.hub_id, "error": type(error).__name__},
        )
        sealed = {}
    return to_query(filters, fields) | sealed


def _private_of(told: Mapping[str, str], fields: Fields) -> tuple[Filters, Sequence[str]]:
    """Return what the address names as sealed, and a sentence where that is not there."""
    if filter_bar_sealed.VIEW not in told:
        return Filters(), ()
    found = filter_bar_sealed.read(told[filter_bar_sealed.VIEW], fields)
    return (Filters(), (NOT_HERE,)) if found is None else (found, ())


def _is_late(object_type: str, told: Mapping[str, str]) -> bool:
    """Return whether an address is an earlier one of this tab, which the browser sent along with what a person set.

    That is so for a word that is typed before the answer to the last one; going back sets nothing.
    """
    is_set = held(object_type) != st.session_state.get(key(object_type, _HELD), held(object_type))
    return is_set and told in st.session_state.get(key(object_type, _EARLIER), ())


def _of_widgets(object_type: str) -> list[tuple[str, Condition]]:
    """Return what each widget holds, by its name; those that hold nothing are left out."""
    get = st.session_state.get
    search = Words(get(key(object_type, SEARCH)) or "")
    chosen = (
        (name, OneOf(column_of(object_type, name), frozenset(get(key(object_type, name), ()))))
        for name in OFFERED[object_type]
    )
    found = [(SEARCH, search), (CREATED, _created(object_type)), *chosen]
    return [(name, condition) for name, condition in found if not asks_nothing(condition)]


def _created(object_type: str) -> Condition:
    span = st.session_state.get(key(object_type, CREATED), ANY_TIME)
    if span in SPANS:
        return Within(CREATE_DATE, SPANS[span])
    days = st.session_state.get(key(object_type, DAYS), ()) if span == CHOSEN_DAYS else ()
    # While the second day is not picked yet there is only one.
    first, last = (*days, None, None)[:2] if isinstance(days, tuple) else (days, None)
    return Days(CREATE_DATE, first, last)


def _hold(object_type: str, filters: Filters) -> None:
    """Give each condition to the widget that can show it, the first of each; `more` holds the others."""
    for name in (SEARCH, CREATED, *OFFERED[object_type]):
        st.session_state[key(object_type, name)] = _EMPTY.get(name, [])
    taken: set[str] = set()
    rest: list[Condition] = []
    for condition in filters.conditions:
        widget = _widget_for(object_type, condition)
        if widget is None or widget in taken:
            rest.append(condition)
            continue
        taken.add(widget)
        _show_in_widget(object_type, widget, condition)
    hold_more(object_type, Filters(tuple(rest), filters.groups))


def _widget_for(object_type: str, condition: Condition) -> str | None:
    if isinstance(condition, Words):
        return SEARCH
    name = name_of(object_type, condition)
    if name == CREATED and not _fits_calendar(condition):
        return None
    return name if name in {CREATED, *OFFERED[object_type]} else None


def _fits_calendar(condition: Condition) -> bool:
    if isinstance(condition, Within):
        return condition.span in SPANS.values()
    if not isinstance(condition, Days) or condition.first is None:
        return False
    return all(EARLIEST <= day <= LATEST for day in (condition.first, condition.last) if day)


def _show_in_widget(object_type: str, name: str, condition: Condition) -> None:
    match condition:
        case Words(text):
            value: Any = text
        case OneOf(_, values):
            value = sorted(values)
        case Within(_, span):
            value = next(label for label, each in SPANS.items() if each == span)
        case Days(_, first, last):
            value = CHOSEN_DAYS
            st.session_state[key(object_type, DAYS)] = (first, last) if last else (first,)
    st.session_state[key(object_type, name)] = value


def _in_address() -> dict[str, str]:
    return {name: value for name, value in st.query_params.to_dict().items() if name in _OURS}

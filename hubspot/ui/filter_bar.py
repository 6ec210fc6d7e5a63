"""The filters as people set them: search, choices in the sidebar, chips, and the way to the dialog of all others."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from hubspot.analysis.calendar import Calendar
from hubspot.analysis.filters import Filters, Place
from hubspot.analysis.filters.fields import Fields
from hubspot.analysis.filters.quick import CREATE_DATE, CREATED, column_of
from hubspot.analysis.filters.wording import Wording
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import elements, filter_bar_dialog, filter_bar_draft, filter_bar_held, filter_bar_options, frame, state
from hubspot.ui.filter_bar_held import ANY_TIME, CHOSEN_DAYS, DAYS, EARLIEST, LATEST, OFFERED, SEARCH, SPANS, key
from hubspot.ui.state import View

TITLES = {
    SEARCH: "Search",
    CREATED: "Created",
    "owner": "Owner",
    "stage": "Lifecycle stage",
    "source": "Source",
    "industry": "Industry",
    "country": "Country",
}
_SEARCH_HINTS = {CONTACTS: "Search name, email, company", COMPANIES: "Search name, domain"}
_NAMED_VALUES = 2


def show(view: View, records: pd.DataFrame, object_type: str) -> Filters:
    """Show the filters of a page and return what the person has set, moving spans as the days they have today."""
    fields = Fields(view.portal, object_type, records)
    filter_bar_held.follow_address(object_type, fields)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _search(view, object_type)
        if st.button("More filters", icon=":material/tune:", type="tertiary", key=key(object_type, "open")):
            filter_bar_draft.begin(fields)
            filter_bar_dialog.show(view.hub_id, object_type)
        clearing = st.container(width="content")
    # In a row of their own, as wide as the page: only there they wrap.
    chips = st.container()
    with frame.filter_area():
        _created(view, object_type)
        _choices(view, fields)
    if filter_bar_held.held(object_type):
        with chips:
            _chips(view, object_type)
        clearing.button(
            "Clear all", type="tertiary", key=key(object_type, "clear"), on_click=clear, args=(object_type,)
        )
    filter_bar_held.tell_address(object_type, fields)
    for sentence in filter_bar_held.dropped(object_type):
        st.info(elements.plain(sentence), icon=":material/link_off:")
    return filter_bar_held.held(object_type).on(_today(view))


def counted(view: View, fields: Fields, filters: Filters) -> dict[str, dict[str, int]]:
    """Map the columns of the sidebar's choices to the records of each value under the filters, but for its own."""
    return filter_bar_options.counts_under(view, fields.object_type, filters, _present(fields).values())


def clear(object_type: str, place: Place | None = None) -> None:
    """Take one filter off, or all of them; a callback, so that it happens before the widgets are shown again."""
    if place is None:
        filter_bar_held.clear_all(object_type)
    else:
        filter_bar_held.take_off(object_type, [filter_bar_held.sources(object_type)[place]])


def in_words(view: View, object_type: str, filters: Filters, place: Place) -> str:
    """Return one filter in words that Markdown shows letter by letter: "Owner: Maya Ortiz, Tom Reed"."""
    return elements.plain(_wording(view, object_type).condition(filters.at(place)))


def _wording(view: View, object_type: str) -> Wording:
    titles = {column_of(object_type, name): TITLES[name] for name in OFFERED[object_type]}
    titles |= {CREATE_DATE: TITLES[CREATED]}
    return Wording(view.portal, object_type, titles, most=_NAMED_VALUES, is_masked=view.is_masked)


def _today(view: View) -> date:
    return Calendar(state.now(), view.account.time_zone).today


def _search(view: View, object_type: str) -> None:
    st.text_input(
        TITLES[SEARCH],
        key=key(object_type, SEARCH),
        # What is looked for is a name, most of the time.
        type="password" if view.is_masked else "search",
        autocomplete="off",
        placeholder=_SEARCH_HINTS[object_type],
        label_visibility="collapsed",
        persist_state="session",
        live=True,
        width=300,
    )


def _created(view: View, object_type: str) -> None:
    options = [ANY_TIME, *SPANS, CHOSEN_DAYS]
    span = st.selectbox(TITLES[CREATED], options, key=key(object_type, CREATED), persist_state="session")
    if span != CHOSEN_DAYS:
        return
    today = _today(view)
    # Not as `value`: a link may have set the days already.
    st.session_state.setdefault(key(object_type, DAYS), (today - timedelta(days=29), today))
    st.date_input(
        "From and to",
        format="DD/MM/YYYY",
        min_value=EARLIEST,
        max_value=LATEST,
        key=key(object_type, DAYS),
        persist_state="session",
    )


def _choices(view: View, fields: Fields) -> None:
    object_type = fields.object_type
    # Counted under what is chosen before this run draws its widgets: a choice reruns the page at once.
    counts = counted(view, fields, filter_bar_held.held(object_type).on(_today(view)))
    for name, column in _present(fields).items():
        chosen = st.session_state.get(key(object_type, name), ())
        labels = filter_bar_options.labels_of(view, fields, column, chosen)
        filter_bar_options.choose(TITLES[name], labels, counts[column], key=key(object_type, name))


def _present(fields: Fields) -> dict[str, str]:
    columns = {name: column_of(fields.object_type, name) for name in OFFERED[fields.object_type]}
    return {name: column for name, column in columns.items() if fields.named(column)}


def _chips(view: View, object_type: str) -> None:
    labels = _chip_labels(view, object_type)
    held = key(object_type, "chips")
    st.session_state[held] = list(labels)
    st.pills(
        "Filters",
        list(labels),
        selection_mode="multi",
        format_func=labels.__getitem__,
        key=held,
        label_visibility="collapsed",
        on_change=_take_off,
        args=(object_type, tuple(labels)),
    )


def _chip_labels(view: View, object_type: str) -> Mapping[str, str]:
    """Map what holds a filter to its chip. Several groups have a chip each, since none of their conditions is alone."""
    filters, sources = filter_bar_held.held(object_type), filter_bar_held.sources(object_type)
    wording = _wording(view, object_type)
    alone = [place for place in filters.places if place.group is None or len(filters.groups) == 1]
    labels = {sources[place]: elements.plain(wording.condition(filters.at(place))) for place in alone}
    if len(filters.groups) > 1:
        for number, group in enumerate(filters.groups):
            words = " and ".join(map(wording.condition, group))
            labels[f"group.{number}"] = f"{'either' if number == 0 else 'or'} {elements.plain(words)}"
    return {source: f"{words} ✕" for source, words in labels.items()}


def _take_off(object_type: str, shown: Sequence[str]) -> None:
    kept = st.session_state[key(object_type, "chips")]
    filter_bar_held.take_off(object_type, [name for name in shown if name not in kept])

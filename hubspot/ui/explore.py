"""What Contacts and Companies share: charts of the filtered records, the table, its download, and what else may be."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from hubspot.analysis import filters as filtering
from hubspot.analysis.counts import rank
from hubspot.analysis.filters import Filters
from hubspot.analysis.filters.quick import column_of
from hubspot.analysis.records import column_label
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import cards, elements, files, filter_bar, state, tables, trouble, words
from hubspot.ui.filter_bar import TITLES
from hubspot.ui.state import View

BANDS = {CONTACTS: ("source", "stage", "owner"), COMPANIES: ("industry", "country", "owner")}
_ROWS_SEEN = 14


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """The records that the filters let through: `records` is a part of `everything`, newest first."""

    object_type: str
    filters: Filters
    everything: pd.DataFrame
    records: pd.DataFrame


def select(view: View, object_type: str) -> Selection:
    """Show search, filters and chips; return what they let through. Ends the run on an empty portal."""
    everything = state.frame(view, object_type)
    if everything is None or (everything.empty and view.is_loading):
        _tell_not_loaded(view, object_type)
        st.stop()
    if everything.empty:
        cards.empty_portal(view, words.OBJECT_NOUNS[object_type][1])
        st.stop()
    filters = filter_bar.show(view, everything, object_type)
    return Selection(object_type, filters, everything, tables.listed(everything, filters, view.account.time_zone))


def band(view: View, selection: Selection) -> None:
    """Show three rankings of exactly the selected records."""
    # On a narrow screen the band scrolls sideways, so that the table stays near.
    with st.grid(3, min_column_width=272, wrap=False, gap="small"):
        for name in BANDS[selection.object_type]:
            with st.container(border=True, gap="xsmall", height="stretch"):
                st.subheader(TITLES[name], anchor=False)
                _chart(view, selection, name)


def _chart(view: View, selection: Selection, name: str) -> None:
    column = column_of(selection.object_type, name)
    if column not in selection.everything or selection.everything[column].isna().all():
        label = column_label(view.portal, selection.object_type, column)
        st.markdown(
            f":small[:gray[{elements.plain(label)} was never filled in this portal, so nothing can be grouped by it. "
            "Fill it in HubSpot, then refresh.]]"
        )
        return
    ranking = rank(selection.records, column, view.portal, object_type=selection.object_type)
    is_stage = name == "stage"
    if is_stage:
        ranking = ranking.in_order([stage.value for stage in view.portal.stages(selection.object_type)])
    key = f"{selection.object_type}.{name}.bars"
    cards.ranking(TITLES[name], ranking, selection.object_type, key=key, is_whole=is_stage)


def listing(view: View, selection: Selection) -> None:
    """Show how many records are selected, their download and the table; or the way out of an empty selection."""
    if selection.records.empty:
        _tell_nothing_matches(view, selection)
        return
    columns = tables.COLUMNS[selection.object_type]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(_count_line(selection), width="content")
        _download(view, selection.object_type, selection.filters, columns)
    shown = tables.table(
        selection.records, view.portal, selection.object_type, columns=columns, links=not state.is_sample()
    )
    st.dataframe(
        shown.frame,
        key=f"{selection.object_type}.table",
        alt=f"Table of {_plain_count(selection)}",
        **shown.options(_ROWS_SEEN),
    )


def _count_line(selection: Selection) -> str:
    total = words.counted(len(selection.everything), selection.object_type)
    return f"**{words.number(len(selection.records))}** :gray[of {total}]"


def _plain_count(selection: Selection) -> str:
    return words.of_total(len(selection.records), len(selection.everything), selection.object_type)


# Soon enough that a page which is only looked at never offers a link that has expired.
@st.fragment(run_every=files.LIFETIME_SECONDS / 2)
@trouble.guarded
def _download(view: View, object_type: str, filters: Filters, columns: Sequence[str]) -> None:
    """Offer the selected records as a file; it is made on the click, and access is asked for again then."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        elements.link("Download CSV", files.address(view, object_type, filters, columns), primary=False)


def _tell_not_loaded(view: View, object_type: str) -> None:
    noun = words.OBJECT_NOUNS[object_type][1]
    if view.is_loading:
        st.info(f"No {noun} have arrived yet.", icon=":material/hourglass_empty:")
        return
    st.warning(
        f"This portal's {noun} are not loaded: HubSpot refused them, or the load ended before them. "
        "Use the refresh button in the sidebar to load again.",
        icon=":material/cloud_off:",
    )


def _tell_nothing_matches(view: View, selection: Selection) -> None:
    noun = words.OBJECT_NOUNS[selection.object_type][1]
    places = selection.filters.places
    best = filtering.select(selection.everything, selection.filters, view.account.time_zone).relief
    with st.container(border=True, gap="small"):
        st.subheader(f"No {noun} match {_these(len(places))}", anchor=False)
        if best:
            back = words.counted(best.count, selection.object_type)
            named = filter_bar.in_words(view, selection.object_type, selection.filters, best.place)
            st.markdown(f"Removing *{named}* brings back {back}.")
        else:
            st.markdown("Removing a single one brings nothing back: take off two, or clear them all.")
        with st.container(horizontal=True):
            if best:
                st.button(
                    f"Remove {named}",
                    key=f"{selection.object_type}.relief",
                    on_click=filter_bar.clear,
                    args=(selection.object_type, best.place),
                )
            st.button(
                "Clear all",
                type="tertiary",
                key=f"{selection.object_type}.clear.empty",
                on_click=filter_bar.clear,
                args=(selection.object_type,),
            )


def _these(count: int) -> str:
    return "this filter" if count == 1 else f"these {count} filters"

"""What Contacts and Companies share: filters, charts of the filtered records, and what was selected for the table."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import pandas as pd
import streamlit as st

from hubspot.analysis.counts import ranked
from hubspot.analysis.filters import Filters, OneOf
from hubspot.analysis.filters.fields import Fields
from hubspot.analysis.filters.quick import column_of
from hubspot.analysis.ordering import Sort
from hubspot.analysis.records import column_label
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import (
    cards,
    elements,
    explore_empty,
    explore_links,
    explore_sort,
    explore_views,
    filter_bar,
    filter_bar_held,
    filtered,
    state,
    words,
)
from hubspot.ui.filter_bar import TITLES
from hubspot.ui.filtered import Positions
from hubspot.ui.state import View

BANDS = {CONTACTS: ("source", "stage", "owner"), COMPANIES: ("industry", "country", "owner")}


@dataclass(frozen=True, eq=False)
class Selection:
    """The records that the filters let through: `positions` in `everything`, in the order of `sort`."""

    object_type: str
    filters: Filters
    sort: Sort
    everything: pd.DataFrame
    positions: Positions

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def records(self) -> pd.DataFrame:
        """Return the records themselves; of many records this is a copy that takes its time."""
        return self.everything.take(self.positions)


def select(view: View, object_type: str) -> Selection:
    """Show search, filters and chips; return what they let through. Ends the run on an empty portal."""
    explore_links.follow(view)
    everything = state.frame(view, object_type)
    if everything is None or (everything.empty and view.is_loading):
        explore_empty.tell_not_loaded(view, object_type)
        st.stop()
    if everything.empty:
        cards.empty_portal(view, words.OBJECT_NOUNS[object_type][1])
        st.stop()
    explore_views.follow(view, object_type, everything)
    filters = filter_bar.show(view, everything, object_type)
    sort = explore_sort.held(object_type, everything)
    found = filtered.positions(view.key, object_type, filters, sort)
    return Selection(object_type, filters, sort, everything, found)


def band(view: View, selection: Selection) -> None:
    """Show three rankings of the selected records. A ranking ignores the choice made in it, which it shows lit."""
    if not len(selection):
        return
    fields = Fields(view.portal, selection.object_type, selection.everything)
    counts = filter_bar.counted(view, fields, selection.filters)
    # On a narrow screen the band scrolls sideways, so that the table stays near.
    with st.grid(3, min_column_width=272, wrap=False, gap="small"):
        for name in BANDS[selection.object_type]:
            with st.container(border=True, gap="xsmall", height="stretch"):
                st.subheader(TITLES[name], anchor=False)
                _chart(view, selection, name, counts)


def _chart(view: View, selection: Selection, name: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    object_type = selection.object_type
    column = column_of(object_type, name)
    if column not in selection.everything or selection.everything[column].isna().all():
        label = column_label(view.portal, object_type, column)
        st.markdown(
            f":small[:gray[{elements.plain(label)} was never filled in this portal, so nothing can be grouped by it. "
            "Fill it in HubSpot, then refresh.]]"
        )
        return
    ranking = ranked(counts[column], column, view.portal, object_type=object_type)
    is_stage = name == "stage"
    if is_stage:
        ranking = ranking.in_order([stage.value for stage in view.portal.stages(object_type)])
    cards.ranking(
        TITLES[name],
        ranking,
        object_type,
        key=f"{object_type}.{name}.bars",
        on_click=partial(filter_bar_held.toggle, object_type, name),
        is_whole=is_stage,
        chosen=_chosen(selection.filters, column),
    )


def _chosen(filters: Filters, column: str) -> Collection[str]:
    """Return the values that the widget of a column has chosen."""
    for asked in filters.conditions:
        match asked:
            case OneOf(asked_of, values, negated=False) if asked_of == column:
                return values
    return frozenset()

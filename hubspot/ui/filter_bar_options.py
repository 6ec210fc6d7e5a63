"""Options with the number of records beside each: how many there would be under the other filters."""

import json
from collections.abc import Collection, Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hubspot.analysis import masking
from hubspot.analysis.counts import no_value_label
from hubspot.analysis.filters import Filters, from_json, option_counts, to_json
from hubspot.analysis.filters.fields import Fields
from hubspot.analysis.records import NO_VALUE
from hubspot.ui import filtered, state, words
from hubspot.ui.state import Key, View
from hubspot.ui.texts import one_line

_MOST_TEXTS = 300
# HubSpot defines 148 industries: of such lists only those that occur are offered.
_LONG = 40
_BETWEEN = " · "


def labels_of(view: View, fields: Fields, column: str, chosen: Collection[str] = ()) -> dict[str, str]:
    """Map the stored values people can choose from to their labels, those already `chosen` among them, No value last.

    Of texts that people typed these are the most frequent ones.
    """
    labels = fields.options(column)
    if labels and len(labels) > _LONG:
        present = _common(view.key, fields.object_type, column, len(labels))
        labels = {value: labels[value] for value in sorted(present, key=labels.__getitem__) if value in labels}
    field = fields.named(column)
    is_hidden = view.is_masked and masking.is_telling(column, view.portal, fields.object_type)
    if field is not None and field.kind == "text" and not is_hidden:
        labels = {value: value for value in sorted(_common(view.key, fields.object_type, column, _MOST_TEXTS))}
    labels |= {value: fields.options(column).get(value, value) for value in chosen if value not in labels}
    labels.pop(NO_VALUE, None)
    return {value: one_line(label) for value, label in labels.items()} | {NO_VALUE: no_value_label(column)}


def counts_under(view: View, object_type: str, filters: Filters, columns: Collection[str]) -> dict[str, dict[str, int]]:
    """Map columns to the records of each of their values under the filters, but for the column's own ones."""
    return _counts(view.key, object_type, json.dumps(to_json(filters)), tuple(columns))


def choose(  # noqa: PLR0913 (the arguments of a widget)
    title: str,
    labels: Mapping[str, str],
    counts: Mapping[str, int],
    *,
    key: str,
    keeps: bool = True,
    accepts_new: bool = False,
    hides_title: bool = False,
) -> frozenset[str]:
    """Let people choose among stored values; a choice outlives that the numbers beside the options change.

    With `keeps` it also outlives that the page is turned.
    """
    told = {value: f"{label}{_BETWEEN}{words.number(counts.get(value, 0))}" for value, label in labels.items()}
    by_label = {label: value for value, label in labels.items()}
    # The browser sends the texts of options, and their numbers change from run to run: what is read before the widget
    # is drawn is read with the texts of the run before, and what is set then gets those of this one.
    st.session_state[key] = _recovered(st.session_state.get(key, ()), told, by_label, accepts_new=accepts_new)
    chosen = st.multiselect(
        title,
        list(told),
        format_func=lambda value: told.get(value, value),
        key=key,
        placeholder="Any",
        accept_new_options=accepts_new,
        label_visibility="collapsed" if hides_title else "visible",
        persist_state="session" if keeps else None,
    )
    return frozenset(chosen)


def _recovered(
    held: Collection[str], told: Mapping[str, str], by_label: Mapping[str, str], *, accepts_new: bool
) -> list[str]:
    """Return what is chosen as stored values; a text with the number of an earlier run is still understood."""
    values = []
    for each in held:
        value = each if each in told else by_label.get(each.rpartition(_BETWEEN)[0])
        if value is None and accepts_new:
            value = each
        if value is not None:
            values.append(value)
    return list(dict.fromkeys(values))


@st.cache_data(ttl=900, max_entries=64, show_spinner=False)
def _counts(key: Key, object_type: str, told: str, columns: tuple[str, ...]) -> dict[str, dict[str, int]]:
    copy = state.copy_of(key)
    fields = Fields(copy.portal, object_type, copy.frames[object_type])
    selection = filtered.selection(key, object_type, from_json(json.loads(told)))
    return {column: _count(fields, column, selection.ignoring(column)) for column in columns}


def _count(fields: Fields, column: str, among: NDArray[np.bool_]) -> dict[str, int]:
    field = fields.named(column)
    is_multiple = field is not None and field.kind == "multiple"
    return option_counts(fields.frame, column, among, is_multiple=is_multiple)


@st.cache_data(ttl=900, max_entries=64, show_spinner=False)
def _common(key: Key, object_type: str, column: str, most: int) -> list[str]:
    """Return the values that most records have."""
    counted = state.copy_of(key).frames[object_type][column].value_counts()
    return [str(value) for value, count in counted.iloc[:most].items() if count]

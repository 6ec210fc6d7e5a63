"""Filters asked of the copy that somebody sees: each is asked once, and kept as positions, never as records."""

import json
from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hubspot.analysis import ordering
from hubspot.analysis.filters import Condition, Filters, Selection, from_json, select, to_json
from hubspot.analysis.filters.evaluation import Mask
from hubspot.analysis.ordering import NEWEST, Sort
from hubspot.errors import SnapshotReplaced
from hubspot.ui import state
from hubspot.ui.state import Copy, Key

Positions = NDArray[np.int32]


def selection(key: Key, object_type: str, filters: Filters) -> Selection:
    """Return the records of a copy under filters without moving spans. Raises SnapshotError."""
    frame = _copy(key, object_type).frames[object_type]
    return Selection(frame, filters, _passing(key, object_type, json.dumps(to_json(filters))))


def positions(key: Key, object_type: str, filters: Filters, sort: Sort = NEWEST) -> Positions:
    """Return where the records that filters let through stand in the frame, in the order of a sort.

    Never change the array: others read it too. Raises SnapshotError.
    """
    return _positions(key, object_type, json.dumps(to_json(filters)), str(sort))


# A mask is a byte for each record, so that even of a million of them all that is kept stays below a snapshot's size.
@st.cache_resource(ttl=600, max_entries=16, show_spinner=False)
def _passing(key: Key, object_type: str, told: str) -> Mapping[Condition, Mask]:
    copy = _copy(key, object_type)
    return select(copy.frames[object_type], from_json(json.loads(told)), copy.portal.account.time_zone).passing


@st.cache_resource(ttl=900, max_entries=8, show_spinner=False)
def _order(key: Key, object_type: str, sort: str) -> Positions:
    copy = _copy(key, object_type)
    frame = copy.frames[object_type]
    return ordering.ordered(frame, ordering.sort_from(sort, frame), copy.portal, object_type)


@st.cache_resource(ttl=600, max_entries=16, show_spinner=False)
def _positions(key: Key, object_type: str, told: str, sort: str) -> Positions:
    order = _order(key, object_type, sort)
    found: Positions = order[selection(key, object_type, from_json(json.loads(told))).mask[order]]
    return found


def _copy(key: Key, object_type: str) -> Copy:
    copy = state.copy_of(key)
    if object_type not in copy.frames:
        raise SnapshotReplaced("The copy that this was to be read from is gone.")
    return copy

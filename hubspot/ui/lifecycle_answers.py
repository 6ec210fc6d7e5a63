"""The figures of the lifecycle page, each computed once for everybody who sees the same copy on the same day."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import streamlit as st

from hubspot.analysis import lifecycle
from hubspot.analysis.calendar import Calendar
from hubspot.analysis.lifecycle import Cohorts, Funnel, Generation, Groups, Journeys, Mode, Moves, Stages, Stays
from hubspot.errors import SnapshotReplaced
from hubspot.ui import state
from hubspot.ui.state import Key, View


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What does not depend on a choice: `known` maps the portal's stages that have dates to their labels, in order."""

    n: int
    current: Stages
    generations: tuple[Generation, ...]
    is_dated: bool
    known: dict[str, str]
    stays: Stays
    cohorts: Cohorts
    moves: Moves


def current(view: View, object_type: str) -> Stages:
    """Return the records of each stage as it is now, and of none ever. Raises SnapshotError."""
    return _current(view.key, object_type)


def figures(view: View, object_type: str) -> Figures:
    """Return what does not depend on a choice. Raises SnapshotError."""
    return _figures(view.key, object_type, Calendar(state.now(), view.account.time_zone).today)


def funnel(view: View, object_type: str, mode: Mode, chosen: tuple[str, ...]) -> Funnel:
    """Return the funnel over the chosen stages. Raises SnapshotError."""
    return _funnel(view.key, object_type, mode, chosen)


def groups(view: View, object_type: str, column: str, stages: tuple[str, str]) -> Groups:
    """Return the groups of a column on their way between two stages of `Figures.known`. Raises SnapshotError."""
    return _groups(view.key, object_type, column, stages)


@st.cache_data(ttl=900, max_entries=16, show_spinner=False)
def _current(key: Key, object_type: str) -> Stages:
    found = lifecycle.stages(_frame(key, object_type), state.copy_of(key).portal, object_type)
    rows = found.rows.assign(reached=pd.array([pd.NA] * len(found.rows), dtype="Int64"), share=float("nan"))
    return Stages(rows, found.n, found.unset)


@st.cache_data(ttl=900, max_entries=16, show_spinner=False)
def _figures(key: Key, object_type: str, today: date) -> Figures:
    way, frame, portal = _way(key, object_type), _frame(key, object_type), state.copy_of(key).portal
    return Figures(
        n=way.n,
        current=_current(key, object_type),
        generations=lifecycle.generations(frame, portal, object_type),
        is_dated=way.is_dated,
        known={way.stages[place]: way.labels[place] for place in way.known},
        stays=lifecycle.stays(way, today),
        cohorts=lifecycle.cohorts(way, today),
        moves=lifecycle.moves(way),
    )


@st.cache_data(ttl=900, max_entries=32, show_spinner=False)
def _funnel(key: Key, object_type: str, mode: Mode, chosen: tuple[str, ...]) -> Funnel:
    return lifecycle.funnel(_way(key, object_type), mode, chosen=chosen)


@st.cache_data(ttl=900, max_entries=32, show_spinner=False)
def _groups(key: Key, object_type: str, column: str, stages: tuple[str, str]) -> Groups:
    way, portal = _way(key, object_type), state.copy_of(key).portal
    first, second = map(way.stages.index, stages)
    frame = _frame(key, object_type)
    return lifecycle.groups(frame, way, column, portal=portal, object_type=object_type, first=first, second=second)


@st.cache_resource(ttl=900, max_entries=4, show_spinner=False)
def _way(key: Key, object_type: str) -> Journeys:
    return lifecycle.journeys(_frame(key, object_type), state.copy_of(key).portal, object_type)


def _frame(key: Key, object_type: str) -> pd.DataFrame:
    frames = state.copy_of(key).frames
    if object_type not in frames:
        raise SnapshotReplaced("The copy that this was to be told from is gone.")
    return frames[object_type]

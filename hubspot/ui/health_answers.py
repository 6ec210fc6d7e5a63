"""The answers of data health, each computed once for everybody who sees the same copy on the same day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from hubspot.analysis.calendar import Calendar
from hubspot.analysis.masking import MASK
from hubspot.analysis.quality import activity, findings
from hubspot.analysis.quality import grid as missing
from hubspot.analysis.quality import usage as properties
from hubspot.analysis.quality.activity import Workload
from hubspot.analysis.quality.checks import Survey
from hubspot.analysis.quality.findings import Health
from hubspot.analysis.quality.grid import By, Grid
from hubspot.analysis.quality.usage import Usage
from hubspot.errors import SnapshotReplaced
from hubspot.portal import OBJECT_TYPES
from hubspot.ui import state
from hubspot.ui.state import Key, View


def today(view: View) -> date:
    """Return the portal's present day."""
    return Calendar(state.now(), view.account.time_zone).today


def loaded(view: View) -> tuple[str, ...]:
    """Return the object types of which there is a record."""
    frames = {name: state.frame(view, name) for name in OBJECT_TYPES if name in view.object_types}
    return tuple(name for name, frame in frames.items() if frame is not None and len(frame))


def survey(view: View) -> Survey:
    """Return the records that a view shows. Raises SnapshotError."""
    return _survey(view.key, today(view))


def health(view: View) -> Health:
    """Return what all checks found. Raises SnapshotError."""
    return _health(view.key, today(view))


def grid(view: View, object_type: str, by: By, names: Sequence[str]) -> Grid | None:
    """Return the shares of missing values of some properties. Raises SnapshotError."""
    return _grid(view.key, today(view), object_type, by, tuple(names))


def workload(view: View, object_type: str, days: int) -> Workload:
    """Return the records by owner, silent after so many days. Raises SnapshotError."""
    return _workload(view.key, today(view), object_type, days)


def usage(view: View, object_type: str) -> Usage:
    """Return how the properties of an object type are used. Raises SnapshotError."""
    return _usage(view.key, object_type)


@st.cache_data(ttl=900, max_entries=32, show_spinner=False)
def _health(key: Key, today: date) -> Health:
    return findings.health(_survey(key, today))


@st.cache_data(ttl=900, max_entries=64, show_spinner=False)
def _grid(key: Key, today: date, object_type: str, by: By, names: tuple[str, ...]) -> Grid | None:
    found = _survey(key, today)
    frame = _frame(found, object_type)
    return missing.grid(frame, found.portal, object_type, by=by, properties=names, today=today)


@st.cache_data(ttl=900, max_entries=64, show_spinner=False)
def _workload(key: Key, today: date, object_type: str, days: int) -> Workload:
    found = _survey(key, today)
    _frame(found, object_type)
    return activity.workload(found, object_type, days=days)


@st.cache_data(ttl=900, max_entries=16, show_spinner=False)
def _usage(key: Key, object_type: str) -> Usage:
    copy = state.copy_of(key)
    frame = _frame(Survey(copy.frames, copy.portal, date.min), object_type)
    found = properties.usage(frame, copy.portal, object_type)
    return replace(found, rows=_without_texts(found.rows)) if key.masked else found


def _without_texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in which no value that somebody typed can be read, for presentation mode."""
    is_typed = rows["only"].notna() & rows["type"].isin(("string", "phone_number"))
    return rows.assign(only=rows["only"].mask(is_typed, MASK))


def _survey(key: Key, today: date) -> Survey:
    copy = state.copy_of(key)
    return Survey(copy.frames, copy.portal, today)


def _frame(found: Survey, object_type: str) -> pd.DataFrame:
    if object_type not in found.frames:
        raise SnapshotReplaced("The copy that this was to be counted in is gone.")
    return found.frames[object_type]

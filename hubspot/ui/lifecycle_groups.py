"""Rate and speed between two stages, per original source and per owner."""

import streamlit as st

from hubspot.analysis import behind
from hubspot.analysis.lifecycle import Groups, answers
from hubspot.analysis.metrics import CUSTOMER, LEAD
from hubspot.analysis.questions import Question
from hubspot.ui import elements, lifecycle_answers, lifecycle_table, words
from hubspot.ui.lifecycle_answers import Figures
from hubspot.ui.lifecycle_table import Behind, Column, Table, days, rate
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

COLUMNS = {"Source": "hs_analytics_source", "Owner": "hubspot_owner_id"}
_RECORDS, _STARTED, _ARRIVED, _RATE, _DAYS, _TIMED = (
    "Records",
    "Reached first",
    "Reached both",
    "Rate",
    "Median days",
    "Timed",
)
_COLUMNS = (
    Column(_RECORDS, "All records of this row."),
    Column(_STARTED, "Are in the first stage now, or have a date of entering it.", width=104),
    Column(_ARRIVED, "Those of them that reached the second stage too.", width=104),
    Column(_RATE, "Reached both, of those that reached the first.", rate, 76),
    Column(_DAYS, "From entering the first stage to entering the second, in days of the portal's calendar.", days, 104),
    Column(_TIMED, "The records the median is over: both dates known, the first stage entered first."),
)
_WHICH = {_RECORDS: answers.ALL, _STARTED: answers.STARTED, _DAYS: answers.TIMED, _TIMED: answers.TIMED}


def show(view: View, object_type: str, found: Figures) -> None:
    """Show both tables for the chosen pair of stages, and the records behind what is chosen."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            st.subheader("Rate and speed, by source and owner", anchor=False, width="content")
            stages = _pair(object_type, found)
        first, second = (one_line(found.known[value]) for value in stages)
        if first == second:
            lifecycle_table.note("Choose two different stages.")
            return
        many = words.OBJECT_NOUNS[object_type][1]
        lifecycle_table.note(
            f"{many.capitalize()} on their way from {elements.plain(first)} to {elements.plain(second)}. "
            f"n = {words.number(found.n)}. A record without a date counts as having reached the stage it is in, "
            "but is not in the median."
        )
        for name, column in COLUMNS.items():
            _group(view, object_type, name, column=column, stages=stages)


def _pair(object_type: str, found: Figures) -> tuple[str, str]:
    known = list(found.known)
    with st.container(horizontal=True, gap="small", width="content"):
        first = _stage(object_type, "From", found, usual=LEAD if LEAD in known else known[0])
        second = _stage(object_type, "To", found, usual=CUSTOMER if CUSTOMER in known else known[-1])
    return first, second


def _stage(object_type: str, name: str, found: Figures, *, usual: str) -> str:
    known = list(found.known)
    chosen: str = st.selectbox(
        name,
        known,
        index=known.index(usual),
        format_func=lambda value: one_line(found.known[value]),
        key=f"lifecycle.{object_type}.{name}",
        persist_state="session",
        width=200,
    )
    return chosen


def _group(view: View, object_type: str, name: str, *, column: str, stages: tuple[str, str]) -> None:
    told = lifecycle_answers.groups(view, object_type, column, stages)
    names = [one_line(label) for label in told.rows["label"]]
    key = f"lifecycle.{object_type}.{name}"
    cell = lifecycle_table.choose(
        _table(told, name, names), key=f"{key}.{'.'.join(stages)}", alt=f"Rate by {name.lower()}"
    )
    if not cell:
        return
    place, header = cell
    value = told.rows["value"][place]
    which = _WHICH.get(header, answers.ALL if header == name else answers.ARRIVED)
    question = Question(answers.GROUP, object_type, (column, value, *stages, which))
    filters = behind.one(column, value) if which == answers.ALL else None
    lifecycle_table.show(view, Behind(f"{names[place]} · {header}", question, filters), key=f"{key}.rows")


def _table(told: Groups, name: str, names: list[str]) -> Table:
    rows = told.rows
    figures = {
        _RECORDS: rows["records"],
        _STARTED: rows["started"],
        _ARRIVED: rows["arrived"],
        _RATE: rows["share"],
        _DAYS: rows["days"],
        _TIMED: rows["timed"],
    }
    return Table(name, names, _COLUMNS, figures, name_width=160)

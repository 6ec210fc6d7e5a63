"""Cohorts: of the records created in a month, the part that had reached a stage by each month after."""

import numpy as np
import pandas as pd
import streamlit as st

from hubspot.analysis.lifecycle import Cohorts, answers
from hubspot.analysis.lifecycle.cohorts import MONTHS
from hubspot.analysis.metrics import CUSTOMER
from hubspot.analysis.questions import Question
from hubspot.ui import lifecycle_table, words
from hubspot.ui.health_missing import tint
from hubspot.ui.lifecycle_table import Behind, Column, Table, rate
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

_MONTH, _CREATED = "Created in", "Created"
_NOTE = (
    "The share that had entered the stage by the end of the month so many months after creation; 0 is the month of "
    "creation. Months are those of the portal's time zone. The last figure of each row can still grow: its month runs."
)


def show(view: View, object_type: str, found: Cohorts) -> None:
    """Show the cohorts for one stage as a coloured table, and the records behind the chosen cell."""
    many = words.OBJECT_NOUNS[object_type][1]
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(f"{many.capitalize()} by the month they were created", anchor=False, width="content")
            place = _stage(object_type, found)
        lifecycle_table.note(f"{_NOTE} {_counted(found, place)}")
        key = f"lifecycle.{object_type}.cohorts"
        alt = f"Share of the {many} of each month that entered {one_line(found.labels[place])}"
        cell = lifecycle_table.choose(_table(found, place), key=f"{key}.{found.stages[place]}", alt=alt)
        asked = _behind(object_type, found, place, cell) if cell else None
        if asked:
            lifecycle_table.show(view, asked, key=f"{key}.rows")
        else:
            lifecycle_table.note(lifecycle_table.CHOOSE)


def _stage(object_type: str, found: Cohorts) -> int:
    stages = dict(zip(found.stages, found.labels, strict=True))
    usual = found.stages.index(CUSTOMER) if CUSTOMER in found.stages else len(found.stages) - 1
    chosen = st.selectbox(
        "Entered",
        list(stages),
        index=usual,
        format_func=lambda value: one_line(stages[value]),
        key=f"lifecycle.{object_type}.cohort",
        persist_state="session",
        width=220,
    )
    return found.stages.index(chosen)


def _counted(found: Cohorts, place: int) -> str:
    told = [f"n = {words.number(sum(found.sizes))} of the last {MONTHS} months"]
    undated = int(found.undated[place].sum())
    if undated:
        told.append(f"{words.number(undated)} in the stage without a date, not in the shares")
    if found.outside:
        told.append(f"{words.number(found.outside)} created before")
    if found.unknown:
        told.append(f"{words.number(found.unknown)} without a creation date")
    return f"{'; '.join(told)}."


def _first(found: Cohorts) -> int:
    """Return the position of the first month in which a record was created; months before say nothing."""
    return next((place for place, size in enumerate(found.sizes) if size), len(found.months) - 1)


def _table(found: Cohorts, place: int) -> Table:
    first = _first(found)
    shares = found.shares(place)[first:, : MONTHS - first]
    headers = [str(lag) for lag in range(shares.shape[1])]
    columns = [Column(_CREATED, "Records created in the month.", width=76)]
    columns += [Column(header, f"Entered the stage {_by(int(header))}.", rate, 60) for header in headers]
    figures: dict[str, pd.Series] = {_CREATED: pd.Series(found.sizes[first:])}
    figures |= {header: pd.Series(shares[:, lag]) for lag, header in enumerate(headers)}
    most = float(np.nanmax(shares)) if np.isfinite(shares).any() else 0
    tints = {
        header: [tint(part / most) if most and np.isfinite(part) else "" for part in shares[:, lag]]
        for lag, header in enumerate(headers)
    }
    names = [f"{month:%b %Y}" for month in found.months[first:]]
    return Table(_MONTH, names, columns, figures, tints, name_width=104)


def _behind(object_type: str, found: Cohorts, place: int, cell: tuple[int, str]) -> Behind | None:
    row, header = cell[0] + _first(found), cell[1]
    month, label = found.months[row], one_line(found.labels[place])
    lag = int(header) if header.isdecimal() else -1
    if lag >= MONTHS - row:
        return None
    question = Question(answers.COHORT, object_type, (found.stages[place], month.isoformat(), lag))
    if lag < 0:
        return Behind(f"Created in {month:%B %Y}", question)
    return Behind(f"Created in {month:%B %Y}, entered {label} {_by(lag)}", question)


def _by(lag: int) -> str:
    """Return by when a record had entered the stage, in calendar months."""
    return f"by the end of calendar month {lag} after creation" if lag else "in the month of creation"

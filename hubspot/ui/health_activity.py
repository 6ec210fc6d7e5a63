"""Silent records and the work of owners: a table by owner, in which each number opens its rows."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from hubspot.analysis.quality import activity, answers
from hubspot.analysis.quality.activity import ACTIVITY, CONTACTED, NEXT, OWNER, Kind, Workload
from hubspot.analysis.quality.grid import ALL
from hubspot.analysis.records import COMPANY_NAME, NAME
from hubspot.portal import CONTACTS
from hubspot.ui import elements, health_answers, health_choice, health_table, rows, state, words
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

LABELS: dict[Kind, str] = {
    "owned": "Owned",
    "new": "New in 30 days",
    "untouched": "No logged contact",
    "silent": "Silent",
    "unplanned": "No next step",
}
_OWNER, EVERYBODY = "Owner", "Everybody"
_SILENT: tuple[Kind, ...] = ("owned", "silent", "untouched", "unplanned")
_WORK: tuple[Kind, ...] = ("owned", "new", "untouched", "silent")


def show_silent(view: View) -> None:
    """Show who was forgotten: silent for the chosen number of days, without a logged contact or a next step."""
    _show(view, _SILENT, "silent")


def show_owners(view: View) -> None:
    """Show what each owner looks after: records without an owner and deactivated owners on top."""
    _show(view, _WORK, "owners")


def _show(view: View, wanted: Sequence[Kind], place: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        object_type = health_choice.object_type(view)
        if object_type is None:
            return
        days = health_choice.days()
    with st.skeleton(height=320):
        found = health_answers.workload(view, object_type, days)
    shown = [kind for kind in wanted if kind in found.totals]
    st.markdown(f":small[:gray[{_explained(view, object_type, wanted, days)}]]")
    _table(view, object_type, found, shown, days=days, place=place)


def _explained(view: View, object_type: str, wanted: Sequence[Kind], days: int) -> str:
    """Return what the columns count, by which properties, and which of them the portal can't answer."""
    frame = state.frame(view, object_type)
    names = [name for name in ACTIVITY if frame is not None and name in frame]
    told = {
        "new": "New: created in the last 30 days, today included",
        "untouched": f"no logged call, e-mail or meeting: {_label(view, object_type, CONTACTED)} is empty",
        "silent": f"silent: {' or '.join(_label(view, object_type, name) for name in names)}, whichever is later, "
        f"was {days} or more days ago; without any activity a record is not silent",
        "unplanned": f"no next step: no {_label(view, object_type, NEXT)}, or one in the past",
    }
    can = activity.kinds(frame) if frame is not None else ()
    sentences = [told[kind] for kind in wanted if kind in told and kind in can]
    cannot = [LABELS[kind].lower() for kind in wanted if kind not in can]
    lacking = f" This portal lacks the properties for: {', '.join(cannot)}." if cannot else ""
    text = "; ".join(sentences)
    return f"{text[:1].upper()}{text[1:]}. Days are the portal's. Choose a number to see its records.{lacking}"


def _label(view: View, object_type: str, name: str) -> str:
    return elements.plain(view.portal.label(object_type, name))


def _table(  # noqa: PLR0913 - what to show, and under which choices
    view: View, object_type: str, found: Workload, shown: Sequence[Kind], *, days: int, place: str
) -> None:
    listed = readable(found, shown)
    chosen = health_table.choose(
        listed,
        rows=len(listed),
        key=f"health.{place}.{object_type}",
        config={_OWNER: st.column_config.TextColumn(_OWNER, width=200)}
        | {LABELS[kind]: st.column_config.NumberColumn(LABELS[kind], format="localized") for kind in shown},
        alt=f"{words.OBJECT_NOUNS[object_type][1].capitalize()} by owner",
    )
    asked = cell(found, shown, chosen.cells)
    if asked is not None:
        _rows(view, object_type, *asked, found=found, days=days, place=place)


def readable(found: Workload, shown: Sequence[Kind]) -> pd.DataFrame:
    """Return the table as it is shown: all records first, then owner by owner."""
    labels = pd.Series([EVERYBODY, *map(one_line, found.rows["label"])], dtype="str")
    counts = {LABELS[kind]: [found.totals[kind], *found.rows[kind]] for kind in shown}
    return pd.DataFrame({_OWNER: labels, **counts})


def cell(found: Workload, shown: Sequence[Kind], cells: Sequence[tuple[int, str]]) -> tuple[Kind, str] | None:
    """Return which records the chosen cell counts, by kind and owner; None where none is. A name stands for owned."""
    if not cells:
        return None
    place, header = cells[0]
    if not 0 <= place <= len(found.rows):
        return None
    owned: Kind = "owned"
    kind = next((kind for kind in shown if LABELS[kind] == header), owned)
    return kind, ALL if place == 0 else str(found.rows["value"].iloc[place - 1])


def name_of(found: Workload, value: str) -> str:
    """Return what to call an owner, or everybody."""
    return EVERYBODY if value == ALL else str(found.rows["label"][found.rows["value"] == value].iloc[0])


def _rows(  # noqa: PLR0913 - which records, and under which choices
    view: View, object_type: str, kind: Kind, value: str, *, found: Workload, days: int, place: str
) -> None:
    said = f"Silent for {days} days" if kind == "silent" else LABELS[kind]
    st.subheader(f"{said} · {elements.plain(name_of(found, value))}", anchor=False)
    dates = (*ACTIVITY, NEXT)
    context = ("email", COMPANY_NAME) if object_type == CONTACTS else ("domain",)
    rows.behind(
        view,
        answers.owned_by(object_type, kind, value=value, days=days),
        columns=(NAME, OWNER, *dates, *context, "createdate"),
        key=f"health.{place}.rows",
        file_columns=(OWNER, *context[:1], *dates),
    )

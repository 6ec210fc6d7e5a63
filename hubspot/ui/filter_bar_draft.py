"""What the dialog of filters holds until it is applied: rows in groups, each row a number that names its widgets."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from hubspot.analysis.filters import Condition, Filters, OrUnknown
from hubspot.analysis.filters.fields import Fields
from hubspot.ui import filter_bar_held
from hubspot.ui.filter_bar_held import EARLIEST, LATEST, key
from hubspot.ui.filter_bar_operators import OPERATORS, question_of

PROPERTY, OPERATOR, OR_UNKNOWN, ASKED = "property", "operator", "or_unknown", "asked"
_DRAFT, _NEXT = "draft", "draft_next"


def begin(fields: Fields) -> None:
    """Start from the filters that no widget of the sidebar holds; with none there is one free row.

    A condition that is asked of every record is shown in the group, unless there are several.
    """
    object_type = fields.object_type
    for name in [name for name in st.session_state if str(name).startswith(f"{key(object_type, _DRAFT)}.")]:
        del st.session_state[name]
    rest = filter_bar_held.more(object_type)
    groups = rest.groups if len(rest.groups) > 1 else (rest.conditions + (rest.groups[0] if rest.groups else ()),)
    _hold(object_type, [[_row_of(fields, each) for each in group] or [_free_row(object_type)] for group in groups])


def groups(object_type: str) -> Sequence[Sequence[int]]:
    """Return the rows of each group."""
    held: Sequence[Sequence[int]] = st.session_state.get(key(object_type, _DRAFT), [])
    return held


def applied(object_type: str, drafted: Sequence[Sequence[Condition]]) -> Filters:
    """Return what replaces the filters that no widget of the sidebar holds.

    Beside several groups there may be conditions that every record is asked and only a link can say: they stay.
    """
    rest = filter_bar_held.more(object_type)
    kept = rest.conditions if len(rest.groups) > 1 else ()
    return Filters(kept, tuple(map(tuple, drafted)))


def add_group(object_type: str) -> None:
    """Add a group with one free row; a callback."""
    _hold(object_type, [*groups(object_type), [_free_row(object_type)]])


def add_row(object_type: str, number: int) -> None:
    """Add a free row to a group; a callback."""
    found = [list(rows) for rows in groups(object_type)]
    found[number].append(_free_row(object_type))
    _hold(object_type, found)


def remove_row(object_type: str, row: int) -> None:
    """Take a row away, and a group that has none left; a callback."""
    kept = [[each for each in rows if each != row] for rows in groups(object_type)]
    _hold(object_type, [rows for rows in kept if rows] or [[_free_row(object_type)]])


def row_key(object_type: str, row: int, name: str) -> str:
    """Return the session key of a part of a row."""
    return key(object_type, f"{_DRAFT}.{row}.{name}")


def _hold(object_type: str, found: Sequence[Sequence[int]]) -> None:
    st.session_state[key(object_type, _DRAFT)] = found


def _free_row(object_type: str) -> int:
    number: int = st.session_state.get(key(object_type, _NEXT), 0)
    st.session_state[key(object_type, _NEXT)] = number + 1
    return number


def _row_of(fields: Fields, condition: Condition) -> int:
    """Make a row whose widgets show a condition; one that no widget can show becomes a free row."""
    object_type = fields.object_type
    row, field = _free_row(object_type), fields.named(condition.column)
    if field is None or not field.answers(condition):
        return row
    name, shown = question_of(field.kind, condition)
    editor = OPERATORS[field.kind][name].editor
    held: dict[str, Any] = {
        PROPERTY: field.column,
        f"{field.column}.{OPERATOR}": name,
        f"{field.column}.{OR_UNKNOWN}": isinstance(condition, OrUnknown),
        ASKED: condition,
        **_seeds(f"{field.column}.{editor}", shown),
    }
    for part, value in held.items():
        st.session_state[row_key(object_type, row, part)] = value
    return row


def _seeds(name: str, shown: Any) -> dict[str, Any]:
    match shown:
        case frozenset():
            return {name: sorted(shown)}
        case (date() as first, date() as last):
            return {name: (_on_screen(first), _on_screen(last))}
        case (low, high):
            return {f"{name}.low": low, f"{name}.high": high}
        case date():
            return {name: _on_screen(shown)}
        case _:
            return {name: shown}


def _on_screen(day: date) -> date:
    return min(max(day, EARLIEST), LATEST)

"""Which columns a table has: those of the link, else a person's own, else the usual ones; and the dialog to choose."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from hubspot.analysis.records import NAME, column_label
from hubspot.ui import (
    actions,
    addressed,
    explore_columns_options,
    explore_columns_sets,
    services,
    state,
    tables,
    trouble,
)
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

_COLUMNS = "columns"
# A browser writes it as it is, and no internal name holds it.
_SEPARATOR = "~"
_MOST = 60
_EVERY_GROUP = "All groups"


@dataclass(frozen=True, slots=True)
class Columns:
    """The chosen columns by internal name: `shown` are in the copy, `missing` are properties that are not loaded."""

    shown: tuple[str, ...]
    missing: tuple[str, ...] = ()


def held(view: View, object_type: str, frame: pd.DataFrame) -> Columns:
    """Return the columns of a table, the name first, and say so where a link asks for some that do not exist here."""
    kept, said = _key(object_type), f"{_key(object_type)}.unknown"
    told = addressed.follow(object_type, _COLUMNS)
    if told is not None:
        found, unknown = explore_columns_options.known(told.split(_SEPARATOR)[:_MOST], view.portal, object_type, frame)
        st.session_state[kept], st.session_state[said] = found or tables.COLUMNS[object_type], unknown
    elif kept not in st.session_state:
        st.session_state[kept] = _own(view, object_type, frame)
    columns = chosen(object_type)
    is_usual = columns == tables.COLUMNS[object_type]
    addressed.tell(object_type, _COLUMNS, "" if is_usual else _SEPARATOR.join(columns[1:]))
    if count := st.session_state.get(said):
        nouns = "column of this link is" if count == 1 else "columns of this link are"
        st.info(f"{count} {nouns} not of this portal, so left out.", icon=":material/link_off:")
    divided = _divided(columns, frame)
    # Nobody chose the usual ones: those that a portal lacks are left out without a word.
    return Columns(divided.shown) if is_usual else divided


def chosen(object_type: str) -> tuple[str, ...]:
    """Return the columns that this tab shows, those that are not loaded among them."""
    columns: tuple[str, ...] = st.session_state.get(_key(object_type), tables.COLUMNS[object_type])
    return columns


def hold(object_type: str, columns: tuple[str, ...]) -> None:
    """Show these columns in this tab from the next run on."""
    st.session_state[_key(object_type)] = columns


def button(view: View, object_type: str) -> None:
    """Offer the dialog."""
    if st.button("Columns", icon=":material/view_column:", type="tertiary", key=f"{_key(object_type)}.open"):
        draft = f"{_key(object_type)}.draft"
        st.session_state[draft] = list(st.session_state[_key(object_type)][1:])
        explore_columns_sets.begin(draft)
        show(view.hub_id, object_type)


def tell_missing(view: View, object_type: str, columns: Columns) -> None:
    """Say which chosen properties are not there yet."""
    if not columns.missing:
        return
    named = ", ".join(one_line(column_label(view.portal, object_type, name)) for name in columns.missing[:3])
    count = "1 field" if len(columns.missing) == 1 else f"{len(columns.missing)} fields"
    if view.is_loading:
        st.info(f"Loading {count}: {named}", icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":small[:gray[Not loaded: {count}]]", width="content")
        if st.button(f":small[:primary[Load {count}]]", key=f"{_key(object_type)}.load", type="tertiary"):
            actions.load(view, columns={object_type: columns.missing})
            st.rerun()


@st.dialog("Columns", width="large")
@trouble.guarded
def show(hub_id: int, object_type: str) -> None:
    """Show what a table may have, and take what is chosen. Raises NotConnected, said in its place."""
    view = state.view(hub_id=hub_id)
    frame = state.frame(view, object_type)
    if frame is None:
        st.info("No records have arrived yet.", icon=":material/hourglass_empty:")
        return
    draft = f"{_key(object_type)}.draft"
    explore_columns_sets.show(view, object_type, frame, draft=draft)
    offered = explore_columns_options.offered(view.portal, object_type, frame)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        groups = list(dict.fromkeys(group for _, group, _ in offered.values()))
        group = st.selectbox("Group", [_EVERY_GROUP, *groups], label_visibility="collapsed", width=260)
        is_custom_only = st.toggle("Custom only", key=f"{draft}.custom")
    drafted = st.session_state.get(draft, [])
    listed = [
        name
        for name, (_, of_group, is_custom) in offered.items()
        if name in drafted or (group in {_EVERY_GROUP, of_group} and (is_custom or not is_custom_only))
    ]
    st.multiselect(
        "Columns after the name, in this order; type to search",
        listed,
        format_func=lambda name: explore_columns_options.told(name, offered, frame),
        key=draft,
        max_selections=_MOST - 1,
        placeholder="Search properties",
    )
    _foot(view, object_type, draft, frame)


def _foot(view: View, object_type: str, draft: str, frame: pd.DataFrame) -> None:
    drafted = (NAME, *st.session_state[draft])
    missing = _divided(drafted, frame).missing
    if missing:
        count = "1 of them is" if len(missing) == 1 else f"{len(missing)} of them are"
        st.markdown(f":small[:gray[{count} not loaded yet: HubSpot is asked for it when you apply.]]")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Apply", key=f"{draft}.apply"):
            _keep(view, object_type, drafted)
            if missing:
                actions.load(view, columns={object_type: missing})
            st.rerun()
        if st.button("Use the usual columns", type="tertiary", key=f"{draft}.reset"):
            _keep(view, object_type, tables.COLUMNS[object_type])
            st.rerun()
    explore_columns_sets.offer_keeping(view, object_type, draft=draft)


def _keep(view: View, object_type: str, columns: tuple[str, ...]) -> None:
    """Show these columns from now on, also the next time this person comes."""
    st.session_state[_key(object_type)] = columns
    st.session_state.pop(f"{_key(object_type)}.unknown", None)
    is_usual = columns == tables.COLUMNS[object_type]
    services.services().preferences.put(view.grant.account, _key(object_type), [] if is_usual else list(columns))


def _own(view: View, object_type: str, frame: pd.DataFrame) -> tuple[str, ...]:
    stored = services.services().preferences.get(view.grant.account, _key(object_type))
    names = [name for name in stored if isinstance(name, str)] if isinstance(stored, list) else []
    found, _ = explore_columns_options.known(names[:_MOST], view.portal, object_type, frame)
    return found or tables.COLUMNS[object_type]


def _divided(names: Sequence[str], frame: pd.DataFrame) -> Columns:
    return Columns(
        tuple(name for name in names if name in frame),
        tuple(name for name in names if name not in frame and "." not in name),
    )


def _key(object_type: str) -> str:
    return f"{object_type}.{_COLUMNS}"

"""The drawer of one record: its fields by group, its company and the contacts there, its stages, the way to HubSpot."""

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from hubspot.analysis.filters import Between, Filters
from hubspot.analysis.profile import Profile, profile
from hubspot.analysis.records import COMPANY_NAME, NAME, decoded
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import elements, explore_links, state, tables, trouble, words
from hubspot.ui.numbers import EMPTY, day
from hubspot.ui.state import View

_COLLEAGUES = 8
_TITLES = {CONTACTS: "Contact", COMPANIES: "Company"}


def note(object_type: str, ids: Sequence[int], names: Sequence[str], table: str) -> None:
    """Note which record of a page was chosen in its table; a callback, after which `show_asked` opens the drawer."""
    rows = st.session_state[table].selection.rows
    if rows:
        st.session_state[_key(object_type)] = (ids[rows[0]], names[rows[0]])


def show_asked(view: View, object_type: str) -> None:
    """Open the drawer of the record that was just chosen, if one was."""
    asked = st.session_state.pop(_key(object_type), None)
    if asked is None:
        return
    record_id, name = asked
    opened = st.dialog(elements.plain(name), width="medium", position="right")
    opened(trouble.guarded(partial(_drawer, view.hub_id, object_type, record_id)))()


def _drawer(hub_id: int, object_type: str, record_id: int) -> None:
    # Asked again at each rerun of the drawer alone.
    view = state.view(hub_id=hub_id)
    copy = state.copy_of(view.key)
    try:
        texts = {
            name: each[record_id] for name, each in copy.verbatim.get(object_type, {}).items() if record_id in each
        }
        found = profile(copy.frames, copy.portal, object_type, record_id, texts=texts, is_masked=view.is_masked)
    except KeyError:
        st.info("This record is no longer there.", icon=":material/inbox:")
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":gray[{_TITLES[object_type]} {record_id}]", width="content")
        if not state.is_sample() and not view.is_masked and tables.is_hubspot(view.account):
            address = view.account.record_url(object_type, record_id)
            st.link_button("Open in HubSpot", address, icon=":material/open_in_new:", type="tertiary")
    _stages(found)
    _people(view, object_type, found, record_id)
    for group, values in found.fields.items():
        with st.expander(f"{elements.plain(group)} · {len(values)}", expanded=group in _first(found)):
            _fields(values)


def _first(found: Profile) -> list[str]:
    return list(found.fields)[:1]


def _stages(found: Profile) -> None:
    if found.stages:
        told = " → ".join(f"**{elements.plain(label)}** :small[:gray[{day(when)}]]" for label, when in found.stages)
        st.markdown(told)


def _fields(values: Mapping[str, object]) -> None:
    with st.grid(2, min_column_width=180):
        for label, value in values.items():
            st.markdown(f":small[:gray[{elements.plain(label)}]]  \n{elements.plain(_told(value))}")


def _told(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return day(value.date()) + (f", {value:%H:%M}" if value != value.normalize() else "")
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,}"
    return str(value)


def _people(view: View, object_type: str, found: Profile, record_id: int) -> None:
    others = found.contacts
    if object_type == CONTACTS:
        others = others[(others["hs_object_id"] != record_id).to_numpy(dtype=bool)]
    if found.company_id is None or others.empty:
        return
    where = others[COMPANY_NAME].iloc[0] if COMPANY_NAME in others else ""
    said = words.counted(len(others), CONTACTS)
    title = f"{where}: {said} more" if object_type == CONTACTS and where else said
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{elements.plain(str(title))}**", width="content")
            of_company = Filters((Between("associatedcompanyid", found.company_id, found.company_id),))
            label = f":small[:primary[{explore_links.OPEN_ROWS}]]"
            if st.button(label, key=f"{object_type}.drawer.all", type="tertiary"):
                explore_links.ask(CONTACTS, of_company)
                st.rerun()
        listed = decoded(others.head(_COLLEAGUES), view.portal, CONTACTS)
        for _, each in listed.iterrows():
            told = [each.get(column) for column in ("jobtitle", "lifecyclestage")]
            rest = " · ".join(elements.plain(str(text)) for text in told if not pd.isna(text))
            st.markdown(f"{elements.plain(str(each[NAME]))} :small[:gray[{rest or EMPTY}]]")


def _key(object_type: str) -> str:
    return f"{object_type}.drawer"

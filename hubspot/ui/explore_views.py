"""Views: filters, columns and order together, built in, kept by a person, or sent as a link.

A link is the address of the page. What may not stand there, text that somebody typed, is kept sealed, and the address
carries its id, which opens for sessions of the same portal only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from hubspot.analysis.filters import Filters, from_json, to_json
from hubspot.analysis.filters.fields import Fields
from hubspot.analysis.ordering import NEWEST, Sort, sort_from
from hubspot.analysis.views import BUILT_IN
from hubspot.ui import (
    browser,
    elements,
    explore_columns,
    explore_columns_options,
    explore_sort,
    filter_bar_held,
    filter_bar_sealed,
    services,
    state,
    tables,
)
from hubspot.ui.destinations import PAGES
from hubspot.ui.state import View

_MOST, _MOST_LETTERS = 30, 60


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a view arranges."""

    filters: Filters
    columns: tuple[str, ...] = ()
    sort: Sort = NEWEST

    def told(self) -> dict[str, Any]:
        """Return plain JSON types, for what is sealed."""
        return {"filters": to_json(self.filters), "columns": list(self.columns), "sort": str(self.sort)}


def follow(view: View, object_type: str, frame: pd.DataFrame) -> None:
    """Arrange the page as a link of an earlier version says, which holds a whole view; of others the page itself does.

    Raises StoreError.
    """
    view_id = st.query_params.get(filter_bar_sealed.VIEW)
    if view_id is None or filter_bar_held.is_told(object_type, view_id):
        return
    kept = filter_bar_sealed.opened(view_id, view.hub_id, object_type) or {}
    found = _read(kept, view, object_type, frame) if "columns" in kept else None
    if found is not None:
        del st.query_params[filter_bar_sealed.VIEW]
        _apply(object_type, found)


def show(view: View, object_type: str, frame: pd.DataFrame) -> None:
    """Offer the views, to keep the present one, and its link."""
    with st.popover("Views", icon=":material/bookmark:", type="tertiary"):
        with st.container(gap="xxsmall"):
            for name, filters in BUILT_IN[object_type].items():
                _offer(object_type, name, Arrangement(filters), key=f"built_in.{name}")
            own = _own(view, object_type)
            if own:
                st.markdown(":small[:gray[Mine]]")
            for name, told in own.items():
                found = _read(told, view, object_type, frame)
                if found is not None:
                    _offer_own(view, object_type, name, found)
        _keeping(view, object_type)
        _linking(view, object_type, frame)


def _offer(object_type: str, name: str, found: Arrangement, *, key: str) -> None:
    st.button(
        elements.plain(name),
        key=f"{object_type}.view.{key}",
        type="tertiary",
        on_click=_apply,
        args=(object_type, found),
    )


def _offer_own(view: View, object_type: str, name: str, found: Arrangement) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        _offer(object_type, name, found, key=f"own.{name}")
        st.button(
            "Delete",
            icon=":material/delete:",
            key=f"{object_type}.view.delete.{name}",
            type="tertiary",
            on_click=_forget,
            args=(view, object_type, name),
        )


def _keeping(view: View, object_type: str) -> None:
    key = f"{object_type}.view.name"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        st.text_input("Keep this view as", key=key, max_chars=_MOST_LETTERS, placeholder="Name")
        st.button("Save", key=f"{object_type}.view.save", on_click=_keep, args=(view, object_type, key))


def _linking(view: View, object_type: str, frame: pd.DataFrame) -> None:
    if st.button("Copy link", icon=":material/link:", type="tertiary", key=f"{object_type}.view.link"):
        st.code(_link(view, object_type, frame), language=None, wrap_lines=True)
        st.markdown(":small[:gray[It opens for people who connected this portal.]]")


def _link(view: View, object_type: str, frame: pd.DataFrame) -> str:
    """Return an address that shows the same to anybody who may see this portal. Raises StoreError."""
    sealed = filter_bar_sealed.told(filter_bar_held.held(object_type), Fields(view.portal, object_type, frame))
    query = {**st.query_params.to_dict(), state.PORTAL: str(view.hub_id), **sealed}
    return f"{browser.origin()}{PAGES[object_type].path}?{urlencode(query)}"


def _present(object_type: str) -> Arrangement:
    columns = explore_columns.chosen(object_type)
    return Arrangement(filter_bar_held.held(object_type), columns, explore_sort.chosen(object_type))


def _apply(object_type: str, found: Arrangement) -> None:
    filter_bar_held.hold_all(object_type, found.filters)
    if found.columns:
        explore_columns.hold(object_type, found.columns)
        explore_sort.hold(object_type, found.sort)


def _own(view: View, object_type: str) -> dict[str, Mapping[str, Any]]:
    stored = services.services().preferences.get(view.grant.account, _name(object_type))
    return stored if isinstance(stored, dict) else {}


def _keep(view: View, object_type: str, key: str) -> None:
    name = st.session_state[key].strip()
    if not name:
        return
    kept = {**_own(view, object_type), name: _present(object_type).told()}
    newest = dict(list(kept.items())[-_MOST:])
    services.services().preferences.put(view.grant.account, _name(object_type), newest)
    st.session_state[key] = ""


def _forget(view: View, object_type: str, name: str) -> None:
    kept = {each: told for each, told in _own(view, object_type).items() if each != name}
    services.services().preferences.put(view.grant.account, _name(object_type), kept)


def _read(told: Mapping[str, Any], view: View, object_type: str, frame: pd.DataFrame) -> Arrangement | None:
    """Read what was kept, None where it was written in another form."""
    try:
        filters = from_json(told.get("filters"))
    except ValueError:
        return None
    known, _ = explore_columns_options.known(told.get("columns", ()), view.portal, object_type, frame)
    return Arrangement(filters, known or tables.COLUMNS[object_type], sort_from(str(told.get("sort", "")), frame))


def _name(object_type: str) -> str:
    return f"{object_type}.views"

"""The table of Contacts and Companies: one page of the selected records, their order, and their file."""

import json
import zlib
from collections.abc import Sequence

import streamlit as st

from hubspot.analysis.filters import Filters, to_json
from hubspot.analysis.masking import masked
from hubspot.analysis.ordering import Sort
from hubspot.analysis.records import NAME
from hubspot.ui import (
    elements,
    explore_columns,
    explore_drawer,
    explore_empty,
    explore_sort,
    files,
    files_menu,
    state,
    tables,
    trouble,
    words,
)
from hubspot.ui.explore import Selection
from hubspot.ui.state import View

PAGE_SIZES = (100, 50, 500)
_ROWS_SEEN = 14


def listing(view: View, selection: Selection) -> None:
    """Show how many records are selected, their download and the table; or the way out of an empty selection."""
    object_type = selection.object_type
    if not len(selection):
        explore_empty.tell_nothing_matches(view, object_type, selection.filters)
        return
    chosen = explore_columns.held(view, object_type, selection.everything)
    explore_columns.tell_missing(view, object_type, chosen)
    columns = chosen.shown
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.space("stretch")
        explore_columns.button(view, object_type)
        explore_sort.choose(view.portal, object_type, sort=selection.sort, columns=columns)
        _download(view, object_type, selection.filters, columns=columns, sort=selection.sort, count=len(selection))
    # Beside it, above the table's right corner, the table's own tools appear: nothing to click may be under them.
    st.markdown(_count_line(selection))
    table = st.container(gap="xsmall")
    start, stop = _page(selection)
    with table:
        _table(view, selection, columns, start=start, stop=stop)


def _table(view: View, selection: Selection, columns: Sequence[str], *, start: int, stop: int) -> None:
    object_type = selection.object_type
    records = selection.everything.take(selection.positions[start:stop])
    shown = tables.table(records, view.portal, object_type, columns=columns, links=not state.is_sample())
    said = words.of_total(len(selection), len(selection.everything), object_type)
    ids = [int(each) for each in records["hs_object_id"]]
    named = masked(records[["hs_object_id", NAME]], view.portal, object_type) if view.is_masked else records
    names = named[NAME].tolist()
    # Another page or order is another table, of which nothing is chosen yet.
    key = f"{object_type}.table.{zlib.crc32(repr((ids, str(selection.sort))).encode()):08x}"
    by_header = {label: column for column, label in tables.headers(view.portal, object_type, columns).items()}

    def chosen() -> None:
        explore_sort.follow_header(object_type, st.session_state[key].selection.columns, by_header)
        explore_drawer.note(object_type, ids, names, key)

    with st.container(key=f"{elements.OPENING_ROWS}.{object_type}"):
        st.dataframe(
            shown.frame,
            key=key,
            alt=f"Table of {said}, from {start + 1} to {stop}",
            on_select=chosen,
            # Where columns can be chosen the browser does not sort: it has only one page of the records.
            selection_mode=["single-row", "single-column"],
            **shown.options(_ROWS_SEEN, is_page=True),
        )
    elements.open_rows_by_keyboard()
    explore_drawer.show_asked(view, object_type)


def _page(selection: Selection) -> tuple[int, int]:
    """Offer the pages, where there are several; return where the chosen one begins and ends."""
    count, object_type = len(selection), selection.object_type
    size_key = f"{object_type}.page_size"
    size: int = st.session_state.get(size_key) or PAGE_SIZES[0]
    pages = -(-count // size)
    if count <= min(PAGE_SIZES):
        return 0, count
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        said = st.container(width="content")
        page = st.pagination(pages, key=_page_key(selection, pages), max_visible_pages=5) if pages > 1 else 1
        st.selectbox(
            "Rows per page",
            sorted(PAGE_SIZES),
            index=sorted(PAGE_SIZES).index(PAGE_SIZES[0]),
            format_func="{} per page".format,
            key=size_key,
            label_visibility="collapsed",
            persist_state="session",
            width=140,
        )
    start = (page - 1) * size
    stop = min(start + size, count)
    said.markdown(f":small[:gray[{words.number(start + 1)}\N{EN DASH}{words.number(stop)} of {words.number(count)}]]")
    return start, stop


def _page_key(selection: Selection, pages: int) -> str:
    """Return another key wherever the records, their order or the number of pages are others: the first page again."""
    shown = json.dumps([to_json(selection.filters), str(selection.sort), pages])
    return f"{selection.object_type}.page.{zlib.crc32(shown.encode()):08x}"


def _count_line(selection: Selection) -> str:
    total = words.counted(len(selection.everything), selection.object_type)
    return f"**{words.number(len(selection))}** :gray[of {total}]"


# Soon enough that a page which is only looked at never offers a link that has expired.
@st.fragment(run_every=files.LIFETIME_SECONDS / 2)
@trouble.guarded
def _download(  # noqa: PLR0913 - what a file holds
    view: View, object_type: str, filters: Filters, *, columns: Sequence[str], sort: Sort, count: int
) -> None:
    """Offer the selected records as files; one is made on the click, and access is asked for again then."""
    files_menu.show(view, object_type, filters, columns=columns, sort=sort, count=count)

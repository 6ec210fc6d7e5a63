"""The way to a file: CSV at once, Excel and Parquet one click further, and which of them is safe for what."""

from collections.abc import Sequence

import streamlit as st

from hubspot.analysis.filters import Filters
from hubspot.analysis.ordering import NEWEST, Sort
from hubspot.analysis.questions import Question
from hubspot.ui import elements, files, spreadsheet, words
from hubspot.ui.state import View

PARTIAL = ":small[:gray[Still arriving: a file made now is partial, and its name says so.]]"
EXCEL = "Safe to open, edit and import again: every text stays as it is."
PARQUET = "For programs: internal names and stored values, nothing changed."
CSV = (
    "**CSV** is for programs. Do not open it in Excel and import it again: Excel turns texts like 3-4, 1E5, MAR1 or "
    "00123 into days and numbers, and what begins like a formula, +49 too, has an apostrophe in front."
)


def show(  # noqa: PLR0913 - what a file holds
    view: View,
    object_type: str,
    filters: Filters,
    *,
    columns: Sequence[str],
    count: int,
    sort: Sort = NEWEST,
    question: Question | None = None,
) -> None:
    """Offer `count` rows as files; each is made when it is fetched, and access is asked for again then."""

    def address(file_format: files.Format) -> str:
        return files.address(view, object_type, filters, columns, question=question, sort=sort, file_format=file_format)

    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="xsmall"):
        if view.is_partial:
            st.markdown(PARTIAL, width="content")
        elements.link("Download CSV", address("csv"), primary=False)
        with st.popover("Formats", type="tertiary"), st.container(width=300, gap="xsmall"):
            if count > spreadsheet.MOST_RECORDS:
                most = words.number(spreadsheet.MOST_RECORDS)
                st.markdown(f":small[:gray[Excel takes up to {most} records here: filter, or use CSV or Parquet.]]")
            else:
                elements.link("Excel (XLSX)", address("xlsx"), primary=False, width="stretch")
                st.markdown(f":small[:gray[{EXCEL}]]")
            elements.link("Parquet", address("parquet"), primary=False, width="stretch")
            st.markdown(f":small[:gray[{PARQUET}]]")
            counted = words.counted_rows(count, object_type, question)
            st.markdown(f":small[:gray[{CSV} All files hold {counted}, of all pages.]]")

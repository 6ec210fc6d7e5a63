"""The way to a file: CSV at once, Excel and Parquet one click further."""

from collections.abc import Sequence

import streamlit as st

from hubspot.analysis.filters import Filters
from hubspot.analysis.ordering import NEWEST, Sort
from hubspot.analysis.questions import Question
from hubspot.ui import elements, files, spreadsheet, words
from hubspot.ui.state import View


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
        elements.link("Download CSV", address("csv"), primary=False)
        with st.popover("Formats", type="tertiary"), st.container(width=250, gap="xsmall"):
            if count > spreadsheet.MOST_RECORDS:
                most = words.number(spreadsheet.MOST_RECORDS)
                st.markdown(f":small[:gray[Excel takes up to {most} records here: use CSV or Parquet.]]")
            else:
                elements.link("Excel (XLSX)", address("xlsx"), primary=False, width="stretch")
            elements.link("Parquet", address("parquet"), primary=False, width="stretch")
            counted = words.counted_rows(count, object_type, question)
            st.markdown(
                f":small[:gray[{counted}, all pages. CSV and Excel hold labels, "
                "Parquet internal names and stored values.]]"
            )

"""The rows behind a number that no filter can name: a count, a file of exactly these records, and a table."""

from collections.abc import Sequence

import streamlit as st

from hubspot.analysis.calendar import Calendar
from hubspot.analysis.filters import Filters
from hubspot.analysis.questions import Question
from hubspot.ui import files, files_menu, state, tables, trouble, words
from hubspot.ui.answers import answered
from hubspot.ui.state import View

_ROWS_SEEN = 12


def behind(
    view: View, question: Question, *, columns: Sequence[str], key: str, file_columns: Sequence[str] | None = None
) -> None:
    """Show the records of a question with these columns, and offer them as a file; say so where there are none.

    The file has `file_columns` after the Record ID, the same columns by default.
    """
    found = answered(view.key, question, Calendar(state.now(), view.account.time_zone).today, columns)
    if found.empty:
        st.markdown(f":small[:gray[No {words.OBJECT_NOUNS[question.object_type][1]} to show.]]")
        return
    count = words.counted_rows(len(found), question.object_type, question)
    _download(view, question, columns if file_columns is None else file_columns, len(found))
    # Beside it, above the table's right corner, the table's own tools appear: nothing to click may be under them.
    st.markdown(f"**{count}**")
    links = not state.is_sample()
    shown = tables.table(found, view.portal, question.object_type, columns=columns, links=links)
    st.dataframe(shown.frame, key=key, alt=f"Table of {count}", **shown.options(_ROWS_SEEN))


# Soon enough that a page which is only looked at never offers a link that has expired.
@st.fragment(run_every=files.LIFETIME_SECONDS / 2)
@trouble.guarded
def _download(view: View, question: Question, columns: Sequence[str], count: int) -> None:
    files_menu.show(view, question.object_type, Filters(), columns=columns, question=question, count=count)

"""Choices that several tabs of data health share, kept in the address."""

import streamlit as st

from hubspot.analysis.quality.activity import LEAST_DAYS, MOST_DAYS, SILENT_DAYS
from hubspot.ui import choices, health_answers
from hubspot.ui.state import View


def object_type(view: View) -> str | None:
    """Return the object type that the person looks at; None, said on the page, where there is no record of any."""
    loaded = health_answers.loaded(view)
    if not loaded:
        st.markdown(":gray[There is no record to look at.]")
        return None
    return choices.object_type(loaded, is_labelled=True)


def days() -> int:
    """Return after how many days without activity a record is silent."""
    chosen: int = st.slider(
        "Silent after",
        LEAST_DAYS,
        MOST_DAYS,
        SILENT_DAYS,
        format="%d days",
        key="days",
        bind="query-params",
        width=280,
    )
    return chosen

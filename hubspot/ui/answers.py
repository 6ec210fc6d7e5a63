"""Which module answers a question, asked of the copy that somebody sees; each answer is kept a while."""

from collections.abc import Mapping
from datetime import date

import pandas as pd
import streamlit as st

from hubspot.analysis import duplicates
from hubspot.analysis.lifecycle import answers as lifecycle
from hubspot.analysis.quality import answers as quality
from hubspot.analysis.questions import Answer, Question
from hubspot.errors import SnapshotReplaced
from hubspot.ui import history, state
from hubspot.ui.state import Key

ANSWERS: Mapping[str, Answer] = {
    **quality.ANSWERS,
    **lifecycle.ANSWERS,
    "duplicates.pairs": duplicates.pair_rows,
    **history.ANSWERS,
}
"""By the name of the question."""


@st.cache_resource(ttl=900, max_entries=16, show_spinner=False)
def answered(key: Key, question: Question, today: date) -> pd.DataFrame:
    """Return the records of a question in a copy on a day of the portal: never change the frame.

    Raises SnapshotError, also where the copy lacks the records of that object type.
    """
    copy = state.copy_of(key)
    if question.object_type not in copy.frames:
        raise SnapshotReplaced("The copy that this was to be answered from is gone.")
    return ANSWERS[question.name](copy.frames, copy.portal, question, today)

"""Which module answers a question, asked of the copy that somebody sees; each answer is kept a while."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from hubspot.analysis import duplicates
from hubspot.analysis.lifecycle import answers as lifecycle
from hubspot.analysis.quality import answers as quality
from hubspot.analysis.questions import Answer, Question
from hubspot.analysis.records import NAME
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


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """An answer as it is kept: `positions` of its records in the copy's frame, and the columns that it `added`.

    Records that are not in the frame have no position: then `added` is the whole answer, and `positions` is None.
    """

    positions: NDArray[np.int32] | None
    added: pd.DataFrame


def answered(key: Key, question: Question, today: date, columns: Collection[str] | None = None) -> pd.DataFrame:
    """Return the records of a question in a copy on a day of the portal, all columns or those of `columns` there are.

    The ids and names of records are always there. Raises SnapshotError, also where the copy lacks the records of that
    object type.
    """
    kept = _kept(key, question, today)
    if kept.positions is None:
        return kept.added
    frame = _frame(key, question)
    wanted = frame if columns is None else frame[[name for name in frame if name in {"hs_object_id", NAME, *columns}]]
    found = wanted.take(kept.positions)
    return pd.concat([found, kept.added.set_axis(found.index)], axis="columns") if len(kept.added.columns) else found


# Positions and what was added, not records: of a large finding those would be as large as the copy, for every question.
@st.cache_resource(ttl=900, max_entries=16, show_spinner=False)
def _kept(key: Key, question: Question, today: date) -> _Kept:
    frame, copy = _frame(key, question), state.copy_of(key)
    found = ANSWERS[question.name](copy.frames, copy.portal, question, today)
    places = pd.Index(frame["hs_object_id"]).get_indexer(pd.Index(found["hs_object_id"]))
    if (places < 0).any():
        return _Kept(None, found)
    added = found[[name for name in found if name not in frame]]
    # A copy: a part of the answer would hold all of it.
    return _Kept(places.astype(np.int32), added.copy())


def _frame(key: Key, question: Question) -> pd.DataFrame:
    frames = state.copy_of(key).frames
    if question.object_type not in frames:
        raise SnapshotReplaced("The copy that this was to be answered from is gone.")
    return frames[question.object_type]

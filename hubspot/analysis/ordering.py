"""The order of a table: by one column, either way, records without a value always last."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hubspot.analysis.folding import folded, folded_text
from hubspot.analysis.records import NO_VALUE, SEARCH, as_category, value_labels
from hubspot.portal import Portal

_LAST = np.iinfo(np.int64).max
_STAGE = "lifecyclestage"


@dataclass(frozen=True, slots=True)
class Sort:
    """Which column orders the records, and whether the greatest value comes first; written like "-createdate"."""

    column: str = "createdate"
    descending: bool = True

    def __str__(self) -> str:
        """Return the sort as it stands in an address."""
        return f"{'-' if self.descending else ''}{self.column}"


NEWEST = Sort()


def sort_from(text: str, frame: pd.DataFrame) -> Sort:
    """Read a sort; newest first where the text is empty or names no column of the frame."""
    column = text.removeprefix("-")
    return Sort(column, descending=text.startswith("-")) if column in frame and column != SEARCH else NEWEST


def ordered(frame: pd.DataFrame, sort: Sort, portal: Portal, object_type: str) -> NDArray[np.int32]:
    """Return the positions of all records in the order of a sort; equal ones keep the frame's order.

    Texts are compared without upper case and accents, options by their labels, lifecycle stages in the portal's order.
    Without the column the order is the frame's.
    """
    if sort.column not in frame:
        return np.arange(len(frame), dtype=np.int32)
    ranks = _ranks(frame[sort.column], sort.column, portal, object_type)
    keys = np.where(ranks < 0, _LAST, -ranks if sort.descending else ranks)
    return np.argsort(keys, kind="stable").astype(np.int32)


def _ranks(values: pd.Series, column: str, portal: Portal, object_type: str) -> NDArray[np.int64]:
    """Return the place of each record's value among the distinct ones, -1 for none."""
    if isinstance(values.dtype, pd.CategoricalDtype | pd.BooleanDtype):
        categories = as_category(values)
        stored = [str(value) for value in categories.cat.categories]
        places = np.array([*_places(stored, column, portal, object_type), -1], dtype=np.int64)
        return places[categories.cat.codes.to_numpy().astype(np.intp)]
    found = pa.array(values, from_pandas=True)
    if pa.types.is_string(found.type) or pa.types.is_large_string(found.type):
        found = folded(found)
    distinct: NDArray[np.int64] = pc.rank(found, tiebreaker="dense").to_numpy().astype("int64")
    return np.where(pc.is_null(found).to_numpy(zero_copy_only=False), -1, distinct)


def _places(stored: list[str], column: str, portal: Portal, object_type: str) -> list[int]:
    labels = value_labels(portal, object_type, column=column, values=stored)
    stages = {stage.value: stage.order for stage in portal.stages(object_type)} if column == _STAGE else {}
    by_label = sorted(
        stored, key=lambda value: (stages.get(value, len(stages)), folded_text(labels.get(value, NO_VALUE)), value)
    )
    places = {value: place for place, value in enumerate(by_label)}
    return [places[value] for value in stored]

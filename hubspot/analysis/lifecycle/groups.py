"""How many records of each source or owner got from one stage to another, and how fast."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.counts import coded, no_value_label
from hubspot.analysis.lifecycle.journeys import Journeys, Mask
from hubspot.analysis.records import NO_VALUE, value_labels
from hubspot.portal import Portal


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Records by value of a property, on their way from one stage to another.

    `rows`: value, label, records (int64), started (int64, reached the first stage), arrived (int64, those of them that
    reached the second too), share (float64, arrived of started, missing where none started), days (float64, the median
    between entering both), timed (int64, over which it is: those with both dates, in order). Most started first,
    NO_VALUE last; every group holds a record.
    """

    rows: pd.DataFrame
    n: int


def groups(  # noqa: PLR0913 - a question of six words
    frame: pd.DataFrame, journeys: Journeys, column: str, *, portal: Portal, object_type: str, first: int, second: int
) -> Groups:
    """Return the records of each value of a column, on their way between the stages at two positions."""
    values, codes = coded(frame, column)
    labels = value_labels(portal, object_type, column=column, values=values)
    started, arrived, timed, days = between(journeys, first, second)
    size = len(values) + 1
    counts = [np.bincount(codes[each] + 1, minlength=size) for each in (slice(None), started, arrived, timed)]
    rows = pd.DataFrame(
        {
            "value": [NO_VALUE, *values],
            "label": [no_value_label(column), *(labels[value] for value in values)],
            "records": counts[0],
            "started": counts[1],
            "arrived": counts[2],
            "share": np.divide(counts[2], counts[1], out=np.full(size, np.nan), where=counts[1] > 0),
            "days": _medians(codes[timed] + 1, days[timed], size),
            "timed": counts[3],
        }
    ).astype({"value": "str", "label": "str"} | dict.fromkeys(("records", "started", "arrived", "timed"), "int64"))
    rows = rows[rows["records"] > 0]
    rows = rows.assign(last=rows["value"] == NO_VALUE).sort_values(
        ["last", "started", "label"], ascending=[True, False, True], kind="stable"
    )
    return Groups(rows.drop(columns="last").reset_index(drop=True), journeys.n)


def between(journeys: Journeys, first: int, second: int) -> tuple[Mask, Mask, Mask, NDArray[np.int32]]:
    """Return which records reached one stage, which another too, of which of those the days are known, and the days."""
    started = journeys.reached(first)
    arrived = started & journeys.reached(second)
    in_order, days = journeys.days_between(first, second)
    return started, arrived, arrived & in_order, days


def _medians(codes: NDArray[np.intp], days: NDArray[np.int32], size: int) -> NDArray[np.float64]:
    found = pd.Series(days).groupby(codes).median()
    return found.reindex(range(size)).to_numpy(dtype=np.float64)

"""The grid of missing values: which share of whose records lacks what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.calendar import Calendar, created, midnight
from hubspot.analysis.counts import OTHER
from hubspot.analysis.filters import Condition, Filters, Known, OneOf
from hubspot.analysis.quality.texts import Mask
from hubspot.analysis.records import NO_VALUE, NO_VALUE_LABELS, as_category, value_labels
from hubspot.portal import Portal

By = Literal["owner", "source", "stage", "month"]
COLUMNS: dict[By, str] = {
    "owner": "hubspot_owner_id",
    "source": "hs_analytics_source",
    "stage": "lifecyclestage",
    "month": "createdate",
}
# Semicolons part the values of a checkbox property, so no stored value is one of these.
ALL, EARLIER = ";all", ";earlier"
MOST_BUCKETS = 10
MONTHS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Records parted by something they have: `codes` holds the position in `stored` of each record's bucket.

    NO_VALUE, where a record has none, comes last; OTHER before it, for all values that are not among the most frequent.
    """

    stored: tuple[str, ...]
    labels: tuple[str, ...]
    codes: NDArray[np.intp]

    def without_empty(self) -> "Buckets":
        """Return only those that hold a record."""
        held = np.bincount(self.codes, minlength=len(self.stored)) > 0
        places = np.cumsum(held) - 1
        values = tuple(value for value, keep in zip(self.stored, held, strict=True) if keep)
        labels = tuple(label for label, keep in zip(self.labels, held, strict=True) if keep)
        return Buckets(values, labels, places[self.codes])


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Missing values by property and bucket.

    `missing` (int64) has a row per one of `properties` and a column per bucket, of which the first is ALL; `totals` has
    the number of records of each bucket, none zero. `stored` and `labels` name the buckets.
    """

    properties: tuple[str, ...]
    stored: tuple[str, ...]
    labels: tuple[str, ...]
    missing: NDArray[np.int64]
    totals: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Return the share of each bucket's records without a value, 0 to 1."""
        found: NDArray[np.float64] = self.missing / self.totals
        return found


def grid(  # noqa: PLR0913 - what to look at, and parted by what, on which day
    frame: pd.DataFrame, portal: Portal, object_type: str, *, by: By, properties: Sequence[str], today: date
) -> Grid | None:
    """Count the records without a value of each property, by bucket; None where there is no record.

    Properties that the frame lacks are left out. Without the column of `by` all records have no value of it.
    """
    if frame.empty:
        return None
    parted = buckets(frame, portal, object_type, by=by, today=today)
    size = len(parted.stored)
    listed = tuple(name for name in properties if name in frame)
    rows = [np.bincount(parted.codes[lacks(frame, name)], minlength=size) for name in listed]
    missing = np.array(rows, dtype=np.int64).reshape(len(listed), size)
    totals = np.bincount(parted.codes, minlength=size)
    return Grid(
        listed,
        (ALL, *parted.stored),
        ("All", *parted.labels),
        np.column_stack([missing.sum(axis=1), missing]),
        np.concatenate([[len(frame)], totals]),
    )


def lacks(frame: pd.DataFrame, name: str) -> Mask:
    """Return which records have no value of a property."""
    return frame[name].isna().to_numpy(dtype=bool)


def cell(  # noqa: PLR0913 - as for the grid
    frame: pd.DataFrame, portal: Portal, object_type: str, *, by: By, name: str, value: str, today: date
) -> Mask:
    """Return which records a cell of the grid counts: those of the bucket `value` without a value of `name`."""
    if value == ALL:
        return lacks(frame, name)
    parted = buckets(frame, portal, object_type, by=by, today=today)
    if value not in parted.stored:
        return np.zeros(len(frame), dtype=bool)
    here: Mask = lacks(frame, name) & (parted.codes == parted.stored.index(value))
    return here


def cell_filters(name: str, *, by: By, value: str) -> Filters | None:
    """Return the filters that say the same as a cell, None where none can."""
    lacking = Known(name, negated=True)
    if value == ALL:
        return Filters((lacking,))
    if by == "month" or value == OTHER:
        return None
    if name != COLUMNS[by]:
        own: Condition = OneOf(COLUMNS[by], frozenset({value}))
        return Filters((lacking, own))
    # Those of an owner who have no owner are nobody, which no filter says; two on one column would be one.
    return Filters((lacking,)) if value == NO_VALUE else None


def buckets(frame: pd.DataFrame, portal: Portal, object_type: str, *, by: By, today: date) -> Buckets:
    """Part records by owner, original source, lifecycle stage or month created (of the portal's zone).

    The stages are in the portal's order, the months oldest first, the others by size.
    """
    if by == "month":
        return _months(frame, portal, today).without_empty()
    column = COLUMNS[by]
    if column not in frame:
        none = (NO_VALUE_LABELS.get(column, "No value"),)
        return Buckets((NO_VALUE,), none, np.zeros(len(frame), dtype=np.intp))
    values = as_category(frame[column])
    stored = [str(each) for each in values.cat.categories]
    labels = value_labels(portal, object_type, column=column, values=stored)
    parted = Buckets(
        (*stored, NO_VALUE),
        (*(labels[each] for each in stored), NO_VALUE_LABELS.get(column, "No value")),
        np.where(values.cat.codes < 0, len(stored), values.cat.codes).astype(np.intp),
    )
    if by == "stage":
        return _ordered(parted, [stage.value for stage in portal.stages(object_type)])
    return _most_frequent(parted)


def _ordered(parted: Buckets, order: Sequence[str]) -> Buckets:
    known = {value: place for place, value in enumerate(order)}
    last = len(order) + len(parted.stored)
    places = [known.get(value, last + (value == NO_VALUE)) for value in parted.stored]
    return _rearranged(parted, np.argsort(places, kind="stable")).without_empty()


def _most_frequent(parted: Buckets) -> Buckets:
    counts = np.bincount(parted.codes, minlength=len(parted.stored))[:-1]
    order = np.argsort(-counts, kind="stable")
    moved = _rearranged(parted, np.append(order, len(counts))).without_empty()
    if len(moved.stored) <= MOST_BUCKETS + 2:
        return moved
    has_none = moved.stored[-1] == NO_VALUE
    end = len(moved.stored) - has_none
    codes = np.where(moved.codes >= end, MOST_BUCKETS + 1, np.minimum(moved.codes, MOST_BUCKETS))
    none = slice(end, None)
    return replace(
        moved,
        stored=(*moved.stored[:MOST_BUCKETS], OTHER, *moved.stored[none]),
        labels=(*moved.labels[:MOST_BUCKETS], "Other", *moved.labels[none]),
        codes=codes,
    )


def _rearranged(parted: Buckets, order: NDArray[np.intp]) -> Buckets:
    places = np.empty(len(order), dtype=np.intp)
    places[order] = np.arange(len(order))
    values, labels = (tuple(each[place] for place in order) for each in (parted.stored, parted.labels))
    return Buckets(values, labels, places[parted.codes])


def _months(frame: pd.DataFrame, portal: Portal, today: date) -> Buckets:
    """Part records by month; those created after this month, which only a wrong clock can make, count for it."""
    wall = created(frame, portal.account.time_zone)
    periods = Calendar(datetime.combine(today, time(12), UTC), "UTC").last(MONTHS, "month")
    found = periods.positions(wall)
    is_early = (wall < midnight(periods.starts[0])).to_numpy(dtype=bool)
    codes = np.where(is_early, 0, np.where(wall.isna(), MONTHS + 1, np.where(found < 0, MONTHS, found + 1)))
    values = (EARLIER, *(f"{start:%Y-%m}" for start in periods.starts), NO_VALUE)
    labels = ("Earlier", *(f"{start:%b %Y}" for start in periods.starts), "No date")
    return Buckets(values, labels, codes.astype(np.intp))

"""Records counted: by the values of a property, and over time. Each answer says how many records it counts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.calendar import Periods, created
from hubspot.analysis.records import NO_VALUE, NO_VALUE_LABELS, as_category, value_labels
from hubspot.portal import Portal

# Semicolons part the values of a checkbox property, so no option can hold one.
OTHER = ";other"
OTHER_LABEL = "Other"
# More kinds than these can't be told apart by colour.
LEADING = 4


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Records by value of one property.

    `rows`: value (stored), label, count (int64), most first, none zero; NO_VALUE, if any record has no value, last.
    `n` records were counted, `excluded` of them are in values that `top` left out; `distinct` values occur.
    """

    rows: pd.DataFrame
    n: int
    distinct: int
    excluded: int = 0

    def top(self, limit: int, keep: Collection[str] = ()) -> "Ranking":
        """Return the first `limit` values, those in `keep` always among them, and NO_VALUE."""
        is_value = (self.rows["value"] != NO_VALUE).to_numpy(dtype=bool)
        kept = self.rows["value"].isin(keep).to_numpy() & is_value
        room = np.flatnonzero(is_value & ~kept)[: max(limit - int(kept.sum()), 0)]
        listed = self.rows[kept | ~is_value | np.isin(np.arange(len(self.rows)), room)].reset_index(drop=True)
        return replace(self, rows=listed, excluded=self.n - int(listed["count"].sum()))

    def in_order(self, values: Sequence[str]) -> "Ranking":
        """Return the rows in a given order of stored values, unknown ones after them, NO_VALUE last."""
        places = {value: place for place, value in enumerate(values)} | {NO_VALUE: len(values) + 1}
        by_place = self.rows["value"].map(lambda value: places.get(value, len(values)))
        return replace(self, rows=self.rows.iloc[np.argsort(by_place, kind="stable")].reset_index(drop=True))


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Records created per period, by value of one property.

    `counts`: a row per period, named by its first day (naive datetime64); a column per stored value in the order of
    stacking: the most frequent, OTHER (which stands for `others`), NO_VALUE. `labels` names the columns.
    `n` records are in it; `undated` have no creation date, `outside` were created before or after.
    """

    counts: pd.DataFrame
    labels: Mapping[str, str]
    periods: Periods
    others: tuple[str, ...]
    n: int
    undated: int
    outside: int

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the stored values of the columns, in the order of stacking."""
        return tuple(map(str, self.counts.columns))


def rank(frame: pd.DataFrame, column: str, portal: Portal, *, object_type: str) -> Ranking:
    """Count the records of each value of a column. Without the column every record has no value."""
    values, codes = coded(frame, column)
    counts = np.bincount(codes + 1, minlength=len(values) + 1).tolist()
    return ranked(dict(zip([NO_VALUE, *values], counts, strict=True)), column, portal, object_type=object_type)


def ranked(counts: Mapping[str, int], column: str, portal: Portal, *, object_type: str) -> Ranking:
    """Rank counts by stored value, NO_VALUE among them."""
    values = [value for value, count in counts.items() if count and value != NO_VALUE]
    labels = value_labels(portal, object_type, column=column, values=values)
    listed = _rows(values, [labels[value] for value in values], [counts[value] for value in values])
    listed = listed.sort_values(["count", "label"], ascending=[False, True])
    unset = [NO_VALUE] * bool(counts.get(NO_VALUE))
    rest = _rows(unset, [no_value_label(column)] * len(unset), [counts[value] for value in unset])
    return Ranking(pd.concat([listed, rest], ignore_index=True), n=sum(counts.values()), distinct=len(listed))


def timeline(frame: pd.DataFrame, by: str, portal: Portal, *, object_type: str, periods: Periods) -> Timeline:
    """Count the records created in each period by value of `by`: the LEADING most frequent, the others, no value."""
    values, codes = coded(frame, by)
    wall = created(frame, portal.account.time_zone)
    positions = periods.positions(wall)
    inside = positions >= 0
    table = _cross_table(positions[inside], codes[inside], periods=periods, values=values)
    by_total = table[values].sum().sort_values(ascending=False, kind="stable")
    present = [str(value) for value in by_total.index[by_total > 0]]
    labels = value_labels(portal, object_type, column=by, values=values)
    return Timeline(
        counts=_stacked(table, present[:LEADING], present[LEADING:]),
        labels=labels | {OTHER: OTHER_LABEL, NO_VALUE: no_value_label(by)},
        periods=periods,
        others=tuple(present[LEADING:]),
        n=int(inside.sum()),
        undated=int(wall.isna().sum()),
        outside=int((~inside & wall.notna()).sum()),
    )


def recent(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the records created last, newest first; those without a creation date are left out."""
    if "createdate" not in frame:
        return frame.iloc[:0]
    # HubSpot gives out ids in ascending order: of two records created at once, the later one comes first.
    newest_first = frame[["createdate", "hs_object_id"]].dropna().sort_values(["createdate", "hs_object_id"])[::-1]
    return frame.loc[newest_first.index[:count]]


def coded(frame: pd.DataFrame, column: str) -> tuple[list[str], NDArray[np.intp]]:
    """Return the distinct stored values of a column and each record's position among them, -1 for no value."""
    if column not in frame:
        return [], np.full(len(frame), -1)
    categories = as_category(frame[column])
    return [str(value) for value in categories.cat.categories], categories.cat.codes.to_numpy().astype(np.intp)


def no_value_label(column: str) -> str:
    """Return what records without a value are called."""
    return NO_VALUE_LABELS.get(column, "No value")


def _rows(values: list[str], labels: list[str], counts: list[int]) -> pd.DataFrame:
    rows = pd.DataFrame({"value": values, "label": labels, "count": counts})
    return rows.astype({"value": "str", "label": "str", "count": "int64"})


def _cross_table(
    positions: NDArray[np.intp], codes: NDArray[np.intp], *, periods: Periods, values: list[str]
) -> pd.DataFrame:
    shape = (len(periods.starts), len(values) + 1)
    counts = np.bincount(positions * shape[1] + codes + 1, minlength=shape[0] * shape[1]).reshape(shape)
    index = pd.DatetimeIndex(np.array(periods.starts, dtype="datetime64[us]"))
    return pd.DataFrame(counts, index=index, columns=[NO_VALUE, *values])


def _stacked(table: pd.DataFrame, leading: list[str], others: list[str]) -> pd.DataFrame:
    counts = table[leading].copy()
    if others:
        counts[OTHER] = table[others].sum(axis=1)
    if table[NO_VALUE].any():
        counts[NO_VALUE] = table[NO_VALUE]
    return counts.astype("int64")

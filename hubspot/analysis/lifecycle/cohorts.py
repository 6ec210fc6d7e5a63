"""Records by the month they were created in: which part of them had reached a stage by which month after."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from hubspot.analysis.lifecycle.journeys import Days, Journeys, Mask

MONTHS = 13
LAGS = 13
"""Months after creation, the month of creation included."""


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """Records created in each of the last MONTHS months, the oldest first, and when they entered each stage.

    `months` are first days in the portal's zone, `sizes` the records created then. `entered` (stage, month, lag)
    counts those that entered the stage by the end of the lag-th month after creation (0 is the month itself), -1 where
    that month has not begun; the last count of each month is still running. `undated` (stage, month) counts those
    that are in the stage without a date: they are in `sizes` but never in `entered`. Stages without dates are left
    out: `stages` and `labels` name the others. `outside` records were created before, `unknown` have no date.
    """

    months: tuple[date, ...]
    sizes: tuple[int, ...]
    stages: tuple[str, ...]
    labels: tuple[str, ...]
    entered: NDArray[np.int64]
    undated: NDArray[np.int64]
    outside: int
    unknown: int

    def shares(self, place: int) -> NDArray[np.float64]:
        """Return the part of each month's records that had entered a stage, by lag; NaN in the future and of none."""
        counts = self.entered[place].astype(np.float64)
        sizes = np.array(self.sizes, dtype=np.float64)[:, None]
        out = np.full(counts.shape, np.nan)
        np.divide(counts, sizes, out=out, where=(counts >= 0) & (sizes > 0))
        return out


def cohorts(journeys: Journeys, today: date) -> Cohorts:
    """Return the records of the last MONTHS months, of which the one that holds `today` is the last."""
    newest = month_number(today)
    cohort = cohort_of(journeys, newest)
    inside = cohort >= 0
    places = journeys.known
    lags = np.arange(LAGS)[None, :]
    is_ahead = np.arange(MONTHS)[:, None] + lags >= MONTHS
    entered = np.zeros((len(places), MONTHS, LAGS), dtype=np.int64)
    undated = np.zeros((len(places), MONTHS), dtype=np.int64)
    for at, place in enumerate(places):
        entered[at] = np.where(is_ahead, -1, _by_lag(journeys, cohort, place))
        without = inside & journeys.reached(place) & ~journeys.has_date[place]
        undated[at] = np.bincount(cohort[without], minlength=MONTHS)
    return Cohorts(
        months=tuple(_first_day(newest - MONTHS + 1 + each) for each in range(MONTHS)),
        sizes=tuple(np.bincount(cohort[inside], minlength=MONTHS).tolist()),
        stages=tuple(journeys.stages[place] for place in places),
        labels=tuple(journeys.labels[place] for place in places),
        entered=entered,
        undated=undated,
        outside=int((journeys.has_created & ~inside).sum()),
        unknown=int((~journeys.has_created).sum()),
    )


def cohort_of(journeys: Journeys, newest: int) -> NDArray[np.int64]:
    """Return the position of each record's month of creation among the last MONTHS, -1 for none of them."""
    place = month_numbers(journeys.created) - (newest - MONTHS + 1)
    return np.where(journeys.has_created & (place >= 0) & (place < MONTHS), place, -1)


def lag_of(journeys: Journeys, place: int) -> tuple[Mask, NDArray[np.int64]]:
    """Return which records have a date for a stage, and how many months after creation it lies, at least 0."""
    months = month_numbers(journeys.day[place]) - month_numbers(journeys.created)
    # Merged records keep dates from before they were created.
    return journeys.has_date[place], np.maximum(months, 0)


def month_number(day: date) -> int:
    """Return the months between January 1970 and a day's month."""
    return (day.year - 1970) * 12 + day.month - 1


def month_numbers(days: Days) -> NDArray[np.int64]:
    """Return the months between January 1970 and the months of some days since 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _first_day(number: int) -> date:
    return date(1970 + number // 12, number % 12 + 1, 1)


def _by_lag(journeys: Journeys, cohort: NDArray[np.int64], place: int) -> NDArray[np.int64]:
    has_date, lag = lag_of(journeys, place)
    counted = has_date & (cohort >= 0) & (lag < LAGS)
    cells = np.bincount(cohort[counted] * LAGS + lag[counted], minlength=MONTHS * LAGS)
    return cells.reshape(MONTHS, LAGS).cumsum(axis=1)

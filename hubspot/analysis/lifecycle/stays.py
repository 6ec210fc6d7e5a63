"""How long records have been in their stage, and which of them longer than is usual there."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.counts import no_value_label
from hubspot.analysis.lifecycle.journeys import Days, Journeys, Mask, median
from hubspot.analysis.records import NO_VALUE

EDGES = (0, 8, 31, 91, 181, 366)
"""The first day of each bucket: up to 7 days, 8 to 30, 31 to 90, 91 to 180, 181 to 365, and more than 365."""
BUCKETS = ("0\N{EN DASH}7", *(f"{low}\N{EN DASH}{high - 1}" for low, high in pairwise(EDGES[1:])), "over 365")
# A median of fewer says nothing, and where few ever go on, staying is what is usual.
LEAST_GONE_ON, LEAST_SHARE = 10, 0.25
TIMES, LEAST_DAYS = 2, 7
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """Records by stage and by the days since they entered it.

    `rows`: value, label, records (int64, in the stage now), one int64 column for each of BUCKETS, undated (int64, of
    which no date of entering is known, or one that lies ahead), median (float64, days of the dated ones so far),
    gone_on (int64, records that entered the stage and later one further on, and are not in it now), usual (float64,
    the median of their days until then), limit (float64, days beyond which a record is stuck; missing where the rule
    says nothing), stuck (int64). The stages of the portal come first, then those that only old records hold; the last
    row, NO_VALUE, holds records without a stage.
    """

    rows: pd.DataFrame
    n: int

    @property
    def stuck(self) -> int:
        """Return how many records are stuck in all."""
        return int(self.rows["stuck"].sum())


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What is usual in one stage: how many went on, their median of days, the limit of staying; NaN where unknown."""

    gone_on: int
    days: float
    limit: float


def stays(journeys: Journeys, today: date) -> Stays:
    """Return how long records have been where they are, on a day of the portal.

    Stuck is who has been in a stage for more than TIMES the usual days, and more than LEAST_DAYS. The rule is asked
    where at least LEAST_GONE_ON records, and LEAST_SHARE of all that reached the stage, went on.
    """
    waited, is_known = staying(journeys, today)
    rows = [_row(journeys, waited, is_known, place) for place in range(len(journeys.stages))]
    nowhere = int((journeys.current < 0).sum())
    unset = [NO_VALUE, no_value_label("lifecyclestage"), nowhere, *([0] * len(BUCKETS)), nowhere, np.nan, 0]
    types = {"value": "str", "label": "str", "records": "int64", **dict.fromkeys(BUCKETS, "int64"), "undated": "int64"}
    types |= {"median": "float64", "gone_on": "int64", "usual": "float64", "limit": "float64", "stuck": "int64"}
    table = pd.DataFrame([*rows, [*unset, np.nan, np.nan, 0]], columns=list(types)).astype(types)
    return Stays(table, journeys.n)


def staying(journeys: Journeys, today: date) -> tuple[Days, Mask]:
    """Return the days since each record entered the stage it is in, and of which they are known."""
    waited, is_known = np.zeros(journeys.n, dtype=np.int32), np.zeros(journeys.n, dtype=np.bool_)
    for place in range(len(journeys.stages)):
        here = journeys.has_date[place] & (journeys.current == place)
        waited = np.where(here, (today - _EPOCH).days - journeys.day[place], waited)
        is_known |= here
    return waited, is_known & (waited >= 0)


def usual(journeys: Journeys, place: int) -> Usual:
    """Return how long records stayed in a stage before they went on to a later one of the portal."""
    if place >= journeys.defined:
        return Usual(0, float("nan"), float("nan"))
    days = _days_until_later(journeys, place)
    typical, reached = median(days), int(journeys.reached(place).sum())
    is_usual = len(days) >= LEAST_GONE_ON and len(days) >= LEAST_SHARE * reached
    return Usual(len(days), typical, max(TIMES * typical, LEAST_DAYS) if is_usual else float("nan"))


def bucket_of(waited: Days) -> NDArray[np.intp]:
    """Return the position among BUCKETS of some days, none of them negative."""
    return np.searchsorted(EDGES, waited, side="right") - 1


def _row(journeys: Journeys, waited: Days, is_known: Mask, place: int) -> list[str | int | float]:
    here = journeys.current == place
    days = waited[here & is_known]
    buckets = np.bincount(bucket_of(days), minlength=len(BUCKETS)).tolist()
    count = int(here.sum())
    expected = usual(journeys, place)
    stuck = int((days > expected.limit).sum())
    named = (journeys.stages[place], journeys.labels[place], count)
    return [*named, *buckets, count - len(days), median(days), expected.gone_on, expected.days, expected.limit, stuck]


def _days_until_later(journeys: Journeys, place: int) -> Days:
    far = np.iinfo(np.int32).max
    found = np.full(journeys.n, far, dtype=np.int32)
    for later in range(place + 1, journeys.defined):
        went, days = journeys.days_between(place, later)
        found = np.where(went, np.minimum(found, days), found)
    gone_on: Days = found[(found < far) & (journeys.current != place)]
    return gone_on

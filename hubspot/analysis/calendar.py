"""Days, weeks, months and quarters as a portal sees them: cut at its midnight, weeks beginning on Monday.

Everything is compared as wall clock time in the portal's zone, so a day that is 23 or 25 hours long is one day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Grain = Literal["day", "week", "month", "quarter"]
_MONTHS = {"month": 1, "quarter": 3}
Basis = Literal["month", "year"]
ONE_DAY, NO_TIME = timedelta(days=1), timedelta(0)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The present, and the zone its days are cut in.

    `now` is an aware instant; `time_zone` an IANA name, legacy aliases such as US/Eastern included.
    """

    now: datetime
    time_zone: str

    @property
    def local(self) -> datetime:
        """Return the wall clock time of the portal, without a zone."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)

    @property
    def today(self) -> date:
        """Return the portal's present day."""
        return self.local.date()

    def month_to_date(self, basis: Basis = "month") -> tuple["Span", "Span"]:
        """Return this month with all of today, and as many days of last month, or of this month a year ago.

        The latter ends at the present time of day. Of a month that has fewer days it is the last ones, and days before.
        """
        start, after = first_day(self.today, "month"), midnight(self.today) + ONE_DAY
        before = first_day(start - ONE_DAY, "month") if basis == "month" else start.replace(year=start.year - 1)
        same_days = midnight(min(before, next_start(before, "month") - self.today.day * ONE_DAY))
        return Span(midnight(start), after), Span(same_days, same_days + (min(self._latest, after) - midnight(start)))

    @property
    def _latest(self) -> datetime:
        """Return a wall clock time that nothing up to now is after: in an hour that repeats, one of its first run."""
        here = self.now.astimezone(ZoneInfo(self.time_zone))
        first, second = here.replace(fold=0).utcoffset(), here.utcoffset()
        return self.local + ((first or NO_TIME) - (second or NO_TIME))

    def since(self, basis: Basis = "month") -> datetime:
        """Return the moment that totals are compared with: when this month began, or the same time a year ago."""
        if basis == "month":
            return midnight(first_day(self.today, "month"))
        return (pd.Timestamp(self.local) - pd.DateOffset(years=1)).to_pydatetime()

    def last(self, count: int, grain: Grain) -> "Periods":
        """Return the last `count` days, weeks, months or quarters, of which the one that runs now is the last."""
        first = first_day(self.today, grain)
        for _ in range(count - 1):
            first = first_day(first - ONE_DAY, grain)
        return self.between(first, self.today, grain)

    def between(self, first: date, last: date, grain: Grain) -> "Periods":
        """Return the periods that hold the days from `first` to `last`, both included; none where `last` is earlier."""
        starts, start = [], first_day(first, grain)
        while start <= last:
            starts.append(start)
            start = next_start(start, grain)
        seen = Span(midnight(first), min(midnight(last) + ONE_DAY, self.local))
        return Periods(tuple(starts), start, seen, self.local, grain)


@dataclass(frozen=True, slots=True)
class Span:
    """Wall clock time from `start` up to, not including, `end`."""

    start: datetime
    end: datetime

    def holds(self, wall: pd.Series) -> NDArray[np.bool_]:
        """Return which wall clock times lie inside; a missing one does not."""
        return ((wall >= self.start) & (wall < self.end)).to_numpy(dtype=bool)


@dataclass(frozen=True, slots=True)
class Periods:
    """Consecutive days, weeks, months or quarters, named by their first day; `end` is the first day after the last one.

    `seen` is the time that can hold records: the days that were asked for, up to `now` (wall clock time).
    """

    starts: tuple[date, ...]
    end: date
    seen: Span
    now: datetime
    grain: Grain

    @property
    def ends(self) -> tuple[date, ...]:
        """Return the first day after each period."""
        return (*self.starts[1:], self.end) if self.starts else ()

    @property
    def partial(self) -> tuple[bool, ...]:
        """Return for each period whether a part of it is cut off or has not happened yet."""
        return tuple(
            midnight(start) < self.seen.start or midnight(end) > self.seen.end
            for start, end in zip(self.starts, self.ends, strict=True)
        )

    @property
    def running(self) -> tuple[bool, ...]:
        """Return for each period whether the present lies in it."""
        return tuple(
            midnight(start) <= self.now < midnight(end) for start, end in zip(self.starts, self.ends, strict=True)
        )

    def positions(self, wall: pd.Series) -> NDArray[np.intp]:
        """Return the position of each wall clock time's period; -1 for a missing time and one outside."""
        edges = np.array([*self.starts, self.end], dtype="datetime64[us]")
        values = wall.to_numpy(dtype="datetime64[us]")
        found = np.searchsorted(edges, values, side="right") - 1
        return np.where(np.isnat(values) | (found >= len(self.starts)), -1, found)


def midnight(day: date) -> datetime:
    """Return the first moment of a day as wall clock time."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 (wall clock time has no zone)


def first_day(day: date, grain: Grain) -> date:
    """Return the first day of the period that holds a day."""
    if grain in _MONTHS:
        return day.replace(day=1, month=day.month - (day.month - 1) % _MONTHS[grain])
    return day - timedelta(days=day.weekday()) if grain == "week" else day


def next_start(start: date, grain: Grain) -> date:
    """Return the first day of the following period."""
    if grain in _MONTHS:
        return (start.replace(day=1) + timedelta(days=31 * _MONTHS[grain] + 1)).replace(day=1)
    return start + (7 if grain == "week" else 1) * ONE_DAY


def wall_clock(instants: pd.Series, time_zone: str) -> pd.Series:
    """Return instants as naive wall clock times of a zone; dates, which have no zone, come back as they are."""
    if not isinstance(instants.dtype, pd.DatetimeTZDtype):
        return instants.astype("datetime64[us]")
    wall: pd.Series = instants.dt.tz_convert(time_zone).dt.tz_localize(None)
    return wall


def created(frame: pd.DataFrame, time_zone: str) -> pd.Series:
    """Return when each record was created, as wall clock time; all missing where the column is."""
    if "createdate" not in frame:
        return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    return wall_clock(frame["createdate"], time_zone)

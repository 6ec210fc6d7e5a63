"""The way of every record through the stages, as far as HubSpot keeps it, in arrays that every answer starts from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.calendar import created, wall_clock
from hubspot.analysis.counts import coded
from hubspot.analysis.lifecycle.dates import entered
from hubspot.analysis.lifecycle.stages import current_stage, stage_labels
from hubspot.portal import Portal

Mask = NDArray[np.bool_]
Days = NDArray[np.int32]
Medians = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Journeys:
    """`n` records on their way through `stages`: the portal's stages in its order, then those only old records hold.

    The first `defined` are the portal's. `current` is the position of each record's stage now, -1 for no stage.
    `moment` (microseconds since 1970, UTC), `day` (days since 1970 in the portal's zone) and `has_date` have a row per
    stage and say when each record last entered it; where `has_date` is False the other two mean nothing.
    `dated` says of which stages the portal keeps such dates. `created` is the local day, `has_created` whether known.
    """

    stages: tuple[str, ...]
    labels: tuple[str, ...]
    defined: int
    dated: tuple[bool, ...]
    current: NDArray[np.intp]
    moment: NDArray[np.int64]
    day: Days
    has_date: Mask
    created: Days
    has_created: Mask

    @property
    def n(self) -> int:
        """Return how many records there are."""
        return len(self.current)

    @property
    def known(self) -> tuple[int, ...]:
        """Return the positions of the portal's stages of which it keeps dates."""
        return tuple(place for place in range(self.defined) if self.dated[place])

    @property
    def is_dated(self) -> bool:
        """Return whether any record has a date of entering any of the portal's stages."""
        return bool(self.has_date[: self.defined].any())

    def reached(self, place: int) -> Mask:
        """Return which records are in a stage or have a date of entering it."""
        return np.asarray(self.has_date[place] | (self.current == place))

    def days_between(self, first: int, second: int) -> tuple[Mask, Days]:
        """Return which records entered one stage and then, or at once, another, and the days between.

        The days of the others mean nothing.
        """
        both = self.has_date[first] & self.has_date[second] & (self.moment[second] >= self.moment[first])
        # A clock that is set back over midnight would give a day of -1.
        return both, np.maximum(self.day[second] - self.day[first], 0)


def journeys(frame: pd.DataFrame, portal: Portal, object_type: str) -> Journeys:
    """Return the ways of a frame's records. Without any stage date the matrices are there, and hold none."""
    current = current_stage(frame)
    labels = stage_labels(current, portal, object_type)
    dates = [entered(frame, value) for value in labels]
    zone = portal.account.time_zone
    moment, day, has_date = _matrices(dates, zone, n=len(frame))
    created_day, has_created = _local_days(created(frame, zone))
    return Journeys(
        stages=tuple(labels),
        labels=tuple(labels.values()),
        defined=len(portal.stages(object_type)),
        dated=tuple(each is not None for each in dates),
        current=_positions(frame, list(labels)),
        moment=moment,
        day=day,
        has_date=has_date,
        created=created_day,
        has_created=has_created,
    )


def median(numbers: NDArray[np.int32]) -> float:
    """Return the middle of some numbers; NaN of none."""
    return float(np.median(numbers)) if len(numbers) else float("nan")


def _positions(frame: pd.DataFrame, values: list[str]) -> NDArray[np.intp]:
    stored, codes = coded(frame, "lifecyclestage")
    # The last one is for no stage, whose code is -1.
    places = np.array([*(values.index(each) if each in values else -1 for each in stored), -1], dtype=np.intp)
    return places[codes]


def _matrices(dates: list[pd.Series | None], zone: str, *, n: int) -> tuple[NDArray[np.int64], Days, Mask]:
    moment, day = np.zeros((len(dates), n), dtype=np.int64), np.zeros((len(dates), n), dtype=np.int32)
    has_date = np.zeros((len(dates), n), dtype=np.bool_)
    for place, each in enumerate(dates):
        if each is not None:
            instants = each.dt.as_unit("us")
            moment[place] = instants.dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64)
            day[place], has_date[place] = _local_days(wall_clock(instants, zone))
    return moment, day, has_date


def _local_days(wall: pd.Series) -> tuple[Days, Mask]:
    moments = wall.to_numpy(dtype="datetime64[us]")
    is_known = ~np.isnat(moments)
    whole = np.floor_divide(moments.astype(np.int64), 86_400_000_000)
    return np.where(is_known, whole, 0).astype(np.int32), is_known

"""How many records got how far, at which rate from one stage to the next, and how fast."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from hubspot.analysis.lifecycle.journeys import Days, Journeys, Mask, median

Mode = Literal["any-stage", "all-stages"]
ANY_STAGE: Mode = "any-stage"
ALL_STAGES: Mode = "all-stages"
_TYPES = {"value": "str", "label": "str", "reached": "int64", "share": "float64", "cumulative": "float64"}
_TYPES |= {"days": "float64", "timed": "int64", "skipped": "int64", "undated": "int64", "backwards": "int64"}


@dataclass(frozen=True, slots=True, eq=False)
class Funnel:
    """Records by the stages they reached, in the portal's order; stages without dates are left out.

    `rows`: value, label, reached (int64; in all-stages mode only records that reached every stage above too), share
    (float64, 0 to 1, of those that reached the stage above, those that reached this one too), cumulative (likewise of
    the first stage), days (float64, the median from entering the stage above to entering this one), and what the
    reached ones are made of (int64): timed, over which the median is; skipped, that never were in the stage above;
    undated, that have no date for one of both; backwards, that entered this stage first. In the first row share and
    days are missing and the four are zero. Shares of nobody and medians of nothing are missing.
    `left_out` are the labels of the portal's stages without dates; `n` records were looked at.
    """

    rows: pd.DataFrame
    mode: Mode
    n: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Which records arrived in a stage, and how: timed, skipped, undated and backwards are parts of `here`.

    `lost` reached the stage above but not this one. `days` mean something for the timed ones alone.
    """

    here: Mask
    lost: Mask
    timed: Mask
    skipped: Mask
    undated: Mask
    backwards: Mask
    days: Days


def funnel(journeys: Journeys, mode: Mode, *, chosen: Collection[str] = ()) -> Funnel:
    """Return the funnel over the chosen stages, or over all of them where none is chosen."""
    places = places_of(journeys, chosen)
    masks = arrivals(journeys, mode, places)
    rows = [_row(journeys, masks, places, at) for at in range(len(places))]
    left_out = [label for place, label in enumerate(journeys.labels[: journeys.defined]) if not journeys.dated[place]]
    return Funnel(pd.DataFrame(rows, columns=list(_TYPES)).astype(_TYPES), mode, journeys.n, tuple(left_out))


def places_of(journeys: Journeys, chosen: Collection[str]) -> tuple[int, ...]:
    """Return the positions of the chosen stages that have dates, of all such stages where none is chosen."""
    return tuple(place for place in journeys.known if not chosen or journeys.stages[place] in chosen)


def arrivals(journeys: Journeys, mode: Mode, places: Sequence[int]) -> list[Mask]:
    """Return which records count as having reached each of some stages."""
    masks = [journeys.reached(place) for place in places]
    if mode == ALL_STAGES:
        return list(np.logical_and.accumulate(masks)) if masks else []
    return masks


def step(journeys: Journeys, masks: Sequence[Mask], places: Sequence[int], at: int) -> Step:
    """Return how records came from the stage above into the one at position `at` of `places`, which is not 0."""
    here, before = masks[at], masks[at - 1]
    first, second = places[at - 1], places[at]
    in_order, days = journeys.days_between(first, second)
    both_dated = journeys.has_date[first] & journeys.has_date[second]
    was_above = here & journeys.reached(first)
    return Step(
        here=here,
        lost=before & ~here,
        timed=was_above & in_order,
        skipped=here & ~was_above,
        undated=was_above & ~both_dated,
        backwards=was_above & both_dated & ~in_order,
        days=days,
    )


def _row(journeys: Journeys, masks: Sequence[Mask], places: Sequence[int], at: int) -> list[str | int | float]:
    place, here, first = places[at], masks[at], masks[0]
    named = (journeys.stages[place], journeys.labels[place], int(here.sum()))
    if at == 0:
        return [*named, float("nan"), _share(here, first), float("nan"), 0, 0, 0, 0]
    found = step(journeys, masks, places, at)
    kinds = (found.timed, found.skipped, found.undated, found.backwards)
    shares = _share(here, masks[at - 1]), _share(here, first)
    return [*named, *shares, median(found.days[found.timed]), *(int(each.sum()) for each in kinds)]


def _share(here: Mask, of: Mask) -> float:
    return float(here[of].mean()) if of.any() else float("nan")

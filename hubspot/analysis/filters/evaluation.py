"""Filters asked of a frame: a mask for each condition, joined; and the way out of an empty result."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.filters.conditions import Condition
from hubspot.analysis.filters.masks import lets_through
from hubspot.analysis.filters.model import Filters, Group, Place

Mask = NDArray[np.bool_]


def select(frame: pd.DataFrame, filters: Filters, time_zone: str) -> "Selection":
    """Ask every condition once; days are those of `time_zone`, an IANA name.

    The frame is joined: it has the search text. Raises ValueError for a moving span: see `Filters.on`.
    """
    asked = dict.fromkeys(map(filters.at, filters.places))
    return Selection(frame, filters, {each: lets_through(frame, each, time_zone) for each in asked})


@dataclass(frozen=True, slots=True)
class Relief:
    """The condition whose removal brings most records back, and how many those are."""

    place: Place
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """A frame under filters; `passing` holds for each condition which records it lets through."""

    frame: pd.DataFrame
    filters: Filters
    passing: Mapping[Condition, Mask]

    @property
    def mask(self) -> Mask:
        """Return which records the filters let through."""
        return self.mask_of(self.filters)

    @property
    def records(self) -> pd.DataFrame:
        """Return the records that the filters let through, in the frame's order."""
        return self.frame[self.mask]

    def ignoring(self, column: str) -> Mask:
        """Return which records pass all but what every record is asked about one column: options are counted there."""
        return self.mask_of(self.filters.ignoring(column))

    def mask_of(self, filters: Filters) -> Mask:
        """Return which records pass other filters, whose conditions are all among those of this selection."""
        kept = self._all_of(filters.conditions)
        if filters.groups:
            kept &= np.logical_or.reduce([self._all_of(group) for group in filters.groups])
        return kept

    @property
    def relief(self) -> Relief | None:
        """Return the condition whose removal shows most records; None where no single removal shows any more."""
        here = int(self.mask.sum())
        gains = {place: int(self.mask_of(self.filters.without(place)).sum()) - here for place in self.filters.places}
        best = max(gains, key=lambda place: gains[place], default=None)
        return Relief(best, gains[best]) if best is not None and gains[best] > 0 else None

    def _all_of(self, conditions: Group) -> Mask:
        kept = np.ones(len(self.frame), dtype=bool)
        for condition in conditions:
            kept &= self.passing[condition]
        return kept

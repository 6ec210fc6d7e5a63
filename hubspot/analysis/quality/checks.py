"""What a check is: which records it finds, why that matters, how to mend it, and what a portal must have for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from hubspot.analysis.filters import Filters, select
from hubspot.analysis.quality.texts import Mask
from hubspot.analysis.questions import Frames
from hubspot.portal import Portal

Tab = Literal["missing", "formatting", "orphans", "silent", "owners"]


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The joined records of a portal, as they stood on a day of the portal."""

    frames: Frames
    portal: Portal
    today: date

    @property
    def time_zone(self) -> str:
        """Return the zone in which days are cut."""
        return self.portal.account.time_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that can be wrong with a record.

    `says` completes "12 contacts": "without an owner"; `rule` says exactly what is found, where that is left open.
    `weight` is 1 (cosmetic) to 5 (costs customers). `columns` are what a person mends. `needs` are groups of columns,
    of each of which the portal must have one; `also` is another object type that must be loaded; `knows_owners`: the
    portal's owners must be known.

    The records are those that `filters` let through or, where no filter can say it, those of the mask that `find`
    returns, in the frame's order. `suggest` returns columns to add to some of the records found.
    """

    name: str
    object_type: str
    tab: Tab
    says: str
    why: str
    fix: str
    weight: int
    columns: tuple[str, ...]
    rule: str = ""
    needs: tuple[tuple[str, ...], ...] = ()
    also: str = ""
    knows_owners: bool = False
    filters: Callable[[Survey], Filters] | None = None
    find: Callable[[Survey], Mask] | None = None
    suggest: Callable[[Survey, pd.DataFrame], pd.DataFrame] | None = None

    def obstacle(self, survey: Survey) -> str:
        """Return why a portal can't be checked so, as a sentence; empty where it can."""
        for object_type in (self.object_type, self.also):
            if object_type and object_type not in survey.frames:
                return f"{object_type.capitalize()} were not granted or not loaded."
        if self.knows_owners and not survey.portal.owners:
            return "The portal's owners were not granted or not loaded."
        frame = survey.frames[self.object_type]
        lacking = [group for group in self.needs if not any(column in frame for column in group)]
        return f"This portal has no property {' or '.join(lacking[0])}." if lacking else ""

    def mask(self, survey: Survey) -> Mask:
        """Return which records are found. Raises KeyError where there is an `obstacle`."""
        if self.find is not None:
            return self.find(survey)
        filters = self.filters(survey) if self.filters is not None else Filters()
        return select(survey.frames[self.object_type], filters, survey.time_zone).mask

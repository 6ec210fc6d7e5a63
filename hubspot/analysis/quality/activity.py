"""Who looks after the records, and where no activity is logged: per owner, and for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.calendar import created, midnight, wall_clock
from hubspot.analysis.filters import Filters, Known, Within, select
from hubspot.analysis.quality.checks import Survey
from hubspot.analysis.quality.grid import ALL
from hubspot.analysis.quality.texts import Mask
from hubspot.analysis.records import NO_VALUE, NO_VALUE_LABELS, as_category, value_labels
from hubspot.portal import Portal

Kind = Literal["owned", "new", "untouched", "silent", "unplanned"]
OWNER = "hubspot_owner_id"
# Source: https://knowledge.hubspot.com/properties/hubspots-default-activity-properties
ACTIVITY = ("notes_last_updated", "notes_last_contacted")
CONTACTED = "notes_last_contacted"
NEXT = "notes_next_activity_date"
NEW_DAYS = 30
SILENT_DAYS = 90
LEAST_DAYS, MOST_DAYS = 30, 365


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """Records by owner.

    `rows`: value (stored id, NO_VALUE for none), label, state ("", "deactivated" or "none"), then a column (int64) for
    each Kind the portal can answer. Records without an owner come first, then deactivated owners, then by number owned.
    `totals` counts the records of all, by Kind.
    """

    rows: pd.DataFrame
    totals: Mapping[Kind, int]


def kinds(frame: pd.DataFrame) -> tuple[Kind, ...]:
    """Return what the portal's properties can answer of its records."""
    needs: dict[Kind, tuple[str, ...]] = {
        "owned": (),
        "new": ("createdate",),
        "untouched": (CONTACTED,),
        "silent": ACTIVITY,
        "unplanned": (NEXT,),
    }
    return tuple(kind for kind, names in needs.items() if not names or any(name in frame for name in names))


def mask(frame: pd.DataFrame, kind: Kind, *, days: int, today: date, time_zone: str) -> Mask:
    """Return which records are of a kind; days are those of the zone. Raises KeyError where none can be.

    owned: all of them. new: created within the last 30 days, today included. untouched: no logged call, e-mail or
    meeting. silent: as `silent` says. unplanned: no next activity,
    or one before today.
    """
    if kind == "owned":
        return np.ones(len(frame), dtype=bool)
    if kind == "new":
        return _is_since(created(frame, time_zone), today - timedelta(days=NEW_DAYS - 1))
    if kind == "untouched":
        return frame[CONTACTED].isna().to_numpy(dtype=bool)
    if kind == "unplanned":
        return ~_is_since(wall_clock(frame[NEXT], time_zone), today)
    return select(frame, silent(days).on(today), time_zone).mask


def silent(days: int) -> Filters:
    """Return which records are silent: the later of the activity dates is `days` or more days ago.

    Records without any activity are not: those nobody ever worked on are another question.
    """
    first, second = (Within(name, f"{days}-or-more-days-ago") for name in ACTIVITY)
    none_of_first, none_of_second = (Known(name, negated=True) for name in ACTIVITY)
    return Filters(groups=((first, second), (first, none_of_second), (none_of_first, second)))


def workload(survey: Survey, object_type: str, *, days: int) -> Workload:
    """Count each owner's records of each kind; raises KeyError where the object type is not there."""
    frame = survey.frames[object_type]
    values, codes = owners(frame)
    held = {kind: _held(frame, survey, kind, days) for kind in kinds(frame)}
    counts: dict[str, NDArray[np.intp]] = {
        kind: np.bincount(codes[found], minlength=len(values)) for kind, found in held.items()
    }
    stored = [value for value in values if value != NO_VALUE]
    labels = value_labels(survey.portal, object_type, column=OWNER, values=stored) | {NO_VALUE: NO_VALUE_LABELS[OWNER]}
    left = set(deactivated(survey.portal, stored))
    states = ["none" if value == NO_VALUE else "deactivated" if value in left else "" for value in values]
    rows = pd.DataFrame({"value": values, "label": [labels[value] for value in values], "state": states, **counts})
    rows = rows.astype({"value": "str", "label": "str", "state": "str"})
    rows = rows[rows["owned"] > 0]
    order = np.lexsort((rows["label"], -rows["owned"], rows["state"] == "", rows["state"] != "none"))
    return Workload(rows.iloc[order].reset_index(drop=True), {kind: int(found.sum()) for kind, found in held.items()})


def of_owner(survey: Survey, object_type: str, kind: Kind, *, value: str, days: int) -> Mask:
    """Return which records of a kind an owner has: `value` is the stored id, NO_VALUE for none, ALL for everybody's."""
    frame = survey.frames[object_type]
    found = _held(frame, survey, kind, days)
    if value == ALL:
        return found
    values, codes = owners(frame)
    theirs: Mask = found & (codes == (values.index(value) if value in values else -1))
    return theirs


def deactivated(portal: Portal, stored: list[str]) -> list[str]:
    """Return which owners were deactivated, or are no longer among the portal's; none where no owner is known."""
    active = {owner.id for owner in portal.owners if not owner.archived}
    return [value for value in stored if value not in active] if portal.owners else []


def _held(frame: pd.DataFrame, survey: Survey, kind: Kind, days: int) -> Mask:
    return mask(frame, kind, days=days, today=survey.today, time_zone=survey.time_zone)


def owners(frame: pd.DataFrame) -> tuple[list[str], NDArray[np.intp]]:
    """Return the owners' ids, NO_VALUE last, and the position of each record's."""
    if OWNER not in frame:
        return [NO_VALUE], np.zeros(len(frame), dtype=np.intp)
    values = as_category(frame[OWNER])
    stored = [str(each) for each in values.cat.categories]
    return [*stored, NO_VALUE], np.where(values.cat.codes < 0, len(stored), values.cat.codes).astype(np.intp)


def _is_since(wall: pd.Series, day: date) -> Mask:
    return (wall >= midnight(day)).to_numpy(dtype=bool)

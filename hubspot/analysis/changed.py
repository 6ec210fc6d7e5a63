"""What changed in a portal from one load to a later one: records created, moved to a stage or an owner, and gone.

What the loads noted counts; where nothing was noted, the dates that HubSpot keeps on the records that still exist.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from hubspot.analysis.lifecycle import entered
from hubspot.analysis.records import NAME, NO_VALUE_LABELS, value_labels
from hubspot.portal import Portal

STAGE, OWNER = "lifecyclestage", "hubspot_owner_id"
FROM, TO, AT = "changed.from", "changed.to", "changed.at"
WHAT, INTO, NOTICED = "changed.what", "changed.into", "changed.noticed"
CREATED, MERGED, BACK = "Created", "Made by a merge", "Came back or became visible"
DELETED, MERGED_AWAY = "Deleted, or no longer visible", "Merged into another record"
UNKNOWN = "Not known"
# A copy is as old as the beginning of its load, and holds what was done while that ran.
_LOAD_TAKES = timedelta(hours=1)
_Move = tuple[int, str | None, str, datetime | None]
_ASSIGNED, _MERGED_IDS = "hubspot_owner_assigneddate", "hs_merged_object_ids"


class Move(Protocol):
    """Ids of records whose value went from `old` to `new`, internal values; empty is no value."""

    @property
    def old(self) -> str:
        """Return the value before."""

    @property
    def new(self) -> str:
        """Return the value after."""

    @property
    def ids(self) -> tuple[int, ...]:
        """Return which records moved."""


class Changes(Protocol):
    """What one load noted of one object type: ids, and the moves among the updated records."""

    @property
    def created(self) -> tuple[int, ...]:
        """Return the ids that were not there before."""

    @property
    def updated(self) -> tuple[int, ...]:
        """Return the ids of edited records."""

    @property
    def gone(self) -> tuple[int, ...]:
        """Return the ids that are not there any more."""

    @property
    def stages(self) -> Sequence[Move]:
        """Return the moves to other stages."""

    @property
    def owners(self) -> Sequence[Move]:
        """Return the moves to other owners."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Changes as far as the dates of the records that exist tell them; see `guessed`."""

    created: tuple[int, ...]
    updated: tuple[int, ...]
    gone: tuple[int, ...] = ()
    stages: tuple[Move, ...] = ()
    owners: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What changed in one object type between two loads, `since` and `until` in UTC."""

    since: datetime
    until: datetime
    changes: Changes


def guessed(frame: pd.DataFrame, since: datetime, until: datetime) -> Step:
    """Return what the records that exist tell of a time of which no load noted anything: nothing of what is gone."""
    is_new, ids = _within(frame, "createdate", since, until), frame["hs_object_id"]
    return Step(since, until, Guess(tuple(ids[is_new].tolist()), tuple(ids[~is_new].tolist())))


def created(frame: pd.DataFrame, _portal: Portal, _object_type: str, steps: Sequence[Step]) -> pd.DataFrame:
    """Return the records that were not there before, the newest first, with how they came in changed.what."""
    ids = {each for step in steps for each in step.changes.created}
    found = frame[frame["hs_object_id"].isin(ids)]
    earliest = min((step.since for step in steps), default=None)
    is_old = found["createdate"] < earliest if "createdate" in found and earliest else _nowhere(found)
    what = np.where(_has_merged(found), MERGED, np.where(is_old.fillna(value=False), BACK, CREATED))
    rows: pd.DataFrame = found.assign(**{WHAT: pd.Series(what, index=found.index, dtype="str")})
    return rows.sort_values("createdate", ascending=False, kind="stable") if "createdate" in rows else rows


def stages(frame: pd.DataFrame, portal: Portal, object_type: str, steps: Sequence[Step]) -> pd.DataFrame:
    """Return a row for each move to another lifecycle stage; see `_with_values`.

    A record that went through several stages between two loads has a row for each whose date it keeps.
    """
    moves: list[_Move] = []
    for step in steps:
        part = frame[frame["hs_object_id"].isin(step.changes.updated)]
        dates = {stage.value: entered(part, stage.value) for stage in portal.stages(object_type)}
        noted = {(each, move.new): move.old for move in step.changes.stages for each in move.ids}
        told = {value: _dated(part, when, step) for value, when in dates.items() if when is not None}
        moves += [(each, old, new, told.get(new, {}).get(each)) for (each, new), old in noted.items()]
        moves += [
            (each, None, new, at)
            for new, found in told.items()
            for each, at in found.items()
            if (each, new) not in noted and at <= step.until
        ]
    return _with_values(frame, portal, object_type, STAGE, moves)


def owners(frame: pd.DataFrame, portal: Portal, object_type: str, steps: Sequence[Step]) -> pd.DataFrame:
    """Return a row for each move to another owner, or to none; see `_with_values`."""
    moves: list[_Move] = []
    for step in steps:
        part = frame[frame["hs_object_id"].isin(step.changes.updated)]
        now = (
            dict(zip(part["hs_object_id"], part[OWNER].astype("str").fillna(""), strict=True)) if OWNER in part else {}
        )
        told = _dated(part, part[_ASSIGNED], step) if _ASSIGNED in part else {}
        noted = {each: (move.old, move.new) for move in step.changes.owners for each in move.ids}
        moves += [(each, old, new, told.get(each)) for each, (old, new) in noted.items()]
        moves += [
            (each, None, now.get(each, ""), at) for each, at in told.items() if each not in noted and at <= step.until
        ]
    return _with_values(frame, portal, object_type, OWNER, moves)


def gone(frame: pd.DataFrame, _portal: Portal, _object_type: str, steps: Sequence[Step]) -> pd.DataFrame:
    """Return the records that are not there any more, those missed last first.

    Columns: hs_object_id, record.name, changed.what (merged, or deleted), changed.into (the name of the record that
    they live on in, missing for the others) and changed.noticed: when the load began that missed them (UTC). Nothing
    else is known of them.
    """
    noticed = {each: step.until for step in steps for each in step.changes.gone}
    present, into = set(frame["hs_object_id"].tolist()), _merged_into(frame)
    rows = [
        (each, f"Record {each}", MERGED_AWAY if each in into else DELETED, into.get(each), at)
        for each, at in reversed(noticed.items())
        if each not in present
    ]
    found = pd.DataFrame(rows, columns=["hs_object_id", NAME, WHAT, INTO, NOTICED])
    found[NOTICED] = pd.to_datetime(found[NOTICED], utc=True).astype("datetime64[us, UTC]")
    return found.astype({"hs_object_id": "int64", NAME: "str", WHAT: "str", INTO: "str"})


KINDS: Mapping[str, Callable[[pd.DataFrame, Portal, str, Sequence[Step]], pd.DataFrame]] = {
    "created": created,
    "stages": stages,
    "owners": owners,
    "gone": gone,
}
"""What may happen to a record, and the rows of it over some steps, the oldest first.

The frame is the joined one of the newest copy; but for what is gone, rows are its rows.
"""


def _with_values(
    frame: pd.DataFrame, portal: Portal, object_type: str, column: str, moves: Sequence[_Move]
) -> pd.DataFrame:
    """Return the records of moves, the newest first, with changed.from, changed.to and changed.at beside.

    The first two are labels; changed.at is in UTC, missing where nobody noted it. A record that is gone by now is left
    out, and a move that two loads tell of is told once.
    """
    told = pd.DataFrame(moves, columns=["id", FROM, TO, AT]).astype({"id": "int64"})
    told[AT] = pd.to_datetime(told[AT], utc=True).astype("datetime64[us, UTC]")
    told = told[~(told.duplicated(["id", TO, AT]) & told[AT].notna())]
    places = pd.Index(frame["hs_object_id"]).get_indexer(pd.Index(told["id"]))
    told = told[places >= 0].reset_index(drop=True)
    used = [value for value in {*told[FROM].dropna(), *told[TO]} if value]
    labels = {**value_labels(portal, object_type, column=column, values=used), "": NO_VALUE_LABELS[column]}
    rows = frame.iloc[places[places >= 0]].reset_index(drop=True)
    rows[FROM] = told[FROM].map(labels).astype("str").fillna(UNKNOWN)
    rows[TO] = told[TO].map(labels).astype("str")
    rows[AT] = told[AT]
    ordered: pd.DataFrame = rows.sort_values(AT, ascending=False, kind="stable").reset_index(drop=True)
    return ordered


def _dated(frame: pd.DataFrame, dates: pd.Series, step: Step) -> dict[int, datetime]:
    """Return the ids whose date lies in a step, or within what its load may have taken, with the date."""
    instants = pd.to_datetime(dates, utc=True)
    mask = ((instants > step.since) & (instants <= step.until + _LOAD_TAKES)).fillna(value=False)
    return dict(zip(frame["hs_object_id"][mask].tolist(), instants[mask].dt.to_pydatetime(), strict=True))


def _merged_into(frame: pd.DataFrame) -> dict[int, str]:
    """Return the names of the records that merged ones live on in, by the ids that are gone."""
    if _MERGED_IDS not in frame:
        return {}
    named = frame[[_MERGED_IDS, NAME]].dropna(subset=_MERGED_IDS)
    pairs: Iterable[tuple[str, str]] = zip(named[_MERGED_IDS].astype("str"), named[NAME], strict=True)
    return {int(each): name for listed, name in pairs for each in listed.split(";") if each.strip().isdecimal()}


def _has_merged(frame: pd.DataFrame) -> pd.Series:
    return frame[_MERGED_IDS].notna() if _MERGED_IDS in frame else _nowhere(frame)


def _nowhere(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(data=False, index=frame.index)


def _within(frame: pd.DataFrame, column: str, since: datetime, until: datetime) -> pd.Series:
    if column not in frame:
        return _nowhere(frame)
    return ((frame[column] > since) & (frame[column] <= until)).fillna(value=False).astype("bool")

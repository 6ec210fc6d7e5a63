"""What a load changed in a portal's copy: the ids of records, for "what changed since you last looked".

Of records that moved to another stage or owner, both values are kept beside the ids. Nothing else of a record is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.sync.schema import MODIFIED

_ID = "hs_object_id"
_STEP = "changes-"
MOST_STEPS = 30
KEPT_FOR = timedelta(days=90)


STAGE, OWNER = "lifecyclestage", "hubspot_owner_id"


@dataclass(frozen=True, slots=True)
class Move:
    """Ids of records whose value of a property went from `old` to `new`, internal values; empty is no value."""

    old: str
    new: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of records: those that are new, those that HubSpot has seen edited, and those that are gone.

    `stages` and `owners` are the moves of edited records; a step that was stored before they were noted has none.
    """

    created: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    stages: tuple[Move, ...] = ()
    owners: tuple[Move, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.created or self.updated or self.gone)


@dataclass(frozen=True, slots=True)
class Step:
    """From one snapshot to the next: what changed in each object type that both have.

    `version` is the newer snapshot's; `since` and `until` are when the two were loaded, in UTC.
    """

    version: str
    since: datetime
    until: datetime
    objects: Mapping[str, Changes]


def keys_of(object_type: str, table: pa.Table) -> pa.Table:
    """Return the columns of a table that tell what changed: ids, when each record was edited, its stage and owner."""
    moving = [name for name in (STAGE, OWNER) if name in table.schema.names]
    return table.select([_ID, MODIFIED[object_type], *moving]).combine_chunks()


def compared(object_type: str, before: pa.Table, after: pa.Table) -> Changes:
    """Return what changed between two copies of an object type; both are in order of their ids."""
    known, left = before[_ID].to_numpy(), after[_ID].to_numpy()
    edited_at, name = after[MODIFIED[object_type]], MODIFIED[object_type]
    places = pc.index_in(after[_ID].combine_chunks(), before[_ID].combine_chunks())
    earlier = before[name].combine_chunks().take(places)
    is_edited = pc.fill_null(pc.not_equal(edited_at.combine_chunks(), earlier), fill_value=False)
    edited, were = after.filter(is_edited), before.take(places.filter(is_edited))
    return Changes(
        created=_ids(np.setdiff1d(left, known)),
        updated=tuple(edited[_ID].to_pylist()),
        gone=_ids(np.setdiff1d(known, left)),
        stages=_moves(were, edited, STAGE),
        owners=_moves(were, edited, OWNER),
    )


def _moves(before: pa.Table, after: pa.Table, name: str) -> tuple[Move, ...]:
    """Return the moves between two tables of the same records in the same order; none where a column is missing."""
    if name not in before.schema.names or name not in after.schema.names:
        return ()
    old, new = (pc.fill_null(table[name].cast(pa.string()), "") for table in (before, after))
    table = pa.table({"old": old, "new": new, "id": after[_ID]}).filter(pc.not_equal(old, new))
    grouped = table.group_by(["old", "new"], use_threads=False).aggregate([("id", "list")]).to_pylist()
    return tuple(Move(each["old"], each["new"], tuple(each["id_list"])) for each in grouped)


def write_step(step: Step) -> bytes:
    """Return a step as JSON."""
    return orjson.dumps(step)


def read_step(content: bytes) -> Step:
    """Read what `write_step` gave; raises KeyError, TypeError or ValueError for anything else."""
    stored = orjson.loads(content)
    return Step(
        version=stored["version"],
        since=datetime.fromisoformat(stored["since"]),
        until=datetime.fromisoformat(stored["until"]),
        objects={name: _read_changes(each) for name, each in stored["objects"].items()},
    )


def _read_changes(stored: Mapping[str, Any]) -> Changes:
    moves = {
        kind: tuple(Move(each["old"], each["new"], tuple(each["ids"])) for each in stored.get(kind, ()))
        for kind in ("stages", "owners")
    }
    return Changes(**{**{kind: tuple(ids) for kind, ids in stored.items()}, **moves})


def step_name(version: str) -> str:
    """Return the name under which the step to a snapshot is stored."""
    return f"{_STEP}{version}"


def version_of(name: str) -> str:
    """Return the version of the snapshot to which a stored step leads."""
    return name.removeprefix(_STEP)


def steps(names: Iterable[str]) -> list[str]:
    """Return which of these names are steps, the oldest first: versions begin with their time."""
    return sorted(name for name in names if name.startswith(_STEP))


def steps_to_keep(names: Iterable[str], now: datetime) -> list[str]:
    """Return which steps stay: the newest 30 of the last 90 days."""
    oldest = step_name(f"{now - KEPT_FOR:%Y%m%dT%H%M%S%f}")
    return [name for name in steps(names)[-MOST_STEPS:] if name >= oldest]


def _ids(found: np.ndarray) -> tuple[int, ...]:
    return tuple(int(each) for each in found)

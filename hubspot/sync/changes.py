"""What a load changed in a portal's copy: the ids of records, for "what changed since you last looked"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.sync.schema import MODIFIED

_ID = "hs_object_id"
_STEP = "changes-"
_MOST_STEPS = 30
_KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of records: those that are new, those that HubSpot has seen edited, and those that are gone."""

    created: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()

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
    """Return the two columns of a table that tell what changed: the ids and when each record was edited."""
    return table.select([_ID, MODIFIED[object_type]]).combine_chunks()


def compared(object_type: str, before: pa.Table, after: pa.Table) -> Changes:
    """Return what changed between two copies of an object type; both are in order of their ids."""
    known, left = before[_ID].to_numpy(), after[_ID].to_numpy()
    edited_at, name = after[MODIFIED[object_type]], MODIFIED[object_type]
    earlier = before[name].combine_chunks().take(pc.index_in(after[_ID].combine_chunks(), before[_ID].combine_chunks()))
    is_edited = pc.fill_null(pc.not_equal(edited_at.combine_chunks(), earlier), fill_value=False)
    return Changes(
        created=_ids(np.setdiff1d(left, known)),
        updated=tuple(after[_ID].filter(is_edited).to_pylist()),
        gone=_ids(np.setdiff1d(known, left)),
    )


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
        objects={
            name: Changes(**{kind: tuple(ids) for kind, ids in each.items()})
            for name, each in stored["objects"].items()
        },
    )


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
    oldest = step_name(f"{now - _KEPT_FOR:%Y%m%dT%H%M%S%f}")
    return [name for name in steps(names)[-_MOST_STEPS:] if name >= oldest]


def _ids(found: np.ndarray) -> tuple[int, ...]:
    return tuple(int(each) for each in found)

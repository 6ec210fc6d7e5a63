"""What is stored of a portal at one moment, without the records themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from hubspot.errors import SnapshotError
from hubspot.portal import COMPANIES, CONTACTS, Portal
from hubspot.sync.changes import Changes, Step
from hubspot.sync.links import LINKS

_FORMAT = 2


@dataclass(frozen=True, slots=True)
class ObjectCopy:
    """The copy of one object type: `version` sorts by time and changes with every write; `loaded_at` is UTC.

    `unreadable` counts, by property, the values that could not be read as the property's type. `chosen` are the
    properties that somebody wants beside those that are always loaded.
    """

    version: str
    records: int
    loaded_at: datetime
    unreadable: Mapping[str, int] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    whole_at: datetime | None = None

    @property
    def read_whole_at(self) -> datetime:
        """Return when every record was read, and not those alone that HubSpot said had changed."""
        return self.whole_at or self.loaded_at


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a manifest says: the portal's facts and the copies that belong together; `loaded_at` is the newest, UTC."""

    hub_id: int
    version: str
    portal: Portal
    loaded_at: datetime
    objects: Mapping[str, ObjectCopy]
    before: Mapping[str, str] = field(default_factory=dict)


def following(
    previous: Snapshot | None, portal: Portal, copies: Mapping[str, ObjectCopy], *, version: str, loaded_at: datetime
) -> Snapshot:
    """Return the snapshot that comes after another one: what was not loaded this time stays as it was.

    But links without the records they link: they would tell of records that are gone.
    """
    kept = dict(previous.objects) if previous else {}
    if copies.keys() & {CONTACTS, COMPANIES}:
        kept.pop(LINKS, None)
    return Snapshot(
        hub_id=portal.account.hub_id,
        version=version,
        portal=_with_previous(portal, previous.portal) if previous else portal,
        loaded_at=loaded_at,
        objects={**kept, **copies},
        before={name: copy.version for name, copy in previous.objects.items()} if previous else {},
    )


def step_between(before: Snapshot, after: Snapshot, changes: Mapping[str, Changes]) -> Step | None:
    """Return what changed from one snapshot to the next, None where nothing did or nobody can tell."""
    known = {name: each for name, each in changes.items() if name in before.objects}
    if not any(known.values()):
        return None
    since = min(before.objects[name].loaded_at for name in known)
    return Step(after.version, since, after.loaded_at, known)


def write_manifest(snapshot: Snapshot) -> bytes:
    """Return a snapshot's manifest as JSON."""
    return orjson.dumps(
        {
            "format": _FORMAT,
            "version": snapshot.version,
            "loaded_at": snapshot.loaded_at,
            "portal": snapshot.portal.to_json(),
            "objects": snapshot.objects,
            "before": snapshot.before,
        }
    )


def read_manifest(hub_id: int, content: bytes) -> Snapshot:
    """Read what `write_manifest` gave. Raises SnapshotError, KeyError, TypeError or ValueError for anything else."""
    stored = orjson.loads(content)
    if stored["format"] != _FORMAT:
        raise SnapshotError("The stored copy was made by another version of this dashboard. Load it again.")
    return Snapshot(
        hub_id=hub_id,
        version=stored["version"],
        portal=Portal.from_json(stored["portal"]),
        loaded_at=datetime.fromisoformat(stored["loaded_at"]),
        objects={name: _read_copy(copy) for name, copy in stored["objects"].items()},
        before=stored["before"],
    )


def _read_copy(stored: Mapping[str, Any]) -> ObjectCopy:
    times = {name: datetime.fromisoformat(stored[name]) for name in ("loaded_at", "whole_at") if stored.get(name)}
    read = {**times, "chosen": tuple(stored.get("chosen", ()))}
    return ObjectCopy(**{**stored, **read})


def _with_previous(portal: Portal, previous: Portal) -> Portal:
    # Colleagues grant different scopes: what this one may not read was read by another.
    properties = {name: definitions for name, definitions in portal.properties.items() if definitions}
    groups = {name: labels for name, labels in portal.groups.items() if labels}
    return replace(
        portal,
        properties={**previous.properties, **properties},
        groups={**previous.groups, **groups},
        owners=portal.owners or previous.owners,
    )

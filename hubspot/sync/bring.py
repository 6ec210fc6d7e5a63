"""What one load brings: the stored copy up to date, or where that can't be, everything anew."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import pyarrow as pa

from hubspot.api.client import Client
from hubspot.errors import SnapshotError
from hubspot.sync.changes import compared, keys_of
from hubspot.sync.load import resume
from hubspot.sync.parts import Parts
from hubspot.sync.progress import Phase
from hubspot.sync.refresh import reading_from, refresh
from hubspot.sync.run import Brought, Run
from hubspot.sync.schema import Columns, union
from hubspot.sync.snapshots import Snapshot, Snapshots

# What search never tells of, and what HubSpot calculates without moving a record's date, is found by reading all.
WHOLE_EVERY = timedelta(days=7)


def bring(run: Run, client: Client, snapshots: Snapshots, *, is_current: Callable[[], bool]) -> Brought:
    """Read a portal; only what changed, where there is a copy and the run does not ask for everything.

    Parts that were read are kept sealed, while `is_current`, so that a later load goes on with them. Raises what the
    client raises.
    """
    begin_parts = partial(Parts, snapshots, run.hub_id, run.meter.started_at, epoch=run.epoch, is_current=is_current)
    return _refreshed(run, client, snapshots, begin_parts) or _loaded(run, client, snapshots, begin_parts())


def columns_of(run: Run, snapshots: Snapshots) -> Columns:
    """Return what to load: the columns the copy has been given, and those this run shall add."""
    snapshot = copy_of(run, snapshots)
    given = {name: copy.chosen for name, copy in snapshot.objects.items()} if snapshot else {}
    return Columns(chosen=union(given, run.columns))


def copy_of(run: Run, snapshots: Snapshots) -> Snapshot | None:
    """Return the portal's stored copy; None where there is none that can be read."""
    try:
        return snapshots.latest(run.hub_id)
    except SnapshotError:
        return None


def _loaded(run: Run, client: Client, snapshots: Snapshots, parts: Parts) -> Brought:
    # Before everything is in memory: only two columns of what is there are kept.
    before = _keys(run, snapshots)
    loaded = resume(client, run.object_types, run, parts, choose=columns_of(run, snapshots).names)
    known = {name: table for name, table in loaded.tables.items() if name in before}
    changes = {name: compared(name, before[name], table) for name, table in known.items()}
    return Brought(loaded.portal, loaded.tables, loaded.verbatim, parts.begun_at, changes)


def _keys(run: Run, snapshots: Snapshots) -> Mapping[str, pa.Table]:
    """Return what tells a change of the stored copy's records, of the object types that can be read."""
    try:
        snapshot = snapshots.latest(run.hub_id)
        names = [name for name in run.object_types if snapshot and name in snapshot.objects]
        return {name: keys_of(name, snapshots.read(snapshot, name)) for name in names if snapshot}
    except SnapshotError:
        return {}


def _refreshed(run: Run, client: Client, snapshots: Snapshots, begin_parts: Callable[[], Parts]) -> Brought | None:
    """Bring the stored copy up to date; None where there is none, or none that this can be done with."""
    try:
        snapshot = snapshots.latest(run.hub_id)
        if run.is_full or snapshot is None or not snapshot.objects.keys() >= set(run.object_types):
            return None
        copies = {name: snapshot.objects[name] for name in run.object_types}
        tables = {name: snapshots.read(snapshot, name) for name in run.object_types}
        as_of, whole_at = run.meter.started_at, min(copy.read_whole_at for copy in copies.values())
        if as_of - whole_at >= WHOLE_EVERY:
            run.note("Everything is read again, as once a week: search does not tell of every change.")
            return None
        run.loading = Phase.REFRESHING
        since = reading_from(min(copy.loaded_at for copy in copies.values()), as_of)
        parts = begin_parts() if run.columns else None
        verbatim = {name: snapshots.verbatim(snapshot, name) for name in run.object_types}
        columns = columns_of(run, snapshots)
        refreshed = refresh(client, tables, since, run, columns=columns, parts=parts, verbatim=verbatim)
    except SnapshotError as reason:
        run.loading = Phase.LOADING
        run.note(str(reason))
        return None
    return Brought(refreshed.portal, refreshed.tables, refreshed.verbatim, as_of, refreshed.changes, whole_at)

"""One run of the command line for the holder of a token: a portal into a folder, and what it took."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hubspot.api import crm
from hubspot.api.client import Client, Tally
from hubspot.errors import LoadStopped, SettingsError
from hubspot.portal import Portal
from hubspot.sync.folder import BEFORE, Facts, Folder
from hubspot.sync.jobs import Jobs
from hubspot.sync.links import LINKS
from hubspot.sync.load import resume
from hubspot.sync.parts import Parts
from hubspot.sync.progress import Meter, Phase, Progress
from hubspot.sync.refresh import OutOfStep, reading_from, refresh
from hubspot.sync.run import Brought, Run
from hubspot.sync.schema import Choose, Columns, everything, only, wanted

BASE, ALL = "base", "all"
_LOOK_SECONDS = 0.2
ASSOCIATIONS = "associations"


@dataclass(frozen=True, slots=True)
class Order:
    """What to bring: object types, and of each the base table, all its properties, or those of these names."""

    object_types: tuple[str, ...]
    properties: str = BASE
    is_full: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that were asked for one by one, none where it was not so."""
        return () if self.properties in {BASE, ALL} else tuple(self.properties.split(","))

    @property
    def choose(self) -> Choose:
        """Return the choice of properties, given their definitions."""
        return {BASE: wanted, ALL: everything}.get(self.properties) or only(self.names)

    def check(self, portal: Portal) -> None:
        """Raise SettingsError for a name that is no property of any of the object types."""
        definitions = [portal.properties[each] for each in self.object_types]
        known = {each.name for listed in definitions for each in listed}
        unknown = [name for name in self.names if name not in known]
        # Without permission for the definitions, nobody knows.
        if unknown and all(definitions):
            raise SettingsError(
                f"HubSpot knows no property {unknown[0]!r} of {' or '.join(self.object_types)}. "
                "Write --properties base, all, or internal names with commas between them."
            )


class _Checked(Run):
    """A run that refuses an order the portal can't serve before the first record is read."""

    order: Order

    def portal(self, portal: Portal) -> None:
        """Take the portal's facts. Raises SettingsError for an order that does not fit them."""
        self.order.check(portal)
        super().portal(portal)


def export(
    order: Order, folder: Folder, client: Client, *, watch: Callable[[Run], None], stopping: threading.Event
) -> Mapping[str, int]:
    """Bring the folder's files up to date, or load everything where that can't be done; return the records of each.

    `watch` is given the run when it begins; `stopping` is what the client's `stop` asks. Raises FolderError before
    anything is loaded where the folder does not fit, SettingsError for unknown properties, and what `load` raises; then
    the files are as they were.
    """
    account = crm.account(client)
    folder.check(client.api_url, account.hub_id, is_full=order.is_full)
    run = _Checked(Meter(account.hub_id), client.token, order.object_types, 0, is_full=order.is_full)
    run.order, run.stopping = order, stopping
    watch(run)
    client = replace(client, observe=run.observe)
    brought = _refreshed(order, folder, client, run) or _loaded(order, folder, client, run)
    run.meter.enter(Phase.SAVING)
    facts = {
        name: Facts(client.api_url, run.hub_id, order.properties, brought.as_of, brought.verbatim.get(name, {}))
        for name in brought.tables
    }
    folder.write(brought.tables, facts)
    folder.parts_of(client.api_url).drop_parts(run.hub_id)
    run.meter.finish(Phase.DONE)
    return {name: table.num_rows for name, table in brought.tables.items()}


def _loaded(order: Order, folder: Folder, client: Client, run: Run) -> Brought:
    parts = Parts(folder.parts_of(client.api_url), run.hub_id, run.meter.started_at)
    loaded = resume(client, order.object_types, run, parts, choose=order.choose)
    return Brought(loaded.portal, loaded.tables, loaded.verbatim, parts.begun_at)


def _refreshed(order: Order, folder: Folder, client: Client, run: Run) -> Brought | None:
    """Bring the stored files up to date; None where there are none, or none that this can be done with."""
    copies = None if order.is_full else folder.copies(order.object_types)
    if copies is None:
        return None
    if any(each.facts.properties == BEFORE for each in copies.values()):
        run.note("The files were written by an older version of this command, so everything is loaded again.")
        return None
    if any(each.facts.properties != order.properties for each in copies.values()):
        run.note("Other properties were asked for than last time, so everything is loaded again.")
        return None
    tables = {name: each.table for name, each in copies.items()}
    since = reading_from(min(each.facts.loaded_at for each in copies.values()), run.meter.started_at)
    run.loading = Phase.REFRESHING
    try:
        verbatim = {name: each.facts.verbatim for name, each in copies.items()}
        refreshed = refresh(client, tables, since, run, columns=Columns(order.choose), verbatim=verbatim)
    except OutOfStep as reason:
        run.loading = Phase.LOADING
        run.note(str(reason))
        return None
    return Brought(refreshed.portal, refreshed.tables, refreshed.verbatim, run.meter.started_at)


def finish(
    jobs: Jobs, hub_id: int, start: Callable[[], None], *, is_ours: Callable[[], bool], stopping: threading.Event
) -> Progress:
    """Start a load of a portal's own copy and wait for its end; return how it ended.

    Where another process loads the portal already, that load is followed instead. When `stopping` is set, our own load
    is stopped at a point from which it can go on; another's goes on, and LoadStopped is raised.
    """
    start()
    while True:
        progress = jobs.progress(hub_id)
        if progress is None:
            # The process that was followed has died without a last word.
            start()
        elif not progress.is_running:
            return progress
        if stopping.wait(_LOOK_SECONDS):
            if not is_ours():
                raise LoadStopped("Stopped waiting. The load of the dashboard goes on.")
            jobs.stop(hub_id)
            time.sleep(_LOOK_SECONDS)


def summary(object_types: Sequence[str], records: Mapping[str, int], tally: Tally, seconds: float) -> dict[str, object]:
    """Return what a run took, by object type, for machines.

    What is asked about the portal as a whole counts with the first object type, so that the sums are those of the run;
    the object types are read side by side, so `seconds` are the run's.
    """
    counts = dict(tally.by_subject)
    about = {name: counts.pop(name, Counter()) for name in object_types}
    links = counts.pop(ASSOCIATIONS, Counter())
    about[object_types[0]] = sum(counts.values(), about[object_types[0]])
    if LINKS in records:
        about[ASSOCIATIONS] = links
    counted = {ASSOCIATIONS if name == LINKS else name: number for name, number in records.items()}
    names = ("requests", "retries", "throttled")
    return {
        each: {"records": counted[each], **{name: about[each][name] for name in names}, "seconds": round(seconds, 3)}
        for each in about
        if each in counted
    }

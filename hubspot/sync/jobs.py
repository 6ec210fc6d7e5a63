"""Loads in the background: one per portal at a time over all replicas, watched by every tab."""

import contextlib
import logging
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import orjson
import pyarrow as pa

from hubspot.api.client import AccessToken, Client, Observe
from hubspot.connections.engine import Store
from hubspot.connections.leases import Lease
from hubspot.errors import (
    HubSpotError,
    LoadStopped,
    NotConnected,
    RateLimited,
    SealError,
    SnapshotError,
    StoreError,
    UnreadableResponse,
)
from hubspot.portal import Portal
from hubspot.sync.frames import TableBuilder
from hubspot.sync.load import load
from hubspot.sync.parts import Parts
from hubspot.sync.progress import Meter, Phase, Progress
from hubspot.sync.refresh import refresh
from hubspot.sync.snapshots import Snapshots

_log = logging.getLogger(__name__)
# A replica that was killed holds up the others this long.
_LEASE_SECONDS = 15.0
_PUBLISH_SECONDS = 1.0
_WORTH_TELLING_SECONDS = 1.0
_RUNNING_TTL_MS = 10_000
_FINISHED_TTL_MS = 60_000
_HANDOVER_SECONDS = 60.0
_RETRY_SECONDS = 0.25
_CONNECTION_ENDED = "The connection that this load used has ended. Load again to use yours."


class OpenClient(Protocol):
    """`hubspot.api.client.HubSpot.client`, or something like it."""

    def __call__(self, hub_id: int, token: AccessToken, *, stop: Callable[[], bool], observe: Observe) -> Client:
        """Return a client of a portal."""


class Jobs:
    """The loads of this process, and what other replicas say of theirs.

    `open_client` makes a portal's client, `epoch_of` reads a portal's epoch, which rises when its data is deleted.
    Safe to share between threads.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        store: Store,
        open_client: OpenClient,
        epoch_of: Callable[[int], int],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._snapshots, self._store = snapshots, store
        self._open_client, self._epoch_of, self._clock = open_client, epoch_of, clock
        self._runs: dict[int, _Run] = {}
        self._lock = threading.Lock()

    def start(
        self, hub_id: int, token: AccessToken, object_types: Sequence[str], epoch: int, *, is_full: bool = False
    ) -> None:
        """Load a portal in the background, unless a load of it is running here or on another replica.

        A stored copy is brought up to date, which asks HubSpot only for what changed; `is_full` loads everything.
        The result becomes the portal's snapshot only while its epoch is still `epoch`. A load begun under an older one
        is stopped first.
        """
        with self._lock:
            previous = self._runs.get(hub_id)
            if previous and previous.is_running and previous.epoch == epoch:
                return
            run = _Run(Meter(hub_id, self._clock), token, tuple(object_types), epoch, is_full=is_full)
            self._runs[hub_id] = run
        threading.Thread(target=self._work, args=(run, previous), name=f"load {hub_id}", daemon=True).start()

    def progress(self, hub_id: int) -> Progress | None:
        """Return how the portal's newest load goes or went, None when none is known of.

        A finished load is remembered by its own process, and for a minute by the others.
        """
        run = self._runs.get(hub_id)
        own = run.meter.progress() if run else None
        if run and own and own.is_running and run.holds_lease:
            return own
        told = self._told(hub_id)
        if told is None or own is None:
            return told or own
        # Waiting for the lease of a load that tells nothing, this process is the one to load next.
        is_theirs = told.is_running if own.is_running else told.started_at > own.started_at
        return told if is_theirs else own

    def partial(self, hub_id: int, object_type: str) -> pa.Table | None:
        """Return what this process has loaded so far, None before the first page and after the snapshot was written.

        After a failed or stopped load it stays until the next start, or `forget`.
        """
        run = self._runs.get(hub_id)
        builder = run.builders.get(object_type) if run else None
        return builder.table() if builder and builder.num_records else None

    def partial_version(self, hub_id: int, object_type: str) -> int:
        """Return a number that grows whenever `partial` holds more; 0 where there is none."""
        run = self._runs.get(hub_id)
        builder = run.builders.get(object_type) if run else None
        return builder.num_records if builder else 0

    def portal(self, hub_id: int) -> Portal | None:
        """Return the facts of a portal whose load is running or ended early here; None before they were read."""
        run = self._runs.get(hub_id)
        return run.facts if run else None

    def stop(self, hub_id: int) -> None:
        """End a load before its next request, here at once and on another replica within about a second."""
        run = self._runs.get(hub_id)
        if run and run.is_running:
            run.stopping.set()
            return
        with self._store.answering() as client:
            client.set(self._key(hub_id, "load-stop"), b"1", px=_RUNNING_TTL_MS)

    def forget(self, hub_id: int) -> None:
        """Stop a load and drop all that is kept of it, as when the portal's data is deleted."""
        with self._lock:
            run = self._runs.pop(hub_id, None)
        if run:
            run.forgotten = True
            run.stopping.set()
            run.release()
        with self._store.answering() as client:
            client.delete(self._key(hub_id, "load-progress"))

    def _work(self, run: "_Run", previous: "_Run | None") -> None:
        if previous and previous.is_running:
            previous.stopping.set()
            previous.ended.wait(_HANDOVER_SECONDS)
        try:
            self._load(run)
        except LoadStopped:
            run.meter.finish(Phase.STOPPED)
            _log.info("Portal %s: the load was stopped", run.hub_id)
        except HubSpotError as error:
            run.meter.finish(Phase.FAILED, error=_told_to_all(error))
            _log.warning("Portal %s: the load failed (%s)", run.hub_id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a thread's outer frame: a person must learn that it ended
            sentence = "The load ended because of an error in this dashboard. Its log tells more; try again."
            run.meter.finish(Phase.FAILED, error=sentence)
            # Only where, not the error's own words: they can quote a record.
            where = "".join(traceback.format_tb(error.__traceback__))
            _log.error("Portal %s: the load failed (%s)\n%s", run.hub_id, type(error).__name__, where)
        finally:
            run.ended.set()
            self._publish(run)

    def _load(self, run: "_Run") -> None:
        lease = Lease(self._store, f"{{{run.hub_id}}}:load", seconds=_LEASE_SECONDS)
        if not self._acquire(lease, run):
            self._drop(run)
            return
        run.holds_lease = True
        with lease.hold():
            threading.Thread(target=self._tell, args=(run,), name=f"told {run.hub_id}", daemon=True).start()
            client = self._open_client(run.hub_id, run.token, stop=run.stopping.is_set, observe=run.observe)
            brought = self._refresh(run, client) or self._load_all(run, client)
            run.meter.enter(Phase.SAVING)
            if lease.lost and not lease.try_acquire():
                raise LoadStopped("Another replica loads this portal now.")
            snapshot = self._snapshots.write(
                brought.portal,
                brought.tables,
                loaded_at=brought.as_of,
                unreadable=brought.unreadable,
                is_current=lambda: self._is_current(run),
            )
        if snapshot is None:
            run.release()
            raise LoadStopped("The portal was disconnected.")
        run.meter.finish(Phase.DONE, version=snapshot.version)
        run.release()
        self._log_done(run, brought.tables)

    def _load_all(self, run: "_Run", client: Client) -> "_Brought":
        parts = Parts(self._snapshots, run.hub_id, run.meter.started_at, is_current=lambda: self._is_current(run))
        loaded = load(client, run.object_types, run, parts)
        return _Brought(loaded.portal, loaded.tables, loaded.unreadable, parts.begun_at)

    def _refresh(self, run: "_Run", client: Client) -> "_Brought | None":
        """Bring the stored copy up to date; None where there is none, or none that this can be done with."""
        try:
            snapshot = self._snapshots.latest(run.hub_id)
            if run.is_full or snapshot is None or not snapshot.objects.keys() >= set(run.object_types):
                return None
            copies = {name: snapshot.objects[name] for name in run.object_types}
            tables = {name: self._snapshots.read(snapshot, name) for name in run.object_types}
            run.loading = Phase.REFRESHING
            refreshed = refresh(client, tables, min(copy.loaded_at for copy in copies.values()), run)
        except SnapshotError as reason:
            run.loading = Phase.LOADING
            run.note(str(reason))
            return None
        unreadable = {name: Counter(copies[name].unreadable) + Counter(refreshed.unreadable[name]) for name in copies}
        return _Brought(refreshed.portal, refreshed.tables, unreadable, run.meter.started_at)

    def _is_current(self, run: "_Run") -> bool:
        return not run.forgotten and self._epoch_of(run.hub_id) == run.epoch

    def _acquire(self, lease: Lease, run: "_Run") -> bool:
        # A holder that tells nothing is about to end, or was killed: its lease ends by itself.
        ends_at = time.monotonic() + _LEASE_SECONDS + 1
        while not lease.try_acquire():
            told = self._told(run.hub_id)
            if (told and told.is_running) or time.monotonic() > ends_at or run.stopping.wait(_RETRY_SECONDS):
                return False
        return True

    def _drop(self, run: "_Run") -> None:
        _log.info("Portal %s: another replica loads it", run.hub_id)
        run.meter.finish(Phase.STOPPED)
        run.forgotten = True
        with self._lock:
            if self._runs.get(run.hub_id) is run:
                del self._runs[run.hub_id]

    def _log_done(self, run: "_Run", tables: Mapping[str, pa.Table]) -> None:
        counts = ", ".join(f"{table.num_rows} {name}" for name, table in tables.items())
        seconds = (self._clock() - run.meter.started_at).total_seconds()
        _log.info("Portal %s: loaded %s in %.1f s", run.hub_id, counts, seconds)

    def _tell(self, run: "_Run") -> None:
        self._publish(run)
        while not run.ended.wait(_PUBLISH_SECONDS) and not run.forgotten:
            self._publish(run)
            if self._asked_to_stop(run.hub_id):
                run.stopping.set()

    def _publish(self, run: "_Run") -> None:
        if run.forgotten:
            return
        key = self._key(run.hub_id, "load-progress")
        # Under a lock, so that the last word is about the end.
        with run.telling, contextlib.suppress(StoreError), self._store.answering() as client:
            progress = run.meter.progress()
            sealed = self._snapshots.keyring.seal(orjson.dumps(progress.to_json()), key)
            client.set(key, sealed, px=_RUNNING_TTL_MS if progress.is_running else _FINISHED_TTL_MS)

    def _told(self, hub_id: int) -> Progress | None:
        key = self._key(hub_id, "load-progress")
        try:
            with self._store.answering() as client:
                sealed = client.get(key)
            return Progress.from_json(orjson.loads(self._snapshots.keyring.open(sealed, key))) if sealed else None
        except (StoreError, SealError, KeyError, TypeError, ValueError) as error:
            _log.debug("Portal %s: nothing to tell (%s)", hub_id, type(error).__name__)
            return None

    def _asked_to_stop(self, hub_id: int) -> bool:
        try:
            with self._store.answering() as client:
                return client.getdel(self._key(hub_id, "load-stop")) is not None
        except StoreError:
            return False

    def _key(self, hub_id: int, name: str) -> str:
        return self._store.key(f"{{{hub_id}}}", name)


def _told_to_all(error: HubSpotError) -> str:
    # Everybody in the portal reads it, and the connection was one person's.
    return _CONNECTION_ENDED if isinstance(error, NotConnected) else str(error)


@dataclass(frozen=True, slots=True)
class _Brought:
    """A portal as HubSpot has it, complete for what was changed before `as_of`, in UTC."""

    portal: Portal
    tables: Mapping[str, pa.Table]
    unreadable: Mapping[str, Mapping[str, int]]
    as_of: datetime


class _Run:
    """One load of this process: the report it fills and the switches that end it."""

    def __init__(
        self, meter: Meter, token: AccessToken, object_types: tuple[str, ...], epoch: int, *, is_full: bool
    ) -> None:
        self.meter, self.token, self.object_types, self.epoch = meter, token, object_types, epoch
        self.is_full, self.loading = is_full, Phase.LOADING
        self.hub_id = meter.hub_id
        self.builders: dict[str, TableBuilder] = {}
        self.facts: Portal | None = None
        self.stopping, self.ended = threading.Event(), threading.Event()
        self.forgotten = self.holds_lease = False
        self.telling = threading.Lock()

    @property
    def is_running(self) -> bool:
        return not self.ended.is_set()

    def release(self) -> None:
        """Let go of the records; the snapshot holds them, or nobody may."""
        self.builders, self.facts = {}, None

    def portal(self, portal: Portal) -> None:
        if portal.account.hub_id != self.hub_id:
            raise UnreadableResponse("HubSpot answered for another account than this one. Nothing was stored.")
        self.facts = portal
        self.meter.enter(self.loading)

    def begins(self, object_type: str, builder: TableBuilder) -> None:
        self.builders[object_type] = builder
        self.meter.begin(object_type, builder.num_records)

    def total(self, object_type: str, total: int) -> None:
        self.meter.expect(object_type, total)

    def arrived(self, object_type: str, records: int) -> None:
        self.meter.count(object_type, records)

    def note(self, sentence: str) -> None:
        self.meter.note(sentence)

    def observe(self, error: HubSpotError, seconds: float) -> None:
        if seconds >= _WORTH_TELLING_SECONDS:
            asked = isinstance(error, RateLimited)
            self.meter.slow(
                seconds, "HubSpot asked us to slow down" if asked else "HubSpot does not answer as it should"
            )

"""Loads in the background: one per portal at a time over all replicas, watched by every tab."""

import contextlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import pyarrow as pa

from hubspot.api.client import AccessToken, Client, Observe
from hubspot.connections.engine import Store
from hubspot.connections.leases import Lease
from hubspot.errors import (
    HubSpotError,
    LoadStopped,
    MissingScopes,
    NotConnected,
    StoreError,
)
from hubspot.portal import Portal
from hubspot.sync.attempts import Attempts
from hubspot.sync.bring import bring, columns_of, copy_of
from hubspot.sync.counts import LoadCounts
from hubspot.sync.frames import Verbatim
from hubspot.sync.noticeboard import Noticeboard
from hubspot.sync.progress import Meter, Phase, Progress
from hubspot.sync.run import Run
from hubspot.sync.schema import union
from hubspot.sync.snapshots import Snapshots

_log = logging.getLogger(__name__)
# A replica that was killed holds up the others this long.
_LEASE_SECONDS = 15.0
_PUBLISH_SECONDS = 1.0
_HANDOVER_SECONDS = 60.0
_RETRY_SECONDS = 0.25
_FAILED = "Portal %(portal)s: the load failed (%(error)s)"
_CONNECTION_ENDED = "The connection that this load used has ended. Load again to use yours."


class OpenClient(Protocol):
    """`hubspot.api.client.HubSpot.client`, or something like it."""

    def __call__(self, hub_id: int, token: AccessToken, *, stop: Callable[[], bool], observe: Observe) -> Client:
        """Return a client of a portal."""


class Jobs:
    """The loads of this process, and what other replicas say of theirs.

    `open_client` makes a portal's client, `epoch_of` reads a portal's epoch, which rises when its data is deleted.
    `counts` are of the loads that ended, `attempts` those that nobody asked for.
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
        self.counts, self.attempts = LoadCounts(), Attempts(store)
        self._board = Noticeboard(store, snapshots.keyring)
        self._runs: dict[int, Run] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def start(  # noqa: PLR0913 - whose load it is, and what it shall bring
        self,
        hub_id: int,
        token: AccessToken,
        object_types: Sequence[str],
        epoch: int,
        *,
        is_full: bool = False,
        columns: Mapping[str, Sequence[str]] | None = None,
        replacing: str | None = None,
    ) -> None:
        """Load a portal in the background, unless a load of it is running here or on another replica.

        A stored copy is brought up to date, which asks HubSpot only for what changed; `is_full` loads everything.
        The result becomes the portal's snapshot only while its epoch is still `epoch`. A load begun under an older one
        is stopped first.

        `columns` are names of properties to add to the copy, by object type; every later load keeps them. Where a load
        runs, they are added after it.

        `replacing` is the version of the copy that is to be replaced, empty for none, by default the present one: where
        another replica has replaced it before this one's turn comes, nothing is loaded.
        """
        with self._lock:
            previous = self._runs.get(hub_id)
            if self._is_closed:
                return
            if previous and previous.is_running and previous.epoch == epoch:
                if columns:
                    wanted = union(previous.columns_after, columns)
                    previous.columns_after = wanted
                    previous.after = partial(self.start, hub_id, token, object_types, epoch, columns=wanted)
                return
            run = Run(Meter(hub_id, self._clock), token, tuple(object_types), epoch, is_full=is_full)
            run.columns, run.replaces = columns or {}, replacing
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
        told = self._board.told(hub_id)
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

    def partial_verbatim(self, hub_id: int, object_type: str) -> Verbatim:
        """Return what the columns of `partial` do not hold."""
        run = self._runs.get(hub_id)
        builder = run.builders.get(object_type) if run else None
        return builder.verbatim if builder else {}

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
        self._board.ask_to_stop(hub_id)

    def forget(self, hub_id: int) -> None:
        """Stop a load and drop all that is kept of it, as when the portal's data is deleted."""
        with self._lock:
            run = self._runs.pop(hub_id, None)
        if run:
            run.forgotten = True
            run.stopping.set()
            run.release()
        self._board.forget(hub_id)
        self.attempts.forget(hub_id)

    def left(self, hub_ids: Iterable[int]) -> dict[int, Mapping[str, Sequence[str]]]:
        """Return the loads that did not come to their end, with the columns each was to add. Raises StoreError.

        Their process has ended, or HubSpot did not answer; those that run are among them.
        """
        return self._board.left(hub_ids)

    def close(self, *, seconds: float) -> None:
        """End all loads of this process so that another one, or the next start, goes on at once; none begins any more.

        One that is not at its end within so many seconds is left behind: its lease is given back all the same, and
        nothing of it is stored any more.
        """
        with self._lock:
            self._is_closed = True
            runs = [run for run in self._runs.values() if not run.settled.is_set()]
        for run in runs:
            run.is_handed_over = True
            run.stopping.set()
        ends_at = time.monotonic() + seconds
        for run in runs:
            if not run.settled.wait(max(0.0, ends_at - time.monotonic())):
                self._abandon(run)

    def _abandon(self, run: Run) -> None:
        _log.warning("Portal %(portal)s: the load did not end in time and is left to others", {"portal": run.hub_id})
        run.forgotten = True
        if run.lease:
            run.lease.release()
        with run.telling:
            self._hand_over(run)

    def _work(self, run: Run, previous: Run | None) -> None:
        if previous and previous.is_running:
            previous.stopping.set()
            previous.ended.wait(_HANDOVER_SECONDS)
        try:
            self._load(run)
        except LoadStopped:
            _log.info("Portal %(portal)s: the load was stopped", {"portal": run.hub_id})
            run.is_left = run.is_handed_over
            run.meter.finish(Phase.STOPPED)
        except HubSpotError as error:
            _log.warning(_FAILED, _told_of(run, error))
            run.is_left = not isinstance(error, NotConnected | MissingScopes)
            # Of a portal that was disconnected meanwhile nothing may be written any more.
            if not (run.forgotten or isinstance(error, NotConnected)):
                self._note_failure(run)
            run.meter.finish(Phase.FAILED, error=_told_to_all(error))
        except Exception as error:  # noqa: BLE001 - a thread's outer frame: a person must learn that it ended
            # Logged before it is told, so that whoever reads the sentence finds it. Only where, not the error's own
            # words: they can quote a record.
            where = "".join(traceback.format_tb(error.__traceback__))
            _log.error(f"{_FAILED}\n%(where)s", {**_told_of(run, error), "where": where})
            sentence = "The load ended because of an error in this dashboard. Its log tells more; try again."
            run.meter.finish(Phase.FAILED, error=sentence)
        finally:
            with self._lock:
                run.ended.set()
            self._settle(run)
            self._publish(run)
            run.settled.set()
            self.counts.add(run)
            if run.after and not run.stopping.is_set():
                run.after()

    def _load(self, run: Run) -> None:
        lease = run.lease = Lease(self._store, f"{{{run.hub_id}}}:load", seconds=_LEASE_SECONDS)
        run.replaces = self._version(run) if run.replaces is None else run.replaces
        if not self._acquire(lease, run):
            self._drop(run)
            return
        if self._is_done(run) or not self._is_current(run):
            lease.release()
            self._drop(run)
            return
        run.holds_lease = True
        self._leave(run)
        with lease.hold():
            threading.Thread(target=self._tell, args=(run,), name=f"told {run.hub_id}", daemon=True).start()
            client = self._open_client(run.hub_id, run.token, stop=run.stopping.is_set, observe=run.observe)
            brought = bring(run, client, self._snapshots, is_current=partial(self._is_current, run))
            run.meter.enter(Phase.SAVING)
            if lease.lost and not lease.try_acquire():
                raise LoadStopped("Another replica loads this portal now.")
            snapshot = self._snapshots.write(
                brought.portal,
                brought.tables,
                loaded_at=brought.as_of,
                verbatim=brought.verbatim,
                chosen=columns_of(run, self._snapshots).chosen,
                changes=brought.changes,
                whole_at=brought.whole_at,
                is_current=lambda: self._is_current(run),
            )
        if snapshot is None:
            run.release()
            raise LoadStopped("The portal was disconnected.")
        run.meter.finish(Phase.DONE, version=snapshot.version)
        run.release()
        self._log_done(run, brought.tables)

    def _is_current(self, run: Run) -> bool:
        return not run.forgotten and self._epoch_of(run.hub_id) == run.epoch

    def _acquire(self, lease: Lease, run: Run) -> bool:
        # A holder that tells nothing is about to end, or was killed: its lease ends by itself.
        ends_at = time.monotonic() + _LEASE_SECONDS + 1
        while not lease.try_acquire():
            told = self._board.told(run.hub_id)
            if told and told.is_running and run.columns:
                # Another replica's load brings all but these.
                ends_at = time.monotonic() + _LEASE_SECONDS + 1
            elif (told and told.is_running) or time.monotonic() > ends_at:
                return False
            if run.stopping.wait(_RETRY_SECONDS):
                return False
        return True

    def _is_done(self, run: Run) -> bool:
        """Return whether another replica has brought all this while this one waited for its turn."""
        if run.columns or run.is_full or self._version(run) == run.replaces:
            return False
        snapshot = self._snapshots.latest(run.hub_id)
        return snapshot is not None and snapshot.objects.keys() >= set(run.object_types)

    def _version(self, run: Run) -> str:
        snapshot = copy_of(run, self._snapshots)
        return snapshot.version if snapshot else ""

    def _drop(self, run: Run) -> None:
        _log.info("Portal %(portal)s: another replica loads it", {"portal": run.hub_id})
        run.meter.finish(Phase.STOPPED)
        run.forgotten = True
        with self._lock:
            if self._runs.get(run.hub_id) is run:
                del self._runs[run.hub_id]

    def _log_done(self, run: Run, tables: Mapping[str, pa.Table]) -> None:
        counts = ", ".join(f"{table.num_rows} {name}" for name, table in tables.items())
        seconds = (self._clock() - run.meter.started_at).total_seconds()
        _log.info(
            "Portal %(portal)s: loaded %(counts)s in %(seconds).1f s",
            {"portal": run.hub_id, "counts": counts, "seconds": seconds},
        )

    def _leave(self, run: Run) -> None:
        self._board.leave(run.hub_id, union(run.columns, run.columns_after))

    def _settle(self, run: Run) -> None:
        """Take the note back where the load has come to its end, one way or another."""
        if run.holds_lease and not (run.forgotten or run.is_left):
            self._board.take_back(run.hub_id)

    def _note_failure(self, run: Run) -> None:
        # Whoever goes on with it by itself shall not do so at once.
        with contextlib.suppress(StoreError):
            self.attempts.claim(run.hub_id, run.replaces or "")

    def _hand_over(self, run: Run) -> None:
        """Say nothing of a load any more, so that another replica goes on at once instead of looking on."""
        if run.columns_after:
            self._leave(run)
        self._board.be_silent(run.hub_id)
        with contextlib.suppress(StoreError):
            self.attempts.forget(run.hub_id)

    def _tell(self, run: Run) -> None:
        self._publish(run)
        while not run.ended.wait(_PUBLISH_SECONDS) and not run.forgotten:
            self._publish(run)
            if self._board.is_asked_to_stop(run.hub_id):
                run.stopping.set()

    def _publish(self, run: Run) -> None:
        if run.forgotten:
            return
        # Under a lock, so that the last word is about the end.
        with run.telling:
            if run.is_left and run.is_handed_over:
                self._hand_over(run)
            else:
                self._board.tell(run.meter.progress())


def _told_of(run: Run, error: Exception) -> dict[str, object]:
    """Return what a log line says of a load that failed."""
    found = getattr(error, "correlation_id", "")
    told = {"portal": run.hub_id, "error": type(error).__name__}
    return {**told, **({"correlation_id": found} if found else {})}


def _told_to_all(error: HubSpotError) -> str:
    # Everybody in the portal reads it, and the connection was one person's.
    return _CONNECTION_ENDED if isinstance(error, NotConnected) else str(error)

"""Counts of the loads of this process, for whoever watches the dashboard; they only ever grow."""

import threading
from collections import Counter
from dataclasses import dataclass, field

from hubspot.sync.progress import Phase
from hubspot.sync.run import Run


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """How loads ended, how long they took, and what they brought.

    `ended` and `seconds` are by kind (full or refresh) and outcome (done, failed or stopped); `records` are those read
    from HubSpot, by object type.

    A load that was left to another replica, or whose portal was deleted meanwhile, is no load of this process.
    """

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    records: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, run: Run) -> None:
        """Count a load that ended."""
        progress = run.meter.progress()
        if run.forgotten or progress.finished_at is None:
            return
        kind = ("refresh" if run.loading is Phase.REFRESHING else "full", progress.phase.value)
        with self._lock:
            self.ended[kind] += 1
            took = (progress.finished_at - progress.started_at).total_seconds()
            self.seconds[kind] = self.seconds.get(kind, 0.0) + took
            self.records.update(run.brought)

    def copy(self) -> "LoadCounts":
        """Return the counts as they are now."""
        with self._lock:
            return LoadCounts(Counter(self.ended), dict(self.seconds), Counter(self.records))

"""How far a load is, as every tab and every replica sees it."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

_RATE_OVER = timedelta(seconds=15)


class Phase(StrEnum):
    """What a load is doing, or how it ended."""

    PREPARING = "preparing"
    LOADING = "loading"
    REFRESHING = "refreshing"
    WIDENING = "widening"
    SAVING = "saving"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ObjectProgress:
    """Records loaded so far; `total` is HubSpot's count, None while it is not known."""

    loaded: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A load at one moment. Times are UTC, `rate` is in records per second, `seconds_left` None when not known.

    `slowing_until` is set while the load waits before it asks again, and `slowing_because` then says why.
    `error` is a sentence, empty unless it failed;
    `notes` are sentences about what was left out; `version` is that of the snapshot it wrote, empty before.
    """

    hub_id: int
    phase: Phase
    objects: Mapping[str, ObjectProgress]
    started_at: datetime
    finished_at: datetime | None = None
    rate: float = 0.0
    seconds_left: float | None = None
    slowing_until: datetime | None = None
    slowing_because: str = ""
    error: str = ""
    notes: tuple[str, ...] = ()
    version: str = ""

    @property
    def is_running(self) -> bool:
        """True until the load ended, one way or another."""
        return self.finished_at is None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, for other replicas."""
        times = ("started_at", "finished_at", "slowing_until")
        stored = asdict(self)
        return stored | {name: stored[name].isoformat() if stored[name] else None for name in times}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Progress":
        """Rebuild what `to_json` gave; raises KeyError, TypeError or ValueError for anything else."""
        times = {
            name: datetime.fromisoformat(stored[name]) if stored[name] else None
            for name in ("started_at", "finished_at", "slowing_until")
        }
        objects = {name: ObjectProgress(**each) for name, each in stored["objects"].items()}
        read = {"phase": Phase(stored["phase"]), "objects": objects, "notes": tuple(stored["notes"])}
        return cls(**{**stored, **times, **read})


@dataclass(slots=True)
class _Sample:
    at: datetime
    loaded: int


@dataclass(slots=True)
class Meter:
    """Counts one load; safe to share between the threads that load and those that look."""

    hub_id: int
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _phase: Phase = Phase.PREPARING
    _loaded: dict[str, int] = field(default_factory=dict)
    _totals: dict[str, int] = field(default_factory=dict)
    _samples: deque[_Sample] = field(default_factory=deque)
    _started_at: datetime = field(init=False)
    _finished_at: datetime | None = None
    _slowing_until: datetime | None = None
    _slowing_because: str = ""
    _error: str = ""
    _notes: tuple[str, ...] = ()
    _version: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._started_at = self.clock()

    @property
    def started_at(self) -> datetime:
        """Return when the load began, in UTC."""
        return self._started_at

    def enter(self, phase: Phase) -> None:
        """Go on to another phase."""
        with self._lock:
            self._phase = phase

    def begin(self, object_type: str, records: int) -> None:
        """Announce an object type, and the records of it that an earlier load has read."""
        with self._lock:
            self._loaded[object_type] = records
            self._samples.clear()

    def count(self, object_type: str, records: int) -> None:
        """Add records that arrived."""
        with self._lock:
            self._loaded[object_type] = self._loaded.get(object_type, 0) + records
            now = self.clock()
            self._samples.append(_Sample(now, sum(self._loaded.values())))
            while self._samples[0].at < now - _RATE_OVER:
                self._samples.popleft()

    def expect(self, object_type: str, total: int) -> None:
        """Set how many records HubSpot counts."""
        with self._lock:
            self._totals[object_type] = total

    def slow(self, seconds: float, because: str) -> None:
        """Say that the load waits this long, and why."""
        with self._lock:
            self._slowing_until = self.clock() + timedelta(seconds=seconds)
            self._slowing_because = because

    def note(self, sentence: str) -> None:
        """Add a sentence about what was left out."""
        with self._lock:
            self._notes = (*self._notes, sentence)

    def finish(self, phase: Phase, *, error: str = "", version: str = "") -> None:
        """End the load."""
        with self._lock:
            self._phase, self._error, self._version = phase, error, version
            self._finished_at = self.clock()

    def progress(self) -> Progress:
        """Return how far the load is now."""
        with self._lock:
            rate, is_slowing = self._rate(), self._slowing_until is not None and self._slowing_until > self.clock()
            return Progress(
                hub_id=self.hub_id,
                phase=self._phase,
                objects=self._objects(),
                started_at=self._started_at,
                finished_at=self._finished_at,
                rate=rate,
                seconds_left=self._seconds_left(rate),
                slowing_until=self._slowing_until if is_slowing else None,
                slowing_because=self._slowing_because if is_slowing else "",
                error=self._error,
                notes=self._notes,
                version=self._version,
            )

    def _objects(self) -> dict[str, ObjectProgress]:
        names = dict.fromkeys((*self._loaded, *self._totals))
        return {name: ObjectProgress(self._loaded.get(name, 0), self._totals.get(name)) for name in names}

    def _rate(self) -> float:
        if len(self._samples) < 2 or self._finished_at:
            return 0.0
        first, last = self._samples[0], self._samples[-1]
        seconds = (last.at - first.at).total_seconds()
        return (last.loaded - first.loaded) / seconds if seconds > 0 else 0.0

    def _seconds_left(self, rate: float) -> float | None:
        if not rate or set(self._loaded) - set(self._totals):
            return None
        left = sum(max(0, total - self._loaded.get(name, 0)) for name, total in self._totals.items())
        return left / rate

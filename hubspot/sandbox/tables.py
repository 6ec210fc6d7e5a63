"""The records of one object type: drawn column by column when first needed, with edits laid over them by row."""

import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import orjson

from hubspot.sandbox.columns import Column, Mask, Moments, Numbers, Rows
from hubspot.sandbox.definitions import Definition

DAY_MS = 86_400_000
HISTORY_DAYS = 1461
WEEKDAYS = (1.0, 1.15, 1.15, 1.05, 0.9, 0.28, 0.22)
MONTHS = (0.95, 1.05, 1.25, 1.05, 0.95, 0.9, 0.75, 0.7, 1.2, 1.25, 1.15, 0.65)
# What there is of the last day: two hours of it or, before they are over, its first minute.
TODAY_MS, NIGHT_MS = 7_200_000, 60_000
TODAY_SHARE = 0.45
ARCHIVED_SHARE = 0.004
LONGEST_LOG = 100_000
# More records than a search can page through, where there are enough of them to leave a history around the import.
BULK, SMALLEST_WITH_BULK = 12_000, 30_000
MODIFIED = {"contacts": "lastmodifieddate", "companies": "hs_lastmodifieddate", "deals": "hs_lastmodifieddate"}

TYPE_IDS = {"contacts": "0-1", "companies": "0-2", "deals": "0-3"}


@dataclass(frozen=True, slots=True)
class Origin:
    """What the records of a table are a function of.

    `today` is the last day of history in `time_zone`, of which `passed` is over.
    """

    object_type: str
    seed: int
    hub_id: int
    size: int
    today: date
    passed: timedelta
    time_zone: str
    first_id: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a row was before an edit at `at` (UTC milliseconds); `values` is None where it did not exist."""

    at: int
    row: int
    values: dict[str, str | None] | None
    visible: bool


Builder = Callable[["Table"], Column]
Drawn = TypeVar("Drawn")


class Table:
    """All records of an object type in one portal.

    A record is known by its row, a position in `ids` (ascending). Rows below `size` are drawn from the seed; rows
    created later exist only in `overlay`, which holds every changed value of a row as HubSpot would write it.
    `latest` is the last modification of all, in UTC milliseconds.
    """

    def __init__(self, origin: Origin, definitions: Mapping[str, Definition], builders: Mapping[str, Builder]) -> None:
        self.origin = origin
        self.object_type = origin.object_type
        self.size = origin.size
        self.definitions = definitions
        self.modified_name = MODIFIED[origin.object_type]
        self._builders = builders
        self._columns: dict[str, Column] = {}
        self._parts: dict[str, object] = {}
        self.created = self._draw_created()
        self.modified = self._draw_modified()
        self.latest = int(self.modified.max(initial=0))
        self.ids = self._draw_ids()
        self.overlay: dict[int, dict[str, str | None]] = {}
        self.archived_at: dict[int, int] = self._draw_archived()
        # Columns are drawn late, maybe after edits, and must not depend on them.
        self.drawn_live = np.ones(self.size, dtype=bool)
        self.drawn_live[list(self.archived_at)] = False
        self.gone: set[int] = set()
        self.merged_into: dict[int, int] = {}
        self._live: dict[bool, tuple[Rows, Rows]] = {}
        self.log: deque[Change] = deque(maxlen=LONGEST_LOG)
        self.version = 0

    def rng(self, name: str) -> np.random.Generator:
        """Return the source of chance of one column, independent of the order in which columns are drawn."""
        key = zlib.crc32(f"{self.object_type}.{name}".encode())
        return np.random.default_rng([self.origin.seed, self.origin.hub_id, key])

    def uniform(self, name: str) -> npt.NDArray[np.float32]:
        """Return one number in [0, 1) for every drawn row."""
        return self.rng(name).random(self.size, dtype=np.float32)

    def chance(self, name: str, share: float) -> Mask:
        """Return True for about `share` of the drawn rows."""
        return np.asarray(self.uniform(name) < share, dtype=bool)

    def pick(self, name: str, weights: npt.ArrayLike) -> npt.NDArray[np.int16]:
        """Return an index into `weights` for every drawn row."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        drawn = np.searchsorted(edges / edges[-1], self.uniform(name), side="right")
        return np.minimum(drawn, len(edges) - 1).astype(np.int16)

    def column(self, name: str) -> Column:
        """Return a column by property name; raises KeyError where the portal does not define it."""
        if name == "hs_object_id":
            return Numbers(self.ids)
        if name not in self._columns:
            self._columns[name] = self._builders[name](self).compact()
        return self._columns[name]

    def once(self, name: str, draw: Callable[[], Drawn]) -> Drawn:
        """Return what several columns are made of, drawn when the first of them needs it."""
        if name not in self._parts:
            self._parts[name] = draw()
        return cast("Drawn", self._parts[name])

    def has(self, name: str) -> bool:
        """Tell whether the portal defines a property."""
        return name in self.definitions

    def rows(self, *, archived: bool) -> tuple[Rows, Rows]:
        """Return the rows of all live, or of all archived, records and their ids, both ascending."""
        cached = self._live.get(archived)
        if cached is None:
            hidden = np.zeros(len(self.ids), dtype=bool)
            hidden[list(self.archived_at)] = True
            chosen = hidden if archived else ~hidden
            chosen[list(self.gone)] = False
            rows = np.flatnonzero(chosen)
            cached = self._live[archived] = (rows, self.ids[rows])
        return cached

    def row_of(self, record_id: int) -> int | None:
        """Return the row of a record, following merges; None for an id that never was."""
        final = record_id
        while final in self.merged_into:
            final = self.merged_into[final]
        row = int(np.searchsorted(self.ids, final))
        return row if row < len(self.ids) and self.ids[row] == final and row not in self.gone else None

    def text(self, name: str, row: int) -> str | None:
        """Return one value of one record."""
        changed = self.overlay.get(row, {})
        if name in changed:
            return changed[name]
        value: str | None = orjson.loads(self.column(name).encoded(np.array([row]))[0])
        return value

    def append(self, gaps: Sequence[int]) -> range:
        """Make room for new records, each `gap` above the id before it, and return their rows."""
        first = len(self.ids)
        last = int(self.ids[-1]) if first else self.origin.first_id
        self.ids = np.append(self.ids, last + np.cumsum(gaps, dtype=np.int64))
        return range(first, len(self.ids))

    def remember(self, row: int, at: int, *, existed: bool = True) -> None:
        """Note what a row is before an edit, for a search index that lags behind."""
        values = dict(self.overlay.get(row, {})) if existed else None
        visible = existed and row not in self.archived_at and row not in self.gone
        self.log.append(Change(at, row, values, visible))

    def touched(self) -> None:
        """Forget what was derived from the state before an edit."""
        self.version += 1
        self._live.clear()

    @cached_property
    def bulk(self) -> slice:
        """Return the rows of one bulk import: all created and last modified in the same millisecond."""
        start = int(self.size * 0.42)
        return slice(start, start + (BULK if self.size >= SMALLEST_WITH_BULK else self.size // 80))

    @cached_property
    def days(self) -> npt.NDArray[np.int64]:
        """Return the first instant of every day of history, and of tomorrow, in the portal's time zone."""
        zone = ZoneInfo(self.origin.time_zone)
        first = self.origin.today - timedelta(days=HISTORY_DAYS - 1)
        dates = (first + timedelta(days=number) for number in range(HISTORY_DAYS + 1))
        midnights = (datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() for day in dates)
        return np.fromiter(midnights, dtype=np.float64).astype(np.int64) * 1000

    @property
    def end(self) -> int:
        """Return the last instant of history."""
        return int(self.days[-2]) + self._today

    @property
    def _today(self) -> int:
        """Return the milliseconds of the last day that history has."""
        # One of two, so that a sandbox that starts again has the same records but for once a day.
        return TODAY_MS if self.origin.passed >= timedelta(milliseconds=TODAY_MS) else NIGHT_MS

    def between(self, name: str) -> npt.NDArray[np.int64]:
        """Return a random instant between each record's creation and last modification."""
        span = (self.modified - self.created).astype(np.float64)
        return self.created + (span * self.uniform(name)).astype(np.int64)

    def _day_weights(self) -> npt.NDArray[np.float64]:
        first = self.origin.today - timedelta(days=HISTORY_DAYS - 1)
        dates = [first + timedelta(days=number) for number in range(HISTORY_DAYS)]
        season = np.array([WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] for day in dates])
        growth = 0.35 + 1.3 * (np.arange(HISTORY_DAYS) / HISTORY_DAYS) ** 1.4
        weights: npt.NDArray[np.float64] = season * growth * self.rng("noise").uniform(0.8, 1.2, HISTORY_DAYS)
        weights[-1] *= TODAY_SHARE
        return weights

    def _draw_created(self) -> npt.NDArray[np.int64]:
        rng = self.rng("createdate")
        edges = np.cumsum(self._day_weights())
        day = np.searchsorted(edges / edges[-1], rng.random(self.size), side="right")
        day = np.minimum(np.sort(day), HISTORY_DAYS - 1)
        # Every portal has somebody new today and yesterday, however small it is.
        day[-1:], day[-2:-1] = HISTORY_DAYS - 1, HISTORY_DAYS - 2
        day.sort()
        hour = np.clip(rng.normal(13.2, 3.4, self.size), 0.1, 22.9)
        hour = np.where(day == HISTORY_DAYS - 1, hour / 23 * (self._today / 3_600_000), hour)
        created = self.days[day] + (hour * 3_600_000).astype(np.int64) + rng.integers(0, 1000, self.size)
        created.sort()
        created[self.bulk] = created[self.bulk][:1]
        return created

    def _draw_modified(self) -> npt.NDArray[np.int64]:
        rng = self.rng("modified")
        age = np.maximum(self.end - self.created, 0).astype(np.float64)
        modified = self.created + (age * rng.random(self.size) ** 0.55).astype(np.int64)
        modified[self.bulk] = self.created[self.bulk]
        return modified

    def _draw_ids(self) -> npt.NDArray[np.int64]:
        gap = 190_000_000_000 // max(self.size, 1)
        steps = self.rng("ids").integers(max(gap // 3, 2), max(gap, 4), self.size)
        return self.origin.first_id + np.cumsum(steps, dtype=np.int64)

    def _draw_archived(self) -> dict[int, int]:
        rows = np.flatnonzero(self.chance("archived", ARCHIVED_SHARE))
        # HubSpot keeps archived records for 90 days.
        at = self.end - (self.rng("archived.at").random(len(rows)) * 80 * DAY_MS).astype(np.int64)
        return dict(zip(rows.tolist(), np.maximum(at, self.modified[rows]).tolist(), strict=True))


def created_column(table: Table) -> Moments:
    """Return when each record was created."""
    return Moments(table.created)


def modified_column(table: Table) -> Moments:
    """Return when each record was last modified."""
    return Moments(table.modified)

"""The way of every record through the lifecycle stages, and what HubSpot derives from it for each stage.

Most records go forward and skip a stage here and there. Some went further than they are now and came back, and some
went back a stage and forward again. Only what the way depends on is kept; its instants are worked out when asked for.

Source: https://knowledge.hubspot.com/properties/stage-calculated-properties
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubspot.sandbox.columns import EVERY, MISSING, Coded, Computed, Mask, Moments, Numbers, Rows, Whole
from hubspot.sandbox.common_columns import only, values
from hubspot.sandbox.definitions import LEAD_STATUSES, STAGES
from hubspot.sandbox.tables import DAY_MS, HISTORY_DAYS, Builder, Table

Moment = npt.NDArray[np.int64]

STAGE_VALUES = [stage.value for stage in STAGES]
CUSTOMER, AFFILIATE, FORMER, OTHER = 5, 6, 7, 8
NO_STAGE = len(STAGE_VALUES)
STAGE_WEIGHTS = (0.27, 0.26, 0.15, 0.09, 0.07, 0.115, 0.015, 0.02, 0.01)
RETURNED_SHARE, BOUNCED_SHARE = 0.04, 0.02
RETURNED, BOUNCED = 1, 2


@dataclass(frozen=True)
class Journeys:
    """The ways of all drawn records of a table.

    `current` and `furthest` are stages by number, `visited` has one bit for each stage. `turn` is RETURNED for records
    whose current stage, `back`, comes before the furthest one, BOUNCED for those that went back to `back` and then
    forward again. `share` says how much of the time a record may take it took, in 1/65,535.
    """

    created: Moment
    modified: Moment
    current: npt.NDArray[np.uint8]
    furthest: npt.NDArray[np.uint8]
    back: npt.NDArray[np.uint8]
    turn: npt.NDArray[np.uint8]
    visited: npt.NDArray[np.uint16]
    share: npt.NDArray[np.uint16]

    def of(self, rows: Rows | slice) -> "Ways":
        """Return the ways of some rows."""
        rows = np.arange(len(self.current))[rows] if isinstance(rows, slice) else rows
        created, share = self.created[rows], self.share[rows].astype(np.float64) / 65_535
        span = np.minimum(self.modified[rows] - created, (20 + 380 * share) * DAY_MS)
        turn, furthest = self.turn[rows], self.furthest[rows]
        pace = span / (furthest.astype(np.float64) + 1 + turn)
        return Ways(rows, created, pace, self.current[rows], furthest, self.back[rows], turn, self.visited[rows])

    def entered(self, stage: int) -> Moment:
        """Return when every record entered a stage, MISSING for those that never did."""
        return self.of(EVERY).entered(stage)


@dataclass(frozen=True)
class Ways:
    """The ways of some records; `pace` is the time from one stage to the next in milliseconds."""

    rows: Rows
    created: Moment
    pace: npt.NDArray[np.float64]
    current: npt.NDArray[np.uint8]
    furthest: npt.NDArray[np.uint8]
    back: npt.NDArray[np.uint8]
    turn: npt.NDArray[np.uint8]
    visited: npt.NDArray[np.uint16]

    def entered(self, stage: int) -> Moment:
        """Return when a stage was last entered."""
        again = np.where(self._came_back_to(stage), self._turned(1), self._first(stage))
        bounced = (self.turn == BOUNCED) & (self.current == stage)
        return only(np.where(bounced, self._turned(2), again), self._was_in(stage))

    def exited(self, stage: int) -> Moment:
        """Return when a stage was last left, MISSING for the current one."""
        left = np.where(self._stayed_twice(stage), self._turned(2), self._left_first(stage))
        return only(left, self._was_in(stage) & (self.current != stage))

    def latest(self, stage: int) -> Moment:
        """Return how long the last stay in a stage took that has ended, in milliseconds."""
        return only(
            np.where(self._stayed_twice(stage), self._second_stay(), self._first_stay(stage)), self._left(stage)
        )

    def cumulative(self, stage: int) -> Moment:
        """Return how long all stays in a stage took that have ended, in milliseconds."""
        second = np.where(self._stayed_twice(stage), self._second_stay(), 0)
        return only(self._first_stay(stage) + second, self._left(stage))

    def _was_in(self, stage: int) -> Mask:
        return np.asarray(self.visited & np.uint16(1 << stage), dtype=bool)

    def _left(self, stage: int) -> Mask:
        return np.asarray(np.bitwise_and(self.visited, np.uint16(1 << stage)) > 0)

    def _came_back_to(self, stage: int) -> Mask:
        return np.asarray((self.turn > 0) & (self.back == stage))

    def _stayed_twice(self, stage: int) -> Mask:
        return np.asarray((self.turn == BOUNCED) & (self.back == stage))

    def _first(self, stage: int | npt.NDArray[np.int64]) -> Moment:
        """Return when a stage is entered on the way up: in its part of the time, a little after the part begins."""
        number = np.asarray(stage, dtype=np.int64)
        pause = (((self.rows + 1) * 2_654_435_761 + number * 40_503) >> 7 & 0xFFF) / 0x1000
        offset = self.pace * np.where(number == 0, 0, number + pause)
        return self.created + offset.astype(np.int64)

    def _turned(self, times: int) -> Moment:
        """Return when a record turned: back the first time, forward again the second."""
        return self._first(self.furthest.astype(np.int64) + times)

    def _left_first(self, stage: int) -> Moment:
        moment = np.where(self.turn > 0, self._turned(1), MISSING)
        for later in range(OTHER, stage, -1):
            moment = np.where(self._was_in(later), self._first(later), moment)
        return moment

    def _first_stay(self, stage: int) -> Moment:
        return self._left_first(stage) - self._first(stage)

    def _second_stay(self) -> Moment:
        return self._turned(2) - self._turned(1)


def journeys(table: Table) -> Journeys:
    """Return the ways of all drawn records."""
    return table.once("journeys", lambda: _draw(table))


def _draw(table: Table) -> Journeys:
    current = _draw_current(table)
    turn, furthest = np.zeros(table.size, dtype=np.uint8), current.copy()
    back = np.full(table.size, NO_STAGE, dtype=np.uint8)
    drawn = table.uniform("stage.turn")
    returned = (drawn < RETURNED_SHARE) & (current > 0) & (current < CUSTOMER)
    bounced = (drawn > 1 - BOUNCED_SHARE) & (current > 1) & (current <= CUSTOMER)
    turn[returned], turn[bounced] = RETURNED, BOUNCED
    further = 1 + table.pick("stage.further", (3, 2, 1)).astype(np.uint8)
    furthest[returned] = np.minimum(current + further, CUSTOMER)[returned]
    back[returned], back[bounced] = current[returned], (current - 1)[bounced]
    share = (table.uniform("stage.span") * 65_535).astype(np.uint16)
    visited = _draw_visited(table, current, furthest, back)
    return Journeys(table.created, table.modified, current, furthest, back, turn, visited, share)


def _draw_current(table: Table) -> npt.NDArray[np.uint8]:
    """Return the current stage of every drawn row; the older a record, the further it tends to be."""
    age = (table.end - table.created) / (HISTORY_DAYS * DAY_MS)
    edges = np.cumsum(STAGE_WEIGHTS)
    further = table.uniform("lifecyclestage") ** (1.0 / (0.55 + 1.1 * age))
    codes = np.minimum(np.searchsorted(edges / edges[-1], further, side="right"), OTHER).astype(np.uint8)
    codes[table.chance("lifecyclestage.none", 0.03)] = NO_STAGE
    return codes


def _draw_visited(table: Table, current: Whole, furthest: Whole, back: Whole) -> npt.NDArray[np.uint16]:
    visited = np.zeros(table.size, dtype=np.uint16)
    on_the_way = (current != NO_STAGE) & (current != OTHER)
    for stage in range(NO_STAGE):
        here = (current == stage) | (back == stage) | (furthest == stage)
        if stage <= CUSTOMER:
            skipped = table.chance(f"stage.{stage}.skipped", {0: 0.35, CUSTOMER: 0.0}.get(stage, 0.14))
            here |= (stage < furthest) & on_the_way & ~skipped
        visited |= here.astype(np.uint16) << np.uint16(stage)
    return visited


def lifecycle(table: Table) -> Coded:
    """Return the current lifecycle stage."""
    return Coded(journeys(table).current, values(STAGES))


def lead_status(table: Table) -> Coded:
    """Return the lead status of records between lead and opportunity, rarely of others."""
    stage = journeys(table).current
    codes = table.pick("hs_lead_status", (0.22, 0.2, 0.18, 0.08, 0.09, 0.11, 0.08, 0.04))
    elsewhere = ((stage < 1) | (stage > 4)) & table.chance("status.off", 0.9)
    codes[~table.chance("hs_lead_status.present", 0.86) | elsewhere] = len(LEAD_STATUSES)
    return Coded(codes, values(LEAD_STATUSES))


def close_date(table: Table) -> Moments:
    """Return when a record became a customer."""
    return Moments(journeys(table).entered(CUSTOMER))


def stage_builders() -> dict[str, Builder]:
    """Return the builders of all properties that HubSpot derives for each stage, by name."""
    kinds: tuple[tuple[str, type[Moments | Numbers], Callable[[Ways, int], Moment]], ...] = (
        ("date_entered", Moments, Ways.entered),
        ("date_exited", Moments, Ways.exited),
        ("latest_time_in", Numbers, Ways.latest),
        ("cumulative_time_in", Numbers, Ways.cumulative),
    )
    return {
        f"hs_v2_{kind}_{value}": _builder(column, derive, stage)
        for kind, column, derive in kinds
        for stage, value in enumerate(STAGE_VALUES)
    }


def _builder(column: type[Moments | Numbers], derive: Callable[[Ways, int], Moment], stage: int) -> Builder:
    def build(table: Table) -> Moments | Numbers:
        ways = journeys(table)
        return column(Computed(lambda rows: derive(ways.of(rows), stage)))

    return build

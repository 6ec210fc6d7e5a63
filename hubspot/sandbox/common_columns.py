"""Columns that contacts and companies draw alike: stages, owners, sources, activity, money."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from hubspot.sandbox.columns import MISSING, Coded, Mask, Moments, Numbers
from hubspot.sandbox.definitions import LEAD_STATUSES, RECORD_SOURCES, SOURCES, STAGES, Choice
from hubspot.sandbox.portals import PORTALS
from hubspot.sandbox.tables import DAY_MS, HISTORY_DAYS, Table

Builder = Callable[[Table], Coded | Moments | Numbers]

STAGE_VALUES = [stage.value for stage in STAGES]
CUSTOMER, AFFILIATE, FORMER, OTHER = 5, 6, 7, 8
STAGE_WEIGHTS = (0.27, 0.26, 0.15, 0.09, 0.07, 0.115, 0.015, 0.02, 0.01)
SOURCE_WEIGHTS = (0.27, 0.1, 0.09, 0.08, 0.09, 0.03, 0.15, 0.13, 0.06)
AI_REFERRALS = 9


def values(choices: Sequence[Choice]) -> list[str | None]:
    """Return the stored values of options, and None as the last code: no value."""
    return [*(choice.value for choice in choices), None]


def enumeration(name: str, choices: Sequence[str], weights: Sequence[float], *, present: float) -> Builder:
    """Return a builder for an enumeration that `present` of the records have."""

    def build(table: Table) -> Coded:
        codes = table.pick(name, weights)
        codes[~table.chance(f"{name}.present", present)] = len(choices)
        return Coded(codes, [*choices, None])

    return build


def several(name: str, choices: Sequence[str], *, present: float) -> Builder:
    """Return a builder for a multi-checkbox: one or more options joined by semicolons."""
    texts = [";".join(word for bit, word in enumerate(choices) if mask >> bit & 1) for mask in range(1 << len(choices))]

    def build(table: Table) -> Coded:
        masks = sum((table.chance(f"{name}.{bit}", 0.35).astype(np.int16) << bit) for bit in range(len(choices)))
        chosen = np.asarray(masks, dtype=np.int16)
        chosen[~table.chance(f"{name}.present", present)] = 0
        return Coded(chosen, [text or None for text in texts])

    return build


def yes_no(name: str, *, yes: float, present: float = 1.0) -> Builder:
    """Return a builder for a boolean."""
    return enumeration(name, ("true", "false"), (yes, 1 - yes), present=present)


def score(name: str, *, largest: int, present: float) -> Builder:
    """Return a builder for a whole number from 0 to `largest`, high ones more often than low ones."""

    def build(table: Table) -> Numbers:
        drawn = ((largest + 1) * np.sqrt(table.uniform(name))).astype(np.int64)
        return Numbers(only(np.minimum(drawn, largest), table.chance(f"{name}.present", present)))

    return build


def count(name: str, *, mean: float, present: float) -> Builder:
    """Return a builder for a small whole number with a long tail."""

    def build(table: Table) -> Numbers:
        drawn = np.floor(table.rng(f"{name}.count").exponential(mean, table.size)).astype(np.int64)
        return Numbers(only(drawn, table.chance(f"{name}.present", present)))

    return build


def amount(name: str, *, median: float, present: float, decimals: int = 0) -> Builder:
    """Return a builder for an amount of money in the portal's currency, log-normal around a median."""

    def build(table: Table) -> Numbers:
        drawn = table.rng(f"{name}.amount").lognormal(np.log(median * 10**decimals), 1.1, table.size)
        return Numbers(only(drawn.astype(np.int64), table.chance(f"{name}.present", present)), decimals)

    return build


def only(numbers: npt.NDArray[np.int64], present: Mask) -> npt.NDArray[np.int64]:
    """Return the numbers where present, else no value."""
    return np.where(present, numbers, MISSING)


def nothing(table: Table) -> Coded:
    """Return a column that is defined and empty."""
    return Coded(np.zeros(table.size, dtype=np.int8), [None])


def lifecycle_codes(table: Table) -> npt.NDArray[np.int16]:
    """Return the current stage of every drawn row; the older a record, the further it tends to be."""
    age = (table.end - table.created) / (HISTORY_DAYS * DAY_MS)
    edges = np.cumsum(STAGE_WEIGHTS)
    further = table.uniform("lifecyclestage") ** (1.0 / (0.55 + 1.1 * age))
    codes: npt.NDArray[np.int16] = np.searchsorted(edges / edges[-1], further, side="right").astype(np.int16)
    codes = np.minimum(codes, np.int16(OTHER))
    codes[table.chance("lifecyclestage.none", 0.03)] = len(STAGE_VALUES)
    return codes


def lifecycle(table: Table) -> Coded:
    """Return the current lifecycle stage."""
    return Coded(lifecycle_codes(table), values(STAGES))


def stage_date(stage: int) -> Builder:
    """Return a builder for the instant at which records entered a stage, empty for those that never did.

    Instants rise along the path of a record and lie between its creation and its last modification.
    """

    def build(table: Table) -> Moments:
        current = lifecycle_codes(table).astype(np.int64)
        pause = table.uniform(f"stage.{stage}") if stage else np.zeros(table.size, dtype=np.float32)
        allowed = (20 + 380 * table.uniform("stage.span").astype(np.float64)) * DAY_MS
        span = np.minimum(table.modified - table.created, allowed)
        entered = table.created + (span * (stage + pause) / (current + 1)).astype(np.int64)
        return Moments(only(entered, _passed(table, stage, current)))

    return build


def _passed(table: Table, stage: int, current: npt.NDArray[np.int64]) -> Mask:
    known = current < len(STAGE_VALUES)
    here = current == stage
    if stage in {AFFILIATE, FORMER, OTHER}:
        return np.asarray(here)
    skipped = table.chance(f"stage.{stage}.skipped", 0.35 if stage == 0 else 0.14)
    before = (current > stage) & known & ~(skipped & (stage < CUSTOMER)) & (current != OTHER)
    return np.asarray(here | before)


def close_date(table: Table) -> Moments:
    """Return when a record became a customer."""
    return stage_date(CUSTOMER)(table)  # type: ignore[return-value]


def source_codes(table: Table) -> npt.NDArray[np.int16]:
    """Return the original traffic source; referrals from AI appear only in the last year and a half and grow."""
    codes = table.pick("hs_analytics_source", SOURCE_WEIGHTS)
    recent = 1 - (table.end - table.created) / (540 * DAY_MS)
    codes[table.uniform("hs_analytics_source.ai") < 0.22 * np.clip(recent, 0, 1)] = AI_REFERRALS
    codes[table.chance("hs_analytics_source.none", 0.02)] = len(SOURCES)
    codes[table.bulk] = [choice.value for choice in SOURCES].index("OFFLINE")
    return codes


def source(table: Table) -> Coded:
    """Return the original traffic source."""
    return Coded(source_codes(table), values(SOURCES))


def latest_source(table: Table) -> Coded:
    """Return the latest traffic source: mostly the original one."""
    codes = source_codes(table)
    moved = table.chance("latest_source.moved", 0.35)
    codes[moved] = table.pick("latest_source", SOURCE_WEIGHTS)[moved]
    return Coded(codes, values(SOURCES))


def record_source(table: Table) -> Coded:
    """Return how a record came into the portal."""
    codes = table.pick("hs_object_source_label", (0.45, 0.14, 0.16, 0.13, 0.05, 0.04, 0.03))
    codes[table.bulk] = [choice.value for choice in RECORD_SOURCES].index("IMPORT")
    return Coded(codes, values(RECORD_SOURCES))


def lead_status(table: Table) -> Coded:
    """Return the lead status of records between lead and opportunity, rarely of others."""
    stage = lifecycle_codes(table)
    codes = table.pick("hs_lead_status", (0.22, 0.2, 0.18, 0.08, 0.09, 0.11, 0.08, 0.04))
    absent = ~table.chance("hs_lead_status.present", 0.86) | ((stage < 1) | (stage > 4)) & table.chance(
        "status.off", 0.9
    )
    codes[absent] = len(LEAD_STATUSES)
    return Coded(codes, values(LEAD_STATUSES))


def owner(table: Table) -> Coded:
    """Return the owner's id; some records have none."""
    owners = next(portal.owners for portal in PORTALS if portal.hub_id == table.origin.hub_id)
    codes = table.pick("hubspot_owner_id", (0.22, 0.17, 0.15, 0.14, 0.05, 0.12, 0.11, 0.04))
    codes[~_owned(table)] = len(owners)
    return Coded(codes, [*(str(each.id) for each in owners), None])


def owner_assigned(table: Table) -> Moments:
    """Return when the owner was assigned."""
    return Moments(only(table.between("hubspot_owner_assigneddate"), _owned(table)))


def _owned(table: Table) -> Mask:
    return table.chance("hubspot_owner_id.present", 0.86)


def last_contacted(table: Table) -> Moments:
    """Return when somebody last contacted the record."""
    return Moments(only(table.between("notes_last_contacted"), table.chance("contacted", 0.58)))


def last_activity(table: Table) -> Moments:
    """Return the last activity: never before the last contact."""
    contacted = last_contacted(table).values
    start = np.where(contacted == MISSING, table.created, contacted)
    rest = (table.modified - start).astype(np.float64)
    active = (contacted != MISSING) | table.chance("active", 0.2)
    return Moments(only(start + (rest * table.uniform("notes_last_updated")).astype(np.int64), active))


def next_activity(table: Table) -> Moments:
    """Return a planned activity in the coming weeks, for a few."""
    ahead = table.end + (table.uniform("notes_next_activity_date").astype(np.float64) * 40 * DAY_MS).astype(np.int64)
    return Moments(only(ahead, table.chance("planned", 0.07)))


def coming_day(name: str, *, present: float) -> Builder:
    """Return a builder for a day within a year of today, before or after."""

    def build(table: Table) -> Moments:
        today = int((np.datetime64(table.origin.today, "D") - np.datetime64(0, "D")).astype(np.int64))
        days = today + ((table.uniform(name) - 0.3) * 500).astype(np.int64)
        return Moments(only(days, table.chance(f"{name}.present", present)), "D")

    return build


def stage_dates() -> dict[str, Builder]:
    """Return the builders of all stage dates by property name."""
    return {f"hs_v2_date_entered_{value}": stage_date(number) for number, value in enumerate(STAGE_VALUES)}

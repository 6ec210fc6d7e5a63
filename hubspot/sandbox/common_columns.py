"""Columns that contacts and companies draw alike: owners, sources, activity, money."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from hubspot.sandbox.columns import MISSING, Coded, Mask, Moments, Numbers
from hubspot.sandbox.definitions import RECORD_SOURCES, SOURCES, Choice
from hubspot.sandbox.portals import PORTALS
from hubspot.sandbox.tables import DAY_MS, Table

Builder = Callable[[Table], Coded | Moments | Numbers]

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


def contacted_at(table: Table) -> npt.NDArray[np.int64]:
    """Return when somebody last contacted each record, MISSING for never."""
    return only(table.between("notes_last_contacted"), table.chance("contacted", 0.58))


def last_contacted(table: Table) -> Moments:
    """Return when somebody last contacted the record."""
    return Moments(contacted_at(table))


def last_activity(table: Table) -> Moments:
    """Return the last activity: never before the last contact."""
    contacted = contacted_at(table)
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

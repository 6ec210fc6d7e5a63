"""An incremental refresh: what was created, changed, merged or deleted since the copy was made, and nothing else.

Changed records are read in order of their ids within one condition on their date, because HubSpot's order by date is
not reliable, and because a bulk edit can give more records than a search pages through one and the same millisecond.
What no date tells is found by counts: see `hubspot.sync.drift`. Values that HubSpot calculates can change without
moving a record's date; those of records that nobody edits stay as they are until everything is loaded again.
Source: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

import numpy as np
import pyarrow as pa

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.api.crm import fitting
from hubspot.portal import COMPANIES, CONTACTS, Portal
from hubspot.sync.changes import Changes, compared
from hubspot.sync.columns import widened
from hubspot.sync.drift import Census, archived
from hubspot.sync.drift import OutOfStep as OutOfStep  # noqa: PLC0414 - part of this module's interface
from hubspot.sync.frames import TableBuilder, Verbatim, distinct, following
from hubspot.sync.lanes import Lanes
from hubspot.sync.links import LinkReader, with_links
from hubspot.sync.load import Report
from hubspot.sync.pages import Piece
from hubspot.sync.parts import Keeping, Nowhere
from hubspot.sync.plan import Plan
from hubspot.sync.ranges import Unread
from hubspot.sync.schema import MERGED, MODIFIED, Columns
from hubspot.sync.survey import Survey, make_survey

# HubSpot's index lags behind edits, and its clock may differ from ours.
OVERLAP = timedelta(minutes=10)
# Search can learn of an edit later than that, so changes are read a second time when an hour has passed, and a third
# time when a day has: then it is twice that period which is read, so that each edit is met after the period has passed.
_SECOND_READINGS = (timedelta(days=1), timedelta(hours=1))
# What a refresh may ask beside what the changed records need, and what of it the facts of a portal take.
_MOST_REQUESTS = 30
_FACTS_REQUESTS = 7
_MOST_PARTS = 4
_ID = "hs_object_id"
_NOTHING: np.ndarray = np.array([], np.int64)


def reading_from(since: datetime, now: datetime) -> datetime:
    """Return from when on a refresh shall read changes, of a copy that holds those until `since`; UTC times.

    The first refresh of an hour reads two hours again, the first of a day (UTC) two days: what search learns of up to a
    day late is in the copy a day after it did.
    """
    passed = (each for each in _SECOND_READINGS if _periods(since, each) < _periods(now, each))
    return since - 2 * next(passed, timedelta())


def _periods(at: datetime, period: timedelta) -> float:
    return at.timestamp() // period.total_seconds()


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A portal as it is now, whole tables like a load's, and what changed in them."""

    portal: Portal
    tables: Mapping[str, pa.Table]
    verbatim: Mapping[str, Verbatim]
    changes: Mapping[str, Changes]


def refresh(  # noqa: PLR0913 - what to bring up to date, and what it shall hold
    client: Client,
    tables: Mapping[str, pa.Table],
    since: datetime,
    report: Report,
    *,
    columns: Columns | None = None,
    parts: Keeping | None = None,
    verbatim: Mapping[str, Verbatim] | None = None,
) -> Refreshed:
    """Bring whole tables of object types up to date that were read from `since` on, a UTC time.

    The links of contacts and companies are read anew, whatever changed. Columns that were chosen since are added, by
    way of `parts`. `verbatim` is what the tables do not hold. Raises OutOfStep when that can't be done, and
    otherwise what `load` raises.
    """
    abort, began = threading.Event(), datetime.now(UTC)
    client = client.stopping_when(abort.is_set)
    try:
        survey = make_survey(client, tuple(tables), report.note, glances=False)
        report.portal(survey.portal)
        schemas = {name: _schema(client, survey, name, table, columns or Columns()) for name, table in tables.items()}
        task = _Refresh(client, report, schemas, began, most_parts=_most_parts(tables))
        wide = {name: task.widen(name, table, parts or Nowhere()) for name, table in tables.items()}
        builders = task.read_changed(tables, since)
        results = {name: task.apply(name, wide[name][0], builders[name]) for name in tables}
        odd = {name: {**(verbatim or {}).get(name, {}), **wide[name][1]} for name in tables}
        return Refreshed(
            portal=survey.portal,
            tables=_linked(client, {name: each.table for name, each in results.items()}),
            verbatim={name: _verbatim(odd[name], each) for name, each in results.items()},
            changes={name: each.changes for name, each in results.items()},
        )
    finally:
        abort.set()


@dataclass(frozen=True, slots=True)
class _Applied:
    """A table as it is now, the ids that were read for it and what it does not hold of them, and what changed."""

    table: pa.Table
    read: np.ndarray
    verbatim: Verbatim
    changes: Changes


@dataclass(frozen=True, slots=True)
class _Refresh:
    client: Client
    report: Report
    schemas: Mapping[str, pa.Schema]
    began: datetime
    most_parts: int

    def widen(self, name: str, table: pa.Table, parts: Keeping) -> tuple[pa.Table, Verbatim]:
        """Add the columns that were chosen since the table was made."""
        return widened(self.client, name, table, schema=self.schemas[name], report=self.report, parts=parts)

    def read_changed(self, tables: Mapping[str, pa.Table], since: datetime) -> Mapping[str, TableBuilder]:
        """Read the records that were edited since then, as many of their properties as one call gives."""
        names = {name: fitting(table.schema.names) for name, table in tables.items()}
        builders = {name: TableBuilder(pa.schema(map(tables[name].schema.field, names[name]))) for name in tables}
        for name, builder in builders.items():
            self.report.begins(name, builder)
        plan = Plan({name: Unread() for name in tables}, lists=False)
        filters = {name: _modified_since(name, since - OVERLAP) for name in tables}
        lanes = Lanes(self.client, plan, names, filters=filters)
        for news in lanes.read():
            builders[news.object_type].add(Piece(news.page.content, news.closed), news.records)
            self.report.arrived(news.object_type, news.records)
        for refusal in lanes.refused.values():
            raise refusal
        for builder in builders.values():
            builder.flush()
        return builders

    def apply(self, name: str, table: pa.Table, builder: TableBuilder) -> _Applied:
        """Put changed records into a table and take out merged and deleted ones, until HubSpot counts the same."""
        gone = self._settle(name, table, builder)
        changed, wide = self.widen(name, distinct(builder.table()), Nowhere())
        current = _without(_updated(table, changed), gone)
        # What was read only because of the overlap has not changed.
        changes = compared(name, table, current)
        return _Applied(current, changed[_ID].to_numpy(), {**builder.verbatim, **wide}, changes)

    def _settle(self, name: str, table: pa.Table, builder: TableBuilder) -> np.ndarray:
        """Read into the builder whatever else differs from HubSpot, and return the ids that are gone."""
        current = _updated(table.select([_ID, "createdate"]), builder.table())
        census = Census(self.client, name, current, self.began, parts=min(self.most_parts, _pages(current)))
        gone = archived(self.client, name, records=table.num_rows) if census.has_too_many(current) else _NOTHING
        doubtful = census.doubtful(_without(current, gone))
        found: list[int] = []
        for start in range(0, len(doubtful), crm.BATCH_LIMIT):
            ids = doubtful[start : start + crm.BATCH_LIMIT]
            page = crm.batch_raw(self.client, name, ids=ids, properties=builder.schema.names)
            builder.add(Piece(page.content), len(page.ids))
            found.extend(page.ids)
        builder.flush()
        return np.setdiff1d(np.union1d(gone, doubtful), found)


def _most_parts(tables: Mapping[str, pa.Table]) -> int:
    """Return in how many parts each table can be counted within what a refresh may ask."""
    links = ceil(tables[COMPANIES].num_rows / crm.LINKS_LIMIT) if COMPANIES in tables else 0
    left = _MOST_REQUESTS - _FACTS_REQUESTS - len(tables) - links
    return max(1, min(_MOST_PARTS, left // len(tables)))


def _pages(table: pa.Table) -> int:
    records: int = table.num_rows
    return max(1, ceil(records / crm.SEARCH_LIMIT))


def _linked(client: Client, tables: Mapping[str, pa.Table]) -> Mapping[str, pa.Table]:
    if not tables.keys() >= {CONTACTS, COMPANIES}:
        return tables
    with LinkReader(client) as links:
        links.add(tables[COMPANIES][_ID].to_pylist())
        return with_links(tables, links.table())


def _schema(client: Client, survey: Survey, name: str, table: pa.Table, columns: Columns) -> pa.Schema:
    """Return the columns a copy shall have, which may differ from those it has by chosen ones only."""
    definitions = survey.portal.properties[name]
    if not definitions:
        # Without the permission to read records there are no definitions either: this says so.
        crm.count(client, name)
    schema = columns.schema(name, definitions)
    differing = {each.name for each in {*schema} ^ {*table.schema}}
    if differing - {*columns.chosen.get(name, ())}:
        raise OutOfStep(f"The properties of {name} were changed in HubSpot, so everything is loaded again.")
    return schema


def _modified_since(object_type: str, since: datetime) -> Mapping[str, str]:
    milliseconds = str(int(since.timestamp() * 1000))
    return {"propertyName": MODIFIED[object_type], "operator": "GTE", "value": milliseconds}


def _verbatim(before: Verbatim, now: _Applied) -> Verbatim:
    """Return what a table does not hold: of records that are there, as they were read last."""
    texts, left = following(before, now.verbatim, again=now.read), now.table[_ID].to_numpy()
    there = {name: {each: found[each] for each in _among(found, left)} for name, found in texts.items()}
    return {name: found for name, found in there.items() if found and name in now.table.schema.names}


def _among(found: Mapping[int, str], ids: np.ndarray) -> list[int]:
    both: list[int] = np.intersect1d(np.array([*found], np.int64), ids).tolist()
    return both


def _updated(table: pa.Table, changed: pa.Table) -> pa.Table:
    """Return a table with changed records in it, and without those that were merged into others."""
    merged = _merged_away(changed)
    new = _without(changed.select(table.schema.names), merged)
    kept = _without(table, np.union1d(new[_ID].to_numpy(), merged))
    return distinct(pa.concat_tables([kept, new]).unify_dictionaries())


def _merged_away(changed: pa.Table) -> np.ndarray:
    """Return the ids that live on in other records: HubSpot lists them there, between semicolons."""
    if MERGED not in changed.schema.names:
        return _NOTHING
    listed = zip(changed[_ID].to_pylist(), changed[MERGED].cast(pa.string()).to_pylist(), strict=True)
    ids = {
        int(each) for own, text in listed if text for each in text.split(";") if each.isdecimal() and int(each) != own
    }
    return np.array(sorted(ids), np.int64)


def _without(table: pa.Table, ids: np.ndarray | Sequence[int]) -> pa.Table:
    return table.filter(pa.array(~np.isin(table[_ID].to_numpy(), ids))).combine_chunks()

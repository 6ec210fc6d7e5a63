"""An incremental refresh: what was created, changed, merged or deleted since the copy was made, and nothing else.

Changed records are read in order of their ids within one condition on their date, because HubSpot's order by date is
not reliable, and because a bulk edit can give more records than a search pages through one and the same millisecond.
Source: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.errors import SnapshotError
from hubspot.portal import COMPANIES, CONTACTS, Portal
from hubspot.sync.frames import TableBuilder, distinct
from hubspot.sync.lanes import Lanes
from hubspot.sync.links import LinkReader, with_links
from hubspot.sync.load import Report
from hubspot.sync.pages import Piece
from hubspot.sync.plan import Plan
from hubspot.sync.ranges import Unread
from hubspot.sync.schema import MODIFIED, arrow_schema, wanted
from hubspot.sync.survey import Survey, make_survey

_log = logging.getLogger(__name__)
# HubSpot's index lags behind edits, and its clock may differ from ours.
OVERLAP = timedelta(minutes=10)
_MERGED = "hs_merged_object_ids"


class OutOfStep(SnapshotError):
    """A copy that a refresh can't bring up to date; everything must be loaded again."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of records: those that are new, those that HubSpot has seen edited, and those that are gone."""

    created: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A portal as it is now, whole tables like a load's, and what changed in them."""

    portal: Portal
    tables: Mapping[str, pa.Table]
    unreadable: Mapping[str, Mapping[str, int]]
    changes: Mapping[str, Changes]


def refresh(client: Client, tables: Mapping[str, pa.Table], since: datetime, report: Report) -> Refreshed:
    """Bring whole tables of object types up to date that were read from `since` on, a UTC time.

    The links of contacts and companies are read anew, whatever changed. Raises OutOfStep when that can't be done, and
    otherwise what `load` raises.
    """
    abort = threading.Event()
    client = client.stopping_when(abort.is_set)
    try:
        survey = make_survey(client, tuple(tables), report.note)
        report.portal(survey.portal)
        _compare(survey, tables)
        before = {name: crm.count(client, name) for name in tables}
        builders = _read_changed(client, tables, since, report)
        changed = {name: builder.table() for name, builder in builders.items()}
        results = {name: _apply(client, name, tables[name], changed[name], before[name]) for name in tables}
        return Refreshed(
            portal=survey.portal,
            tables=_linked(client, {name: table for name, (table, _) in results.items()}),
            unreadable={name: dict(builder.unreadable) for name, builder in builders.items()},
            changes={name: changes for name, (_, changes) in results.items()},
        )
    finally:
        abort.set()


def _linked(client: Client, tables: Mapping[str, pa.Table]) -> Mapping[str, pa.Table]:
    if not tables.keys() >= {CONTACTS, COMPANIES}:
        return tables
    with LinkReader(client) as links:
        links.add(tables[COMPANIES]["hs_object_id"].to_pylist())
        return with_links(tables, links.table())


def _compare(survey: Survey, tables: Mapping[str, pa.Table]) -> None:
    for name, table in tables.items():
        if name in survey.refused:
            raise survey.refused[name]
        definitions = survey.portal.properties[name]
        if table.schema != arrow_schema(definitions, wanted(name, definitions)):
            raise OutOfStep(f"The properties of {name} were changed in HubSpot, so everything is loaded again.")


def _read_changed(
    client: Client, tables: Mapping[str, pa.Table], since: datetime, report: Report
) -> Mapping[str, TableBuilder]:
    builders = {name: TableBuilder(table.schema) for name, table in tables.items()}
    for name, builder in builders.items():
        report.begins(name, builder)
    names = {name: table.schema.names for name, table in tables.items()}
    lanes = Lanes(
        client,
        Plan({name: Unread() for name in tables}, lists=False),
        names,
        filters={name: _modified_since(name, since - OVERLAP) for name in tables},
    )
    for news in lanes.read():
        builders[news.object_type].add(Piece(news.page.content, news.closed), news.records)
        report.arrived(news.object_type, news.records)
    for refusal in lanes.refused.values():
        raise refusal
    for builder in builders.values():
        builder.flush()
    return builders


def _modified_since(object_type: str, since: datetime) -> Mapping[str, str]:
    milliseconds = str(int(since.timestamp() * 1000))
    return {"propertyName": MODIFIED[object_type], "operator": "GTE", "value": milliseconds}


def _apply(
    client: Client, object_type: str, table: pa.Table, changed: pa.Table, before: int | None
) -> tuple[pa.Table, Changes]:
    """Put changed records into a table, take out merged and deleted ones, and count whether that is all.

    `before` is HubSpot's count from before the changed ones were read: people go on working meanwhile.
    """
    merged = _merged_away(changed)
    changed = _without(changed, merged)
    known, seen = table["hs_object_id"].to_numpy(), changed["hs_object_id"].to_numpy()
    current = distinct(pa.concat_tables([_without(table, np.union1d(seen, merged)), changed]).unify_dictionaries())
    counted = [each for each in (before, crm.count(client, object_type)) if each is not None]
    if counted and current.num_rows > min(counted):
        current = _without(current, _archived(client, object_type))
    if not counted or not min(counted) <= current.num_rows <= max(counted):
        _log.info("%s: HubSpot counts %s records, the copy holds %d", object_type, counted, current.num_rows)
        raise OutOfStep(f"HubSpot counts other {object_type} than this copy holds, so everything is loaded again.")
    left = current["hs_object_id"].to_numpy()
    changes = Changes(
        created=_ids(np.setdiff1d(left, known)),
        updated=_ids(np.intersect1d(np.intersect1d(seen, known), left)),
        gone=_ids(np.setdiff1d(known, left)),
    )
    return current.combine_chunks(), changes


def _merged_away(changed: pa.Table) -> np.ndarray:
    """Return the ids that live on in other records: HubSpot lists them there, between semicolons."""
    if _MERGED not in changed.schema.names:
        return np.array([], np.int64)
    listed = zip(changed["hs_object_id"].to_pylist(), changed[_MERGED].cast(pa.string()).to_pylist(), strict=True)
    ids = {
        int(each) for own, text in listed if text for each in text.split(";") if each.isdecimal() and int(each) != own
    }
    return np.array(sorted(ids), np.int64)


def _archived(client: Client, object_type: str) -> np.ndarray:
    pages = crm.iter_pages(client, object_type, properties=("hs_object_id",), archived=True)
    return np.array([int(each["id"]) for page in pages for each in page.results], np.int64)


def _without(table: pa.Table, ids: np.ndarray | Sequence[int]) -> pa.Table:
    return table.filter(pa.array(~np.isin(table["hs_object_id"].to_numpy(), ids)))


def _ids(found: np.ndarray) -> tuple[int, ...]:
    return tuple(int(each) for each in found)

"""One full load: what the portal is, how many records it has, then every record."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.pool import ThreadPool
from typing import Any, Protocol

import pyarrow as pa

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.errors import HubSpotError, MissingScopes
from hubspot.portal import Owner, Portal, Property
from hubspot.sync.frames import TableBuilder, distinct
from hubspot.sync.schema import arrow_schema, wanted

_log = logging.getLogger(__name__)


class Report(Protocol):
    """Who is told how a load goes; called from several threads."""

    def portal(self, portal: Portal) -> None:
        """Take the portal's facts, before the first record."""

    def begins(self, object_type: str, builder: TableBuilder) -> None:
        """Take the table of an object type, which grows from now on."""

    def total(self, object_type: str, total: int) -> None:
        """Take HubSpot's own count of an object type."""

    def arrived(self, object_type: str, records: int) -> None:
        """Take notice of a page that was added to the table."""

    def note(self, sentence: str) -> None:
        """Take a sentence about something that is left out."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A whole portal; object types without permission are missing from `tables`.

    `unreadable` counts per object type and property the values that became null.
    """

    portal: Portal
    tables: Mapping[str, pa.Table]
    unreadable: Mapping[str, Mapping[str, int]]


def load(client: Client, object_types: Sequence[str], report: Report) -> Loaded:
    """Load everything, the object types side by side.

    Raises MissingScopes when none of them may be read, LoadStopped when the client's `stop` says so, and what the
    client raises when HubSpot can't be read.
    """
    abort = threading.Event()
    client = client.stopping_when(abort.is_set)
    with ThreadPool(1) as counting:
        try:
            counting.apply_async(_count, (client, object_types, report))
            portal = _read_portal(client, object_types, report)
            report.portal(portal)
            builders = _together(
                {each: _call(_walk, client, each, portal.properties[each], report) for each in object_types}
            )
        finally:
            abort.set()
    return _loaded(portal, builders)


def _loaded(portal: Portal, builders: Mapping[str, TableBuilder | MissingScopes]) -> Loaded:
    complete = {name: builder for name, builder in builders.items() if isinstance(builder, TableBuilder)}
    refusals = [refusal for refusal in builders.values() if isinstance(refusal, MissingScopes)]
    if refusals and not complete:
        raise refusals[0]
    return Loaded(
        portal=portal,
        tables={name: distinct(builder.table()) for name, builder in complete.items()},
        unreadable={name: dict(builder.unreadable) for name, builder in complete.items()},
    )


def _read_portal(client: Client, object_types: Sequence[str], report: Report) -> Portal:
    answers = _together(
        {
            "account": _call(crm.account, client),
            "owners": _call(_owners, client, report),
            "deactivated": _call(_deactivated_owners, client),
            **{each: _call(_properties, client, each) for each in object_types},
        },
    )
    return Portal(
        account=answers["account"],
        properties={each: answers[each] for each in object_types},
        owners=answers["owners"] + answers["deactivated"],
        read_at=datetime.now(UTC),
    )


def _owners(client: Client, report: Report) -> tuple[Owner, ...]:
    try:
        return crm.owners(client)
    except MissingScopes:
        report.note("HubSpot did not grant reading owners, so records show owner ids instead of names.")
        return ()


def _deactivated_owners(client: Client) -> tuple[Owner, ...]:
    try:
        return crm.owners(client, archived=True)
    except MissingScopes:
        return ()


def _properties(client: Client, object_type: str) -> tuple[Property, ...]:
    try:
        return crm.properties(client, object_type)
    except MissingScopes:
        # The walk meets the same refusal and tells it.
        return ()


def _walk(
    client: Client, object_type: str, definitions: Sequence[Property], report: Report
) -> TableBuilder | MissingScopes:
    names = wanted(object_type, definitions)
    builder = TableBuilder(arrow_schema(definitions, names))
    report.begins(object_type, builder)
    try:
        for page in crm.iter_pages(client, object_type, properties=names):
            builder.add(page.results)
            report.arrived(object_type, len(page.results))
    except MissingScopes as refusal:
        report.note(f"HubSpot did not grant reading {object_type}, so they are left out.")
        return refusal
    builder.flush()
    return builder


def _count(client: Client, object_types: Sequence[str], report: Report) -> None:
    for object_type in object_types:
        try:
            total = crm.count(client, object_type)
        except HubSpotError as error:
            # Only "of how many" stays unknown; the walk meets whatever is really wrong.
            _log.info("No count of %s: %s", object_type, type(error).__name__)
        else:
            if total is not None:
                report.total(object_type, total)


def _together(calls: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return the results of calls made at once; the first failure is raised without waiting for the others."""
    # Not an executor: Python waits for an executor's threads when the process ends, and so for a whole load.
    with ThreadPool(len(calls)) as pool:
        return dict(pool.imap_unordered(lambda item: (item[0], item[1]()), calls.items()))


def _call(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    return lambda: function(*arguments)

"""One full load: what the portal is, how many records it has, then every record."""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool
from typing import Protocol

import pyarrow as pa

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.api.crm import fitting
from hubspot.api.protocol import Page, Record
from hubspot.errors import HubSpotError, MissingScopes, RateLimited, ResponseError, Unauthorized, UnreadableResponse
from hubspot.portal import COMPANIES, CONTACTS, Portal
from hubspot.sync.columns import widened
from hubspot.sync.frames import TableBuilder, Verbatim, distinct
from hubspot.sync.lanes import Lanes
from hubspot.sync.links import LinkReader, with_links
from hubspot.sync.pages import Piece
from hubspot.sync.parts import Keeping, Parts, kept
from hubspot.sync.plan import Plan
from hubspot.sync.ranges import Unread
from hubspot.sync.schema import Choose, arrow_schema, wanted
from hubspot.sync.survey import Survey, make_survey

_log = logging.getLogger(__name__)


class Report(Protocol):
    """Who is told how a load goes; called from several threads."""

    def portal(self, portal: Portal) -> None:
        """Take the portal's facts, before the first record."""

    def begins(self, object_type: str, builder: TableBuilder) -> None:
        """Take the table of an object type, which grows from now on, from what an earlier load has read."""

    def total(self, object_type: str, total: int) -> None:
        """Take HubSpot's own count of an object type."""

    def arrived(self, object_type: str, records: int) -> None:
        """Take notice of a page that was added to the table."""

    def widens(self, object_type: str, records: int, total: int) -> None:
        """Take how many of an object type's records already have a column that is read by id from now on."""

    def note(self, sentence: str) -> None:
        """Take a sentence about something that is left out."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A whole portal; object types without permission are missing from `tables`.

    Where contacts and companies are there, `tables` has their links too, as `hubspot.sync.links` describes them.
    `verbatim` is what the tables do not hold, by object type.
    """

    portal: Portal
    tables: Mapping[str, pa.Table]
    verbatim: Mapping[str, Verbatim]


def resume(
    client: Client, object_types: Sequence[str], report: Report, parts: Parts, *, choose: Choose = wanted
) -> Loaded:
    """Load as `load` does; where HubSpot refuses to go on from what an earlier load has read, load all of it anew."""
    try:
        return load(client, object_types, report, parts, choose=choose)
    except (ResponseError, UnreadableResponse) as error:
        if not parts.are_resumed or not _is_final(error):
            raise
        _log.warning("HubSpot refuses to go on with an earlier load (%s), so it begins anew", type(error).__name__)
        parts.drop()
    return load(client, object_types, report, parts, choose=choose)


def _is_final(error: ResponseError | UnreadableResponse) -> bool:
    """Return whether the same question gets the same answer for ever; a limit or a token is another matter."""
    if isinstance(error, UnreadableResponse):
        return True
    is_about_asking = isinstance(error, Unauthorized | MissingScopes | RateLimited)
    return error.status_code in {400, 404, 414} and not is_about_asking


def load(
    client: Client, object_types: Sequence[str], report: Report, parts: Keeping, *, choose: Choose = wanted
) -> Loaded:
    """Load everything, the object types side by side, from where `parts` says that an earlier load has ended.

    `choose` says which properties of an object type to read, given their definitions.

    Raises MissingScopes when none of them may be read, LoadStopped when the client's `stop` says so, and what the
    client raises when HubSpot can't be read.
    """
    abort = threading.Event()
    client = client.stopping_when(abort.is_set)
    with ThreadPool(2 * len(object_types)) as pool:
        try:
            counts = _Counts(pool, client, object_types)
            survey = make_survey(client, object_types, report.note)
            report.portal(survey.portal)
            if not survey.glances:
                raise next(iter(survey.refused.values()))
            return _read_records(client, survey, counts, choose=choose, report=report, parts=parts)
        finally:
            abort.set()


class _Counts:
    """How many records there are, and which is the newest: asked for at the beginning, told when it is known."""

    def __init__(self, pool: ThreadPool, client: Client, object_types: Sequence[str]) -> None:
        self._known: dict[str, Page[Record]] = {}
        self._tell: Callable[[str, Page[Record]], None] | None = None
        self._lock = threading.Lock()
        for each in object_types:
            pool.apply_async(self._ask, (client, each))

    def tell(self, lanes: Lanes, report: Report, object_types: Collection[str]) -> None:
        """Tell what is known of these object types, and the rest while records arrive."""

        def tell(object_type: str, newest: Page[Record]) -> None:
            if newest.total is not None and object_type in object_types:
                report.total(object_type, newest.total)
                lanes.expect(object_type, newest.total, int(newest.results[0]["id"]) if newest.results else 0)

        with self._lock:
            self._tell, known = tell, dict(self._known)
        for object_type, newest in known.items():
            tell(object_type, newest)

    def _ask(self, client: Client, object_type: str) -> None:
        newest = _newest(client, object_type)
        if newest is None:
            return
        with self._lock:
            self._known[object_type] = newest
            tell = self._tell
        if tell:
            tell(object_type, newest)


def _newest(client: Client, object_type: str) -> Page[Record] | None:
    try:
        return crm.search_page(client, object_type, descending=True, properties=("hs_object_id",), limit=1)
    except HubSpotError as error:
        # Without it, the list is read from its beginning to its end.
        _log.info("No count of %s: %s", object_type, type(error).__name__)
        return None


def _read_records(  # noqa: PLR0913 - everything a load needs
    client: Client, survey: Survey, counts: _Counts, *, choose: Choose, report: Report, parts: Keeping
) -> Loaded:
    definitions = survey.portal.properties
    chosen = {each: choose(each, definitions[each]) for each in survey.glances}
    # What does not fit into a list call's address is read by id afterwards.
    names = {each: fitting(listed) for each, listed in chosen.items()}
    plan, builders = Plan({each: Unread() for each in names}), {}
    for object_type, glance in survey.glances.items():
        found = parts.found(object_type, arrow_schema(definitions[object_type], names[object_type]))
        plan.glance(object_type, glance)
        builders[object_type] = TableBuilder(found.schema, found.chunks)
        plan.resume(object_type, found.stretches, builders[object_type].num_records)
        report.begins(object_type, builders[object_type])
    lanes = Lanes(client, plan, names)
    counts.tell(lanes, report, names)
    with LinkReader(client) as links:
        _fill(builders, lanes, links, report=report, parts=parts)
        tables, verbatim = {}, {}
        for name, builder in _complete(builders, lanes.refused).items():
            schema, narrow = arrow_schema(definitions[name], chosen[name]), distinct(builder.table())
            tables[name], wide = widened(client, name, narrow, schema=schema, report=report, parts=parts)
            verbatim[name] = {**builder.verbatim, **wide}
        is_linked = tables.keys() >= {CONTACTS, COMPANIES}
        return Loaded(survey.portal, with_links(tables, links.table()) if is_linked else tables, verbatim)


def _fill(
    builders: Mapping[str, TableBuilder], lanes: Lanes, links: LinkReader, *, report: Report, parts: Keeping
) -> None:
    wants_links = builders.keys() >= {CONTACTS, COMPANIES}
    if wants_links:
        links.add(builders[COMPANIES].table()["hs_object_id"].to_pylist())
    with kept(parts, builders):
        for news in lanes.read():
            chunk = builders[news.object_type].add(Piece(news.page.content, news.closed), news.records)
            report.arrived(news.object_type, news.records)
            if chunk:
                parts.keep(news.object_type, chunk)
            if wants_links and news.object_type == COMPANIES:
                links.add(news.ids, are_last=lanes.has_read(COMPANIES))


def _complete(builders: Mapping[str, TableBuilder], refused: Mapping[str, MissingScopes]) -> Mapping[str, TableBuilder]:
    complete = {name: builder for name, builder in builders.items() if name not in refused}
    if not complete:
        raise next(iter(refused.values()))
    return complete

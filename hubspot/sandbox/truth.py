"""The truth: a portal as it is, for tests to hold a client's picture of it against."""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

import orjson

from hubspot.sandbox.portal import Portal
from hubspot.sandbox.records import encoded, iso
from hubspot.sandbox.tables import Table
from hubspot.sandbox.twins import Twins

KINDS = ("record", "duplicate", "link")
PIECE = 1000


def truth_lines(
    portal: Portal, kinds: Collection[str] = KINDS, properties: Collection[str] | None = None
) -> Iterator[bytes]:
    """Yield the portal as NDJSON, only some kinds of lines and some properties of records where asked.

    Lines are {"kind": "record", "object_type", "id", "archived", "archivedAt", "properties"}, {"kind": "link",
    "contact", "company", "primary"} and {"kind": "duplicate", "object_type", "ids", "reason"}: a pair of live records
    that stand for the same person or company, and what gives it away. Two duplicates of the same record are a pair,
    too, whose reason is "cluster".
    """
    for table in portal.tables.values():
        if "record" in kinds:
            names = [name for name in table.definitions if properties is None or name in properties]
            yield from _record_lines(table, names, archived=False)
            yield from _record_lines(table, names, archived=True)
        if "duplicate" in kinds:
            yield from _duplicate_lines(table, portal.twins(table.object_type))
    if "link" in kinds:
        yield from _link_lines(portal)


def _record_lines(table: Table, names: Sequence[str], *, archived: bool) -> Iterator[bytes]:
    keys = [orjson.dumps(name) for name in names]
    rows, _ = table.rows(archived=archived)
    for start in range(0, len(rows), PIECE):
        piece = rows[start : start + PIECE]
        for row, *record in zip(piece.tolist(), *encoded(table, piece, names), strict=True):
            fields = b",".join(b"%b:%b" % pair for pair in zip(keys, record, strict=True))
            at = iso(table.archived_at[row]) if archived else None
            head = {"kind": "record", "object_type": table.object_type, "id": str(table.ids[row]), "archived": archived}
            yield orjson.dumps({**head, "archivedAt": at})[:-1] + b',"properties":{%b}}\n' % fields


def _duplicate_lines(table: Table, twins: Twins) -> Iterator[bytes]:
    clusters: dict[int, list[int]] = {}
    for row, original, kind in zip(twins.rows.tolist(), twins.originals.tolist(), twins.kinds.tolist(), strict=True):
        yield from _pair_lines(table, original, row, twins.names[kind])
        clusters.setdefault(original, []).append(row)
    for rows in clusters.values():
        for first, second in combinations(rows, 2):
            yield from _pair_lines(table, first, second, "cluster")


def _pair_lines(table: Table, first: int, second: int, reason: str) -> Iterator[bytes]:
    """Yield the pair as it is after all merges; nothing where one of them is gone, or both have become one."""
    rows = [table.row_of(int(table.ids[row])) for row in (first, second)]
    if None in rows or rows[0] == rows[1] or any(row in table.archived_at for row in rows):
        return
    ids = [str(table.ids[row]) for row in rows]
    pair = {"kind": "duplicate", "object_type": table.object_type, "ids": ids, "reason": reason}
    yield orjson.dumps(pair) + b"\n"


def _link_lines(portal: Portal) -> Iterator[bytes]:
    rows, ids = portal.contacts.rows(archived=False)
    for row, contact in zip(rows.tolist(), ids.tolist(), strict=True):
        for company, primary in portal.companies_of(row):
            link = {"contact": str(contact), "company": str(portal.companies.ids[company]), "primary": primary}
            yield orjson.dumps({"kind": "link", **link}) + b"\n"

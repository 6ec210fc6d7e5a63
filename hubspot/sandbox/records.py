"""Records as HubSpot writes them: bytes of JSON, from one template per set of properties."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import orjson

from hubspot.sandbox.columns import MISSING, Moments, Rows
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.tables import TYPE_IDS, Table

DEFAULTS = {"contacts": ("firstname", "lastname", "email"), "companies": ("name", "domain")}
PEERS = {"contacts": "companies", "companies": "contacts"}
SINGULAR = {"contacts": "contact", "companies": "company"}


@dataclass(frozen=True, slots=True)
class Shape:
    """Which parts of a record are asked for: property names, and the object type whose links come inline."""

    names: tuple[str, ...]
    associated: str = ""


def shape(table: Table, requested: Sequence[str], *, associated: str = "") -> Shape:
    """Return what a request gets: the defined ones of the properties it names, else the defaults.

    Creation date, record id and modification date always come; unknown names are ignored.
    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
    """
    always = ("createdate", "hs_object_id", table.modified_name)
    wanted = {name for name in requested if table.has(name)} if requested else set(DEFAULTS[table.object_type])
    return Shape(tuple(sorted(wanted.union(always))), associated)


def iso(milliseconds: int) -> str:
    """Return an instant as HubSpot writes it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Renderer:
    """Turns rows of one portal into JSON."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._templates: dict[tuple[str, tuple[str, ...]], bytes] = {}

    def records(self, table: Table, rows: Rows, shape: Shape, *, archived: bool = False) -> list[bytes]:
        """Return one JSON object for each row."""
        columns = encoded(table, rows, shape.names)
        by_name = dict(zip(shape.names, columns, strict=True))
        template = self._template(table, shape.names)
        identity = [b'"%d"' % number for number in table.ids[rows].tolist()]
        tails = self._tails(table, rows, shape, archived=archived)
        values = zip(
            identity, *columns, by_name["createdate"], by_name[table.modified_name], tails, identity, strict=True
        )
        return [template % (*row[:-1], row[-1][1:-1]) for row in values]

    def _template(self, table: Table, names: tuple[str, ...]) -> bytes:
        key = (table.object_type, names)
        if key not in self._templates:
            # Callers choose the names, so the cache must not grow without end.
            if len(self._templates) > 200:
                self._templates.clear()
            fields = b",".join(orjson.dumps(name) + b":%b" for name in names)
            url = f"https://app.hubspot.com/contacts/{self._portal.facts.hub_id}/record/{TYPE_IDS[table.object_type]}/"
            self._templates[key] = (
                b'{"id":%b,"properties":{'
                + fields
                + b'},"createdAt":%b,"updatedAt":%b,%b"url":"'
                + url.encode()
                + b'%b"}'
            )
        return self._templates[key]

    def _tails(self, table: Table, rows: Rows, shape: Shape, *, archived: bool) -> list[bytes]:
        if archived:
            return [
                b'"archived":true,"archivedAt":"%b",' % iso(table.archived_at[row]).encode() for row in rows.tolist()
            ]
        if not shape.associated:
            return [b'"archived":false,'] * len(rows)
        links = self._links_of(table)
        return [b'"archived":false,' + self._inline(table, links(row)) for row in rows.tolist()]

    def _links_of(self, table: Table) -> Callable[[int], tuple[tuple[int, bool], ...]]:
        return self._portal.companies_of if table.object_type == "contacts" else self._portal.contacts_of

    def _inline(self, table: Table, links: tuple[tuple[int, bool], ...]) -> bytes:
        """Return links as they come inline: each id once by type and once more unlabelled, absent without any."""
        if not links:
            return b""
        peer = PEERS[table.object_type]
        ids = self._portal.tables[peer].ids
        kind = f"{SINGULAR[table.object_type]}_to_{SINGULAR[peer]}"
        results = [
            {"id": str(ids[row]), "type": name}
            for row, primary in links
            for name in ([kind] if primary else []) + [f"{kind}_unlabeled"]
        ]
        return b'"associations":' + orjson.dumps({peer: {"results": results}}) + b","


def encoded(table: Table, rows: Rows, names: Sequence[str]) -> list[list[bytes]]:
    """Return the JSON values of rows, one list per property, edits included."""
    drawn = np.minimum(rows, table.size - 1)
    columns = [_column(table, name, rows, drawn) for name in names]
    overlay = table.overlay
    for position, row in enumerate(rows.tolist()):
        if row in overlay:
            _patch(columns, names, position, overlay[row])
    return columns


def _column(table: Table, name: str, rows: Rows, drawn: Rows) -> list[bytes]:
    if name == "hs_object_id":
        return table.column(name).encoded(rows)
    return table.column(name).encoded(drawn) if table.size else [b"null"] * len(rows)


def _patch(columns: list[list[bytes]], names: Sequence[str], position: int, changed: dict[str, str | None]) -> None:
    for column, name in zip(columns, names, strict=True):
        if name in changed:
            column[position] = orjson.dumps(changed[name])


def modified_at(table: Table, row: int) -> int:
    """Return when a record was last modified, in milliseconds since 1970."""
    changed = table.overlay.get(row, {}).get(table.modified_name)
    if changed:
        return int(datetime.fromisoformat(changed).timestamp() * 1000)
    column = table.column(table.modified_name)
    return int(column.values[row]) if isinstance(column, Moments) else MISSING

"""Records as HubSpot writes them: bytes of JSON, from one template per set of properties."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import orjson

from hubspot.sandbox.columns import Rows
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.tables import TYPE_IDS, Table

DEFAULTS = {
    "contacts": ("firstname", "lastname", "email"),
    "companies": ("name", "domain"),
    "deals": ("dealname", "amount", "closedate", "pipeline", "dealstage"),
}
LIVE = b'"archived":false,'
MOST_TEMPLATES = 200


def shape(table: Table, requested: Sequence[str]) -> tuple[str, ...]:
    """Return what a request gets: the defined ones of the properties it names, else the defaults, in order of name.

    Creation date, record id and modification date always come; unknown names are ignored.
    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
    """
    always = ("createdate", "hs_object_id", table.modified_name)
    wanted = {name for name in requested if table.has(name)} if requested else set(DEFAULTS[table.object_type])
    return tuple(sorted(wanted.union(always)))


def iso(milliseconds: int) -> str:
    """Return an instant as HubSpot writes it."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Renderer:
    """Turns rows of one portal into JSON."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._templates: dict[tuple[str, tuple[str, ...]], bytes] = {}

    def records(self, table: Table, rows: Rows, names: tuple[str, ...], *, archived: bool = False) -> list[bytes]:
        """Return one JSON object for each row, with the properties that `shape` returned."""
        columns = encoded(table, rows, names)
        by_name = dict(zip(names, columns, strict=True))
        ids, modified = by_name["hs_object_id"], by_name[table.modified_name]
        ends = _ends(table, rows) if archived else [LIVE] * len(rows)
        bare = [b"%d" % number for number in table.ids[rows].tolist()]
        values = zip(ids, *columns, by_name["createdate"], modified, ends, bare, strict=True)
        return list(map(self._template(table, names).__mod__, values))

    def _template(self, table: Table, names: tuple[str, ...]) -> bytes:
        key = (table.object_type, names)
        if key not in self._templates:
            # Callers choose the names, so the cache must not grow without end.
            if len(self._templates) > MOST_TEMPLATES:
                self._templates.clear()
            fields = b",".join(orjson.dumps(name) + b":%b" for name in names)
            url = f"https://app.hubspot.com/contacts/{self._portal.facts.hub_id}/record/{TYPE_IDS[table.object_type]}/"
            dates = b'"createdAt":%b,"updatedAt":%b,%b'
            self._templates[key] = b'{"id":%%b,"properties":{%b},%b"url":"%b%%b"}' % (fields, dates, url.encode())
        return self._templates[key]


def _ends(table: Table, rows: Rows) -> list[bytes]:
    return [b'"archived":true,"archivedAt":"%b",' % iso(table.archived_at[row]).encode() for row in rows.tolist()]


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

"""How a property came to its value: what propertiesWithHistory answers.

A sandbox keeps the edits it made and the dates at which records entered lifecycle stages; everything else has been
as it is since the record was created.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import orjson

from hubspot.sandbox.records import iso
from hubspot.sandbox.tables import Change, Table

STAGE_DATE = "hs_v2_date_entered_"
# HubSpot's word for the source of a change that a person makes.
SOURCE = {"sourceType": "CRM_UI", "sourceId": "userId:48120553"}

Entry = tuple[str, str]


def histories(table: Table, rows: Sequence[int], names: Sequence[str]) -> list[bytes]:
    """Return the `propertiesWithHistory` member of each row: the values of each property, the newest first.

    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis
    """
    changes = _changes(table, rows)
    return [
        b'"propertiesWithHistory":'
        + orjson.dumps({name: _written(_entries(table, row, name, changes.get(row, []))) for name in names})
        for row in rows
    ]


def _changes(table: Table, rows: Iterable[int]) -> dict[int, list[Change]]:
    wanted, found = set(rows), dict[int, list[Change]]()
    for change in table.log:
        if change.row in wanted:
            found.setdefault(change.row, []).append(change)
    return found


def _written(entries: Iterable[Entry]) -> list[dict[str, str]]:
    return [{"value": value, "timestamp": at, **SOURCE} for at, value in entries]


def _entries(table: Table, row: int, name: str, changes: Sequence[Change]) -> list[Entry]:
    """Return (when, value) pairs, the newest first; nothing for a property that never had a value."""
    if name == "lifecyclestage":
        return _stages(table, row)
    moments = [table.text("createdate", row) or "", *(iso(change.at) for change in changes)]
    values = [*(_before(table, row, name, change) for change in changes), table.text(name, row)]
    entries: list[Entry] = []
    for at, value in zip(moments, values, strict=True):
        if (value or "") != (entries[-1][1] if entries else ""):
            entries.append((at, value or ""))
    return entries[::-1]


def _before(table: Table, row: int, name: str, change: Change) -> str | None:
    """Return what a property was before an edit; None where the record did not exist."""
    if change.values is None:
        return None
    if name in change.values or row >= table.size:
        return change.values.get(name)
    drawn: str | None = orjson.loads(table.column(name).encoded(np.array([row]))[0])
    return drawn


def _stages(table: Table, row: int) -> list[Entry]:
    """Return the stages a record has been in, by the dates at which it entered them; the current one comes first."""
    now = table.text("lifecyclestage", row)
    names = [name for name in table.definitions if name.startswith(STAGE_DATE)]
    dates = {name.removeprefix(STAGE_DATE): table.text(name, row) for name in names}
    since = dates.pop(now or "", None) or table.text("createdate", row) or ""
    earlier = sorted(((at, stage) for stage, at in dates.items() if at and at <= since), reverse=True)
    return [*([(since, now)] if now else []), *earlier]

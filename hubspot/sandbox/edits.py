"""Edits: what people do to a portal while the sandbox runs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hubspot.sandbox import answers, changes, merges
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.tables import Table

NUMBERS = ("create", "update", "bulk_update", "archive", "merge", "link", "unlink")
MEMBERS = (*NUMBERS, "object_type", "account", "properties", "records")
DEFAULT_PROPERTIES = {
    "contacts": ("lifecyclestage", "notes_last_updated", "jobtitle"),
    "companies": ("lifecyclestage", "notes_last_updated", "description"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """How many records of an object type to edit, and how.

    Records are created, updated one after the other, updated all in one millisecond (`bulk_update`), archived, merged
    in pairs, linked with one more company or contact, and unlinked from one. Updates change `properties`. `records`
    holds further updates: values by property name, by record id; a contact's associatedcompanyid makes that company its
    primary one.
    """

    object_type: str = "contacts"
    create: int = 0
    update: int = 0
    bulk_update: int = 0
    archive: int = 0
    merge: int = 0
    link: int = 0
    unlink: int = 0
    properties: tuple[str, ...] = ()
    records: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)


def read_edits(portal: Portal, asked: Mapping[str, Any]) -> Edits:
    """Read the body of POST /sandbox/edit; raises Refusal with a sentence where it makes no sense."""
    unknown = [name for name in asked if name not in MEMBERS]
    if unknown:
        raise answers.invalid(f"Unknown member {unknown[0]!r}. Known: {', '.join(MEMBERS)}.")
    object_type = asked.get("object_type", "contacts")
    if object_type not in tuple(DEFAULT_PROPERTIES):
        raise answers.invalid("'object_type' must be contacts or companies.")
    numbers = {name: asked.get(name, 0) for name in NUMBERS}
    if not all(type(number) is int and number >= 0 for number in numbers.values()):
        raise answers.invalid(f"{', '.join(map(repr, NUMBERS))} must be whole numbers of at least 0.")
    table = portal.tables[object_type]
    properties = _read_properties(table, asked.get("properties", list(DEFAULT_PROPERTIES[object_type])))
    records = _read_records(table, asked.get("records", []))
    return Edits(object_type=object_type, properties=properties, records=records, **numbers)


def _read_properties(table: Table, given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise answers.invalid("'properties' must be a list of property names.")
    unknown = [name for name in given if name not in table.definitions]
    if unknown:
        raise answers.invalid(f"Property {unknown[0]!r} does not exist.")
    return tuple(given)


def _read_records(table: Table, given: object) -> dict[str, dict[str, str | None]]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise answers.invalid("'records' must be a list of objects with an 'id' and 'properties'.")
    records = {}
    for each in given:
        record_id, values = str(each.get("id")), each.get("properties")
        if not isinstance(values, dict) or not all(
            value is None or isinstance(value, str) for value in values.values()
        ):
            raise answers.invalid("The 'properties' of each of 'records' must be an object of strings or null.")
        _read_properties(table, list(values))
        row = table.row_of(int(record_id)) if record_id.isdecimal() and len(record_id) <= 18 else None
        if row is None or row in table.archived_at:
            raise answers.invalid(f"Record {record_id[:20]} does not exist.")
        records[record_id] = values
    return records


def edit(portal: Portal, edits: Edits, *, now: int) -> dict[str, Any]:
    """Make edits and return the ids of the records they touched, by what was done.

    Which records are touched depends on the seed and on how many edits came before, not on the clock. `now` is in UTC
    milliseconds. Every edit but the bulk update has a millisecond of its own, as long as there are some left since the
    last round; modification dates never go back.
    """
    table = portal.tables[edits.object_type]
    rng = np.random.default_rng([table.origin.seed, table.version, 99])
    number = len(edits.records) + 1 + sum(getattr(edits, name) for name in NUMBERS)
    change = changes.Change(portal, table, rng, now, at=max(table.latest + 1, now - number))
    done: dict[str, Any] = {"created": changes.create(change, edits.create)}
    table.touched()
    rows = _chosen(table, rng, edits.update + edits.bulk_update + edits.archive + 2 * edits.merge)
    for name, count, act in _steps(edits):
        done[name] = act(change, [row for _, row in zip(range(count), rows, strict=False)])
    done["changed"] = [changes.set_values(change, record_id, values) for record_id, values in edits.records.items()]
    table.touched()
    done["linked"] = merges.link(change, edits.link)
    done["unlinked"] = merges.unlink(change, edits.unlink)
    table.latest = max(table.latest, change.at)
    return done


def _steps(edits: Edits) -> Iterator[tuple[str, int, Callable[[changes.Change, list[int]], list[Any]]]]:
    """Yield what is done to so many rows, in this order."""
    yield "updated", edits.update, lambda change, rows: changes.update(change, rows, edits.properties)
    yield "bulk_updated", edits.bulk_update, lambda change, rows: changes.bulk_update(change, rows, edits.properties)
    yield "archived", edits.archive, merges.archive
    yield "merged", 2 * edits.merge, merges.merge


def _chosen(table: Table, rng: np.random.Generator, wanted: int) -> Iterator[int]:
    rows, _ = table.rows(archived=False)
    chosen: list[int] = rng.choice(rows, size=min(wanted, len(rows)), replace=False).tolist() if len(rows) else []
    return iter(chosen)

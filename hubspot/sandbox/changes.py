"""Creating and updating records, with what HubSpot derives from a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import orjson

from hubspot.sandbox.columns import Rows
from hubspot.sandbox.definitions import Definition
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.records import encoded, iso
from hubspot.sandbox.stages import STAGE_VALUES
from hubspot.sandbox.tables import Table

Values = dict[str, str | None]

ENTERED = [f"hs_v2_date_entered_{stage}" for stage in STAGE_VALUES]
CUMULATIVE = [f"hs_v2_cumulative_time_in_{stage}" for stage in STAGE_VALUES]
STAGE_NAMES = ("lifecyclestage", *ENTERED, *CUMULATIVE)
PRIMARY_COMPANY = "associatedcompanyid"
LINKED_SHARE = 0.7


@dataclass(slots=True)
class Change:
    """A round of edits on one table. `now` is when it is made, `at` the modification date of the next edit."""

    portal: Portal
    table: Table
    rng: np.random.Generator
    now: int
    at: int

    def tick(self) -> int:
        """Return the modification date of this edit and go on to the next, but not into the future."""
        at = self.at
        self.at = max(at, min(at + 1, self.now))
        return at


def values_of(table: Table, rows: Sequence[int], names: Sequence[str]) -> list[Values]:
    """Return values by property name of each row."""
    if not rows:
        return []
    columns = encoded(table, np.array(rows, dtype=np.int64), names)
    return [dict(zip(names, map(orjson.loads, record), strict=True)) for record in zip(*columns, strict=True)]


def create(change: Change, count: int) -> list[str]:
    """Create records and return their ids; each is above all that were there."""
    gaps = change.rng.integers(2, 90_000, count).tolist()
    companies, _ = change.portal.companies.rows(archived=False)
    return [_create(change, row, companies) for row in change.table.append(gaps)]


def _create(change: Change, row: int, companies: Rows) -> str:
    table, number, at = change.table, int(change.table.ids[row]), iso(change.tick())
    table.remember(row, change.now, existed=False)
    values: Values = dict.fromkeys(table.definitions)
    values |= {
        "createdate": at,
        table.modified_name: at,
        "hs_object_id": str(number),
        "hs_object_source_label": "CRM_UI",
    }
    values |= {"lifecyclestage": "lead", "hs_v2_date_entered_lead": at, "hs_analytics_source": "DIRECT_TRAFFIC"}
    if table.object_type == "contacts":
        values |= {
            "firstname": "New",
            "lastname": f"Person {number}",
            **_with_domain(f"new.person{number}@inbox.example"),
        }
    else:
        values |= {"name": f"New Company {number}", "domain": f"new{number}.example", "num_associated_contacts": "0"}
    table.overlay[row] = values
    if table.object_type == "contacts" and len(companies) and change.rng.random() < LINKED_SHARE:
        change.portal.links.relink(row, ((int(change.rng.choice(companies)), True),))
    return str(number)


def _with_domain(email: str) -> Values:
    return {"email": email, "hs_email_domain": email.rpartition("@")[2]}


def update(change: Change, rows: Sequence[int], names: Sequence[str]) -> list[str]:
    """Give each row new values of some properties, one row after the other, and return their ids."""
    before = _stages_before(change.table, rows, names)
    return [_update(change, row, stages, names, at=change.tick()) for row, stages in zip(rows, before, strict=True)]


def bulk_update(change: Change, rows: Sequence[int], names: Sequence[str]) -> list[str]:
    """Give all rows new values of some properties in the same millisecond and return their ids."""
    at, before = change.tick(), _stages_before(change.table, rows, names)
    return [_update(change, row, stages, names, at=at) for row, stages in zip(rows, before, strict=True)]


def _stages_before(table: Table, rows: Sequence[int], names: Sequence[str]) -> Sequence[Values]:
    return values_of(table, rows, STAGE_NAMES) if "lifecyclestage" in names else [{} for _ in rows]


def _update(change: Change, row: int, stages: Values, names: Sequence[str], *, at: int) -> str:
    values: Values = {name: _new_value(change, change.table.definitions[name], row, at) for name in names}
    return _apply(change, row, stages, values, at=at)


def set_values(change: Change, record_id: str, values: Mapping[str, str | None]) -> str:
    """Give one record the values named and return its id, which a merge may have changed."""
    row = change.table.row_of(int(record_id))
    if row is None:
        return record_id
    (before,) = values_of(change.table, [row], STAGE_NAMES)
    if PRIMARY_COMPANY in values:
        _link(change, row, values[PRIMARY_COMPANY])
    rest = {name: value for name, value in values.items() if name != PRIMARY_COMPANY}
    return _apply(change, row, before, rest, at=change.tick())


def _link(change: Change, contact: int, company_id: str | None) -> None:
    """Link a contact with its primary company, as an import does that names the company's Record ID."""
    company = change.portal.companies.row_of(int(company_id)) if company_id and company_id.isdecimal() else None
    others = [(each, False) for each, _ in change.portal.companies_of(contact) if each != company]
    change.portal.links.relink(contact, others if company is None else [(company, True), *others])


def _apply(change: Change, row: int, stages: Values, values: Values, *, at: int) -> str:
    """Lay values over a row; search goes on seeing the row as it was until its index has caught up."""
    table = change.table
    if "lifecyclestage" in values:
        values |= move(stages, values["lifecyclestage"], at)
    if values.get("email"):
        values |= _with_domain(str(values["email"]))
    table.remember(row, change.now)
    table.overlay[row] = {**table.overlay.get(row, {}), **values, table.modified_name: iso(at)}
    return str(table.ids[row])


def move(before: Values, stage: str | None, at: int) -> Values:
    """Return what HubSpot derives when a record moves to a stage: when it entered, and what the old one comes to.

    Source: https://knowledge.hubspot.com/properties/stage-calculated-properties
    """
    old = before["lifecyclestage"]
    values: Values = {}
    if stage == old:
        return values
    if stage in STAGE_VALUES:
        values |= {f"hs_v2_date_entered_{stage}": iso(at), f"hs_v2_date_exited_{stage}": None}
    entered = before.get(f"hs_v2_date_entered_{old}")
    if entered:
        stay = at - _milliseconds(entered)
        earlier = int(before[f"hs_v2_cumulative_time_in_{old}"] or 0)
        values |= {f"hs_v2_date_exited_{old}": iso(at), f"hs_v2_latest_time_in_{old}": str(stay)}
        values |= {f"hs_v2_cumulative_time_in_{old}": str(earlier + stay)}
    return values


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _new_value(change: Change, definition: Definition, row: int, at: int) -> str:
    number = int(change.rng.integers(1, 10**6))
    if definition.reference == "OWNER":
        owners = change.portal.facts.owners
        return str(owners[number % len(owners)].id)
    if definition.choices:
        return definition.choices[number % len(definition.choices)].value
    host = f"edited{change.table.ids[row]}.example"
    named = {"email": f"somebody{number}@{host}", "domain": host}
    typed = {"number": str(number), "datetime": iso(at), "date": iso(at)[: len("2026-11-23")]}
    return named.get(definition.name) or typed.get(definition.type, f"Edited {number}")

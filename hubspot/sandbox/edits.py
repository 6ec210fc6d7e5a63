"""Edits: records that are created, updated, archived and merged while the sandbox runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hubspot.sandbox.definitions import STAGES
from hubspot.sandbox.portal import Link, Portal
from hubspot.sandbox.records import iso, modified_at
from hubspot.sandbox.tables import Table

STAGE_CHOICES = tuple(stage.value for stage in STAGES)


def edit(portal: Portal, object_type: str, numbers: Mapping[str, int], *, now: int) -> dict[str, Any]:
    """Make so many edits of each kind and return the ids they touched.

    Which records are touched depends on the seed and on how many edits came before, not on the clock. `now` is in
    UTC milliseconds; modification dates never go back.
    """
    table = portal.tables[object_type]
    rng = np.random.default_rng([table.origin.seed, table.version, 99])
    at = _moment(table, now)
    new = table.append(rng.integers(2, 90_000, numbers["create"]).tolist())
    result: dict[str, Any] = {"created": [_create(portal, table, row, rng, at=at) for row in new]}
    table.touched()
    rows = rng.permutation(table.rows(archived=False)[0]).tolist()
    result["updated"] = [_update(table, rows.pop(), rng, at) for _ in range(min(numbers["update"], len(rows)))]
    result["archived"] = [_archive(portal, table, rows.pop(), at) for _ in range(min(numbers["archive"], len(rows)))]
    pairs = min(numbers["merge"], len(rows) // 2)
    final = table.append([17] * pairs)
    result["merged"] = [_merge(portal, table, (rows.pop(), rows.pop()), row, at=at) for row in final]
    table.touched()
    return result


def _moment(table: Table, now: int) -> int:
    latest = int(table.modified.max(initial=0))
    changed = [modified_at(table, row) for row, values in table.overlay.items() if table.modified_name in values]
    return max(now, latest + 1, *(each + 1 for each in changed))


def _set(table: Table, row: int, values: Mapping[str, str | None], at: int) -> None:
    """Lay values over a row; search goes on seeing the row as it was until its index has caught up."""
    table.remember(row, at)
    table.overlay[row] = {**table.overlay.get(row, {}), **values}


def _create(portal: Portal, table: Table, row: int, rng: np.random.Generator, *, at: int) -> str:
    number = int(table.ids[row])
    table.remember(row, at, existed=False)
    values: dict[str, str | None] = dict.fromkeys(table.definitions)
    values |= {"createdate": iso(at), table.modified_name: iso(at), "hs_object_id": str(number)}
    values |= {"lifecyclestage": "lead", "hs_v2_date_entered_lead": iso(at), "hs_object_source_label": "CRM_UI"}
    values |= {"hs_analytics_source": "DIRECT_TRAFFIC"}
    if table.object_type == "contacts":
        values |= {"firstname": "New", "lastname": f"Person {number}", "email": f"new.person{number}@inbox.example"}
    else:
        values |= {"name": f"New Company {number}", "domain": f"new{number}.example", "num_associated_contacts": "0"}
    table.overlay[row] = values
    if table.object_type == "contacts" and rng.random() < 0.7:
        companies, _ = portal.companies.rows(archived=False)
        if len(companies):
            portal.relink(row, ((int(rng.choice(companies)), True),))
    return str(number)


def _update(table: Table, row: int, rng: np.random.Generator, at: int) -> str:
    stage = STAGE_CHOICES[int(rng.integers(0, len(STAGE_CHOICES)))]
    name = "jobtitle" if table.object_type == "contacts" else "description"
    values = {
        "lifecyclestage": stage,
        f"hs_v2_date_entered_{stage}": iso(at),
        "notes_last_updated": iso(at),
        name: f"Edited {rng.integers(1, 10**6)}",
        table.modified_name: iso(at),
    }
    _set(table, row, values, at)
    return str(table.ids[row])


def _archive(portal: Portal, table: Table, row: int, at: int) -> str:
    table.remember(row, at)
    table.archived_at[row] = at
    _unlink(portal, table, row)
    return str(table.ids[row])


def _unlink(portal: Portal, table: Table, row: int) -> None:
    if table.object_type == "contacts":
        portal.relink(row, ())
        return
    for contact, _ in portal.contacts_of(row):
        portal.relink(contact, tuple(link for link in portal.companies_of(contact) if link[0] != row))


def _merge(portal: Portal, table: Table, pair: tuple[int, int], row: int, *, at: int) -> dict[str, Any]:
    """Merge two records into one with a new id; the old ids lead to it and are in hs_merged_object_ids.

    Source: https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies
    """
    kept, lost = pair
    values = _values(table, kept)
    old = [str(table.ids[row]) for row in pair]
    table.remember(row, at, existed=False)
    earlier = [text for text in (values.get("hs_merged_object_ids"), *old) if text]
    values |= {"hs_object_id": str(table.ids[row]), "hs_merged_object_ids": ";".join(earlier)}
    table.overlay[row] = {**values, table.modified_name: iso(at)}
    _move_links(portal, table, pair, row)
    for source in (kept, lost):
        table.remember(source, at)
        table.gone.add(source)
    final = int(table.ids[row])
    table.merged_into = {old_id: final if str(to) in old else to for old_id, to in table.merged_into.items()}
    table.merged_into.update({int(text): final for text in old})
    return {"id": str(final), "from": old}


def _values(table: Table, row: int) -> dict[str, str | None]:
    return {name: table.text(name, row) for name in table.definitions}


def _move_links(portal: Portal, table: Table, pair: tuple[int, int], row: int) -> None:
    if table.object_type == "contacts":
        links = _first_primary([link for source in pair for link in portal.companies_of(source)])
        for source in pair:
            portal.relink(source, ())
        portal.relink(row, links)
        return
    for contact in {contact for source in pair for contact, _ in portal.contacts_of(source)}:
        moved = [(row if firm in pair else firm, primary) for firm, primary in portal.companies_of(contact)]
        portal.relink(contact, _first_primary(moved))


def _first_primary(links: list[Link]) -> tuple[Link, ...]:
    """Return each company once, and only the first primary one as primary."""
    primary = next((firm for firm, is_primary in links if is_primary), None)
    return tuple((firm, firm == primary) for firm in dict.fromkeys(firm for firm, _ in links))

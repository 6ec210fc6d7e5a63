"""Archiving and merging records, and changing who works where."""

from collections.abc import Sequence
from typing import Any

from hubspot.sandbox.changes import Change, Values, values_of
from hubspot.sandbox.links import Link
from hubspot.sandbox.records import iso

# What becomes of the second record's own value when two are merged.
KEPT_BESIDE = {"contacts": ("email", "hs_additional_emails"), "companies": ("domain", "hs_additional_domains")}
MOST_LOOKED_AT = 10


def archive(change: Change, rows: Sequence[int]) -> list[str]:
    """Archive rows, which lose their links, and return their ids."""
    return [_archive(change, row) for row in rows]


def _archive(change: Change, row: int) -> str:
    change.table.remember(row, change.now)
    change.table.archived_at[row] = change.tick()
    if change.table.object_type == "contacts":
        change.portal.links.relink(row, ())
    else:
        for contact, _ in change.portal.contacts_of(row):
            links = change.portal.companies_of(contact)
            change.portal.links.relink(contact, [link for link in links if link[0] != row])
    return str(change.table.ids[row])


def merge(change: Change, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Merge rows two by two into records with new ids; return these ids and the ones they were made from.

    The old ids lead to the new record and are in its hs_merged_object_ids. The first of a pair wins where both have a
    value, and the second's address or domain becomes an additional one.
    Source: https://developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies
    """
    pairs = list(zip(rows[::2], rows[1::2], strict=False))
    values = values_of(change.table, rows, tuple(change.table.definitions))
    final = change.table.append([17] * len(pairs))
    return [
        _merge(change, pair, row, merged=_merged(change, kept, lost))
        for pair, row, kept, lost in zip(pairs, final, values[::2], values[1::2], strict=False)
    ]


def _merged(change: Change, kept: Values, lost: Values) -> Values:
    own, beside = KEPT_BESIDE[change.table.object_type]
    values = {name: kept[name] or lost[name] for name in kept}
    second = lost[own] if lost[own] != values[own] else None
    values[beside] = _listed(kept[beside], lost[beside], second)
    values["hs_merged_object_ids"] = _listed(
        kept["hs_merged_object_ids"], lost["hs_merged_object_ids"], kept["hs_object_id"], lost["hs_object_id"]
    )
    return values


def _listed(*texts: str | None) -> str | None:
    """Return lists written with semicolons as one."""
    return ";".join(dict.fromkeys(word for text in texts if text for word in text.split(";") if word)) or None


def _merge(change: Change, pair: tuple[int, int], row: int, *, merged: Values) -> dict[str, Any]:
    table, number = change.table, int(change.table.ids[row])
    table.remember(row, change.now, existed=False)
    table.overlay[row] = {**merged, "hs_object_id": str(number), table.modified_name: iso(change.tick())}
    _move_links(change, pair, row)
    for source in pair:
        table.remember(source, change.now)
        table.gone.add(source)
        table.merged_into[int(table.ids[source])] = number
    return {"id": str(number), "from": [str(table.ids[source]) for source in pair]}


def _move_links(change: Change, pair: tuple[int, int], row: int) -> None:
    portal = change.portal
    if change.table.object_type == "contacts":
        links = _first_primary([link for source in pair for link in portal.companies_of(source)])
        for source in pair:
            portal.links.relink(source, ())
        portal.links.relink(row, links)
        return
    for contact in {contact for source in pair for contact, _ in portal.contacts_of(source)}:
        moved = [(row if firm in pair else firm, primary) for firm, primary in portal.companies_of(contact)]
        portal.links.relink(contact, _first_primary(moved))


def _first_primary(links: Sequence[Link]) -> tuple[Link, ...]:
    """Return each company once, and only the first primary one as primary."""
    primary = next((firm for firm, is_primary in links if is_primary), None)
    return tuple((firm, firm == primary) for firm in dict.fromkeys(firm for firm, _ in links))


def link(change: Change, count: int) -> list[dict[str, str]]:
    """Link contacts with one more company each, as the primary one where they had none; return the new links."""
    companies, _ = change.portal.companies.rows(archived=False)
    if not len(companies):
        return []
    return [_link(change, contact, int(change.rng.choice(companies))) for contact in _contacts(change, count)]


def _link(change: Change, contact: int, company: int) -> dict[str, str]:
    links = [each for each in change.portal.companies_of(contact) if each[0] != company]
    has_primary = any(is_primary for _, is_primary in links)
    change.portal.links.relink(contact, [*links, (company, not has_primary)])
    return _ids(change, contact, company)


def unlink(change: Change, count: int) -> list[dict[str, str]]:
    """Take the last of their companies from contacts that have one; return the links that are no more."""
    wanted = max(count * MOST_LOOKED_AT, MOST_LOOKED_AT) if count else 0
    linked = (contact for contact in _contacts(change, wanted) if change.portal.companies_of(contact))
    return [_unlink(change, contact) for _, contact in zip(range(count), linked, strict=False)]


def _unlink(change: Change, contact: int) -> dict[str, str]:
    *kept, (company, _) = change.portal.companies_of(contact)
    change.portal.links.relink(contact, kept)
    return _ids(change, contact, company)


def _contacts(change: Change, count: int) -> list[int]:
    rows, _ = change.portal.contacts.rows(archived=False)
    chosen: list[int] = change.rng.choice(rows, size=min(count, len(rows)), replace=False).tolist() if len(rows) else []
    return chosen


def _ids(change: Change, contact: int, company: int) -> dict[str, str]:
    tables = change.portal.tables
    return {"contact": str(tables["contacts"].ids[contact]), "company": str(tables["companies"].ids[company])}

"""Which contacts work for which companies: drawn links in compact arrays, changed ones laid over them."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from hubspot.sandbox.people import People
from hubspot.sandbox.tables import Table

Link = tuple[int, bool]
Pairs = tuple[npt.NDArray[Any], npt.NDArray[Any]]


class Links:
    """Links between rows of contacts and rows of companies.

    A contact has one primary company and up to two more, or none. Changing links brings the properties up to date that
    HubSpot derives from them, without touching the modification date, as its rollups do.
    """

    def __init__(self, contacts: Table, companies: Table, people: People) -> None:
        self._contacts = contacts
        self._companies = companies
        self._people = people
        self._changed: dict[int, tuple[Link, ...]] = {}
        self._added: dict[int, dict[int, bool]] = {}
        self._counts: dict[int, int] = {}

    def companies_of(self, contact: int) -> tuple[Link, ...]:
        """Return (row of a company, whether it is the primary one) for a contact's row, the primary one first."""
        if contact in self._changed or contact >= self._contacts.size:
            return self._changed.get(contact, ())
        primary = int(self._people.primary(self._contacts)[contact])
        contacts, companies = self._further
        start, end = np.searchsorted(contacts, (contact, contact + 1)).tolist()
        first = [(primary, True)] if primary >= 0 else []
        return (*first, *((company, False) for company in companies[start:end].tolist()))

    def contacts_of(self, company: int) -> tuple[Link, ...]:
        """Return (row of a contact, whether this is its primary company) for a company's row, ascending."""
        drawn = self._drawn_contacts(company) if company < self._companies.size else ()
        kept = [link for link in drawn if link[0] not in self._changed]
        return tuple(sorted([*kept, *self._added.get(company, {}).items()]))

    def relink(self, contact: int, links: Sequence[Link]) -> None:
        """Replace a contact's links."""
        before = self.companies_of(contact)
        numbers = {company: self._count(company) for company, _ in {*before, *links}}
        for company, _ in before:
            self._added.get(company, {}).pop(contact, None)
            numbers[company] -= 1
        for company, is_primary in links:
            self._added.setdefault(company, {})[contact] = is_primary
            numbers[company] += 1
        self._changed[contact] = tuple(links)
        primary = next((str(self._companies.ids[company]) for company, is_primary in links if is_primary), None)
        self._contacts.overlay.setdefault(contact, {})["associatedcompanyid"] = primary
        for company, number in numbers.items():
            self._counts[company] = number
            self._companies.overlay.setdefault(company, {})["num_associated_contacts"] = str(number)

    def _count(self, company: int) -> int:
        if company not in self._counts:
            self._counts[company] = len(self.contacts_of(company))
        return self._counts[company]

    def drawn_counts(self) -> npt.NDArray[np.int64]:
        """Return how many contacts every drawn company began with."""
        primary = self._people.primary(self._contacts)
        first = np.bincount(primary[primary >= 0], minlength=self._companies.size)
        return np.asarray(first + np.bincount(self._further[1], minlength=self._companies.size), dtype=np.int64)

    def _drawn_contacts(self, company: int) -> Iterator[Link]:
        for is_primary, (order, companies) in ((True, self._by_primary), (False, self._by_further)):
            start, end = np.searchsorted(companies, (company, company + 1)).tolist()
            yield from ((contact, is_primary) for contact in order[start:end].tolist())

    @cached_property
    def _further(self) -> Pairs:
        return self._people.further(self._contacts)

    @cached_property
    def _by_primary(self) -> Pairs:
        primary = self._people.primary(self._contacts)
        order = np.argsort(primary, kind="stable").astype(np.int32)
        return order, primary[order]

    @cached_property
    def _by_further(self) -> Pairs:
        contacts, companies = self._further
        order = np.argsort(companies, kind="stable")
        return contacts[order], companies[order]

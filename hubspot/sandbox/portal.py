"""One portal: its contacts, its companies, the links between them, and its oddities."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from hubspot.sandbox.columns import Column, Numbers
from hubspot.sandbox.company_columns import COMPANY_BUILDERS, first_contact
from hubspot.sandbox.company_definitions import COMPANY_DEFINITIONS
from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.contact_columns import People
from hubspot.sandbox.contact_definitions import CONTACT_DEFINITIONS
from hubspot.sandbox.portals import PortalFacts
from hubspot.sandbox.tables import Origin, Table
from hubspot.sandbox.vocabulary import HOSTILE_LINKS, HOSTILE_NAMES

FIRST_IDS = {"contacts": 9_104_417_236, "companies": 8_310_552_071}
MOST_ODDITIES = 400

Link = tuple[int, bool]


class Portal:
    """A portal's records; everything is drawn when first needed, and the same again for the same configuration."""

    def __init__(self, facts: PortalFacts, config: SandboxConfig) -> None:
        self.facts = facts
        self.companies = Table(
            self._origin("companies", config, round(config.companies * facts.share)),
            COMPANY_DEFINITIONS,
            {
                **COMPANY_BUILDERS,
                "num_associated_contacts": self._contact_counts,
                "first_contact_createdate": self._first_contact,
            },
        )
        self.people = People(self.companies)
        self.contacts = Table(
            self._origin("contacts", config, round(config.contacts * facts.share)),
            CONTACT_DEFINITIONS,
            self.people.builders(),
        )
        self.relinked: dict[int, tuple[Link, ...]] = {}
        self._added: dict[int, dict[int, bool]] = {}
        _add_oddities(self.contacts, _CONTACT_ODDITIES)
        _add_oddities(self.companies, _COMPANY_ODDITIES)

    @property
    def tables(self) -> dict[str, Table]:
        """Return the tables by object type."""
        return {"contacts": self.contacts, "companies": self.companies}

    def _origin(self, object_type: str, config: SandboxConfig, size: int) -> Origin:
        return Origin(
            object_type=object_type,
            seed=config.seed,
            hub_id=self.facts.hub_id,
            size=size,
            today=config.today,
            time_zone=self.facts.time_zone,
            first_id=FIRST_IDS[object_type],
        )

    def companies_of(self, contact: int) -> tuple[Link, ...]:
        """Return (row of a company, whether it is the primary one) for a contact's row, the primary one first."""
        if contact in self.relinked or contact >= self.contacts.size:
            return self.relinked.get(contact, ())
        primary = int(self.people.primary(self.contacts)[contact])
        second = self._second.get(contact)
        links = [(primary, True)] if primary >= 0 else []
        return (*links, (second, False)) if second is not None else tuple(links)

    def contacts_of(self, company: int) -> tuple[Link, ...]:
        """Return (row of a contact, whether this is its primary company) for a company's row."""
        order, starts = self._by_company
        drawn: list[Link] = []
        if company < self.companies.size:
            drawn = [(row, True) for row in order[starts[company] : starts[company + 1]].tolist()]
            drawn += [(row, False) for row in self._second_of.get(company, ())]
        kept = [link for link in drawn if link[0] not in self.relinked]
        return tuple(sorted([*kept, *self._added.get(company, {}).items()]))

    def relink(self, contact: int, links: tuple[Link, ...]) -> None:
        """Replace a contact's links and bring the properties HubSpot derives from them up to date.

        Derived properties change without touching the modification date, as HubSpot's rollups do.
        """
        before = self.companies_of(contact)
        for firm, _ in before:
            self._added.get(firm, {}).pop(contact, None)
        for firm, is_primary in links:
            self._added.setdefault(firm, {})[contact] = is_primary
        self.relinked[contact] = links
        primary = next((firm for firm, is_primary in links if is_primary), None)
        record_id = None if primary is None else str(self.companies.ids[primary])
        self.contacts.overlay.setdefault(contact, {})["associatedcompanyid"] = record_id
        for firm, _ in {*before, *links}:
            number = str(len(self.contacts_of(firm)))
            self.companies.overlay.setdefault(firm, {})["num_associated_contacts"] = number

    @cached_property
    def _second(self) -> dict[int, int]:
        rows, firms = self.people.secondary(self.contacts)
        return dict(zip(rows.tolist(), firms.tolist(), strict=True))

    @cached_property
    def _second_of(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for contact, company in self._second.items():
            found.setdefault(company, []).append(contact)
        return found

    @cached_property
    def _by_company(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        primary = self.people.primary(self.contacts)
        order = np.argsort(primary, kind="stable")
        return order, np.searchsorted(primary[order], np.arange(self.companies.size + 1))

    def _contact_counts(self, table: Table) -> Column:
        primary = self.people.primary(self.contacts)
        _, seconds = self.people.secondary(self.contacts)
        first = np.bincount(primary[primary >= 0], minlength=table.size)
        return Numbers((first + np.bincount(seconds, minlength=table.size)).astype(np.int64))

    def _first_contact(self, table: Table) -> Column:
        return first_contact(table, self.contacts, self.people.primary(self.contacts))


_CONTACT_ODDITIES: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("firstname", HOSTILE_NAMES),
    ("jobtitle", ('<a href="https://evil.example">CEO</a>', "=1+1", "", "  ")),
    ("website", HOSTILE_LINKS),
    ("hs_lead_status", ("LEGACY_NURTURE",)),
    ("hs_analytics_source", ("RETIRED_SOURCE",)),
    ("hubspot_owner_id", ("399000111",)),
    ("nps_score", ("0.200000000000000011102230246251565", "1E+1", "")),
    ("phone", ("", "call reception", "0049 (0)30 / 90 18 20-0")),
    ("recent_conversion_date", ("2025-04-01T09:00:00Z", "2025-04-02T10:11:12.7Z", "1743685150726")),
    ("newsletter_topics", (";events;tips", "events;retired_topic")),
    ("email", ("",)),
)
_COMPANY_ODDITIES: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("name", HOSTILE_NAMES),
    ("website", HOSTILE_LINKS),
    ("industry", ("RETIRED_INDUSTRY",)),
    ("annualrevenue", ("1234567.891234567891", "0", "-1", "")),
    ("numberofemployees", ("", "1.5")),
    ("description", ("line one\nline two", "<b>bold</b> & <i>broken")),
    ("type", ("FORMER_TYPE",)),
)


def _add_oddities(table: Table, oddities: tuple[tuple[str, tuple[str | None, ...]], ...]) -> None:
    """Spread values over the records that real portals hold and that break careless software."""
    wanted = min(max(table.size // 60, 1), MOST_ODDITIES) if table.size else 0
    rows = table.rng("oddities").permutation(table.size)[:wanted].tolist()
    pairs = [(name, value) for name, given in oddities for value in given]
    for number, row in enumerate(rows):
        name, value = pairs[number % len(pairs)]
        table.overlay.setdefault(row, {})[name] = value
    # Merges from before history: their old ids lie in gaps and lead to the record that survived.
    for row in rows[::7]:
        old = [int(table.ids[row]) - 1]
        table.merged_into.update(dict.fromkeys(old, int(table.ids[row])))
        table.overlay[row]["hs_merged_object_ids"] = ";".join(map(str, old))

"""One portal: its contacts, its companies, the links between them, and its oddities."""

from hubspot.sandbox import firms
from hubspot.sandbox.columns import Column, Numbers
from hubspot.sandbox.company_columns import COMPANY_BUILDERS, first_contact
from hubspot.sandbox.company_definitions import COMPANY_DEFINITIONS
from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.contact_columns import contact_builders
from hubspot.sandbox.contact_definitions import CONTACT_DEFINITIONS
from hubspot.sandbox.links import Link, Links
from hubspot.sandbox.people import People
from hubspot.sandbox.portals import PortalFacts
from hubspot.sandbox.tables import Origin, Table
from hubspot.sandbox.twins import Twins
from hubspot.sandbox.vocabulary import HOSTILE_LINKS, HOSTILE_NAMES

FIRST_IDS = {"contacts": 9_104_417_236, "companies": 8_310_552_071}
MOST_ODDITIES = 400


class Portal:
    """A portal's records; everything is drawn when first needed, and the same again for the same configuration."""

    def __init__(self, facts: PortalFacts, config: SandboxConfig) -> None:
        self.facts = facts
        self.companies = Table(
            self._origin("companies", config, round(config.companies * facts.share)),
            COMPANY_DEFINITIONS,
            {
                **COMPANY_BUILDERS,
                "num_associated_contacts": lambda _: Numbers(self.links.drawn_counts()),
                "first_contact_createdate": self._first_contact,
            },
        )
        self.people = People(self.companies)
        self.contacts = Table(
            self._origin("contacts", config, round(config.contacts * facts.share)),
            CONTACT_DEFINITIONS,
            contact_builders(self.people),
        )
        self.links = Links(self.contacts, self.companies, self.people)
        _add_oddities(self.contacts, _CONTACT_ODDITIES, spared=self.twins("contacts"))
        _add_oddities(self.companies, _COMPANY_ODDITIES, spared=self.twins("companies"))

    @property
    def tables(self) -> dict[str, Table]:
        """Return the tables by object type."""
        return {"contacts": self.contacts, "companies": self.companies}

    def twins(self, object_type: str) -> Twins:
        """Return the known duplicates among the records that were drawn."""
        return self.people.twins(self.contacts) if object_type == "contacts" else firms.twins(self.companies)

    def _origin(self, object_type: str, config: SandboxConfig, size: int) -> Origin:
        return Origin(
            object_type=object_type,
            seed=config.seed,
            hub_id=self.facts.hub_id,
            size=size,
            today=config.last_day(self.facts.time_zone),
            passed=config.passed(self.facts.time_zone),
            time_zone=self.facts.time_zone,
            first_id=FIRST_IDS[object_type],
        )

    def companies_of(self, contact: int) -> tuple[Link, ...]:
        """Return (row of a company, whether it is the primary one) for a contact's row, the primary one first."""
        return self.links.companies_of(contact)

    def contacts_of(self, company: int) -> tuple[Link, ...]:
        """Return (row of a contact, whether this is its primary company) for a company's row, ascending."""
        return self.links.contacts_of(company)

    def _first_contact(self, table: Table) -> Column:
        return first_contact(table, self.contacts, self.people.primary(self.contacts))


_CONTACT_ODDITIES: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("firstname", HOSTILE_NAMES),
    ("jobtitle", ('<a href="https://evil.example">CEO</a>', "=1+1", "", "  ")),
    ("website", HOSTILE_LINKS),
    ("hs_lead_status", ("LEGACY_NURTURE",)),
    ("hs_analytics_source", ("RETIRED_SOURCE",)),
    ("hubspot_owner_id", ("399000111",)),
    ("nps_score", ("0.200000000000000011102230246251565", "7.333333333333333333333333333333", "1E+1", "")),
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


def _add_oddities(table: Table, oddities: tuple[tuple[str, tuple[str | None, ...]], ...], *, spared: Twins) -> None:
    """Spread values over the records that real portals hold and that break careless software.

    Known duplicates are spared: what tells them apart must stay what it is.
    """
    wanted = min(max(table.size // 40, 1), MOST_ODDITIES) if table.size else 0
    involved = spared.mask(table.size)
    rows = [row for row in table.rng("oddities").permutation(table.size)[: wanted * 2].tolist() if not involved[row]]
    pairs = [(name, value) for name, given in oddities for value in given]
    for number, row in enumerate(rows[:wanted]):
        around, place = divmod(number, len(pairs))
        name, value = pairs[place]
        # Companies of one name would be duplicates that nobody knows of.
        table.overlay.setdefault(row, {})[name] = f"{value} {around + 1}" if around and name == "name" else value
    # Merges from before history: their old ids lie in gaps and lead to the record that survived.
    for row in rows[:wanted:7]:
        old = [int(table.ids[row]) - 1]
        table.merged_into.update(dict.fromkeys(old, int(table.ids[row])))
        table.overlay[row]["hs_merged_object_ids"] = ";".join(map(str, old))

"""How the properties of contacts are drawn, beside the companies they work for."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from hubspot.sandbox import common_columns as common
from hubspot.sandbox import company_columns as firms
from hubspot.sandbox.columns import MISSING, Coded, Joined, Moments, Numbers, fragments
from hubspot.sandbox.common_columns import only
from hubspot.sandbox.company_definitions import INDUSTRIES
from hubspot.sandbox.tables import Builder, Table, created_column, modified_column
from hubspot.sandbox.vocabulary import (
    COUNTRIES,
    FIRST_NAMES,
    FREEMAIL_DOMAINS,
    JOB_TITLES,
    LAST_NAMES,
    ascii_form,
    display,
)

SEPARATORS = [b".", b"_", b"", b"-"]
LINKED_SHARE = 0.83

Codes = npt.NDArray[np.int64]


class People:
    """Draws contacts of one portal; knows the companies and which of them each contact works for."""

    def __init__(self, companies: Table) -> None:
        self.companies = companies
        self._primary: Codes | None = None

    def primary(self, table: Table) -> Codes:
        """Return the row of each contact's primary company, -1 for none; archived records have no links."""
        if self._primary is None:
            self._primary = self._draw_primary(table)
        return self._primary

    def _draw_primary(self, table: Table) -> Codes:
        firms_live = np.flatnonzero(self.companies.drawn_live)
        if not len(firms_live):
            return np.full(table.size, -1)
        # A few firms have many contacts, most have some, and the last tenth of them has none.
        drawn = (table.uniform("primary").astype(np.float64) ** 1.7 * len(firms_live) * 0.9).astype(np.int64)
        shuffled = self.companies.rng("popular").permutation(firms_live)
        linked = table.chance("primary.present", LINKED_SHARE)
        primary = np.where(linked, shuffled[drawn], -1)[table.twin]
        primary[~table.drawn_live] = -1
        return primary

    def secondary(self, table: Table) -> tuple[Codes, Codes]:
        """Return rows of contacts that work for a second company too, and the rows of those companies."""
        primary = self.primary(table)
        rows = np.flatnonzero(table.chance("secondary", 0.05) & (primary >= 0))
        others = primary[::-1][rows]
        real = (others >= 0) & (others != primary[rows])
        return rows[real], others[real]

    def countries(self, table: Table) -> npt.NDArray[np.int16]:
        """Return the country of each contact: the company's, or one of the portal's."""
        own = firms.country_codes(table)
        if not self.companies.size:
            return own
        primary = self.primary(table)
        return np.where(primary >= 0, firms.country_codes(self.companies)[primary], own)

    def given(self, table: Table) -> Codes:
        """Return codes into the first names."""
        return self._name_codes(table, "firstname", FIRST_NAMES)

    def family(self, table: Table) -> Codes:
        """Return codes into the last names."""
        return self._name_codes(table, "lastname", LAST_NAMES)

    def _name_codes(self, table: Table, name: str, groups: Mapping[str, str]) -> Codes:
        counts = {group: len(words.split()) for group, words in groups.items()}
        starts = dict(zip(counts, np.cumsum(list(counts.values())) - list(counts.values()), strict=True))
        start = np.array([starts[country.names] for country in COUNTRIES])
        count = np.array([counts[country.names] for country in COUNTRIES])
        countries = self.countries(table)
        codes: Codes = start[countries] + (table.uniform(name) * count[countries]).astype(np.int64)
        return codes[table.twin]

    def builders(self) -> dict[str, Builder]:
        """Return the builders of every contact property but the record id."""
        return {**_PLAIN_BUILDERS, **self._person_builders(), **self._firm_builders(), **common.stage_dates()}

    def _person_builders(self) -> dict[str, Builder]:
        return {
            "firstname": lambda table: _name_column(table, "firstname", self.given(table), FIRST_NAMES, 0.05),
            "lastname": lambda table: _name_column(table, "lastname", self.family(table), LAST_NAMES, 0.08),
            "email": self._email,
            "hs_email_domain": self._email_domain,
            "phone": lambda table: self._phone(table, "phone", 0.62),
            "mobilephone": lambda table: self._phone(table, "mobilephone", 0.28),
            **{name: self._placed(name) for name in ("address", "city", "state", "zip", "country")},
            "hs_country_region_code": self._placed("code"),
        }

    def _firm_builders(self) -> dict[str, Builder]:
        return {
            "company": self._company,
            "website": self._website,
            "industry": self._industry,
            "associatedcompanyid": self._company_id,
        }

    def _placed(self, name: str) -> Builder:
        return lambda table: firms.place_columns(table, self.countries(table), present=0.72)[name]

    def _phone(self, table: Table, name: str, present: float) -> Joined:
        dials = fragments([f"{country.dial} " for country in COUNTRIES])
        digits = (table.uniform(name).astype(np.float64) * 10**7).astype(np.int64)[table.twin]
        return Joined([(self.countries(table), dials), (digits, b"%07d")], table.chance(f"{name}.present", present))

    def _host_parts(self, table: Table) -> list[tuple[Codes, list[bytes]]]:
        """Return the parts of a mail domain: the firm's, or a free one for twins and people without a firm."""
        primary = self.primary(table)
        private = (primary < 0) | table.is_twin | table.chance("email.private", 0.06)
        codes = firms.name_codes(self.companies)
        words = (firms.STEM_HOSTS, firms.FIELD_HOSTS, firms.PLACE_HOSTS)
        free = table.pick("email.free", [1] * len(FREEMAIL_DOMAINS)).astype(np.int64)
        parts = [
            (np.where(private, len(hosts), _taken(code, primary)), [*hosts, b""])
            for code, hosts in zip(codes, words, strict=True)
        ]
        endings = [*fragments(list(FREEMAIL_DOMAINS)), b".example"]
        return [*parts, (np.where(private, free, len(FREEMAIL_DOMAINS)), endings)]

    def _email(self, table: Table) -> Joined:
        host = self._host_parts(table)
        separator = table.pick("email.separator", (0.7, 0.1, 0.1, 0.1)).astype(np.int64)
        local = [
            (self.given(table), _ascii_words(FIRST_NAMES)),
            (separator, SEPARATORS),
            (self.family(table), _ascii_words(LAST_NAMES)),
        ]
        rank = _rank_within(_combined([*local, *host]))
        numbers = [b"", *(b"%d" % number for number in range(2, int(rank.max(initial=0)) + 2))]
        at = (np.zeros(table.size, dtype=np.int64), [b"@"])
        return Joined([*local, (rank, numbers), at, *host], table.chance("email.present", 0.94))

    def _email_domain(self, table: Table) -> Joined:
        return Joined(self._host_parts(table), table.chance("email.present", 0.94))

    def _company(self, table: Table) -> Joined:
        words = (firms.STEM_NAMES, firms.FIELD_NAMES, firms.PLACE_NAMES)
        return self._firm_text(table, "company", words, present=0.9)

    def _website(self, table: Table) -> Joined:
        first = [b"https://www." + host for host in firms.STEM_HOSTS]
        last = [host + b".example" for host in firms.PLACE_HOSTS]
        return self._firm_text(table, "website", (first, firms.FIELD_HOSTS, last), present=0.4)

    def _firm_text(self, table: Table, name: str, words: tuple[list[bytes], ...], *, present: float) -> Joined:
        primary = self.primary(table)
        codes = [_taken(code, primary) for code in firms.name_codes(self.companies)]
        parts = list(zip(codes, words, strict=True))
        return Joined(parts, (primary >= 0) & table.chance(name, present))

    def _industry(self, table: Table) -> Coded:
        column = self.companies.column("industry")
        codes = column.codes if isinstance(column, Coded) else np.zeros(0, dtype=np.int16)
        told = (self.primary(table) >= 0) & table.chance("industry", 0.25)
        labels: list[str | None] = [*(choice.label for choice in INDUSTRIES), None]
        return Coded(np.where(told, _taken(codes, self.primary(table)), len(INDUSTRIES)), labels)

    def _company_id(self, table: Table) -> Numbers:
        primary = self.primary(table)
        return Numbers(np.where(primary >= 0, _taken(self.companies.ids, primary), MISSING))


def _taken(codes: npt.NDArray[np.generic], primary: Codes) -> Codes:
    """Return the company's code of each contact; without any company, zeros that nothing shows."""
    return codes[primary].astype(np.int64) if len(codes) else np.zeros(len(primary), dtype=np.int64)


def _words(groups: Mapping[str, str]) -> list[str]:
    return [word for words in groups.values() for word in words.split()]


def _ascii_words(groups: Mapping[str, str]) -> list[bytes]:
    return [ascii_form(word).encode() for word in _words(groups)]


def _name_column(table: Table, name: str, codes: Codes, groups: Mapping[str, str], missing: float) -> Coded:
    words: list[str | None] = [*(display(word) for word in _words(groups)), None]
    return Coded(np.where(table.chance(f"{name}.none", missing), len(words) - 1, codes), words)


def _combined(parts: list[tuple[Codes, list[bytes]]]) -> Codes:
    keys = np.zeros(len(parts[0][0]), dtype=np.int64)
    for codes, words in parts:
        keys = keys * (len(words) + 1) + codes
    return keys


def _rank_within(keys: Codes) -> Codes:
    """Return 0 for the first row of each key, 1 for the second and so on."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(keys) else order
    lengths = np.diff(np.r_[starts, len(keys)])
    ranks = np.empty_like(keys)
    ranks[order] = np.arange(len(keys)) - np.repeat(starts, lengths)
    return ranks


def _revenue(table: Table) -> Coded:
    words = ("1-5M", "€ 2.500.000", "10000000", "under 1 million", "n/a")
    codes = np.where(table.chance("annualrevenue", 0.12), table.pick("annualrevenue.text", [1] * 5), len(words))
    return Coded(codes, [*words, None])


def _unworked(table: Table) -> Coded:
    contacted = common.last_contacted(table).values
    return Coded((contacted != MISSING).astype(np.int8), ["true", "false"])


def _conversion(table: Table) -> Moments:
    return Moments(only(table.between("recent_conversion_date"), table.chance("converted", 0.5)))


def _badge(table: Table) -> Joined:
    digits = (table.uniform("badge_code") * 9000).astype(np.int64) + 1000
    return Joined([(digits, b"F-%04d")], table.chance("badge_code.present", 0.05))


def _drill_down(table: Table) -> Coded:
    words = ("Google", "newsletter", "linkedin.com", "partner.example", "Unknown keywords (SSL)", "chatgpt.com")
    codes = np.where(table.chance("drill", 0.8), table.pick("drill.word", [5, 2, 2, 1, 4, 1]), len(words))
    return Coded(codes, [*words, None])


_SENIORITIES = ("vp", "director", "entry", "executive", "manager", "owner", "partner", "senior", "employee")
_ROLES = ("accounting", "administrative", "business_development", "engineering", "finance", "human_resources")
_PLAIN_BUILDERS: dict[str, Builder] = {
    "hs_additional_emails": common.nothing,
    "hs_lastmodifieddate": common.nothing,
    "hs_merged_object_ids": common.nothing,
    "jobtitle": common.enumeration("jobtitle", JOB_TITLES, [1] * len(JOB_TITLES), present=0.7),
    "annualrevenue": _revenue,
    "numemployees": common.enumeration(
        "numemployees",
        ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+"),
        (3, 5, 4, 3, 2, 1, 1),
        present=0.3,
    ),
    "lifecyclestage": common.lifecycle,
    "hs_lead_status": common.lead_status,
    "hubspot_owner_id": common.owner,
    "hubspot_owner_assigneddate": common.owner_assigned,
    "hs_analytics_source": common.source,
    "hs_latest_source": common.latest_source,
    "hs_analytics_source_data_1": _drill_down,
    "hs_object_source_label": common.record_source,
    "hs_analytics_num_page_views": common.count("hs_analytics_num_page_views", mean=9, present=0.8),
    "hs_analytics_num_visits": common.count("hs_analytics_num_visits", mean=3, present=0.8),
    "num_conversion_events": common.count("num_conversion_events", mean=1.5, present=0.9),
    "recent_conversion_date": _conversion,
    "hs_email_optout": common.yes_no("hs_email_optout", yes=0.06, present=0.5),
    "hs_marketable_status": common.yes_no("hs_marketable_status", yes=0.64),
    "hs_email_delivered": common.count("hs_email_delivered", mean=14, present=0.7),
    "hs_email_open": common.count("hs_email_open", mean=5, present=0.6),
    "hs_email_click": common.count("hs_email_click", mean=1, present=0.5),
    "hs_email_bounce": common.count("hs_email_bounce", mean=0.4, present=0.2),
    "hs_seniority": common.enumeration("hs_seniority", _SENIORITIES, [1] * len(_SENIORITIES), present=0.4),
    "hs_role": common.enumeration("hs_role", _ROLES, [1] * len(_ROLES), present=0.35),
    "hs_buying_role": common.several(
        "hs_buying_role",
        ("BUDGET_HOLDER", "CHAMPION", "DECISION_MAKER", "END_USER", "INFLUENCER"),
        present=0.25,
    ),
    "num_associated_deals": common.count("num_associated_deals", mean=0.7, present=0.4),
    "recent_deal_amount": common.amount("recent_deal_amount", median=2_900, present=0.14, decimals=2),
    "total_revenue": common.amount("total_revenue", median=6_500, present=0.11, decimals=2),
    "closedate": common.close_date,
    "hubspotscore": common.count("hubspotscore", mean=22, present=0.75),
    "notes_last_contacted": common.last_contacted,
    "notes_last_updated": common.last_activity,
    "notes_next_activity_date": common.next_activity,
    "hs_last_sales_activity_timestamp": common.last_contacted,
    "num_contacted_notes": common.count("num_contacted_notes", mean=3, present=0.6),
    "num_notes": common.count("num_notes", mean=5, present=0.65),
    "hs_is_unworked": _unworked,
    "createdate": created_column,
    "lastmodifieddate": modified_column,
    "contract_renewal_on": common.coming_day("contract_renewal_on", present=0.1),
    "favourite_range": common.enumeration(
        "favourite_range", ("classic", "studio", "outdoor", "kids", "bespoke"), (5, 4, 3, 2, 1), present=0.4
    ),
    "newsletter_topics": common.several(
        "newsletter_topics", ("product_news", "events", "tips", "research"), present=0.45
    ),
    "nps_score": common.score("nps_score", largest=10, present=0.12),
    "vip_programme": common.yes_no("vip_programme", yes=0.04, present=0.9),
    "badge_code": _badge,
}

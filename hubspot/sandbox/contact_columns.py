"""How the properties of contacts are drawn, beside the companies they work for."""

import numpy as np

from hubspot.sandbox import common_columns as common
from hubspot.sandbox import stages
from hubspot.sandbox.columns import MISSING, Coded, Joined, Moments, Numbers, Part
from hubspot.sandbox.common_columns import only
from hubspot.sandbox.company_columns import place_columns
from hubspot.sandbox.company_definitions import INDUSTRIES
from hubspot.sandbox.firms import ENDINGS, domain_words, endings, name_words
from hubspot.sandbox.people import People
from hubspot.sandbox.person_columns import person_builders
from hubspot.sandbox.tables import Builder, Table, created_column, modified_column
from hubspot.sandbox.vocabulary import JOB_TITLES


def contact_builders(people: People) -> dict[str, Builder]:
    """Return the builders of every contact property but the record id."""
    return {
        **_PLAIN_BUILDERS,
        **person_builders(people),
        **{name: _placed(people, name) for name in ("address", "city", "state", "zip", "country")},
        "hs_country_region_code": _placed(people, "code"),
        "company": lambda table: _company(people, table),
        "website": lambda table: _website(people, table),
        "industry": lambda table: _industry(people, table),
        "associatedcompanyid": lambda table: _company_id(people, table),
        **stages.stage_builders(),
    }


def _placed(people: People, name: str) -> Builder:
    def build(table: Table) -> Coded | Joined:
        nobody = np.zeros(table.size, dtype=bool)
        return place_columns(table, people.countries(table), present=0.72, sure=nobody)[name]

    return build


def _company(people: People, table: Table) -> Joined:
    primary = people.primary(table)
    parts = name_words(people.companies).taken(primary.astype(np.int64)).name_parts()
    return Joined(parts, (primary >= 0) & table.chance("company", 0.9))


def _website(people: People, table: Table) -> Joined:
    primary = people.primary(table)
    ending = endings(people.companies)[primary] if people.companies.size else np.zeros(table.size, dtype=np.int8)
    start: Part = (np.zeros(table.size, dtype=np.int8), [b"https://www."])
    parts = domain_words(people.companies).taken(primary.astype(np.int64)).host_parts()
    return Joined([start, *parts, (ending, ENDINGS)], (primary >= 0) & table.chance("website", 0.4))


def _industry(people: People, table: Table) -> Coded:
    primary, column = people.primary(table), people.companies.column("industry")
    codes = column.codes if isinstance(column, Coded) and len(column.codes) else np.zeros(1, dtype=np.int16)
    told = (primary >= 0) & table.chance("industry", 0.25)
    labels: list[str | None] = [*(choice.label for choice in INDUSTRIES), None]
    return Coded(np.where(told, codes[np.where(told, primary, 0)], len(INDUSTRIES)), labels)


def _company_id(people: People, table: Table) -> Numbers:
    primary, companies = people.primary(table), people.companies
    return Numbers(only(companies.ids[primary] if companies.size else np.zeros(table.size, np.int64), primary >= 0))


def _revenue(table: Table) -> Coded:
    words = ("1-5M", "€ 2.500.000", "10000000", "under 1 million", "n/a")
    codes = np.where(table.chance("annualrevenue", 0.12), table.pick("annualrevenue.text", [1] * 5), len(words))
    return Coded(codes, [*words, None])


def _unworked(table: Table) -> Coded:
    return Coded((common.contacted_at(table) != MISSING).astype(np.int8), ["true", "false"])


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
    "lifecyclestage": stages.lifecycle,
    "hs_lead_status": stages.lead_status,
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
    "closedate": stages.close_date,
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

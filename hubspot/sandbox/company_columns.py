"""How the properties of companies are drawn."""

import numpy as np
import numpy.typing as npt

from hubspot.sandbox import common_columns as common
from hubspot.sandbox import firms, spelling, stages
from hubspot.sandbox.columns import MISSING, Coded, Joined, Mask, Moments, Numbers, Part, counted, fragments
from hubspot.sandbox.common_columns import only
from hubspot.sandbox.company_definitions import INDUSTRIES
from hubspot.sandbox.tables import DAY_MS, Builder, Table, created_column, modified_column
from hubspot.sandbox.vocabulary import COUNTRIES, FIRM_FIELDS, FREEMAIL_PROVIDERS, STREETS

CITIES = [city.split("|") for country in COUNTRIES for city in country.cities]
_CITY_COUNTS = np.array([len(country.cities) for country in COUNTRIES])
_CITY_STARTS = np.cumsum(_CITY_COUNTS) - _CITY_COUNTS


def place_columns(
    table: Table, countries: npt.NDArray[np.int16], *, present: float, sure: Mask
) -> dict[str, Coded | Joined]:
    """Return city, state, zip, address and country columns that agree with each other; `sure` rows have a country."""
    there = table.chance("address.present", present)
    offsets = (table.uniform("city") * _CITY_COUNTS[countries]).astype(np.int64)
    cities = _CITY_STARTS[countries] + offsets
    known = np.where(there, cities, len(CITIES))
    lands = np.where(sure | table.chance("country.present", present + 0.1), countries, len(COUNTRIES))
    small = table.chance("country.small", 0.01) & (lands < len(COUNTRIES))
    houses = 1 + (table.uniform("address.number") * 140).astype(np.int64)
    streets = table.pick("address.street", [1] * len(STREETS))
    names = [country.name for country in COUNTRIES]
    return {
        "city": Coded(known, [*(city[0] for city in CITIES), None]),
        "state": Coded(known, [*(city[1] for city in CITIES), None]),
        "zip": Joined(
            [(cities, fragments([city[2] for city in CITIES])), (houses * 7 % 1000, counted(b"%03d", 1000))], there
        ),
        "address": Joined([(streets, fragments(list(STREETS))), (houses, counted(b" %d", 141))], there),
        "country": Coded(lands + small * (len(names) + 1), [*names, None, *map(str.lower, names)]),
        "code": Coded(lands, [*(country.code for country in COUNTRIES), None]),
    }


def _name(table: Table) -> Joined:
    words, form = firms.name_words(table), spelling.typed(table, "name")
    twins, countries = firms.twins(table), firms.firm_countries(table)
    form[twins.mask(table.size)] = spelling.PLAIN
    # Duplicates by name come without the legal form, with it after a comma, or in capitals.
    own, variant = twins.of_kind(firms.SAME_NAME)[0], table.pick("name.variant", (0.5, 0.25, 0.25))
    form[own[variant[own] == 2]] = spelling.UPPER
    legal = np.where(table.chance("name.short", 0.3), 0, countries + 1).astype(np.int64)
    legal[own] = np.where(variant[own] == 1, countries[own] + 1 + len(COUNTRIES), 0)
    legals = [country.legal_form for country in COUNTRIES]
    forms = ["", *(f" {form}" for form in legals), *(f", {form}" for form in legals)]
    branch = np.where(firms.branches(table), 1 + table.pick("name.branch", (1, 1, 1, 1)).astype(np.int64), 0)
    parts = [
        spelling.cased_part(words.stem, firms.STEM_NAMES, form),
        spelling.cased_part(words.field, firms.FIELD_NAMES, form),
        spelling.cased_part(words.place, firms.PLACE_NAMES, form),
        spelling.cased_part(branch, firms.BRANCH_NAMES, form),
        spelling.cased_part(legal, forms, form),
        spelling.space_part(form),
    ]
    return Joined(parts, ~table.chance("name.none", 0.005) | twins.mask(table.size, firms.SAME_NAME))


def _domain(table: Table) -> Joined:
    """Return the domains; some are of a provider of free mail, and those of duplicates have a host in front."""
    twins = firms.twins(table)
    own, _ = twins.of_kind(firms.SAME_DOMAIN)
    prefix = np.zeros(table.size, dtype=np.int64)
    prefix[own] = 1 + table.pick("domain.prefix", (1, 1))[own]
    wrong = table.chance("domain.free", 0.004) & ~twins.mask(table.size) & ~firms.branches(table)
    free = table.pick("domain.provider", [1] * len(FREEMAIL_PROVIDERS)).astype(np.int64)
    provider = np.where(wrong, free + 1, 0)
    parts: list[Part] = [(prefix, [b"", b"www.", b"shop."]), (provider, [b"", *fragments(list(FREEMAIL_PROVIDERS))])]
    hosts: list[tuple[npt.NDArray[np.int64], list[bytes]]] = [
        *firms.domain_words(table).host_parts(),
        (firms.endings(table).astype(np.int64), firms.ENDINGS),
    ]
    parts += [(np.where(wrong, len(words), codes), [*words, b""]) for codes, words in hosts]
    return Joined(parts, firms.has_domain(table))


def _additional_domains(table: Table) -> Joined:
    ending = np.full(table.size, firms.SHOP, dtype=np.int64)
    _, originals = firms.twins(table).of_kind(firms.ADDITIONAL_DOMAIN)
    ending[originals] = firms.ONLINE
    present = table.chance("hs_additional_domains", 0.02)
    present[originals] = True
    return Joined([*firms.domain_words(table).host_parts(), (ending, firms.ENDINGS)], present)


def _website(table: Table) -> Joined:
    start: Part = (np.zeros(table.size, dtype=np.int8), [b"https://www."])
    words = firms.domain_words(table).host_parts()
    return Joined([start, *words, (firms.endings(table), firms.ENDINGS)], firms.has_domain(table))


def switchboard(table: Table) -> npt.NDArray[np.int64]:
    """Return the digits of every firm's phone number; duplicates have those of their originals."""
    return firms.twins(table).spread(spelling.phone_digits(table, "phone"))


def _phone(table: Table) -> Joined:
    shapes = spelling.phone_shapes(table, "phone")
    return spelling.phone_column(
        firms.firm_countries(table), switchboard(table), shapes, table.chance("phone.present", 0.7)
    )


def _placed(name: str) -> Builder:
    def build(table: Table) -> Coded | Joined:
        sure = firms.twins(table).mask(table.size, firms.SAME_NAME)
        return place_columns(table, firms.firm_countries(table), present=0.82, sure=sure)[name]

    return build


def _time_zone(table: Table) -> Coded:
    known = np.where(table.chance("timezone", 0.6), firms.firm_countries(table), len(COUNTRIES))
    return Coded(known, [*(country.time_zone for country in COUNTRIES), None])


def _industry(table: Table) -> Coded:
    weights = 1 / (np.arange(len(INDUSTRIES)) + 3.0)
    codes = table.pick("industry", weights)
    codes[~table.chance("industry.present", 0.84)] = len(INDUSTRIES)
    return Coded(codes, common.values(INDUSTRIES))


def _employees(table: Table) -> Numbers:
    drawn = table.rng("numberofemployees.n").lognormal(3.6, 1.5, table.size).astype(np.int64) + 1
    return Numbers(only(drawn, table.chance("numberofemployees", 0.76)))


def _founded(table: Table) -> Coded:
    years = (1890 + 132 * np.sqrt(table.uniform("founded_year"))).astype(np.int64)
    codes = np.where(table.chance("founded_year.present", 0.55), years - 1890, 140)
    return Coded(codes, [*(str(year) for year in range(1890, 2030)), None])


def _description(table: Table) -> Joined:
    words = [f"Makes and sells {name.lower()} for customers in Europe and beyond." for name in FIRM_FIELDS]
    return Joined([(firms.name_words(table).field, fragments(words))], table.chance("description", 0.3))


def _days_to_close(table: Table) -> Numbers:
    closed = stages.journeys(table).entered(stages.CUSTOMER)
    return Numbers(only((closed - table.created) // DAY_MS, closed != MISSING))


def _parent(table: Table) -> Numbers:
    parents = firms.parent_rows(table)
    return Numbers(np.where(parents >= 0, table.ids[parents], MISSING))


def _children(table: Table) -> Numbers:
    parents = firms.parent_rows(table)
    return Numbers(np.bincount(parents[parents >= 0], minlength=table.size).astype(np.int64))


def _erp(table: Table) -> Joined:
    return Joined([(np.arange(table.size), b"ERP-%07d")], table.chance("erp_number", 0.5))


COMPANY_BUILDERS: dict[str, Builder] = {
    "name": _name,
    "domain": _domain,
    "hs_additional_domains": _additional_domains,
    "website": _website,
    "phone": _phone,
    "description": _description,
    "address": _placed("address"),
    "city": _placed("city"),
    "state": _placed("state"),
    "zip": _placed("zip"),
    "country": _placed("country"),
    "hs_country_code": _placed("code"),
    "timezone": _time_zone,
    "industry": _industry,
    "numberofemployees": _employees,
    "annualrevenue": common.amount("annualrevenue", median=2_400_000, present=0.68),
    "founded_year": _founded,
    "is_public": common.yes_no("is_public", yes=0.06, present=0.9),
    "type": common.enumeration(
        "type", ("PROSPECT", "PARTNER", "RESELLER", "VENDOR", "OTHER"), (0.6, 0.12, 0.1, 0.13, 0.05), present=0.7
    ),
    "lifecyclestage": stages.lifecycle,
    "hs_lead_status": stages.lead_status,
    "hs_ideal_customer_profile": common.enumeration(
        "hs_ideal_customer_profile", ("tier_1", "tier_2", "tier_3"), (0.2, 0.35, 0.45), present=0.35
    ),
    "hs_is_target_account": common.yes_no("hs_is_target_account", yes=0.08),
    "hubspot_owner_id": common.owner,
    "hubspot_owner_assigneddate": common.owner_assigned,
    "hs_analytics_source": common.source,
    "hs_analytics_latest_source": common.latest_source,
    "hs_object_source_label": common.record_source,
    "num_associated_deals": common.count("num_associated_deals", mean=1.2, present=0.4),
    "hs_num_open_deals": common.count("hs_num_open_deals", mean=0.5, present=0.4),
    "hs_num_child_companies": _children,
    "hs_parent_company_id": _parent,
    "recent_deal_amount": common.amount("recent_deal_amount", median=4_800, present=0.22, decimals=2),
    "total_revenue": common.amount("total_revenue", median=18_000, present=0.16, decimals=2),
    "closedate": stages.close_date,
    "days_to_close": _days_to_close,
    "hubspotscore": common.count("hubspotscore", mean=18, present=0.7),
    "notes_last_contacted": common.last_contacted,
    "notes_last_updated": common.last_activity,
    "hs_last_sales_activity_timestamp": common.last_contacted,
    "num_contacted_notes": common.count("num_contacted_notes", mean=4, present=0.6),
    "num_notes": common.count("num_notes", mean=6, present=0.7),
    "hs_merged_object_ids": common.nothing,
    "createdate": created_column,
    "hs_lastmodifieddate": modified_column,
    "customer_segment": common.enumeration(
        "customer_segment", ("enterprise", "mid_market", "small", "public_sector"), (0.1, 0.3, 0.5, 0.1), present=0.6
    ),
    "contract_ends_on": common.coming_day("contract_ends_on", present=0.14),
    "support_plan": common.enumeration("support_plan", ("basic", "plus", "premium"), (0.6, 0.3, 0.1), present=0.18),
    "products_in_use": common.several("products_in_use", ("desk", "shelf", "lamp", "chair", "screen"), present=0.2),
    "health_score": common.score("health_score", largest=100, present=0.15),
    "erp_number": _erp,
    **stages.stage_builders(),
}


def first_contact(table: Table, contacts: Table, primary: npt.NDArray[np.int32]) -> Moments:
    """Return when the first contact of each company was created."""
    first = np.full(table.size, np.iinfo(np.int64).max)
    linked = primary >= 0
    np.minimum.at(first, primary[linked], contacts.created[linked])
    return Moments(only(first, first != np.iinfo(np.int64).max))

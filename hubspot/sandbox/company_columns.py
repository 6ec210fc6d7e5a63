"""How the properties of companies are drawn."""

import math

import numpy as np
import numpy.typing as npt

from hubspot.sandbox import common_columns as common
from hubspot.sandbox.columns import MISSING, Coded, Joined, Mask, Moments, Numbers, fragments
from hubspot.sandbox.common_columns import only
from hubspot.sandbox.company_definitions import INDUSTRIES
from hubspot.sandbox.portals import PORTALS
from hubspot.sandbox.tables import DAY_MS, Builder, Table, created_column, modified_column
from hubspot.sandbox.vocabulary import (
    COUNTRIES,
    FIRM_FIELDS,
    FIRM_PLACES,
    FIRM_STEMS,
    STREETS,
    ascii_form,
    display,
)

CITIES = [city.split("|") for country in COUNTRIES for city in country.cities]
_CITY_COUNTS = np.array([len(country.cities) for country in COUNTRIES])
_CITY_STARTS = np.cumsum(_CITY_COUNTS) - _CITY_COUNTS

STEM_NAMES = fragments([display(stem) for stem in FIRM_STEMS])
FIELD_NAMES = fragments([f" {field}" for field in FIRM_FIELDS])
PLACE_NAMES = fragments([f" {place}" if place else "" for place in FIRM_PLACES])
STEM_HOSTS = fragments([ascii_form(stem) for stem in FIRM_STEMS])
FIELD_HOSTS = fragments([f"-{ascii_form(field)}" for field in FIRM_FIELDS])
PLACE_HOSTS = fragments([f"-{place.lower()}" if place else "" for place in FIRM_PLACES])


def name_codes(table: Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return stem, field and place of every firm: unique, but for twins, which share theirs."""
    pairs = len(FIRM_STEMS) * len(FIRM_FIELDS)
    step = next(number for number in range(1009, 2 * 1009) if math.gcd(number, pairs) == 1)
    number = table.twin * step + table.origin.seed
    pair, place = number % pairs, table.twin // pairs % len(FIRM_PLACES)
    return pair // len(FIRM_FIELDS), pair % len(FIRM_FIELDS), place


def country_codes(table: Table) -> npt.NDArray[np.int16]:
    """Return the country of every drawn row; some are more common in this portal."""
    usual = next(portal.weights for portal in PORTALS if portal.hub_id == table.origin.hub_id)
    drawn = table.pick("country", [usual.get(country.name, country.weight) for country in COUNTRIES])
    return drawn[table.twin]


def city_codes(table: Table, countries: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Return a city in the given country of every row."""
    offsets = (table.uniform("city") * _CITY_COUNTS[countries]).astype(np.int64)
    cities: npt.NDArray[np.int16] = (_CITY_STARTS[countries] + offsets)[table.twin].astype(np.int16)
    return cities


def place_columns(table: Table, countries: npt.NDArray[np.int16], *, present: float) -> dict[str, Coded | Joined]:
    """Return city, state, zip, address and country columns that agree with each other."""
    there = table.chance("address.present", present)
    cities = city_codes(table, countries)
    known = np.where(there, cities, len(CITIES))
    lands = np.where(table.chance("country.present", present + 0.1), countries, len(COUNTRIES))
    houses = 1 + (table.uniform("address.number") * 140).astype(np.int64)
    streets = table.pick("address.street", [1] * len(STREETS))
    return {
        "city": Coded(known, [*(city[0] for city in CITIES), None]),
        "state": Coded(known, [*(city[1] for city in CITIES), None]),
        "zip": Joined([(cities, fragments([city[2] for city in CITIES])), (houses * 7 % 1000, b"%03d")], there),
        "address": Joined([(streets, fragments(list(STREETS))), (houses, b" %d")], there),
        "country": Coded(lands, [*(country.name for country in COUNTRIES), None]),
        "code": Coded(lands, [*(country.code for country in COUNTRIES), None]),
    }


def has_domain(table: Table) -> Mask:
    """Return which firms have a domain: nearly all, but only half of the twins."""
    return table.chance("domain", 0.95) & ~(table.is_twin & table.chance("domain.twin", 0.5))


def _name(table: Table) -> Joined:
    stem, field, place = name_codes(table)
    forms = fragments(["", *(f" {country.legal_form}" for country in COUNTRIES)])
    form = np.where(table.is_twin | table.chance("name.short", 0.3), 0, country_codes(table) + 1)
    parts = [(stem, STEM_NAMES), (field, FIELD_NAMES), (place, PLACE_NAMES), (form, forms)]
    return Joined(parts, ~table.chance("name.none", 0.005))


def _domain(table: Table, prefix: str = "") -> Joined:
    stem, field, place = name_codes(table)
    first = [prefix.encode() + host for host in STEM_HOSTS]
    ending = (np.zeros(table.size, dtype=np.int8), [b".example"])
    return Joined([(stem, first), (field, FIELD_HOSTS), (place, PLACE_HOSTS), ending], has_domain(table))


def _phone(table: Table) -> Joined:
    dials = fragments([f"{country.dial} " for country in COUNTRIES])
    digits = (table.uniform("phone").astype(np.float64) * 10**7).astype(np.int64)[table.twin]
    return Joined([(country_codes(table), dials), (digits, b"%07d")], table.chance("phone.present", 0.7))


def _placed(name: str) -> Builder:
    return lambda table: place_columns(table, country_codes(table), present=0.82)[name]


def _time_zone(table: Table) -> Coded:
    known = np.where(table.chance("timezone", 0.6), country_codes(table), len(COUNTRIES))
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
    _, field, _ = name_codes(table)
    words = [f"Makes and sells {name.lower()} for customers in Europe and beyond." for name in FIRM_FIELDS]
    return Joined([(field, fragments(words))], table.chance("description", 0.3))


def _days_to_close(table: Table) -> Numbers:
    closed = common.close_date(table).values
    return Numbers(only((closed - table.created) // DAY_MS, closed != MISSING))


def parent_rows(table: Table) -> npt.NDArray[np.int64]:
    """Return the row of each firm's parent company, -1 for most; parents are live and have no parent themselves."""
    rows = np.arange(table.size)
    is_child = table.chance("parent", 0.04) & (rows % 5 != 0)
    parents = (table.uniform("parent.of").astype(np.float64) * (table.size // 5)).astype(np.int64) * 5
    live = table.drawn_live
    return np.where(is_child & live & live[np.minimum(parents, table.size - 1)], parents, -1) if table.size else rows


def _parent(table: Table) -> Numbers:
    parents = parent_rows(table)
    return Numbers(np.where(parents >= 0, table.ids[parents], MISSING))


def _children(table: Table) -> Numbers:
    parents = parent_rows(table)
    return Numbers(np.bincount(parents[parents >= 0], minlength=table.size).astype(np.int64))


def _erp(table: Table) -> Joined:
    return Joined([(np.arange(table.size), b"ERP-%07d")], table.chance("erp_number", 0.5))


COMPANY_BUILDERS: dict[str, Builder] = {
    "name": _name,
    "domain": _domain,
    "hs_additional_domains": common.nothing,
    "website": lambda table: _domain(table, "https://www."),
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
    "lifecyclestage": common.lifecycle,
    "hs_lead_status": common.lead_status,
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
    "closedate": common.close_date,
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
    **common.stage_dates(),
}


def first_contact(table: Table, contacts: Table, primary: npt.NDArray[np.int64]) -> Moments:
    """Return when the first contact of each company was created."""
    first = np.full(table.size, np.iinfo(np.int64).max)
    linked = primary >= 0
    np.minimum.at(first, primary[linked], contacts.created[linked])
    return Moments(only(first, first != np.iinfo(np.int64).max))

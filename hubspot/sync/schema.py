"""Which properties are always loaded, and the type each becomes.

Names: https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from hubspot.api.crm import fitting
from hubspot.portal import COMPANIES, CONTACTS, STAGE_DATES, Property

# HubSpot moves another property on each side when a record is edited.
MODIFIED = {CONTACTS: "lastmodifieddate", COMPANIES: "hs_lastmodifieddate"}
# Where HubSpot lists the ids of records that live on in this one, between semicolons.
MERGED = "hs_merged_object_ids"

BASE: Mapping[str, tuple[str, ...]] = {
    CONTACTS: (
        *("hs_object_id", "createdate", "lastmodifieddate", "firstname", "lastname", "email", "phone", "mobilephone"),
        *("jobtitle", "company", "associatedcompanyid", "lifecyclestage", "hs_lead_status", "hubspot_owner_id"),
        *("hubspot_owner_assigneddate", "hs_analytics_source", "hs_analytics_source_data_1"),
        *("hs_analytics_source_data_2", "hs_latest_source", "hs_object_source_label", "city", "state", "country"),
        *("hs_country_region_code", "industry", "numemployees", "hs_seniority", "hs_role", "hs_buying_role"),
        *("hs_email_domain", "hs_additional_emails", "hs_email_optout", "hs_email_bounce", "hs_marketable_status"),
        *("notes_last_contacted", "notes_last_updated", "notes_next_activity_date"),
        *("hs_last_sales_activity_timestamp", "num_contacted_notes", "num_notes", "num_conversion_events"),
        *("recent_conversion_date", "num_associated_deals", "total_revenue", "closedate", "days_to_close"),
        *("hubspotscore", "hs_is_unworked", "hs_merged_object_ids"),
    ),
    COMPANIES: (
        *("hs_object_id", "createdate", "hs_lastmodifieddate", "name", "domain", "website", "phone", "city", "state"),
        *("country", "hs_country_code", "industry", "type", "numberofemployees", "annualrevenue", "lifecyclestage"),
        *("hs_lead_status", "hs_ideal_customer_profile", "hubspot_owner_id", "hubspot_owner_assigneddate"),
        *("hs_analytics_source", "hs_analytics_latest_source", "hs_object_source_label", "num_associated_contacts"),
        *("num_associated_deals", "hs_num_open_deals", "hs_num_child_companies", "hs_parent_company_id"),
        *("total_revenue", "hs_total_deal_value", "recent_deal_amount", "closedate", "days_to_close"),
        *("first_contact_createdate", "notes_last_contacted", "notes_last_updated", "notes_next_activity_date"),
        *("hs_last_sales_activity_timestamp", "num_contacted_notes", "num_notes", "hs_is_target_account"),
        *("hs_additional_domains", "founded_year", "hubspotscore", "hs_merged_object_ids"),
    ),
}

DATETIME = pa.timestamp("us", tz="UTC")
CATEGORY = pa.dictionary(pa.int32(), pa.string())

_TYPES = {"bool": pa.bool_(), "number": pa.float64(), "datetime": DATETIME, "date": pa.date32()}
_ALWAYS_TYPES = {"hs_object_id": "number", "createdate": "datetime"} | dict.fromkeys(MODIFIED.values(), "datetime")
_IDS = {"hs_object_id", "associatedcompanyid", "hs_parent_company_id"}


def wanted(object_type: str, definitions: Sequence[Property]) -> tuple[str, ...]:
    """Return the names to load: the base table, the portal's stage dates, then custom properties, up to 5 kB.

    Names the portal does not define are left out, but for the id and the two dates HubSpot always sends.
    """
    defined = {each.name for each in definitions}
    always = {"hs_object_id", "createdate", MODIFIED[object_type]}
    base = (name for name in BASE[object_type] if name in defined or name in always)
    custom = (each.name for each in definitions if not each.hubspot_defined)
    return fitting(dict.fromkeys((*base, *_stage_dates(definitions), *custom)))


def everything(object_type: str, definitions: Sequence[Property]) -> tuple[str, ...]:
    """Return every name the portal defines, those of `wanted` first."""
    return tuple(dict.fromkeys((*wanted(object_type, definitions), *(each.name for each in definitions))))


def only(names: Sequence[str]) -> "Choose":
    """Return a choice of these names, where they are defined, beside those that a refresh relies on."""

    def choose(object_type: str, definitions: Sequence[Property]) -> tuple[str, ...]:
        defined = {each.name for each in definitions}
        always = ("hs_object_id", "createdate", MODIFIED[object_type])
        return tuple(dict.fromkeys((*always, *(name for name in (*names, MERGED) if name in defined))))

    return choose


Choose = Callable[[str, Sequence[Property]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which properties to load of each object type: what `choose` says, and those that somebody has `chosen` beside.

    A chosen name the portal does not define any more is left out.
    """

    choose: Choose = wanted
    chosen: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def names(self, object_type: str, definitions: Sequence[Property]) -> tuple[str, ...]:
        """Return the names to load, given the definitions of an object type."""
        defined = {each.name for each in definitions}
        chosen = (name for name in self.chosen.get(object_type, ()) if name in defined)
        return tuple(dict.fromkeys((*self.choose(object_type, definitions), *chosen)))

    def schema(self, object_type: str, definitions: Sequence[Property]) -> pa.Schema:
        """Return the columns to load, given the definitions of an object type."""
        return arrow_schema(definitions, self.names(object_type, definitions))


def union(first: Mapping[str, Sequence[str]], second: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the names of both by object type, each once."""
    return {each: tuple(dict.fromkeys((*first.get(each, ()), *second.get(each, ())))) for each in {*first, *second}}


def arrow_schema(definitions: Iterable[Property], names: Iterable[str]) -> pa.Schema:
    """Return the columns for these names, in this order; a name without a definition becomes text.

    Ids of records are int64, numbers float64, datetimes microseconds in UTC, dates naive days, single enumerations
    dictionaries of internal values, several choices in one value text with semicolons.
    """
    defined = {each.name: each for each in definitions}
    return pa.schema([_field(defined.get(name) or _undefined(name)) for name in names])


def arrow_type(definition: Property) -> pa.DataType:
    """Return the column type of one property."""
    if definition.name in _IDS or (definition.type == "number" and definition.references not in {"", "OWNER"}):
        return pa.int64()
    if definition.type == "enumeration":
        return _enumeration(definition)
    return _TYPES.get(definition.type, pa.string())


def _enumeration(definition: Property) -> pa.DataType:
    if definition.field_type == "booleancheckbox":
        return pa.bool_()
    return pa.string() if definition.is_multiple else CATEGORY


def _field(definition: Property) -> pa.Field:
    return pa.field(definition.name, arrow_type(definition), nullable=definition.name != "hs_object_id")


def _undefined(name: str) -> Property:
    return Property(name=name, label=name, type=_ALWAYS_TYPES.get(name, "string"))


def _stage_dates(definitions: Sequence[Property]) -> Iterable[str]:
    defined = {each.name for each in definitions}
    stages = next((each.options for each in definitions if each.name == "lifecyclestage"), ())
    # The newest of all stages first, as what does not fit is cut at the end.
    names = (pattern.format(stage.value) for pattern in STAGE_DATES for stage in stages)
    return (name for name in names if name in defined)

"""Records and portals with defaults, in the column types that a loaded portal has."""

from datetime import UTC, datetime

import pandas as pd

from hubspot.analysis.calendar import Calendar
from hubspot.portal import COMPANIES, CONTACTS, Account, Option, Owner, Portal, Property

NOW = datetime(2026, 11, 23, 13, 2, tzinfo=UTC)
BERLIN = Calendar(NOW, "Europe/Berlin")
STAGES = {"subscriber": "Subscriber", "lead": "Lead", "opportunity": "Opportunity", "customer": "Customer"}
SOURCES = {"ORGANIC_SEARCH": "Organic search", "DIRECT_TRAFFIC": "Direct traffic", "OFFLINE": "Offline sources"}
INDUSTRIES = {"COMPUTER_SOFTWARE": "Computer Software", "BANKING": "Banking"}
OWNERS = (Owner("100", "Maya", "Ortiz"), Owner("101", "Tom", "Reed"), Owner("102", "Ana", "Silva", archived=True))

CONTACT_TYPES = {
    "hs_object_id": "int64",
    "firstname": "str",
    "lastname": "str",
    "email": "str",
    "phone": "str",
    "company": "str",
    "country": "str",
    "lifecyclestage": "category",
    "hubspot_owner_id": "category",
    "hs_analytics_source": "category",
    "hs_buying_role": "str",
    "hs_email_optout": "boolean",
    "num_notes": "float64",
    "total_revenue": "float64",
    "associatedcompanyid": "Int64",
    "closedate": "datetime64[us]",
    "createdate": "datetime64[us, UTC]",
    "hs_v2_date_entered_lead": "datetime64[us, UTC]",
    "hs_v2_date_entered_opportunity": "datetime64[us, UTC]",
    "hs_v2_date_entered_customer": "datetime64[us, UTC]",
}
COMPANY_TYPES = {
    "hs_object_id": "int64",
    "name": "str",
    "domain": "str",
    "country": "str",
    "industry": "category",
    "hubspot_owner_id": "category",
    "lifecyclestage": "category",
    "annualrevenue": "float64",
    "createdate": "datetime64[us, UTC]",
}
PROPERTY_TYPES = {
    "str": "string",
    "category": "enumeration",
    "boolean": "bool",
    "datetime64[us]": "date",
    "datetime64[us, UTC]": "datetime",
}
LABELS = {
    "hs_object_id": "Record ID",
    "firstname": "First Name",
    "email": "Email",
    "lifecyclestage": "Lifecycle Stage",
    "hubspot_owner_id": "Owner",
    "hs_analytics_source": "Original Traffic Source",
    "createdate": "Create Date",
    "closedate": "Close Date",
    "industry": "Industry",
    "country": "Country/Region",
    "total_revenue": "Total Revenue",
    "annualrevenue": "Annual Revenue",
    "hs_buying_role": "Buying Role",
    "hs_email_optout": "Unsubscribed",
    "num_notes": "Number of Sales Activities",
}
OPTIONS = {
    "lifecyclestage": STAGES,
    "hs_analytics_source": SOURCES,
    "industry": INDUSTRIES,
    "hs_buying_role": {"CHAMPION": "Champion", "END_USER": "End user"},
    "hs_email_optout": {"true": "Opted out", "false": "Reachable"},
}


def options(labels):
    return tuple(Option(value, label, order) for order, (value, label) in enumerate(labels.items()))


def definition(name, dtype, **changes):
    values = {
        "label": LABELS.get(name, name.title()),
        "type": PROPERTY_TYPES.get(dtype, "number"),
        "options": options(OPTIONS.get(name, {})),
        "references": "OWNER" if name == "hubspot_owner_id" else "",
        "shows_currency": name in {"total_revenue", "annualrevenue"},
    }
    if name == "hs_buying_role":
        values |= {"type": "enumeration", "field_type": "checkbox"}
    return Property(name=name, **(values | changes))


def portal(*, owners=OWNERS, stages=None, **account):
    definitions = {
        CONTACTS: [definition(name, dtype) for name, dtype in CONTACT_TYPES.items()],
        COMPANIES: [definition(name, dtype) for name, dtype in COMPANY_TYPES.items()],
    }
    if stages is not None:
        definitions[CONTACTS] = [each for each in definitions[CONTACTS] if each.name != "lifecyclestage"]
        definitions[CONTACTS].append(definition("lifecyclestage", "category", options=options(stages)))
    defaults = {"hub_id": 4711, "time_zone": "Europe/Berlin", "currency": "EUR", "name": "Northwind Trading"}
    return Portal(Account(**(defaults | account)), {kind: tuple(each) for kind, each in definitions.items()}, owners)


def contacts(*records, without=(), apart=()):
    """Return contacts; each record is a dict of properties, its id counts from 1 unless given.

    The properties `apart` the caller adds to the frame itself.
    """
    return _frame(records, CONTACT_TYPES, without, apart)


def companies(*records, without=(), apart=()):
    return _frame(records, COMPANY_TYPES, without, apart)


def _frame(records, types, without, apart):
    unknown = {name for record in records for name in record} - types.keys() - {*apart}
    assert not unknown, f"give {sorted(unknown)} their types, in CONTACT_TYPES or COMPANY_TYPES"
    numbered = [{"hs_object_id": place + 1} | record for place, record in enumerate(records)]
    columns = {name: _column([record.get(name) for record in numbered], dtype) for name, dtype in types.items()}
    return pd.DataFrame(columns).drop(columns=list(without))


def _column(values, dtype):
    if dtype.startswith("datetime"):
        instants = pd.to_datetime(pd.Series(values, dtype="str"), format="ISO8601", utc=True)
        return (instants if "UTC" in dtype else instants.dt.tz_localize(None)).astype(dtype)
    if dtype == "category":
        return pd.Series(values, dtype="str").astype("category")
    return pd.Series(values, dtype=dtype)

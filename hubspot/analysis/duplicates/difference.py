"""Two records side by side."""

import pandas as pd

from hubspot.analysis.records import SEARCH, column_label, decoded
from hubspot.portal import Portal

EQUAL, DIFFERENT, ONE_SIDED = "=", "\u2260", "+"
# What tells who a record is, in this order; the rest follows, what differs first.
_ORDER = (
    *("record.name", "email", "hs_additional_emails", "phone", "mobilephone", "company.name", "company", "name"),
    *("domain", "hs_additional_domains", "website", "country", "createdate", "lifecyclestage", "hubspot_owner_id"),
)
_NOT_SHOWN = {SEARCH, "hs_object_id", "firstname", "lastname", "associatedcompanyid"}


def difference(both: pd.DataFrame, portal: Portal, object_type: str, shown: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a row for each property that at least one of two records has.

    Columns: property (label), first and second (str, as people read them, instants in the portal's zone, missing where
    there is no value), kind (EQUAL, DIFFERENT, or ONE_SIDED where only one has a value). Two spellings of one thing
    differ. `shown` are the same two records as they may be shown, masked ones for instance: they are compared as they
    are.
    """
    names = [name for name in map(str, both) if name not in _NOT_SHOWN]
    compared, told = (decoded(frame[names], portal, object_type) for frame in (both, both if shown is None else shown))
    rows = [
        (
            column_label(portal, object_type, name),
            *_texts(told[name], portal),
            _kind(*_texts(compared[name], portal)),
            name,
        )
        for name in names
    ]
    found = pd.DataFrame(rows, columns=["property", "first", "second", "kind", "name"]).astype("str")
    found = found[found[["first", "second"]].notna().any(axis=1)]
    known = {name: place for place, name in enumerate(_ORDER)}
    later = {DIFFERENT: len(known), ONE_SIDED: len(known) + 1, EQUAL: len(known) + 2}
    places = found["name"].map(known).fillna(found["kind"].map(later))
    return found.iloc[places.argsort(kind="stable")].drop(columns="name").reset_index(drop=True)


def _kind(first: str | None, second: str | None) -> str:
    if first == second:
        return EQUAL
    return ONE_SIDED if first is None or second is None else DIFFERENT


def _texts(values: pd.Series, portal: Portal) -> list[str | None]:
    return [None if pd.isna(value) or value == "" else _text(value, portal) for value in values]


def _text(value: object, portal: Portal) -> str:
    if isinstance(value, pd.Timestamp):
        local = value.tz_convert(portal.account.time_zone) if value.tzinfo else value
        return f"{local.day} {local:%b %Y, %H:%M}" if value.tzinfo else f"{local.day} {local:%b %Y}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,}"
    return str(value)

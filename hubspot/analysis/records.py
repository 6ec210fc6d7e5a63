"""Records made readable: names, the company of a contact, the contacts of a company, labels instead of codes.

Derived columns carry a dot, which HubSpot's internal property names can't hold, so the two never collide.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hubspot.analysis.folding import folded, folded_text
from hubspot.portal import COMPANIES, CONTACTS, Portal

NAME = "record.name"
SEARCH = "record.search"
COMPANY_NAME = "company.name"
COMPANY_INDUSTRY = "company.industry"
CONTACT_COUNT = "contact.count"
CUSTOMER_COUNT = "contact.customers"
COMPANY_COLUMNS = {
    COMPANY_INDUSTRY: "industry",
    "company.domain": "domain",
    "company.country": "country",
    "company.numberofemployees": "numberofemployees",
    "company.annualrevenue": "annualrevenue",
}
"""What a contact has of its company, by the company's property."""
LATEST_OF_CONTACTS = {"contact.created": "createdate", "contact.activity": "notes_last_updated"}
"""What a company has of its contacts, by the contacts' property of which it is the latest."""
_CUSTOMER = "customer"
STAGE_ENTERED = "stage.entered"
STAGE_DAYS = "stage.days"
STAGE_USUAL_DAYS = "stage.usual_days"
DERIVED_LABELS = {
    "duplicate.group": "Group",
    "duplicate.score": "Score",
    "duplicate.reasons": "Why",
    "duplicate.other_id": "Other record ID",
    "duplicate.other_name": "Other name",
    "duplicate.other_email": "Other email",
    "duplicate.other_phone": "Other phone",
    "duplicate.other_domain": "Other domain",
    "changed.from": "From",
    "changed.to": "To",
    "changed.at": "When",
    "changed.what": "What happened",
    "changed.into": "Now in",
    "changed.noticed": "Noticed",
    NAME: "Name",
    COMPANY_NAME: "Company",
    COMPANY_INDUSTRY: "Company industry",
    "company.domain": "Company domain",
    "company.country": "Company country",
    "company.numberofemployees": "Company employees",
    "company.annualrevenue": "Company revenue",
    CONTACT_COUNT: "Primary contacts",
    CUSTOMER_COUNT: "Customers among primary contacts",
    "contact.created": "Newest primary contact created",
    "contact.activity": "Last activity of a primary contact",
    "suggested.firstname": "Suggested first name",
    "suggested.lastname": "Suggested last name",
    "suggested.email": "Suggested email",
    "suggested.phone": "Suggested phone",
    "suggested.mobilephone": "Suggested mobile phone",
    "suggested.jobtitle": "Suggested job title",
    "suggested.company": "Suggested company name",
    "suggested.city": "Suggested city",
    "suggested.name": "Suggested name",
    "suggested.domain": "Suggested domain",
    "suggested.company_name": "Suggested company",
    "suggested.company_id": "Suggested company's Record ID",
    "company.owner": "Company's owner",
    STAGE_ENTERED: "Entered stage",
    STAGE_DAYS: "Days",
    STAGE_USUAL_DAYS: "Usual days",
}
# HubSpot stores an unset property as null or as empty text, so no option can have this value.
NO_VALUE = ""
NO_VALUE_LABELS = {"hubspot_owner_id": "No owner", "lifecyclestage": "No stage"}
_NOUNS = {CONTACTS: "Contact", COMPANIES: "Company"}
_FIELD_END = "\n"


def contacts_joined(contacts: pd.DataFrame, companies: pd.DataFrame | None) -> pd.DataFrame:
    """Add each contact's name, search text and, unless `companies` is None, its primary company's COMPANY_COLUMNS.

    A contact without a company, or whose company is not in the frame, has missing values there.
    """
    joined = contacts.copy(deep=False)
    joined[NAME] = names(contacts, CONTACTS)
    if companies is not None:
        places = _places_of(contacts, companies)
        joined[COMPANY_NAME] = _taken(names(companies, COMPANIES), places, contacts.index)
        for column, name in COMPANY_COLUMNS.items():
            if column == COMPANY_INDUSTRY or name in companies:
                joined[column] = _taken(_column(companies, name), places, contacts.index)
    joined[SEARCH] = _search_text(joined, (NAME, "email", COMPANY_NAME, "company"))
    return joined


def companies_joined(companies: pd.DataFrame, contacts: pd.DataFrame | None) -> pd.DataFrame:
    """Add each company's name, search text and, unless `contacts` is None, how many contacts and customers it has.

    Also when one of them was created last, and when there was something to do with one of them last.

    A contact counts for its primary company only.
    """
    joined = companies.copy(deep=False)
    joined[NAME] = names(companies, COMPANIES)
    if contacts is not None:
        places = _places_of(contacts, companies)
        joined[CONTACT_COUNT] = _counts_at(places, companies.index)
        if "lifecyclestage" in contacts:
            is_customer = (contacts["lifecyclestage"] == _CUSTOMER).to_numpy(dtype=bool)
            joined[CUSTOMER_COUNT] = _counts_at(places[is_customer], companies.index)
        for column, name in LATEST_OF_CONTACTS.items():
            if name in contacts:
                joined[column] = _latest_at(contacts[name], places, companies.index)
    joined[SEARCH] = _search_text(joined, (NAME, "domain"))
    return joined


def names(frame: pd.DataFrame, object_type: str) -> pd.Series:
    """Return the name to show for each record, never missing.

    A contact's is first and last name, else the e-mail address, else "Contact 42"; a company's is its name, else
    its domain, else "Company 42".
    """
    ids = pa.array(frame["hs_object_id"].astype("str"), type=pa.large_string())
    numbered = pc.binary_join_element_wise(_text_scalar(_NOUNS[object_type]), ids, _text_scalar(" "))
    choices = (
        (_full_name(frame), _text(frame, "email"))
        if object_type == CONTACTS
        else (
            _text(frame, "name"),
            _text(frame, "domain"),
        )
    )
    return _series(pc.coalesce(*(_filled(choice) for choice in choices), numbered), frame.index)


def search_words(text: str) -> tuple[str, ...]:
    """Return the words to look for in the search column, folded as it is."""
    return tuple(folded_text(text).split())


def decoded(frame: pd.DataFrame, portal: Portal, object_type: str) -> pd.DataFrame:
    """Return the frame with labels in place of stored values, in enumerations, owners, checkboxes and booleans.

    A value that the portal no longer defines stays as it is stored.
    """
    readable = frame.copy(deep=False)
    for column in frame.columns:
        values = frame[column]
        if isinstance(values.dtype, pd.CategoricalDtype | pd.BooleanDtype):
            readable[column] = _renamed(as_category(values), portal, object_type=object_type, column=column)
        elif _is_multiple(portal, object_type, column):
            readable[column] = _relabelled(values, value_labels(portal, object_type, column=column))
    return readable


def value_labels(portal: Portal, object_type: str, *, column: str, values: Iterable[str] = ()) -> dict[str, str]:
    """Map stored values of a column to unique labels.

    Each of `values` that is not among the portal's options keeps itself as label; an owner becomes "Owner 42".
    """
    if column == COMPANY_INDUSTRY:
        object_type, column = COMPANIES, "industry"
    labels = portal.option_labels(object_type, column)
    taken = set(labels.values())
    definition = portal.property_named(object_type, column)
    is_owner = column == "hubspot_owner_id" or (definition is not None and definition.references == "OWNER")
    for value in values:
        if value not in labels:
            label = f"Owner {value}" if is_owner else _yes_no(value)
            labels[value] = f"{label} ({value})" if label in taken else label
            taken.add(labels[value])
    return labels


def column_label(portal: Portal, object_type: str, column: str) -> str:
    """Return the header of a column: HubSpot's label of the property, or ours for a derived column."""
    return DERIVED_LABELS.get(column) or portal.label(object_type, column)


def as_category(values: pd.Series) -> pd.Series:
    """Return values as categories of stored values: booleans become "true" and "false", as HubSpot writes them."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values
    if isinstance(values.dtype, pd.BooleanDtype):
        return values.astype("category").cat.rename_categories({True: "true", False: "false"})
    return values.astype("str").astype("category")


def _yes_no(value: str) -> str:
    return {"true": "Yes", "false": "No"}.get(value, value)


def _renamed(values: pd.Series, portal: Portal, *, object_type: str, column: str) -> pd.Series:
    stored = [str(value) for value in values.cat.categories]
    labels = value_labels(portal, object_type, column=column, values=stored)
    return values.cat.rename_categories([labels[value] for value in stored])


def _is_multiple(portal: Portal, object_type: str, column: str) -> bool:
    definition = portal.property_named(object_type, column)
    return definition is not None and definition.is_multiple


def _relabelled(values: pd.Series, labels: dict[str, str]) -> pd.Series:
    distinct = values.dropna().unique()
    readable = {each: "; ".join(labels.get(part, part) for part in each.split(";") if part) for each in distinct}
    return values.map(readable).astype("str")


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name in frame:
        return frame[name]
    return pd.Series(pd.NA, index=frame.index, dtype="str")


def _places_of(contacts: pd.DataFrame, companies: pd.DataFrame) -> NDArray[np.intp]:
    """Return the position of each contact's company, -1 where there is none."""
    if "associatedcompanyid" not in contacts:
        return np.full(len(contacts), -1)
    company_ids = contacts["associatedcompanyid"].to_numpy(dtype="int64", na_value=-1)
    places: NDArray[np.intp] = pd.Index(companies["hs_object_id"]).get_indexer(pd.Index(company_ids))
    return places


def _taken(values: pd.Series, places: NDArray[np.intp], index: pd.Index) -> pd.Series:
    return pd.Series(values.array.take(places, allow_fill=True), index=index)


def _counts_at(places: NDArray[np.intp], index: pd.Index) -> pd.Series:
    counts = np.bincount(places[places >= 0], minlength=len(index))
    return pd.Series(counts, index=index, dtype="int64")


def _latest_at(instants: pd.Series, places: NDArray[np.intp], index: pd.Index) -> pd.Series:
    """Return the latest of the instants that belong to each place, missing where there is none."""
    wanted = (places >= 0) & instants.notna().to_numpy(dtype=bool)
    moments = instants.to_numpy(dtype="datetime64[us]", na_value=np.datetime64("NaT")).astype("int64")
    latest = np.full(len(index), np.iinfo(np.int64).min)
    np.maximum.at(latest, places[wanted], moments[wanted])
    # The smallest number is how numpy writes a missing time.
    return pd.Series(latest.astype("datetime64[us]"), index=index).dt.tz_localize("UTC").astype(instants.dtype)


def _search_text(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    texts = [_text(frame, column) for column in columns if column in frame]
    # The name comes first and is never null, so no row is left out.
    joined = pc.binary_join_element_wise(*texts, _text_scalar(_FIELD_END), null_handling="skip")
    return _series(folded(joined), frame.index)


def _full_name(frame: pd.DataFrame) -> pa.Array:
    # Not null_handling="skip": Arrow 26 leaves out a row whose parts are all null.
    first, last = (pc.coalesce(_text(frame, column), _text_scalar("")) for column in ("firstname", "lastname"))
    return pc.binary_join_element_wise(pc.utf8_trim_whitespace(first), pc.utf8_trim_whitespace(last), _text_scalar(" "))


def _filled(texts: pa.Array) -> pa.Array:
    """Return trimmed texts, null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.equal(pc.utf8_length(trimmed), 0), pa.scalar(None, pa.large_string()), trimmed)


def _text(frame: pd.DataFrame, column: str) -> pa.Array:
    if column not in frame:
        return pa.nulls(len(frame), pa.large_string())
    return pa.array(frame[column].astype("str"), type=pa.large_string(), from_pandas=True)


def _text_scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _series(texts: pa.Array, index: pd.Index) -> pd.Series:
    return pd.Series(pd.array(texts, dtype="str"), index=index)

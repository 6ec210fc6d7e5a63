"""Presentation mode: records that can be shown to others, without names, e-mail addresses and phone numbers."""

import re
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.analysis.records import COMPANY_NAME, DERIVED_LABELS, NAME, SEARCH, names
from hubspot.portal import CONTACTS, Owner, Portal, Property

MASK = "•••"
# Our own columns that hold no name.
_OPEN = {
    "company.industry",
    "company.country",
    "changed.what",
    "changed.from",
    "changed.to",
    "changed.noticed",
    "duplicate.reasons",
}
_TELLING = re.compile(
    r"name|e_?mail|phone|fax|domain|website|linkedin|twitter|facebook|address|^company$|^about|owner|user",
    re.IGNORECASE,
)
_MAIL = r"[^\s@;,<>]+@[^\s@;,<>]+"
_PHONE = r"\+?\d[\d\s()./-]{6,}\d"


def masked(frame: pd.DataFrame, portal: Portal, object_type: str) -> pd.DataFrame:
    """Return records, joined or not, with what tells who they are masked; missing values stay missing.

    A record's name becomes "Contact 51". Other texts lose what looks like an e-mail address or a phone number, and are
    masked whole where the property's name or type says that it is one, or a name. Options, numbers and dates stay.
    """
    hidden = frame.copy(deep=False)
    for column in map(str, frame):
        if column == NAME:
            hidden[NAME] = names(frame[["hs_object_id"]], object_type)
        elif isinstance(frame[column].dtype, pd.StringDtype) and column not in _OPEN:
            hidden[column] = _masked(frame[column], is_whole=is_telling(column, portal, object_type))
    if COMPANY_NAME in frame and object_type == CONTACTS:
        hidden[COMPANY_NAME] = _masked(frame[COMPANY_NAME], is_whole=True)
    return hidden


def without_people(portal: Portal) -> Portal:
    """Return a portal's facts without the names of its owners, who are "Owner A", "Owner B" then, the oldest first."""
    oldest_first = sorted(portal.owners, key=lambda owner: (len(owner.id), owner.id))
    letters = {owner.id: _letters(place) for place, owner in enumerate(oldest_first)}
    nameless = (Owner(each.id, "Owner", letters[each.id], archived=each.archived) for each in portal.owners)
    return replace(portal, owners=tuple(nameless))


def is_telling(column: str, portal: Portal, object_type: str) -> bool:
    """Return whether the texts of a column say who somebody is."""
    if column in DERIVED_LABELS or column == SEARCH:
        return True
    definition = portal.property_named(object_type, column)
    return _TELLING.search(column) is not None or (definition is not None and _is_phone(definition))


def _letters(place: int) -> str:
    """Return A to Z, then AA, AB: as the columns of a spreadsheet are called."""
    rest, letter = divmod(place, 26)
    return (_letters(rest - 1) if rest else "") + chr(ord("A") + letter)


def _is_phone(definition: Property) -> bool:
    return definition.type == "phone_number" or definition.field_type == "phonenumber"


def _masked(values: pd.Series, *, is_whole: bool) -> pd.Series:
    texts = pa.array(values, type=pa.large_string(), from_pandas=True)
    if is_whole:
        hidden = pc.if_else(pc.is_valid(texts), pa.scalar(MASK, pa.large_string()), texts)
    else:
        without_mail = pc.replace_substring_regex(texts, pattern=_MAIL, replacement=MASK)
        hidden = pc.replace_substring_regex(without_mail, pattern=_PHONE, replacement=MASK)
    return pd.Series(pd.array(hidden, dtype="str"), index=values.index)

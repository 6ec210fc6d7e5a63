"""The filters that the sidebar offers, by the short names they have in an address."""

import re
from collections.abc import Collection
from datetime import date
from urllib.parse import quote, unquote

from hubspot.analysis.filters.conditions import Condition, Days, OneOf, Within, asks_nothing, is_span
from hubspot.analysis.records import COMPANY_INDUSTRY, NO_VALUE
from hubspot.portal import CONTACTS

CREATED = "created"
CHOICES = {
    "owner": "hubspot_owner_id",
    "stage": "lifecyclestage",
    "source": "hs_analytics_source",
    "industry": "industry",
    "country": "country",
}
CREATE_DATE = "createdate"
MOST_VALUES = 200
# A browser writes dots as they are; nearly every other separator would become three characters.
_SEPARATOR = "."
_NO_VALUE_MARK = "-"
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})?")


def column_of(object_type: str, name: str) -> str:
    """Return the column that one of CHOICES looks at; a contact's industry is its company's."""
    return COMPANY_INDUSTRY if name == "industry" and object_type == CONTACTS else CHOICES[name]


def name_of(object_type: str, condition: Condition) -> str | None:
    """Return the short name under which a condition enters an address, None where it has none."""
    if condition.column == CREATE_DATE:
        return CREATED if isinstance(condition, Days | Within) and not condition.negated else None
    if not isinstance(condition, OneOf) or condition.negated:
        return None
    return next((name for name in CHOICES if column_of(object_type, name) == condition.column), None)


def told(condition: Condition) -> str:
    """Return the value of the query parameter of a condition that has a short name."""
    match condition:
        case OneOf(_, values):
            return _joined(values)
        case Days(_, first, last):
            return f"{first or ''}..{last or ''}"
        case Within(_, span):
            return span
        case _:
            raise ValueError("This condition has no short name.")


def read(object_type: str, name: str, text: str) -> Condition | None:
    """Read a query parameter, None where it can't be read."""
    if name != CREATED:
        chosen = OneOf(column_of(object_type, name), frozenset(_split(text)))
        return None if asks_nothing(chosen) else chosen
    if is_span(text):
        return Within(CREATE_DATE, text)
    days = _read_range(text)
    return None if days is None or asks_nothing(days) else days


def _joined(values: Collection[str]) -> str:
    return _SEPARATOR.join(_NO_VALUE_MARK if value == NO_VALUE else _escaped(value) for value in sorted(values))


def _escaped(value: str) -> str:
    if value == _NO_VALUE_MARK:
        return "%2D"
    return quote(value, safe=" ").replace(_SEPARATOR, "%2E")


def _split(text: str) -> list[str]:
    parts = text.split(_SEPARATOR, MOST_VALUES)[:MOST_VALUES] if text else []
    return [NO_VALUE if part == _NO_VALUE_MARK else unquote(part) for part in parts if part]


def _read_range(text: str) -> Days | None:
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    try:
        first, last = (date.fromisoformat(part) if part else None for part in found.groups())
    except ValueError:
        return None
    is_backwards = first is not None and last is not None and first > last
    return None if is_backwards else Days(CREATE_DATE, first, last)

"""One model of filters for every page: which records, as a mask, as a link and as a way out of an empty result."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.calendar import Span, created, midnight
from hubspot.analysis.records import COMPANY_INDUSTRY, NO_VALUE, SEARCH, search_words
from hubspot.portal import Portal

CHOICES = {
    "owner": "hubspot_owner_id",
    "stage": "lifecyclestage",
    "source": "hs_analytics_source",
    "industry": "industry",
    "country": "country",
}
NAMES = ("search", "created", *CHOICES)
# A country is text that people typed: it may not enter a link, only its emptiness may.
TEXT_CHOICES = frozenset({"country"})
# A browser writes dots as they are; nearly every other separator would become three characters.
_SEPARATOR = "."
_NO_VALUE_MARK = "-"
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})?")
_MOST_VALUES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which records to show; an empty field does not filter.

    The sets hold stored values, and NO_VALUE for records without one. The dates are days of the portal, both
    included. `industry` of a contact is its company's.
    """

    search: str = ""
    created_from: date | None = None
    created_to: date | None = None
    owner: frozenset[str] = frozenset()
    stage: frozenset[str] = frozenset()
    source: frozenset[str] = frozenset()
    industry: frozenset[str] = frozenset()
    country: frozenset[str] = frozenset()

    @property
    def active(self) -> tuple[str, ...]:
        """Return the names of the filters that are set; the two dates are one filter, "created"."""
        return tuple(name for name in NAMES if self._is_set(name))

    def chosen(self, name: str) -> frozenset[str]:
        """Return the chosen values of one of CHOICES."""
        values: frozenset[str] = getattr(self, name)
        return values

    def without(self, name: str) -> "Filters":
        """Return the filters but one."""
        if name == "created":
            return replace(self, created_from=None, created_to=None)
        return replace(self, search="") if name == "search" else self.choosing(name, ())

    def choosing(self, name: str, values: Collection[str]) -> "Filters":
        """Return the filters with other values for one of CHOICES."""
        changes: dict[str, Any] = {name: frozenset(values)}
        return replace(self, **changes)

    def _is_set(self, name: str) -> bool:
        if name == "created":
            return self.created_from is not None or self.created_to is not None
        return bool(self.search.strip() if name == "search" else self.chosen(name))


@dataclass(frozen=True, slots=True)
class Relief:
    """The filter whose removal brings most records back, and how many those are."""

    name: str
    count: int


def column_of(frame: pd.DataFrame, name: str) -> str | None:
    """Return the column that one of CHOICES looks at; None where the frame has no such values."""
    column = COMPANY_INDUSTRY if name == "industry" and COMPANY_INDUSTRY in frame else CHOICES[name]
    if column not in frame:
        return None
    # A contact's own industry is free text, which is no choice.
    is_enumeration = isinstance(frame[column].dtype, pd.CategoricalDtype)
    return column if is_enumeration or name in TEXT_CHOICES else None


def select(frame: pd.DataFrame, filters: Filters, time_zone: str) -> "Selection":
    """Ask every filter once. A record of a frame without the column has no value there."""
    passing = {name: _lets_through(frame, filters, name=name, time_zone=time_zone) for name in filters.active}
    return Selection(frame, passing)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """A frame under filters; `passing` holds for each active one which records it lets through."""

    frame: pd.DataFrame
    passing: Mapping[str, NDArray[np.bool_]]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Return which records all filters let through."""
        return self.ignoring("")

    @property
    def records(self) -> pd.DataFrame:
        """Return the records that all filters let through, in the frame's order."""
        return self.frame[self.mask]

    def ignoring(self, name: str) -> NDArray[np.bool_]:
        """Return which records the filters other than this one let through."""
        kept = np.ones(len(self.frame), dtype=bool)
        for other, passing in self.passing.items():
            if other != name:
                kept &= passing
        return kept

    @property
    def relief(self) -> "Relief | None":
        """Return the one filter whose removal shows most records; None where no single removal shows any more."""
        here = int(self.mask.sum())
        gains = {name: int(self.ignoring(name).sum()) - here for name in self.passing}
        best = max(gains, key=lambda name: gains[name], default="")
        return Relief(best, gains[best]) if gains.get(best) else None


def to_query(filters: Filters) -> dict[str, str]:
    """Return the filters as short query parameters; search text and values of text properties stay out of links."""
    query = {}
    for name in CHOICES:
        values = filters.chosen(name)
        linkable = values & {NO_VALUE} if name in TEXT_CHOICES else values
        if linkable:
            query[name] = _joined(linkable)
    if filters.created_from or filters.created_to:
        query["created"] = f"{filters.created_from or ''}..{filters.created_to or ''}"
    return query


def from_query(query: Mapping[str, str], known: Mapping[str, Collection[str]]) -> Filters:
    """Read query parameters; what can't be read, and values that are not `known` for a filter, are left out."""
    chosen: dict[str, Any] = {name: frozenset(_split(query.get(name, ""))) & _linkable(name, known) for name in CHOICES}
    created_from, created_to = _read_range(query.get("created", ""))
    return Filters(created_from=created_from, created_to=created_to, **chosen)


def known_values(frame: pd.DataFrame, portal: Portal, object_type: str) -> dict[str, set[str]]:
    """Return every value that a link may name for each of CHOICES: the portal's options and those on records."""
    known = {name: set(portal.option_labels(object_type, column)) for name, column in CHOICES.items()}
    for name in known:
        column = column_of(frame, name)
        if column is not None and isinstance(frame[column].dtype, pd.CategoricalDtype):
            known[name] |= {str(value) for value in frame[column].cat.categories}
    return known


def _linkable(name: str, known: Mapping[str, Collection[str]]) -> set[str]:
    return {NO_VALUE} if name in TEXT_CHOICES else {NO_VALUE, *known.get(name, ())}


def _lets_through(frame: pd.DataFrame, filters: Filters, *, name: str, time_zone: str) -> NDArray[np.bool_]:
    if name == "search":
        return _finds(frame, filters.search)
    if name == "created":
        return _days(filters.created_from, filters.created_to).holds(created(frame, time_zone))
    column = column_of(frame, name)
    if column is None:
        return np.full(len(frame), NO_VALUE in filters.chosen(name))
    return _is_chosen(frame[column], filters.chosen(name))


def _finds(frame: pd.DataFrame, text: str) -> NDArray[np.bool_]:
    found = np.ones(len(frame), dtype=bool)
    for word in search_words(text):
        found &= frame[SEARCH].str.contains(word, regex=False).to_numpy(dtype=bool)
    return found


def _is_chosen(values: pd.Series, chosen: frozenset[str]) -> NDArray[np.bool_]:
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return (values.isin(chosen) | (values.isna() & (NO_VALUE in chosen))).to_numpy(dtype=bool)
    # The code of a missing value is -1, which picks the last place.
    lookup = np.append(values.cat.categories.isin(chosen), NO_VALUE in chosen)
    return lookup[values.cat.codes.to_numpy()].astype(bool)


def _days(first: date | None, last: date | None) -> Span:
    end = midnight(last) + timedelta(days=1) if last and last < date.max else datetime.max  # noqa: DTZ901 (wall clock)
    return Span(midnight(first or date.min), end)


def _joined(values: Collection[str]) -> str:
    return _SEPARATOR.join(_NO_VALUE_MARK if value == NO_VALUE else _escaped(value) for value in sorted(values))


def _escaped(value: str) -> str:
    if value == _NO_VALUE_MARK:
        return "%2D"
    return quote(value, safe=" ").replace(_SEPARATOR, "%2E")


def _split(text: str) -> list[str]:
    parts = text.split(_SEPARATOR, _MOST_VALUES)[:_MOST_VALUES] if text else []
    return [NO_VALUE if part == _NO_VALUE_MARK else unquote(part) for part in parts if part]


def _read_range(text: str) -> tuple[date | None, date | None]:
    found = _RANGE.fullmatch(text)
    if found is None:
        return None, None
    try:
        first, last = (date.fromisoformat(part) if part else None for part in found.groups())
    except ValueError:
        return None, None
    is_backwards = first is not None and last is not None and first > last
    return (None, None) if is_backwards else (first, last)

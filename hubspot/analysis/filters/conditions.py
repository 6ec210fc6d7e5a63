"""What one filter can ask of one property. All are frozen and hashable.

A record without a value passes a condition only where the condition names that: NO_VALUE among the values of OneOf
and Holds, Known turned round, or OrUnknown around it. Every other condition asks something of a value, and so does its
negation: "is none of", "does not contain", "outside" leave records without a value out, as HubSpot's search does. A
record of a frame without the column has no value, and so has one whose column holds another kind of value than the
condition asks for.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from hubspot.analysis.calendar import ONE_DAY, Grain, first_day, next_start
from hubspot.analysis.records import SEARCH

Match = Literal["any", "all", "none"]
_LAST_DAYS = re.compile(r"last-([1-9]\d{0,3})-days")
_LONG_AGO = re.compile(r"([1-9]\d{0,3})-or-more-days-ago")


@dataclass(frozen=True, slots=True)
class Words:
    """Every word occurs somewhere in the record's search text: names, e-mail address, company; case and accents aside.

    Text without a word does not filter.
    """

    text: str

    @property
    def column(self) -> str:
        """Return the column that is searched."""
        return SEARCH


@dataclass(frozen=True, slots=True)
class Contains:
    """The text occurs anywhere in the value, case and accents aside; `negated`: there is a value without it."""

    column: str
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """The stored value is one of `values`: of an enumeration, an owner, a checkbox ("true", "false") or a text.

    NO_VALUE among them lets records without a value through. `negated`: there is a value, and it is none of them.
    """

    column: str
    values: frozenset[str]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """Of a property with several checkboxes, any, all or none of the options `values` are ticked.

    NO_VALUE among them lets records with nothing ticked through if `match` is "any", and nobody if it is "all";
    "none" is asked of records with something ticked.
    """

    column: str
    values: frozenset[str]
    match: Match = "any"


@dataclass(frozen=True, slots=True)
class Between:
    """The number lies between `low` and `high`, both included; None is no limit. `negated`: it lies outside.

    So "more than 5" is Between(high=5) negated.
    """

    column: str
    low: float | None = None
    high: float | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Days:
    """The day lies between `first` and `last`, both included; None is no limit. `negated`: it lies outside.

    Of an instant it is the day in the portal's time zone.
    """

    column: str
    first: date | None = None
    last: date | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """The day lies in a span that moves with the present.

    One of SPANS, "last-N-days", which count today, or "N-or-more-days-ago", which has no first day.

    `Filters.on` turns it into Days; only those can be asked of records.
    """

    column: str
    span: str
    negated: bool = False

    def on(self, today: date) -> Days:
        """Return the days of the span as they are on a day of the portal."""
        first, last = days_of(self.span, today)
        return Days(self.column, first if first > date.min else None, last, self.negated)


@dataclass(frozen=True, slots=True)
class Known:
    """There is a value; `negated`: there is none."""

    column: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class OrUnknown:
    """What is `asked` of a value is true, or there is none: "is none of" with the empty ones, as in HubSpot's lists."""

    asked: "Asked"

    @property
    def column(self) -> str:
        """Return the column that is asked."""
        return self.asked.column


Asked: TypeAlias = Words | Contains | OneOf | Holds | Between | Days | Within | Known
Condition: TypeAlias = Asked | OrUnknown


def bare(condition: Condition) -> Asked:
    """Return what a condition asks of a value."""
    return condition.asked if isinstance(condition, OrUnknown) else condition


def like(condition: Condition, asked: Asked) -> Condition:
    """Return another question about a value that treats records without one as `condition` does."""
    return OrUnknown(asked) if isinstance(condition, OrUnknown) else asked


def on(condition: Condition, today: date) -> Condition:
    """Return a condition with the days that a moving span has on a day of the portal."""
    asked = bare(condition)
    return like(condition, asked.on(today)) if isinstance(asked, Within) else condition


def _whole(grain: Grain, *, is_last: bool = False) -> Callable[[date], tuple[date, date]]:
    def days(today: date) -> tuple[date, date]:
        start = first_day(today, grain)
        if is_last:
            start = first_day(start - ONE_DAY, grain)
        return start, next_start(start, grain) - ONE_DAY

    return days


def _year(number: int) -> tuple[date, date]:
    return date(number, 1, 1), date(number, 12, 31)


SPANS: Mapping[str, Callable[[date], tuple[date, date]]] = {
    "last-12-months": lambda today: (today - timedelta(days=364), today),
    "today": _whole("day"),
    "yesterday": _whole("day", is_last=True),
    "this-week": _whole("week"),
    "last-week": _whole("week", is_last=True),
    "this-month": _whole("month"),
    "last-month": _whole("month", is_last=True),
    "this-quarter": _whole("quarter"),
    "last-quarter": _whole("quarter", is_last=True),
    "this-year": lambda today: _year(today.year),
    "last-year": lambda today: _year(today.year - 1),
}


def is_span(text: str) -> bool:
    """Return whether a text names a span that moves with the present."""
    return text in SPANS or any(each.fullmatch(text) for each in (_LAST_DAYS, _LONG_AGO))


def days_of(span: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a span, date.min for no first day. Raises ValueError where it is none."""
    if span in SPANS:
        return SPANS[span](today)
    if found := _LONG_AGO.fullmatch(span):
        return date.min, today - timedelta(days=int(found[1]))
    found = _LAST_DAYS.fullmatch(span)
    if found is None:
        raise ValueError("There is no such span.")
    return today - timedelta(days=int(found[1]) - 1), today


def asks_nothing(condition: Condition) -> bool:
    """Return whether a condition would let everything through, because nothing was typed or chosen."""
    match bare(condition):
        case Words(text) | Contains(_, text):
            return not text.strip()
        case OneOf(_, values) | Holds(_, values):
            return not values
        case Between(_, low, high):
            return low is None and high is None
        case Days(_, first, last):
            return first is None and last is None
        case _:
            return False

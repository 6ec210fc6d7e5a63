"""Filters in plain words: HubSpot's labels, days as people write them. The words carry no markup."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from hubspot.analysis.counts import no_value_label
from hubspot.analysis.filters.conditions import (
    Asked,
    Between,
    Condition,
    Contains,
    Days,
    Holds,
    Known,
    OneOf,
    OrUnknown,
    Within,
    Words,
    bare,
)
from hubspot.analysis.filters.model import Filters, Group
from hubspot.analysis.masking import MASK, is_telling
from hubspot.analysis.records import NO_VALUE, column_label, value_labels
from hubspot.portal import Portal


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """Says conditions on one object type of a portal.

    `titles` are shorter names for some columns; `most` values are named of many, all of them where it is None. With
    `zone`, what cuts instants into days says the portal's time zone. `is_masked` hides what somebody typed, and values
    that are no option of the portal where they say who somebody is.
    """

    portal: Portal
    object_type: str
    titles: Mapping[str, str] = field(default_factory=dict)
    most: int | None = None
    zone: bool = False
    is_masked: bool = False

    def sentences(self, filters: Filters) -> tuple[str, ...]:
        """Return a sentence for each thing that every record had to agree to; empty without filters."""
        shared = tuple(map(self.condition, filters.conditions))
        if not filters.groups:
            return shared
        if len(filters.groups) == 1:
            return (*shared, *map(self.condition, filters.groups[0]))
        return (*shared, " or ".join(f"({self._all_of(group)})" for group in filters.groups))

    def condition(self, condition: Condition) -> str:
        """Return one condition in words: "Owner: Maya Ortiz, Tom Reed", "Email is unknown"."""
        said = self._asked(bare(condition))
        return f"{said}, or unknown" if isinstance(condition, OrUnknown) else said

    def _asked(self, condition: Asked) -> str:
        if isinstance(condition, Words):
            return self._typed(condition.text)
        name = self.title(condition.column)
        match condition:
            case Contains(_, text, negated):
                return f"{name} {'does not contain' if negated else 'contains'} {self._typed(text)}"
            case Known(_, negated):
                return f"{name} is {'unknown' if negated else 'known'}"
            case OneOf() | Holds():
                return f"{name}: {self._choice(condition)}"
            case Between() | Days():
                return name + self._limits(condition)
            case Within(_, span, negated):
                return f"{name}: {'not ' if negated else ''}{span.replace('-', ' ')}"

    def title(self, column: str) -> str:
        """Return what a column is called."""
        return self.titles.get(column) or column_label(self.portal, self.object_type, column)

    def _typed(self, text: str) -> str:
        return f"“{MASK if self.is_masked else text.strip()}”"

    def _all_of(self, group: Group) -> str:
        return " and ".join(map(self.condition, group))

    def _limits(self, asked: Between | Days) -> str:
        if isinstance(asked, Between):
            return f"{self._unit(asked.column)}: {_numbers(asked)}"
        return f": {_days(asked)}{self._zone(asked.column)}"

    def _choice(self, asked: OneOf | Holds) -> str:
        match = asked.match if isinstance(asked, Holds) else "none" if asked.negated else "any"
        way = {"any": "", "all": "all of ", "none": "none of "}[match]
        return way + self._values(asked.column, asked.values)

    def _values(self, column: str, values: frozenset[str]) -> str:
        chosen = sorted(values - {NO_VALUE}) + sorted(values & {NO_VALUE})
        labels = value_labels(self.portal, self.object_type, column=column, values=chosen)
        if self.is_masked and is_telling(column, self.portal, self.object_type):
            options = self.portal.option_labels(self.object_type, column)
            labels = {value: label if value in options else MASK for value, label in labels.items()}
        labels[NO_VALUE] = no_value_label(column)
        shown = chosen if self.most is None or len(chosen) <= self.most else chosen[: self.most]
        more = f" and {len(chosen) - len(shown)} more" if len(shown) < len(chosen) else ""
        return ", ".join(labels[value] for value in shown) + more

    def _unit(self, column: str) -> str:
        definition = self.portal.property_named(self.object_type, column)
        return f" ({self.portal.account.currency})" if definition and definition.shows_currency else ""

    def _zone(self, column: str) -> str:
        definition = self.portal.property_named(self.object_type, column)
        is_day = definition is not None and definition.type == "date"
        return f" ({self.portal.account.time_zone})" if self.zone and not is_day else ""


def _numbers(asked: Between) -> str:
    low, high = asked.low, asked.high
    if low is not None and high is not None:
        if low == high:
            return f"{'not' if asked.negated else 'exactly'} {_number(low)}"
        return f"{'outside ' if asked.negated else ''}{_number(low)} to {_number(high)}"
    if low is not None:
        return f"{'less than' if asked.negated else 'at least'} {_number(low)}"
    return f"{'more than' if asked.negated else 'at most'} {_number(high or 0)}"


def _number(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,}"


def _days(asked: Days) -> str:
    first, last = asked.first, asked.last
    if first is not None and last is not None:
        if first == last:
            return f"{'not on ' if asked.negated else ''}{_day(first)}"
        return f"{'outside ' if asked.negated else ''}{_day(first)} to {_day(last)}"
    if first is not None:
        return f"{'before' if asked.negated else 'since'} {_day(first)}"
    return f"{'after' if asked.negated else 'until'} {_day(last or date.max)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"

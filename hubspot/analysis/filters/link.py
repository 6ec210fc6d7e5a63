"""Filters as query parameters: short, versioned, and without anything that people typed.

The filters of the sidebar have a parameter each: `owner=100.101`, `stage=lead`, `country=-` for no value,
`created=2026-08-31..2026-11-23` or `created=last-30-days`. All others share `where=1~…~…~…`: a version, what every
record is asked, then the groups of which one must agree; `-` parts the conditions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hubspot.analysis.filters import compact, quick
from hubspot.analysis.filters.conditions import Condition, Holds, OneOf, asks_nothing, bare, like
from hubspot.analysis.filters.fields import Fields, divided
from hubspot.analysis.filters.model import Filters, Group
from hubspot.analysis.records import NO_VALUE

WHERE = "where"
PARAMETERS = (quick.CREATED, *quick.CHOICES, WHERE)
VERSION = "1"
_GROUP, _CONDITION = "~", "-"
_MOST_CONDITIONS = 60

UNREADABLE = "A filter of this link can't be read, so it was left out."
NEWER = "Filters of this link are written in a form that this dashboard does not know, so they were left out."
TOO_MANY = "This link has more filters than fit, so the last ones were left out."
UNKNOWN_PROPERTY = "A filter of this link was left out: its property is not one of this portal, or is not loaded."


@dataclass(frozen=True, slots=True)
class Reading:
    """What a link means here, and a sentence, without markup, for each thing in it that was left out."""

    filters: Filters
    dropped: tuple[str, ...] = ()


def to_query(filters: Filters, fields: Fields) -> dict[str, str]:
    """Return the filters as query parameters, those that are private left out: see `divided`."""
    shared, _ = divided(filters, fields)
    query: dict[str, str] = {}
    rest: list[Condition] = []
    for condition in shared.conditions:
        name = quick.name_of(fields.object_type, condition)
        if name is None or name in query:
            rest.append(condition)
        else:
            query[name] = quick.told(condition)
    if rest or shared.groups:
        query[WHERE] = _GROUP.join((VERSION, *map(_group, (tuple(rest), *shared.groups))))
    return query


def from_query(query: Mapping[str, str], fields: Fields) -> Reading:
    """Read query parameters as far as they mean something in this portal; other parameters are ignored."""
    reader = _Reader(fields)
    found = [reader.short(name, query[name]) for name in (quick.CREATED, *quick.CHOICES) if query.get(name)]
    shared, groups = reader.where(query.get(WHERE, ""))
    conditions = [each for each in found if each is not None]
    return Reading(Filters((*conditions, *shared), groups), tuple(dict.fromkeys(reader.dropped)))


def _group(conditions: Group) -> str:
    return _CONDITION.join(map(compact.told, conditions))


class _Reader:
    """Reads the parts of one link and collects a sentence for each that is left out."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._left = _MOST_CONDITIONS
        self.dropped: list[str] = []

    def short(self, name: str, text: str) -> Condition | None:
        """Read the parameter of a filter of the sidebar."""
        condition = quick.read(self._fields.object_type, name, text)
        if condition is None:
            self.dropped.append(UNREADABLE)
            return None
        return self._accepted(condition)

    def where(self, text: str) -> tuple[Group, tuple[Group, ...]]:
        """Read the parameter that all other filters share."""
        if not text:
            return (), ()
        version, *groups = text.split(_GROUP)
        if version != VERSION:
            self.dropped.append(NEWER)
            return (), ()
        shared, *others = map(self._read_group, groups or [""])
        return shared, tuple(others)

    def _read_group(self, text: str) -> Group:
        found = (self._condition(part) for part in text.split(_CONDITION) if part)
        return tuple(condition for condition in found if condition is not None)

    def _condition(self, text: str) -> Condition | None:
        self._left -= 1
        if self._left < 0:
            self.dropped.append(TOO_MANY)
            return None
        try:
            return self._accepted(compact.read(text))
        except ValueError:
            self.dropped.append(UNREADABLE)
            return None

    def _accepted(self, condition: Condition) -> Condition | None:
        """Return as much of a condition as this portal's property can answer; never what a link may not hold."""
        field = self._fields.named(condition.column)
        if field is None:
            self.dropped.append(UNKNOWN_PROPERTY)
            return None
        if not field.answers(condition) or self._is_typed(condition):
            self.dropped.append(f"{field.label}: the filter of this link does not fit this property.")
            return None
        return self._known_part(condition, field.label)

    def _is_typed(self, condition: Condition) -> bool:
        # A link that somebody wrote by hand may hold text all the same.
        asked = bare(condition)
        return self._fields.is_private(asked) and not (isinstance(asked, OneOf) and NO_VALUE in asked.values)

    def _known_part(self, condition: Condition, label: str) -> Condition | None:
        asked = bare(condition)
        if not isinstance(asked, OneOf | Holds):
            return condition
        known = asked.values & {NO_VALUE, *self._fields.options(asked.column)}
        if known != asked.values:
            self.dropped.append(f"{label}: this portal does not know all values of this link; those were left out.")
        kept = like(condition, replace(asked, values=known))
        return None if asks_nothing(kept) else kept

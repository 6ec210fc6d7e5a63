"""Conditions joined: all of some, and any of some groups."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from hubspot.analysis.filters.conditions import Condition, asks_nothing, on

Group = tuple[Condition, ...]


class Place(NamedTuple):
    """Where a condition stands: in a group, counted from 0, or in none; and at which position there."""

    group: int | None
    position: int


@dataclass(frozen=True, slots=True)
class Filters:
    """Which records to show: all of `conditions` let it through and, where there are `groups`, one whole group does.

    A condition that asks nothing, and a repeated one, is not kept, and a group without any is none. So equal filters
    mean the same, but filters that mean the same need not be equal.
    """

    conditions: Group = ()
    groups: tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        groups = dict.fromkeys(_kept(group) for group in self.groups)
        object.__setattr__(self, "conditions", _kept(self.conditions))
        object.__setattr__(self, "groups", tuple(group for group in groups if group))

    @property
    def places(self) -> tuple[Place, ...]:
        """Return where there are conditions: those asked of every record first, then group by group."""
        shared = (Place(None, position) for position in range(len(self.conditions)))
        grouped = (Place(number, at) for number, group in enumerate(self.groups) for at in range(len(group)))
        return (*shared, *grouped)

    def at(self, place: Place) -> Condition:
        """Return the condition at one of `places`; raises IndexError elsewhere."""
        return (self.conditions if place.group is None else self.groups[place.group])[place.position]

    def without(self, *places: Place) -> "Filters":
        """Return the filters but the conditions at these places; a group that loses its last one is gone."""
        groups = (_but(group, number, places) for number, group in enumerate(self.groups))
        return Filters(_but(self.conditions, None, places), tuple(groups))

    def asking(self, *conditions: Condition) -> "Filters":
        """Return the filters with these conditions in place of those on the same columns that every record is asked."""
        columns = {condition.column for condition in conditions}
        kept = (condition for condition in self.conditions if condition.column not in columns)
        return Filters((*kept, *conditions), self.groups)

    def ignoring(self, column: str) -> "Filters":
        """Return the filters but what every record is asked about one column."""
        return Filters(tuple(each for each in self.conditions if each.column != column), self.groups)

    def on(self, today: date) -> "Filters":
        """Return the filters with the days that moving spans have on a day of the portal."""
        return self.mapped(lambda condition: on(condition, today))

    def mapped(self, change: Callable[[Condition], Condition]) -> "Filters":
        """Return the filters with every condition changed."""
        return Filters(tuple(map(change, self.conditions)), tuple(tuple(map(change, group)) for group in self.groups))

    def __bool__(self) -> bool:
        return bool(self.conditions or self.groups)


def _kept(conditions: Iterable[Condition]) -> Group:
    return tuple(dict.fromkeys(condition for condition in conditions if not asks_nothing(condition)))


def _but(group: Group, number: int | None, places: Iterable[Place]) -> Group:
    gone = {place.position for place in places if place.group == number}
    return tuple(condition for position, condition in enumerate(group) if position not in gone)

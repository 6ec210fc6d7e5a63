"""What can be filtered in a frame: its columns with HubSpot's labels, and the kind of question each answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from hubspot.analysis.filters.conditions import (
    Between,
    Condition,
    Contains,
    Days,
    Holds,
    Known,
    OneOf,
    Within,
    Words,
    bare,
)
from hubspot.analysis.filters.masks import BOOLEANS
from hubspot.analysis.filters.model import Filters
from hubspot.analysis.records import DERIVED_LABELS, NAME, NO_VALUE, SEARCH, column_label, value_labels
from hubspot.portal import Portal, Property

Kind = Literal["choice", "multiple", "number", "date", "instant", "text"]
_ASKED: dict[Kind, tuple[type[Condition], ...]] = {
    "choice": (OneOf, Known),
    "multiple": (Holds, Known),
    "number": (Between, Known),
    "date": (Days, Within, Known),
    "instant": (Days, Within, Known),
    "text": (Contains, OneOf, Known),
}
DERIVED_GROUP = "From this dashboard"


@dataclass(frozen=True, slots=True)
class Field:
    """A column that can be filtered.

    `kind`: one of several stored values (checkboxes with yes and no are such), several at once, a number, a day, an
    instant, text that people typed. `group` is what people read for the property's group, DERIVED_GROUP for ours.
    """

    column: str
    label: str
    kind: Kind
    group: str = ""
    shows_currency: bool = False

    def answers(self, condition: Condition) -> bool:
        """Return whether a condition asks what this column can answer."""
        return isinstance(bare(condition), _ASKED[self.kind])


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """Everything that can be filtered in a joined frame of one object type of a portal."""

    portal: Portal
    object_type: str
    frame: pd.DataFrame

    def named(self, column: str) -> Field | None:
        """Return the field of a column, None where the frame has no such column or it can't be filtered."""
        if column not in self.frame or column == SEARCH:
            return None
        return self._field(column, self.portal.property_named(self.object_type, column))

    def all(self) -> tuple[Field, ...]:
        """Return every field: derived columns first, then the portal's by group and label; hidden ones are left out."""
        defined = {each.name: each for each in self.portal.properties.get(self.object_type, ())}
        shown = (column for column in self.frame if column in DERIVED_LABELS or column in defined)
        fields = [
            self._field(column, defined.get(column))
            for column in map(str, shown)
            if column != NAME and not (column in defined and defined[column].hidden)
        ]
        places = {each.name: self.portal.group_place(self.object_type, each.group) for each in defined.values()}

        def place(each: Field) -> tuple[int, str, str]:
            return places.get(each.column, -1), each.group, each.label.lower()

        return tuple(sorted(fields, key=place))

    def options(self, column: str) -> dict[str, str]:
        """Map every stored value that a column may have to its unique label; empty for a column without options.

        Those are the portal's options, in its order, and those that only records have.
        """
        field = self.named(column)
        if field is None or field.kind not in {"choice", "multiple"}:
            return {}
        return value_labels(self.portal, self.object_type, column=column, values=self._stored(column))

    def is_private(self, condition: Condition) -> bool:
        """Return whether a condition holds text that people typed, or a value of a text property.

        Such a condition never enters an address.
        """
        match bare(condition):
            case Words() | Contains():
                return True
            case OneOf(column, values) | Holds(column, values) if values != {NO_VALUE}:
                field = self.named(column)
                return field is None or field.kind == "text"
            case _:
                return False

    def _stored(self, column: str) -> Iterable[str]:
        dtype = self.frame[column].dtype
        if isinstance(dtype, pd.BooleanDtype):
            return reversed(BOOLEANS)
        return map(str, dtype.categories) if isinstance(dtype, pd.CategoricalDtype) else ()

    def _field(self, column: str, definition: Property | None) -> Field:
        return Field(
            column,
            column_label(self.portal, self.object_type, column),
            _kind(self.frame[column], definition),
            self._group(column, definition),
            shows_currency=definition is not None and definition.shows_currency,
        )

    def _group(self, column: str, definition: Property | None) -> str:
        if column in DERIVED_LABELS:
            return DERIVED_GROUP
        return self.portal.group_label(self.object_type, definition.group) if definition else ""


def divided(filters: Filters, fields: Fields) -> tuple[Filters, Filters]:
    """Return the filters that may enter an address, and the private rest.

    Several groups with a private condition among them are private together: without it they would mean something else.
    """
    shared = [condition for condition in filters.conditions if not fields.is_private(condition)]
    private = [condition for condition in filters.conditions if fields.is_private(condition)]
    if len(filters.groups) == 1:
        alone = tuple(each for each in filters.groups[0] if not fields.is_private(each))
        secret = tuple(each for each in filters.groups[0] if fields.is_private(each))
        return Filters(tuple(shared), (alone,)), Filters(tuple(private), (secret,))
    is_open = not any(fields.is_private(condition) for group in filters.groups for condition in group)
    opened, secret_groups = (filters.groups, ()) if is_open else ((), filters.groups)
    return Filters(tuple(shared), opened), Filters(tuple(private), secret_groups)


def _kind(values: pd.Series, definition: Property | None) -> Kind:
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype | pd.BooleanDtype):
        return "choice"
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "instant"
    if dtype.kind == "M":
        return "date"
    if pd.api.types.is_numeric_dtype(dtype):
        return "number"
    return "multiple" if definition is not None and definition.is_multiple else "text"

"""The pseudo-property `associations.{objectType}` of search: records that are linked with given ones.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hubspot.sandbox import answers
from hubspot.sandbox.associations import links_of
from hubspot.sandbox.columns import Mask
from hubspot.sandbox.conditions import read_operands
from hubspot.sandbox.lookup import find_rows
from hubspot.sandbox.objects import object_type
from hubspot.sandbox.tables import Table
from hubspot.sandbox.wire import Call

PREFIX = "associations."
OPERATORS = ("EQ", "IN")


@dataclass(frozen=True, slots=True)
class Linked:
    """A condition on links, resolved: the rows that pass."""

    rows: tuple[int, ...]


def read_linked(call: Call, table: Table, given: Mapping[str, Any]) -> Linked | None:
    """Read a filter over the records linked with some ids, None for a filter over a real property.

    Raises Refusal for an unknown object type and for operators other than EQ and IN.
    """
    name, operator = str(given.get("propertyName")), given.get("operator")
    if not name.startswith(PREFIX):
        return None
    if operator not in OPERATORS:
        raise answers.invalid(f"Only {' and '.join(OPERATORS)} work on {PREFIX}*.")
    target = object_type(name.removeprefix(PREFIX))
    found = find_rows(call.place.table(target), read_operands(given, str(operator)), archived=False)
    links = links_of(call.place.portal, (target, table.object_type))
    return Linked(tuple({row for peer in found.values() if peer is not None for row, _ in links(peer)}))


def linked_mask(table: Table, each: Linked) -> Mask:
    """Return which rows pass."""
    mask = np.zeros(len(table.ids), dtype=bool)
    mask[list(each.rows)] = True
    return mask

"""Records by id, or by another property whose values are unique."""

from collections.abc import Iterable

import numpy as np

from hubspot.sandbox import answers
from hubspot.sandbox.conditions import Filter, Index, filter_mask
from hubspot.sandbox.definitions import Definition
from hubspot.sandbox.paging import is_number
from hubspot.sandbox.tables import Table


def find_rows(table: Table, texts: Iterable[str], *, id_property: str = "", archived: bool) -> dict[str, int | None]:
    """Return the row of each text, None where there is no such record, live or `archived`.

    Raises Refusal where `id_property` is not a property with unique values.
    """
    wanted = dict.fromkeys(texts)
    found = _by_id(table, wanted) if id_property in {"", "hs_object_id"} else _by_value(table, wanted, id_property)
    return {
        text: row if row is not None and (row in table.archived_at) is archived else None for text, row in found.items()
    }


def _by_id(table: Table, texts: Iterable[str]) -> dict[str, int | None]:
    return {text: table.row_of(int(text)) if is_number(text) else None for text in texts}


def _by_value(table: Table, texts: Iterable[str], name: str) -> dict[str, int | None]:
    """Return rows by a unique value; case does not matter. A value that two records share leads to the older one.

    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
    """
    lowered = {text: text.strip().lower() for text in texts}
    each = Filter(_unique(table, name), "IN", tuple(filter(None, lowered.values())))
    rows = np.flatnonzero(filter_mask(table, Index(table.overlay, frozenset()), each)).tolist() if each.operands else []
    by_value = {(table.text(name, row) or "").lower(): row for row in reversed(rows) if row not in table.gone}
    return {text: by_value.get(value) for text, value in lowered.items()}


def _unique(table: Table, name: str) -> Definition:
    definition = table.definitions.get(name)
    if definition is None or not definition.unique:
        raise answers.invalid(f"'{name[:60]}' is not a unique property of {table.object_type}.")
    return definition

"""Search.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from hubspot.sandbox import answers
from hubspot.sandbox.answers import JSON, Answer
from hubspot.sandbox.columns import Coded, Joined, Mask, Moments, Numbers, Rows
from hubspot.sandbox.conditions import Filter, Floats, Index, filter_mask, read_filter, read_number
from hubspot.sandbox.crm import table_of
from hubspot.sandbox.definitions import Definition
from hubspot.sandbox.linked import Linked, linked_mask, read_linked
from hubspot.sandbox.paging import is_number, next_page, read_limit, read_texts
from hubspot.sandbox.records import shape
from hubspot.sandbox.tables import Table
from hubspot.sandbox.wire import Call

LARGEST_PAGE = 200
FURTHEST = 10_000
MOST_GROUPS, MOST_FILTERS_A_GROUP, MOST_FILTERS = 5, 6, 18
LONGEST_QUERY = 3000
# The properties `query` looks at, as far as this portal defines them.
QUERIED = {
    "contacts": (
        "firstname",
        "lastname",
        "email",
        "phone",
        "hs_additional_emails",
        "fax",
        "mobilephone",
        "company",
        "hs_marketable_until_renewal",
    ),
    "companies": ("website", "phone", "name", "domain"),
    "deals": ("dealname", "pipeline", "dealstage", "description", "dealtype"),
}
DIRECTIONS = ("ASCENDING", "DESCENDING")
Condition: TypeAlias = Filter | Linked


def search(call: Call) -> Answer:
    """Answer a page of the records that match, with their total."""
    table, asked = table_of(call), call.json()
    limit = read_limit(_text(asked.get("limit")), default=10, largest=LARGEST_PAGE)
    start = _read_offset(asked.get("after"))
    if start + limit > FURTHEST:
        raise answers.invalid(f"Paging through search results is limited to {FURTHEST} records.")
    rows = _matching(call, table, asked)
    chosen = shape(table, read_texts(asked.get("properties")))
    records = call.place.renderer.records(table, rows[start : start + limit], chosen)
    paging = b""
    if start + limit < len(rows):
        paging = b',"paging":' + next_page(call, str(start + limit))
    return Answer(200, b'{"total":%d,"results":[%b]%b}' % (len(rows), b",".join(records), paging), JSON)


def _text(given: object) -> str | None:
    return None if given is None else str(given)


def _read_offset(given: object) -> int:
    text = str(given or "0")
    if not is_number(text) or int(text) > FURTHEST:
        raise answers.invalid("Invalid value for 'after'.")
    return int(text)


def _matching(call: Call, table: Table, asked: dict[str, Any]) -> Rows:
    """Return the rows that match, in the order asked for; by default the oldest comes first."""
    index = _index(table, call.now - call.sandbox.config.index_lag_ms)
    groups = _read_groups(call, table, asked)
    query = asked.get("query") or ""
    if not isinstance(query, str) or len(query) > LONGEST_QUERY:
        raise answers.invalid(f"'query' must be a text of at most {LONGEST_QUERY} characters.")
    mask = _live(table, index)
    if groups:
        mask &= np.logical_or.reduce([_group_mask(table, index, group) for group in groups])
    for word in query.lower().split():
        mask &= _query_mask(table, index, word)
    return _sorted(table, np.flatnonzero(mask), asked.get("sorts"))


def _index(table: Table, seen_until: int) -> Index:
    overlay: dict[int, Mapping[str, str | None]] = dict(table.overlay)
    visible: dict[int, bool] = {}
    # The log is in order of time, so the first change the index has not seen tells what it still sees of a row.
    for change in table.log:
        if change.at > seen_until and change.row not in visible:
            visible[change.row] = change.visible
            overlay[change.row] = change.values or {}
    return Index(overlay, frozenset(row for row, shown in visible.items() if not shown))


def _live(table: Table, index: Index) -> Mask:
    mask = np.zeros(len(table.ids), dtype=bool)
    mask[table.rows(archived=False)[0]] = True
    mask[list(index.hidden)] = False
    return mask


def _read_groups(call: Call, table: Table, asked: dict[str, Any]) -> list[list[Condition]]:
    given = asked.get("filterGroups") or ([{"filters": asked["filters"]}] if asked.get("filters") else [])
    if not isinstance(given, list) or not all(isinstance(group, dict) for group in given):
        raise answers.invalid("Invalid input JSON: 'filterGroups' must be a list of objects.")
    groups = [[_read_condition(call, table, each) for each in _filters(group)] for group in given]
    if len(groups) > MOST_GROUPS or sum(map(len, groups)) > MOST_FILTERS:
        raise answers.invalid(f"Too many filters: at most {MOST_GROUPS} groups and {MOST_FILTERS} filters are allowed.")
    if any(len(group) > MOST_FILTERS_A_GROUP for group in groups):
        raise answers.invalid(f"Too many filters in a group: at most {MOST_FILTERS_A_GROUP} are allowed.")
    return groups


def _filters(group: dict[str, Any]) -> list[object]:
    filters = group.get("filters") or []
    if not isinstance(filters, list):
        raise answers.invalid("Invalid input JSON: 'filters' must be a list of objects.")
    return filters


def _read_condition(call: Call, table: Table, given: object) -> Condition:
    if not isinstance(given, dict):
        raise answers.invalid("Invalid input JSON: a filter must be an object.")
    return read_linked(call, table, given) or read_filter(table, given)


def _group_mask(table: Table, index: Index, group: Sequence[Condition]) -> Mask:
    mask = np.ones(len(table.ids), dtype=bool)
    for each in group:
        mask &= linked_mask(table, each) if isinstance(each, Linked) else filter_mask(table, index, each)
    return mask


def _query_mask(table: Table, index: Index, word: str) -> Mask:
    def test(text: str | None) -> bool:
        lowered = (text or "").lower()
        return lowered.startswith(word) or any(part.startswith(word) for part in re.findall(r"[\w@.\-]+", lowered))

    names = filter(table.has, QUERIED[table.object_type])
    mask = np.zeros(len(table.ids), dtype=bool)
    for name in names:
        found = np.zeros(len(table.ids), dtype=bool)
        column = table.column(name)
        if isinstance(column, Coded | Joined):
            found[: table.size] = column.where(test)
        for row, values in index.overlay.items():
            if name in values:
                found[row] = test(values[name])
        mask |= found
    return mask


def _sorted(table: Table, rows: Rows, sorts: object) -> Rows:
    if not sorts:
        return rows
    if not isinstance(sorts, list) or len(sorts) > 1:
        raise answers.invalid("Only one sort is allowed.")
    name, down = _read_sort(sorts[0])
    definition = table.definitions.get(name)
    if definition is None:
        raise answers.invalid(f"There was a problem with the request: property {name!r} does not exist.")
    if name == "hs_object_id":
        return rows[::-1] if down else rows
    keys = _sort_keys(table, definition)[rows]
    return rows[np.argsort(-keys if down else keys, kind="stable")]


def _read_sort(given: object) -> tuple[str, bool]:
    """Return a property name and whether it sorts downwards; HubSpot also takes a bare name, or one after a minus."""
    if not isinstance(given, dict):
        name = str(given)
        return name.removeprefix("-"), name.startswith("-")
    direction = given.get("direction") or DIRECTIONS[0]
    if direction not in DIRECTIONS:
        raise answers.invalid(f"Invalid sort direction. Known: {', '.join(DIRECTIONS)}.")
    return str(given.get("propertyName")), direction == "DESCENDING"


def _sort_keys(table: Table, definition: Definition) -> Floats:
    """Return a number for every row by which rows sort; rows without a value come last in both directions."""
    keys = np.full(len(table.ids), np.nan)
    column = table.column(definition.name)
    if isinstance(column, Moments | Numbers):
        keys[: table.size] = column.numbers
    if definition.is_number:
        for row, values in table.overlay.items():
            if definition.name in values:
                keys[row] = read_number(values[definition.name])
        return keys
    return _text_keys(table, definition.name)


def _text_keys(table: Table, name: str) -> Floats:
    column = table.column(name)
    keys = np.full(len(table.ids), np.nan)
    drawn = column.texts if isinstance(column, Coded | Joined) else []
    changed = {row: values[name] for row, values in table.overlay.items() if name in values}
    ordered = sorted({text for text in (*drawn, *changed.values()) if text})
    rank = {text: float(number) for number, text in enumerate(ordered)}
    if isinstance(column, Coded):
        keys[: table.size] = np.array([rank.get(text or "", math.nan) for text in drawn])[column.codes]
    else:
        keys[: table.size] = [rank.get(text or "", math.nan) for text in drawn]
    for row, text in changed.items():
        keys[row] = rank.get(text or "", math.nan)
    return keys

"""Records: a page of them, one, or a batch.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis
"""

from collections.abc import Sequence

import numpy as np

from hubspot.sandbox import answers
from hubspot.sandbox.answers import JSON, Answer
from hubspot.sandbox.associations import inline
from hubspot.sandbox.batches import batch_answer, read_inputs
from hubspot.sandbox.columns import Rows
from hubspot.sandbox.history import histories
from hubspot.sandbox.lookup import find_rows
from hubspot.sandbox.objects import object_type
from hubspot.sandbox.paging import (
    cursor,
    is_number,
    next_page,
    read_after,
    read_limit,
    read_names,
    read_texts,
    wants_archived,
)
from hubspot.sandbox.records import shape
from hubspot.sandbox.tables import Table
from hubspot.sandbox.wire import Call

LARGEST_PAGE = 100
LARGEST_BATCH = 100
# Histories are long, so that pages and batches with them hold half as many records.
LARGEST_WITH_HISTORY = 50
HISTORY = "propertiesWithHistory"


def table_of(call: Call) -> Table:
    """Return the records a path is about."""
    return call.place.table(object_type(call.request.path_params["object_type"]))


def list_records(call: Call) -> Answer:
    """Answer one page of records in ascending order of id."""
    table, query = table_of(call), call.request.query_params
    history = read_names(call, HISTORY)
    limit = read_limit(query.get("limit"), default=10, largest=LARGEST_WITH_HISTORY if history else LARGEST_PAGE)
    archived = wants_archived(call)
    rows, ids = table.rows(archived=archived)
    start = int(np.searchsorted(ids, read_after(call, query["after"]))) if "after" in query else 0
    chosen = shape(table, [*read_names(call, "properties"), *history])
    records = call.place.renderer.records(table, rows[start : start + limit], chosen, archived=archived)
    if history or "associations" in query:
        records = _widened(call, table, rows[start : start + limit], records, history=history)
    if start + limit >= len(rows):
        return Answer(200, b'{"results":[%b]}' % b",".join(records), JSON)
    after = cursor(call, int(ids[start + limit - 1]) + 1)
    return Answer(200, b'{"results":[%b],"paging":%b}' % (b",".join(records), next_page(call, after)), JSON)


def _widened(call: Call, table: Table, rows: Rows, records: list[bytes], *, history: Sequence[str]) -> list[bytes]:
    """Add to records what few requests ask for: histories, and links unless the records are archived."""
    path, names = call.request.scope["path"], call.request.path_params
    end = f"/{names['record_id']}" if "record_id" in names else "/"
    collection = f"{call.base_url}{path.removeprefix(call.request.scope.get('root_path', '')).removesuffix(end)}"
    links = None if wants_archived(call) else inline(call, table, rows.tolist(), collection=collection)
    pasts = histories(table, rows.tolist(), list(dict.fromkeys(filter(table.has, history)))) if history else None
    for more in (pasts, links):
        if more is not None:
            pairs = zip(records, more, strict=True)
            records = [b"%b,%b}" % (record[:-1], member) if member else record for record, member in pairs]
    return records


def get_record(call: Call) -> Answer:
    """Answer one record by id, or by the property `idProperty`; a merged-away id leads to the record that survived."""
    table, archived, text = table_of(call), wants_archived(call), call.request.path_params["record_id"]
    id_property = call.request.query_params.get("idProperty", "")
    (row,) = find_rows(table, [text], id_property=id_property, archived=archived).values()
    if row is None:
        raise _no_record(text, is_id=not id_property)
    history = read_names(call, HISTORY)
    rows = np.array([row])
    chosen = shape(table, [*read_names(call, "properties"), *history])
    records = call.place.renderer.records(table, rows, chosen, archived=archived)
    return Answer(200, _widened(call, table, rows, records, history=history)[0], JSON)


def _no_record(text: str, *, is_id: bool) -> answers.Refusal:
    if is_id and not is_number(text):
        # Recorded: https://github.com/HubSpot/hubspot-api-nodejs/issues/669
        message = "Object not found.  objectId are usually numeric."
        return answers.error(404, message, "OBJECT_NOT_FOUND", context={"id": [text]})
    return answers.not_found(category="OBJECT_NOT_FOUND")


def batch_read(call: Call) -> Answer:
    """Answer records by id or by `idProperty`: 200, or 207 with an error for the ids that do not exist."""
    table, asked = table_of(call), call.json()
    history = read_texts(asked.get(HISTORY))
    archived = wants_archived(call)
    inputs = read_inputs(asked, LARGEST_WITH_HISTORY if history else LARGEST_BATCH)
    id_property = str(asked.get("idProperty") or "")
    found = find_rows(table, [each["id"] for each in inputs], id_property=id_property, archived=archived)
    rows = np.array(list(dict.fromkeys(row for row in found.values() if row is not None)), dtype=np.int64)
    chosen = shape(table, [*read_texts(asked.get("properties")), *history])
    records = call.place.renderer.records(table, rows, chosen, archived=archived)
    if history:
        records = _widened(call, table, rows, records, history=history)
    return batch_answer(records, started=call.now, missing=[text for text, row in found.items() if row is None])

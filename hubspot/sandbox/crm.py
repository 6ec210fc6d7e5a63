"""The CRM endpoints: list, record, batch read, associations, properties, owners, account details.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis
"""

import base64
import binascii
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson

from hubspot.sandbox import answers
from hubspot.sandbox.answers import JSON, Answer
from hubspot.sandbox.portal import Link
from hubspot.sandbox.records import PEERS, iso, shape
from hubspot.sandbox.tables import Table
from hubspot.sandbox.wire import Call

OBJECTS = {
    **dict.fromkeys(("contacts", "contact", "0-1"), "contacts"),
    **dict.fromkeys(("companies", "company", "0-2"), "companies"),
}
LARGEST_PAGE = 100
LARGEST_BATCH = 100
LARGEST_ASSOCIATION_BATCH = 1000
LARGEST_OWNER_PAGE = 500
CURSOR_MARK = b"sandbox:"
# Type ids of a contact's link to its company and back: primary, and unlabelled.
# Source: https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
LINK_TYPES = {"contacts": (1, 279), "companies": (2, 280)}


def object_type(name: str) -> str:
    """Return the object type a path names; raises Refusal for one this sandbox does not have."""
    if name not in OBJECTS:
        raise answers.error(400, f"Unable to infer object type from: {name}")
    return OBJECTS[name]


def table_of(call: Call) -> Table:
    """Return the records a path is about."""
    return call.place.portal.tables[object_type(call.request.path_params["object_type"])]


def list_records(call: Call) -> Answer:
    """Answer one page of records in ascending order of id."""
    table, query = table_of(call), call.request.query_params
    limit = read_limit(query.get("limit"), default=10, largest=LARGEST_PAGE)
    archived = query.get("archived") == "true"
    rows, ids = table.rows(archived=archived)
    start = int(np.searchsorted(ids, _read_after(call, query.get("after")))) if "after" in query else 0
    chosen = shape(table, _names(call, "properties"), associated=_associated(call, table))
    records = call.place.renderer.records(table, rows[start : start + limit], chosen, archived=archived)
    if start + limit >= len(rows):
        return Answer(200, b'{"results":[%b]}' % b",".join(records), JSON)
    after = _cursor(call, int(ids[start + limit - 1]) + 1)
    return Answer(200, b'{"results":[%b],"paging":%b}' % (b",".join(records), next_page(call, after)), JSON)


def _read_after(call: Call, after: str | None) -> int:
    text = after or ""
    if call.sandbox.config.cursor == "opaque":
        try:
            text = base64.urlsafe_b64decode(text.encode()).removeprefix(CURSOR_MARK).decode("ascii")
        except (binascii.Error, UnicodeError):
            text = ""
    if not text.isdecimal() or len(text) > 18:
        raise answers.invalid("Invalid value for parameter 'after'.")
    return int(text)


def _cursor(call: Call, next_id: int) -> str:
    if call.sandbox.config.cursor == "opaque":
        return base64.urlsafe_b64encode(CURSOR_MARK + b"%d" % next_id).decode()
    return str(next_id)


def next_page(call: Call, after: str) -> bytes:
    """Return the `paging` member that leads to the next page."""
    request = call.request
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    query = "&".join(f"{name}={value}" for name, value in [*others, ("after", after)])
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return orjson.dumps({"next": {"after": after, "link": f"{call.base_url}{path}?{query}"}})


def read_limit(text: str | None, *, default: int, largest: int) -> int:
    """Return how many records a page holds; raises Refusal for anything but 1 to `largest`."""
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= largest:
        raise answers.invalid(f"Invalid value for parameter 'limit': {text[:20]}. It must be between 1 and {largest}.")
    return int(text)


def _names(call: Call, parameter: str) -> list[str]:
    """Return the names of a list parameter, written with commas or repeated."""
    given = call.request.query_params.getlist(parameter)
    return [name for text in given for name in text.split(",") if name]


def _associated(call: Call, table: Table) -> str:
    peer = PEERS[table.object_type]
    return peer if peer in {OBJECTS.get(name) for name in _names(call, "associations")} else ""


def get_record(call: Call) -> Answer:
    """Answer one record by id; a merged-away id leads to the record that survived."""
    table = table_of(call)
    archived = call.request.query_params.get("archived") == "true"
    row = _visible_row(table, call.request.path_params["record_id"], archived=archived)
    if row is None:
        raise answers.not_found(category="OBJECT_NOT_FOUND")
    chosen = shape(table, _names(call, "properties"), associated=_associated(call, table))
    return Answer(200, call.place.renderer.records(table, np.array([row]), chosen, archived=archived)[0], JSON)


def _visible_row(table: Table, text: str, *, archived: bool) -> int | None:
    row = table.row_of(int(text)) if text.isdecimal() and len(text) <= 18 else None
    return row if row is not None and (row in table.archived_at) is archived else None


def batch_read(call: Call) -> Answer:
    """Answer records by id: 200, or 207 with an error for the ids that do not exist."""
    started = iso(call.now)
    table, asked = table_of(call), call.json()
    archived = call.request.query_params.get("archived") == "true"
    ids = read_inputs(asked, LARGEST_BATCH)
    found = {text: _visible_row(table, text, archived=archived) for text in dict.fromkeys(ids)}
    rows = list(dict.fromkeys(row for row in found.values() if row is not None))
    chosen = shape(table, read_texts(asked.get("properties")))
    records = call.place.renderer.records(table, np.array(rows, dtype=np.int64), chosen, archived=archived)
    missing = [text for text, row in found.items() if row is None]
    return _batch_answer(b",".join(records), started, _missing(missing))


def _missing(ids: list[str]) -> list[dict[str, Any]]:
    if not ids:
        return []
    return [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some objects, they may be deleted or not exist. Check that ids are valid.",
            "errors": [],
            "links": {},
            "context": {"ids": ids},
        }
    ]


def _batch_answer(results: bytes, started: str, errors: list[dict[str, Any]]) -> Answer:
    completed = iso(time.time_ns() // 1_000_000)
    trouble = {"numErrors": len(errors), "errors": errors} if errors else {}
    rest = orjson.dumps({"startedAt": started, "completedAt": completed, **trouble})
    return Answer(207 if errors else 200, b'{"status":"COMPLETE","results":[%b],%b' % (results, rest[1:]), JSON)


def read_inputs(asked: dict[str, Any], largest: int) -> list[str]:
    """Return the ids of a batch request; raises Refusal where there are too many or one is not an id."""
    inputs = asked.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(each, dict) and "id" in each for each in inputs):
        raise answers.invalid("Invalid input JSON: 'inputs' must be a list of objects with an 'id'.")
    if len(inputs) > largest:
        raise answers.invalid(f"The number of inputs in a single batch request must not exceed {largest}.")
    return [str(each["id"]) for each in inputs]


def read_texts(given: object) -> list[str]:
    """Return a list of strings from a request body, empty where there is none; raises Refusal for anything else."""
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise answers.invalid("Invalid input JSON: a list of strings is expected.")
    return list(given)


def read_associations(call: Call) -> Answer:
    """Answer the links of up to 1,000 records; records without links are absent.

    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
    """
    started = iso(call.now)
    origin = object_type(call.request.path_params["from_type"])
    if object_type(call.request.path_params["to_type"]) != PEERS[origin]:
        raise answers.invalid("This sandbox links contacts with companies only.")
    portal = call.place.portal
    links_of = portal.companies_of if origin == "contacts" else portal.contacts_of
    ids = list(dict.fromkeys(read_inputs(call.json(), LARGEST_ASSOCIATION_BATCH)))
    rows = {text: _visible_row(portal.tables[origin], text, archived=False) for text in ids}
    linked = [(text, links_of(row)) for text, row in rows.items() if row is not None]
    results = b",".join(orjson.dumps(_links(call, origin, text, links)) for text, links in linked if links)
    return _batch_answer(results, started, _missing([text for text, row in rows.items() if row is None]))


def _links(call: Call, origin: str, record_id: str, links: Sequence[Link]) -> dict[str, Any]:
    peers = call.place.portal.tables[PEERS[origin]]
    first, plain = LINK_TYPES[origin]
    unlabelled = {"category": "HUBSPOT_DEFINED", "typeId": plain, "label": None}
    labelled = {"category": "HUBSPOT_DEFINED", "typeId": first, "label": "Primary"}
    return {
        "from": {"id": record_id},
        "to": [
            {
                "toObjectId": int(peers.ids[row]),
                "associationTypes": [labelled, unlabelled] if is_primary else [unlabelled],
            }
            for row, is_primary in links
        ],
    }


def list_properties(call: Call) -> Answer:
    """Answer all property definitions of an object type; there are no archived ones."""
    if call.request.query_params.get("archived") == "true":
        return answers.json_answer({"results": []})
    definitions = table_of(call).definitions.values()
    return answers.json_answer({"results": [definition.wire() for definition in definitions]})


def get_property(call: Call) -> Answer:
    """Answer one property definition."""
    name = call.request.path_params["name"]
    definition = table_of(call).definitions.get(name)
    if definition is None:
        raise answers.not_found(f"Property {name} does not exist", "OBJECT_NOT_FOUND")
    return answers.json_answer(definition.wire())


def list_owners(call: Call) -> Answer:
    """Answer a page of owners, active or deactivated ones."""
    query = call.request.query_params
    limit = read_limit(query.get("limit"), default=100, largest=LARGEST_OWNER_PAGE)
    owners = call.place.facts.owner_records(archived=query.get("archived") == "true")
    if query.get("email"):
        owners = [owner for owner in owners if owner["email"] == query["email"]]
    after = query.get("after", "0")
    if not after.isdecimal():
        raise answers.invalid("Invalid value for parameter 'after'.")
    # The cursor is the position of the next owner, as opaque to clients as any.
    start = int(after)
    results = orjson.dumps(owners[start : start + limit])
    if start + limit >= len(owners):
        return Answer(200, b'{"results":%b}' % results, JSON)
    return Answer(200, b'{"results":%b,"paging":%b}' % (results, next_page(call, str(start + limit))), JSON)


def get_owner(call: Call) -> Answer:
    """Answer one owner by id."""
    archived = call.request.query_params.get("archived") == "true"
    wanted = call.request.path_params["owner_id"]
    owner = next((o for o in call.place.facts.owner_records(archived=archived) if o["id"] == wanted), None)
    if owner is None:
        raise answers.not_found(category="OBJECT_NOT_FOUND")
    return answers.json_answer(owner)


def account_details(call: Call) -> Answer:
    """Answer the account's details."""
    return answers.json_answer(call.place.facts.details(datetime.fromtimestamp(call.now / 1000, UTC)))

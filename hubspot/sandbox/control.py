"""Control: what a test asks of the sandbox itself. HubSpot has nothing like it; an app never mounts it."""

from collections.abc import Iterator

import numpy as np
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from hubspot.sandbox import answers
from hubspot.sandbox.answers import Answer, Refusal
from hubspot.sandbox.edits import edit
from hubspot.sandbox.oauth import SCOPES
from hubspot.sandbox.portal import Portal
from hubspot.sandbox.records import encoded, iso
from hubspot.sandbox.tables import Table
from hubspot.sandbox.wire import Call, Place, Sandbox

TRUTH_PIECE = 1000


def issue_token(call: Call) -> Answer:
    """Answer POST /sandbox/token: a grant without the consent page.

    The body may name `account` (0 or 1), `user_id` and `scopes`; by default the first account's user grants all.
    """
    asked = call.json()
    facts = _place(call.sandbox, asked.get("account", 0)).facts
    wanted = tuple(asked.get("scopes", SCOPES))
    scopes = tuple(scope for scope in wanted if scope not in facts.unavailable_scopes)
    user_id = int(asked.get("user_id", facts.user_id))
    grant = call.sandbox.tokens.new_grant(hub_id=facts.hub_id, user_id=user_id, scopes=scopes)
    return answers.json_answer(call.sandbox.tokens.issue(grant, call.now))


def _place(sandbox: Sandbox, number: object) -> Place:
    """Return a portal by its number or its hub id; raises Refusal for anything else."""
    places = list(sandbox.places.values())
    if isinstance(number, int) and number in sandbox.places:
        return sandbox.places[number]
    if not isinstance(number, int) or not 0 <= number < len(places):
        raise answers.invalid(f"'account' must be a number below {len(places)} or a hub id.")
    return places[number]


def show_stats(call: Call) -> Answer:
    """Answer GET /sandbox/stats."""
    sandbox = call.sandbox
    return answers.json_answer(
        {
            "requests": sandbox.stats.by_route(),
            "tokens_issued": sandbox.tokens.issued,
            "throttled": sandbox.stats.throttled(),
            "in_flight": sandbox.stats.in_flight,
            "in_flight_max": sandbox.stats.in_flight_max,
            "window_peaks": sandbox.limits.peaks(),
        }
    )


def set_faults(call: Call) -> Answer:
    """Answer POST /sandbox/faults: a list of faults that replaces all earlier ones."""
    try:
        entries = orjson.loads(call.body or b"[]")
    except orjson.JSONDecodeError:
        raise answers.invalid("A JSON list of faults is expected.") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise answers.invalid("A JSON list of faults is expected.")
    return answers.json_answer({"faults": call.sandbox.faults.set(entries)})


def edit_records(call: Call) -> Answer:
    """Answer POST /sandbox/edit: create, update, archive and merge so many records; the answer names them."""
    asked = call.json()
    portal = _place(call.sandbox, asked.get("account", 0)).portal
    object_type = asked.get("object_type", "contacts")
    if object_type not in portal.tables:
        raise answers.invalid("'object_type' must be contacts or companies.")
    numbers = {name: asked.get(name, 0) for name in ("create", "update", "archive", "merge")}
    if not all(isinstance(number, int) and number >= 0 for number in numbers.values()):
        raise answers.invalid("'create', 'update', 'archive' and 'merge' must be whole numbers.")
    return answers.json_answer(edit(portal, object_type, numbers, now=call.now))


async def truth(sandbox: Sandbox, request: Request) -> Response:
    """Answer GET /sandbox/truth?account=0: the portal as it is, one JSON object a line.

    Lines are {"kind": "record", "object_type", "id", "properties", "archived"}, {"kind": "link", "contact",
    "company", "primary"} and {"kind": "duplicate", "object_type", "ids"}.
    """
    number = request.query_params.get("account", "0")
    try:
        portal = _place(sandbox, int(number) if number.isdecimal() else number).portal
    except Refusal as refusal:
        return JSONResponse({"message": refusal.body["message"]}, refusal.status)
    return StreamingResponse(_lines(portal), media_type="application/x-ndjson")


def _lines(portal: Portal) -> Iterator[bytes]:
    for table in portal.tables.values():
        for archived in (False, True):
            yield from _record_lines(table, archived=archived)
        yield from _duplicate_lines(table)
    yield from _link_lines(portal)


def _record_lines(table: Table, *, archived: bool) -> Iterator[bytes]:
    names = tuple(table.definitions)
    keys = [orjson.dumps(name) for name in names]
    rows, _ = table.rows(archived=archived)
    for start in range(0, len(rows), TRUTH_PIECE):
        piece = rows[start : start + TRUTH_PIECE]
        for row, *record in zip(piece.tolist(), *encoded(table, piece, names), strict=True):
            fields = b",".join(b"%b:%b" % pair for pair in zip(keys, record, strict=True))
            at = iso(table.archived_at[row]) if archived else None
            head = {"kind": "record", "object_type": table.object_type, "id": str(table.ids[row]), "archived": archived}
            yield orjson.dumps({**head, "archivedAt": at})[:-1] + b',"properties":{%b}}\n' % fields


def _duplicate_lines(table: Table) -> Iterator[bytes]:
    rows, _ = table.rows(archived=False)
    live = set(rows.tolist())
    for row in np.flatnonzero(table.is_twin).tolist():
        pair = [int(table.twin[row]), row]
        if live.issuperset(pair):
            ids = [str(table.ids[each]) for each in pair]
            yield orjson.dumps({"kind": "duplicate", "object_type": table.object_type, "ids": ids}) + b"\n"


def _link_lines(portal: Portal) -> Iterator[bytes]:
    rows, ids = portal.contacts.rows(archived=False)
    for row, contact in zip(rows.tolist(), ids.tolist(), strict=True):
        for company, primary in portal.companies_of(row):
            link = {"contact": str(contact), "company": str(portal.companies.ids[company]), "primary": primary}
            yield orjson.dumps({"kind": "link", **link}) + b"\n"

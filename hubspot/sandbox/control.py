"""Control: what a test asks of the sandbox itself. HubSpot has nothing like it; an app never mounts it."""

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from hubspot.sandbox import answers
from hubspot.sandbox.answers import Answer, Refusal
from hubspot.sandbox.edits import edit, read_edits
from hubspot.sandbox.oauth import SCOPES
from hubspot.sandbox.places import Place
from hubspot.sandbox.truth import KINDS, truth_lines
from hubspot.sandbox.wire import Call, Sandbox


def issue_token(call: Call) -> Answer:
    """Answer POST /sandbox/token: a grant without the consent page.

    The body may name `account` (0 or 1), `user_id` and `scopes`; by default the first account's user grants all.
    """
    asked = call.json()
    facts = _place(call.sandbox, asked.get("account", 0)).facts
    wanted = asked.get("scopes", list(SCOPES))
    if not isinstance(wanted, list) or not all(isinstance(each, str) and each in SCOPES for each in wanted):
        raise answers.invalid(f"'scopes' must be a list of these: {', '.join(SCOPES)}.")
    scopes = tuple(scope for scope in wanted if scope not in facts.unavailable_scopes)
    user_id = asked.get("user_id", facts.user_id)
    if type(user_id) is not int:
        raise answers.invalid("'user_id' must be a whole number.")
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
    """Answer POST /sandbox/edit: create, change, archive, merge and relink records; the answer names them."""
    asked = call.json()
    portal = _place(call.sandbox, asked.get("account", 0)).portal
    return answers.json_answer(edit(portal, read_edits(portal, asked), now=call.now))


async def truth(sandbox: Sandbox, request: Request) -> Response:
    """Answer GET /sandbox/truth: the portal as it is, one JSON object a line.

    The query may say whose (`account=0`), which lines (`kinds=record,duplicate,link`) and which of the properties of
    records (`properties=email,domain`).
    """
    query = request.query_params
    number, kinds = query.get("account", "0"), query.get("kinds", ",".join(KINDS)).split(",")
    properties = query["properties"].split(",") if "properties" in query else None
    try:
        portal = _place(sandbox, int(number) if number.isdecimal() else number).portal
        if not set(kinds) <= set(KINDS):
            raise answers.invalid(f"'kinds' must be a list of these: {', '.join(KINDS)}.")
    except Refusal as refusal:
        return JSONResponse({"message": refusal.body["message"]}, refusal.status)
    return StreamingResponse(truth_lines(portal, kinds, properties), media_type="application/x-ndjson")

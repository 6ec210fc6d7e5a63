"""The account itself: its details, its owners, and the pipelines of its deals."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import orjson

from hubspot.sandbox import answers
from hubspot.sandbox.answers import JSON, Answer
from hubspot.sandbox.deal_definitions import PIPELINE
from hubspot.sandbox.objects import object_type
from hubspot.sandbox.paging import next_page, read_limit, read_position, wants_archived
from hubspot.sandbox.wire import Call

LARGEST_OWNER_PAGE = 500


def account_details(call: Call) -> Answer:
    """Answer the account's details."""
    return answers.json_answer(call.place.facts.details(datetime.fromtimestamp(call.now / 1000, UTC)))


def list_owners(call: Call) -> Answer:
    """Answer a page of owners, active or deactivated ones.

    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/owners/guide
    """
    query = call.request.query_params
    limit = read_limit(query.get("limit"), default=100, largest=LARGEST_OWNER_PAGE)
    owners = call.place.facts.owner_records(archived=wants_archived(call))
    if query.get("email"):
        owners = [owner for owner in owners if owner["email"] == query["email"].lower()]
    # The cursor is the position of the next owner, as opaque to clients as any.
    start = read_position(query.get("after", "0"))
    results = orjson.dumps(owners[start : start + limit])
    if start + limit >= len(owners):
        return Answer(200, b'{"results":%b}' % results, JSON)
    return Answer(200, b'{"results":%b,"paging":%b}' % (results, next_page(call, str(start + limit))), JSON)


OWNER_KEYS: Mapping[str, Callable[[Mapping[str, object]], object]] = {
    "id": lambda owner: owner["id"],
    "userId": lambda owner: owner["userIdIncludingInactive"],
}


def get_owner(call: Call) -> Answer:
    """Answer one owner by id, or by the id of its user."""
    wanted, id_property = call.request.path_params["owner_id"], call.request.query_params.get("idProperty", "id")
    if id_property not in OWNER_KEYS:
        raise answers.invalid(f"Invalid value for parameter 'idProperty'. Known: {', '.join(OWNER_KEYS)}.")
    owners = call.place.facts.owner_records(archived=wants_archived(call))
    owner = next((each for each in owners if str(OWNER_KEYS[id_property](each)) == wanted), None)
    if owner is None:
        raise answers.not_found(category="OBJECT_NOT_FOUND")
    return answers.json_answer(owner)


def list_pipelines(call: Call) -> Answer:
    """Answer the pipelines of an object type; only deals have one here.

    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/pipelines/guide
    """
    is_deals = object_type(call.request.path_params["object_type"]) == "deals"
    return answers.json_answer({"results": [PIPELINE] if is_deals else []})


def get_pipeline(call: Call) -> Answer:
    """Answer one pipeline with its stages."""
    return answers.json_answer(_pipeline(call))


def list_stages(call: Call) -> Answer:
    """Answer the stages of a pipeline."""
    return answers.json_answer({"results": _pipeline(call)["stages"]})


def _pipeline(call: Call) -> dict[str, object]:
    names = call.request.path_params
    if object_type(names["object_type"]) != "deals" or names["pipeline_id"] != PIPELINE["id"]:
        raise answers.not_found(category="OBJECT_NOT_FOUND")
    return PIPELINE

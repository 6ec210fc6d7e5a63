"""Batch requests: their inputs, and answers that are whole (200) or lack some records (207)."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from hubspot.sandbox import answers
from hubspot.sandbox.answers import JSON, Answer
from hubspot.sandbox.records import iso

NOT_FOUND = "Could not get some objects, they may be deleted or not exist. Check that ids are valid."


def read_inputs(asked: dict[str, Any], largest: int, *, key: str = "id") -> list[dict[str, str]]:
    """Return the inputs of a batch request as texts; raises Refusal where there are too many or one lacks its key."""
    inputs = asked.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(each, dict) and _is_text(each.get(key)) for each in inputs):
        raise answers.invalid(f"Invalid input JSON: 'inputs' must be a list of objects with a '{key}'.")
    if len(inputs) > largest:
        raise answers.invalid(f"The number of inputs in a single batch request must not exceed {largest}.")
    return [{name: str(value) for name, value in each.items() if _is_text(value)} for each in inputs]


def _is_text(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def batch_answer(results: Iterable[bytes], *, started: int, missing: Sequence[str]) -> Answer:
    """Return the answer of a batch: 207 with one error that names the ids that are `missing`, else 200.

    `started` is in UTC milliseconds. HubSpot's specification of 2026-09 lists 200 only, those before it 207 as well.
    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis
    """
    errors = [_not_found(missing)] if missing else []
    rest = orjson.dumps(
        {
            "startedAt": iso(started),
            "completedAt": iso(time.time_ns() // 1_000_000),
            **({"numErrors": len(errors), "errors": errors} if errors else {}),
        }
    )
    body = b'{"status":"COMPLETE","results":[%b],%b' % (b",".join(results), rest[1:])
    return Answer(207 if errors else 200, body, JSON)


def _not_found(ids: Sequence[str]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": NOT_FOUND,
        "errors": [],
        "links": {},
        "context": {"ids": list(ids)},
    }

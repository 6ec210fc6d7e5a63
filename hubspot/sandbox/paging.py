"""What requests say about pages: limits, cursors and lists of names, and the link to the next page."""

import base64
import binascii
from urllib.parse import quote

import orjson

from hubspot.sandbox import answers
from hubspot.sandbox.wire import Call

LARGEST_CURSOR_DIGITS = 18
CURSOR_MARK = b"sandbox:"


def read_limit(text: str | None, *, default: int, largest: int) -> int:
    """Return how many records a page holds; raises Refusal for anything but 1 to `largest`."""
    if text is None:
        return min(default, largest)
    if not is_number(text) or not 1 <= int(text) <= largest:
        raise answers.invalid(f"Invalid value for parameter 'limit': {text[:20]}. It must be between 1 and {largest}.")
    return int(text)


def is_number(text: str) -> bool:
    """Tell whether a text is a whole number as ids and cursors are: ASCII digits, no sign, not too many."""
    return text.isascii() and text.isdecimal() and len(text) <= LARGEST_CURSOR_DIGITS


def read_after(call: Call, after: str) -> int:
    """Return the record id a list cursor stands for; raises Refusal for what is no cursor."""
    text = after
    if call.sandbox.config.cursor == "opaque":
        try:
            text = base64.urlsafe_b64decode(text.encode()).removeprefix(CURSOR_MARK).decode("ascii")
        except (binascii.Error, UnicodeError):
            text = ""
    return read_position(text)


def read_position(text: str) -> int:
    """Return the number a cursor is; raises Refusal for anything else."""
    if not is_number(text):
        raise answers.invalid("Invalid value for parameter 'after'.")
    return int(text)


def cursor(call: Call, next_id: int) -> str:
    """Return the cursor that leads to a record, a number or an opaque text."""
    if call.sandbox.config.cursor == "opaque":
        return base64.urlsafe_b64encode(CURSOR_MARK + b"%d" % next_id).decode()
    return str(next_id)


def next_page(call: Call, after: str) -> bytes:
    """Return the `paging` member; its link is the very address the client used, with another cursor."""
    scope = call.request.scope
    kept = [pair for pair in scope["query_string"].decode("latin-1").split("&") if pair.partition("=")[0] != "after"]
    query = "&".join([*filter(None, kept), f"after={quote(after, safe='')}"])
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return orjson.dumps({"next": {"after": after, "link": f"{call.base_url}{quote(path)}?{query}"}})


def read_names(call: Call, parameter: str) -> list[str]:
    """Return the names of a list parameter, written with commas or repeated."""
    given = call.request.query_params.getlist(parameter)
    return [name for text in given for name in text.split(",") if name]


def wants_archived(call: Call) -> bool:
    """Tell whether a request is about archived records only."""
    return call.request.query_params.get("archived", "").lower() == "true"


def read_texts(given: object) -> list[str]:
    """Return a list of strings from a request body, empty where there is none; raises Refusal for anything else."""
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise answers.invalid("Invalid input JSON: a list of strings is expected.")
    return list(given)

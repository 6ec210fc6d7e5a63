"""Bytes of an answer to values: the only place that parses what HubSpot sent.

Whatever a parser makes of a body that can't be read, the caller meets UnreadableResponse. A text that was cut within a
character is no valid Unicode: what is broken of it is read as U+FFFD, and all else letter by letter.
"""

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from hubspot.errors import UnreadableResponse

T = TypeVar("T")
NOT_JSON = "HubSpot's answer was cut off or is not JSON. Trying again usually helps."
NOT_DOCUMENTED = "HubSpot's answer is not in the form HubSpot documents. Trying again may help."
# Every escape of a JSON text, so that the backslash of another one is not taken for the beginning of a half.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"(?P<kept>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?!u[dD][89a-fA-F]).)"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
# What a parser raises: ValueError for the text (also msgspec's and orjson's errors, and a number of too many digits),
# the others for how deep it goes and for how much it holds.
_FAILURES = (ValueError, RecursionError, OverflowError, MemoryError)


def decode(content: bytes) -> Any:
    """Return the JSON of an answer. Raises UnreadableResponse."""
    return decode_as(orjson.loads, content)


def decode_verbatim(content: bytes) -> Any:
    """Return the JSON of an answer, its numbers as the text they were sent as. Raises UnreadableResponse."""
    return decode_as(lambda text: json.loads(text, parse_int=str, parse_float=str, parse_constant=str), content)


def decode_as(parse: Callable[[bytes], T], content: bytes) -> T:
    """Return what a parser makes of an answer, broken characters replaced. Raises UnreadableResponse."""
    try:
        return parse(mended(content))
    except _FAILURES:
        # Without the cause: it can quote what the answer holds.
        raise UnreadableResponse(NOT_JSON) from None


def mended(content: bytes) -> bytes:
    """Return JSON that is valid Unicode throughout, escapes included; what is valid already comes back as it is."""
    try:
        content.decode()
    except UnicodeDecodeError:
        content = content.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: found["kept"] or rb"\ufffd", content) if _HALF.search(content) else content

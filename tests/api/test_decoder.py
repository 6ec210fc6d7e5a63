import json

import pytest

from hubspot.api import decoder, protocol
from hubspot.api.oauth import read_introspection, read_token
from hubspot.api.refusals import read_error, read_oauth_error
from hubspot.errors import UnreadableResponse

READERS = (
    protocol.read_account,
    protocol.read_groups,
    protocol.read_links,
    protocol.read_owners,
    protocol.read_page,
    protocol.read_properties,
    protocol.read_raw_page,
    read_introspection,
    read_token,
    decoder.decode,
    decoder.decode_verbatim,
)
UNPARSABLE = {
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"results":' * 200_000,
    "deep and whole": b'{"results":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "cut in an escape": b'{"results":[{"id":"1\\ud8',
    "cut in a character": b'{"results":[{"id":"\xf0\x9f',
    "nothing": b"",
    "no text": bytes(range(256)),
    "utf-16": '{"results":[]}'.encode("utf-16"),
}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", UNPARSABLE.values(), ids=UNPARSABLE)
def test_whatever_no_parser_can_read_is_unreadable(read, content):
    with pytest.raises(UnreadableResponse):
        read(content)


@pytest.mark.parametrize("content", UNPARSABLE.values(), ids=UNPARSABLE)
def test_a_refusal_with_such_a_body_is_told_by_its_status(content):
    assert read_error(500, {}, content).status_code == 500
    assert read_oauth_error(400, {}, content).status_code == 400


@pytest.mark.parametrize(
    "content",
    [
        b'{"results":[],"total":' + b"9" * 5_000 + b"}",
        b'{"results":[],"paging":{"next":{"after":' + b"9" * 5_000 + b"}}}",
    ],
)
@pytest.mark.parametrize("read", [protocol.read_page, protocol.read_raw_page])
def test_a_number_of_thousands_of_digits_is_unreadable(read, content):
    with pytest.raises(UnreadableResponse):
        read(content)


def test_numbers_are_kept_to_the_digit_where_they_are_values():
    content = b'{"a":' + b"9" * 5_000 + b',"b":1.50,"c":12345678901234567890,"d":1e999}'

    assert decoder.decode_verbatim(content) == {
        "a": "9" * 5_000,
        "b": "1.50",
        "c": "12345678901234567890",
        "d": "1e999",
    }


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (rb'"Ada \ud83d"', "Ada \ufffd"),
        (rb'"\ude00 Ada"', "\ufffd Ada"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\uD83D\uDE00"', "\U0001f600"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'"\\\ud83d"', "\\\ufffd"),
        (rb'"\\\\ud83d\ud83d\n"', "\\\\ud83d\ufffd\n"),
        (rb'"\ud83d\u0041"', "\ufffdA"),
        (b'"M\xfcller"', "M\ufffdller"),
        (b'"cut \xf0\x9f\x98"', "cut \ufffd"),
        ('"Müller 😀 \ufeff"'.encode(), "Müller 😀 \ufeff"),
    ],
)
def test_what_is_broken_of_a_text_is_replaced_and_the_rest_is_kept_letter_by_letter(content, text):
    assert decoder.decode(content) == decoder.decode_verbatim(content) == text


def test_valid_json_is_not_touched():
    content = json.dumps({"name": "Müller 😀 \\ud83d"}).encode()

    assert decoder.mended(content) == content

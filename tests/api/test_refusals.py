import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot.api.refusals import read_error, read_oauth_error
from hubspot.errors import HubSpotError, MissingScopes, OAuthRefused, RateLimited, ResponseError, Unauthorized

EXPIRED = {
    "status": "error",
    "message": "The OAuth token used to make this call expired 0 second(s) ago.",
    "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
    "category": "EXPIRED_AUTHENTICATION",
}
BURST = {
    "status": "error",
    "message": "You have reached your ten_secondly_rolling limit.",
    "errorType": "RATE_LIMIT",
    "policyName": "TEN_SECONDLY_ROLLING",
}
NAMES = ["errors", "context", "requiredGranularScopes", "message", "category", "status", "error", "policyName"]
JSON = st.recursive(
    st.none() | st.booleans() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.sampled_from(NAMES), each),
)


def test_an_expired_token_is_unauthorized_with_category_and_correlation_id():
    error = read(401, EXPIRED)

    assert type(error) is Unauthorized
    assert (error.category, error.correlation_id) == ("EXPIRED_AUTHENTICATION", EXPIRED["correlationId"])
    assert EXPIRED["correlationId"] in str(error)


def test_the_530_of_a_malformed_token_is_unauthorized_too():
    assert type(read_error(530, httpx.Headers(), b"error code: 1016")) is Unauthorized


def test_a_missing_scope_is_named():
    error = read(
        403,
        {
            "category": "MISSING_SCOPES",
            "errors": [{"message": "…", "context": {"requiredGranularScopes": ["crm.objects.owners.read"]}}],
        },
    )

    assert type(error) is MissingScopes
    assert error.scopes == ("crm.objects.owners.read",)
    assert "crm.objects.owners.read" in str(error)


def test_a_block_by_the_network_is_no_missing_scope():
    assert type(read_error(403, httpx.Headers(), b"<html>Attention required</html>")) is ResponseError


@pytest.mark.parametrize(
    ("body", "policy"),
    [
        (BURST, "TEN_SECONDLY_ROLLING"),
        ({"message": "You have reached your secondly limit.", "category": "RATE_LIMITS"}, "SECONDLY"),
        ({"message": "You have reached your daily limit.", "policyName": "DAILY"}, "DAILY"),
        ({}, ""),
    ],
)
def test_a_429_tells_which_limit_was_reached(body, policy):
    error = read(429, body)

    assert type(error) is RateLimited
    assert error.policy == policy


@pytest.mark.parametrize(
    ("text", "seconds"), [("12", 12.0), ("0", 0.0), ("-1", None), ("inf", None), ("soon", None), ("", None)]
)
def test_retry_after_is_seconds_or_nothing(text, seconds):
    assert read(429, BURST, {"Retry-After": text}).retry_after == seconds


def test_the_edges_own_limit_is_a_limit():
    assert type(read_error(403, httpx.Headers(), b"error code: 1015")) is RateLimited


def test_a_migration_says_how_long_it_takes():
    assert "about 2 minutes" in str(read(477, {}, {"Retry-After": "90"}))


def test_hubspots_own_message_is_never_repeated_as_it_can_quote_a_record():
    error = read(400, {"message": "ada@lovelace.example is not valid", "category": "VALIDATION_ERROR"})

    assert "ada" not in str(error)
    assert error.category == "VALIDATION_ERROR"


def test_a_correlation_id_from_the_header_wins_and_a_strange_one_is_dropped():
    assert read(500, EXPIRED, {"X-HubSpot-Correlation-Id": "abc-1"}).correlation_id == "abc-1"
    assert read(500, {"correlationId": "a\nb"}).correlation_id == ""


@pytest.mark.parametrize("content", [b"", b"<h1>502</h1>", b'{"status":"err', b"[]", b'"x"', b"\xff\xfe"])
@pytest.mark.parametrize("status_code", [400, 401, 403, 414, 423, 429, 477, 500, 502, 524, 530])
def test_any_body_is_read_as_an_error_with_a_sentence(status_code, content):
    error = read_error(status_code, httpx.Headers(), content)

    assert error.status_code == status_code
    assert str(error).endswith(".")


@given(st.integers(400, 599), JSON)
def test_no_json_makes_reading_an_error_fail(status_code, body):
    content = json.dumps(body).encode()

    assert isinstance(read_error(status_code, httpx.Headers(), content), HubSpotError)
    assert isinstance(read_oauth_error(status_code, httpx.Headers(), content), HubSpotError)


@pytest.mark.parametrize(
    ("body", "ends_grant"),
    [
        ({"error": "invalid_grant", "status": "BAD_REFRESH_TOKEN"}, True),
        ({"status": "BAD_REFRESH_TOKEN"}, True),
        ({"error": "invalid_request", "status": "BAD_CLIENT_ID"}, False),
        ({"error": "invalid_client"}, False),
    ],
)
def test_the_token_endpoints_refusals_keep_their_codes(body, ends_grant):
    error = read_oauth_error(400, httpx.Headers(), json.dumps(body | {"message": "secret-code"}).encode())

    assert type(error) is OAuthRefused
    assert (error.error, error.status) == (body.get("error", ""), body.get("status", ""))
    assert error.ends_grant is ends_grant
    assert "secret-code" not in str(error)


@pytest.mark.parametrize(
    ("status_code", "expected"), [(429, RateLimited), (503, ResponseError), (477, ResponseError), (423, ResponseError)]
)
def test_a_passing_trouble_of_the_token_endpoint_is_no_refusal(status_code, expected):
    content = json.dumps({"error": "invalid_grant", "status": "BAD_REFRESH_TOKEN"}).encode()

    assert type(read_oauth_error(status_code, httpx.Headers(), content)) is expected


def test_a_page_of_html_at_the_token_endpoint_does_not_end_a_grant():
    assert type(read_oauth_error(403, httpx.Headers(), b"<html>")) is ResponseError


def read(status_code, body, headers=None):
    return read_error(status_code, httpx.Headers(headers or {}), json.dumps(body).encode())

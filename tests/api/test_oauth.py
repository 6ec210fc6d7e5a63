import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from hubspot.api.oauth import OAuth, Token, authorization_url, read_introspection, read_token
from hubspot.errors import OAuthRefused, RateLimited, RequestFailed, ResponseError, UnreadableResponse
from tests.answering import Answering

GRANTED = {
    "token_type": "bearer",
    "refresh_token": "na1-refresh",
    "access_token": "CN-access",
    "hub_id": 1234567,
    "user_id": 99,
    "scopes": ["oauth", "crm.objects.contacts.read"],
    "expires_in": 1800,
    "token_use": "access_token",
}


def test_the_consent_address_spells_spaces_as_percent_20():
    url = consent(scopes=("oauth", "crm.objects.contacts.read"))

    assert "scope=oauth%20crm.objects.contacts.read" in url
    assert "+" not in url


def test_the_consent_address_carries_what_was_given_and_nothing_empty():
    query = parse_qs(urlsplit(consent(optional_scopes=("crm.lists.read",), code_challenge="abc")).query)

    assert query["redirect_uri"] == ["http://localhost:8501"]
    assert query["state"] == ["a&b=c"]
    assert query["optional_scope"] == ["crm.lists.read"]
    assert (query["code_challenge"], query["code_challenge_method"]) == (["abc"], ["S256"])
    assert set(parse_qs(urlsplit(consent()).query)) == {"client_id", "redirect_uri", "scope", "state"}


def test_a_code_is_exchanged_by_form_with_id_and_secret_in_the_body():
    seen = []
    oauth = make(lambda request: seen.append(request) or httpx.Response(200, json=GRANTED))

    token = oauth.exchange_code("the-code", redirect_uri="http://localhost:8501", code_verifier="v")

    assert token == Token("CN-access", "na1-refresh", 1800, 1234567, 99, ("oauth", "crm.objects.contacts.read"))
    assert str(seen[0].url) == "https://api.example/oauth/2026-09/token"
    assert seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in seen[0].headers
    assert dict(parse_qsl(seen[0].content.decode())) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": "http://localhost:8501",
        "code_verifier": "v",
        "client_id": "id",
        "client_secret": "shh",
    }


def test_a_refresh_keeps_the_old_refresh_token_when_none_comes_back():
    oauth = make(lambda _request: httpx.Response(200, json={"access_token": "CN", "expires_in": 60}))

    assert oauth.refresh("na1-old").refresh_token == "na1-old"


def test_a_rotated_refresh_token_replaces_the_old_one():
    assert make(lambda _request: httpx.Response(200, json=GRANTED)).refresh("na1-old").refresh_token == "na1-refresh"


def test_secrets_stay_out_of_the_repr():
    token = read_token(json.dumps(GRANTED).encode())
    person = read_introspection(b'{"active":true,"user":"ada@lovelace.example"}')

    assert not any(secret in f"{token!r}{person!r}" for secret in ("CN-access", "na1-refresh", "ada"))


def test_introspection_tells_whose_token_it_is():
    answer = {
        "active": True,
        "hub_id": 1,
        "user_id": 2,
        "user": "a@b.example",
        "hub_domain": "b.example",
        "scopes": ["oauth"],
    }
    seen = []
    oauth = make(lambda request: seen.append(request) or httpx.Response(200, json=answer))

    found = oauth.introspect("CN-access")

    assert (found.active, found.hub_id, found.user_id, found.user, found.scopes) == (
        True,
        1,
        2,
        "a@b.example",
        ("oauth",),
    )
    assert seen[0].url.path.endswith("/token/introspect")


def test_an_unknown_token_is_only_not_active():
    found = make(lambda _request: httpx.Response(200, json={"active": False})).introspect("CN-gone")

    assert not found.active
    assert found.hub_id is None


def test_revoking_sends_the_refresh_token_in_the_body():
    seen = []
    make(lambda request: seen.append(request) or httpx.Response(200)).revoke("na1-refresh")

    assert seen[0].url.path == "/oauth/2026-09/token/revoke"
    assert seen[0].url.query == b""
    assert dict(parse_qsl(seen[0].content.decode()))["token"] == "na1-refresh"


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(400, json={"error": "invalid_grant", "status": "BAD_REFRESH_TOKEN"}), OAuthRefused),
        (httpx.Response(429, headers={"Retry-After": "7"}), RateLimited),
        (httpx.Response(503, text="<h1>down</h1>"), ResponseError),
        (httpx.Response(302, headers={"Location": "https://evil.example"}), ResponseError),
        (httpx.Response(200, text="<html>"), UnreadableResponse),
        (httpx.Response(200, json={"expires_in": 1800}), UnreadableResponse),
    ],
)
def test_every_refusal_is_one_of_our_errors_after_a_single_request(response, expected):
    seen = []
    oauth = make(lambda request: seen.append(request) or response)

    with pytest.raises(expected):
        oauth.refresh("na1-refresh")
    assert len(seen) == 1


def test_a_code_is_sent_once_even_when_the_answer_is_lost(misbehaving):
    server = misbehaving(lambda connection: connection.close() or False)

    with httpx.Client(trust_env=False) as http, pytest.raises(RequestFailed):
        OAuth(http, server.url, "id", "shh").exchange_code("code", redirect_uri="http://localhost:8501")

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "hub_id", "scopes", "expires_in"),
    [
        ({}, None, (), 1800),
        ({"hub_id": "42", "scope": "oauth crm.lists.read"}, 42, ("oauth", "crm.lists.read"), 1800),
        ({"hub_id": True, "scopes": [1, "oauth"], "expires_in": "60"}, None, ("oauth",), 60),
    ],
)
def test_a_token_is_read_leniently(body, hub_id, scopes, expires_in):
    token = read_token(json.dumps({"access_token": "CN"} | body).encode())

    assert (token.hub_id, token.scopes, token.expires_in) == (hub_id, scopes, expires_in)


def make(handler):
    return OAuth(httpx.Client(transport=Answering(handler)), "https://api.example", "id", "shh")


def consent(**fields):
    defaults = {"client_id": "id", "redirect_uri": "http://localhost:8501", "scopes": ("oauth",), "state": "a&b=c"}
    return authorization_url("https://app.hubspot.com/oauth/authorize", **{**defaults, **fields})


@pytest.mark.parametrize("token", ["CN\ud83d", "CN\n", "Schlüssel", "", 5, None])
def test_a_token_that_no_header_can_carry_is_unreadable(token):
    with pytest.raises(UnreadableResponse):
        read_token(json.dumps({"access_token": token}).encode())


@pytest.mark.parametrize("number", ["9" * 5_000, -5, 10**18, 1.5, True])
def test_numbers_of_a_token_that_cannot_be_count_as_missing(number):
    token = read_token(json.dumps({"access_token": "CN", "hub_id": number, "expires_in": number}).encode())

    assert (token.hub_id, token.expires_in) == (None, 1800)


def test_an_answer_of_the_token_endpoint_without_an_end_is_unreadable():
    with pytest.raises(UnreadableResponse, match="larger than any"):
        make(lambda _request: httpx.Response(200, content=bytes(2_000_000))).refresh("na1-old")

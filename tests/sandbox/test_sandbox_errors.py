"""Bodies of errors, member by member as HubSpot documents them or as they were recorded."""

import re

import pytest

CONTACTS = "/crm/objects/2026-09/contacts"
SCOPES_PAGE = "https://developers.hubspot.com/scopes"


def body_of(answer):
    """The body without what differs each time, which must be there."""
    body = answer.json()
    assert body.pop("correlationId") == answer.headers["x-hubspot-correlation-id"]
    return body


def test_no_token_and_an_unknown_one_are_told_alike(client):
    for headers in ({}, {"Authorization": "Bearer unknown"}):
        answer = client.http.get(CONTACTS, headers=headers)

        assert answer.status_code == 401
        assert body_of(answer) == {
            "status": "error",
            "message": "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can "
            "find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
            "category": "INVALID_AUTHENTICATION",
        }


def test_an_expired_token_is_told_when_it_expired(start):
    body = body_of(start(token_ttl=0).get(CONTACTS))

    (moment,) = body.pop("context")["expire time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
    assert re.fullmatch(r"The OAuth token used to make this call expired \d second\(s\) ago\.", body.pop("message"))
    assert body == {"status": "error", "category": "EXPIRED_AUTHENTICATION"}


def test_a_missing_scope_is_told_with_those_that_would_do(client):
    client.grant(scopes=["oauth"])

    assert body_of(client.get(CONTACTS)) == {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {SCOPES_PAGE}.",
        "errors": [
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": ["crm.objects.contacts.read"]},
            }
        ],
        "links": {"scopes": SCOPES_PAGE},
        "category": "MISSING_SCOPES",
    }


@pytest.mark.parametrize(
    ("path", "scopes"),
    [
        (CONTACTS, {"crm.objects.contacts.read"}),
        ("/crm/objects/2026-09/companies", {"crm.objects.companies.read"}),
        ("/crm/objects/2026-09/deals", {"crm.objects.deals.read"}),
        ("/crm/owners/2026-09", {"crm.objects.owners.read"}),
        ("/crm/pipelines/2026-09/deals", {"crm.objects.deals.read", "crm.schemas.deals.read"}),
        ("/account-info/2026-09/details", {"oauth"}),
    ],
)
def test_each_route_names_its_own_scopes_and_is_opened_by_any_of_them(client, path, scopes):
    client.grant(scopes=["crm.lists.read"])
    refused = client.get(path)

    assert set(refused.json()["errors"][0]["context"]["requiredGranularScopes"]) == scopes
    for scope in scopes:
        client.grant(scopes=[scope])
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "scope",
    [
        *(f"crm.objects.{name}.read" for name in ("contacts", "companies", "deals")),
        *(f"crm.schemas.{name}.read" for name in ("contacts", "companies", "deals")),
    ],
)
def test_any_object_or_schema_scope_opens_the_properties_of_every_object(client, scope):
    client.grant(scopes=[scope])

    for object_type in ("contacts", "companies", "deals"):
        assert client.get(f"/crm/properties/2026-09/{object_type}").status_code == 200


def test_associations_take_any_scope_of_objects(client):
    for scope, status in (("crm.objects.deals.read", 200), ("crm.schemas.contacts.read", 403)):
        client.grant(scopes=[scope])
        answer = client.post("/crm/associations/2026-09/contacts/companies/batch/read", {"inputs": []})
        assert answer.status_code == status


def test_the_three_limits_are_told_each_in_its_way(client):
    client.faults(*({"route": "list", "kind": kind} for kind in ("burst", "secondly", "daily")))
    burst, secondly, daily = (body_of(client.get(CONTACTS)) for _ in range(3))

    assert re.fullmatch(r"publicapi:[a-z-]+-calls-ten-secondly:\d+:\d+", burst.pop("groupName"))
    assert re.fullmatch(r"[0-9a-f-]{36}", daily.pop("requestId"))
    assert burst == {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "TEN_SECONDLY_ROLLING",
    }
    assert secondly == {
        "status": "error",
        "message": "You have reached your secondly limit.",
        "category": "RATE_LIMITS",
    }
    assert daily == {
        "status": "error",
        "message": "You have reached your daily limit.",
        "errorType": "RATE_LIMIT",
        "policyName": "DAILY",
    }


@pytest.mark.parametrize("kind", ["burst", "secondly", "daily"])
def test_no_429_says_when_to_come_back(client, kind):
    client.faults({"route": "list", "kind": kind})

    assert "retry-after" not in client.get(CONTACTS).headers


def test_a_url_of_8192_characters_is_the_longest(client):
    room = 8192 - len(CONTACTS) - len("properties=")

    assert client.http.get(f"{CONTACTS}?properties={'x' * room}", headers=client.headers()).status_code == 200
    assert client.http.get(f"{CONTACTS}?properties={'x' * (room + 1)}", headers=client.headers()).status_code == 414


def test_an_escaped_comma_takes_three_characters_of_the_url(client):
    names = ",".join(["hs_object_id"] * 600)

    assert client.http.get(f"{CONTACTS}?properties={names}", headers=client.headers()).status_code == 200
    escaped = names.replace(",", "%2C")
    assert client.http.get(f"{CONTACTS}?properties={escaped}", headers=client.headers()).status_code == 414


def test_refusals_of_the_token_endpoint_carry_both_vocabularies(client):
    refusals = {
        "BAD_AUTH_CODE": client.form("token", grant_type="authorization_code", code="x"),
        "BAD_REFRESH_TOKEN": client.form("token", grant_type="refresh_token", refresh_token="x"),
        "BAD_CLIENT_ID": client.form("token", client_id="x"),
        "BAD_CLIENT_SECRET": client.form("token", client_secret="x"),
        "BAD_GRANT_TYPE": client.form("token", grant_type="client_credentials"),
    }

    for status, answer in refusals.items():
        body = answer.json()
        assert answer.status_code == 400
        assert body["status"] == status
        assert body["message"] == body["error_description"]
        assert set(body) == {"status", "message", "error", "error_description"}
    assert [answer.json()["error"] for answer in refusals.values()] == [
        "invalid_grant",
        "invalid_grant",
        "invalid_request",
        "invalid_client",
        "unsupported_grant_type",
    ]

import httpx
import pytest

from hubspot.sandbox.answers import Refusal
from hubspot.sandbox.app import create_app
from hubspot.sandbox.config import CLIENT_ID
from hubspot.sandbox.tokens import Tokens, s256
from tests.sandbox.conftest import config

REDIRECT_URI = "http://localhost:8501"


def exchange(client, code, **changes):
    fields = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code": code}
    return client.form("token", **{**fields, **changes})


def refresh(client, refresh_token):
    return client.form("token", grant_type="refresh_token", refresh_token=refresh_token)


def test_allow_returns_code_and_state_to_the_app(client):
    answer = client.decide()

    assert answer["state"] == "st&te=1"
    assert answer["code"].startswith("na1-")
    assert set(answer) == {"code", "state"}


def test_deny_returns_access_denied_and_no_code(client):
    answer = client.decide(decision="deny")

    assert answer["error"] == "access_denied"
    assert answer["error_description"]
    assert set(answer) == {"error", "error_description", "state"}


def test_a_redirect_uri_with_a_query_keeps_it(client):
    answer = client.decide(redirect_uri="http://localhost:8501/?page=home")

    assert answer["page"] == "home"
    assert "code" in answer


def test_a_code_becomes_tokens_that_open_the_chosen_portal(client):
    token = exchange(client, client.decide()["code"]).json()
    client.token = token["access_token"]

    assert token["hub_id"] == 26107341
    assert token["user_id"] == 48120553
    assert token["scopes"] == ["oauth", "crm.objects.contacts.read"]
    assert token["expires_in"] == 1800
    assert token["token_type"] == "bearer"
    assert client.get("/account-info/2026-09/details").json()["portalId"] == 26107341


def test_the_second_account_is_another_portal_and_another_user(client):
    token = exchange(client, client.decide(account="44810926")["code"]).json()
    client.token = token["access_token"]

    assert token["user_id"] == 61205118
    details = client.get("/account-info/2026-09/details").json()
    assert (details["portalName"], details["timeZone"], details["companyCurrency"]) == (
        "Alder & Finch",
        "US/Eastern",
        "USD",
    )


def test_a_code_is_spent_by_its_first_use(client):
    code = client.decide()["code"]
    exchange(client, code)

    second = exchange(client, code)

    assert second.status_code == 400
    assert second.json()["status"] == "BAD_AUTH_CODE"
    assert second.json()["message"] == "missing or unknown auth code"


def test_a_code_is_bound_to_its_redirect_uri(client):
    answer = exchange(client, client.decide()["code"], redirect_uri="http://localhost:8501/")

    assert answer.json()["status"] == "BAD_REDIRECT_URI"


@pytest.mark.parametrize(
    ("verifier", "status"), [("right", None), ("wrong", "BAD_CODE_VERIFIER"), ("", "BAD_CODE_VERIFIER")]
)
def test_pkce_wants_the_verifier_of_the_challenge(client, verifier, status):
    code = client.decide(code_challenge=s256("right"), code_challenge_method="S256")["code"]

    answer = exchange(client, code, code_verifier=verifier)

    assert answer.json().get("status") == status


def test_a_verifier_for_a_code_without_a_challenge_is_refused(client):
    answer = exchange(client, client.decide()["code"], code_verifier="somebody-took-the-challenge-out")

    assert answer.json()["status"] == "BAD_CODE_VERIFIER"


@pytest.mark.parametrize("user_level", [True, False])
def test_introspection_tells_an_app_with_user_level_access(start, user_level):
    client = start(user_level=user_level)

    told = client.form("token/introspect", token=client.grant()["access_token"]).json()

    assert told["signed_access_token"]["isUserLevel"] is user_level


def test_optional_scopes_are_granted_only_where_ticked(client):
    optional = "crm.lists.read crm.schemas.contacts.read"
    code = client.decide(optional_scope=optional, granted="crm.schemas.contacts.read")["code"]

    assert exchange(client, code).json()["scopes"] == [
        "oauth",
        "crm.objects.contacts.read",
        "crm.schemas.contacts.read",
    ]


def test_an_account_without_the_subscription_drops_the_optional_scope(client):
    code = client.decide(optional_scope="crm.lists.read", granted="crm.lists.read", account="44810926")["code"]

    assert "crm.lists.read" not in exchange(client, code).json()["scopes"]


def test_a_scope_that_was_not_asked_for_is_never_granted(client):
    code = client.decide(granted="crm.objects.companies.read")["code"]

    assert "crm.objects.companies.read" not in exchange(client, code).json()["scopes"]


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://127.0.0.1:8501",
        "https://192.168.1.5/back",
        "http://example.com",
        "http://[::1]:8501",
        "https://[bad",
        "javascript:alert(1)",
        "http://localhost:8501/#part",
        "https://exämple.com",
        "https://example.com/\r\nX: 1",
        "",
    ],
)
def test_a_redirect_uri_hubspot_would_refuse_ends_on_an_error_page(client, redirect_uri):
    for answer in (client.authorize(redirect_uri=redirect_uri), posted(client, redirect_uri=redirect_uri)):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "redirect URL" in answer.text


def posted(client, **changes):
    asked = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "scope": "oauth", "decision": "allow"}
    return client.http.post("/oauth/authorize", data={**asked, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "somebody-else"},
        {"scope": "oauth crm.everything"},
        {"scope": ""},
        {"optional_scope": "nonsense"},
        {"code_challenge": "x", "code_challenge_method": "plain"},
    ],
)
def test_a_wrong_request_ends_on_an_error_page_without_callback(client, changes):
    for answer in (client.authorize(**changes), posted(client, **changes)):
        assert answer.status_code == 400
        assert "location" not in answer.headers


def test_https_redirects_are_accepted(client):
    assert client.authorize(redirect_uri="https://dashboard.example.com/").status_code == 200


def test_the_account_preselected_address_offers_one_account(client):
    page = client.http.get("/oauth/44810926/authorize", params=dict(client.authorize().request.url.params))

    assert "Alder &amp; Finch" in page.text
    assert "Northwind" not in page.text
    assert client.http.get("/oauth/1/authorize", params=dict(page.request.url.params)).status_code == 400


def test_the_token_endpoint_takes_forms_only(client):
    answer = client.http.post("/oauth/2026-09/token", json={"grant_type": "refresh_token"})

    assert answer.status_code == 415


def test_the_client_is_checked_before_anything_else(client):
    unknown = client.http.post("/oauth/2026-09/token", data={"client_id": "nobody", "grant_type": "nonsense"})
    secret = client.form("token", client_secret="wrong", grant_type="nonsense")
    kind = client.form("token", grant_type="nonsense")

    assert unknown.json() == {
        "status": "BAD_CLIENT_ID",
        "message": "missing or unknown client id",
        "error": "invalid_request",
        "error_description": "missing or unknown client id",
    }
    assert secret.json()["status"] == "BAD_CLIENT_SECRET"
    assert kind.json()["status"] == "BAD_GRANT_TYPE"


def test_a_refresh_keeps_the_refresh_token(client):
    granted = client.grant()

    renewed = refresh(client, granted["refresh_token"]).json()

    assert renewed["refresh_token"] == granted["refresh_token"]
    assert renewed["access_token"] != granted["access_token"]
    assert renewed["hub_id"] == granted["hub_id"]


def test_rotation_makes_the_old_refresh_token_useless(start):
    client = start(rotate_refresh_tokens=True)
    first = client.grant()["refresh_token"]

    second = refresh(client, first).json()["refresh_token"]

    assert second != first
    assert refresh(client, first).json() == {
        "error": "invalid_grant",
        "error_description": "refresh token is invalid, expired or revoked",
        "status": "BAD_REFRESH_TOKEN",
        "message": "refresh token is invalid, expired or revoked",
    }
    assert refresh(client, second).status_code == 200


@pytest.mark.parametrize("token", ["", "na1-", "na1-%%%", "na1-AAAA", "nonsense", "na1-" + "A" * 400])
def test_an_invented_refresh_token_is_an_invalid_grant(client, token):
    assert refresh(client, token).json()["status"] == "BAD_REFRESH_TOKEN"


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(client):
    granted = client.grant()
    client.token = granted["refresh_token"]

    assert client.get("/account-info/2026-09/details").status_code == 401
    assert refresh(client, granted["access_token"]).status_code == 400


def test_a_changed_token_is_refused(client):
    token = client.grant()["access_token"]
    client.token = token[:10] + ("A" if token[10] != "A" else "B") + token[11:]

    answer = client.get("/account-info/2026-09/details")

    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"


def test_revoking_ends_refreshes_and_lets_access_tokens_live(client):
    granted = client.grant()

    assert client.form("token/revoke", token=granted["refresh_token"]).status_code == 200
    assert refresh(client, granted["refresh_token"]).json()["status"] == "BAD_REFRESH_TOKEN"
    assert client.get("/account-info/2026-09/details").status_code == 200


def test_introspection_tells_who_and_where(client):
    granted = client.grant(scopes=["oauth"])

    access = client.form("token/introspect", token=granted["access_token"], token_type_hint="access_token").json()
    lasting = client.form("token/introspect", token=granted["refresh_token"]).json()

    assert access["active"] is True
    assert (access["hub_id"], access["user_id"]) == (26107341, 48120553)
    assert access["hub_domain"] == "northwind.example"
    assert access["user"] == "mara.lindqvist@northwind.example"
    assert access["scopes"] == ["oauth"]
    assert access["token_use"] == "access_token"
    assert 1790 <= access["expires_in"] <= 1800
    assert lasting["token_use"] == "refresh_token"
    assert "expires_in" not in lasting


def test_introspection_of_an_unknown_or_revoked_token_says_only_inactive(client):
    granted = client.grant()
    client.form("token/revoke", token=granted["refresh_token"])

    for token in ("nonsense", granted["refresh_token"]):
        assert client.form("token/introspect", token=token).json() == {"active": False}


def test_the_user_can_be_left_out_of_token_answers(start):
    client = start(include_user_id=False)
    granted = client.grant()

    assert "user_id" not in granted
    assert client.form("token/introspect", token=granted["access_token"]).json()["user_id"] == 48120553


def test_an_expired_access_token_gets_the_401_that_asks_for_a_refresh(start):
    client = start(token_ttl=0)

    answer = client.get("/account-info/2026-09/details")

    assert answer.status_code == 401
    body = answer.json()
    assert body["category"] == "EXPIRED_AUTHENTICATION"
    assert body["message"].startswith("The OAuth token used to make this call expired ")
    assert list(body["context"]) == ["expire time"]


def test_a_code_lives_for_a_minute():
    tokens = Tokens(config())
    grant = tokens.new_grant(hub_id=1, user_id=2, scopes=("oauth",))
    codes = [tokens.issue_code(grant, redirect_uri=REDIRECT_URI, challenge="", now=0) for _ in range(2)]
    forms = [{"code": code, "redirect_uri": REDIRECT_URI} for code in codes]

    assert tokens.exchange(forms[0], now=59_999)["hub_id"] == 1
    with pytest.raises(Refusal) as refused:
        tokens.exchange(forms[1], now=60_000)
    assert refused.value.body["status"] == "BAD_AUTH_CODE"


def test_an_access_token_grows_with_its_scopes(client):
    few, many = client.grant(scopes=["oauth"]), client.grant()

    assert len(many["access_token"]) > len(few["access_token"]) > 100


def test_two_users_of_one_portal_have_grants_of_their_own(client):
    first = client.grant(user_id=1, scopes=["oauth"])
    second = client.grant(user_id=2)
    client.form("token/revoke", token=first["refresh_token"])

    assert (first["hub_id"], first["user_id"], second["user_id"]) == (26107341, 1, 2)
    assert refresh(client, second["refresh_token"]).status_code == 200


def test_every_user_of_a_portal_sees_all_its_records(client):
    seen = []
    for user_id in (1, 2):
        client.grant(user_id=user_id)
        seen.append(client.walk())

    assert seen[0] == seen[1] != []


def test_tokens_outlive_a_restart_and_belong_to_their_seed(start):
    granted = start().grant()

    again, other = start(), start(seed=8)

    assert refresh(again, granted["refresh_token"]).status_code == 200
    assert refresh(other, granted["refresh_token"]).status_code == 400


def test_secrets_stay_out_of_the_configurations_repr(start):
    client = start(client_secret="hunter2", secret="swordfish")

    assert "hunter2" not in repr(client.settings)
    assert "swordfish" not in repr(client.settings)


def test_without_control_there_are_no_control_routes(serve_app):
    url = serve_app(create_app)

    for method, path in (
        ("POST", "/sandbox/token"),
        ("GET", "/sandbox/stats"),
        ("POST", "/sandbox/faults"),
        ("POST", "/sandbox/edit"),
        ("GET", "/sandbox/truth"),
    ):
        answer = httpx.request(method, url + path, trust_env=False)
        assert answer.status_code == 404
        assert answer.headers["x-hubspot-correlation-id"] == answer.json()["correlationId"]

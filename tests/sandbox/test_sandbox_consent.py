import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from hubspot.sandbox.app import create_app
from hubspot.sandbox.config import CLIENT_ID
from tests.sandbox.conftest import REDIRECT_URI

ASKED = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "scope": "oauth crm.objects.contacts.read"}


def test_the_page_shows_app_accounts_scopes_and_both_buttons(client):
    page = client.authorize(optional_scope="crm.lists.read").text

    for words in (
        "HubSpot dashboard",
        "Northwind Trading",
        "Alder &amp; Finch",
        ">Allow<",
        ">Deny<",
        "It is not HubSpot",
    ):
        assert words in page
    assert "View contacts and their properties" in page
    assert page.count('type="checkbox"') == 1
    assert page.count('type="radio"') == 2


def test_the_page_runs_nothing_loads_nothing_and_is_not_kept(client):
    answer = client.authorize()

    assert "<script" not in answer.text
    assert "http" not in answer.text.replace(f'value="{REDIRECT_URI}"', "")
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action" not in policy


def test_what_the_app_sends_is_escaped(client):
    page = client.authorize(state='"><script>alert(1)</script>').text

    assert "<script" not in page
    assert "&quot;&gt;&lt;script&gt;" in page


def test_an_error_page_escapes_what_it_names(client):
    answer = client.authorize(scope="oauth <script>alert(1)</script>")

    assert answer.status_code == 400
    assert "<script" not in answer.text


@pytest.mark.parametrize("decision", ["deny", "allow"])
def test_the_app_can_be_left_without_any_answer(client, decision):
    client.faults({"route": "decide", "kind": "silent"})
    form = {**ASKED, "account": "26107341", "decision": decision}
    assert client.authorize().status_code == 200

    silent = client.http.post("/oauth/authorize", data=form)
    told = client.http.post("/oauth/authorize", data=form)

    assert (silent.status_code, silent.headers["content-type"]) == (200, "text/html;charset=utf-8")
    assert "location" not in silent.headers
    assert "You can close this window" in silent.text
    assert told.status_code == 303


def test_an_account_that_was_not_offered_cannot_be_chosen(client):
    answer = client.http.post("/oauth/authorize", data={**ASKED, "account": "1", "decision": "allow"})

    assert answer.status_code == 400


@pytest.fixture
def mounted(serve_app):
    """Return the address of a sandbox mounted at /sample without control routes."""

    def start(**changes):
        return serve_app(create_app, wrap=lambda app: Starlette(routes=[Mount("/sample", app)]), **changes)

    return start


def test_a_mounted_sandbox_connects_and_answers_below_its_mount(mounted):
    url = mounted()
    with httpx.Client(base_url=url, trust_env=False) as http:
        page = http.get("/sample/oauth/authorize", params=ASKED)
        assert page.status_code == 200
        action = str(page.url.join("authorize")).removeprefix(url)
        assert 'action="authorize"' in page.text
        answer = http.post(action, data={**ASKED, "account": "26107341", "decision": "allow"})
        code = httpx.URL(answer.headers["location"]).params["code"]
        form = {"client_id": CLIENT_ID, "client_secret": "sandbox-client-secret", "grant_type": "authorization_code"}
        token = http.post(
            "/sample/oauth/2026-09/token", data={**form, "code": code, "redirect_uri": REDIRECT_URI}
        ).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        listed = http.get("/sample/crm/objects/2026-09/contacts", headers=headers).json()
        link = listed["paging"]["next"]["link"]
        following = http.get(link, headers=headers).json()

    assert action == "/sample/oauth/authorize"
    assert link.startswith(f"{url}/sample/crm/objects/2026-09/contacts?after=")
    assert int(following["results"][0]["id"]) > int(listed["results"][-1]["id"])


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 400)])
def test_the_pages_own_origin_is_a_redirect_uri_only_where_switched_on(mounted, allowed, status):
    url = mounted(same_origin_redirects=allowed)

    own = httpx.get(f"{url}/sample/oauth/authorize", params={**ASKED, "redirect_uri": f"{url}/"}, trust_env=False)
    other = httpx.get(
        f"{url}/sample/oauth/authorize", params={**ASKED, "redirect_uri": "http://127.0.0.1:1/"}, trust_env=False
    )

    assert own.status_code == status
    assert other.status_code == 400


@pytest.mark.parametrize(
    "redirect_uri", ["https://evil.example/", "http://localhost:1/", "https{}/", "http://127.0.0.1/", "http://[::1"]
)
def test_a_sandbox_for_its_own_origin_redirects_nowhere_else(mounted, redirect_uri):
    url = mounted(same_origin_redirects=True)
    asked = {**ASKED, "redirect_uri": redirect_uri.format(url.removeprefix("http"))}

    page = httpx.get(f"{url}/sample/oauth/authorize", params=asked, trust_env=False)
    form = {**asked, "account": "26107341", "decision": "deny"}
    answer = httpx.post(f"{url}/sample/oauth/authorize", data=form, trust_env=False)

    assert (page.status_code, answer.status_code) == (400, 400)
    assert "location" not in answer.headers


def test_mounted_control_routes_are_not_there(mounted):
    url = mounted()

    assert httpx.post(f"{url}/sample/sandbox/token", trust_env=False).status_code == 404
    assert httpx.get(f"{url}/sample/sandbox/truth", trust_env=False).status_code == 404


def test_a_body_of_megabytes_is_refused(mounted):
    url = mounted()

    answer = httpx.post(f"{url}/sample/oauth/2026-09/token", content=b"x" * 3_000_000, trust_env=False)

    assert answer.status_code == 413
    assert answer.json()["correlationId"] == answer.headers["x-hubspot-correlation-id"]

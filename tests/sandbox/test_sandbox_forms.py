"""Every form of every path: versions, type ids, old names, slashes."""

import re

import pytest

from hubspot.sandbox.paths import ROOTS

NAMES = [
    ("contacts", ("contact", "CONTACT", "CONTACTS", "Contacts", "0-1")),
    ("companies", ("company", "COMPANY", "COMPANIES", "0-2")),
    ("deals", ("deal", "DEAL", "0-3")),
]
PATHS = {
    "objects": "/contacts?limit=2&properties=email&associations=companies",
    "links": "/contacts/{id}/associations/companies",
    "typed links": "/contacts/{id}/associations/companies",
    "associations": "/contacts/companies/labels",
    "properties": "/contacts/lifecyclestage",
    "owners": "?limit=2",
    "pipelines": "/deals",
    "account": "/details",
}


def told(answer):
    """An answer without its links, which tell the form."""
    assert answer.status_code == 200, answer.text
    return re.sub(r'"link":"[^"]*"', "", answer.text)


@pytest.mark.parametrize("family", PATHS)
def test_every_form_of_a_path_answers_alike(client, family):
    record_id = client.get("/crm/objects/2026-09/contacts").json()["results"][0]["id"]
    path = PATHS[family].format(id=record_id)

    forms = [told(client.http.get(f"{root}{path}", headers=client.headers())) for root in ROOTS[family]]

    assert set(forms) == {forms[0]}


def test_batches_and_searches_have_the_same_forms(client):
    for path, body in (("batch/read", {"inputs": [{"id": "1"}]}), ("search", {"limit": 3})):
        roots = ROOTS["objects"]
        answers = [client.post(f"{root}/contacts/{path}", body) for root in roots]
        assert {answer.status_code for answer in answers} == {200 if path == "search" else 207}
        assert len({len(answer.json()["results"]) for answer in answers}) == 1
    for root in (*ROOTS["associations"], *ROOTS["typed associations"]):
        assert client.post(f"{root}/0-1/0-2/batch/read", {"inputs": []}).json()["results"] == []


@pytest.mark.parametrize("family", ["token", "tokens"])
def test_tokens_are_made_and_ended_at_every_form(client, family):
    client_fields = {"client_id": client.settings.client_id, "client_secret": client.settings.client_secret}
    for root in ROOTS[family]:
        granted = client.grant()
        if family == "token":
            form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"], **client_fields}
            answer = client.http.post(root, data=form).json()
            assert answer["refresh_token"] == granted["refresh_token"]
        else:
            form = {"token": granted["refresh_token"], **client_fields}
            assert client.http.post(f"{root}/introspect", data=form).json()["active"] is True
            assert client.http.post(f"{root}/revoke", data=form).status_code == 200
            assert client.http.post(f"{root}/introspect", data=form).json() == {"active": False}


def test_v1_describes_an_access_token_in_its_path(client):
    granted = client.grant(scopes=["oauth"])

    about = client.http.get(f"/oauth/v1/access-tokens/{granted['access_token']}").json()

    assert (about["hub_id"], about["user_id"], about["scopes"]) == (granted["hub_id"], granted["user_id"], ["oauth"])
    assert about["token_type"] == "access"
    assert client.http.get("/oauth/v1/access-tokens/nonsense").status_code == 404


@pytest.mark.parametrize(("object_type", "names"), NAMES)
def test_objects_answer_to_singular_plural_and_type_id_in_any_case(client, object_type, names):
    first = client.get(f"/crm/objects/2026-09/{object_type}", limit=1).json()["results"]

    for name in names:
        assert client.get(f"/crm/objects/2026-09/{name}", limit=1).json()["results"] == first
        assert client.get(f"/crm/properties/2026-09/{name}/createdate").status_code == 200
        assert client.search(name, limit=1).status_code == 200


@pytest.mark.parametrize("name", ["tickets", "0-5", "products", "LINE_ITEM", "quotes"])
def test_objects_that_nobody_granted_are_missing_scopes(client, name):
    for answer in (client.get(f"/crm/objects/2026-09/{name}"), client.search(name)):
        assert answer.status_code == 403
        assert answer.json()["category"] == "MISSING_SCOPES"


@pytest.mark.parametrize("root", ROOTS["objects"])
def test_the_next_link_is_the_clients_own_address_with_another_cursor(client, root):
    seen, link = [], f"{client.url}{root}/contacts?properties=email&limit=100&after=0&archived=false"
    while link:
        page = client.http.get(link, headers=client.headers()).json()
        seen += [record["id"] for record in page["results"]]
        link = page.get("paging", {}).get("next", {}).get("link")
        assert link is None or link.startswith(f"{client.url}{root}/contacts?properties=email&limit=100&archived=false")

    assert seen == [record["id"] for record in client.walk()]


def test_the_next_link_keeps_what_the_client_escaped(start):
    client = start(contacts=40, companies=0, cursor="opaque")
    seen, link = [], f"{client.url}/crm/v3/objects/contacts?limit=7&properties=email%2Ca%26b&properties=%C3%A9"
    while link:
        page = client.http.get(link, headers=client.headers()).json()
        seen += [record["id"] for record in page["results"]]
        link = page.get("paging", {}).get("next", {}).get("link")
        assert link is None or "properties=email%2Ca%26b&properties=%C3%A9&after=" in link

    assert seen == [record["id"] for record in client.walk()]


def test_the_next_link_names_the_host_the_client_used(client):
    answer = client.http.get(
        "/crm/objects/2026-09/contacts", headers={**client.headers(), "Host": "hubspot.example:8443"}
    )

    link = answer.json()["paging"]["next"]["link"]
    assert link.startswith("http://hubspot.example:8443/crm/objects/2026-09/contacts?after=")


@pytest.mark.parametrize(
    "path", ["/crm/objects/2026-09/contacts/", "/crm/v3/owners/", "/crm/properties/2026-09/contacts/"]
)
def test_a_slash_at_the_end_changes_nothing(client, path):
    assert told(client.get(path)) == told(client.get(path.rstrip("/")))


def test_an_unknown_path_is_a_404_and_a_wrong_method_a_405(client):
    for answer, status in (
        (client.get("/crm/objects/1999-01/contacts"), 404),
        (client.post("/crm/objects/2026-09/contacts"), 405),
    ):
        assert answer.status_code == status
        assert answer.json()["status"] == "error"
        assert answer.json()["correlationId"] == answer.headers["x-hubspot-correlation-id"]
    assert client.get("/crm/objects/1999-01/contacts").json()["message"] == "resource not found"

import json

import pytest

CONTACTS = "/crm/objects/2026-09/contacts"


def truth(client, **params):
    answer = client.http.get("/sandbox/truth", params=params)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_token_without_consent_grants_what_was_asked(client):
    granted = client.grant(account=1, user_id=77, scopes=["oauth"])

    assert (granted["hub_id"], granted["user_id"], granted["scopes"]) == (44810926, 77, ["oauth"])
    assert client.http.post("/sandbox/token", json={"account": 2}).status_code == 400


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"scopes": "oauth"}, "scopes"),
        ({"scopes": ["crm.everything"]}, "scopes"),
        ({"scopes": [1]}, "scopes"),
        ({"user_id": "me"}, "user_id"),
        ({"account": "first"}, "account"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_with_a_sentence(client, body, names):
    answer = client.http.post("/sandbox/token", json=body)

    assert answer.status_code == 400
    assert names in answer.json()["message"]


def test_stats_count_requests_by_route_and_status(start):
    client = start()
    client.get(CONTACTS)
    client.get(CONTACTS, limit=999)
    client.search()

    stats = client.stats()

    assert stats["requests"]["list"] == {"200": 1, "400": 1}
    assert stats["requests"]["search"] == {"200": 1}
    assert stats["tokens_issued"] == 1
    assert stats["throttled"] == 0
    assert stats["in_flight_max"] >= 1


def test_the_truth_is_what_the_wire_says(client):
    names = [each["name"] for each in client.get("/crm/properties/2026-09/contacts").json()["results"]]
    lines = truth(client)
    records = {line["id"]: line for line in lines if line["kind"] == "record" and line["object_type"] == "contacts"}

    for archived in ("false", "true"):
        for record in client.walk(properties=",".join(names), archived=archived):
            told = records.pop(record["id"])
            assert told["properties"] == record["properties"]
            assert told["archived"] is record["archived"]
            assert told["archivedAt"] == record.get("archivedAt")
    assert not records


def test_the_truth_knows_links_and_duplicates(client):
    lines = truth(client)
    primary = {line["contact"]: line["company"] for line in lines if line["kind"] == "link" and line["primary"]}
    told = {r["id"]: r["properties"]["associatedcompanyid"] for r in client.walk(properties="associatedcompanyid")}

    assert primary == {contact: company for contact, company in told.items() if company}
    people = {line["id"]: line["properties"] for line in lines if line["kind"] == "record"}
    duplicates = [line["ids"] for line in lines if line["kind"] == "duplicate" and line["object_type"] == "contacts"]
    assert duplicates
    same = [people[first]["lastname"] == people[second]["lastname"] for first, second in duplicates]
    assert sum(same) / len(same) > 0.7
    assert all(people[a]["email"] != people[b]["email"] for a, b in duplicates if people[a]["email"])


def test_the_truth_of_the_second_account_is_its_own(client):
    first = {line["id"] for line in truth(client) if line["kind"] == "record"}
    second = [line for line in truth(client, account=1) if line["kind"] == "record"]

    assert len(second) == 300 + 60
    assert first.isdisjoint(line["id"] for line in second)
    assert client.http.get("/sandbox/truth", params={"account": "x"}).status_code == 400


def test_the_truth_may_be_of_some_kinds_only(client):
    assert {line["kind"] for line in truth(client)} == {"record", "duplicate", "link"}
    assert {line["kind"] for line in truth(client, kinds="duplicate")} == {"duplicate"}
    assert client.http.get("/sandbox/truth", params={"kinds": "everything"}).status_code == 400


def test_the_truth_may_have_some_properties_only(client):
    records = truth(client, kinds="record", properties="email,name")

    told = {line["object_type"]: set(line["properties"]) for line in records}
    assert told == {"contacts": {"email"}, "companies": {"name"}}

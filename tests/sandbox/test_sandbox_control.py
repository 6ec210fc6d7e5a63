import json

import pytest

CONTACTS = "/crm/objects/2026-09/contacts"


def truth(client, **params):
    answer = client.http.get("/sandbox/truth", params=params)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def edit(client, **asked):
    answer = client.http.post("/sandbox/edit", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_token_without_consent_grants_what_was_asked(client):
    granted = client.grant(account=1, user_id=77, scopes=["oauth"])

    assert (granted["hub_id"], granted["user_id"], granted["scopes"]) == (44810926, 77, ["oauth"])
    assert client.http.post("/sandbox/token", json={"account": 2}).status_code == 400


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


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_edits_create_update_archive_and_merge(start, object_type):
    client = start()
    before = {record["id"]: record for record in client.walk(object_type)}

    done = edit(client, create=4, update=5, archive=3, merge=2, object_type=object_type)

    after = {record["id"]: record for record in client.walk(object_type)}
    merged = {each["id"] for each in done["merged"]}
    lost = {old for each in done["merged"] for old in each["from"]}
    assert set(after) == (set(before) | set(done["created"]) | merged) - set(done["archived"]) - lost
    newest = max(record["updatedAt"] for record in before.values())
    for record_id in [*done["created"], *done["updated"], *merged]:
        assert after[record_id]["updatedAt"] > newest
    untouched = set(before) - lost - set(done["archived"]) - set(done["updated"])
    assert all(after[record_id]["updatedAt"] == before[record_id]["updatedAt"] for record_id in untouched)
    archived = {record["id"] for record in client.walk(object_type, archived="true")}
    assert archived.issuperset(done["archived"])
    assert archived.isdisjoint(lost)


def test_new_records_have_higher_ids_than_all_others(start):
    client = start()
    highest = max(int(record["id"]) for record in client.walk())

    created = edit(client, create=3)["created"]

    assert [int(each) > highest for each in created] == [True] * 3
    assert [int(each) for each in created] == sorted(int(each) for each in created)


def test_a_merged_record_answers_to_its_old_ids(start):
    client = start()

    (merge,) = edit(client, merge=1)["merged"]

    for old in merge["from"]:
        record = client.get(f"{CONTACTS}/{old}", properties="hs_merged_object_ids").json()
        assert record["id"] == merge["id"]
        assert set(record["properties"]["hs_merged_object_ids"].split(";")) >= set(merge["from"])
    answer = client.post(f"{CONTACTS}/batch/read", {"inputs": [{"id": old} for old in merge["from"]]})
    assert (answer.status_code, [each["id"] for each in answer.json()["results"]]) == (200, [merge["id"]])


def test_archiving_a_company_unlinks_its_contacts_without_touching_their_modification_date(start):
    client = start()
    names = "associatedcompanyid"
    before = {record["id"]: record for record in client.walk(properties=names)}

    gone = set(edit(client, archive=120, object_type="companies")["archived"])

    after = {record["id"]: record for record in client.walk(properties=names)}
    unlinked = [key for key, record in before.items() if record["properties"][names] in gone]
    assert unlinked
    assert all(after[key]["properties"][names] is None for key in unlinked)
    assert all(after[key]["updatedAt"] == before[key]["updatedAt"] for key in after)


def test_counts_of_contacts_follow_every_edit(start):
    client = start()
    edit(client, create=20, archive=100, merge=30)
    edit(client, archive=10, merge=30, object_type="companies")

    companies = client.walk("companies", properties="num_associated_contacts", associations="contacts")

    for company in companies:
        links = company.get("associations", {"contacts": {"results": []}})["contacts"]["results"]
        assert company["properties"]["num_associated_contacts"] == str(len({link["id"] for link in links}))
    primaries = client.walk(properties="associatedcompanyid", associations="companies")
    live = {company["id"] for company in companies}
    assert {r["properties"]["associatedcompanyid"] for r in primaries} - {None} <= live


def test_the_same_edits_on_the_same_sandbox_touch_the_same_records(start):
    asked = {"create": 2, "update": 3, "archive": 2, "merge": 1}

    assert edit(start(), **asked) == edit(start(), **asked)


def test_more_edits_than_records_edit_what_there_is(start):
    client = start(contacts=5, companies=1)

    done = edit(client, update=3, archive=100, merge=5)

    assert (len(done["updated"]), len(done["archived"]), done["merged"]) == (3, 2, [])


@pytest.mark.parametrize("body", [{"object_type": "deals"}, {"create": -1}, {"update": "x"}, {"account": 5}])
def test_an_edit_that_makes_no_sense_is_refused(client, body):
    assert client.http.post("/sandbox/edit", json=body).status_code == 400

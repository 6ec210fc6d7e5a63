import json
import time
from datetime import datetime

import pytest

from hubspot.sandbox.edits import DEFAULT_PROPERTIES, Edits
from hubspot.sandbox.edits import edit as edit_directly
from tests.sandbox.drawn import portal

CONTACTS = "/crm/objects/2026-09/contacts"
STAGES = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer")


def truth(client, *kinds):
    answer = client.http.get("/sandbox/truth", params={"kinds": ",".join(kinds)} if kinds else {})
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def edit(client, **asked):
    answer = client.http.post("/sandbox/edit", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def links(client):
    return {(line["contact"], line["company"]) for line in truth(client, "link")}


def milliseconds(text):
    return round(datetime.fromisoformat(text).timestamp() * 1000)


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


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"object_type": "deals"}, "object_type"),
        ({"object_type": ["contacts"]}, "object_type"),
        ({"create": -1}, "create"),
        ({"update": "x"}, "update"),
        ({"archive": True}, "archive"),
        ({"account": 5}, "account"),
        ({"rename": 1}, "rename"),
        ({"update": 1, "properties": ["no_such_thing"]}, "no_such_thing"),
        ({"update": 1, "properties": []}, "properties"),
        ({"records": [{"id": "1", "properties": {"jobtitle": "x"}}]}, "1"),
        ({"records": [{"id": "1", "properties": {"jobtitle": 5}}]}, "properties"),
        ({"records": {"id": "1"}}, "records"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_with_a_sentence(client, body, names):
    answer = client.http.post("/sandbox/edit", json=body)

    assert answer.status_code == 400
    assert names in answer.json()["message"]


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_updates_change_the_properties_named_one_moment_after_the_other(start, object_type):
    client = start()
    names = "city,hubspot_owner_id,num_notes,createdate"
    before = {record["id"]: record for record in client.walk(object_type, properties=names)}

    done = edit(client, update=6, object_type=object_type, properties=["city", "hubspot_owner_id"])["updated"]

    after = {record["id"]: record for record in client.walk(object_type, properties=names)}
    changed = {number for number, record in after.items() if record != before[number]}
    assert changed == set(done)
    for number in done:
        assert after[number]["properties"]["city"].startswith("Edited")
        assert after[number]["properties"]["num_notes"] == before[number]["properties"]["num_notes"]
    moments = [after[number]["updatedAt"] for number in done]
    assert moments == sorted(set(moments))


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_a_bulk_update_gives_all_its_records_one_millisecond(start, object_type):
    client = start()

    done = edit(client, bulk_update=150, update=2, object_type=object_type)["bulk_updated"]

    moments = {record["id"]: record["updatedAt"] for record in client.walk(object_type)}
    assert len(set(done)) == 150
    (moment,) = {moments[number] for number in done}
    assert {number for number, each in moments.items() if each == moment} == set(done)


def test_records_take_the_values_they_are_given(start):
    client = start()
    first, second, *_ = [record["id"] for record in client.walk()]
    given = [
        {"id": first, "properties": {"jobtitle": "Baker", "email": "baker@mill.example", "phone": None}},
        {"id": second, "properties": {"jobtitle": ""}},
    ]

    assert edit(client, records=given)["changed"] == [first, second]

    names = "jobtitle,email,hs_email_domain,phone"
    told = {line["id"]: line["properties"] for line in truth(client, "record") if line["object_type"] == "contacts"}
    for number, values in ((given[0]["id"], given[0]["properties"]), (second, {"jobtitle": ""})):
        record = client.get(f"{CONTACTS}/{number}", properties=names).json()["properties"]
        assert record.items() >= values.items()
        assert told[number].items() >= values.items()
    assert told[first]["hs_email_domain"] == "mill.example"


def test_a_contact_that_is_given_a_company_is_linked_with_it_first_of_all(start):
    client = start()
    linked = next(line for line in truth(client, "link") if line["primary"])
    (company, *_) = [each["id"] for each in client.walk("companies") if each["id"] != str(linked["company"])]
    contact = str(linked["contact"])

    edit(client, records=[{"id": contact, "properties": {"associatedcompanyid": company}}])

    after = [line for line in truth(client, "link") if str(line["contact"]) == contact]
    assert [str(line["company"]) for line in after if line["primary"]] == [company]
    assert str(linked["company"]) in {str(line["company"]) for line in after}
    record = client.get(f"{CONTACTS}/{contact}", properties="associatedcompanyid").json()["properties"]
    assert record["associatedcompanyid"] == company


def test_a_record_that_moves_to_a_stage_leaves_the_one_it_was_in(start):
    client = start()
    names = [f"hs_v2_{what}_{stage}" for stage in STAGES for what in ("date_entered", "date_exited", "latest_time_in")]
    properties = ",".join(["lifecyclestage", *names, *(f"hs_v2_cumulative_time_in_{stage}" for stage in STAGES)])
    before = {record["id"]: record["properties"] for record in client.walk(properties=properties)}
    number, old = next((n, p) for n, p in before.items() if p["lifecyclestage"] == "marketingqualifiedlead")

    for stage in ("opportunity", "marketingqualifiedlead", "lead"):
        edit(client, records=[{"id": number, "properties": {"lifecyclestage": stage}}])
        record = client.get(f"{CONTACTS}/{number}", properties=properties).json()
        now = record["properties"]
        assert now["lifecyclestage"] == stage
        assert now[f"hs_v2_date_entered_{stage}"] == record["updatedAt"]
        assert now[f"hs_v2_date_exited_{stage}"] is None

    stayed, total = (int(now[f"hs_v2_{what}_time_in_marketingqualifiedlead"]) for what in ("latest", "cumulative"))
    entered, left = (now[f"hs_v2_date_{what}_marketingqualifiedlead"] for what in ("entered", "exited"))
    assert left == record["updatedAt"]
    assert stayed == milliseconds(left) - milliseconds(entered)
    first = milliseconds(now["hs_v2_date_entered_opportunity"]) - milliseconds(
        old["hs_v2_date_entered_marketingqualifiedlead"]
    )
    assert total == stayed + first + int(old["hs_v2_cumulative_time_in_marketingqualifiedlead"] or 0)


def test_links_come_and_go_and_what_is_derived_from_them_follows(start):
    client = start()
    before = links(client)

    done = edit(client, link=20, unlink=15)

    added, taken = ({(each["contact"], each["company"]) for each in done[name]} for name in ("linked", "unlinked"))
    assert (len(added), len(taken)) == (20, 15)
    assert links(client) == (before | added) - taken
    firms = client.walk("companies", properties="num_associated_contacts")
    numbers = {firm["id"]: int(firm["properties"]["num_associated_contacts"]) for firm in firms}
    assert sum(numbers.values()) == len(links(client))


def test_a_merged_contact_keeps_both_addresses(start):
    client = start()
    before = {record["id"]: record["properties"]["email"] for record in client.walk(properties="email")}

    merged = edit(client, merge=12)["merged"]

    kept = 0
    for merge in merged:
        properties = client.get(f"{CONTACTS}/{merge['id']}", properties="email,hs_additional_emails").json()[
            "properties"
        ]
        have = {properties["email"], *(properties["hs_additional_emails"] or "").split(";")}
        assert {before[old] for old in merge["from"]} - {None, ""} <= have
        kept += all(before[old] for old in merge["from"])
    assert kept > 5


def test_a_duplicate_that_was_merged_or_archived_is_known_no_more(start):
    client = start(contacts=4000)
    pairs = [set(line["ids"]) for line in truth(client, "duplicate") if line["object_type"] == "contacts"]
    edit(client, archive=1200, merge=600)

    live = {line["id"] for line in truth(client, "record") if not line["archived"]}
    left = [set(line["ids"]) for line in truth(client, "duplicate") if line["object_type"] == "contacts"]

    assert 0 < len(left) < len(pairs)
    assert all(len(pair) == 2 and pair <= live for pair in left)


def test_records_merged_again_answer_to_all_their_old_ids(start):
    client = start(contacts=6, companies=0)
    merges = [edit(client, merge=2)["merged"] for _ in range(3)]

    (last,) = client.walk(properties="hs_merged_object_ids")[:1]
    old = {each for merged in merges for merge in merged for each in merge["from"]} & set(
        (last["properties"]["hs_merged_object_ids"] or "").split(";")
    )
    assert old
    assert all(client.get(f"{CONTACTS}/{each}").json()["id"] == last["id"] for each in old)


def test_modification_dates_never_go_back_and_are_not_in_the_future(start):
    client = start()
    moments = []
    for _ in range(4):
        edit(client, create=2, update=40, bulk_update=10, merge=2)
        moments.append(max(record["updatedAt"] for record in client.walk()))

    assert moments == sorted(set(moments))
    assert milliseconds(moments[-1]) <= time.time() * 1000


def test_one_percent_of_a_large_portal_is_edited_quickly():
    large = portal(contacts=100_000, companies=20_000)
    asked = Edits(
        create=200,
        update=300,
        bulk_update=200,
        archive=100,
        merge=100,
        link=100,
        unlink=100,
        properties=DEFAULT_PROPERTIES["contacts"],
    )
    edit_directly(large, asked, now=1_800_000_000_000)

    began = time.process_time()
    edit_directly(large, asked, now=1_800_000_000_001)

    assert time.process_time() - began < 1

"""Records by a unique property, and the history of their values."""

import pytest

CONTACTS = "/crm/objects/2026-09/contacts"
COMPANIES = "/crm/objects/2026-09/companies"
CHANGE = {"value", "timestamp", "sourceType", "sourceId"}


@pytest.fixture
def known(client):
    """A contact with an e-mail address."""
    return next(r for r in client.get(CONTACTS, limit=100).json()["results"] if r["properties"]["email"])


def test_a_contact_is_read_by_its_email_in_any_case(client, known):
    email = known["properties"]["email"]

    for written in (email, email.upper()):
        answer = client.get(f"{CONTACTS}/{written}", idProperty="email")
        assert answer.json() == known


def test_a_company_is_read_by_a_unique_property_of_the_portals_own(client):
    company = next(r for r in client.walk("companies", properties="erp_number") if r["properties"]["erp_number"])

    found = client.get(f"{COMPANIES}/{company['properties']['erp_number']}", idProperty="erp_number").json()

    assert found["id"] == company["id"]


def test_the_record_id_is_a_unique_property_too(client, known):
    assert client.get(f"{CONTACTS}/{known['id']}", idProperty="hs_object_id").json()["id"] == known["id"]


@pytest.mark.parametrize("name", ["firstname", "no_such_property", "domain"])
def test_a_property_that_is_not_unique_identifies_nothing(client, name):
    for answer in (
        client.get(f"{CONTACTS}/x", idProperty=name),
        client.post(f"{CONTACTS}/batch/read", {"idProperty": name, "inputs": [{"id": "x"}]}),
    ):
        assert answer.status_code == 400
        assert answer.json()["category"] == "VALIDATION_ERROR"
        assert name in answer.json()["message"]


def test_an_unknown_value_of_a_unique_property_is_a_404(client):
    answer = client.get(f"{CONTACTS}/nobody@nowhere.example", idProperty="email")

    assert (answer.status_code, answer.json()["category"]) == (404, "OBJECT_NOT_FOUND")


def test_without_id_property_an_email_is_no_id(client, known):
    answer = client.get(f"{CONTACTS}/{known['properties']['email']}")

    assert answer.status_code == 404
    assert answer.json()["message"] == "Object not found.  objectId are usually numeric."
    assert answer.json()["context"] == {"id": [known["properties"]["email"]]}


def test_a_batch_is_read_by_email_with_an_error_for_the_missing(client, known):
    inputs = [{"id": known["properties"]["email"]}, {"id": "nobody@nowhere.example"}]

    answer = client.post(f"{CONTACTS}/batch/read", {"idProperty": "email", "inputs": inputs})

    assert answer.status_code == 207
    assert [record["id"] for record in answer.json()["results"]] == [known["id"]]
    assert answer.json()["errors"][0]["context"] == {"ids": ["nobody@nowhere.example"]}


def test_archived_records_are_read_one_by_one_and_in_batches_only_when_asked_for(client):
    record = client.walk(archived="true")[0]
    body = {"inputs": [{"id": record["id"]}]}

    assert client.get(f"{CONTACTS}/{record['id']}").status_code == 404
    assert client.get(f"{CONTACTS}/{record['id']}", archived="true").json()["archivedAt"] == record["archivedAt"]
    assert client.post(f"{CONTACTS}/batch/read", body).status_code == 207
    assert client.post(f"{CONTACTS}/batch/read", body, archived="true").json()["results"][0]["id"] == record["id"]


def test_a_history_begins_with_the_value_now(client):
    names = "jobtitle,lifecyclestage"
    for record in client.walk(limit=50, propertiesWithHistory=names):
        assert set(record["propertiesWithHistory"]) == {"jobtitle", "lifecyclestage"}
        for name, changes in record["propertiesWithHistory"].items():
            assert [change["value"] for change in changes][:1] == [record["properties"][name]][: len(changes)]
            assert bool(changes) is bool(record["properties"][name])
            assert all(set(change) == CHANGE for change in changes)
            moments = [change["timestamp"] for change in changes]
            assert moments == sorted(moments, reverse=True)


def test_stages_a_record_went_through_are_in_its_history(client):
    records = client.walk(limit=50, propertiesWithHistory="lifecyclestage")

    assert max(len(record["propertiesWithHistory"]["lifecyclestage"]) for record in records) > 2


def test_every_edit_adds_to_a_history(start):
    client = start(contacts=3, companies=0)
    before = {r["id"]: r for r in client.walk(properties="jobtitle")}
    for _ in range(2):
        assert client.http.post("/sandbox/edit", json={"update": 3}).status_code == 200

    for record in client.walk(limit=50, propertiesWithHistory="jobtitle", properties="jobtitle"):
        values = [change["value"] for change in record["propertiesWithHistory"]["jobtitle"]]
        first = before[record["id"]]["properties"]["jobtitle"]
        assert values[0] == record["properties"]["jobtitle"]
        assert len(values) == (3 if first else 2)
        assert values[2:] == ([first] if first else [])


def test_a_history_comes_in_batches_and_with_one_record(client, known):
    body = {"propertiesWithHistory": ["email"], "inputs": [{"id": known["id"]}]}

    one = client.get(f"{CONTACTS}/{known['id']}", propertiesWithHistory="email").json()
    (batched,) = client.post(f"{CONTACTS}/batch/read", body).json()["results"]

    assert one["propertiesWithHistory"]["email"][0]["value"] == known["properties"]["email"]
    assert batched == one


def test_pages_and_batches_with_history_hold_fifty(client):
    inputs = [{"id": record["id"]} for record in client.get(CONTACTS, limit=51).json()["results"]]

    assert client.get(CONTACTS, limit=50, propertiesWithHistory="email").status_code == 200
    assert client.get(CONTACTS, limit=51, propertiesWithHistory="email").status_code == 400
    for number, status in ((50, 200), (51, 400)):
        body = {"propertiesWithHistory": ["email"], "inputs": inputs[:number]}
        assert client.post(f"{CONTACTS}/batch/read", body).status_code == status

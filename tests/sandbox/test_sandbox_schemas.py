"""Property definitions, their groups, deals, pipelines and owners by another key."""

import pytest

PROPERTIES = "/crm/properties/2026-09"
PIPELINES = "/crm/pipelines/2026-09"


@pytest.mark.parametrize("object_type", ["contacts", "companies", "deals"])
def test_every_property_lies_in_a_group_that_can_be_read(client, object_type):
    groups = {each["name"]: each for each in client.get(f"{PROPERTIES}/{object_type}/groups").json()["results"]}
    definitions = client.get(f"{PROPERTIES}/{object_type}").json()["results"]

    assert {definition["groupName"] for definition in definitions} == set(groups)
    for name, group in groups.items():
        assert client.get(f"{PROPERTIES}/{object_type}/groups/{name}").json() == group
        assert group["label"]


def test_an_unknown_property_or_group_is_a_404(client):
    for path in ("contacts/nothing", "contacts/groups/nothing"):
        answer = client.get(f"{PROPERTIES}/{path}")
        assert (answer.status_code, answer.json()["category"]) == (404, "OBJECT_NOT_FOUND")
    assert client.get(f"{PROPERTIES}/unicorns").status_code == 400


def test_definitions_are_read_by_name_with_an_error_for_the_missing(client):
    body = {"inputs": [{"name": "email"}, {"name": "nothing"}], "archived": False}

    answer = client.post(f"{PROPERTIES}/contacts/batch/read", body)

    assert answer.status_code == 207
    assert answer.json()["results"] == [client.get(f"{PROPERTIES}/contacts/email").json()]
    assert answer.json()["errors"][0]["context"] == {"ids": ["nothing"]}


def test_there_are_no_archived_and_no_sensitive_properties(client):
    for params in ({"archived": "true"}, {"dataSensitivity": "sensitive"}, {"dataSensitivity": "highly_sensitive"}):
        assert client.get(f"{PROPERTIES}/contacts", **params).json() == {"results": []}
    assert client.get(f"{PROPERTIES}/contacts", dataSensitivity="odd").status_code == 400


def test_every_definition_comes_in_one_answer_without_paging(client):
    answer = client.get(f"{PROPERTIES}/contacts", limit=1).json()

    assert set(answer) == {"results"}
    assert len(answer["results"]) > 60


def test_deals_are_listed_searched_and_read_like_other_records(client):
    deals = client.walk("deals")
    found = client.search("deals", query="order", limit=1).json()
    batch = client.post("/crm/objects/2026-09/0-3/batch/read", {"inputs": [{"id": deals[0]["id"]}]}).json()

    assert len(deals) > 50
    assert found["total"] == len(deals)
    assert batch["results"] == [deals[0]]
    assert set(deals[0]["properties"]) == {
        *("dealname", "amount", "closedate", "pipeline", "dealstage"),
        *("createdate", "hs_lastmodifieddate", "hs_object_id"),
    }
    assert deals[0]["url"].endswith(f"/record/0-3/{deals[0]['id']}")


def test_every_deal_is_in_a_stage_of_its_pipeline(client):
    (pipeline,) = client.get(f"{PIPELINES}/deals").json()["results"]
    stages = {stage["id"]: stage for stage in pipeline["stages"]}

    for deal in client.walk("deals", properties="pipeline,dealstage,hs_is_closed,hs_deal_stage_probability"):
        values = deal["properties"]
        assert values["pipeline"] == pipeline["id"] == "default"
        assert values["hs_is_closed"] == stages[values["dealstage"]]["metadata"]["isClosed"]
        assert values["hs_deal_stage_probability"] == stages[values["dealstage"]]["metadata"]["probability"]


def test_pipelines_answer_whole_one_by_one_and_by_stage(client):
    (pipeline,) = client.get(f"{PIPELINES}/deals").json()["results"]

    assert client.get(f"{PIPELINES}/0-3/default").json() == pipeline
    assert client.get(f"{PIPELINES}/deals/default/stages").json() == {"results": pipeline["stages"]}
    assert client.get(f"{PIPELINES}/deals/other").status_code == 404
    assert client.get(f"{PIPELINES}/contacts").json() == {"results": []}
    assert [stage["id"] for stage in pipeline["stages"]][-2:] == ["closedwon", "closedlost"]
    assert all(isinstance(value, str) for stage in pipeline["stages"] for value in stage["metadata"].values())


def test_an_owner_is_read_by_id_or_by_user(client):
    owner = client.get("/crm/owners/2026-09").json()["results"][0]
    path = f"/crm/owners/2026-09/{owner['userId']}"

    assert client.get(path, idProperty="userId").json() == owner
    assert client.get(path).status_code == 404
    assert client.get(path, idProperty="email").status_code == 400


def test_an_owner_is_found_by_email(client):
    owners = client.get("/crm/owners/2026-09").json()["results"]

    found = client.get("/crm/owners/2026-09", email=owners[1]["email"].upper()).json()["results"]

    assert found == [owners[1]]
    assert client.get("/crm/owners/2026-09", email="nobody@nowhere.example").json() == {"results": []}


@pytest.mark.parametrize(("limit", "status"), [(1, 200), (500, 200), (501, 400), (0, 400)])
def test_owner_pages_hold_up_to_five_hundred(client, limit, status):
    assert client.get("/crm/owners/2026-09", limit=limit).status_code == status


def test_properties_of_one_name_may_differ_in_type_between_objects(client):
    for name, contact, company in (("industry", "string", "enumeration"), ("annualrevenue", "string", "number")):
        assert client.get(f"{PROPERTIES}/contacts/{name}").json()["type"] == contact
        assert client.get(f"{PROPERTIES}/companies/{name}").json()["type"] == company

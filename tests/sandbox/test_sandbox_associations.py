import pytest

from tests.sandbox.conftest import running

CONTACTS = "/crm/objects/2026-09/contacts"
COMPANIES = "/crm/objects/2026-09/companies"
BATCH = "/crm/associations/2026-09"


@pytest.fixture(scope="module")
def crowded():
    """A portal whose companies have hundreds of contacts each."""
    with running(contacts=1200, companies=4) as client:
        yield client


@pytest.fixture(scope="module")
def crowd(crowded):
    """The company with most contacts, and the ids of those contacts, as search tells them."""
    companies = crowded.walk("companies", properties="num_associated_contacts")
    company = max(companies, key=lambda record: int(record["properties"]["num_associated_contacts"]))["id"]
    return company, searched(crowded, "contacts", f"associations.company={company}")


def searched(client, object_type, condition, operator="EQ"):
    name, _, value = condition.partition("=")
    operand = {"values": value.split(",")} if operator == "IN" else {"value": value}
    filters = [{"propertyName": name, "operator": operator, **operand}]
    ids, after = [], "0"
    while True:
        page = client.search(object_type, filterGroups=[{"filters": filters}], limit=200, after=after).json()
        ids += [record["id"] for record in page["results"]]
        if "paging" not in page:
            return ids
        after = page["paging"]["next"]["after"]


def follow(client, link):
    return client.http.get(link, headers=client.headers()).json()


def read(client, origin, target, *inputs):
    answer = client.post(f"{BATCH}/{origin}/{target}/batch/read", {"inputs": list(inputs)})
    assert answer.status_code in {200, 207}, answer.text
    return answer.json()


def test_a_batch_gives_a_hundred_links_and_a_cursor_to_the_rest(crowded, crowd):
    company, contacts = crowd
    pages, after = [], {}
    while True:
        (result,) = read(crowded, "companies", "contacts", {"id": company, **after})["results"]
        pages.append([str(to["toObjectId"]) for to in result["to"]])
        if "paging" not in result:
            break
        after = {"after": result["paging"]["next"]["after"]}

    assert len(contacts) > 250
    assert [len(page) for page in pages[:-1]] == [100] * (len(pages) - 1)
    assert [each for page in pages for each in page] == sorted(contacts, key=int)


def test_inline_links_past_a_hundred_lead_to_the_rest_by_link(crowded, crowd):
    company, contacts = crowd
    record = crowded.get(f"{COMPANIES}/{company}", associations="contacts").json()
    inline = record["associations"]["contacts"]
    link = inline["paging"]["next"]["link"]

    rest = follow(crowded, link)["results"]

    first = list(dict.fromkeys(each["id"] for each in inline["results"]))
    assert len(first) == 100
    assert link.startswith(f"{crowded.url}{COMPANIES}/{company}/associations/contacts?after=")
    assert first + [str(each["toObjectId"]) for each in rest] == sorted(contacts, key=int)


def test_inline_links_of_a_list_lead_on_from_the_form_the_client_used(crowded, crowd):
    company, _ = crowd
    for root in ("/crm/objects/2026-09", "/crm/objects/2026-03", "/crm/v3/objects"):
        page = crowded.get(f"{root}/companies", associations="contacts", limit=100).json()["results"]
        record = next(each for each in page if each["id"] == company)

        link = record["associations"]["contacts"]["paging"]["next"]["link"]

        assert link.startswith(f"{crowded.url}{root}/companies/{company}/associations/contacts?")
        assert follow(crowded, link)["results"]


def test_one_records_links_come_in_pages_with_a_link(crowded, crowd):
    company, contacts = crowd
    whole = crowded.get(f"{COMPANIES}/{company}/associations/contacts").json()["results"]
    first = crowded.get(f"{COMPANIES}/{company}/associations/contacts", limit=120).json()

    second = follow(crowded, first["paging"]["next"]["link"])

    assert [str(each["toObjectId"]) for each in whole] == sorted(contacts, key=int)[:500]
    assert len(first["results"]) == 120
    assert second["results"] == whole[120:240]


def test_one_records_links_at_most_500_a_page(client):
    record_id = client.get(CONTACTS).json()["results"][0]["id"]

    assert client.get(f"{CONTACTS}/{record_id}/associations/companies", limit=500).status_code == 200
    assert client.get(f"{CONTACTS}/{record_id}/associations/companies", limit=501).status_code == 400
    assert client.get(f"{CONTACTS}/12345/associations/companies").status_code == 404


def test_the_primary_link_is_labelled_beside_its_unlabelled_twin(client):
    record = next(r for r in client.walk(properties="associatedcompanyid") if r["properties"]["associatedcompanyid"])
    company = record["properties"]["associatedcompanyid"]

    (result,) = read(client, "contacts", "companies", {"id": record["id"]})["results"]
    (back,) = read(client, "companies", "contacts", {"id": company})["results"]

    (there,) = [to for to in result["to"] if str(to["toObjectId"]) == company]
    (here,) = [to for to in back["to"] if str(to["toObjectId"]) == record["id"]]
    assert there["associationTypes"] == [
        {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
        {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
    ]
    assert [kind["typeId"] for kind in here["associationTypes"]] == [2, 280]


def test_v3_names_the_types_instead(client):
    record = next(r for r in client.walk(properties="associatedcompanyid") if r["properties"]["associatedcompanyid"])
    company = record["properties"]["associatedcompanyid"]
    body = {"inputs": [{"id": record["id"]}]}

    (result,) = client.post("/crm/v3/associations/contact/company/batch/read", body).json()["results"]
    listed = client.get(f"/crm/v3/objects/contacts/{record['id']}/associations/companies").json()["results"]

    assert {"id": company, "type": "contact_to_company"} in result["to"]
    assert {"id": company, "type": "contact_to_company_unlabeled"} in result["to"]
    assert listed == result["to"]


@pytest.mark.parametrize(
    ("origin", "target", "types"),
    [
        ("contacts", "companies", {(1, "Primary"), (279, None)}),
        ("companies", "contacts", {(2, "Primary"), (280, None)}),
        ("deals", "companies", {(5, "Primary"), (341, None)}),
        ("deals", "contacts", {(3, None)}),
        ("contacts", "deals", {(4, None)}),
    ],
)
def test_the_labels_are_the_documented_types(client, origin, target, types):
    labels = client.get(f"{BATCH}/{origin}/{target}/labels").json()["results"]

    assert {(each["typeId"], each["label"]) for each in labels} == types


def test_records_without_links_are_absent_and_unknown_ones_are_errors(client):
    lonely = next(r["id"] for r in client.walk(associations="companies") if "associations" not in r)

    told = read(client, "contacts", "companies", {"id": lonely}, {"id": "12345"})

    assert told["results"] == []
    assert told["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert told["errors"][0]["context"] == {"ids": ["12345"]}


@pytest.mark.parametrize("inputs", [[{"id": "1"}] * 1001, "x", [{"after": "1"}], [{"id": None}]])
def test_a_batch_that_is_too_large_or_malformed_is_refused(client, inputs):
    answer = client.post(f"{BATCH}/contacts/companies/batch/read", {"inputs": inputs})

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_a_thousand_ids_fit_into_a_batch(client):
    ids = [record["id"] for record in client.walk()][:1000]

    assert len(read(client, "contacts", "companies", *({"id": each} for each in ids))["results"]) > 500


def test_search_finds_the_records_linked_with_one_or_several(client):
    links = {
        company["id"]: {link["id"] for link in company["associations"]["contacts"]["results"]}
        for company in client.walk("companies", associations="contacts")
        if "associations" in company
    }
    one, other = sorted(links)[:2]
    contact = min(links[one])

    assert set(searched(client, "contacts", f"associations.company={one}")) == links[one]
    assert set(searched(client, "contacts", f"associations.companies={one},{other}", "IN")) == links[one] | links[other]
    found = searched(client, "companies", f"associations.0-1={contact}")
    assert set(found) == {company for company, contacts in links.items() if contact in contacts}


def test_filters_on_links_join_other_filters(client):
    links = next(r for r in client.walk("companies", associations="contacts") if "associations" in r)
    linked = {"propertyName": "associations.company", "operator": "EQ", "value": links["id"]}
    never = {"propertyName": "createdate", "operator": "LT", "value": "1000"}

    assert client.search(filterGroups=[{"filters": [linked]}]).json()["total"] > 0
    assert client.search(filterGroups=[{"filters": [linked, never]}]).json()["total"] == 0


@pytest.mark.parametrize(
    "given",
    [
        {"propertyName": "associations.unicorn", "operator": "EQ", "value": "1"},
        {"propertyName": "associations.company", "operator": "GT", "value": "1"},
        {"propertyName": "associations.company", "operator": "EQ"},
        {"propertyName": "associations.company", "operator": "IN", "value": "1"},
    ],
)
def test_a_filter_on_links_that_makes_no_sense_is_refused(client, given):
    answer = client.search(filterGroups=[{"filters": [given]}])

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_object_types_nothing_links_to_are_ignored_inline(client):
    page = client.get(CONTACTS, associations="tickets,unicorns,deals", limit=100).json()

    assert all("associations" not in record for record in page["results"])

import re

import pytest

CONTACTS = "/crm/objects/2026-09/contacts"
COMPANIES = "/crm/objects/2026-09/companies"


def test_a_walk_by_ids_meets_every_live_record_once_in_ascending_order(client):
    ids = [int(record["id"]) for record in client.walk(limit=97)]

    assert ids == sorted(set(ids))
    assert len(ids) == 1200 - len(client.walk(archived="true"))


def test_the_cursor_is_the_lower_bound_of_the_next_page(client):
    page = client.get(CONTACTS, limit=3).json()
    last = int(page["results"][-1]["id"])

    assert page["paging"]["next"]["after"] == str(last + 1)
    assert f"after={last + 1}" in page["paging"]["next"]["link"]
    assert page["paging"]["next"]["link"].startswith(f"{client.url}{CONTACTS}?limit=3&")


def test_any_id_is_a_lower_bound_in_id_mode(client):
    ids = [int(record["id"]) for record in client.walk()]

    page = client.get(CONTACTS, limit=1, after=ids[700] - 1).json()

    assert int(page["results"][0]["id"]) == ids[700]


def test_opaque_cursors_walk_alike_and_accept_no_ids(start, client):
    opaque = start(cursor="opaque")

    assert [record["id"] for record in opaque.walk()] == [record["id"] for record in client.walk()]
    assert opaque.get(CONTACTS, after="123").status_code == 400


@pytest.mark.parametrize("after", ["abc", "-1", "", "1.5", "9" * 30])
def test_a_cursor_that_is_none_is_a_validation_error(client, after):
    answer = client.get(CONTACTS, after=after)

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("limit", ["0", "101", "x", "-5"])
def test_a_list_page_holds_one_to_a_hundred_records(client, limit):
    assert client.get(CONTACTS, limit=limit).status_code == 400
    assert len(client.get(CONTACTS).json()["results"]) == 10


def test_only_requested_properties_come_with_the_three_that_always_come(client):
    record = client.get(CONTACTS, limit=1, properties="email,no_such_property").json()["results"][0]

    assert set(record["properties"]) == {"createdate", "email", "hs_object_id", "lastmodifieddate"}
    assert record["properties"]["hs_object_id"] == record["id"]
    assert record["properties"]["createdate"] == record["createdAt"]
    assert record["properties"]["lastmodifieddate"] == record["updatedAt"]
    assert record["url"] == f"https://app.hubspot.com/contacts/26107341/record/0-1/{record['id']}"


def test_without_a_request_the_default_properties_come(client):
    contact = client.get(CONTACTS, limit=1).json()["results"][0]
    company = client.get(COMPANIES, limit=1).json()["results"][0]

    assert set(contact["properties"]) >= {"firstname", "lastname", "email"}
    assert set(company["properties"]) == {"name", "domain", "createdate", "hs_lastmodifieddate", "hs_object_id"}


def test_properties_may_be_repeated_instead_of_joined(client):
    joined = client.get(CONTACTS, properties="email,phone").json()

    repeated = client.http.get(
        CONTACTS, params=[("properties", "email"), ("properties", "phone")], headers=client.headers()
    ).json()

    assert repeated["results"] == joined["results"]


def test_a_defined_empty_property_is_null(client):
    values = {record["properties"]["phone"] for record in client.walk(properties="phone")}

    assert None in values


@pytest.mark.parametrize("name", ["contacts", "contact", "0-1"])
@pytest.mark.parametrize("root", ["/crm/objects/2026-09", "/crm/objects/2026-03", "/crm/v3/objects"])
def test_objects_answer_to_their_names_type_ids_and_versions(client, root, name):
    assert client.get(f"{root}/{name}", limit=1).json()["results"] == client.get(CONTACTS, limit=1).json()["results"]


def test_an_unknown_object_type_is_a_400(client):
    assert client.get("/crm/objects/2026-09/unicorns").json()["message"] == "Unable to infer object type from: unicorns"


def test_archived_lists_only_archived_records_with_their_time(client):
    archived = client.walk(archived="true")
    live = {record["id"] for record in client.walk()}

    assert archived
    assert all(record["archived"] is True and record["archivedAt"] >= record["createdAt"] for record in archived)
    assert live.isdisjoint(record["id"] for record in archived)


def test_inline_associations_repeat_each_id_unlabelled(client):
    linked = [r for r in client.walk(associations="companies", properties="associatedcompanyid") if "associations" in r]

    assert linked
    for record in linked:
        results = record["associations"]["companies"]["results"]
        primary = {"id": record["properties"]["associatedcompanyid"], "type": "contact_to_company"}
        at = results.index(primary)
        assert results[at + 1] == {"id": primary["id"], "type": "contact_to_company_unlabeled"}
        assert {each["type"] for each in results if each != primary} == {"contact_to_company_unlabeled"}


def test_one_record_comes_by_id_and_an_unknown_one_is_a_404(client):
    record = client.get(CONTACTS, limit=1, properties="email", associations="companies").json()["results"][0]

    assert client.get(f"{CONTACTS}/{record['id']}", properties="email", associations="companies").json() == record
    missing = client.get(f"{CONTACTS}/12345")
    assert (missing.status_code, missing.json()["category"]) == (404, "OBJECT_NOT_FOUND")


def test_a_merged_away_id_leads_to_the_record_that_survived(client):
    merged = next(
        record
        for record in client.walk(properties="hs_merged_object_ids")
        if record["properties"]["hs_merged_object_ids"]
    )
    old = merged["properties"]["hs_merged_object_ids"].split(";")[0]

    assert client.get(f"{CONTACTS}/{old}").json()["id"] == merged["id"]


def test_batch_read_answers_207_when_an_id_is_missing(client):
    ids = [record["id"] for record in client.get(CONTACTS, limit=3).json()["results"]]

    whole = client.post(f"{CONTACTS}/batch/read", {"properties": ["email"], "inputs": [{"id": each} for each in ids]})
    partial = client.post(f"{CONTACTS}/batch/read", {"inputs": [{"id": ids[0]}, {"id": "1"}]})

    assert whole.status_code == 200
    assert [record["id"] for record in whole.json()["results"]] == ids
    assert "errors" not in whole.json()
    assert partial.status_code == 207
    assert partial.json()["errors"][0]["context"] == {"ids": ["1"]}
    assert partial.json()["numErrors"] == 1


@pytest.mark.parametrize("inputs", [[{"id": "1"}] * 101, "x", [1], [{}]])
def test_a_batch_that_is_too_large_or_malformed_is_refused(client, inputs):
    assert client.post(f"{CONTACTS}/batch/read", {"inputs": inputs}).status_code == 400


def test_a_body_that_is_no_json_object_is_refused(client):
    for content in (b"{", b"[]", b"\xff"):
        answer = client.http.post(f"{CONTACTS}/batch/read", content=content, headers=client.headers())
        assert answer.status_code == 400


def test_associations_are_the_same_from_both_sides(client):
    contacts = [record["id"] for record in client.walk()]
    there = associations(client, "contacts", "companies", contacts[:1000])
    companies = sorted({company for links in there.values() for company, _ in links})
    back = associations(client, "companies", "contacts", companies)

    forward = {(contact, company, primary) for contact, links in there.items() for company, primary in links}
    backward = {(contact, company, primary) for company, links in back.items() for contact, primary in links}
    assert forward <= backward
    assert {each for each in backward if each[0] in there} == forward
    assert {primary for _, _, primary in forward} == {True, False}


def associations(client, origin, target, ids):
    body = {"inputs": [{"id": each} for each in ids]}
    answer = client.post(f"/crm/associations/2026-09/{origin}/{target}/batch/read", body).json()
    return {
        result["from"]["id"]: [
            (str(to["toObjectId"]), any(kind["label"] == "Primary" for kind in to["associationTypes"]))
            for to in result["to"]
        ]
        for result in answer["results"]
    }


def test_the_number_of_contacts_on_a_company_is_the_number_of_its_links(client):
    companies = client.walk("companies", properties="num_associated_contacts", associations="contacts")

    for company in companies:
        links = company.get("associations", {"contacts": {"results": []}})["contacts"]["results"]
        assert company["properties"]["num_associated_contacts"] == str(len({link["id"] for link in links}))


def test_owners_come_in_pages_and_deactivated_ones_apart(client):
    first = client.get("/crm/owners/2026-09/", limit=4).json()
    second = client.get("/crm/owners/2026-09", limit=4, after=first["paging"]["next"]["after"]).json()
    archived = client.get("/crm/owners/2026-09", archived="true").json()["results"]

    assert len(first["results"]) + len(second["results"]) == 6
    assert "paging" not in second
    assert len(archived) == 2
    assert all(owner["archived"] and "userId" not in owner for owner in archived)
    assert client.get(f"/crm/owners/2026-09/{first['results'][0]['id']}").json() == first["results"][0]


def test_the_custom_stage_and_the_renamed_one_are_in_the_definition(client):
    stage = client.get("/crm/properties/2026-09/contacts/lifecyclestage").json()
    labels = {option["value"]: option["label"] for option in stage["options"]}

    assert labels["evangelist"] == "Affiliate"
    assert labels["51439524"] == "Former customer"
    assert len(labels) == 9


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_every_defined_property_can_be_read(client, object_type):
    definitions = client.get(f"/crm/properties/2026-09/{object_type}").json()["results"]
    names = [definition["name"] for definition in definitions]

    record = client.get(f"/crm/objects/2026-09/{object_type}", limit=1, properties=",".join(names)).json()["results"][0]

    assert set(record["properties"]) == set(names)
    assert sum(not definition["hubspotDefined"] for definition in definitions) == 6


def test_owner_properties_refer_to_owners(client):
    owner = client.get("/crm/properties/2026-09/contacts/hubspot_owner_id").json()

    assert (owner["externalOptions"], owner["referencedObjectType"], owner["options"]) == (True, "OWNER", [])


def test_a_url_beyond_8_kilobytes_is_a_414_in_html(client):
    answer = client.get(CONTACTS, properties="x" * 9000)

    assert answer.status_code == 414
    assert "<h1>414 Request-URI Too Large</h1>" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "scopes"),
    [
        (CONTACTS, ["oauth", "crm.objects.companies.read"]),
        (COMPANIES, ["oauth", "crm.objects.contacts.read"]),
        ("/crm/owners/2026-09", ["oauth"]),
        ("/crm/properties/2026-09/contacts", ["oauth"]),
        ("/account-info/2026-09/details", ["crm.objects.contacts.read"]),
    ],
)
def test_a_missing_scope_is_a_403_that_names_what_would_do(client, path, scopes):
    client.grant(scopes=scopes)

    answer = client.get(path)

    assert answer.status_code == 403
    assert answer.json()["category"] == "MISSING_SCOPES"
    required = answer.json()["errors"][0]["context"]["requiredGranularScopes"]
    assert required
    assert set(required).isdisjoint(scopes)


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic abc", "Bearer CNxx"])
def test_no_or_an_unknown_token_is_a_401(client, authorization):
    answer = client.http.get(CONTACTS, headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"


@pytest.mark.parametrize("path", [CONTACTS, "/nowhere", f"{CONTACTS}/1", "/oauth/authorize"])
def test_every_answer_carries_a_correlation_id(client, path):
    answer = client.get(path)

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.headers["x-hubspot-correlation-id"])


def test_answers_carry_a_trace_of_their_own(client):
    traces = [client.get(CONTACTS, limit=1).headers["x-trace"], client.search(limit=1).headers["x-trace"]]

    assert traces[0] != traces[1]
    assert all(re.fullmatch(r"2B[0-9A-F]{32}", trace) for trace in traces)


def test_an_error_body_carries_the_correlation_id_of_its_header(client):
    answer = client.get(f"{CONTACTS}/1")

    assert answer.json()["correlationId"] == answer.headers["x-hubspot-correlation-id"]


def test_account_details_name_zone_and_currency(client):
    details = client.get("/account-info/2026-09/details").json()

    assert (details["timeZone"], details["companyCurrency"]) == ("Europe/Berlin", "EUR")
    assert details["utcOffset"] in {"+01:00", "+02:00"}
    assert details["utcOffsetMilliseconds"] in {3_600_000, 7_200_000}


def test_a_portal_without_records_answers_empty_pages(start):
    client = start(contacts=0, companies=0)

    assert client.walk() == []
    assert client.walk("companies", archived="true") == []
    assert client.search(query="anna").json() == {"total": 0, "results": []}


def test_a_portal_of_one_contact_and_no_company_works(start):
    client = start(contacts=1, companies=0)
    names = [each["name"] for each in client.get("/crm/properties/2026-09/contacts").json()["results"]]

    (record,) = client.walk(properties=",".join(names), associations="companies")

    assert "associations" not in record

import json

import httpx
import pytest

from hubspot.api import crm
from hubspot.errors import UnreadableResponse
from hubspot.portal import Owner


def test_a_list_asks_for_names_with_raw_commas_and_quotes_the_cursor(make_client):
    portal = Portal(page())

    crm.list_page(make_client(portal), "contacts", properties=("email", "hs_object_id"), after="NTI1Cg%3D=")

    assert portal.queries == [
        "limit=100&archived=false&properties=email,hs_object_id&after=NTI1Cg%253D%3D",
    ]
    assert portal.paths == ["/crm/objects/2026-09/contacts"]


def test_records_are_walked_through_all_pages_once(make_client):
    portal = Portal(page(1, 2, after="3"), page(3, after="opaque="), page(9))

    pages = crm.iter_pages(make_client(portal), "companies", properties=())

    assert [each["id"] for found in pages for each in found.results] == ["1", "2", "3", "9"]
    assert len(portal.queries) == 3


def test_a_repeated_cursor_ends_the_walk_instead_of_turning_round(make_client):
    portal = Portal(page(1, after="2"), page(2, after="2"), page(2, after="2"))

    with pytest.raises(UnreadableResponse):
        list(crm.iter_pages(make_client(portal), "contacts", properties=()))


def test_owners_are_read_over_all_pages_archived_or_not(make_client):
    portal = Portal(
        {"results": [{"id": "1"}], "paging": {"next": {"after": "1"}}}, {"results": [{"id": "2", "archived": True}]}
    )

    found = crm.owners(make_client(portal), archived=True)

    assert found == (Owner("1"), Owner("2", archived=True))
    assert portal.queries == ["limit=100&archived=true", "limit=100&archived=true&after=1"]


def test_a_search_posts_filters_sort_and_cursor_in_its_own_lane(make_client):
    portal = Portal(page(5) | {"total": 12})
    client = make_client(portal)
    created = {"propertyName": "createdate", "operator": "GTE", "value": "1000"}

    found = crm.search_page(client, "contacts", filters=[created], properties=("email",), descending=True, after="200")

    assert found.total == 12
    assert portal.bodies == [
        {
            "filterGroups": [{"filters": [created]}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "DESCENDING"}],
            "properties": ["email"],
            "limit": 200,
            "after": "200",
        }
    ]
    assert client.limiter.wait("list").used == 1


def test_raw_pages_are_asked_for_like_others_with_a_permit_taken_before(make_client):
    portal = Portal(page(5) | {"total": 12}, page(7))
    client = make_client(portal)
    above = {"propertyName": "hs_object_id", "operator": "GTE", "value": "5"}
    search, listing = client.permit("search"), client.permit("list")

    found = crm.search_raw(client, "contacts", groups=[[above]], properties=("email",), after=400, permit=search)
    listed = crm.list_raw(client, "contacts", properties=("email",), after="6", permit=listing)

    assert (found.ids, found.total) == ((5,), 12)
    assert portal.bodies[0] == {
        "filterGroups": [{"filters": [above]}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": ["email"],
        "limit": 200,
        "after": "400",
    }
    assert listed.ids == (7,)
    assert portal.queries[-1] == "limit=100&archived=false&properties=email&after=6"
    assert (client.permit("search").used, client.permit("list").used) == (2, 2)


def test_a_count_is_a_search_for_one(make_client):
    portal = Portal(page(5) | {"total": 431})

    assert crm.count(make_client(portal), "contacts") == 431
    assert portal.bodies[0]["limit"] == 1


def test_a_batch_reads_by_id_and_leaves_out_what_is_gone(make_client):
    portal = Portal(page(1) | {"numErrors": 1, "errors": [{"category": "OBJECT_NOT_FOUND"}]}, status_code=207)

    found = crm.batch_read(make_client(portal), "contacts", ids=(1, 2), properties=("email",))

    assert [each["id"] for each in found] == ["1"]
    assert portal.bodies[0]["inputs"] == [{"id": "1"}, {"id": "2"}]


def test_links_are_read_over_all_pages_with_the_primary_one_marked(make_client):
    def to(record_id, *type_ids):
        kinds = [{"category": "HUBSPOT_DEFINED", "typeId": each, "label": None} for each in type_ids]
        return {"toObjectId": record_id, "associationTypes": kinds}

    portal = Portal(
        {
            "results": [
                {"from": {"id": "1"}, "to": [to(11, 2, 280), to("12", 280)], "paging": {"next": {"after": "x"}}},
                {"from": {"id": "2"}, "to": [to(13, 280)]},
            ]
        },
        {"results": [{"from": {"id": "1"}, "to": [to(14, 280)]}]},
        status_code=207,
    )
    client = make_client(portal)

    first, left = crm.links(client, "companies", "contacts", inputs=[{"id": "1"}, {"id": "2"}, {"id": "3"}])
    rest, nothing = crm.links(client, "companies", "contacts", inputs=left)

    assert first == ((1, 11, True), (1, 12, False), (2, 13, False))
    assert rest == ((1, 14, False),)
    assert nothing == []
    assert portal.bodies == [
        {"inputs": [{"id": "1"}, {"id": "2"}, {"id": "3"}]},
        {"inputs": [{"id": "1", "after": "x"}]},
    ]
    assert client.permit("associations").used == 3
    assert client.permit("list").used == 1


def test_an_account_is_read(make_client):
    portal = Portal({"portalId": 42})

    assert crm.account(make_client(portal)).hub_id == 42
    assert portal.paths == ["/account-info/2026-09/details"]


def test_properties_are_read(make_client):
    portal = Portal({"results": [{"name": "email", "label": "E-mail", "type": "string"}]})

    assert [each.label for each in crm.properties(make_client(portal), "contacts")] == ["E-mail"]
    assert portal.paths == ["/crm/properties/2026-09/contacts"]


def test_groups_of_properties_are_read(make_client):
    portal = Portal({"results": [{"name": "social", "label": "Social media"}]})

    assert crm.property_groups(make_client(portal), "companies") == {"social": "Social media"}
    assert portal.paths == ["/crm/properties/2026-09/companies/groups"]


def test_names_are_cut_where_the_url_would_become_too_long():
    names = [f"property_{number:04}" for number in range(1000)]

    fitted = crm.fitting(names)

    assert fitted == tuple(names[: len(fitted)])
    assert 4_900 < len(",".join(fitted)) <= 5_000


class Portal:
    """Answers with the bodies given, in turn, and keeps what it was asked."""

    def __init__(self, *answers, status_code=200):
        self.answers, self.status_code = list(answers), status_code
        self.paths, self.queries, self.bodies = [], [], []

    def __call__(self, request):
        self.paths.append(request.url.path)
        self.queries.append(request.url.query.decode())
        if request.content:
            self.bodies.append(json.loads(request.content))
        return httpx.Response(self.status_code, json=self.answers.pop(0))


def page(*ids, after=None):
    results = [{"id": str(each), "properties": {}} for each in ids]
    return {"results": results} | ({"paging": {"next": {"after": after}}} if after else {})

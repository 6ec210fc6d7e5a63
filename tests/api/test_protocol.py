import json

import pytest

from hubspot.api import protocol
from hubspot.errors import UnreadableResponse
from hubspot.portal import Account, Option, Owner


def test_a_page_keeps_records_as_hubspot_sends_them_and_its_cursor():
    page = protocol.read_page(body(results=[record("1", email=None)], paging={"next": {"after": "2", "link": "…"}}))

    assert page.results == (record("1", email=None),)
    assert page.after == "2"
    assert page.total is None


def test_the_last_page_has_no_cursor_and_a_search_tells_its_total():
    assert protocol.read_page(body(results=[], total=431)) == protocol.Page((), None, 431)


def test_a_numeric_cursor_becomes_text():
    assert protocol.read_page(body(results=[], paging={"next": {"after": 7}})).after == "7"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><h1>502 Bad Gateway</h1></html>",
        b'{"results":[{"id":"1","prop',
        b"null",
        b"[]",
        b"{}",
        b'{"results":{}}',
        b'{"results":[1]}',
        b'{"results":[{"id":1,"properties":{}}]}',
        b'{"results":[{"id":"one","properties":{}}]}',
        b'{"results":[{"id":"9999999999999999999","properties":{}}]}',
        b'{"results":[{"id":"1"}]}',
        b'{"results":[{"id":"1","properties":[]}]}',
    ],
)
def test_a_body_that_is_no_page_is_unreadable(content):
    with pytest.raises(UnreadableResponse):
        protocol.read_page(content)


def test_only_the_ids_of_a_raw_page_are_read():
    content = body(results=[record("33", email=None), record("7")], paging={"next": {"after": 8}}, total=431)

    assert protocol.read_raw_page(content) == protocol.RawPage(content, (33, 7), "8", 431)
    assert protocol.read_raw_page(body(results=[])) == protocol.RawPage(body(results=[]), ())


def test_a_name_cut_within_a_character_does_not_make_a_page_unreadable():
    content = b'{"results":[{"id":"5","properties":{"firstname":"\\ud83d"}}]}'

    assert protocol.read_raw_page(content).ids == (5,)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><h1>502 Bad Gateway</h1></html>",
        b'{"results":[{"id":"1","prop',
        b"null",
        b"{}",
        b'{"results":[1]}',
        b'{"results":[{"id":1}]}',
        b'{"results":[{"id":"one"}]}',
        b'{"results":[{"id":"9999999999999999999"}]}',
    ],
)
def test_a_body_that_is_no_raw_page_is_unreadable(content):
    with pytest.raises(UnreadableResponse):
        protocol.read_raw_page(content)


def test_properties_are_read_with_their_options_and_without_archived_ones():
    definitions = protocol.read_properties(
        body(
            results=[
                {
                    "name": "lifecyclestage",
                    "label": "Stage",
                    "type": "enumeration",
                    "fieldType": "radio",
                    "groupName": "contactinformation",
                    "options": [{"value": "evangelist", "label": "Affiliate", "displayOrder": 6, "hidden": True}],
                    "hubspotDefined": True,
                },
                {"name": "gone", "type": "string", "archived": True},
                {"name": "hubspot_owner_id", "type": "enumeration", "referencedObjectType": "OWNER"},
            ]
        )
    )

    assert [each.name for each in definitions] == ["lifecyclestage", "hubspot_owner_id"]
    assert definitions[0].options == (Option("evangelist", "Affiliate", 6, hidden=True),)
    assert (definitions[0].field_type, definitions[0].group) == ("radio", "contactinformation")
    assert definitions[1].label == "hubspot_owner_id"
    assert definitions[1].references == "OWNER"
    assert not definitions[1].hubspot_defined


def test_groups_are_read_in_hubspots_order_with_those_that_have_none_last():
    groups = protocol.read_groups(
        body(
            results=[
                {"name": "own", "label": "Our own", "displayOrder": -1},
                {"name": "later", "label": "", "displayOrder": 7},
                {"name": "gone", "label": "Gone", "displayOrder": 1, "archived": True},
                {"name": "unplaced", "label": "Unplaced"},
                {"name": "contactinformation", "label": "Contact information", "displayOrder": 0},
            ]
        )
    )

    assert list(groups.items()) == [
        ("contactinformation", "Contact information"),
        ("later", "later"),
        ("own", "Our own"),
        ("unplaced", "Unplaced"),
    ]


def test_owners_may_lack_every_name():
    page = protocol.read_owners(body(results=[{"id": "7", "type": "QUEUE", "firstName": None, "archived": True}]))

    assert page.results == (Owner(id="7", archived=True),)


def test_an_account_is_read_with_its_name_zone_and_currency():
    account = protocol.read_account(
        body(
            portalId=42,
            accountType="DEVELOPER_TEST",
            timeZone="US/Eastern",
            companyCurrency="EUR",
            uiDomain="app-eu1.hubspot.com",
            portalName="Northwind",
        )
    )

    assert account == Account(42, "US/Eastern", "EUR", "app-eu1.hubspot.com", "DEVELOPER_TEST", "Northwind")


def test_an_account_with_only_an_id_gets_the_defaults():
    assert protocol.read_account(body(portalId=42)) == Account(42)


@pytest.mark.parametrize(
    "host", ["evil.example", "app.hubspot.com.evil.example", "hubspot.com/@evil", "a..hubspot.com"]
)
def test_a_host_that_is_not_hubspots_never_becomes_a_link(host):
    assert protocol.read_account(body(portalId=42, uiDomain=host)).ui_domain == "app.hubspot.com"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "Europe"])
def test_an_unknown_time_zone_becomes_utc(zone):
    assert protocol.read_account(body(portalId=42, timeZone=zone)).time_zone == "UTC"


def test_an_account_without_an_id_is_unreadable():
    with pytest.raises(UnreadableResponse):
        protocol.read_account(body(timeZone="UTC"))


def body(**fields):
    return json.dumps(fields).encode()


def record(record_id, **properties):
    return {"id": record_id, "properties": properties, "archived": False}


HALF = rb"\ud83d"


def test_definitions_owners_and_accounts_with_broken_texts_are_read_with_all_their_other_letters():
    option = b'{"label":"Gr\xfcn ' + HALF + b'","value":"g ' + HALF + b'"}'
    one = b'{"results":[{"name":"a' + HALF + b'","label":"A ' + HALF + b'","options":[' + option + b"]}]}"
    (found,) = protocol.read_properties(one)
    (owner,) = protocol.read_owners(b'{"results":[{"id":"5","firstName":"Ada ' + HALF + b'"}]}').results

    assert (found.name, found.label) == ("a\ufffd", "A \ufffd")
    assert found.options == (Option("g \ufffd", "Gr\ufffdn \ufffd"),)
    assert protocol.read_groups(b'{"results":[{"name":"g","label":"' + HALF + b' G"}]}') == {"g": "\ufffd G"}
    assert owner.name == "Ada \ufffd"
    assert protocol.read_account(b'{"portalId":1,"portalName":"N\xff' + HALF + b'"}').name == "N\ufffd\ufffd"


@pytest.mark.parametrize("total", ["-5", "1", "2.5", '"2"', "true", "[]", "1e3", str(10**18), str(2**70)])
@pytest.mark.parametrize("read", [protocol.read_page, protocol.read_raw_page])
def test_a_count_that_cannot_be_is_refused(read, total):
    records = '{"id":"1","properties":{}},{"id":"2","properties":{}}'

    with pytest.raises(UnreadableResponse):
        read(f'{{"results":[{records}],"total":{total}}}'.encode())


def test_an_owner_whose_values_are_of_other_types_is_read_as_far_as_can_be():
    (owner,) = protocol.read_owners(
        b'{"results":[{"id":7,"firstName":5,"lastName":null,"email":[],"archived":"false"}]}'
    ).results

    assert owner == Owner("7")


@pytest.mark.parametrize("owner", [b"7", b"{}", b'{"id":null}', b'{"id":true}', b'{"id":1.5}', b'{"id":{}}'])
def test_an_owner_without_an_id_is_unreadable(owner):
    with pytest.raises(UnreadableResponse):
        protocol.read_owners(b'{"results":[' + owner + b"]}")


def test_options_and_flags_of_other_types_fail_nothing():
    (found,) = protocol.read_properties(
        body(results=[{"name": "a", "hidden": "no", "options": [None, 5, {"value": "x", "displayOrder": "1"}]}])
    )

    assert (found.hidden, found.options) == (False, (Option("x", "x"),))


@pytest.mark.parametrize("portal_id", [True, -5, 0, 1.5, "42", 10**18, None])
def test_an_account_whose_id_cannot_be_is_unreadable(portal_id):
    with pytest.raises(UnreadableResponse):
        protocol.read_account(body(portalId=portal_id))


@pytest.mark.parametrize("linked", [2**63, -1, "x", "٣", "9" * 5_000, 1.5, None, True])
def test_links_to_ids_that_cannot_be_are_unreadable(linked):
    with pytest.raises(UnreadableResponse):
        protocol.read_links(body(results=[{"from": {"id": "1"}, "to": [{"toObjectId": linked}]}]))

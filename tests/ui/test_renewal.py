"""The browser's id changes when somebody connects or signs out: a cookie noted before opens nothing afterwards."""

import pytest

from hubspot.connections.sessions import Sessions
from hubspot.keyring import KeyRing
from hubspot.ui import browser
from tests.ui.tabs import HTTPS, Browser, ask

RELOAD = "<script>window.location.reload()</script>"


@pytest.fixture
def connected(wire, someone):
    """Connect by the consent page, from a browser or from this one; returns the browser."""

    def connect(person=someone, page="contacts"):
        person.follow(person.open(**wire.consent(person.ask_to_connect(page))).jump)
        return person

    return connect


def noted(person):
    """A browser with the cookie that this one has now."""
    return Browser(person.cookie)


def grants(house, person):
    return set(house.sessions.visible(person.person).grants)


def reloads(tab):
    return any(each.value == RELOAD for each in tab.at.html)


def test_a_cookie_noted_before_connecting_opens_nothing_afterwards(house, northwind, someone, connected):
    thief = noted(someone)

    connected()

    assert grants(house, someone) == {northwind}
    assert grants(house, thief) == set()
    assert "No portal connected" in thief.open().text
    assert "No portal connected" in thief.open().run().text


def test_nor_does_a_tab_that_somebody_kept_open_with_it(someone, connected):
    kept = noted(someone).open()

    connected()

    assert reloads(kept.run())
    assert "No portal connected" in kept.browser.open().text


def test_nor_one_noted_before_signing_out_when_somebody_connects_again(house, northwind, someone, connected):
    connected()
    thief = noted(someone)
    assert grants(house, thief) == {northwind}

    someone.follow(someone.open().choose("sign out").leaving)
    assert thief.cookie != someone.cookie
    assert grants(house, thief) == set()
    connected()

    assert grants(house, someone) == {northwind}
    assert grants(house, thief) == set()


def test_nor_one_noted_before_another_portal_was_connected(house, northwind, someone, connected, wire):
    connected()
    thief = noted(someone)

    connected()

    assert grants(house, someone) == {northwind}
    assert grants(house, thief) == set()


def test_portals_that_were_connected_before_go_on_under_the_new_id(house, wire, someone, connected):
    other = someone.connect(wire, account=1).account.hub_id

    connected()

    assert grants(house, someone) == {other, wire.hub_id}


def test_an_open_tab_goes_on_with_the_new_cookie_after_it_was_loaded_again(northwind, someone, connected):
    open_tab = noted(someone).open("contacts")  # its WebSocket has the cookie of when it was opened

    connected()

    assert reloads(open_tab.run())
    assert someone.open("contacts").titles == ["Contacts"]


def test_an_open_tab_without_news_is_never_loaded_again(someone, connected):
    connected()
    tab = someone.open("contacts")

    assert not reloads(tab.run())
    assert not reloads(Browser().open().run())


def test_two_tabs_that_began_to_connect_both_come_back(house, wire, someone):
    first, second = (wire.consent(someone.ask_to_connect(page)) for page in ("contacts", "companies"))

    assert someone.open(**first).jump == "/contacts"
    assert someone.open(**second).jump == "/companies"

    assert grants(house, someone) == {wire.hub_id}


def test_a_return_that_is_loaded_twice_leads_to_one_id(house, wire, someone):
    returned = wire.consent(someone.ask_to_connect("contacts"))
    twin = noted(someone)  # a second request, sent before the first answer's cookie had arrived

    assert someone.open(**returned).jump == "/contacts"
    assert twin.open(**returned).jump == "/contacts"

    assert twin.cookie == someone.cookie
    assert grants(house, twin) == {wire.hub_id}


def test_a_state_of_another_browser_changes_no_id(house, wire, someone):
    returned = wire.consent(someone.ask_to_connect())
    victim = Browser()
    before = victim.cookie

    assert victim.open(**returned).jump == "/?said=other_browser"

    assert victim.cookie == before


def test_a_session_that_can_not_be_read_does_not_keep_from_connecting(house, wire, someone, connected):
    Sessions(house.store, KeyRing({"k9": b"9" * 32})).add(someone.person, Browser().connect(wire, account=1))

    connected()

    assert grants(house, someone) == {wire.hub_id}


def test_a_file_of_a_tab_that_was_open_when_the_id_changed_is_still_sent(connect, someone, connected):
    connect(someone)
    address = someone.open("contacts").file

    connected()

    assert someone.fetch(address).status_code == 200
    assert Browser().fetch(address).headers["location"].endswith("said=file_of_another")


def test_signing_out_needs_a_click_on_our_own_page(house, wire, someone):
    someone.connect(wire)
    cookie = "; ".join(f"{name}={value}" for name, value in someone.cookies.items())

    answer = ask("/leave", headers={"cookie": cookie, "sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert grants(house, someone) == {wire.hub_id}


def test_the_new_ids_cookie_has_the_flags_of_every_other_one(deployed):
    answer = ask("/leave?next=//evil.example", origin=HTTPS, headers={"sec-fetch-site": "same-origin"})

    assert answer.headers["location"] == "/?said=signed_out"
    assert answer.headers["set-cookie"].startswith(f"{browser.cookie_name(secure=True)}=")
    assert answer.headers["set-cookie"].endswith("; HttpOnly; SameSite=Lax; Secure")

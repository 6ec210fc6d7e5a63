"""A file that was made for download is for the browser that asked for it, while that may see the portal."""

import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hubspot.ui import browser, files
from tests.ui.tabs import Browser, ask

SECRET = b"every contact of a portal"


def fetch(person, media_type, *, method="GET", **headers):
    """Fetch a file of this media type as a browser does; Streamlit answers all alike."""

    def file(_request):
        disposition = 'attachment; filename="contacts.csv"'
        return Response(SECRET, media_type=media_type, headers={"content-disposition": disposition})

    cookie = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
    route = Route("/media/0123.csv", file, methods=["GET", "HEAD"])
    return ask("/media/0123.csv", method=method, headers={"cookie": cookie, **headers}, routes=[route])


@pytest.fixture
def mine(house, wire, someone, northwind):
    """The media type of a file of somebody who is connected."""
    someone.connect(wire)
    return files.owned("text/csv; charset=utf-8", someone.person, northwind)


def test_the_browser_that_asked_gets_its_file_and_keeps_no_copy(someone, mine):
    answer = fetch(someone, mine)

    assert (answer.status_code, answer.content) == (200, SECRET)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="contacts.csv"'


def assert_refused(answer):
    assert answer.status_code == 404
    assert SECRET not in answer.content
    assert "content-disposition" not in answer.headers
    assert "content-security-policy" in answer.headers
    assert "for=" not in str(answer.headers)


@pytest.mark.parametrize("other", [Browser(), Browser(cookie=""), Browser(cookie="short"), Browser(cookie="x" * 43)])
def test_another_browser_or_none_gets_nothing(mine, other):
    assert_refused(fetch(other, mine))


def test_another_person_of_the_same_portal_gets_nothing(wire, mine):
    colleague = Browser()
    colleague.connect(wire, user_id=50_113_876)

    assert_refused(fetch(colleague, mine))


def test_what_the_store_knows_a_browser_by_opens_no_file(someone, mine):
    assert_refused(fetch(Browser(cookie=someone.person), mine))
    assert_refused(fetch(Browser(cookie=someone.person[:43]), mine))


def test_neither_the_length_nor_a_part_is_told_to_another(mine):
    for answer in (fetch(Browser(), mine, method="HEAD"), fetch(Browser(), mine, range="bytes=0-4")):
        assert answer.status_code == 404
        assert answer.headers.get("content-length") != str(len(SECRET))
        assert SECRET[:5] not in answer.content


def test_after_signing_out_the_file_is_gone(house, someone, mine):
    house.sessions.sign_out(someone.person)

    assert_refused(fetch(someone, mine))


def test_after_disconnecting_the_file_is_gone(house, someone, mine, northwind):
    house.grants.disconnect(house.sessions.visible(someone.person).grants[northwind].account)

    assert_refused(fetch(someone, mine))


def test_a_file_of_another_portal_than_ones_own_is_refused(someone, mine):
    assert_refused(fetch(someone, files.owned("text/csv", someone.person, 44_810_926)))


def test_while_the_store_is_down_no_file_is_served(house, someone, mine, monkeypatch):
    monkeypatch.setattr(house.store.client.connection_pool, "get_connection", refuse)

    assert_refused(fetch(someone, mine))


def refuse(*_command, **_options):
    raise ConnectionRefusedError


def test_what_belongs_to_nobody_passes(house, someone):
    def picture(_request):
        return PlainTextResponse("a picture", media_type="image/png")

    answer = ask("/media/0.png", routes=[Route("/media/0.png", picture)])

    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "a picture", "image/png")
    assert "no-store" not in answer.headers.get("cache-control", "")


def test_every_file_that_a_page_offers_has_an_owner(connect, northwind, monkeypatch):
    offered = []
    person = connect()
    monkeypatch.setattr("streamlit.download_button", lambda _label, _build, **given: offered.append(given["mime"]))

    person.open("contacts")
    person.open("companies")

    assert offered == [files.owned("text/csv; charset=utf-8", person.person, northwind)] * 2
    assert browser.hashed(person.cookie) in offered[0]
    assert person.cookie not in offered[0]

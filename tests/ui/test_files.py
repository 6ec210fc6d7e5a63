"""A file is made for the browser whose page offered it, while that may see the portal; its link tells nothing."""

import base64
import csv
import io
import re
from unittest.mock import patch

import pytest

from hubspot.sandbox.portals import NORTHWIND
from hubspot.ui import files, spreadsheet, words
from hubspot.ui.destinations import PAGES
from tests.running import wait_until
from tests.ui.tabs import Browser, commonest, count_line

COLLEAGUE = 50_113_876
CONTACTS_ONLY = ["oauth", "crm.objects.contacts.read"]


def rows(answer):
    assert answer.status_code == 200, answer.headers
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def assert_refused(answer, said, page="contacts"):
    """Nothing is sent, and the browser goes back to a page that says why."""
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"].startswith(f"{PAGES[page].path}?said={said}")
    assert answer.headers["cache-control"] == "no-store"
    assert "content-security-policy" in answer.headers
    assert words.FILES[said]


@pytest.mark.parametrize("page", ["contacts", "companies"])
def test_a_file_holds_every_record_of_the_page_and_no_copy_is_kept(mara, truth, page):
    answer = mara.fetch(mara.open(page).file)

    assert {row["Record ID"] for row in rows(answer)} == {record["hs_object_id"] for record in truth[page]}
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    name = rf'attachment; filename="{page}-northwind-trading-\d{{4}}-\d\d-\d\d-\d{{4}}\.csv"'
    assert re.fullmatch(name, answer.headers["content-disposition"])


def test_a_file_holds_what_the_filters_of_the_page_let_through(mara, truth):
    stage, count = commonest(truth["contacts"], "lifecyclestage")

    tab = mara.open("contacts", stage=stage)

    assert count_line(tab).startswith(f"{count} of")
    assert len(rows(mara.fetch(tab.file))) == count


def test_a_search_is_in_the_file_and_cannot_be_read_from_its_address(mara, truth):
    word = next(record["email"] for record in truth["contacts"] if record["email"])
    tab = mara.open("contacts")
    tab.at.text_input(key="contacts.search").set_value(word)
    tab.run()

    assert len(rows(mara.fetch(tab.file))) == 1
    assert word.encode() not in base64.urlsafe_b64decode(tab.file.removeprefix("/download/"))


@pytest.mark.parametrize("other", [Browser(), Browser(cookie=""), Browser(cookie="short"), Browser(cookie="x" * 43)])
def test_another_browser_or_none_gets_nothing(mara, other):
    for method in ("GET", "HEAD"):
        assert_refused(other.fetch(mara.open("contacts").file, method=method), "file_of_another")


def test_another_person_of_the_same_portal_gets_nothing(wire, mara):
    colleague = Browser()
    colleague.connect(wire, user_id=COLLEAGUE)

    assert_refused(colleague.fetch(mara.open("contacts").file), "file_of_another")


def test_what_the_store_knows_a_browser_by_opens_no_file(mara):
    assert_refused(Browser(cookie=mara.person).fetch(mara.open("contacts").file), "file_of_another")
    assert_refused(Browser(cookie=mara.person[:43]).fetch(mara.open("contacts").file), "file_of_another")


def test_a_link_opens_for_ten_minutes_and_the_page_makes_new_ones(mara):
    tab = mara.open("contacts")
    with patch("hubspot.ui.files.time.time", lambda: 0):
        late = mara.open("contacts").file

    assert_refused(mara.fetch(late), "file_expired")
    assert mara.open("contacts").file != tab.file


@pytest.mark.parametrize(
    "change", [lambda file: file[:-4], lambda file: file + "AAAA", lambda _: "A" * 200, lambda _: "!"]
)
def test_a_link_that_was_touched_opens_nothing(mara, change):
    sealed = mara.open("contacts").file.removeprefix("/download/")

    assert_refused(mara.fetch(f"/download/{change(sealed)}"), "file_unreadable", "overview")


def test_every_letter_of_a_link_counts(mara):
    sealed = mara.open("contacts").file.removeprefix("/download/")

    for place in range(0, len(sealed) - 4, 7):
        other = "A" if sealed[place] != "A" else "B"
        answer = mara.fetch(f"/download/{sealed[:place]}{other}{sealed[place + 1 :]}")
        assert_refused(answer, "file_unreadable", "overview")


@pytest.mark.parametrize("said", words.FILES)
def test_the_page_says_why_no_file_came(mara, said):
    assert words.FILES[said] in mara.open("contacts", said=said).alerts


def test_no_address_of_a_file_names_the_portal(mara):
    assert str(NORTHWIND.hub_id) not in mara.open("contacts").file


@pytest.mark.parametrize("leave", ["disconnect", "sign out"])
def test_a_file_that_was_offered_before_is_refused_after_leaving(connect, leave):
    person = connect()
    file = person.open("contacts").file
    tab = person.open().choose(leave)
    if leave == "disconnect":
        tab.press_in_fragment("disconnect.yes")

    assert_refused(person.fetch(file), "file_closed")


def test_a_file_that_was_offered_with_more_permissions_is_refused_with_fewer(connect, wire):
    person = connect()
    file = person.open("companies").file
    assert rows(person.fetch(file))

    person.connect(wire, scopes=CONTACTS_ONLY)

    assert_refused(person.fetch(file), "file_closed", "companies")


def test_a_file_of_data_that_was_deleted_and_loaded_again_is_refused(house, connect, northwind):
    person = connect()
    file = person.open("contacts").file
    epoch = house.store.key(f"{{{northwind}}}", "epoch")
    house.store.client.set(epoch, int(house.store.client.get(epoch)) + 1)

    assert_refused(person.fetch(file), "file_closed")


def test_while_the_store_is_down_no_file_is_sent(house, connect, monkeypatch):
    person = connect()
    file = person.open("contacts").file
    monkeypatch.setattr(house.store.client.connection_pool, "get_connection", refuse)

    assert_refused(person.fetch(file), "file_missing")


def refuse(*_command, **_options):
    raise ConnectionRefusedError


def change_and_refresh(house, wire, tab):
    wire.http.post("/sandbox/edit", json={"create": 7, "object_type": "contacts"}).raise_for_status()
    before = house.snapshots.latest(wire.hub_id).version
    tab.press("refresh")
    wait_until(lambda: house.snapshots.latest(wire.hub_id).version != before)


def test_a_file_holds_the_copy_on_the_screen_though_a_newer_one_came(house, connect, wire):
    person = connect()
    tab = person.open("contacts")
    file, shown = tab.file, len(tab.at.dataframe[0].value)
    change_and_refresh(house, wire, tab)

    assert len(rows(person.fetch(file))) == shown
    assert len(rows(person.fetch(person.open("contacts").file))) == shown + 7


def test_another_replica_that_has_only_the_newer_copy_sends_that(house, connect, wire):
    person = connect()
    tab = person.open("contacts")
    file, shown = tab.file, len(tab.at.dataframe[0].value)
    change_and_refresh(house, wire, tab)
    files.state._whole_copy.clear()

    assert len(rows(person.fetch(file))) == shown + 7


def test_a_list_too_long_for_excel_offers_the_other_formats_and_its_link_is_refused(house, connect, monkeypatch):
    person = connect()
    before = person.open("contacts").files["Excel (XLSX)"]
    monkeypatch.setattr(spreadsheet, "MOST_RECORDS", 3)

    tab = person.open("contacts")

    assert set(tab.files) == {"Download CSV", "Parquet"}
    assert "Excel takes up to 3 records here" in tab.text
    assert_refused(person.fetch(before), "file_too_long")

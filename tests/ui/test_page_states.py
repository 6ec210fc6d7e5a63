import csv
import io
import json
import re
import shutil
from pathlib import Path

import httpx
import openpyxl
import pyarrow.parquet as pq
import pytest
import streamlit as st

from hubspot.api import retries
from hubspot.settings import SECRETS_FILE
from hubspot.ui import about_file, services, words
from hubspot.ui.destinations import PAGES
from tests.connections.servers import Server, binaries
from tests.running import sandbox, wait_until
from tests.ui.tabs import Browser, Wire, dashboard, rows

SANDBOX = ("--contacts", 300, "--companies", 60)
CONTACTS_ONLY = ("oauth", "crm.objects.contacts.read", "crm.objects.owners.read")
KEYS = "k1:" + "MTEx" * 10 + "MTE="
DOWN = {"status": 502, "times": 99}


@pytest.fixture
def impatient(monkeypatch):
    """A dashboard that asks once instead of eight times over a minute."""
    monkeypatch.setattr(retries, "ATTEMPTS", 1)


def when(tab, condition):
    """Run a tab until it shows something."""
    wait_until(lambda: condition(tab.run()), seconds=30, what="the state")
    return tab


def is_complete(tab):
    return "Updated just now" in tab.text


def anchors(tab):
    return [each.value for each in tab.at.html if "<a " in each.value]


def links(tab):
    return [each.split('"')[1] for each in anchors(tab)]


@pytest.mark.parametrize("page", PAGES)
def test_without_a_connection_every_page_offers_one_and_comes_back(house, page):
    tab = Browser().open(page)

    assert tab.titles == [words.HEADLINE]
    assert links(tab) == [f"/connect?next={page}"] * 2
    assert all(">Connect HubSpot</a>" in each for each in anchors(tab))
    assert "No portal connected" in tab.text
    assert tab.alerts == []


@pytest.mark.parametrize("page", PAGES)
def test_without_an_app_every_page_offers_the_sample_portal(tmp_path, page):
    with dashboard(tmp_path):
        services.store()
        tab = Browser().open(page)

    assert links(tab) == [f"/connect?next={page}"] * 2
    assert all(">Explore the sample portal</a>" in each for each in anchors(tab))


@pytest.mark.parametrize("page", PAGES)
def test_the_sample_portal_is_called_a_sample_on_every_page(running, tmp_path, page):
    with dashboard(tmp_path):
        services.store()
        person = Browser()
        person.connect(running)

        assert words.SAMPLE_RIBBON in person.open(page).text


def test_a_real_portal_is_not_called_a_sample(house, wire, someone):
    someone.connect(wire)

    assert words.SAMPLE_RIBBON not in someone.open().text


@pytest.mark.parametrize("button", ["setup.page", "setup.sidebar"])
def test_without_an_app_connecting_explains_how_to_make_one(tmp_path, button):
    with dashboard(tmp_path):
        services.store()
        tab = Browser(origin="http://127.0.0.1:8502").open().press(button)
        scopes = services.settings().scopes

    code = [each.value for each in tab.at.code]
    assert any('"redirectUrls": [' in each for each in code)
    assert " ".join(scopes) in code
    assert "HUBSPOT_CLIENT_ID" in code[-1]
    assert not any("sample-portal" in each for each in code)


@pytest.mark.parametrize("cookie", ["", "short", "x" * 44])
def test_without_the_cookie_a_page_says_what_it_needs(house, cookie):
    tab = Browser(cookie=cookie).open("contacts")

    assert tab.alerts == [words.COOKIES_NEEDED]
    assert tab.titles == []
    assert not anchors(tab)


def test_behind_https_only_the_protected_cookie_counts(running, tmp_path):
    with dashboard(tmp_path, **running.settings, HUBSPOT_REDIRECT_URI="https://dash.example"):
        services.store()

        assert Browser(origin="https://dash.example").open().titles == [words.HEADLINE]
        assert Browser(origin="http://dash.example").open().alerts == [words.COOKIES_NEEDED]


def test_a_load_that_just_began_shows_where_things_will_be(house, wire, someone):
    wire.faults({"route": "account", **DOWN})
    someone.connect(wire)

    tab = someone.open()

    assert tab.titles == ["Overview"]
    # HubSpot's own counts may be there before this looks.
    assert re.search(r"\*\*Loading\*\* :gray\[(asking HubSpot what there is|0 of 298 contacts)", tab.text)
    assert len(tab.at.get("skeleton")) == 5
    assert not tab.at.metric
    assert not tab.at.dataframe


def half_loaded(house, wire, someone, page="contacts"):
    # Two first glances and the ends of both lists, then a page of each; search counts, and no more.
    wire.faults({"route": "list", "after": 6, **DOWN}, {"route": "search", "after": 2, **DOWN})
    hub_id = someone.connect(wire).account.hub_id
    tab = someone.open(page)
    wait_until(lambda: house.jobs.partial_version(hub_id, "contacts"))
    return tab.run()


def test_half_a_load_is_shown_and_never_as_the_whole(house, wire, someone):
    tab = half_loaded(house, wire, someone)

    loaded = rows(tab)
    assert loaded in {100, 200}
    assert f"Everything below counts the {loaded} contacts" in tab.text
    assert " of 298 contacts" in tab.text
    assert house.snapshots.latest(wire.hub_id) is None
    assert "Loading, " in tab.text
    assert "Updated" not in tab.text


def test_a_file_of_half_a_load_says_so_at_its_button_in_its_name_and_inside(house, wire, someone):
    tab = half_loaded(house, wire, someone)
    answers = {name: someone.fetch(file) for name, file in tab.files.items()}

    assert "Still arriving: a file made now is partial" in tab.text
    assert {*answers} == {"Download CSV", "Excel (XLSX)", "Parquet"}
    assert all("-partial-2" in each.headers["content-disposition"] for each in answers.values())
    notes = openpyxl.load_workbook(io.BytesIO(answers["Excel (XLSX)"].content)).worksheets[1]
    assert ("Partial", about_file.PARTIAL) in {row[:2] for row in notes.iter_rows(values_only=True)}
    about = json.loads(pq.read_metadata(io.BytesIO(answers["Parquet"].content)).metadata[b"about"])
    assert about["Partial"] == about_file.PARTIAL


def test_a_file_that_was_offered_while_a_portal_arrived_is_whole_once_it_has(house, wire, someone):
    tab = half_loaded(house, wire, someone)
    tab.press("load.stop")
    wait_until(lambda: not house.jobs.progress(wire.hub_id).is_running)
    offered = tab.run().files["Download CSV"]
    wire.faults()
    when(tab.press("load.again"), is_complete)

    answer = someone.fetch(offered)

    assert "-partial-" not in answer.headers["content-disposition"]
    assert len(list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))) == 298
    assert "Still arriving" not in someone.open("contacts").text


def test_half_a_load_has_numbers_without_changes(house, wire, someone):
    tab = half_loaded(house, wire, someone, "overview")

    assert tab.at.metric
    assert not any(each.delta for each in tab.at.metric)


def test_a_load_can_be_stopped_and_begun_again(house, wire, someone):
    tab = half_loaded(house, wire, someone)

    tab.press("load.stop")
    wait_until(lambda: not house.jobs.progress(wire.hub_id).is_running)
    tab.run()
    assert tab.alerts == ["Loading was stopped before it was complete. Load again to see everything."]
    assert rows(tab) in {100, 200}
    wire.faults()
    tab.press("load.again")

    when(tab, is_complete)
    assert tab.alerts == []
    assert rows(tab) == 298


def test_a_load_that_was_stopped_does_not_begin_again_by_itself(house, wire, someone):
    tab = half_loaded(house, wire, someone)
    tab.press("load.stop")
    wait_until(lambda: not house.jobs.progress(wire.hub_id).is_running)
    before = house.jobs.progress(wire.hub_id)

    tab = someone.open("companies")

    now = house.jobs.progress(wire.hub_id)
    assert (now.started_at, now.phase) == (before.started_at, before.phase)
    assert tab.alerts == ["Loading was stopped before it was complete. Load again to see everything."]


def test_when_hubspot_is_down_at_the_first_load_the_page_says_so_and_offers_another(house, wire, someone, impatient):
    wire.faults({"route": "properties", **DOWN})
    someone.connect(wire)
    tab = when(someone.open(), lambda tab: tab.alerts)

    (said,) = tab.alerts
    assert said.startswith("Loading from HubSpot ended early. HubSpot has a problem of its own (502).")
    assert "HubSpot's reference: " in said
    wire.faults()
    when(tab.press("load.again"), is_complete)
    assert tab.alerts == []


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"status": 503}, "HubSpot has a problem of its own (503)"),
        ({"kind": "drop"}, "The connection to HubSpot broke off"),
        ({"kind": "daily"}, "has used up its API calls for today"),
    ],
)
def test_when_hubspot_fails_at_a_refresh_the_last_copy_stays(house, wire, someone, impatient, fault, sentence):
    someone.connect(wire)
    tab = when(someone.open("contacts"), is_complete)
    wire.faults({"route": "search", "times": 99, **fault})

    tab.press("refresh")
    when(tab, lambda tab: tab.alerts)

    (said,) = tab.alerts
    assert sentence in said
    assert said.endswith("You see the copy of just now.")
    assert rows(tab) == 298


def test_during_a_refresh_the_last_copy_stays_as_it_is(house, wire, someone):
    someone.connect(wire)
    tab = when(someone.open("companies"), is_complete)
    wire.faults({"route": "list", **DOWN})

    tab.press("refresh")

    assert "**Loading again**" in tab.text
    assert "What you see stays as it is until the new copy is complete." in tab.text
    assert rows(tab) == 60


def test_a_pause_that_hubspot_asks_for_is_said_with_its_seconds(house, wire, someone):
    someone.connect(wire)
    wire.faults({"route": "properties", "kind": "burst", "retry_after": 50, "times": 9})

    (said,) = when(someone.open(), lambda tab: tab.alerts).alerts

    assert said.startswith("HubSpot asked us to slow down; continuing in ")
    assert said.endswith(" s. What you see stays usable.")
    assert 1 <= int(said.split()[8]) <= 50


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    """The wire of a portal without a single record."""
    folder = tmp_path_factory.mktemp("nothing")
    with (
        sandbox(folder / "log", "--no-limits", "--contacts", 0, "--companies", 0) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        yield Wire(server, http)


@pytest.mark.parametrize("page", ["contacts", "companies"])
def test_an_empty_portal_says_how_to_fill_it(nothing, tmp_path, page):
    with dashboard(tmp_path, **nothing.settings):
        services.store()
        person = Browser()
        person.connect(nothing)
        tab = when(person.open(page), is_complete)

    (said,) = tab.alerts
    assert said.startswith(f"This portal has no {page} yet. Create or [import them in HubSpot]")
    assert f"https://app.hubspot.com/import/{nothing.hub_id}" in said
    assert not tab.at.dataframe


def test_the_overview_of_an_empty_portal_says_that_there_is_nothing_to_count(nothing, tmp_path):
    with dashboard(tmp_path, **nothing.settings):
        services.store()
        person = Browser()
        person.connect(nothing)
        tab = when(person.open(), is_complete)

    (said,) = tab.alerts
    assert said.startswith("This portal has no contacts and no companies yet.")
    assert not tab.at.metric


@pytest.fixture
def partly_granted(running, tmp_path):
    """A person who left out the optional scope of companies, with everything else loaded."""
    optional = {
        "HUBSPOT_SCOPES": " ".join(CONTACTS_ONLY),
        "HUBSPOT_OPTIONAL_SCOPES": "crm.objects.companies.read",
    }
    with dashboard(tmp_path, **running.settings, **optional):
        services.store()
        person = Browser()
        person.connect(running, scopes=CONTACTS_ONLY)
        when(person.open(), is_complete)
        yield person


def test_without_the_scope_of_companies_their_page_is_off_and_offers_to_reconnect(partly_granted):
    tab = partly_granted.open("companies")

    (said,) = tab.alerts
    assert said.startswith("Companies were not granted: this page is off, the others work. Reconnect to add them")
    assert links(tab) == ["/connect?next=companies"]
    assert tab.titles == ["Companies"]
    assert not tab.at.dataframe


@pytest.mark.parametrize("page", ["overview", "contacts", "connection"])
def test_without_the_scope_of_companies_the_other_pages_work(partly_granted, page):
    tab = partly_granted.open(page)

    assert tab.titles == [PAGES[page].title]
    assert tab.alerts == ["Companies were not granted, so what needs them is off. Reconnect to add them."]
    assert "298 contacts" in tab.text
    assert "60 companies" not in tab.text


def test_without_the_scope_of_owners_the_load_says_what_is_missing(house, wire, someone):
    wire.faults({"route": "list", **DOWN})
    someone.connect(wire, scopes=["oauth", "crm.objects.contacts.read", "crm.objects.companies.read"])
    sentence = "HubSpot did not grant reading owners, so records show owner ids instead of names."

    tab = when(someone.open(), lambda tab: sentence in tab.text)

    # The sandbox answers 502 meanwhile, which is said in its own words.
    assert all(said.startswith("HubSpot does not answer as it should; continuing in ") for said in tab.alerts)


def test_with_no_scope_but_oauth_every_page_says_what_is_off(house, wire, someone):
    someone.connect(wire, scopes=["oauth"])

    assert someone.open().alerts == [words.NOTHING_GRANTED]
    assert someone.open("contacts").alerts == [words.NOTHING_GRANTED]
    assert house.jobs.progress(wire.hub_id) is None
    assert someone.open("connection").titles == [PAGES["connection"].title]


def test_while_redis_is_down_a_page_says_so_and_afterwards_nobody_is_signed_out(running, tmp_path):
    store = Server(binaries()["valkey"], tmp_path).start()
    with dashboard(tmp_path, **running.settings, REDIS_URL=store.url, DASHBOARD_KEYS=KEYS):
        person = Browser()
        person.connect(running)
        tab = when(person.open("contacts"), is_complete)

        store.kill()
        tab.run()
        (said,) = tab.alerts
        assert "does not answer" in said
        assert not tab.at.dataframe
        assert tab.at.button(key="trouble.again").label == "Try again"
        assert not person.open("connection").at.get("menu_button")

        store.start()
        tab.press("trouble.again")
        assert rows(tab) == 298
        assert tab.alerts == []
    store.stop()


def test_a_page_that_follows_a_load_says_that_redis_is_down_and_goes_on_when_it_is_back(running, tmp_path):
    store = Server(binaries()["valkey"], tmp_path).start()
    with dashboard(tmp_path, **running.settings, REDIS_URL=store.url, DASHBOARD_KEYS=KEYS):
        person = Browser()
        person.connect(running)
        running.faults({"route": "account", **DOWN})
        tab = person.open()

        store.kill()
        tab.run(tab.newest_fragment)
        down = [said for said in tab.alerts if "token store does not answer" in said]
        store.start()
        tab.run(tab.newest_fragment)

        assert len(down) == 1
        assert [said for said in tab.alerts if "token store" in said] == []
        running.faults()
    store.stop()


def test_a_setting_that_is_wrong_is_named_on_every_page(tmp_path):
    with dashboard(tmp_path, HUBSPOT_CLIENT_ID="client-id"):
        for page in PAGES:
            (said,) = Browser().open(page).alerts
            assert said.startswith("HUBSPOT_CLIENT_SECRET is not set.")


def copies(home):
    return [path for path in (Path(home) / "state" / "snapshots").rglob("*") if path.is_file()]


def damage(path):
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def test_a_damaged_list_of_what_is_stored_is_mended_by_itself(house, home, wire, someone):
    someone.connect(wire)
    when(someone.open(), is_complete)
    for path in copies(home):
        if not path.name.startswith(("contacts", "companies")):
            damage(path)

    tab = when(someone.open("contacts"), is_complete)

    assert rows(tab) == 298


def test_damaged_records_are_said_and_mended_by_loading_again(house, home, wire, someone):
    someone.connect(wire)
    when(someone.open(), is_complete)
    for path in copies(home):
        if path.name.startswith("contacts"):
            damage(path)
    st.cache_resource.clear()
    tab = someone.open("contacts")

    assert "stored copy" in tab.alerts[0]
    tab.press("trouble.load")

    when(tab, is_complete)
    assert rows(tab) == 298


def test_a_folder_that_vanished_is_loaded_again(house, home, wire, someone):
    someone.connect(wire)
    when(someone.open(), is_complete)
    shutil.rmtree(Path(home) / "state" / "snapshots")

    tab = someone.open("contacts")

    assert rows(when(tab, is_complete)) == 298


def test_the_secrets_of_whoever_runs_the_tests_decide_nothing(home):
    assert services.settings_module.load.__defaults__[1] != SECRETS_FILE

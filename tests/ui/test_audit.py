"""The audit stream: what people did, one JSON line each, apart from the log and without anybody's name."""

import json
import logging
import stat

import pytest

from hubspot.connections.records import Account
from hubspot.ui import audit, logs, services
from hubspot.ui.signing_in import Person
from tests.ui.tabs import Browser, dashboard


@pytest.fixture
def kept(running, tmp_path):
    """The dashboard with an audit file; returns a function that reads its lines."""
    path = tmp_path / "audit.jsonl"
    with dashboard(tmp_path / "home", **running.settings, DASHBOARD_AUDIT_FILE=str(path)):
        services.services()
        yield path


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_deed_is_a_line_that_names_nobody(kept, running):
    person = Browser()
    returned = running.consent(person.ask_to_connect("contacts"))
    person.follow(person.open(**returned).jump)
    tab = person.open("contacts")
    while not tab.at.dataframe:
        tab.run()
    assert person.fetch(tab.file).status_code == 200
    person.follow(person.open().choose("sign out").leaving)
    person.follow(person.open(**running.consent(person.ask_to_connect())).jump)
    person.open().choose("disconnect").press_in_fragment("disconnect.yes")

    written = lines(kept)
    assert [each["event"] for each in written] == [
        "connected",
        "downloaded",
        "signed_out",
        "connected",
        "disconnected",
    ]
    assert len({(each["portal"], each["person"]) for each in written}) == 1
    assert {name: written[1][name] for name in ("what", "format")} == {"what": "contacts", "format": "csv"}
    assert written[1]["records"] > 0
    text = kept.read_text()
    secret = (str(running.hub_id), "northwind", "mara", returned["code"], person.cookie)
    assert not [each for each in secret if each in text]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_who_signs_in_to_the_dashboard_is_told_apart_without_a_name(kept):
    for subject in ("1", "2", "1"):
        audit.note_signed_in(Person("https://id.example", subject, "ann@firm.example", is_verified=True))

    first, second, again = (each["signed_in_as"] for each in lines(kept))
    assert first == again != second
    assert "firm" not in kept.read_text()


def test_it_is_off_by_default(house, home, wire, someone):
    assert services.settings().audit_file == ""
    destination = someone.open(**wire.consent(someone.ask_to_connect("contacts"))).jump

    assert destination == "/contacts"
    assert not list(home.rglob("*.jsonl"))


def test_a_file_that_can_not_be_written_is_told_in_the_log_and_stops_nobody(running, tmp_path, caplog):
    with dashboard(tmp_path / "home", **running.settings, DASHBOARD_AUDIT_FILE=str(tmp_path)):
        services.services()
        person = Browser()

        assert person.open(**running.consent(person.ask_to_connect("contacts"))).jump == "/contacts"

    assert "the audit file can't be written" in caplog.text


def test_people_and_portals_have_the_names_that_the_log_gives_them(kept):
    audit.note("connected", Account(48120553, 7))

    (line,) = lines(kept)
    logged = json.loads(logs.JsonLines().format(logging.LogRecord("x", 20, "", 0, "%s", (Account(48120553, 7),), None)))
    assert (line["portal"], line["person"]) == (logged["portal"], logged["person"])

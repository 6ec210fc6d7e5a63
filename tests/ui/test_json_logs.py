"""Everything a dashboard prints in JSON form, through a connection, a load, failures and its end."""

import json
import re
from collections import Counter
from contextlib import closing

import httpx
import pytest

from tests.running import dashboard, sandbox, settings_of, wait_until
from tests.visits import Person

E_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


def failed_loads(server):
    return server.text().count("the load failed")


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What a process printed, and what must not be in it."""
    folder = tmp_path_factory.mktemp("json")
    log = folder / "log"
    with (
        sandbox(folder / "sandbox.log", "--contacts", 60, "--companies", 20, "--no-limits") as hubspot,
        dashboard(folder / "home", log, **settings_of(hubspot), DASHBOARD_LOG_FORMAT="json") as server,
        httpx.Client(base_url=hubspot.url, trust_env=False) as http,
        closing(Person(server.url)) as person,
        closing(person.http),
    ):
        returned = person.connect_hubspot(hubspot.ready["hub_id"])
        person.open("contacts")
        wait_until(lambda: "loaded 60 contacts" in server.text(), what="the load")
        faults = [{"route": "account", "status": 401, "times": 1}, {"route": "owners", "status": 400, "times": 1}]
        http.post("/sandbox/faults", json=faults).raise_for_status()
        person.set(person.run(), "refresh", "trigger_value", True)
        wait_until(lambda: failed_loads(server), what="the failed load")
        # A return that nobody asked for, a download that nobody offered, a request that is none.
        person.open("", "code=hush-code&state=hush-state")
        person.http.get("/download/hush")
        # The return from HubSpot once more: its code was used.
        person.open("", returned)
    secrets = {
        "portal": str(hubspot.ready["hub_id"]),
        "cookie": next(iter(person.http.cookies.values())),
        "secret": hubspot.ready["client_secret"],
        "code": httpx.QueryParams(returned)["code"],
        "state": httpx.QueryParams(returned)["state"],
        "made up": "hush",
    }
    return log.read_text(encoding="utf-8"), secrets


def test_every_line_is_one_json_object_with_the_same_first_fields(printed):
    lines = printed[0].splitlines()

    assert len(lines) > 8
    for line in lines:
        assert list(json.loads(line))[:4] == ["at", "level", "logger", "message"], line


def test_the_lines_of_the_server_are_among_them(printed):
    loggers = Counter(json.loads(line)["logger"].split(".")[0] for line in printed[0].splitlines())

    assert loggers["uvicorn"] > 2
    assert loggers["hubspot"] > 5


def test_no_portal_token_code_or_address_is_in_them(printed):
    text, secrets = printed

    assert "/contacts" not in text  # what people look at
    assert {name for name, value in secrets.items() if value in text} == set()
    assert E_MAIL.search(text) is None


def test_an_event_of_a_portal_and_one_of_hubspots_errors_have_fields_to_search_by(printed):
    events = [json.loads(line) for line in printed[0].splitlines()]

    loaded = next(each for each in events if each["message"].startswith("Portal") and "loaded" in each["message"])
    refused = next(each for each in events if each.get("status") == 401)
    failed = next(each for each in events if "the load failed" in each["message"])
    assert re.fullmatch("p[0-9a-f]{9}", loaded["portal"])
    assert loaded["seconds"] > 0
    assert re.fullmatch("[0-9a-f-]{36}", refused["correlation_id"])
    assert failed["portal"] == loaded["portal"]
    assert failed["correlation_id"]

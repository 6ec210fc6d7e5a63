"""The metrics of a running dashboard, scraped over HTTP and held against what the sandbox has counted."""

import re
import socket
from contextlib import closing

import httpx
import pytest

from hubspot.api.traffic import Traffic, route
from hubspot.errors import OAuthRefused, RequestFailed
from hubspot.settings import Settings
from hubspot.ui import metrics
from tests.running import dashboard, free_port, sandbox, settings_of, wait_until
from tests.visits import Person

SAMPLE = re.compile(r"hubspot_dashboard_(\w+?)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'(\w+)="([^"]*)"')
# What the browser and this test ask.
NOT_OURS = {"authorize", "decide", "control"}


def scraped(port):
    """Return the figures by name: each a mapping of the labels' values to the number."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).raise_for_status().text
    found = {}
    for name, labels, number in (each.groups() for each in map(SAMPLE.match, text.splitlines()) if each):
        found.setdefault(name, {})[tuple(value for _, value in LABEL.findall(labels or ""))] = float(number)
    return found


def of_sandbox(stats):
    return {
        (name, status): number
        for name, statuses in stats["requests"].items()
        if name not in NOT_OURS
        for status, number in statuses.items()
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A running dashboard with metrics, a person who connected its portal, and the sandbox."""
    folder, port = tmp_path_factory.mktemp("metrics"), free_port()
    with (
        sandbox(folder / "sandbox.log", "--contacts", 60, "--companies", 20, "--no-limits") as hubspot,
        dashboard(folder / "home", folder / "log", **settings_of(hubspot), DASHBOARD_METRICS_PORT=str(port)) as server,
        httpx.Client(base_url=hubspot.url, trust_env=False) as http,
        closing(Person(server.url)) as person,
        closing(person.http),
    ):
        person.connect_hubspot(hubspot.ready["hub_id"])
        person.open("contacts")
        wait_until(lambda: scraped(port).get("loads_total"), what="the end of the load")
        yield port, person, http


def test_the_requests_by_route_and_status_are_those_that_hubspot_has_counted(place):
    port, _, http = place

    assert scraped(port)["requests_total"] == of_sandbox(http.get("/sandbox/stats").json())


def test_the_load_and_its_records_are_counted(place):
    figures = scraped(place[0])

    assert figures["loads_total"] == {("full", "done"): 1}
    assert figures["load_seconds_total"][("full", "done")] > 0
    assert figures["records_loaded_total"] == {("contacts",): 60, ("companies",): 20}


def test_the_age_of_the_copy_stands_under_a_name_that_does_not_tell_the_portal(place):
    ((portal, age),) = scraped(place[0])["snapshot_age_seconds"].items()

    assert re.fullmatch("p[0-9a-f]{9}", portal[0])
    assert 0 <= age < 600


def test_the_open_tab_and_the_time_of_its_page_are_there(place):
    port, person, _ = place

    before = scraped(port)
    person.run()
    after = scraped(port)

    assert after["sessions"] == {(): 1}
    assert after["rerun_seconds_count"][("contacts",)] == before["rerun_seconds_count"][("contacts",)] + 1
    assert after["rerun_seconds_sum"][("contacts",)] > before["rerun_seconds_sum"][("contacts",)]
    assert "process_resident_memory_bytes" in httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).text


def test_after_a_429_and_a_rejected_token_the_figures_still_agree(place):
    port, person, http = place
    before = scraped(port)
    faults = [{"route": "search", "kind": "secondly", "times": 1}, {"route": "account", "status": 401, "times": 1}]
    http.post("/sandbox/faults", json=faults).raise_for_status()

    person.set(person.run(), "refresh", "trigger_value", True)
    wait_until(lambda: ("refresh", "done") in scraped(port).get("loads_total"), what="the end of the refresh")
    after, stats = scraped(port), http.get("/sandbox/stats").json()

    assert after["requests_total"] == of_sandbox(stats)
    assert sum(after["throttled_total"].values()) == stats["throttled"] == 1
    assert after["requests_total"][("search", "429")] == 1
    assert after["requests_total"][("account", "401")] == 1
    assert after["token_refreshes_total"] == {("renewed",): 1}
    assert "token_refreshes_total" not in before


def test_the_port_answers_on_this_machine_alone(place):
    port = place[0]
    own = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}

    for address in own:
        with pytest.raises(OSError, match=r"refused|unreachable"), socket.create_connection((address, port), timeout=2):
            pass


def test_without_a_port_nothing_is_served_and_a_run_is_still_run():
    metrics.start(Settings())

    with metrics.timed() as timing:
        timing.page = "contacts"

    assert metrics._served.rerun_seconds is None


def test_a_port_that_is_taken_is_a_log_line_and_no_end(caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        metrics.start(Settings(metrics_port=taken.getsockname()[1]))

    assert "metrics can't be served" in caplog.text
    assert metrics._served.rerun_seconds is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/crm/objects/2026-09/contacts", "list"),
        ("/sample/crm/objects/2026-09/companies/search", "search"),
        ("/crm/objects/2026-09/contacts/batch/read", "batch_read"),
        ("/crm/associations/2026-09/contacts/companies/batch/read", "associations"),
        ("/crm/properties/2026-09/contacts", "properties"),
        ("/oauth/2026-09/token", "token"),
        ("/oauth/2026-09/token/introspect", "introspect"),
        ("/oauth/2026-09/token/revoke", "revoke"),
        ("/somewhere/else/48120553", "other"),
    ],
)
def test_every_path_is_of_one_of_few_routes(path, name):
    assert route(path) == name


def test_a_policy_that_hubspot_has_not_documented_adds_no_name():
    traffic = Traffic()

    for policy in ("DAILY", "DAILY", "a", "b", ""):
        traffic.slowed(policy)

    assert traffic.throttled == {"DAILY": 2, "other": 3}


def test_renewals_are_counted_by_their_outcome():
    traffic = Traffic()

    for error in (OAuthRefused("no", status_code=400), RequestFailed("no")):
        with pytest.raises(type(error)), traffic.refreshing():
            raise error
    with traffic.refreshing():
        pass

    assert traffic.refreshes == {"refused": 1, "failed": 1, "renewed": 1}

"""Whole loads over real sockets, against a HubSpot that limits, expires and breaks."""

import json
import time

import httpx
import pytest

from hubspot.api import crm
from hubspot.api.client import HubSpot
from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.errors import MissingScopes, OAuthRefused, RateLimited, ResponseError
from hubspot.sync.frames import to_frame
from hubspot.sync.jobs import Jobs
from hubspot.sync.load import load
from hubspot.sync.progress import Phase
from tests.sync.notebook import Notebook, Nowhere

BOTH = ("contacts", "companies")
SIZES = ("--contacts", 1500, "--companies", 700, "--no-limits")


class Connection:
    """A browser's connection to a sandbox, without its consent page."""

    def __init__(self, server):
        self.hub_id, self.ready = server.ready["hub_id"], server.ready
        self.control = httpx.Client(base_url=server.url, trust_env=False)
        self.hubspot = HubSpot(server.url)
        self.access_token = ""
        self.renewals = 0

    def __enter__(self):
        self.control.post("/sandbox/faults", json=[]).raise_for_status()
        return self

    def __exit__(self, *_):
        self.control.close()
        self.hubspot.close()

    def token(self, rejected, **asked):
        if not self.access_token or rejected == self.access_token:
            self.renewals += 1
            self.access_token = self.control.post("/sandbox/token", json=asked).json()["access_token"]
        return self.access_token

    def client(self, **fields):
        return self.hubspot.client(self.hub_id, self.token, **fields)

    def break_down(self, *faults):
        self.control.post("/sandbox/faults", json=list(faults)).raise_for_status()

    def stats(self):
        return self.control.get("/sandbox/stats").json()

    def truth(self, object_type):
        """Return the records of an object type as HubSpot has them, by id."""
        lines = (json.loads(line) for line in self.control.get("/sandbox/truth").text.splitlines())
        return {
            int(each["id"]): each["properties"]
            for each in lines
            if each["kind"] == "record" and each["object_type"] == object_type and not each["archived"]
            if each.get("hub_id", self.hub_id) == self.hub_id
        }


@pytest.fixture
def connect(run_sandbox):
    opened = []

    def open_one(*options):
        opened.append(Connection(run_sandbox(*(options or SIZES))))
        return opened[-1].__enter__()

    yield open_one
    for each in opened:
        each.__exit__()


@pytest.mark.parametrize("cursor", ["id", "opaque"])
def test_every_record_comes_exactly_once_with_hubspots_values(connect, cursor):
    connection = connect(*SIZES, "--cursor", cursor)

    loaded = load(connection.client(), BOTH, Notebook(), Nowhere())

    for object_type in BOTH:
        truth, frame = connection.truth(object_type), to_frame(loaded.tables[object_type])
        assert list(frame["hs_object_id"]) == sorted(truth)
        assert_same(frame, truth, "lifecyclestage", "country", "hubspot_owner_id")
        assert_same(frame, truth, "firstname" if object_type == "contacts" else "name")
        for name, texts in loaded.verbatim[object_type].items():
            assert texts == {each: truth[each][name] for each in texts}
    # The sandbox's scores have more digits than a float.
    assert {name for told in loaded.verbatim.values() for name in told} == {"nps_score"}


def test_portal_facts_totals_and_progress_are_hubspots(connect):
    connection, notebook = connect(), Notebook()

    loaded = load(connection.client(), BOTH, notebook, Nowhere())

    assert notebook.totals == {name: loaded.tables[name].num_rows for name in BOTH}
    assert loaded.portal.account.name == "Northwind Trading"
    assert loaded.portal.account.time_zone == "Europe/Berlin"
    assert any(owner.archived for owner in loaded.portal.owners)
    assert "Affiliate" in [stage.label for stage in loaded.portal.stages("contacts")]
    assert "hs_v2_date_entered_51439524" in loaded.tables["contacts"].schema.names
    assert "nps_score" in loaded.tables["contacts"].schema.names
    assert sum(records for _, records in notebook.arrivals) == sum(notebook.totals.values())


def test_the_object_types_are_walked_side_by_side(connect):
    connection = connect("--contacts", 1000, "--companies", 1000, "--latency-ms", 100)
    began = time.monotonic()

    load(connection.client(), BOTH, Notebook(), Nowhere())

    assert time.monotonic() - began < 2.1
    assert connection.stats()["in_flight_max"] >= 2


def test_a_token_that_expires_during_a_load_is_renewed_and_nothing_is_lost(connect):
    # Long enough that a busy machine finds the new token still good, and short enough for one to end within the load.
    connection = connect("--contacts", 6000, "--companies", 100, "--latency-ms", 300, "--token-ttl", 2)

    loaded = load(connection.client(), BOTH, Notebook(), Nowhere())

    assert_complete(loaded, connection)
    assert connection.renewals >= 2
    assert sum(statuses.get("401", 0) for statuses in connection.stats()["requests"].values()) >= 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html", "status": 502},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 524},
        {"kind": "truncated"},
        {"kind": "empty"},
        {"kind": "drop"},
        {"kind": "locked"},
        {"kind": "expired"},
        {"kind": "burst", "retry_after": 1},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}".strip(),
)
def test_a_fault_in_the_middle_of_a_load_loses_and_repeats_nothing(connect, fault):
    connection = connect()
    connection.break_down({"route": "list", "after": 6, "times": 1, **fault})

    loaded = load(connection.client(), BOTH, Notebook(), Nowhere())

    assert_complete(loaded, connection)


def test_the_portals_own_limit_is_learnt_and_never_passed(connect):
    connection = connect("--contacts", 2800, "--companies", 100, "--burst", 30)

    loaded = load(connection.client(), BOTH, Notebook(), Nowhere())

    assert_complete(loaded, connection)
    # On a busy machine a request can be held up on its way, and then one that was sent later comes too early.
    assert connection.stats()["throttled"] <= 2


def test_a_real_429_is_waited_out(connect):
    waits = []
    connection = connect("--contacts", 300, "--companies", 100, "--burst", 10)
    stranger = HubSpot(connection.hubspot.api_url)
    for _ in range(5):
        crm.account(stranger.client(connection.hub_id, connection.token))
    stranger.close()

    client = connection.client(observe=lambda error, seconds: waits.append((type(error), seconds)))
    loaded = load(client, BOTH, Notebook(), Nowhere())

    assert_complete(loaded, connection)
    assert waits
    assert all(kind is RateLimited and seconds <= 10.5 for kind, seconds in waits)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [({"kind": "daily"}, RateLimited), ({"kind": "migration"}, ResponseError), ({"status": 400}, ResponseError)],
)
def test_what_waiting_cannot_mend_ends_the_load_with_a_sentence(connect, fault, expected):
    connection = connect()
    connection.break_down({"route": "list", "after": 3, "times": 99, **fault})

    with pytest.raises(expected, match=r"\.$"):
        load(connection.client(), BOTH, Notebook(), Nowhere())


def test_a_grant_for_contacts_alone_loads_contacts_alone(connect):
    connection, notebook = connect(), Notebook()
    connection.token(None, scopes=["oauth", "crm.objects.contacts.read"])

    loaded = load(connection.client(), BOTH, notebook, Nowhere())

    assert set(loaded.tables) == {"contacts"}
    assert loaded.portal.owners == ()
    assert len(notebook.notes) == 2


def test_a_grant_for_nothing_names_the_missing_scope(connect):
    connection = connect()
    connection.token(None, scopes=["oauth"])

    with pytest.raises(MissingScopes, match=r"crm\.objects"):
        load(connection.client(), ("contacts",), Notebook(), Nowhere())


def test_a_background_load_ends_in_a_snapshot_that_another_process_reads(connect, store, snapshots):
    connection = connect()
    jobs = Jobs(snapshots, store, connection.hubspot.client, lambda _hub_id: 0)

    jobs.start(connection.hub_id, connection.token, BOTH, 0)
    deadline = time.monotonic() + 30
    while jobs.progress(connection.hub_id).is_running and time.monotonic() < deadline:
        time.sleep(0.02)

    assert jobs.progress(connection.hub_id).phase is Phase.DONE
    snapshot = snapshots.latest(connection.hub_id)
    assert snapshots.read(snapshot, "companies")["hs_object_id"].to_pylist() == sorted(connection.truth("companies"))
    jobs.forget(connection.hub_id)


def test_search_and_batch_read_answer_over_the_wire(connect):
    connection = connect()
    client = connection.client()
    truth = connection.truth("companies")

    newest = crm.search_page(client, "companies", properties=("name",), descending=True, limit=3)
    read = crm.batch_read(client, "companies", ids=[*sorted(truth)[:2], 1], properties=("name",))

    assert [int(each["id"]) for each in newest.results] == sorted(truth)[-3:][::-1]
    assert newest.total == len(truth)
    assert {int(each["id"]) for each in read} == set(sorted(truth)[:2])


def test_tokens_are_refreshed_introspected_and_revoked(connect):
    connection = connect()
    granted = connection.control.post("/sandbox/token").json()
    with open_http(connection.hubspot.api_url) as http:
        oauth = OAuth(
            http, connection.hubspot.api_url, connection.ready["client_id"], connection.ready["client_secret"]
        )
        token = oauth.refresh(granted["refresh_token"])
        person = oauth.introspect(token.access_token)
        oauth.revoke(token.refresh_token)

        assert token.hub_id == person.hub_id == connection.hub_id
        assert person.active
        assert "@" in person.user
        with pytest.raises(OAuthRefused) as caught:
            oauth.refresh(granted["refresh_token"])
        assert caught.value.ends_grant


def assert_complete(loaded, connection):
    for object_type in BOTH:
        assert loaded.tables[object_type]["hs_object_id"].to_pylist() == sorted(connection.truth(object_type))


def assert_same(frame, truth, *names):
    """Compare columns with the wire's values, for which both None and "" are no value."""
    for name in names:
        found = frame.set_index("hs_object_id")[name].astype(object)
        expected = {record_id: properties[name] or None for record_id, properties in truth.items()}
        assert found.where(found.notna(), None).to_dict() == expected

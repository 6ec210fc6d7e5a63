"""Properties that do not fit into an address, and those chosen later: read by id, a hundred records a call."""

import json

import httpx
import pyarrow as pa
import pytest

from hubspot.api import crm
from hubspot.api.client import HubSpot
from hubspot.sync.columns import NAMES_A_CALL, widened
from hubspot.sync.frames import to_frame
from hubspot.sync.jobs import Jobs
from hubspot.sync.load import load
from hubspot.sync.progress import Phase
from hubspot.sync.schema import everything
from tests.answering import Answering
from tests.running import wait_until
from tests.sync.notebook import Notebook, Nowhere
from tests.sync.test_load_from_sandbox import BOTH, Connection

HUB = 42
WIDE = [f"a_custom_property_of_a_portal_that_has_very_many_{number:04}" for number in range(900)]


class WidePortal:
    """A HubSpot of 250 contacts with 900 properties; the numbers 7 and 8 are gone when somebody reads them by id."""

    def __init__(self, *, gone=(), merged=None):
        self.gone, self.merged, self.batches = set(gone), merged or {}, []

    def __call__(self, request):
        if len(request.url.raw_path) > 8192:
            return httpx.Response(414, text="<h1>414 Request-URI Too Large</h1>")
        answers = {
            "details": lambda: httpx.Response(200, json={"portalId": HUB}),
            "properties": lambda: httpx.Response(200, json={"results": [{"name": n, "type": "number"} for n in WIDE]}),
            "read": lambda: self.batch(json.loads(request.content)),
            "search": lambda: httpx.Response(200, json={"results": [], "total": 250}),
            "contacts": lambda: self.list(request.url.params),
        }
        path = request.url.path
        name = "properties" if "/properties/" in path else path.rpartition("/")[2]
        return answers.get(name, lambda: httpx.Response(200, json={"results": []}))()

    def batch(self, asked):
        self.batches.append(asked)
        ids = [int(each["id"]) for each in asked["inputs"]]
        found = [self.merged.get(each, each) for each in ids if each not in self.gone]
        return httpx.Response(207, json={"results": [record(each, asked["properties"]) for each in reversed(found)]})

    def list(self, asked):
        first = int(asked.get("after", 1))
        results = [record(each, asked["properties"].split(",")) for each in range(first, min(first + 100, 251))]
        following = {"paging": {"next": {"after": str(first + 100)}}} if first + 100 <= 250 else {}
        return httpx.Response(200, json={"results": results} | following)


def record(record_id, names):
    return {"id": str(record_id), "properties": {name: value(record_id, name) for name in names if name in WIDE}}


def value(record_id, name):
    return str(record_id * 1000 + WIDE.index(name))


def client_of(portal):
    http = httpx.Client(transport=Answering(portal))
    return HubSpot("https://api.example", http=http).client(HUB, lambda _rejected: "token")


def test_more_names_than_an_address_holds_are_loaded_completely():
    portal, notebook = WidePortal(), Notebook()

    loaded = load(client_of(portal), ("contacts",), notebook, Nowhere(), choose=everything)

    table = loaded.tables["contacts"]
    assert table.num_rows == 250
    assert set(WIDE) <= set(table.schema.names)
    assert table.schema.field(WIDE[-1]).type == pa.float64()
    for name in (WIDE[0], WIDE[450], WIDE[-1]):
        assert table[name].to_pylist() == [float(value(each, name)) for each in range(1, 251)]
    assert max(len(each["inputs"]) for each in portal.batches) == 100
    assert max(len(each["properties"]) for each in portal.batches) == NAMES_A_CALL
    by_list = len(crm.fitting(("hs_object_id", "createdate", "lastmodifieddate", *WIDE))) - 3
    assert len({name for each in portal.batches for name in each["properties"]}) == len(WIDE) - by_list
    assert {(0, 250)} == {(records, total) for _, records, total in notebook.widenings}


def test_records_that_are_gone_or_merged_meanwhile_have_no_value():
    schema = pa.schema([pa.field("hs_object_id", pa.int64(), nullable=False), (WIDE[5], pa.float64())])
    table = pa.table({"hs_object_id": [6, 7, 8, 9]}, pa.schema([schema.field(0)]))

    wide, lost = widened(
        client_of(WidePortal(gone=[7], merged={8: 9})),
        "contacts",
        table,
        schema=schema,
        report=Notebook(),
        parts=Nowhere(),
    )

    assert wide.to_pydict() == {"hs_object_id": [6, 7, 8, 9], WIDE[5]: [6005.0, None, None, 9005.0]}
    assert not lost


@pytest.fixture
def connect(run_sandbox):
    with Connection(run_sandbox("--contacts", 1200, "--companies", 500, "--no-limits")) as connection:
        yield connection


def test_every_column_of_the_sandbox_equals_the_truth_also_those_read_by_id(connect, monkeypatch):
    # The sandbox has about a hundred properties, which all fit into an address; here a tenth of them does.
    monkeypatch.setattr(crm, "PROPERTIES_BYTES", 200)

    loaded = load(connect.client(), BOTH, Notebook(), Nowhere(), choose=everything)

    monkeypatch.undo()
    at_once = load(connect.client(), BOTH, Notebook(), Nowhere(), choose=everything)
    assert connect.stats()["requests"]["batch_read"]["200"] >= 17
    for object_type in BOTH:
        truth, table = connect.truth(object_type), loaded.tables[object_type]
        assert set(next(iter(truth.values()))) <= set(table.schema.names)
        assert table.to_pydict().keys() == at_once.tables[object_type].to_pydict().keys()
        for name in table.schema.names:
            assert table[name].to_pylist() == at_once.tables[object_type][name].to_pylist(), name
        frame = to_frame(table).set_index("hs_object_id")
        for name in ("city", "phone", "hs_analytics_source"):
            found = frame[name].astype(object)
            expected = {record_id: properties[name] or None for record_id, properties in truth.items()}
            assert found.where(found.notna(), None).to_dict() == expected


def test_the_sandbox_refuses_an_address_that_is_too_long(connect):
    answer = connect.control.get(f"/crm/objects/2026-09/contacts?properties={','.join(WIDE)}")

    assert answer.status_code == 414


def test_chosen_properties_are_added_to_a_copy_and_kept_by_every_later_load(connect, store, snapshots):
    jobs = Jobs(snapshots, store, connect.hubspot.client, lambda _hub_id: 0)

    def finish(**how):
        """Load, and return the snapshot with the columns of its contacts."""
        jobs.start(connect.hub_id, connect.token, BOTH, 0, **how)
        wait_until(lambda: not jobs.progress(connect.hub_id).is_running, what="the end of the load")
        assert jobs.progress(connect.hub_id).phase is Phase.DONE, jobs.progress(connect.hub_id).error
        snapshot = snapshots.latest(connect.hub_id)
        return snapshot, snapshots.read(snapshot, "contacts")

    first, table = finish()
    assert "zip" not in table.schema.names
    expected = [properties["zip"] or None for _, properties in sorted(connect.truth("contacts").items())]

    added, with_columns = finish(columns={"contacts": ["zip", "annualrevenue"]})
    refreshed, after_refresh = finish(columns={"companies": ["zip"]})
    full, after_full = finish(is_full=True)

    assert connect.stats()["requests"]["batch_read"]["200"] >= 12 + 5
    assert first.version < added.version < refreshed.version < full.version
    assert added.objects["contacts"].chosen == ("zip", "annualrevenue")
    for each in (with_columns, after_refresh, after_full):
        assert each["zip"].to_pylist() == expected
    assert full.objects["contacts"].chosen == ("zip", "annualrevenue")
    assert full.objects["companies"].chosen == ("zip",)
    assert "zip" in snapshots.read(full, "companies").schema.names
    jobs.forget(connect.hub_id)


def test_properties_chosen_while_a_load_runs_are_added_after_it(connect, store, snapshots):
    jobs = Jobs(snapshots, store, connect.hubspot.client, lambda _hub_id: 0)
    jobs.start(connect.hub_id, connect.token, BOTH, 0)

    jobs.start(connect.hub_id, connect.token, BOTH, 0, columns={"contacts": ["zip"]})
    jobs.start(connect.hub_id, connect.token, BOTH, 0, columns={"contacts": ["annualrevenue"]})

    def is_there():
        snapshot = snapshots.latest(connect.hub_id)
        return snapshot and {"zip", "annualrevenue"} <= set(snapshots.read(snapshot, "contacts").schema.names)

    wait_until(is_there, what="the columns")
    jobs.forget(connect.hub_id)

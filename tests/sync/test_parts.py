import json
import random
from datetime import UTC, datetime, timedelta

import httpx
import pyarrow as pa
import pytest

from hubspot.api.client import HubSpot
from hubspot.errors import ResponseError
from hubspot.portal import Account, Portal
from hubspot.sync.frames import Chunk
from hubspot.sync.load import load, resume
from hubspot.sync.parts import Parts
from tests.answering import Answering
from tests.sync.haste import hasty
from tests.sync.notebook import Notebook
from tests.sync.test_plan import HubSpot as Wire
from tests.sync.test_plan import spread

HUB = 42
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SCHEMA = pa.schema([pa.field("hs_object_id", pa.int64(), nullable=False), pa.field("email", pa.string())])


def chunk_of(*ids, **fields):
    table = pa.table({"hs_object_id": ids, "email": [None] * len(ids)}, SCHEMA)
    return Chunk(table, ((ids[0], ids[-1] + 1),), **fields)


def test_what_was_read_is_found_by_the_next_load(snapshots):
    Parts(snapshots, HUB, NOW).keep("contacts", chunk_of(1, 5, 9, verbatim={"email": {5: "five", 9: "nine"}}))

    later = Parts(snapshots, HUB, NOW + timedelta(hours=1))
    found = later.found("contacts", SCHEMA)

    assert later.begun_at == NOW
    assert found.stretches == ((1, 10),)
    assert found.chunks[0].table == chunk_of(1, 5, 9).table
    assert found.chunks[0].verbatim == {"email": {5: "five", 9: "nine"}}
    assert later.found("companies", SCHEMA).chunks == ()


def test_columns_that_changed_meanwhile_are_read_anew(snapshots):
    Parts(snapshots, HUB, NOW).keep("contacts", chunk_of(1))

    found = Parts(snapshots, HUB, NOW).found("contacts", SCHEMA.append(pa.field("city", pa.string())))

    assert found.chunks == found.stretches == ()


def test_parts_of_a_load_long_ago_are_dropped(snapshots):
    Parts(snapshots, HUB, NOW).keep("contacts", chunk_of(1))

    later = Parts(snapshots, HUB, NOW + timedelta(hours=13))

    assert later.begun_at == NOW + timedelta(hours=13)
    assert later.found("contacts", SCHEMA).chunks == ()
    assert list(snapshots.parts(HUB)) == []


def test_parts_of_data_that_was_deleted_meanwhile_are_dropped(snapshots):
    Parts(snapshots, HUB, NOW, epoch=3).keep("contacts", chunk_of(1))

    later = Parts(snapshots, HUB, NOW + timedelta(hours=1), epoch=4)

    assert not later.are_resumed
    assert later.begun_at == NOW + timedelta(hours=1)
    assert list(snapshots.parts(HUB)) == []


def test_a_snapshot_takes_the_place_of_its_parts(snapshots):
    Parts(snapshots, HUB, NOW).keep("contacts", chunk_of(1))

    snapshots.write(portal(), {"contacts": chunk_of(1).table}, loaded_at=NOW)

    assert list(snapshots.parts(HUB)) == []


def test_a_part_that_cannot_be_opened_is_removed_and_the_others_are_used(snapshots, tmp_path):
    parts = Parts(snapshots, HUB, NOW)
    parts.keep("contacts", chunk_of(1))
    parts.keep("contacts", chunk_of(2))
    broken = next(tmp_path.rglob("part-*"))
    broken.write_bytes(broken.read_bytes()[:-1])

    assert len(Parts(snapshots, HUB, NOW).found("contacts", SCHEMA).chunks) == 1
    assert not broken.exists()


def test_parts_of_another_form_are_dropped(snapshots):
    snapshots.write_part(HUB, b"no Parquet")

    assert Parts(snapshots, HUB, NOW).found("contacts", SCHEMA).chunks == ()
    assert list(snapshots.parts(HUB)) == []


@pytest.mark.parametrize("answers", [[False], [True, False]])
def test_a_portal_deleted_meanwhile_keeps_no_part(snapshots, answers, tmp_path):
    answers = iter(answers)

    Parts(snapshots, HUB, NOW, is_current=lambda: next(answers)).keep("contacts", chunk_of(1))

    assert not list(tmp_path.rglob("part-*"))


class Flaky:
    """A HubSpot behind httpx that breaks for good after so many pages of records."""

    def __init__(self, ids, *, cursor, breaks_after=None):
        self.wire, self.left = Wire(ids, cursor=cursor), breaks_after
        self.paid = 0

    def __call__(self, request):
        path = request.url.path
        if "account-info" in path:
            return httpx.Response(200, json={"portalId": HUB})
        if "owners" in path or "properties" in path:
            return httpx.Response(200, json={"results": []})
        is_glance = request.url.params.get("properties") == "hs_object_id"
        body = json.loads(request.content or b"{}")
        if not is_glance and body.get("limit") != 1:
            if self.left is not None and self.paid >= self.left:
                return httpx.Response(400, json={"category": "VALIDATION_ERROR"})
            self.paid += 1
        return httpx.Response(200, json=self.search(body) if body else self.list(request))

    def list(self, request):
        return as_json(self.wire.list(request.url.params.get("after")))

    def search(self, body):
        if body["limit"] == 1:
            return {"total": len(self.wire.ids), "results": [record(self.wire.ids[-1])]}
        groups = [{each["operator"]: int(each["value"]) for each in group["filters"]} for group in body["filterGroups"]]
        stretches = [(bounds["GTE"], bounds.get("LT", 2**63)) for bounds in groups]
        return as_json(self.wire.search(stretches, int(body["after"])))


def as_json(page):
    paging = {"paging": {"next": {"after": page.after}}} if page.after else {}
    return {"results": [record(each) for each in page.ids], "total": page.total} | paging


def record(record_id):
    return {"id": str(record_id), "properties": {"createdate": "2024-05-01T12:00:00Z"}}


@pytest.mark.parametrize("cursor", ["next id", "opaque"])
def test_a_load_that_broke_off_goes_on_without_reading_twice(snapshots, cursor):
    ids = spread(12_000)
    whole = Flaky(ids, cursor=cursor)
    read_portal(whole, Parts(snapshots, HUB, NOW), Notebook())
    snapshots.delete(HUB)

    broken = Flaky(ids, cursor=cursor, breaks_after=random.Random(3).randrange(30, 60))
    with pytest.raises(ResponseError):
        read_portal(broken, Parts(snapshots, HUB, NOW), Notebook())
    rest, notebook = Flaky(ids, cursor=cursor), Notebook()
    loaded = read_portal(rest, Parts(snapshots, HUB, NOW), notebook)

    assert loaded.tables["contacts"]["hs_object_id"].to_pylist() == ids
    assert sum(count for _, count in notebook.resumptions + notebook.arrivals) == len(ids)
    # What was on its way when it broke, and what was not yet worth a part.
    assert broken.paid + rest.paid < whole.paid + 60


@pytest.mark.parametrize("status_code", [400, 414])
def test_parts_that_hubspot_refuses_to_go_on_from_are_dropped_and_all_is_read_anew(snapshots, status_code, caplog):
    ids = spread(12_000)
    with pytest.raises(ResponseError):
        read_portal(Flaky(ids, cursor="next id", breaks_after=80), Parts(snapshots, HUB, NOW), Notebook())
    parts, notebook = Parts(snapshots, HUB, NOW + timedelta(hours=1)), Notebook()
    assert parts.are_resumed

    loaded = read_portal(Refusing(ids, status_code), parts, notebook, load=resume)

    assert loaded.tables["contacts"]["hs_object_id"].to_pylist() == ids
    assert parts.begun_at == NOW + timedelta(hours=1)
    assert "begins anew" in caplog.text


@pytest.mark.parametrize("answer", [httpx.Response(429, json={"policyName": "DAILY"}), httpx.Response(477)])
def test_parts_outlive_a_hubspot_that_cannot_answer_now(snapshots, answer):
    Parts(snapshots, HUB, NOW).keep("contacts", no_columns(1))

    with pytest.raises(ResponseError):
        read_portal(lambda _request: answer, Parts(snapshots, HUB, NOW), Notebook(), load=resume)

    assert Parts(snapshots, HUB, NOW).are_resumed


class Refusing(Flaky):
    """A HubSpot that refuses the first list call, whatever it asks for."""

    def __init__(self, ids, status_code):
        super().__init__(ids, cursor="next id")
        self.refusals = [httpx.Response(status_code)]

    def __call__(self, request):
        is_list = request.method == "GET" and request.url.path.startswith("/crm/objects")
        return self.refusals.pop() if is_list and self.refusals else super().__call__(request)


def no_columns(*ids):
    table = pa.table({"hs_object_id": ids}, pa.schema([SCHEMA.field("hs_object_id")]))
    return Chunk(table, ((ids[0], ids[-1] + 1),))


def read_portal(hubspot, parts, notebook, load=load):
    with httpx.Client(transport=Answering(hubspot)) as http:
        client = hasty(HubSpot("https://api.example", http=http).client(HUB, lambda _rejected: "token"))
        return load(client, ("contacts",), notebook, parts)


def portal():
    return Portal(account=Account(hub_id=HUB), properties={}, owners=(), read_at=NOW)

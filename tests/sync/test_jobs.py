import functools
import logging
import threading
import time
from datetime import UTC, datetime

import httpx
import pyarrow as pa
import pytest

from hubspot.api.client import HubSpot
from hubspot.connections.leases import Lease
from hubspot.errors import ConnectionEnded, NotConnected
from hubspot.portal import Account
from hubspot.portal import Portal as Facts
from hubspot.sync.jobs import Jobs
from hubspot.sync.progress import Phase
from tests.answering import Answering
from tests.running import wait_until

until = functools.partial(wait_until, seconds=20)
HUB = 42
TABLE = pa.table({"hs_object_id": [1], "lastmodifieddate": pa.array([None], pa.timestamp("us", tz="UTC"))})


class Portal:
    """A HubSpot of 300 contacts whose pages after the first come when `gate` opens."""

    def __init__(self, *, hub_id=HUB, is_open=True):
        self.hub_id, self.fails, self.lists = hub_id, None, 0
        self.gate = threading.Event()
        if is_open:
            self.gate.set()

    def __call__(self, request):
        path = request.url.path
        if path.startswith("/account-info"):
            return httpx.Response(200, json={"portalId": self.hub_id, "portalName": "Northwind"})
        if path.endswith("/search"):
            # Nothing was modified; all else search gets wrong, so that the list alone is read.
            total = 0 if b"lastmodifieddate" in request.content.partition(b"sorts")[0] else 300
            return httpx.Response(200, json={"results": [], "total": total})
        if not path.startswith("/crm/objects"):
            return httpx.Response(200, json={"results": []})
        return self.list(int(request.url.params.get("after", 0)))

    def list(self, after):
        self.lists += 1
        if after:
            assert self.gate.wait(20)
        if after and self.fails:
            return self.fails
        results = [{"id": str(after + each), "properties": {}} for each in range(1, 101)]
        return httpx.Response(
            200, json={"results": results} | ({"paging": {"next": {"after": str(after + 100)}}} if after < 200 else {})
        )


class Replica:
    """One process of the dashboard."""

    def __init__(self, portal, store, snapshots):
        self.portal = portal
        self.http = httpx.Client(transport=Answering(portal))
        self.epoch = 0
        self.jobs = Jobs(
            snapshots, store, HubSpot("https://api.example", http=self.http).client, lambda _hub_id: self.epoch
        )

    def start(self, *, token=lambda _rejected: "token", object_types=("contacts",), epoch=0, is_full=False):
        self.jobs.start(HUB, token, object_types, epoch, is_full=is_full)

    def progress(self):
        return self.jobs.progress(HUB)

    def finish(self):
        return until(lambda: (progress := self.progress()) and not progress.is_running and progress)


@pytest.fixture
def replica(store, snapshots):
    opened = []

    def make(portal):
        opened.append(Replica(portal, store, snapshots))
        return opened[-1]

    yield make
    for each in opened:
        each.portal.gate.set()
        each.jobs.forget(HUB)
        each.http.close()


def test_a_load_runs_in_the_background_and_becomes_the_snapshot(replica, snapshots, caplog):
    caplog.set_level(logging.INFO, "hubspot.sync")
    house = replica(Portal())

    house.start()
    progress = house.finish()

    snapshot = snapshots.latest(HUB)
    assert progress.phase is Phase.DONE
    assert progress.version == snapshot.version
    assert progress.objects["contacts"].loaded == 300
    assert snapshots.read(snapshot, "contacts").num_rows == 300
    assert snapshot.loaded_at == progress.started_at
    assert house.jobs.partial(HUB, "contacts") is None
    assert [message.split(" in ")[0] for message in caplog.messages] == ["Portal 42: loaded 300 contacts"]


def test_what_has_arrived_can_be_seen_while_the_rest_loads(replica):
    portal = Portal(is_open=False)
    house = replica(portal)
    house.start()
    until(lambda: house.jobs.partial_version(HUB, "contacts"))

    assert house.progress().phase is Phase.LOADING
    assert house.jobs.partial(HUB, "contacts").num_rows == 100
    assert house.jobs.partial_version(HUB, "contacts") == 100
    assert house.jobs.portal(HUB).account.name == "Northwind"
    assert house.jobs.partial(HUB, "companies") is None

    portal.gate.set()
    assert house.finish().phase is Phase.DONE


def test_ten_starts_at_once_are_one_load(replica):
    portal = Portal(is_open=False)
    house = replica(portal)

    threads = [threading.Thread(target=house.start) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    portal.gate.set()
    house.finish()

    assert portal.lists == 4, "a glance and three pages"


def test_another_replica_shows_the_load_but_does_not_repeat_it(replica):
    portal = Portal(is_open=False)
    first, second = replica(portal), replica(Portal())
    first.start()
    until(lambda: second.progress() and second.progress().objects)

    second.start()
    until(lambda: second.progress().is_running and second.progress().started_at == first.progress().started_at)
    assert second.jobs.partial(HUB, "contacts") is None

    portal.gate.set()
    first.finish()
    assert until(lambda: not second.progress().is_running and second.progress()).phase is Phase.DONE


def test_a_load_is_stopped_and_what_arrived_stays_to_be_seen(replica, snapshots):
    portal = Portal(is_open=False)
    house = replica(portal)
    house.start()
    until(lambda: house.jobs.partial_version(HUB, "contacts"))

    house.jobs.stop(HUB)
    portal.gate.set()

    assert house.finish().phase is Phase.STOPPED
    assert house.jobs.partial(HUB, "contacts").num_rows in {100, 200}
    assert snapshots.latest(HUB) is None


def test_a_load_is_stopped_from_another_replica(replica):
    portal = Portal(is_open=False)
    first, second = replica(portal), replica(Portal())
    first.start()
    until(lambda: second.progress() and second.progress().objects)

    second.jobs.stop(HUB)
    until(lambda: not first.jobs._store.client.exists(first.jobs._board._key(HUB, "load-stop")))
    time.sleep(0.05)
    portal.gate.set()

    assert first.finish().phase is Phase.STOPPED


def test_a_failed_load_keeps_the_last_good_snapshot_and_says_why_in_one_line(replica, snapshots, caplog):
    portal = Portal()
    house = replica(portal)
    house.start()
    house.finish()
    kept = snapshots.latest(HUB)
    caplog.clear()

    portal.fails = httpx.Response(400, json={"message": "ada@lovelace.example", "category": "VALIDATION_ERROR"})
    house.start(is_full=True)
    failed = until(lambda: house.progress().phase is Phase.FAILED and house.progress())

    assert "HubSpot did not accept a request (400)" in failed.error
    assert snapshots.latest(HUB) == kept
    assert sum("the load failed" in message for message in caplog.messages) == 1
    assert "ada@" not in caplog.text


@pytest.mark.parametrize("kind", [NotConnected, ConnectionEnded])
def test_a_connection_that_ends_during_a_load_is_told_so_that_it_is_true_for_every_colleague(replica, kind):
    def token(_rejected):
        raise kind("HubSpot ended this connection on 23 November. Connect HubSpot again.")

    first, second = replica(Portal()), replica(Portal())
    first.start(token=token)

    sentence = "The connection that this load used has ended. Load again to use yours."
    assert first.finish().error == sentence
    assert second.finish().error == sentence


def test_a_bug_ends_the_load_with_a_sentence_and_tells_where_but_no_values(replica, caplog):
    address = "ada@lovelace.example"

    def token(_rejected):
        raise KeyError(address)

    house = replica(Portal())
    house.start(token=token)

    assert "error in this dashboard" in house.finish().error
    assert "KeyError" in caplog.text
    assert "test_jobs.py" in caplog.text
    assert "ada@" not in caplog.text


def test_data_of_a_portal_that_was_deleted_meanwhile_is_not_stored(replica, snapshots, tmp_path):
    portal = Portal(is_open=False)
    house = replica(portal)
    house.start(epoch=0)
    until(lambda: house.jobs.partial_version(HUB, "contacts"))

    house.epoch = 1
    portal.gate.set()

    assert house.finish().phase is Phase.STOPPED
    assert snapshots.latest(HUB) is None
    assert not list((tmp_path / "snapshots").rglob("contacts*"))
    assert house.jobs.partial(HUB, "contacts") is None


def test_a_load_under_a_new_epoch_replaces_the_old_one(replica, snapshots):
    portal = Portal(is_open=False)
    house = replica(portal)
    house.start(epoch=0)
    until(lambda: house.jobs.partial_version(HUB, "contacts"))

    house.epoch = 1
    house.start(epoch=1)
    portal.gate.set()

    assert house.finish().phase is Phase.DONE
    assert snapshots.latest(HUB).objects["contacts"].records == 300


def test_a_forgotten_portal_leaves_nothing_in_memory_or_in_the_store(replica, snapshots, store):
    portal = Portal(is_open=False)
    house = replica(portal)
    house.start()
    until(lambda: house.jobs.partial_version(HUB, "contacts"))

    house.jobs.forget(HUB)
    portal.gate.set()
    until(lambda: not list(store.client.scan_iter("*")))

    assert house.progress() is None
    assert house.jobs.partial(HUB, "contacts") is None
    assert house.jobs.portal(HUB) is None
    assert snapshots.latest(HUB) is None


def test_a_forgotten_portal_that_is_connected_again_is_loaded(replica, snapshots):
    portal = Portal(is_open=False)
    house = replica(portal)
    house.start(epoch=0)
    until(lambda: house.jobs.partial_version(HUB, "contacts"))

    house.jobs.forget(HUB)
    house.epoch = 1
    house.start(epoch=1)
    portal.gate.set()

    assert house.finish().phase is Phase.DONE
    assert snapshots.latest(HUB) is not None


def test_an_answer_for_another_account_is_never_stored(replica, snapshots):
    house = replica(Portal(hub_id=43))
    house.start()

    assert "another account" in house.finish().error
    assert snapshots.hub_ids() == ()


def test_a_lease_left_by_a_killed_replica_is_waited_out(replica, store, snapshots):
    abandoned = Lease(store, f"{{{HUB}}}:load", seconds=1.0)
    assert abandoned.try_acquire()
    house = replica(Portal())

    house.start()

    assert house.finish().phase is Phase.DONE
    assert snapshots.latest(HUB) is not None


def test_what_another_replica_has_brought_while_this_one_waited_is_not_loaded_again(replica, store, snapshots):
    first, second = Portal(), Portal()
    other, house = replica(first), replica(second)
    waited_for = Lease(store, f"{{{HUB}}}:load", seconds=30)
    assert waited_for.try_acquire()
    house.start()
    until(lambda: house.jobs._runs[HUB].replaces is not None)

    # As that replica ends, it lets go of the lease and tells nothing yet.
    written = snapshots.write(Facts(Account(HUB)), {"contacts": TABLE}, loaded_at=datetime.now(UTC))
    waited_for.release()

    until(lambda: HUB not in house.jobs._runs)
    assert second.lists == 0
    assert snapshots.latest(HUB).version == written.version
    other.start(is_full=True)
    assert other.finish().version != written.version, "a full load is what somebody asked for"


def test_the_progress_in_the_store_is_sealed_and_ends_by_itself(replica, store):
    house = replica(Portal())
    house.start()
    house.finish()

    key = until(lambda: next(iter(store.client.scan_iter("*load-progress")), None))
    assert b"contacts" not in store.client.get(key)
    assert 0 < store.client.pttl(key) <= 60_000


def test_a_portal_nobody_loaded_has_no_progress(replica):
    house = replica(Portal())

    assert house.progress() is None
    assert house.jobs.partial_version(HUB, "contacts") == 0

"""What a load leaves behind when its process ends before it does."""

import functools
import threading
import time

import httpx
import pytest

from hubspot.api.client import HubSpot
from hubspot.connections.leases import Lease
from hubspot.errors import NotConnected
from hubspot.sync.jobs import Jobs
from hubspot.sync.progress import Phase
from tests.answering import Answering
from tests.running import wait_until

until = functools.partial(wait_until, seconds=20)
HUB = 42


class Portal:
    """A HubSpot of 300 contacts, of which those after the first hundred come when `gate` opens."""

    def __init__(self):
        self.gate, self.waiting, self.afters = threading.Event(), threading.Event(), []
        self.refuses = None

    def __call__(self, request):
        path = request.url.path
        if self.refuses:
            return self.refuses
        if path.startswith("/account-info"):
            return httpx.Response(200, json={"portalId": HUB})
        if path.endswith("/search"):
            return httpx.Response(200, json={"results": [], "total": 300})
        if not path.startswith("/crm/objects"):
            return httpx.Response(200, json={"results": []})
        after = int(request.url.params.get("after", 0))
        if after:
            self.waiting.set()
            self.gate.wait(20)
        self.afters.append(after)
        results = [{"id": str(after + each), "properties": {}} for each in range(1, 101)]
        following = {"paging": {"next": {"after": str(after + 100)}}} if after < 200 else {}
        return httpx.Response(200, json={"results": results} | following)


@pytest.fixture
def replica(store, snapshots):
    opened = []

    def make(portal):
        http = httpx.Client(transport=Answering(portal))
        jobs = Jobs(snapshots, store, HubSpot("https://api.example", http=http).client, lambda _hub_id: 0)
        opened.append((portal, http, jobs))
        return jobs

    yield make
    for portal, http, jobs in opened:
        portal.gate.set()
        jobs.forget(HUB)
        http.close()


def start(jobs, token=lambda _rejected: "token", **asked):
    jobs.start(HUB, token, ("contacts",), 0, **asked)


def ended(jobs):
    return until(lambda: (progress := jobs.progress(HUB)) and not progress.is_running and progress)


def test_a_process_that_ends_gives_its_load_away_though_hubspot_has_not_answered(replica, store, snapshots):
    portal = Portal()
    first, second = replica(portal), replica(Portal())
    start(first)
    assert portal.waiting.wait(10)
    began = time.monotonic()

    first.close(seconds=5)

    assert time.monotonic() - began < 2, "an answer under way is not waited for"
    assert second.progress(HUB) is None, "nothing says that it runs or was stopped"
    assert second.left([HUB]) == {HUB: {}}
    assert Lease(store, f"{{{HUB}}}:load").try_acquire()
    assert len(list(snapshots.parts(HUB))) >= 1, "what was read is kept"


def test_another_process_goes_on_and_reads_nothing_twice(replica, snapshots):
    portal, other = Portal(), Portal()
    first, second = replica(portal), replica(other)
    other.gate.set()
    start(first)
    assert portal.waiting.wait(10)
    first.close(seconds=5)

    start(second, columns=second.left([HUB])[HUB])

    assert ended(second).phase is Phase.DONE
    assert snapshots.latest(HUB).objects["contacts"].records == 300
    # A glance at the beginning of the list is all that is asked again.
    assert sorted(other.afters) in ([0, 100, 200], [100, 200])
    assert second.left([HUB]) == {}


def test_a_closed_process_begins_no_load(replica):
    portal = Portal()
    jobs = replica(portal)

    jobs.close(seconds=1)
    start(jobs)

    time.sleep(0.1)
    assert jobs.progress(HUB) is None
    assert portal.afters == []


def test_the_columns_that_a_load_was_to_add_are_left_with_it_sealed(replica, store):
    portal = Portal()
    first, second = replica(portal), replica(Portal())
    start(first, columns={"contacts": ("favourite_colour",)})
    assert portal.waiting.wait(10)
    start(first, columns={"contacts": ("shoe_size",)})

    first.close(seconds=5)

    assert {*second.left([HUB])[HUB]["contacts"]} == {"favourite_colour", "shoe_size"}
    assert b"colour" not in store.client.get(first._board._key(HUB, "load-left"))


def test_a_load_that_does_not_end_in_time_is_left_and_stores_nothing(replica, store, snapshots, caplog):
    jobs = replica(Portal())
    asked, answered = threading.Event(), threading.Event()

    def epoch(_hub_id):
        asked.set()
        return 0 if answered.wait(20) else 1

    jobs._epoch_of = epoch
    start(jobs)
    assert asked.wait(10)

    jobs.close(seconds=0.2)
    is_free = Lease(store, f"{{{HUB}}}:load").try_acquire()
    answered.set()

    assert is_free
    assert jobs._runs[HUB].ended.wait(20)
    assert "did not end in time" in caplog.text
    assert snapshots.latest(HUB) is None
    assert list(store.client.scan_iter("*load-progress")) == []


@pytest.mark.parametrize("answer", [500, 429])
def test_a_load_that_hubspot_made_fail_is_left_to_be_tried_again(replica, answer, monkeypatch):
    monkeypatch.setattr("hubspot.api.client.backoff", lambda _error, _attempt: None)
    portal = Portal()
    portal.refuses = httpx.Response(answer, json={})
    jobs = replica(portal)

    start(jobs)

    assert ended(jobs).phase is Phase.FAILED
    assert jobs.left([HUB]) == {HUB: {}}
    assert not jobs.attempts.claim(HUB, ""), "but not at once"


def test_a_load_whose_connection_ended_and_one_that_a_person_stopped_are_not_left(replica):
    def gone(_rejected):
        raise NotConnected("gone")

    portal = Portal()
    jobs = replica(portal)
    start(jobs, token=gone)
    assert ended(jobs).phase is Phase.FAILED
    assert jobs.left([HUB]) == {}

    start(jobs)
    assert portal.waiting.wait(10)
    jobs.stop(HUB)
    portal.gate.set()

    assert until(lambda: jobs.progress(HUB).phase is Phase.STOPPED)
    assert until(lambda: jobs.left([HUB]) == {})


def test_nobody_is_asked_about_no_portals(replica):
    assert replica(Portal()).left([]) == {}

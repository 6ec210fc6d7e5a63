import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubspot.connections.leases import Lease
from hubspot.errors import StoreDown
from tests.connections.servers import until

NAME = "{1001}:load"


def test_only_one_of_many_gets_it(store):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: Lease(store, NAME).try_acquire(), range(20)))

    assert answers.count(True) == 1


def test_it_is_renewed_while_the_work_takes_and_released_after(store):
    lease = Lease(store, NAME, seconds=0.5)
    assert lease.try_acquire()

    with lease.hold():
        time.sleep(0.8)
        held = not lease.lost and not Lease(store, NAME).try_acquire()

    assert held
    assert lease.lost
    assert Lease(store, NAME).try_acquire()


def test_it_ends_by_itself_when_nobody_renews_it(store):
    lease = Lease(store, NAME, seconds=0.1)
    lease.try_acquire()

    until(lambda: Lease(store, NAME).try_acquire())

    assert lease.lost


def test_the_work_is_told_when_somebody_took_it(store):
    lease = Lease(store, NAME, seconds=0.2)
    lease.try_acquire()

    with lease.hold():
        store.client.set(store.key(NAME), "somebody else")
        until(lambda: lease.lost)

    assert store.client.get(store.key(NAME)) == b"somebody else"


def test_the_work_is_told_when_the_store_is_gone(mortal_store, engine):
    lease = Lease(mortal_store, NAME, seconds=0.3)
    lease.try_acquire()

    with lease.hold():
        engine.kill()
        until(lambda: lease.lost)


def test_a_short_outage_of_the_store_is_survived(mortal_store, engine):
    lease = Lease(mortal_store, NAME, seconds=3)
    lease.try_acquire()

    with lease.hold():
        engine.restart()
        assert not lease.lost
        assert not Lease(mortal_store, NAME).try_acquire()


def test_it_is_not_held_longer_than_its_bound(store):
    lease = Lease(store, NAME, seconds=0.15, longest=0.3)
    lease.try_acquire()

    with lease.hold():
        until(lambda: Lease(store, NAME).try_acquire())
        assert lease.lost


def test_an_error_in_the_work_releases_it(store):
    lease = Lease(store, NAME)
    lease.try_acquire()

    with pytest.raises(KeyError), lease.hold():
        raise KeyError

    assert Lease(store, NAME).try_acquire()


def test_a_lost_reply_leaves_no_ghost(store, lossy_store, proxy):
    proxy.lose_reply_to(b"EVALSHA")

    assert Lease(lossy_store, NAME).try_acquire()
    assert proxy.lost == 1


def test_a_dead_store_is_an_error_not_a_refusal(mortal_store, engine):
    engine.kill()

    with pytest.raises(StoreDown):
        Lease(mortal_store, NAME).try_acquire()


def test_its_heartbeat_ends_with_it(store):
    lease = Lease(store, NAME, seconds=0.1)
    lease.try_acquire()

    with lease.hold():
        pass

    until(lambda: not any(thread.name == f"lease {NAME}" for thread in threading.enumerate()))

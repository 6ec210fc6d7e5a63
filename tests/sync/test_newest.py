"""An older copy that is put back into the folder: the token store knows which one is the newest."""

import logging
import shutil
from datetime import timedelta

import pytest

from hubspot.errors import SnapshotError
from hubspot.sync.newest import Newest
from hubspot.sync.snapshots import Snapshots
from tests.sync.test_snapshots import NOON, records, write

HUB = 42


@pytest.fixture
def replica(tmp_path, keyring, store):
    """Make what a replica of the dashboard keeps copies with; all share folder and token store."""
    return lambda: Snapshots(tmp_path / "snapshots", keyring, "abcd1234", newest=Newest(store))


@pytest.fixture
def put_back(tmp_path):
    """Copy the folder as it is now, and return what puts that copy back."""

    def keep():
        kept, place = tmp_path / "kept", tmp_path / "snapshots"
        shutil.copytree(place, kept)

        def put():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(kept, place)

        return put

    return keep


def later(replica, minutes=1, ids=(1, 2)):
    return write(replica, at=NOON + timedelta(minutes=minutes), contacts=records(*ids))


def test_an_older_copy_put_back_is_refused_with_a_line_and_replaced_by_the_next_load(replica, put_back, caplog):
    first = write(replica(), contacts=records(1))
    put = put_back()
    second = later(replica())
    put()

    with caplog.at_level(logging.WARNING), pytest.raises(SnapshotError, match="older than the newest"):
        replica().latest(HUB)
    assert f"the stored copy {first.version} is older than {second.version}" in caplog.text

    third = later(replica(), minutes=2)
    assert replica().latest(HUB) == third
    assert third.before == {}


def test_a_replica_that_showed_the_older_copy_refuses_it_too(replica, put_back):
    writing, showing = replica(), replica()
    write(writing, contacts=records(1))
    showing.latest(HUB)
    put = put_back()
    later(writing)
    put()

    with pytest.raises(SnapshotError):
        showing.latest(HUB)


@pytest.mark.parametrize("is_lost", [True, False], ids=["a store that lost its data", "a copy from before"])
def test_without_a_note_the_copy_that_is_there_is_taken_and_noted(replica, put_back, store, snapshots, is_lost):
    first = write(replica() if is_lost else snapshots, contacts=records(1))
    store.client.flushall()

    assert replica().latest(HUB) == first
    assert Newest(store).version(HUB) == first.version

    put = put_back()
    later(replica())
    put()
    with pytest.raises(SnapshotError):
        replica().latest(HUB)


def test_a_newer_copy_than_was_noted_is_taken_and_noted(replica, store):
    write(replica(), contacts=records(1))
    noted = store.client.get(Newest(store)._key(HUB))
    second = later(replica())
    store.client.set(Newest(store)._key(HUB), noted)  # as when the writer was killed before its note

    assert replica().latest(HUB) == second
    assert Newest(store).version(HUB) == second.version


def test_what_is_written_after_a_clock_was_set_back_is_the_newest(replica):
    later(replica())

    earlier = write(replica(), contacts=records(1))

    assert replica().latest(HUB) == earlier


def test_a_deleted_copy_put_back_is_refused_and_what_is_loaded_later_is_not(replica, put_back):
    write(replica(), contacts=records(1))
    put = put_back()
    replica().delete(HUB)
    assert replica().latest(HUB) is None
    put()

    with pytest.raises(SnapshotError):
        replica().latest(HUB)
    assert later(replica()) == replica().latest(HUB)


def test_of_a_forgotten_portal_no_note_is_made(replica, store):
    write(replica(), contacts=records(1))
    store.client.flushall()  # as `Grants.forget` sweeps all keys of a portal

    replica().delete(HUB)

    assert store.client.keys() == []


def test_two_readers_never_take_a_note_back(replica, store):
    first = write(replica(), contacts=records(1))
    second = later(replica())

    Newest(store).found(HUB, first.version, noted="")

    assert Newest(store).version(HUB) == second.version

"""What the loads of these tests need: a store, snapshots, and a portal behind a socket."""

import contextlib

import pytest

from hubspot.connections.engine import open_store
from hubspot.keyring import KeyRing
from hubspot.settings import Settings
from hubspot.sync.snapshots import Snapshots
from tests.running import sandbox

NAMESPACE = "abcd1234"


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory):
    store = open_store(Settings(home=tmp_path_factory.mktemp("home")))
    yield store
    store.close()


@pytest.fixture
def store(shared_store):
    """The embedded server, empty."""
    shared_store.client.flushall()
    return shared_store


@pytest.fixture
def keyring():
    return KeyRing({"k1": b"1" * 32})


@pytest.fixture
def snapshots(tmp_path, keyring):
    return Snapshots(tmp_path / "snapshots", keyring, NAMESPACE)


@pytest.fixture(scope="session")
def run_sandbox(tmp_path_factory):
    """Start sandboxes that live as long as the session: `run_sandbox(*options)`; equal options share one."""
    with contextlib.ExitStack() as stack:
        running = {}

        def run(*options):
            if options not in running:
                log = tmp_path_factory.mktemp("sandbox") / "log"
                running[options] = stack.enter_context(sandbox(log, "--today", "2026-11-23", "--seed", 7, *options))
            return running[options]

        yield run

import contextlib
import signal
import time

import pytest

from hubspot.connections import embedded
from hubspot.connections.engine import open_store
from hubspot.connections.grants import Account, Grants
from hubspot.connections.handshake import Handshake, Notice, Outcome
from hubspot.connections.keycheck import check_keys
from hubspot.connections.leases import Lease
from hubspot.connections.preferences import Preferences
from hubspot.connections.sessions import Sessions
from hubspot.errors import ConnectionEnded, SettingsError, StoreDown, StoreRefused
from hubspot.settings import Settings
from tests.connections.servers import KEYS, Server, binaries, opened, until
from tests.running import free_port

BROWSER = "a" * 64


def use_everything(store, keyring, oauth, hubspot):
    """Do what a deployment does from the first click to the last, and what it does when HubSpot ends a grant."""
    check_keys(store, keyring)
    grants, sessions = Grants(store, keyring, oauth), Sessions(store, keyring)
    handshake, preferences = Handshake(store, keyring, pages=("overview",)), Preferences(store, keyring)
    verdict = handshake.judge(handshake.begin(BROWSER, "overview").state, BROWSER)
    assert handshake.claim(verdict.nonce)
    handshake.record(verdict.nonce, Outcome("info", "overview"))
    assert handshake.outcome(verdict.nonce).kind == "info"
    issued = {hub_id: hubspot.issue(hub_id=hub_id) for hub_id in (1001, 1002, 1003, 1004)}
    for token in issued.values():
        sessions.add(BROWSER, grants.save(token))
    handshake.leave_notice(BROWSER, Notice("connected"))
    assert handshake.take_notice(BROWSER)
    account = Account(1001, 11)
    assert grants.access(account, rejected=grants.access(account))
    preferences.put(account, "columns", ["email"])
    assert preferences.view(1001, preferences.keep_view(1001, {"search": "x"}))
    assert preferences.get(account, "columns")
    assert set(sessions.visible(BROWSER).grants) == {1001, 1002, 1003, 1004}
    assert 0 < grants.epoch(1001) == sessions.visible(BROWSER).epochs[1001]
    # As another process, which has noted no visit yet.
    Grants(store, keyring, oauth).opened(1001)
    sessions.remember_portal(BROWSER, 1002)
    with held(Lease(store, "{1001}:load", seconds=0.9)) as lease:
        ends_at = lease._ends_at
        until(lambda: lease._ends_at > ends_at)
        assert not lease.lost
    hubspot.end(issued[1002].refresh_token)
    with pytest.raises(ConnectionEnded):
        grants.access(Account(1002, 11), rejected=issued[1002].access_token)
    assert set(sessions.visible(BROWSER).ended) == {1002}
    store.client.delete(store.key("{1004}", "11", "grant"))
    assert grants.accounts(1004) == ()
    assert grants.disconnect(account).was_last
    assert grants.forget_portal(1003).was_last
    assert list(store.client.scan_iter(match="*{1001}*")) == []
    sessions.drop(BROWSER, 1002)
    assert set(grants.portals()) == {1002, 1004}
    assert store.health().warnings == ()
    sessions.sign_out(BROWSER)


@contextlib.contextmanager
def held(lease):
    assert lease.try_acquire()
    with lease.hold():
        yield lease


def test_every_key_begins_with_the_namespace(store):
    namespace = Settings(client_id="id").namespace

    assert store.key("{1001}", "11", "grant") == f"hd1:{namespace}:{{1001}}:11:grant"


def test_two_apps_on_one_redis_do_not_see_each_other(shared_server, grants, hubspot):
    grants.save(hubspot.issue())
    other = open_store(Settings(redis_url=shared_server.url, keys=KEYS, client_id="other", client_secret="x"))

    assert Grants(other, grants._keyring, grants._oauth).portals() == {}
    other.close()


def test_health_tells_engine_and_persistence(start):
    store = opened(start().url)

    health = store.health()
    store.close()

    assert health.engine in {"valkey", "redis"}
    assert health.version[0].isdecimal()
    assert (health.persistence, health.eviction_policy, health.warnings) == ("append-only file", "noeviction", ())


def test_health_warns_of_eviction_and_of_forgetting(start):
    store = opened(start("--appendonly", "no", "--maxmemory-policy", "allkeys-lru").url)

    warnings = store.health().warnings
    store.close()

    assert [word for word in ("noeviction", "appendonly") if any(word in each for each in warnings)] == [
        "noeviction",
        "appendonly",
    ]


def test_an_address_of_another_form_is_a_setting():
    with pytest.raises(SettingsError, match="REDIS_URL can't be used"):
        opened("http://localhost:6379")


def test_nobody_at_the_address_is_down_and_said_soon():
    began = time.monotonic()

    with pytest.raises(StoreDown, match=r"does not answer \(redis://127\.0\.0\.1:\d+/2, .*connection is safe") as down:
        opened(f"redis://user:secret@127.0.0.1:{free_port()}/2")
    assert "secret" not in str(down.value)
    assert time.monotonic() - began < 2


def test_a_frozen_server_is_down_within_seconds(tmp_path):
    server = Server(binaries()["valkey"], tmp_path).start()
    store = opened(server.url)
    server.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()

    with pytest.raises(StoreDown):
        store.ping()
    assert time.monotonic() - began < 5
    store.close()
    server.stop()


def test_a_restart_between_commands_is_not_noticed(mortal_store, engine):
    mortal_store.ping()
    engine.restart()

    mortal_store.ping()


def test_a_refused_command_does_not_quote_values(store):
    store.client.set(store.key("text"), "x")

    with pytest.raises(StoreRefused, match=r"refused a command \(WRONGTYPE\)"), store.answering() as client:
        client.hset(store.key("text"), "field", "secret value")


def test_our_own_errors_pass_through(store):
    with pytest.raises(SettingsError, match="mine"), store.answering():
        raise SettingsError("mine")


def test_the_embedded_store_needs_no_setting(tmp_path, keyring, oauth, hubspot):
    store = open_store(Settings(home=tmp_path))

    use_everything(store, keyring, oauth, hubspot)
    assert store.health().where == "embedded"
    store.close()
    embedded.leave(tmp_path / "state" / "redis")

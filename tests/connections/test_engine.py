import signal
import socket
import threading
import time

import pytest

from hubspot.connections import embedded
from hubspot.connections.engine import open_store
from hubspot.connections.failures import PERMISSIONS
from hubspot.connections.grants import Account, Grants
from hubspot.connections.handshake import Handshake, Notice
from hubspot.connections.preferences import Preferences
from hubspot.connections.sessions import Sessions
from hubspot.errors import SettingsError, StoreDown, StoreRefused
from hubspot.settings import Settings
from tests.connections.servers import KEYS, Server, binaries, opened
from tests.running import free_port

BROWSER = "a" * 64


@pytest.fixture(params=[pytest.param("valkey"), pytest.param("redis", marks=pytest.mark.redis)])
def start(request, tmp_path):
    started = []

    def start(*options):
        started.append(Server(binaries()[request.param], tmp_path, *options).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()


def use_everything(store, keyring, oauth, hubspot):
    """Do what a deployment does from the first click to the last."""
    grants, sessions = Grants(store, keyring, oauth), Sessions(store, keyring)
    handshake, preferences = Handshake(store, keyring, pages=("overview",)), Preferences(store, keyring)
    verdict = handshake.judge(handshake.begin(BROWSER, "overview").state, BROWSER)
    assert handshake.claim(verdict.nonce)
    assert handshake.outcome(verdict.nonce)
    for hub_id in (1001, 1002, 1003):
        sessions.add(BROWSER, grants.save(hubspot.issue(hub_id=hub_id)))
    handshake.leave_notice(BROWSER, Notice("connected"))
    assert handshake.take_notice(BROWSER)
    account = Account(1001, 11)
    assert grants.access(account, rejected=grants.access(account))
    preferences.put(account, "columns", ["email"])
    preferences.keep_view(1001, {"search": "x"})
    assert preferences.get(account, "columns")
    assert set(sessions.visible(BROWSER).grants) == {1001, 1002, 1003}
    assert 0 < grants.epoch(1001) == sessions.visible(BROWSER).epochs[1001]
    # As another process, which has noted no visit yet.
    Grants(store, keyring, oauth).opened(1001)
    assert grants.disconnect(account).was_last
    assert list(store.client.scan_iter(match="*{1001}*")) == []
    assert set(grants.portals()) == {1002, 1003}


def test_every_key_begins_with_the_namespace(store):
    namespace = Settings(client_id="id").namespace

    assert store.key("{1001}", "11", "grant") == f"hd1:{namespace}:{{1001}}:11:grant"


def test_two_apps_on_one_redis_do_not_see_each_other(shared_server, grants, hubspot):
    grants.save(hubspot.issue())
    other = open_store(Settings(redis_url=shared_server.url, keys=KEYS, client_id="other", client_secret="x"))

    assert Grants(other, grants._keyring, grants._oauth).portals() == {}
    other.close()


def test_everything_works_with_the_documented_permissions(start, keyring, oauth, hubspot):
    server = start()
    server.ask(f"ACL SETUSER dash on >pass {PERMISSIONS}".encode())
    server.ask(b"ACL SETUSER default off")
    store = opened(f"unix://dash:pass@{server.socket}")

    use_everything(store, keyring, oauth, hubspot)
    store.close()


def test_a_missing_permission_is_named(start, keyring):
    server = start()
    server.ask(f"ACL SETUSER dash on >pass {PERMISSIONS} -set".encode())
    store = opened(f"unix://dash:pass@{server.socket}")

    with pytest.raises(StoreRefused, match=r"lacks a permission. It needs: .*\+set"):
        Preferences(store, keyring).keep_view(1001, {})
    store.close()


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


def test_a_wrong_password_is_a_setting_and_is_not_repeated(start):
    server = start("--requirepass", "right")

    for url in (f"unix://:wrong-secret@{server.socket}", server.url):
        with pytest.raises(SettingsError, match="password") as refused:
            opened(url)
        assert "wrong-secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:6379", "localhost:6379", "redis://localhost:port", "redis+sentinel://localhost:1"]
)
def test_an_address_of_another_form_is_a_setting(url):
    with pytest.raises(SettingsError, match="REDIS_URL can't be used"):
        opened(url)


def test_an_unknown_option_in_the_address_is_a_setting(shared_server):
    with pytest.raises(SettingsError, match="REDIS_URL can't be used"):
        opened(f"{shared_server.url}?bogus=1")


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


def test_a_replica_takes_no_writes_and_says_why(start, keyring):
    store = opened(start("--replicaof", f"127.0.0.1 {free_port()}", "--replica-serve-stale-data", "yes").url)

    with pytest.raises(StoreRefused, match="names a replica"):
        Preferences(store, keyring).keep_view(1001, {})
    store.close()


def test_a_full_memory_is_refused_in_words(start, keyring):
    store = opened(start("--maxmemory", "1").url)

    with pytest.raises(StoreRefused, match="memory is full"):
        Preferences(store, keyring).keep_view(1001, {})
    store.close()


def test_a_refused_command_does_not_quote_values(store):
    store.client.set(store.key("text"), "x")

    with pytest.raises(StoreRefused, match=r"refused a command \(WRONGTYPE\)"), store.answering() as client:
        client.hset(store.key("text"), "field", "secret value")


def test_a_plain_address_of_a_tls_port_asks_for_rediss():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        listener.settimeout(5)

        def reset():
            for _ in range(9):
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.recv(1)
                connection.close()

        threading.Thread(target=reset, daemon=True).start()
        with pytest.raises(StoreDown, match="rediss://"):
            opened(f"redis://127.0.0.1:{port}")


def test_our_own_errors_pass_through(store):
    with pytest.raises(SettingsError, match="mine"), store.answering():
        raise SettingsError("mine")


def test_the_embedded_store_needs_no_setting(tmp_path, keyring, oauth, hubspot):
    store = open_store(Settings(home=tmp_path))

    use_everything(store, keyring, oauth, hubspot)
    assert store.health().where == "embedded"
    store.close()
    embedded.leave(tmp_path / "state" / "redis")

"""What each refusal of a real server becomes: a sentence of ours, nobody disconnected, and work goes on after it."""

import resource

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hubspot.connections.engine import Store
from hubspot.connections.failures import PERMISSIONS
from hubspot.connections.grants import Account, Grants, Pace
from hubspot.connections.preferences import Preferences
from hubspot.errors import SettingsError, StoreDown, StoreRefused
from tests.connections.servers import opened, until
from tests.running import free_port

ANNA = Account(1001, 11)
BIG = {"text": "x" * 20_000}


def connected(server, keyring, oauth, hubspot):
    store = opened(server.url)
    grants = Grants(store, keyring, oauth, pace=Pace(commit_again=0.1))
    grants.save(hubspot.issue())
    return store, grants


def test_a_wrong_password_is_a_setting_and_is_not_repeated(start):
    server = start("--requirepass", "right")

    for url in (f"unix://:wrong-secret@{server.socket}", server.url):
        with pytest.raises(SettingsError, match="password") as refused:
            opened(url)
        assert "wrong-secret" not in str(refused.value)


def test_a_missing_permission_is_named(start, keyring):
    server = start()
    server.ask(f"ACL SETUSER dash on >pass {PERMISSIONS} -set".encode())
    store = opened(f"unix://dash:pass@{server.socket}")

    with pytest.raises(StoreRefused, match=r"lacks a permission. It needs: .*\+set"):
        Preferences(store, keyring).keep_view(1001, {})
    store.close()


def test_a_user_who_may_nothing_is_told_what_it_needs(start):
    server = start()
    server.ask(b"ACL SETUSER dash on >pass ~* -@all +hello")

    with pytest.raises(StoreRefused, match=r"lacks a permission. It needs: ~hd1:\*"):
        opened(f"unix://dash:pass@{server.socket}")


def test_a_replica_takes_no_writes_and_says_why(start, keyring):
    store = opened(start("--replicaof", f"127.0.0.1 {free_port()}", "--replica-serve-stale-data", "yes").url)

    with pytest.raises(StoreRefused, match="names a replica"):
        Preferences(store, keyring).keep_view(1001, {})
    store.close()


def test_a_replica_without_its_primary_is_down(start):
    with pytest.raises(StoreDown, match="has lost its primary"):
        opened(start("--replicaof", f"127.0.0.1 {free_port()}", "--replica-serve-stale-data", "no").url)


def test_a_primary_without_its_replicas_takes_no_writes(start, keyring):
    store = opened(start("--min-replicas-to-write", "1").url)

    with pytest.raises(StoreRefused, match="lacks replicas"):
        Preferences(store, keyring).keep_view(1001, {})
    store.close()


def test_a_database_that_is_not_there_is_a_setting(start):
    with pytest.raises(SettingsError, match="no database of this number"):
        opened(f"{start().url}?db=99")


def test_one_server_is_no_cluster(start):
    port = free_port()
    start("--port", str(port), "--bind", "127.0.0.1")

    with pytest.raises(SettingsError, match=r"is no cluster. Remove \?cluster=1"):
        opened(f"redis://127.0.0.1:{port}?cluster=1")


def test_a_full_memory_serves_the_renewed_token_and_stores_it_later(start, keyring, oauth, hubspot):
    store, grants = connected(start(), keyring, oauth, hubspot)
    store.client.delete(store.key("{1001}", "11", "at"))
    hubspot.before_answer = lambda: store.client.config_set("maxmemory", "1")

    answer = grants.access(ANNA)
    again = grants.access(ANNA)
    hubspot.before_answer = lambda: None
    with pytest.raises(StoreRefused, match="memory is full"):
        grants.save(hubspot.issue())
    until(lambda: hubspot.revoked)
    store.client.config_set("maxmemory", "0")
    until(lambda: store.client.exists(store.key("{1001}", "11", "at")))
    store.close()

    assert answer == again
    assert len(hubspot.refreshes) == 1


def test_a_disk_that_takes_no_more_is_told_while_everything_can_be_read(start, keyring, oauth, hubspot):
    server = start("--appendfsync", "everysec")
    store, grants = connected(server, keyring, oauth, hubspot)
    token = grants.access(ANNA)
    size = next(server.folder.rglob("*.incr.aof")).stat().st_size
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size + 8000, size + 8000))

    written = (Preferences(store, keyring).put(ANNA, "columns", BIG) for _ in range(9))
    with pytest.raises(StoreRefused, match="its disk is full or failing"):
        list(written)

    assert grants.access(ANNA) == token
    assert grants.get(ANNA).account == ANNA
    store.close()


def test_a_server_that_reads_its_file_is_starting(start):
    # It looks up from its file every 1,024 commands, and reads for three seconds at least.
    server = start("--key-load-delay", "300")
    with redis.Redis(unix_socket_path=server.socket, retry=Retry(NoBackoff(), 0), socket_timeout=5) as client:
        pipeline = client.pipeline(transaction=False)
        for number in range(10_000):
            pipeline.set(f"key{number}", "x")
        pipeline.execute()
        server.kill()
        server.launch()

        with pytest.raises(StoreDown, match=r"is starting\. .*connection is safe; retrying"):
            Store(client, prefix="", where="here").ping()

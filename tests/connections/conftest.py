"""Real servers for the tests of this room: one per session for what leaves it whole, one per test for what kills it."""

import pytest

from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections import embedded
from hubspot.connections.grants import Grants
from hubspot.connections.sessions import Sessions
from hubspot.keyring import KeyRing
from tests.connections.servers import KEYS, Proxy, Server, binaries, children_of, opened, until
from tests.connections.token_endpoint import TokenEndpoint

ENGINES = [
    pytest.param("valkey", id="valkey"),
    pytest.param("redis", id="redis", marks=pytest.mark.redis),
]


@pytest.fixture(scope="session", params=ENGINES)
def shared_server(request, tmp_path_factory):
    server = Server(binaries()[request.param], tmp_path_factory.mktemp("shared")).start()
    yield server
    server.stop()


@pytest.fixture
def store(shared_server):
    """An empty store on a server that other tests use too."""
    store = opened(shared_server.url)
    store.client.flushall()
    yield store
    store.close()


@pytest.fixture(params=ENGINES)
def engine(request, tmp_path):
    """A server of the test's own, to be killed."""
    server = Server(binaries()[request.param], tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
def mortal_store(engine):
    store = opened(engine.url)
    yield store
    store.close()


@pytest.fixture
def proxy(shared_server, tmp_path):
    proxy = Proxy(shared_server.socket, tmp_path / "proxy.sock")
    yield proxy
    proxy.close()


@pytest.fixture
def lossy_store(store, proxy):
    """A store on the shared server whose replies can get lost; `store` sees the same keys."""
    lossy = opened(proxy.url)
    yield lossy
    lossy.close()


@pytest.fixture
def keyring():
    return KeyRing(KEYS)


@pytest.fixture
def hubspot():
    endpoint = TokenEndpoint()
    yield endpoint
    endpoint.close()


@pytest.fixture
def oauth(hubspot):
    with open_http(hubspot.url) as http:
        yield OAuth(http, hubspot.url, "id", "secret")


@pytest.fixture
def grants(store, keyring, oauth):
    return Grants(store, keyring, oauth)


@pytest.fixture
def lossy_grants(lossy_store, keyring, oauth):
    """Grants whose replies can get lost; `grants` sees the same ones."""
    return Grants(lossy_store, keyring, oauth)


@pytest.fixture
def sessions(store, keyring):
    return Sessions(store, keyring)


@pytest.fixture(params=[pytest.param("valkey"), pytest.param("redis", marks=pytest.mark.redis)])
def start(request, tmp_path):
    """Start servers of either engine, with options: `start(*options)`."""
    started = []

    def start(*options):
        started.append(Server(binaries()[request.param], tmp_path, *options).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def state_dir(tmp_path):
    """A folder for the embedded server, whose processes end with the test."""
    folder = tmp_path / "state" / "redis"
    yield folder
    embedded.leave(folder)
    until(lambda: children_of(folder) == [])

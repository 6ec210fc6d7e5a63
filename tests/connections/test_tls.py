"""A redis-server that speaks TLS, and the addresses that miss it. The wheel's Valkey is built without TLS."""

import shutil

import pytest

from hubspot.errors import SettingsError, StoreDown
from tests.connections.certificates import write_certificates
from tests.connections.servers import Server, opened
from tests.connections.test_engine import use_everything
from tests.running import free_port

pytestmark = pytest.mark.redis


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    write_certificates(folder)
    return folder


def start(folder, *options):
    """Start a server; returns it with its address and that of a port without TLS."""
    secure, plain = free_port(), free_port()
    files = ["--tls-cert-file", folder / "server.pem", "--tls-key-file", folder / "server.key"]
    ports = ["--tls-port", secure, "--port", plain, "--bind", "127.0.0.1", "--tls-ca-cert-file", folder / "ca.pem"]
    server = Server(shutil.which("redis-server"), folder, *map(str, [*ports, *files, *options])).start()
    server.url, server.plain = f"rediss://localhost:{secure}", f"rediss://localhost:{plain}"
    return server


@pytest.fixture(scope="module")
def server(folder):
    server = start(folder, "--tls-auth-clients", "no")
    yield server
    server.stop()


def test_a_deployment_over_tls_does_all_that_one_without_does(server, folder, keyring, oauth, hubspot):
    store = opened(f"{server.url}?ssl_ca_certs={folder}/ca.pem")

    use_everything(store, keyring, oauth, hubspot)
    store.close()


def test_an_authority_that_is_not_named_is_a_setting(server):
    with pytest.raises(SettingsError, match=r"can't be verified\. Name its authority with \?ssl_ca_certs="):
        opened(server.url)


def test_a_certificate_of_another_name_is_a_setting(server, folder):
    with pytest.raises(SettingsError, match="made out to another name"):
        opened(f"{server.url.replace('localhost', '127.0.0.1')}?ssl_ca_certs={folder}/ca.pem")


@pytest.mark.parametrize("name", ["missing.pem", "server.key"])
def test_a_file_that_is_no_certificate_is_a_setting(server, folder, name):
    with pytest.raises(SettingsError, match="certificate file named in REDIS_URL can't be read"):
        opened(f"{server.url}?ssl_ca_certs={folder}/{name}")


def test_an_address_without_tls_is_asked_whether_it_should_be_rediss(server):
    with pytest.raises(StoreDown, match=r"Does it expect TLS \(rediss://\)\?"):
        opened(server.url.replace("rediss", "redis"))


def test_an_address_with_tls_at_a_plain_port_is_asked_whether_it_should_be_redis(server, folder):
    with pytest.raises(StoreDown, match="If it answers without TLS, write redis://"):
        opened(f"{server.plain}?ssl_ca_certs={folder}/ca.pem&socket_timeout=0.2&socket_connect_timeout=0.2")


def test_a_server_that_wants_a_certificate_says_which_option_names_it(folder):
    server = start(folder, "--tls-auth-clients", "yes")
    address = f"{server.url}?ssl_ca_certs={folder}/ca.pem"

    try:
        # Its alert may be lost in the reset that follows it.
        with pytest.raises((SettingsError, StoreDown), match=r"a certificate of the dashboard.*ssl_certfile="):
            opened(address)
        store = opened(f"{address}&ssl_certfile={folder}/server.pem&ssl_keyfile={folder}/server.key")
        store.close()
    finally:
        server.stop()

"""The least a Redis user of the dashboard may do: the documented line, held against the code and two servers."""

import ast
import datetime as dt
import importlib
import pkgutil
import re
from pathlib import Path

import httpx
import pytest
import redis

from hubspot import connections
from hubspot.connections.failures import PERMISSIONS
from hubspot.connections.grants import Grants
from hubspot.ui import housekeeping, services
from tests.connections.servers import Server, binaries, opened
from tests.connections.test_engine import use_everything
from tests.running import sandbox, wait_until
from tests.ui.tabs import Browser, Wire, dashboard

PACKAGE = Path(connections.__file__).parents[1]
IN_LUA = re.compile(r"redis\.call\('(\w+)'")
COMMANDS = {"delete": "del", "scan_iter": "scan"}
# Of redis-py rather than of Redis, or asked for in vain where the line is used: the page then says "unknown".
NO_COMMANDS = {"pipeline", "execute", "register_script", "close", "config_get"}
# What redis-py sends by itself: at the start of a connection, for a transaction, for a script.
BY_THE_CLIENT = {"ping", "hello", "auth", "select", "client|setname", "multi", "exec", "evalsha", "script|load"}


@pytest.fixture(params=[pytest.param("valkey"), pytest.param("redis", marks=pytest.mark.redis)])
def guarded(request, tmp_path):
    """A server on which everybody but its administrator may do no more than the line says."""
    server = Server(binaries()[request.param], tmp_path).start()
    with redis.Redis(unix_socket_path=server.socket) as administrator:
        administrator.execute_command("ACL", "SETUSER", "dash", "on", ">pass", *PERMISSIONS.split())
        server.url = f"unix://dash:pass@{server.socket}"
        server.denied = lambda: {entry["object"] for entry in administrator.acl_log()} - {"config|get"}
        yield server
    server.stop()


def test_everything_works_with_the_documented_permissions(guarded, keyring, oauth, hubspot):
    store = opened(guarded.url)

    use_everything(store, keyring, oauth, hubspot)
    store.close()

    assert guarded.denied() == set()


def test_waiting_for_replicas_needs_no_more(guarded, keyring, oauth, hubspot):
    store = opened(f"{guarded.url}?wait_replicas=1")

    Grants(store, keyring, oauth).save(hubspot.issue())
    store.close()

    assert guarded.denied() == set()


def test_that_runs_every_script_but_those_of_operators(guarded, keyring, oauth, hubspot):
    modules = [importlib.import_module(f"{connections.__name__}.{each.name}") for each in _modules()]
    scripts = {text for module in modules for text in vars(module).values() if _is_script(text)}
    store = opened(guarded.url)

    use_everything(store, keyring, oauth, hubspot)
    store.close()

    assert len(scripts) > 8
    assert scripts <= set(store._scripts)


def test_the_line_names_each_command_of_the_code_and_no_other():
    allowed = {word[1:] for word in PERMISSIONS.split() if word.startswith("+")}

    used = {command for path in PACKAGE.rglob("*.py") for command in _commands(path.read_text(encoding="utf-8"))}

    assert allowed == used | BY_THE_CLIENT


def test_the_dashboard_itself_works_with_them(guarded, tmp_path):
    with (
        sandbox(tmp_path / "log", "--contacts", 20, "--companies", 5) as hubspot,
        httpx.Client(base_url=hubspot.url, trust_env=False) as http,
    ):
        wire = Wire(hubspot, http)
        settings = {**wire.settings, "REDIS_URL": guarded.url, "DASHBOARD_KEYS": f"k1:{'A' * 43}="}
        with dashboard(tmp_path / "home", **settings):
            _connect_load_and_disconnect(wire)

    assert guarded.denied() == set()


def _connect_load_and_disconnect(wire):
    person = Browser()
    returned = person.open(**wire.consent(person.ask_to_connect()))
    person.follow(returned.jump)
    house = services.services()
    wait_until(lambda: house.snapshots.latest(wire.hub_id) and not house.jobs.progress(wire.hub_id).is_running)
    housekeeping.tidy(house, dt.datetime.now(dt.UTC))
    tab = person.open("connection", portal=str(wire.hub_id))
    tab.choose("disconnect")
    tab.press_in_fragment("disconnect.yes")
    assert house.grants.portals() == {}
    assert house.snapshots.hub_ids() == ()


def _modules():
    return [
        each for each in pkgutil.iter_modules(connections.__path__) if each.name not in {"__main__", "watcher", "rekey"}
    ]


def _is_script(value):
    return isinstance(value, str) and IN_LUA.search(value) is not None


def _commands(source):
    """Return the Redis commands in a module: in its scripts, and sent by what it calls client or pipeline."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    sent = {call.attr for call in calls if isinstance(call, ast.Attribute) and _root(call) in {"client", "pipeline"}}
    called = {name.lower() for name in IN_LUA.findall(source)}
    return called | {COMMANDS.get(name, name) for name in sent - NO_COMMANDS if hasattr(redis.Redis, name)}


def _root(node):
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", "")

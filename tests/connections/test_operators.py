"""The operator's command line as an operator uses it: a process of its own beside the dashboard's store."""

import base64
import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from itertools import islice

import httpx
import pytest

from hubspot import keyring as keyrings
from hubspot import settings as settings_module
from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections import embedded
from hubspot.connections.__main__ import main
from hubspot.connections.check import look_over
from hubspot.connections.engine import open_store
from hubspot.connections.grants import Grants
from hubspot.connections.keycheck import check_keys
from hubspot.connections.operators import list_portals
from hubspot.connections.preferences import Preferences
from hubspot.connections.records import Commit, seal_grant
from hubspot.connections.sessions import Sessions
from hubspot.connections.spool import Spool, folder_of
from hubspot.errors import ConnectionEnded
from hubspot.keyring import KeyRing
from hubspot.settings import SIGN_IN_RETURN, Settings, SignIn
from hubspot.sync.snapshots import Snapshots
from tests.connections.servers import Server, binaries, children_of, until
from tests.running import ROOT, free_port, sandbox

LAPTOP = "a" * 64
COLLEAGUE = 50_113_876
OURS = ("HUBSPOT_", "DASHBOARD_", "REDIS_URL", "SNAPSHOT_URI")
OLD, NEW = (f"{name}:{base64.b64encode(os.urandom(32)).decode()}" for name in ("k1", "k2"))

SIGN_IN = SignIn(redirect_uri=f"https://dash.example{SIGN_IN_RETURN}", cookie_secret="hush" * 9, providers=("default",))


class Operator:
    """A machine with these settings: what the dashboard would use, and the command line beside it."""

    def __init__(self, home, **environ):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.environ = {**clean, "DASHBOARD_HOME": str(home), **environ}

    def runs(self, *arguments, answer="", **environ):
        return subprocess.run(
            [sys.executable, "-m", "hubspot.connections", *arguments],
            cwd=ROOT, env=self.environ | environ, input=answer, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    @contextlib.contextmanager
    def dashboard(self):
        """What the dashboard holds of these settings."""
        settings = settings_module.load(self.environ, ROOT / "no-such-file")
        ring = keyrings.load(settings.keys, settings.config_dir)
        store = open_store(settings)
        with open_http(settings.api_url) as http:
            oauth = OAuth(http, settings.api_url, settings.client_id, settings.client_secret)
            yield store, ring, Grants(store, ring, oauth), oauth
        store.close()


@pytest.fixture(scope="module")
def hubspot(tmp_path_factory):
    with sandbox(tmp_path_factory.mktemp("sandbox") / "log", "--contacts", 10, "--companies", 3) as server:
        yield server


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    server = Server(binaries()["valkey"], tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture
def operator(hubspot, redis, tmp_path):
    ready = hubspot.ready
    operator = Operator(
        tmp_path,
        HUBSPOT_CLIENT_ID=ready["client_id"],
        HUBSPOT_CLIENT_SECRET=ready["client_secret"],
        HUBSPOT_API_URL=ready["api_url"],
        HUBSPOT_AUTHORIZE_URL=ready["authorize_url"],
        REDIS_URL=redis.url,
        DASHBOARD_KEYS=OLD,
    )
    with operator.dashboard() as (store, *_):
        store.client.flushall()
    return operator


def connect(operator, hubspot, **asked):
    """Connect somebody without the consent page; returns the grant."""
    with operator.dashboard() as (store, ring, grants, oauth), httpx.Client(trust_env=False) as http:
        issued = http.post(f"{hubspot.url}/sandbox/token", json=asked).json()
        grant = grants.save(oauth.refresh(issued["refresh_token"]))
        Sessions(store, ring).add(LAPTOP, grant)
    return grant


def lines(done):
    return [line.split(None, 2) for line in done.stdout.splitlines()]


def test_check_says_one_line_for_each_part_that_works(operator):
    done = operator.runs("check")

    assert done.returncode == 0, done.stdout
    assert [line[:2] for line in lines(done)] == [
        ["ok", "settings"], ["ok", "sign-in"], ["ok", "store"], ["ok", "keys"], ["ok", "HubSpot"], ["ok", "copies"],
    ]  # fmt: skip
    assert "append-only file" in done.stdout
    assert "k1 seals" in done.stdout
    assert OLD.partition(":")[2] not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "nobody has to sign in, whoever reaches the address sees the connect screen"),
        ({"allowed_portals": (7, 8)}, "connect screen; portals that can be connected: 7, 8"),
        ({"sign_in": SIGN_IN}, "everybody whom the provider knows, each time for 12 h"),
        (
            {"sign_in": replace(SIGN_IN, domains=("firm.example", "sister.example"), hours=1), "allowed_portals": (7,)},
            "addresses of firm.example, sister.example, each time for 1 h; portals that can be connected: 7",
        ),
    ],
)
def test_check_says_who_comes_in(given, sentence):
    _, found = islice(look_over(Settings(**given), None, None), 2)

    assert (found.mark, found.subject) == ("ok", "sign-in")
    assert sentence in found.sentence
    assert SIGN_IN.cookie_secret not in found.sentence


@pytest.fixture
def embedded_operator(tmp_path):
    """A machine on which the dashboard ran with its embedded store, and has ended."""
    operator = Operator(tmp_path)
    with operator.dashboard() as (store, ring, *_):
        check_keys(store, ring)
    embedded.leave(tmp_path / "state" / "redis")
    until(lambda: not children_of(tmp_path / "state" / "redis"))
    return operator


def files(folder):
    """The files below a folder and what they hold, but for the server's own log."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".log")
    return {path.relative_to(folder): path.read_bytes() for path in found}


def test_check_uses_the_embedded_store_where_none_is_named_and_leaves_no_server(embedded_operator, tmp_path):
    before = files(tmp_path)

    done = embedded_operator.runs("check")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "embedded" in done.stdout
    assert "sample portal" in done.stdout
    until(lambda: not children_of(tmp_path / "state" / "redis"))
    assert files(tmp_path) == before


def test_check_on_a_fresh_machine_makes_nothing(tmp_path):
    done = Operator(tmp_path).runs("check")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line[:2] for line in lines(done)] == [
        ["ok", each] for each in ("settings", "sign-in", "store", "keys", "HubSpot")
    ]
    assert "none yet: the first start makes one" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_check_says_when_the_first_start_could_not_make_its_folder(tmp_path):
    (tmp_path / "state").write_text("in the way")

    done = Operator(tmp_path).runs("check")

    assert done.returncode == 1
    assert ["problem", "store"] in [line[:2] for line in lines(done)]
    assert "Set DASHBOARD_HOME to a folder of yours." in done.stdout


def test_check_says_when_the_key_file_is_gone(embedded_operator, tmp_path):
    (tmp_path / "config" / "keys.json").unlink()

    done = embedded_operator.runs("check")

    assert done.returncode == 1
    assert "The key file is gone" in done.stdout
    assert not (tmp_path / "config" / "keys.json").exists()


def test_check_neither_plants_nor_changes_a_key(operator):
    operator.runs("check")
    with operator.dashboard() as (store, ring, *_):
        planted = store.client.dbsize()
        check_keys(store, ring)
        key = store.key("meta", "keycheck")
        sealed = store.client.get(key)

        done = operator.runs("check", DASHBOARD_KEYS=f"{NEW},{OLD}")

        assert (planted, done.returncode) == (0, 0)
        assert store.client.get(key) == sealed


@pytest.mark.parametrize(
    ("environ", "subject", "words"),
    [
        ({"HUBSPOT_CLIENT_SECRET": ""}, "settings", "HUBSPOT_CLIENT_SECRET is not set"),
        ({"DASHBOARD_KEYS": ""}, "settings", "DASHBOARD_KEYS is required"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "store", "does not answer"),
        ({"REDIS_URL": "http://localhost"}, "store", "REDIS_URL can't be used"),
        ({"HUBSPOT_CLIENT_SECRET": "wrong"}, "HubSpot", "HUBSPOT_CLIENT_SECRET"),
        ({"HUBSPOT_API_URL": "http://127.0.0.1:1"}, "HubSpot", "can't be reached"),
    ],
    ids=["secret", "keys", "redis", "redis-url", "client", "hubspot"],
)
def test_check_names_what_does_not_work_and_ends_with_one(operator, environ, subject, words):
    done = operator.runs("check", **environ)

    (problem,) = (line for line in lines(done) if line[0] == "problem")
    assert done.returncode == 1
    assert problem[1] == subject
    assert words in problem[2]


def test_check_says_when_the_keys_are_not_those_of_the_store(operator):
    with operator.dashboard() as (store, ring, *_):
        check_keys(store, ring)

    done = operator.runs("check", DASHBOARD_KEYS=NEW)

    assert done.returncode == 1
    assert ["problem", "keys"] in [line[:2] for line in lines(done)]
    assert "'k1' is missing from DASHBOARD_KEYS" in done.stdout


def test_check_warns_of_a_store_that_may_evict_or_forget(operator, tmp_path):
    careless = Server(binaries()["valkey"], tmp_path, "--appendonly", "no", "--maxmemory-policy", "allkeys-lru").start()
    try:
        done = operator.runs("check", REDIS_URL=careless.url)
    finally:
        careless.stop()

    assert done.returncode == 0
    assert [line[:2] for line in lines(done)].count(["warning", "store"]) == 2
    assert "noeviction" in done.stdout


def test_list_shows_portals_and_neither_tokens_nor_addresses(operator, hubspot):
    grant = connect(operator, hubspot)
    connect(operator, hubspot, user_id=COLLEAGUE, scopes=["oauth", "crm.objects.companies.read"])
    connect(operator, hubspot, account=1)

    done = operator.runs("list")

    with operator.dashboard() as (_, _, grants, _):
        secrets = [grants.access(grant.account), grants._renewal.record(grant.account).refresh_token, grant.user]
    assert done.returncode == 0
    heading, *rows = done.stdout.splitlines()
    (row,) = (row for row in rows if row.startswith(str(grant.account.hub_id)))
    assert len(rows) == 2
    assert heading.split()[:3] == ["PORTAL", "NAME", "PEOPLE"]
    assert row.split()[1:3] == [grant.hub_domain, "2"]
    assert "connected" in row
    assert "crm.objects.contacts.read" in row
    assert not [secret for secret in secrets if secret in done.stdout + done.stderr]
    assert "@" not in done.stdout


def test_list_writes_any_name_to_any_terminal(operator, hubspot):
    grant = connect(operator, hubspot)
    with operator.dashboard() as (store, ring, *_):
        named = replace(grant, hub_domain="日本 northwind")
        key = store.key(f"{{{grant.account.hub_id}}}", str(grant.account.user_id), "grant")
        store.client.hset(key, "blob", seal_grant(ring, key, named, "refresh"))

    done = operator.runs("list", PYTHONIOENCODING="cp1252", PYTHONUTF8="0")

    assert done.returncode == 0, done.stderr
    assert "?? northwind" in done.stdout


@pytest.mark.parametrize("command", [("check",), ("list",), ("rekey",), ("forget", "1")])
def test_ctrl_c_ends_any_command_with_one_line(operator, command):
    # Nobody answers there, so the command waits for its store until it is stopped.
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"redis://127.0.0.1:{deaf.getsockname()[1]}?socket_timeout=30"
        process = subprocess.Popen(
            [sys.executable, "-m", "hubspot.connections", *command],
            cwd=ROOT, env={**operator.environ, "REDIS_URL": url},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            # A shell that starts the tests in the background has its children ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - nothing else runs in it
        )  # fmt: skip
        with deaf.accept()[0]:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)

    assert process.returncode == 130
    assert said == "Stopped before the end. What was done stays done; run it again for the rest.\n"


def test_list_says_that_nobody_is_connected(operator):
    assert operator.runs("list").stdout == "No portal is connected.\n"


def test_list_says_why_a_grant_can_not_be_read(operator, hubspot):
    grant = connect(operator, hubspot)
    with operator.dashboard() as (store, _, _, oauth):
        (row,) = list_portals(Grants(store, KeyRing({"k9": b"9" * 32}), oauth))
        store.client.hset(store.key(f"{{{grant.account.hub_id}}}", str(grant.account.user_id), "grant"), "blob", b"no")
        (damaged,) = list_portals(Grants(store, KeyRing({"k9": b"9" * 32}), oauth))

    assert (row.status, row.name, row.people) == ("key k1 is missing", "", 1)
    assert damaged.status == "damaged"


def test_list_shows_a_portal_whose_grant_hubspot_ended(operator, hubspot):
    grant = connect(operator, hubspot)
    with operator.dashboard() as (_, _, grants, oauth):
        oauth.revoke(grants._renewal.record(grant.account).refresh_token)
        with pytest.raises(ConnectionEnded):
            grants.access(grant.account, rejected=grants.access(grant.account))

        (row,) = list_portals(grants)

    assert (row.people, row.status) == (0, "ended by HubSpot")


def test_rekey_moves_everything_to_the_new_key_and_then_the_old_one_is_not_needed(operator, hubspot):
    grant = connect(operator, hubspot)
    both = {"DASHBOARD_KEYS": f"{NEW},{OLD}"}

    before = operator.runs("rekey", "--check", **both)
    done = operator.runs("rekey", **both)
    after = operator.runs("rekey", "--check", **both)

    assert (before.returncode, done.returncode, after.returncode) == (1, 0, 0)
    assert "Values that need key k1: " in before.stdout
    assert "Values sealed anew with key k2: " in done.stdout
    operator.environ["DASHBOARD_KEYS"] = NEW
    with operator.dashboard() as (_, _, grants, _):
        assert grants.get(grant.account).user == grant.user


def test_rekey_says_when_a_key_is_missing_from_the_ring(operator, hubspot):
    connect(operator, hubspot)

    done = operator.runs("rekey", DASHBOARD_KEYS=NEW)

    assert done.returncode == 1
    assert "Values that need key k1, which is missing from DASHBOARD_KEYS: " in done.stdout


def test_damaged_values_are_said_apart_and_need_no_key(operator, hubspot):
    grant = connect(operator, hubspot)
    both = {"DASHBOARD_KEYS": f"{NEW},{OLD}"}
    with operator.dashboard() as (store, *_):
        key = store.key(f"{{{grant.account.hub_id}}}", str(grant.account.user_id), "at")
        store.client.set(key, store.client.get(key)[:-1] + b"\0\0")

    done = operator.runs("rekey", **both)
    after = operator.runs("rekey", "--check", **both)

    assert (done.returncode, after.returncode) == (0, 0), after.stdout
    assert "1 value can't be opened by any key; 'forget' or waiting for their expiry removes them." in after.stdout
    assert "Values that need key" not in after.stdout


def test_rekey_takes_the_spool_along(operator, hubspot, tmp_path):
    grant = connect(operator, hubspot)
    with operator.dashboard() as (store, ring, *_):
        key = store.key(f"{{{grant.account.hub_id}}}", str(grant.account.user_id), "grant")
        spool = Spool(folder_of(tmp_path / "state" / "spool", store.prefix))
        spool.keep(Commit(grant.account, "a", "b", ring.seal(b"grant", key)))
        store.client.flushall()
    both = {"DASHBOARD_KEYS": f"{NEW},{OLD}"}

    before = operator.runs("rekey", "--check", **both)
    operator.runs("rekey", **both)
    after = operator.runs("rekey", "--check", **both)

    assert (before.returncode, after.returncode) == (1, 0)


def test_rekey_tells_of_copies_under_the_old_key(operator, hubspot, tmp_path):
    connect(operator, hubspot)
    keep_a_copy(operator, 777)

    done = operator.runs("rekey", DASHBOARD_KEYS=f"{NEW},{OLD}")

    assert done.returncode == 0
    assert "copy is sealed with an older key: 1." in done.stdout


def keep_a_copy(operator, hub_id):
    """Leave a file where a copy of the portal would lie; returns the snapshots."""
    settings = settings_module.load(operator.environ, ROOT / "no-such-file")
    snapshots = Snapshots(settings.state_dir / "snapshots", KeyRing(settings.keys), settings.namespace)
    snapshots._write(hub_id, "manifest", b"{}")
    return snapshots


def test_forget_asks_and_then_leaves_nothing_of_the_portal(operator, hubspot):
    grant, colleague = connect(operator, hubspot), connect(operator, hubspot, user_id=COLLEAGUE)
    hub_id = grant.account.hub_id
    other = connect(operator, hubspot, account=1)
    snapshots = keep_a_copy(operator, hub_id)
    with operator.dashboard() as (store, ring, grants, oauth):
        Preferences(store, ring).keep_view(hub_id, {"search": "smith"})
        refresh_tokens = [grants._renewal.record(each.account).refresh_token for each in (grant, colleague)]

        done = operator.runs("forget", str(hub_id), answer="yes\n")

        assert done.returncode == 0, done.stderr
        assert "connected people: 2." in done.stdout
        assert [key for key in store.client.scan_iter() if str(hub_id).encode() in key] == []
        assert snapshots.hub_ids() == ()
        assert not [token for token in refresh_tokens if oauth.introspect(token).active]
        assert set(Sessions(store, ring).visible(LAPTOP).grants) == {other.account.hub_id}


@pytest.mark.parametrize("answer", ["no\n", "", "y\n"])
def test_forget_changes_nothing_without_a_yes(operator, hubspot, answer):
    grant = connect(operator, hubspot)

    done = operator.runs("forget", str(grant.account.hub_id), answer=answer)

    assert (done.returncode, done.stderr) == (1, "Not confirmed, so nothing was changed.\n")
    with operator.dashboard() as (_, _, grants, _):
        assert grants.get(grant.account) == grant


def test_forget_deletes_also_while_hubspot_is_down_and_says_what_remains(operator, hubspot):
    grant = connect(operator, hubspot)

    done = operator.runs(
        "forget", str(grant.account.hub_id), "--yes", HUBSPOT_API_URL=f"http://127.0.0.1:{free_port()}"
    )

    # Another address of HubSpot's is another namespace: nothing of it is there to forget.
    assert (done.returncode, done.stdout) == (1, "")
    httpx.post(f"{hubspot.url}/sandbox/faults", json=[{"route": "revoke", "status": 503, "times": 9}], trust_env=False)
    done = operator.runs("forget", str(grant.account.hub_id), "--yes")
    httpx.post(f"{hubspot.url}/sandbox/faults", json=[], trust_env=False)
    assert done.returncode == 0
    assert "HubSpot has not revoked every connection yet" in done.stdout
    with operator.dashboard() as (_, _, grants, _):
        assert grants.revoke_pending() == 0


def test_forget_says_that_hubspot_could_not_be_told_of_what_does_not_open(operator, hubspot):
    grant = connect(operator, hubspot)
    with operator.dashboard() as (store, *_):
        store.client.hset(store.key(f"{{{grant.account.hub_id}}}", str(grant.account.user_id), "grant"), "blob", b"no")

    done = operator.runs("forget", str(grant.account.hub_id), "--yes")

    assert done.returncode == 0
    assert "HubSpot could not be told" in done.stdout
    assert "every hour" not in done.stdout


def test_forget_says_when_there_is_nothing_of_that_portal(operator):
    done = operator.runs("forget", "4711")

    assert done.returncode == 1
    assert done.stderr == "Portal 4711 is not connected here, and nothing is stored of it.\n"


@pytest.mark.parametrize(
    "arguments",
    [(), ("forget",), ("forget", "me"), ("forget", "-1"), ("forget", "9" * 30), ("reset",), ("list", "--all")],
)
def test_bad_input_is_one_sentence_and_two(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert said.err.strip().endswith(".")


@pytest.mark.parametrize("arguments", [(), ("check",), ("list",), ("rekey",), ("forget",)])
def test_help_explains_each_command(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "usage: python -m hubspot.connections" in said
    assert len(said.splitlines()) > 4

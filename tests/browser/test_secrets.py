"""After connecting, loading, refreshing, failing and crashing: no secret lies in clear anywhere that this leaves.

Looked through are logs, the store's files, snapshots, temporary files, the arguments of all processes and the
environment of those that the dashboard starts.
"""

import json
import re
import signal
import urllib.request
from pathlib import Path

import pytest
import redis

from hubspot.connections import embedded
from tests import running
from tests.browser.hostile import rewriting

pytestmark = pytest.mark.browser
FORGED = "na1-forged-code-of-somebody"
PERSON = "mara.lindqvist@northwind.example"


class Overheard:
    """Passes a sandbox's answers on unchanged, and remembers the tokens and record values that are in them."""

    def __init__(self):
        self.tokens, self.values = set(), set()

    def rewritten(self, path, body):
        self.tokens |= {body[name] for name in ("access_token", "refresh_token") if isinstance(body.get(name), str)}
        for record in body.get("results", ()) if "/crm/objects/" in path else ():
            given = record["properties"]
            self.values |= {given[name] for name in ("email", "phone", "lastname", "domain") if given.get(name)}
        return body


class House:
    """A dashboard that is started again and again on one folder, and what it must keep to itself."""

    def __init__(self, folder, settings, sandbox_url):
        self.folder, self.settings, self.sandbox_url = folder, settings, sandbox_url
        self.started = []
        self.log, self.home, self.temporary = folder / "dashboard.log", folder / "home", folder / "tmp"
        self.temporary.mkdir()

    def start(self):
        more = {"TMPDIR": str(self.temporary), "PYTHONFAULTHANDLER": "1", "DASHBOARD_LOG_LEVEL": "DEBUG"}
        self.started.append(running.start_dashboard(self.home, self.log, **self.settings, **more))
        return self.started[-1]

    def faults(self, *entries):
        request = urllib.request.Request(
            f"{self.sandbox_url}/sandbox/faults",
            data=json.dumps(entries).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=10).close()

    def store(self):
        return redis.Redis(unix_socket_path=embedded._socket_path(self.home / "state" / "redis"))

    def written(self):
        """Return every file that was left, with its content; the key ring itself is the operator's secret."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name != "sandbox.log"]
        return {path: path.read_bytes() for path in files if path.parent != self.home / "config"}

    def processes(self):
        """Return arguments of every process that names our folder and of its children, whose environments too."""
        found, parents = {}, {}
        for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
            try:
                arguments, environ = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            # The store's socket lies elsewhere where our folder's path is too long for one.
            if str(self.home).encode() in arguments + environ or parent in parents:
                is_child = b"streamlit" not in arguments
                parents[entry.name] = parent
                found[entry.name, arguments[:60]] = arguments + (environ if is_child else b"")
        return found


def leaks(secrets, contents):
    return [(str(place), secret[:4]) for place, content in contents.items() for secret in secrets if secret in content]


@pytest.fixture
def overheard():
    return Overheard()


@pytest.fixture
def house(tmp_path, overheard):
    options = ("--contacts", 300, "--companies", 60, "--no-limits", "--rotate-refresh-tokens")
    with (
        running.sandbox(tmp_path / "sandbox.log", *options) as hubspot,
        rewriting(hubspot.url, overheard) as api_url,
    ):
        settings = {
            **running.settings_of(hubspot),
            "HUBSPOT_API_URL": api_url,
        }
        house = House(tmp_path, settings, hubspot.url)
        yield house
        for server in house.started:
            server.kill()


def test_after_everything_that_can_happen_no_secret_lies_in_clear(visitors, house, overheard):
    server = house.start()
    visitor = visitors(server.url)
    visitor.connect("/contacts")
    visitor.wait_until_loaded()
    visitor.download()
    refresh_and_fail(visitor, house, overheard)
    secrets = known(visitor, house, overheard)
    assert_private(house)
    assert leaks(secrets, house.processes()) == []
    assert any(b"valkey" in arguments for _, arguments in house.processes())

    server.process.send_signal(signal.SIGABRT)
    server.process.wait()
    assert "Fatal Python error: Aborted" in server.text()
    server = house.start()
    visitor.base = server.url
    crash_in_a_page(visitor, house)
    server.kill()

    files = house.written()
    assert {"dashboard.log"} <= {path.name for path in files}
    assert any("appendonly" in path.as_posix() for path in files)
    assert any("snapshots" in path.parts for path in files)
    assert leaks(secrets, files) == []


def assert_private(house):
    """What must lie there in clear, the key ring, and the store's files are for the owner alone."""
    keys = [path for path in (house.home / "config").rglob("*") if path.is_file()]
    assert keys
    for path in (*keys, house.home / "state" / "redis"):
        assert oct(path.stat().st_mode & 0o077) == "0o0", path


def refresh_and_fail(visitor, house, overheard):
    """Have HubSpot reject the token, fail in several ways, and refuse a return."""
    before = len(overheard.tokens)
    house.faults({"route": "search", "status": 401, "times": 1})
    visitor.page.get_by_role("button", name=re.compile("Updated")).click()
    visitor.sees("Loading again")
    visitor.wait_until_loaded()
    running.wait_until(lambda: len(overheard.tokens) > before, what="another token")
    house.faults({"route": "properties", "kind": "truncated", "times": 1}, {"route": "owners", "status": 403})
    visitor.page.get_by_role("button", name=re.compile("Updated")).click()
    visitor.sees("Loading again")
    visitor.wait_until_loaded()
    visitor.tab()
    visitor.open(f"/?code={FORGED}&state={FORGED}")
    visitor.page.wait_for_url("**/?said=malformed")
    house.faults()


def crash_in_a_page(visitor, house):
    """Damage what is stored, as a wrong hand or a bug would, and open pages on it."""
    with house.store() as client:
        for key in client.scan_iter(count=1000):
            if b"session" in key or b":at" in key:
                client.delete(key)
                client.rpush(key, "not what was here")
    visitor.tab()
    for page in ("contacts", "connection"):
        visitor.open(f"/{page}?code={FORGED}&state={FORGED}")
        visitor.open(f"/{page}")
        visitor.page.get_by_test_id("stAlert").first.wait_for()


def known(visitor, house, overheard):
    """Return every secret of this run: of OAuth, of the app, of the browser, and what stands in records."""
    addresses = " ".join(url for url in visitor.requests if "code_challenge=" not in url)
    returned = set(re.findall(r"[?&](?:code|state)=([^&\s]+)", addresses))
    cookies = {each["value"] for each in visitor.context.cookies() if each["name"].endswith("hd_sid")}
    values = {value for value in overheard.values if len(value) >= 9}
    assert len(returned) >= 3
    assert len(overheard.tokens) >= 4
    assert len(values) > 100
    assert cookies
    texts = {*returned, *cookies, *values, *overheard.tokens, PERSON, house.settings["HUBSPOT_CLIENT_SECRET"]}
    return [text.encode() for text in texts]

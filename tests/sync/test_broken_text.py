"""A portal whose names HubSpot cut within a character, over real sockets: it is loaded, stored and read again."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from hubspot.api.client import HubSpot
from hubspot.sync.jobs import Jobs
from hubspot.sync.progress import Phase
from hubspot.sync.snapshots import Snapshots
from tests.running import wait_until

HALVES = {"half an escape": rb"\ud83d", "half a character": b"\xf0\x9f", "another alphabet": b"\xfc"}
BROKEN = (b'"label":"', b'"firstName":"', b'"portalName":"', b'"description":"', b'"firstname":"')


class Breaking(ThreadingHTTPServer):
    """A proxy before a sandbox that puts half a character at the beginning of every name in its answers."""

    daemon_threads = True

    def __init__(self, url, half):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.half, self.seen = half, set()
        self.sandbox = httpx.Client(base_url=url, trust_env=False, timeout=60)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def broken(self, content):
        for begins in BROKEN:
            if begins in content:
                self.seen.add(begins)
                content = content.replace(begins, begins + self.half)
        return content


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if self.headers[name]}
        found = self.server.sandbox.request(self.command, self.path, content=content, headers=headers)
        body = self.server.broken(found.content)
        self.send_response(found.status_code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the library calls it so

    def log_message(self, *_):
        pass


@pytest.fixture(params=HALVES.values(), ids=HALVES)
def breaking(request, run_sandbox):
    sandbox = run_sandbox("--contacts", 130, "--companies", 30, "--no-limits")
    server = Breaking(sandbox.url, request.param)
    server.hub_id = sandbox.ready["hub_id"]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
    server.sandbox.close()


def test_a_portal_full_of_broken_names_is_loaded_stored_and_read_again(breaking, tmp_path, keyring, store):
    token = breaking.sandbox.post("/sandbox/token", json={}).json()["access_token"]
    hubspot, folder = HubSpot(breaking.url), tmp_path / "snapshots"
    jobs = Jobs(Snapshots(folder, keyring, "abcd1234"), store, hubspot.client, lambda _hub_id: 0)
    jobs.start(breaking.hub_id, lambda _rejected: token, ("contacts", "companies"), 0)
    progress = wait_until(lambda: (told := jobs.progress(breaking.hub_id)) and not told.is_running and told)
    hubspot.close()

    assert progress.phase is Phase.DONE, progress.error
    snapshots = Snapshots(folder, keyring, "abcd1234")
    found = snapshots.latest(breaking.hub_id)
    assert {b'"label":"', b'"firstName":"', b'"firstname":"'} <= breaking.seen
    email = found.portal.property_named("contacts", "email")
    assert email.label.startswith("\ufffd")
    assert email.label.lstrip("\ufffd") == "Email"
    assert all(owner.first_name.startswith("\ufffd") for owner in found.portal.owners if owner.first_name)
    assert all(label.startswith("\ufffd") for label in found.portal.groups["contacts"].values())
    names = [each for each in snapshots.read(found, "contacts")["firstname"].cast("string").to_pylist() if each]
    assert names
    assert all(each.startswith("\ufffd") for each in names)
    assert all(each.lstrip("\ufffd").isprintable() for each in names)

"""What the embedded server's own failures cost: it is killed, or its disk is full, while a token is renewed."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from hubspot.connections.engine import open_store
from hubspot.connections.grants import Account, Grants, Pace
from hubspot.settings import Settings
from tests.connections.servers import children_of, until
from tests.running import ROOT

ANNA = Account(1001, 11)
NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]


def can_mount():
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode == 0


@pytest.fixture
def store(tmp_path, state_dir):
    store = open_store(Settings(home=tmp_path))
    yield store
    store.close()


@pytest.mark.parametrize("rotates", [False, True])
@pytest.mark.parametrize("victims", ["server", "watcher", "both"])
def test_a_server_killed_during_a_renewal_comes_back_and_takes_the_token(
    store, state_dir, keyring, oauth, hubspot, tmp_path, victims, rotates
):
    grants = Grants(store, keyring, oauth, pace=Pace(commit_again=0.1), spool=tmp_path / "spool")
    grants.save(hubspot.issue())
    key = store.key("{1001}", "11", "at")
    store.client.delete(key)
    hubspot.rotates = rotates
    server = store.client.info("server")["process_id"]
    watcher = next(pid for pid in children_of(state_dir) if pid != server)
    pids = {"server": [server], "watcher": [watcher], "both": [watcher, server]}[victims]
    hubspot.before_answer = lambda: [os.kill(pid, signal.SIGKILL) for pid in pids]

    answer = grants.access(ANNA)
    hubspot.before_answer = lambda: None
    until(lambda: store.client.exists(key))

    assert answer == grants.access(ANNA) == Grants(store, keyring, oauth).access(ANNA)
    assert len(hubspot.refreshes) == 1
    # A server whose watcher was killed may have taken the token on its way out.
    until(lambda: store.ping() is None and len(children_of(state_dir)) == 2)


@pytest.mark.skipif(not can_mount(), reason="a disk of one megabyte can't be made here")
@pytest.mark.parametrize("rotates", [False, True])
def test_a_full_disk_serves_the_renewed_token_and_stores_it_when_there_is_room(tmp_path, hubspot, rotates):
    token = hubspot.issue()
    hubspot.rotates = rotates
    arguments = [str(tmp_path), hubspot.url, token.access_token, token.refresh_token]

    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.connections.full_disk", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)

    assert told["renewed"] == told["again"] == told["afterwards"] != token.access_token
    assert told["person"] == "person11@example.com"
    assert told["refused"].startswith("StoreRefused: The token store can't write: its disk is full or failing.")
    assert len(hubspot.refreshes) == 1

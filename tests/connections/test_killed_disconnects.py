"""A process is killed in the middle of a disconnect, with the grant gone here and alive at HubSpot."""

import subprocess
import sys
import threading

import pytest

from hubspot.connections.grants import Account, Grants
from hubspot.connections.preferences import Preferences
from hubspot.errors import NotConnected, StoreRefused
from tests.connections.servers import KEYS, until
from tests.running import ROOT

ANNA = Account(1001, 11)
DISCONNECT = f"""
import sys
from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections.grants import Account, Grants
from hubspot.keyring import KeyRing
from tests.connections.servers import opened
api_url = sys.argv[2]
oauth = OAuth(open_http(api_url), api_url, "id", "secret")
Grants(opened(sys.argv[1]), KeyRing({KEYS}), oauth).disconnect(Account(1001, 11))
"""


def test_a_disconnect_whose_process_is_killed_is_finished_by_another(engine, mortal_store, keyring, oauth, hubspot):
    grants = Grants(mortal_store, keyring, oauth)
    token = hubspot.issue()
    grants.save(token)
    killed = threading.Event()
    hubspot.before_answer = killed.wait
    hubspot.calls.clear()
    process = subprocess.Popen([sys.executable, "-c", DISCONNECT, engine.url, hubspot.url], cwd=ROOT)
    until(lambda: hubspot.revoked)

    process.kill()
    process.wait()
    hubspot.before_answer = lambda: None
    still_live = list(hubspot.live)
    waiting = grants.revoke_pending()
    killed.set()

    assert still_live == [token.refresh_token]
    assert (waiting, hubspot.live) == (0, [])
    with pytest.raises(NotConnected):
        grants.get(ANNA)


def test_a_store_without_room_keeps_nobody_from_disconnecting(engine, mortal_store, keyring, oauth, hubspot):
    grants = Grants(mortal_store, keyring, oauth)
    grants.save(hubspot.issue())
    mortal_store.client.config_set("maxmemory", "1")
    with pytest.raises(StoreRefused):
        Preferences(mortal_store, keyring).put(ANNA, "columns", [])

    assert grants.disconnect(ANNA).revocation == "done"
    assert not hubspot.live
    assert list(mortal_store.client.scan_iter()) == []

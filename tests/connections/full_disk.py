"""A dashboard with the embedded server on a disk of one megabyte that gets full while a token is renewed.

Run in a mount namespace of its own. Arguments: an empty folder, HubSpot's URL. Prints one JSON line.
"""

import json
import subprocess
import sys
from pathlib import Path

from hubspot.api.oauth import OAuth, Token
from hubspot.api.transport import open_http
from hubspot.connections import embedded
from hubspot.connections.engine import open_store
from hubspot.connections.grants import Account, Grants, Pace
from hubspot.connections.preferences import Preferences
from hubspot.errors import HubSpotError
from hubspot.keyring import KeyRing
from hubspot.settings import Settings
from tests.connections.servers import KEYS, until

ANNA = Account(1001, 11)


def main(folder, api_url, access_token, refresh_token):
    home = Path(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    store = open_store(Settings(home=home))
    oauth = OAuth(open_http(api_url), api_url, "id", "secret")
    grants = Grants(store, KeyRing(KEYS), oauth, pace=Pace(commit_again=0.1), spool=home / "spool")
    grants.save(Token(access_token, refresh_token, 1800, 1001, 11, ("oauth",)))
    key = store.key("{1001}", "11", "at")
    store.client.delete(key)
    fill(home / "full")

    told = {"renewed": grants.access(ANNA), "again": grants.access(ANNA), "person": grants.get(ANNA).user}
    try:
        Preferences(store, KeyRing(KEYS)).put(ANNA, "columns", ["x" * 5000])
    except HubSpotError as error:
        told["refused"] = f"{type(error).__name__}: {error}"
    (home / "full").unlink()
    told["stored"] = until(lambda: store.client.exists(key))
    told["afterwards"] = grants.access(ANNA)
    sys.stdout.write(json.dumps(told))
    store.close()
    embedded.leave(home / "state" / "redis")


def fill(path):
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 256):
                pass
        except OSError:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])

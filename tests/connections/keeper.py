"""A replica somebody looks at: keeps a token fresh, as the dashboard does, while another thread uses it all the time.

Arguments: the store's URL, HubSpot's URL, the seconds after which nobody looks any more. Prints one line of JSON for
each line it reads: how often the token was used, the longest wait for it in seconds, and the errors met.
"""

import json
import sys
import threading
import time

from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections.grants import Account, Grants
from hubspot.connections.upkeep import Upkeep
from hubspot.errors import HubSpotError
from hubspot.keyring import KeyRing
from tests.connections.servers import KEYS, opened

ANNA = Account(1001, 11)


class Looker:
    """Uses the token 50 times a second until told to stop."""

    def __init__(self, grants, upkeep):
        self.grants, self.upkeep = grants, upkeep
        self.uses, self.longest, self.errors = 0, 0.0, []
        self.is_looking = True

    def look(self):
        while True:
            time.sleep(0.02)
            if self.is_looking:
                self.upkeep.used(ANNA)
                self.use()

    def use(self):
        began = time.perf_counter()
        try:
            self.grants.access(ANNA)
        except HubSpotError as error:
            self.errors.append(type(error).__name__)
        self.longest = max(self.longest, time.perf_counter() - began)
        self.uses += 1


def main(redis_url, api_url, idle_seconds):
    grants = Grants(opened(redis_url), KeyRing(KEYS), OAuth(open_http(api_url), api_url, "id", "secret"))
    upkeep = Upkeep(grants.renew_early, idle_seconds=float(idle_seconds))

    def keep_fresh():
        while True:
            upkeep.rest(upkeep.turn())

    looker = Looker(grants, upkeep)
    for work in (keep_fresh, looker.look):
        threading.Thread(target=work, daemon=True).start()
    for line in sys.stdin:
        looker.is_looking = line.strip() != "stop"
        told = {"uses": looker.uses, "longest": looker.longest, "errors": looker.errors}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

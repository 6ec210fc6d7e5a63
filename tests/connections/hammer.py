"""A replica: a process whose threads all ask for an access token at once. Prints one line per thread.

Arguments: the store's URL, HubSpot's URL, the number of threads, the lease in seconds, a spool folder or "-".
"""

import sys
import threading
from pathlib import Path

from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections.grants import Account, Grants, Pace
from hubspot.errors import HubSpotError
from hubspot.keyring import KeyRing
from tests.connections.servers import KEYS, opened


def main(redis_url, api_url, threads, lease, spool):
    store = opened(redis_url)
    oauth = OAuth(open_http(api_url), api_url, "id", "secret")
    grants = Grants(
        store, KeyRing(KEYS), oauth, pace=Pace(lease=float(lease)), spool=None if spool == "-" else Path(spool)
    )
    together, writing = threading.Barrier(int(threads)), threading.Lock()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()

    def ask():
        together.wait()
        try:
            line = grants.access(Account(1001, 11))
        except HubSpotError as error:
            line = type(error).__name__
        with writing:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

    workers = [threading.Thread(target=ask) for _ in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Replicas of the dashboard: processes whose threads all ask for an access token at once.

Arguments: the store's URL, HubSpot's URL, the numbers of processes and of threads in each, the lease in seconds, a
spool folder or "-", and by how many seconds the wall clocks of these processes are wrong. Each process prints "ready"
and, after a line came in, for each thread its pid and what it got. All end when standard input does.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections.grants import Account, Grants, Pace
from hubspot.errors import HubSpotError
from hubspot.keyring import KeyRing
from tests.connections.servers import KEYS, opened


def main(redis_url, api_url, processes, threads, lease, spool, skew):
    pace, spool = Pace(lease=float(lease)), None if spool == "-" else Path(spool)
    true_time = time.time
    time.time = lambda: true_time() + float(skew)
    gate, opener = os.pipe()
    pids = []
    # Forked, as the imports alone would take a processor longer than what is tested.
    for _ in range(int(processes)):
        pid = os.fork()
        if pid == 0:
            os.close(opener)
            replica(redis_url, api_url, int(threads), pace, spool, gate)
        pids.append(pid)
    sys.stdin.readline()
    os.close(opener)
    sys.stdin.readline()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def replica(redis_url, api_url, threads, pace, spool, gate):
    # The id tells the token endpoint which process asks.
    oauth = OAuth(open_http(api_url), api_url, f"id-{os.getpid()}", "secret")
    grants = Grants(opened(redis_url), KeyRing(KEYS), oauth, pace=pace, spool=spool)
    together = threading.Barrier(threads)

    def ask():
        together.wait()
        try:
            got = grants.access(Account(1001, 11))
        except HubSpotError as error:
            got = type(error).__name__
        say(f"{os.getpid()} {got}")

    say("ready")
    os.read(gate, 1)
    for worker in [threading.Thread(target=ask) for _ in range(threads)]:
        worker.start()
    signal.pause()


def say(line):
    os.write(1, f"{line}\n".encode())  # one write, so that lines of several processes do not mix


if __name__ == "__main__":
    main(*sys.argv[1:])

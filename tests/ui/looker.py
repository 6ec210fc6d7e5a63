"""A replica that nobody looks at just now: `python -m tests.ui.looker EVERY_SECONDS`, settings from the environment.

It keeps portals in use fresh, a turn a quarter of a second, until its standard input ends. Prints a dot for each turn.
"""

import sys
import threading
from datetime import timedelta

from hubspot.sync import jobs, noticeboard
from hubspot.sync.attempts import Attempts
from hubspot.ui import services
from hubspot.ui.freshness import Freshness

house = services.services()
# The setting counts in minutes, and nobody waits for these in a test.
object.__setattr__(house.settings, "refresh_minutes", float(sys.argv[1]) / 60)
# Nor until it is sure that a replica was killed.
jobs._LEASE_SECONDS, noticeboard._RUNNING_TTL_MS = 3.0, 2000
house.jobs.attempts = Attempts(house.store, first=timedelta(seconds=1))
keeper = Freshness(house)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
while not ended.wait(0.25):
    keeper.turn()
    print(".", end="", flush=True)  # noqa: T201 - for the test to count
house.jobs.close(seconds=5)

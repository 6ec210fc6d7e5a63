"""A process with an open page: `python looker.py HUB_ID BROWSER SECONDS EVERY_SECONDS`, settings from the environment.

It looks five times a second for so many seconds, and prints a dot for each look.
"""

import sys
import time

from hubspot.ui import freshness, services, state

hub_id, browser_hash, seconds, every = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
house = services.services()
# The setting counts in minutes, and nobody waits for these in a test.
object.__setattr__(house.settings, "refresh_minutes", every / 60)
ends_at = time.monotonic() + seconds
while time.monotonic() < ends_at:
    freshness.look(state.view(state.visit(browser_hash), hub_id))
    print(".", end="", flush=True)  # noqa: T201 - for the test to count
    time.sleep(0.2)
while (progress := house.jobs.progress(hub_id)) and progress.is_running:
    time.sleep(0.05)

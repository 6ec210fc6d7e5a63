"""How many of the duplicates that a hostile portal is known to have are found, at which cost, rule by rule.

The thresholds were chosen on the portals of seeds 1 to 3; what is printed is of others.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from hubspot.analysis.duplicates import RULES, found_in
from hubspot.portal import COMPANIES, CONTACTS
from tests.known_duplicates import portal_of, quality

SEEDS = (11, 12, 13)
SIZES = {CONTACTS: 100_000, COMPANIES: 20_000}


def figures(_folder):
    """Yield pairs of a name and a figure; every portal in a process of its own."""
    for seed in SEEDS:
        command = [sys.executable, "-m", "tests.benchmarks.duplicates", str(seed)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for name, figure in told:
            yield f"duplicates, seed {seed}, {name}", figure


def measured(seed):
    """Yield the figures of one portal; memory is that of this process, beyond what it had before the search."""
    frames, truth = portal_of(seed, *SIZES.values())
    for object_type, size in SIZES.items():
        # Linux begins to measure the peak anew.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before, began = megabytes("VmRSS"), time.process_time()
        found = found_in(frames[object_type], object_type)
        spent, more = time.process_time() - began, megabytes("VmHWM") - before
        all_rules = quality(found, truth[object_type])
        yield f"{size:,} {object_type}", f"{all_rules}, {spent:.1f} s of CPU, {more:,.0f} MB more"
        for rule in RULES[object_type]:
            yield f"{object_type} by {rule}", str(quality(found, truth[object_type], rule=rule))


def megabytes(name):
    """Return the memory of this process: what it has now (VmRSS), or the most it had at once (VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(list(measured(int(sys.argv[1])))))

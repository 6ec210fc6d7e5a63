"""Print the figures: `make bench`. Each names what it measured; compare figures of one run only.

`make bench ONLY=exploring CONTACTS=1000000` prints those of one part; CONTACTS is the size of the exploring part alone.
"""

import sys
import tempfile
from pathlib import Path

from tests.benchmarks import connections, duplicates, exploring, filtering, first_light, loading, sandbox_speed, team

PARTS = (connections, duplicates, exploring, filtering, first_light, sandbox_speed, loading, team)

if __name__ == "__main__":
    chosen = [module for module in PARTS if not sys.argv[1:] or module.__name__.rpartition(".")[2] in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        for module in chosen:
            for name, figure in module.figures(Path(folder)):
                print(f"{name:<92} {figure}", flush=True)

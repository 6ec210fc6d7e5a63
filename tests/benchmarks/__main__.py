"""Print the figures: `make bench`. Each names what it measured; compare figures of one run only."""

import tempfile
from pathlib import Path

from tests.benchmarks import connections, duplicates, exploring, filtering, first_light, loading, sandbox_speed

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for module in (connections, duplicates, exploring, filtering, first_light, sandbox_speed, loading):
            for name, figure in module.figures(Path(folder)):
                print(f"{name:<92} {figure}", flush=True)

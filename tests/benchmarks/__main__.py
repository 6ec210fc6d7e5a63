"""Print the figures: `make bench`. Each names what it measured; compare figures of one run only."""

import tempfile
from pathlib import Path

from tests.benchmarks import first_light

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in first_light.figures(Path(folder)):
            print(f"{name:<64} {figure}", flush=True)

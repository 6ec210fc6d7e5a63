import subprocess
import sys

from tests.running import ROOT

LOOK = """
import pyarrow as pa
from hubspot.sync import memory
memory.be_frugal()
held = pa.array(range(100_000))
print(pa.default_memory_pool().backend_name, pa.default_memory_pool().bytes_allocated() > 0)
"""


def test_a_process_that_only_loads_takes_its_memory_from_the_c_library():
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["system", "True"]

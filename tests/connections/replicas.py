"""Starts other processes of the dashboard that share the store with the test."""

import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


class Replica:
    """A running hammer.py, waiting for `go`."""

    def __init__(self, redis_url, api_url, *, threads=1, lease=4.0, spool="-"):
        arguments = [redis_url, api_url, str(threads), str(lease), str(spool)]
        self.threads = threads
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.connections.hammer", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )

    def wait_ready(self):
        assert self.process.stdout.readline() == "ready\n"
        return self

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self

    def answers(self):
        """Return what its threads got: tokens, or the names of errors."""
        return [self.process.stdout.readline().strip() for _ in range(self.threads)]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

"""Starts other processes of the dashboard that share the store with the test."""

import os
import signal
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


class Herd:
    """A running hammer.py, waiting for `go`."""

    def __init__(self, redis_url, api_url, *, processes=1, threads=1, lease=4.0, spool="-", skew=0):
        arguments = [redis_url, api_url, processes, threads, lease, spool, skew]
        self.processes, self.threads = processes, threads
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.connections.hammer", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )

    def go(self):
        """Let all threads ask at once."""
        for _ in range(self.processes):
            assert self.process.stdout.readline() == "ready\n"
        self._line()
        return self

    def answers(self, *, without=0):
        """Return what the threads got, tokens or the names of errors; `without` is a pid that was killed."""
        count = (self.processes - bool(without)) * self.threads
        lines = [self.process.stdout.readline().split() for _ in range(count)]
        assert str(without) not in {pid for pid, _ in lines}
        return [got for _, got in lines]

    def kill_caller(self, call):
        """Kill the process that made a call to the token endpoint; return its pid."""
        pid = int(call["client_id"].removeprefix("id-"))
        os.kill(pid, signal.SIGKILL)
        return pid

    def end(self):
        if self.process.poll() is None:
            self._line()
            self.process.stdin.close()
            self.process.wait()
        self.process.stdout.close()

    def _line(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

"""Real processes for tests: the dashboard, the sandbox and a Redis, each on a free port of this machine."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from hubspot.connections import embedded

ROOT = Path(__file__).parent.parent
STARTS_WITHIN = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Server:
    """A process that answers at `url`; `log` is the file its output goes to."""

    process: subprocess.Popen
    url: str
    log: Path

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")


def wait_until(condition, *, seconds=STARTS_WITHIN, what="the condition"):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {seconds} s")


def checkout(folder, secrets):
    """Make a folder that runs the code of this one, with a secrets.toml of its own."""
    for name in ("app.py", "pages", "hubspot"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").symlink_to(ROOT / ".streamlit" / "config.toml")
    write_private(folder / ".streamlit" / "secrets.toml", secrets)
    return folder


def write_private(path, text):
    """Write a file of secrets, which only its owner may read."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def start_dashboard(home, log, *, port=None, script="app.py", folder=ROOT, **environ):
    """Start the dashboard with its state under `home` and nothing of this machine's settings."""
    port = port or free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUBSPOT_", "DASHBOARD_"))}
    clean |= {"DASHBOARD_HOME": str(home), "PYTHONUNBUFFERED": "1", **environ}
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=folder, env=clean, stdout=output, stderr=output)
    server = Server(process, f"http://localhost:{port}", log)
    wait_until(lambda: _is_healthy(server), what="the dashboard")
    return server


def _is_healthy(server):
    assert server.process.poll() is None, server.text()
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{server.url}/_stcore/health", trust_env=False).status_code == 200
    return False


@contextlib.contextmanager
def dashboard(home, log, **settings):
    server = start_dashboard(home, log, **settings)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def sandbox(log, *options):
    """Start a sandbox; yields the server, with what it printed when ready as `server.ready`."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "hubspot.sandbox", "--port", "0", *map(str, options)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        ready = json.loads(process.stdout.readline())
        server = Server(process, ready["api_url"], log)
        server.ready = ready
        yield server
    finally:
        process.stdout.close()
        Server(process, "", log).stop()


def settings_of(hubspot):
    """Return the settings of a dashboard that takes this sandbox for HubSpot."""
    names = ("api_url", "authorize_url", "client_id", "client_secret")
    return {f"HUBSPOT_{name.upper()}": hubspot.ready[name] for name in names}


@contextlib.contextmanager
def redis_server(folder, *options):
    """Start redis-server, else the wheel's Valkey, over TCP with an append-only file in `folder`."""
    port, log = free_port(), folder / "redis.log"
    server = Server(None, f"redis://127.0.0.1:{port}/0", log)
    start_redis(server, folder, *options)
    try:
        yield server
    finally:
        server.stop()


def start_redis(server, folder, *options):
    """Start the process of a Redis, also again after it was killed."""
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    binary = shutil.which("redis-server") or embedded.find_server()
    command = [binary, "--port", port, "--dir", folder, "--appendonly", "yes", "--save", ""]
    with server.log.open("ab") as output:
        server.process = subprocess.Popen([str(part) for part in (*command, *options)], stdout=output, stderr=output)
    wait_until(lambda: _accepts(port), what="Redis")


def _accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False

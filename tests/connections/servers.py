"""Real Redis servers that a test may kill, and a proxy that loses replies."""

import contextlib
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from hubspot.connections import embedded
from hubspot.connections.engine import open_store
from hubspot.settings import Settings

KEYS = {"k1": b"1" * 32}


def opened(url):
    """Open the store of a dashboard that uses this Redis."""
    return open_store(Settings(redis_url=url, keys=KEYS, client_id="id", client_secret="secret"))


def until(happens, *, seconds=10.0):
    """Wait for something that another process does."""
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        if found := happens():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def binaries():
    found = {"valkey": embedded._in_wheel()[0], "redis": shutil.which("redis-server")}
    return {name: path for name, path in found.items() if path}


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False  # it may end while it is read
    return state != "Z"


class Server:
    """A server on a Unix socket with an append-only file, as an operator would run it."""

    def __init__(self, binary, folder, *options):
        self.binary, self.folder, self.options = binary, folder, options
        self.socket = str(folder / "redis.sock")
        self.url = f"unix://{self.socket}"
        self.process = None

    def launch(self):
        """Start the process, and wait until somebody listens, who may be reading the file still."""
        fixed = ["--port", "0", "--unixsocket", self.socket, "--dir", str(self.folder), "--save", ""]
        durable = ["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"]
        # A server whose files may grow no more gets an error, as on a full disk, only if the signal stays ignored.
        self.process = subprocess.Popen(
            [self.binary, *fixed, *durable, *self.options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            restore_signals=False,
        )
        until(lambda: self.ask(b"PING"))
        return self

    def start(self):
        self.launch()
        until(lambda: not self.ask(b"PING").startswith(b"-LOADING"))
        return self

    def ask(self, command):
        return embedded._ask(self.socket, command)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self):
        self.kill()
        self.start()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()


class Proxy:
    """Forwards to a server; on demand it forwards a command and loses the reply together with the connection."""

    def __init__(self, target, path):
        self.target, self.path = target, str(path)
        self.url = f"unix://{self.path}"
        self.lost = 0
        self._word = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(64)
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_reply_to(self, word):
        """Lose the reply to the next command that contains these bytes."""
        self._word = word

    def close(self):
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.connect(self.target)
            self._open += [client, server]
            cut = threading.Event()
            threading.Thread(target=self._commands, args=(client, server, cut), daemon=True).start()
            threading.Thread(target=self._replies, args=(client, server, cut), daemon=True).start()

    def _commands(self, client, server, cut):
        with contextlib.suppress(OSError):
            while content := client.recv(65536):
                if self._word and self._word in content:
                    self._word = None
                    cut.set()
                server.sendall(content)
            server.shutdown(socket.SHUT_RDWR)

    def _replies(self, client, server, cut):
        with contextlib.suppress(OSError):
            while content := server.recv(65536):
                if cut.is_set():
                    self.lost += 1
                    break
                client.sendall(content)
            client.shutdown(socket.SHUT_RDWR)


def children_of(state_dir):
    """Return the pids of the watcher and the server of a state directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or not is_running(entry.name):
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            line = (entry / "cmdline").read_bytes().split(b"\0")
            is_server = any(f"unixsocket:{state_dir}/".encode() in word for word in line)
            if is_server or (str(embedded._WATCHER).encode() in line and str(state_dir).encode() in line):
                found.append(int(entry.name))
    return found

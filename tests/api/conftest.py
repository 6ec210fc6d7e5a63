"""A portal at the edge of httpx, and one behind a real socket that misbehaves as told."""

import contextlib
import socket
import threading

import httpx
import pytest

from hubspot.api.client import Client, Tally
from hubspot.api.limits import Limiter
from tests.answering import Answering


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


class Misbehaving:
    """An HTTP server whose answers are bytes or functions of the open connection, one per request."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # Closing alone would let a waiting accept take one more connection.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self.connections:
            connection.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            while self._read(connection):
                answer = self.answers.pop(0)
                if callable(answer):
                    if answer(connection) is False:
                        return
                else:
                    connection.sendall(answer)

    def _read(self, connection):
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                return False
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        while len(body) < sum(lengths):
            body += connection.recv(65536)
        self.requests.append(head.split(b"\r\n")[0].decode())
        return True


def answer(body, *, status="200 OK", headers="", length=None):
    """Return the bytes of an HTTP answer; `length` may promise more than there is."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {length or len(body)}\r\n{headers}\r\n".encode() + body


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def misbehaving():
    servers = []

    def start(*answers):
        servers.append(Misbehaving(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def wire_answer():
    return answer


@pytest.fixture
def make_client(clock):
    """Make a client whose every wait is instant; `handler` is what answers."""
    opened = []

    def make(handler=None, *, http=None, api_url="https://api.example", **fields):
        http = http or httpx.Client(transport=Answering(handler))
        opened.append(http)
        limiter = Limiter(clock=clock, sleep=clock.sleep)
        defaults = {"token": lambda _rejected: "secret-token", "sleep": clock.sleep, "tally": Tally()}
        return Client(http=http, api_url=api_url, limiter=limiter, **{**defaults, **fields})

    yield make
    for http in opened:
        http.close()

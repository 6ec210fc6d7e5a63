"""A proxy without stickiness: every request and every WebSocket goes to whichever backend is next."""

import contextlib
import itertools
import re
import socket
import threading

_LONGEST_HEAD = 65536


class RoundRobin:
    """Listens on a free port; `only` is the number of the one backend to use, None for each in turn.

    `served` tells the path of every request and which backend answered it.
    """

    def __init__(self, ports):
        self.only, self.served = None, []
        self._ports, self._turns = ports, itertools.cycle(range(len(ports)))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://localhost:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # Only a shutdown wakes the thread that accepts.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def of(self, path):
        """Return the backends that answered requests to a path."""
        return [backend for served, backend in self.served if served.partition("?")[0] == path]

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client):
        with contextlib.suppress(OSError), client:
            head, _, rest = _read_head(client).partition(b"\r\n\r\n")
            if not head:
                return
            backend = next(self._turns) if self.only is None else self.only
            self.served.append((head.split(b" ", 2)[1].decode(), backend))
            with socket.create_connection(("127.0.0.1", self._ports[backend])) as server:
                server.sendall(_alone(head) + b"\r\n\r\n" + rest)
                answering = threading.Thread(target=_pipe, args=(server, client), daemon=True)
                answering.start()
                _pipe(client, server)
                answering.join()


def _read_head(client):
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _LONGEST_HEAD:
        content = client.recv(65536)
        if not content:
            return b""
        head += content
    return head


def _alone(head):
    """Ask the backend to close after this answer, so that the browser's next request is free to go elsewhere."""
    if re.search(rb"(?im)^upgrade:\s*websocket", head):
        return head
    return re.sub(rb"(?im)^connection:[^\r\n]*\r\n", b"", head + b"\r\n") + b"Connection: close"


def _pipe(source, target):
    with contextlib.suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)

"""A file that is sent while it is written: nothing of it is kept, so it can't be rewound."""

import io


class Outgoing(io.RawIOBase):
    """Takes what a writer writes, until it is sent."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._sent = 0

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def tell(self) -> int:
        """Return how much was written."""
        return self._sent + len(self._written)

    def write(self, content: object) -> int:
        """Take a piece."""
        piece = bytes(memoryview(content))  # type: ignore[arg-type]
        self._written += piece
        return len(piece)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        sent = bytes(self._written)
        self._sent += len(sent)
        self._written.clear()
        return sent

"""How far a load is, on a terminal as a bar, elsewhere as a line now and then."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Protocol, TextIO

from tqdm import tqdm

from hubspot.sync.progress import Phase, Progress

_DRAW_SECONDS = 0.2
_LINE_SECONDS = 5.0
_WORDS = {
    Phase.PREPARING: "asking HubSpot what there is",
    Phase.LOADING: "loading",
    Phase.REFRESHING: "reading what changed",
    Phase.WIDENING: "reading more properties",
    Phase.SAVING: "storing",
    Phase.DONE: "done",
    Phase.FAILED: "failed",
    Phase.STOPPED: "stopped",
}


class Display(Protocol):
    """What shows progress."""

    seconds: float

    def show(self, progress: Progress) -> None:
        """Show how far a load is."""

    def close(self) -> None:
        """Show nothing more."""


class Bar:
    """One bar over all object types."""

    seconds = _DRAW_SECONDS

    def __init__(self, stream: TextIO) -> None:
        self._bar: tqdm[None] = tqdm(file=stream, unit=" records", unit_scale=False, dynamic_ncols=True)

    def show(self, progress: Progress) -> None:
        """Draw the bar anew."""
        totals = [each.total for each in progress.objects.values()]
        self._bar.total = sum(total or 0 for total in totals) if progress.phase is not Phase.REFRESHING else None
        self._bar.n = sum(each.loaded for each in progress.objects.values())
        self._bar.set_description_str(progress.slowing_because or _WORDS.get(progress.phase, ""), refresh=False)
        self._bar.refresh()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()


class Lines:
    """A line every five seconds, for logs."""

    seconds = _LINE_SECONDS

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, progress: Progress) -> None:
        """Write one line."""
        self._stream.write(f"{sentence(progress)}\n")
        self._stream.flush()

    def close(self) -> None:
        """Do nothing: every line stands for itself."""


def sentence(progress: Progress) -> str:
    """Return how far a load is: "loading: contacts 3,400 of 12,431; 2,100 records/s, about 8 s left".

    Of a refresh it says how many were read again: "done: contacts 12 read, companies 0 read".
    """
    counts = [
        f"{name} {each.loaded:,} " + (f"of {each.total:,}" if each.total is not None else "read")
        for name, each in progress.objects.items()
    ]
    rate = f"{progress.rate:,.0f} records/s" if progress.rate else ""
    left = f"about {progress.seconds_left:,.0f} s left" if progress.seconds_left is not None else ""
    told = ", ".join(filter(None, (rate, left, progress.slowing_because)))
    return "; ".join(filter(None, (": ".join(filter(None, (_WORDS.get(progress.phase, ""), ", ".join(counts)))), told)))


@contextlib.contextmanager
def shown(read: Callable[[], Progress | None], stream: TextIO) -> Iterator[None]:
    """Show what `read` tells while the block runs; None is nothing to show yet."""
    display: Display = Bar(stream) if stream.isatty() else Lines(stream)
    done = threading.Event()
    thread = threading.Thread(target=_draw, args=(read, display, done), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        if (progress := read()) and progress.objects:
            display.show(progress)
        display.close()


def _draw(read: Callable[[], Progress | None], display: Display, done: threading.Event) -> None:
    while not done.wait(display.seconds):
        progress = read()
        if progress:
            display.show(progress)

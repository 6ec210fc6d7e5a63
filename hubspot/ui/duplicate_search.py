"""The search for duplicates, beside the pages: once for each copy of a portal, in the background, one at a time."""

import logging
import threading
import time
from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from hubspot.analysis.duplicates import Duplicates, found_in
from hubspot.connections.background import outlived
from hubspot.ui import state
from hubspot.ui.state import Key, View

LOG = logging.getLogger(__name__)
# Two searches at once would keep the pages waiting twice as long, for nothing.
_turn = threading.Lock()


class Search:
    """A search that runs, has ended or was given up; any thread may read it at any time.

    `found` holds what was found, by object type, as soon as it is known; `share` is how much is done, 0 to 1.
    """

    def __init__(self, hub_id: int, frames: Mapping[str, pd.DataFrame]) -> None:
        self.found: Mapping[str, Duplicates] = {}
        self.share = 0.0
        self.has_failed = False
        self._hub_id, self._frames = hub_id, dict(frames)
        self._stopping = threading.Event()

    @property
    def is_running(self) -> bool:
        """Return whether there is more to come."""
        return bool(self._frames) and not self.has_failed

    def start(self) -> None:
        """Begin, in a thread of its own."""
        threading.Thread(target=self.run, name=f"duplicates {self._hub_id}", daemon=True).start()

    def stop(self) -> None:
        """Give up soon: nobody is going to ask for the result."""
        self._stopping.set()

    def run(self) -> None:
        """Search every frame in turn, and let go of it."""
        with _turn:
            for number, object_type in enumerate(tuple(self._frames)):
                if self._stopping.is_set() or not outlived(partial(self._search, object_type, number)):
                    self.has_failed = True
                    self._frames.clear()
                    return

    def _search(self, object_type: str, number: int) -> None:
        began, total = time.monotonic(), len(self.found) + len(self._frames)

        def progress(share: float) -> None:
            self.share = (number + share) / total

        found = found_in(self._frames[object_type], object_type, progress=progress)
        self.found = {**self.found, object_type: found}
        del self._frames[object_type]
        seconds = time.monotonic() - began
        LOG.info(
            "portal %(portal)s: %(groups)d groups of %(object_type)s in %(seconds).1f s",
            {"portal": self._hub_id, "groups": found.groups, "object_type": object_type, "seconds": seconds},
        )


def search(view: View) -> Search | None:
    """Return the search in the copy that somebody sees, begun if need be; None while the copy is not whole.

    It goes with the copy: a newer one is searched anew, and what was deleted is forgotten. Raises SnapshotError.
    """
    if not view.version or view.is_partial:
        return None
    return _begun(_key(view))


def again(view: View) -> None:
    """Forget a search that failed, so that the next look begins another one."""
    _begun.clear(_key(view))


def _key(view: View) -> Key:
    # Names are masked where they are shown; what is compared is the same.
    return view.key._replace(masked=False)


@st.cache_resource(ttl=3600, max_entries=4, show_spinner=False, on_release=Search.stop)
def _begun(key: Key) -> Search:
    begun = Search(key.hub_id, state.copy_of(key).frames)
    begun.start()
    return begun

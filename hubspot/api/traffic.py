"""Counts of what this process asked of HubSpot, for whoever watches the dashboard; they only ever grow."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from hubspot.errors import OAuthRefused

T = TypeVar("T")
_KNOWN_POLICIES = {"TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"}
# The first that matches; a fixed list, so that no path can add a name.
_ROUTES = tuple(
    (name, re.compile(path))
    for name, path in (
        ("introspect", r"/oauth/[^/]+/token/introspect$"),
        ("revoke", r"/oauth/[^/]+/token/revoke$"),
        ("token", r"/oauth/[^/]+/token$"),
        ("search", r"/crm/objects/[^/]+/[^/]+/search$"),
        ("batch_read", r"/crm/objects/[^/]+/[^/]+/batch/read$"),
        ("list", r"/crm/objects/[^/]+/[^/]+$"),
        ("associations", r"/crm/associations/"),
        ("properties", r"/crm/properties/"),
        ("owners", r"/crm/owners/"),
        ("account", r"/account-info/"),
    )
)


class Traffic:
    """What was sent to HubSpot and what came of it; safe to share between threads.

    `requests` by route and status, "none" where no complete answer came; `throttled` are the answers of 429 to calls
    with a portal's token, by HubSpot's policy; `refreshes` of access tokens, by outcome: renewed, refused or failed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        self._throttled: Counter[str] = Counter()
        self._refreshes: Counter[str] = Counter()

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        """Return the requests so far, by route and status."""
        return self._copied(self._requests)

    @property
    def throttled(self) -> Counter[str]:
        """Return how often HubSpot asked to slow down, by its policy."""
        return self._copied(self._throttled)

    @property
    def refreshes(self) -> Counter[str]:
        """Return the renewals of access tokens, by outcome."""
        return self._copied(self._refreshes)

    def sent(self, path: str, status_code: int | None) -> None:
        """Count a request; None is one without a complete answer."""
        with self._lock:
            self._requests[route(path), "none" if status_code is None else str(status_code)] += 1

    def slowed(self, policy: str) -> None:
        """Count an answer of 429."""
        with self._lock:
            self._throttled[policy if policy in _KNOWN_POLICIES else "other"] += 1

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """Count the renewal that is tried within."""
        outcome = "failed"
        try:
            yield
            outcome = "renewed"
        except OAuthRefused:
            outcome = "refused"
            raise
        finally:
            with self._lock:
                self._refreshes[outcome] += 1

    def _copied(self, counter: Counter[T]) -> Counter[T]:
        with self._lock:
            return Counter(counter)


TRAFFIC = Traffic()
"""This process's: clients and OAuth calls share one pool of connections, and are counted together."""


def route(path: str) -> str:
    """Return what kind of call a path is, "other" for one this dashboard does not know."""
    return next((name for name, pattern in _ROUTES if pattern.search(path)), "other")

"""Counts of what was asked and answered."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Stats:
    """Counts of what was asked and answered."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.in_flight = 0
        self.in_flight_max = 0

    @contextmanager
    def flight(self) -> Iterator[None]:
        """Count a request as in flight for as long as it lasts."""
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1

    def by_route(self) -> dict[str, dict[str, int]]:
        """Return the number of requests by route and status."""
        table: dict[str, dict[str, int]] = {}
        for (route, status), number in sorted(self.requests.items()):
            table.setdefault(route, {})[str(status)] = number
        return table

    def throttled(self) -> int:
        """Return how many requests were answered with 429."""
        return sum(number for (_, status), number in self.requests.items() if status == 429)

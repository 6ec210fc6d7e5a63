"""Faults on request: what real networks and a real HubSpot do to a client, switched on by the tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubspot.sandbox import answers
from hubspot.sandbox.answers import Answer, Refusal

CONTROL = "control"
ROUTES = (
    "authorize",
    "token",
    "introspect",
    "revoke",
    "list",
    "record",
    "search",
    "batch_read",
    "associations",
    "properties",
    "owners",
    "account",
)

# These let the request through and spoil its answer.
SPOILERS = ("delay", "drop", "slow", "truncated", "empty")

REFUSALS: dict[str, Callable[[], Refusal]] = {
    "burst": lambda: answers.burst_limited(0),
    "secondly": answers.second_limited,
    "daily": answers.daily_limited,
    "expired": lambda: answers.expired(0, "2026-03-10T23:04:41.164Z"),
    "unauthenticated": answers.unauthenticated,
    "missing_scopes": lambda: answers.missing_scopes(("crm.objects.contacts.read",)),
    "locked": lambda: answers.error(423, "This resource is locked. Wait at least two seconds.", "RESOURCE_LOCKED"),
    "migration": lambda: answers.error(477, "A migration of this account is in progress.", "MIGRATION_IN_PROGRESS"),
    "invalid_grant": lambda: answers.oauth_error(
        "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked", "invalid_grant"
    ),
    "bad_hub": lambda: Refusal(
        400, {"status": "BAD_HUB", "message": "missing or unknown hub id", "error": "access_denied"}
    ),
}
STATUS_KINDS = {
    401: "expired",
    403: "missing_scopes",
    423: "locked",
    429: "burst",
    477: "migration",
}
KINDS = (*REFUSALS, *SPOILERS, "html")


@dataclass(slots=True)
class Fault:
    """A fault on a route: skips `after` requests, then hits `times` of them. `seconds` belong to delay and slow."""

    route: str
    kind: str
    status: int
    times: int
    after: int
    seconds: float
    retry_after: int | None

    @property
    def spoils(self) -> bool:
        """True where the request itself is still answered."""
        return self.kind in SPOILERS

    def answer(self, correlation_id: str) -> Answer:
        """Return the answer that stands in for the real one."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.kind == "html":
            page = answers.html_answer(self.status, _title(self.status))
            return Answer(page.status, page.body, page.media_type, headers)
        refusal = REFUSALS[self.kind]() if self.kind in REFUSALS else answers.error(self.status, "internal error")
        return Refusal(self.status, refusal.body, headers).answer(correlation_id)


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def set(self, entries: Sequence[Mapping[str, Any]]) -> int:
        """Replace all faults; an empty list ends them. Raises Refusal where an entry makes no sense."""
        self._waiting = [read_fault(entry) for entry in entries]
        return len(self._waiting)

    def take(self, route: str) -> Fault | None:
        """Return the fault that hits the next request on a route, None for none; skipping counts once a request."""
        chosen = None
        for fault in self._waiting:
            # "*" is the whole of HubSpot; what controls the sandbox is none of it.
            is_meant = fault.route == route or (fault.route == "*" and route != CONTROL)
            if not is_meant or fault.times <= 0:
                continue
            if fault.after > 0:
                fault.after -= 1
            elif chosen is None:
                fault.times -= 1
                chosen = fault
        return chosen


def read_fault(entry: Mapping[str, Any]) -> Fault:
    """Read one entry of the faults endpoint; raises Refusal with a sentence where it makes no sense."""
    route, status = entry.get("route", "*"), entry.get("status", 0)
    kind = str(entry.get("kind") or STATUS_KINDS.get(status, "status"))
    if route not in {*ROUTES, "*"}:
        raise answers.invalid(f"Unknown route {route!r}. Known: {', '.join(ROUTES)}, *.")
    if kind not in {*KINDS, "status"} or (kind == "status" and not 400 <= status <= 599):
        raise answers.invalid(f"Unknown kind {kind!r} or status {status!r}. Known kinds: {', '.join(KINDS)}.")
    natural = REFUSALS[kind]().status if kind in REFUSALS else 502
    retry_after = entry.get("retry_after", 30 if kind == "migration" else None)
    return Fault(
        route=str(route),
        kind=kind,
        status=int(status or natural),
        times=int(entry.get("times", 1)),
        after=int(entry.get("after", 0)),
        seconds=float(entry.get("seconds", 2.0)),
        retry_after=None if retry_after is None else int(retry_after),
    )


def _title(status: int) -> str:
    names = {414: "414 Request-URI Too Large", 502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable"}
    return names.get(status, f"{status} Error")

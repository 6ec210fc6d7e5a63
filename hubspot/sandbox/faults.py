"""Faults on request: what real networks and a real HubSpot do to a client, switched on by the tests."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubspot.sandbox import answers
from hubspot.sandbox.answers import Answer, Refusal

CONTROL = "control"
ROUTES = (
    "authorize",
    "decide",
    "token",
    "introspect",
    "revoke",
    "list",
    "record",
    "search",
    "batch_read",
    "associations",
    "record_associations",
    "properties",
    "owners",
    "pipelines",
    "account",
)
MEMBERS = ("route", "kind", "status", "times", "after", "seconds", "retry_after")

# These let the request through and spoil its answer. "silent" is a decision the app never hears of.
SPOILERS = ("delay", "drop", "slow", "truncated", "empty", "silent")

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
KINDS = (*REFUSALS, *SPOILERS, "html", "text", "status")


@dataclass(slots=True)
class Fault:
    """A fault on a route: skips `after` requests, then hits `times` of them.

    `kind` names the answer that stands in for the real one, empty where the request is answered. `spoilers` befall
    whichever answer is sent; `seconds` belong to delay and slow.
    """

    route: str
    kind: str
    spoilers: frozenset[str]
    status: int
    times: int
    after: int
    seconds: float
    retry_after: int | None

    def answer(self, correlation_id: str) -> Answer:
        """Return the answer that stands in for the real one."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.kind == "html":
            page = answers.html_answer(self.status, _title(self.status))
            return Answer(page.status, page.body, page.media_type, headers)
        if self.kind == "text":
            return Answer(self.status, b"error code: 1015", "text/plain; charset=UTF-8", headers)
        refusal = REFUSALS[self.kind]() if self.kind in REFUSALS else _failure(self.status)
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
    unknown = [name for name in entry if name not in MEMBERS]
    if unknown:
        raise answers.invalid(f"Unknown member {unknown[0]!r}. Known: {', '.join(MEMBERS)}.")
    route, status = entry.get("route", "*"), _whole(entry, "status", 0)
    if route not in (*ROUTES, "*"):
        raise answers.invalid(f"Unknown route {route!r}. Known: {', '.join(ROUTES)}, *.")
    if status and not 400 <= status <= 599:
        raise answers.invalid(f"'status' must be from 400 to 599, not {status}.")
    kind, spoilers = _read_kinds(entry.get("kind"), status, route)
    natural = REFUSALS[kind]().status if kind in REFUSALS else 429 if kind == "text" else 502
    return Fault(
        route=route,
        kind=kind,
        spoilers=spoilers,
        status=status or natural,
        times=_whole(entry, "times", 1),
        after=_whole(entry, "after", 0),
        seconds=_seconds(entry.get("seconds", 2.0)),
        retry_after=_retry_after(entry, kind),
    )


def _read_kinds(given: object, status: int, route: str) -> tuple[str, frozenset[str]]:
    """Return the kind that stands in, empty for none, and the spoilers; a status alone has a kind of its own."""
    listed = given if isinstance(given, list) else [given] if given else []
    kinds = [kind for kind in listed if isinstance(kind, str) and kind in KINDS]
    if kinds != listed or not (status or set(kinds) - {"status"}):
        raise answers.invalid(f"Unknown kind {given!r}, or no status. Known: {', '.join(KINDS)}; or a status alone.")
    spoilers = frozenset(kind for kind in kinds if kind in SPOILERS)
    standing = [kind for kind in kinds if kind not in SPOILERS]
    if len(standing) > 1:
        raise answers.invalid(f"Only one answer can stand in for another, not {' and '.join(standing)}.")
    if "silent" in spoilers and route != "decide":
        raise answers.invalid("'silent' is for the route 'decide': the app never hears what the person decided.")
    return (*standing, STATUS_KINDS.get(status, "status") if status else "")[0], spoilers


def _whole(entry: Mapping[str, Any], name: str, default: int) -> int:
    value = entry.get(name, default)
    if type(value) is not int or value < 0:
        raise answers.invalid(f"'{name}' must be a whole number of at least 0.")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value >= 0):
        raise answers.invalid("'seconds' must be a number of at least 0.")
    return float(value)


def _retry_after(entry: Mapping[str, Any], kind: str) -> int | None:
    """Return the seconds of a Retry-After header, None for no header: by default only a migration has one."""
    if entry.get("retry_after", "") is None or ("retry_after" not in entry and kind != "migration"):
        return None
    return _whole(entry, "retry_after", 30)


def _failure(status: int) -> Refusal:
    category = "INTERNAL_ERROR" if status >= 500 else "VALIDATION_ERROR"
    return answers.error(status, "internal error" if status >= 500 else f"HTTP {status}", category)


def _title(status: int) -> str:
    names = {414: "414 Request-URI Too Large", 502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable"}
    return names.get(status, f"{status} Error")

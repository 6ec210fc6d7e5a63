"""Calls with a portal's access token: within the limits, repeated where HubSpot says that this helps.

Every call is a reading one, also those sent by POST, so repeating is always safe.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import httpx
import orjson

from hubspot.api.limits import Lane, Limiter, Permit
from hubspot.api.protocol import subject
from hubspot.api.refusals import read_error
from hubspot.api.retries import backoff
from hubspot.api.traffic import TRAFFIC
from hubspot.api.transport import open_http as open_http  # noqa: PLC0414 - part of this module's interface
from hubspot.api.transport import send
from hubspot.errors import HubSpotError, LoadStopped, NotConnected, RateLimited, TryLater, Unauthorized

T = TypeVar("T")
AccessToken = Callable[[str | None], str]
Observe = Callable[[HubSpotError, float], None]
_log = logging.getLogger(__name__)
_SLICE = 0.25


@dataclass(slots=True)
class Tally:
    """How often a client and its copies called.

    `requests` are those sent, `throttled` the answers of 429, `retries` the repetitions after any other failure;
    `by_subject` counts the same by what `protocol.subject` says that a call is about.
    """

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    by_subject: dict[str, Counter[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, name: str, path: str) -> None:
        """Count one more of these."""
        with self._lock:
            setattr(self, name, getattr(self, name) + 1)
            self.by_subject.setdefault(subject(path), Counter())[name] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One portal's client, to be shared by threads.

    `token(rejected)` gives an access token; `rejected` is the one HubSpot has just refused, else None.
    `stop` is asked before every request and during waits: LoadStopped is raised when it says True.
    `observe(error, seconds)` is told of every wait before a repetition.
    """

    http: httpx.Client
    api_url: str
    token: AccessToken
    limiter: Limiter
    stop: Callable[[], bool] = lambda: False
    observe: Observe = lambda _error, _seconds: None
    sleep: Callable[[float], object] = time.sleep
    tally: Tally

    def permit(self, lane: Lane) -> Permit:
        """Wait for the right to send one request of a lane; use it at once, or give it back to `limiter`."""
        return self.limiter.wait(lane, self.stop)

    def get(self, path: str, read: Callable[[bytes], T], *, permit: Permit | None = None) -> T:
        """Get a path, query included, and return what `read` makes of the body; without a permit, wait for one.

        Raises the narrowest of ResponseError's kinds, RequestFailed or UnreadableResponse when repeating did not
        help, and whatever `token` raises.
        """
        return self._call(_Call("GET", path, None, Lane.LIST), read, permit)

    def post(
        self,
        path: str,
        body: dict[str, Any],
        read: Callable[[bytes], T],
        *,
        lane: Lane = Lane.LIST,
        permit: Permit | None = None,
    ) -> T:
        """Post a JSON question; waits, returns and raises as `get`."""
        return self._call(_Call("POST", path, orjson.dumps(body), lane), read, permit)

    def stopping_when(self, stop: Callable[[], bool]) -> "Client":
        """Return the same client that also stops when this says so."""
        return replace(self, stop=lambda: self.stop() or stop())

    def _call(self, call: "_Call", read: Callable[[bytes], T], permit: Permit | None) -> T:
        attempt, rejected = 1, None
        while True:
            access_token = ""
            permit = permit or self.limiter.wait(call.lane, self.stop)
            try:
                # After the wait, in which a token may expire.
                access_token = self.token(rejected)
                return self._once(call, access_token, read, permit)
            except (LoadStopped, NotConnected):
                raise
            except Unauthorized as error:
                if rejected or not access_token:
                    raise
                self._note(call, error, 0.0)
                rejected = access_token
                self.tally.add("retries", call.path)
            except HubSpotError as error:
                self._pause(call, error, attempt)
                # Nothing was sent while the token could not be renewed, and a 429 counts as one.
                if not isinstance(error, RateLimited | TryLater):
                    self.tally.add("retries", call.path)
            finally:
                if not access_token:
                    self.limiter.give_back(permit)
            attempt, permit = attempt + 1, None

    def _once(self, call: "_Call", access_token: str, read: Callable[[bytes], T], permit: Permit) -> T:
        request = self.http.build_request(
            call.method,
            self.api_url + call.path,
            content=call.content,
            headers={"Authorization": f"Bearer {access_token}", "Content-Type": "application/json"},
        )
        permit = self.limiter.sends(permit)
        self.tally.add("requests", call.path)
        answer = send(self.http, request)
        self.limiter.observe(permit, answer.headers)
        if not answer.is_success:
            error = read_error(answer.status_code, answer.headers, answer.content)
            if isinstance(error, RateLimited):
                self.tally.add("throttled", call.path)
                TRAFFIC.slowed(error.policy)
            raise error
        return answer.read(read)

    def _pause(self, call: "_Call", error: HubSpotError, attempt: int) -> None:
        seconds = backoff(error, attempt)
        if isinstance(error, RateLimited) and seconds is not None:
            # No sleep here: the next permit is the wait, and it holds back the other threads too.
            is_first_search = call.lane is Lane.SEARCH and attempt == 1
            rolls = error.retry_after is None and (error.policy == "TEN_SECONDLY_ROLLING" or is_first_search)
            seconds = self.limiter.refused(call.lane, seconds, rolls=rolls)
            self._note(call, error, seconds)
            self.observe(error, seconds)
            return
        self._note(call, error, seconds)
        if seconds is None:
            raise error
        self.observe(error, seconds)
        while seconds > 0:
            if self.stop():
                raise LoadStopped("The load was stopped.")
            self.sleep(min(seconds, _SLICE))
            seconds -= _SLICE

    def _note(self, call: "_Call", error: HubSpotError, seconds: float | None) -> None:
        if isinstance(error, TryLater):
            return  # not this call's failure: whoever renews the token has told it
        _log.warning(
            "%(method)s %(path)s: %(error)s %(status)s%(policy)s; correlation %(correlation_id)s; %(then)s",
            {
                "method": call.method,
                "path": call.path.partition("?")[0],
                "error": type(error).__name__,
                "status": getattr(error, "status_code", ""),
                "policy": f" {error.policy}" if isinstance(error, RateLimited) else "",
                "correlation_id": getattr(error, "correlation_id", "") or "none",
                "then": "given up" if seconds is None else f"again in {seconds:.1f} s",
            },
        )


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    content: bytes | None
    lane: Lane


class HubSpot:
    """HubSpot as this process sees it: one pool of connections, one limiter per portal."""

    def __init__(self, api_url: str, *, http: httpx.Client | None = None) -> None:
        self.api_url = api_url
        self.http = http or open_http(api_url)
        self._limiters: dict[int, Limiter] = {}
        self._lock = threading.Lock()

    def client(
        self,
        hub_id: int,
        token: AccessToken,
        *,
        stop: Callable[[], bool] = lambda: False,
        observe: Observe = lambda _error, _seconds: None,
    ) -> Client:
        """Return a client of a portal; all clients of one portal share its limits."""
        with self._lock:
            limiter = self._limiters.setdefault(hub_id, Limiter())
        return Client(
            http=self.http,
            api_url=self.api_url,
            token=token,
            limiter=limiter,
            stop=stop,
            observe=observe,
            tally=Tally(),
        )

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

"""The way of every request: faults, latency, authentication, scopes, limits, then its handler."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from hubspot.sandbox import answers, consent
from hubspot.sandbox.answers import Answer, Refusal
from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.faults import Fault, Faults
from hubspot.sandbox.limits import Lane, Limits
from hubspot.sandbox.places import Place
from hubspot.sandbox.portals import PORTALS
from hubspot.sandbox.records import iso
from hubspot.sandbox.stats import Stats
from hubspot.sandbox.tokens import Grant, Tokens

LONGEST_URL = 8192
LARGEST_BODY = 2 * 1024 * 1024  # a batch of 1,000 ids takes 30 kB; an app may face the internet
SLOW_PIECES = 8
NOTHING: frozenset[str] = frozenset()
UNHEARD = "You can close this window. The app has not been told of your decision."


class Sandbox:
    """The state of one sandbox. It belongs to one event loop: nothing in it takes locks."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.places = {facts.hub_id: Place(config, number) for number, facts in enumerate(PORTALS)}
        self.tokens = Tokens(config)
        self.limits = Limits(config)
        self.faults = Faults()
        self.stats = Stats()

    def authenticate(self, authorization: str, now: int) -> Grant:
        """Return the grant of a bearer token; raises Refusal with the 401 HubSpot sends."""
        scheme, _, token = authorization.partition(" ")
        grant = self.tokens.read(token.strip(), "access_token") if scheme.lower() == "bearer" else None
        if grant is None or grant.hub_id not in self.places:
            raise answers.unauthenticated()
        if grant.expires_at <= now:
            raise answers.expired((now - grant.expires_at) // 1000, iso(grant.expires_at))
        return grant


@dataclass(frozen=True)
class Call:
    """One request on its way to a handler. `grant` is set on routes that need a token; `now` is in UTC milliseconds."""

    sandbox: Sandbox
    request: Request
    body: bytes
    now: int
    grant: Grant | None = field(default=None, repr=False)

    @property
    def place(self) -> Place:
        """Return the portal the token belongs to; raises Refusal on a call without one."""
        if self.grant is None:
            raise answers.unauthenticated()
        return self.sandbox.places[self.grant.hub_id]

    @property
    def base_url(self) -> str:
        """Return the address this sandbox is reached at, without a slash at the end."""
        request = self.request
        return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}{request.scope.get('root_path', '')}"

    def json(self) -> dict[str, Any]:
        """Return the body, an empty one as {}; raises Refusal where it is not a JSON object."""
        try:
            body = orjson.loads(self.body or b"{}")
        except orjson.JSONDecodeError:
            raise answers.invalid("Invalid input JSON on line 1, column 1.") from None
        if not isinstance(body, dict):
            raise answers.invalid("Invalid input JSON: an object is expected.")
        return body


Handler = Callable[[Call], Answer]
ScopesOf = Callable[[Request], tuple[str, ...]]


@dataclass(frozen=True)
class Endpoint:
    """An ASGI application for one route.

    `lane` is the limit its requests count against. `scopes` returns the scopes of which a token needs one; None is a
    route without a token.
    """

    sandbox: Sandbox
    route: str
    handler: Handler
    lane: Lane = "free"
    scopes: ScopesOf | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        correlation_id = str(uuid.uuid4())
        stats = self.sandbox.stats
        with stats.flight():
            body = await read_body(request)
            fault = self.sandbox.faults.take(self.route)
            await self._wait(fault)
            answer = self._answer(request, body, correlation_id, fault)
            stats.requests[self.route, answer.status] += 1
            await send_answer(send, answer, correlation_id, fault)

    async def _wait(self, fault: Fault | None) -> None:
        extra = fault.seconds if fault is not None and "delay" in fault.spoilers else 0.0
        seconds = self.sandbox.config.latency_ms / 1000 + extra
        if seconds:
            await asyncio.sleep(seconds)

    def _answer(self, request: Request, body: bytes | None, correlation_id: str, fault: Fault | None) -> Answer:
        if fault is not None and fault.kind:
            return fault.answer(correlation_id)
        if len(request.scope["path"]) + len(request.scope["query_string"]) > LONGEST_URL:
            return answers.html_answer(414, "414 Request-URI Too Large")
        if body is None:
            return answers.error(413, "HTTP 413 Request Entity Too Large", "VALIDATION_ERROR").answer(correlation_id)
        try:
            answer = self._handled(request, body)
        except Refusal as refusal:
            return refusal.answer(correlation_id)
        is_silent = fault is not None and "silent" in fault.spoilers and answer.status == 303
        return consent.last_page(UNHEARD) if is_silent else answer

    def _handled(self, request: Request, body: bytes) -> Answer:
        sandbox, now = self.sandbox, time.time_ns() // 1_000_000
        if self.scopes is None:
            return self.handler(Call(sandbox, request, body, now))
        grant = sandbox.authenticate(request.headers.get("authorization", ""), now)
        accepted = self.scopes(request)
        if not set(accepted).intersection(grant.scopes):
            raise answers.missing_scopes(accepted)
        headers = sandbox.limits.admit(grant.hub_id, self.lane, time.monotonic())
        try:
            answer = self.handler(Call(sandbox, request, body, now, grant))
        except Refusal as refusal:
            raise Refusal(refusal.status, refusal.body, {**headers, **refusal.headers}) from None
        return Answer(answer.status, answer.body, answer.media_type, {**headers, **answer.headers})


async def read_body(request: Request) -> bytes | None:
    """Return the body of a request, None for one that is too large."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > LARGEST_BODY:
            return None
        pieces.append(piece)
    return b"".join(pieces)


async def send_answer(send: Send, answer: Answer, correlation_id: str, fault: Fault | None = None) -> None:
    """Send an answer; a fault may cut it, slow it down or drop the connection in its middle."""
    spoilers = NOTHING if fault is None else fault.spoilers
    body = _cut(answer.body, spoilers) if spoilers else answer.body
    headers = {
        "Content-Type": answer.media_type,
        "Content-Length": str(len(body)),
        "X-HubSpot-Correlation-Id": correlation_id,
        "X-Trace": f"2B{correlation_id.replace('-', '').upper()}",
        **answer.headers,
    }
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    is_dropped = "drop" in spoilers
    sent = body[: len(body) // 2] if is_dropped else body
    if fault is not None and "slow" in spoilers:
        await _send_slowly(send, sent, fault.seconds)
        sent = b""
    # The server closes the connection when an application returns before its body is complete.
    await send({"type": "http.response.body", "body": sent, "more_body": is_dropped})


def _cut(body: bytes, spoilers: frozenset[str]) -> bytes:
    if "empty" in spoilers:
        return b""
    return body[: len(body) // 2] if "truncated" in spoilers else body


async def _send_slowly(send: Send, body: bytes, seconds: float) -> None:
    size = len(body) // SLOW_PIECES + 1
    for start in range(0, len(body), size):
        await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
        await asyncio.sleep(seconds / SLOW_PIECES)

"""The bounds of `limits`, kept in front of Streamlit and of our own routes."""

import asyncio

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from hubspot.ui import browser, limits
from hubspot.ui.policy import is_secure, security_headers

_BUSY = "The dashboard is busy. Try again in a few seconds."
_TOO_OFTEN = "This browser asked too often. Wait a minute and try again."
_CAN_REFUSE = "websocket.http.response"


class Limiter:
    """Refuses what is closed, what comes too often, and what would take more than its share."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._minute, self._sockets = app, limits.Minute(), limits.Sockets()
        self._first_runs = asyncio.Semaphore(limits.FIRST_RUNS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one connection on, or refuse it with a sentence."""
        if scope["type"] == "http":
            await (self._refusal(scope) or self._app)(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._hear(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        if limits.is_below(scope["path"], limits.CLOSED):
            limits.REFUSED["closed"] += 1
            return _answer(scope, "Nothing is here.", 404)
        if limits.is_below(scope["path"], limits.COUNTED) and not self._minute.allows(_browser(scope)):
            limits.REFUSED["requests"] += 1
            return _answer(scope, _TOO_OFTEN, 429, retry_after=int(limits.MINUTE))
        return None

    async def _hear(self, scope: Scope, receive: Receive, send: Send) -> None:
        asking = _browser(scope)
        if not self._sockets.enter(asking):
            limits.REFUSED["sockets"] += 1
            if _CAN_REFUSE in scope.get("extensions", {}):
                await _answer(scope, _BUSY, 503, retry_after=limits.RETRY_SECONDS)(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1013})
            return
        run = _FirstRun(self._first_runs)
        try:
            await self._app(scope, _bounded(receive, send, run), run.noticing(send))
        finally:
            run.end()
            self._sockets.leave(asking)


class _FirstRun:
    """A tab's first run: it waits for its turn, which ends with the run, the tab, or after a few seconds."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns, self._has_begun, self._is_running = turns, False, False

    async def begin(self) -> None:
        """Wait for this tab's turn; nothing to wait for afterwards."""
        if not self._has_begun:
            self._has_begun = True
            await self._turns.acquire()
            self._is_running = True
            asyncio.get_running_loop().call_later(limits.FIRST_RUN_SECONDS, self.end)

    def end(self) -> None:
        """Let the next tab run, once."""
        if self._is_running:
            self._is_running = False
            self._turns.release()

    def noticing(self, send: Send) -> Send:
        """Return a `send` that notices the end of the run."""

        async def noticed(message: Message) -> None:
            await send(message)
            if self._is_running and _says_finished(message):
                self.end()

        return noticed


def _bounded(receive: Receive, send: Send, run: _FirstRun) -> Receive:
    async def bounded() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive":
            return message
        if len(message.get("bytes") or message.get("text") or b"") > limits.FRAME_BYTES:
            limits.REFUSED["frames"] += 1
            await send({"type": "websocket.close", "code": 1009})
            return {"type": "websocket.disconnect", "code": 1009}
        await run.begin()
        return message

    return bounded


def _says_finished(message: Message) -> bool:
    return bool(ForwardMsg.FromString(message.get("bytes") or b"").WhichOneof("type") == "script_finished")


def _browser(scope: Scope) -> str:
    """Return who asks: the browser's cookie, or the address where it has none."""
    cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
    known = cookies.get(browser.cookie_name(secure=is_secure()), "")
    return known if browser.is_well_formed(known) else str((scope.get("client") or ("",))[0])


def _answer(scope: Scope, words: str, status: int, *, retry_after: int = 0) -> PlainTextResponse:
    headers = security_headers(Headers(scope=scope).get("host", "")) | {"cache-control": "no-store"}
    if retry_after:
        headers["retry-after"] = str(retry_after)
    return PlainTextResponse(words, status_code=status, headers=headers)

"""What stands in front of every answer: the browser's cookie, the security headers, and whose WebSocket is heard."""

import logging

from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from hubspot.ui import browser, gate, renewal, services, waiting_view
from hubspot.ui.policy import is_own_socket, is_secure, security_headers

LOG = logging.getLogger(__name__)
_CONDITIONS = (b"if-none-match", b"if-modified-since")
_CAN_REFUSE = "websocket.http.response"


class Guard:
    """Gives every browser a cookie with its first page, and every answer the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; a WebSocket's handshake carries the cookie already."""
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._hear(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        _remember_listening(scope)
        secure = is_secure()
        headers = Headers(scope=scope)
        cookies = cookie_parser(headers.get("cookie", ""))
        known = cookies.get(browser.cookie_name(secure=secure), "")
        is_fresh = _is_page_load(scope, headers) and not browser.is_well_formed(known)
        value = browser.new_id() if is_fresh else known
        if _is_page_load(scope, headers) and not is_fresh and b"state=" in scope["query_string"]:
            renewed = await run_in_threadpool(renewal.at_return, scope["query_string"], cookies, secure=secure)
            is_fresh, value = bool(renewed), renewed or known
        is_bare = _is_page_load(scope, headers) and not scope["query_string"]
        address = waiting_view.waiting(scope["path"], headers) if is_bare else ""
        answering = gate.refusal(scope, headers, is_page_load=_is_page_load(scope, headers)) or (
            _send_on(address, secure=secure) if address else self._app
        )
        cookies = {**cookies, browser.cookie_name(secure=secure): value}
        scope = {**scope, browser.ASKING: browser.asking(cookies, secure=secure)}
        if is_fresh:
            # A 304 has no content type and would set no cookie.
            scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _CONDITIONS]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.update(security_headers(headers.get("host", "")))
                gate.mend(scope, headers, message, answer, secure=secure)
                if is_fresh and _is_page(message["status"], answer):
                    answer.append("set-cookie", browser.set_cookie(value, secure=secure))
            await send(message)

        await answering(scope, receive, guarded)

    async def _hear(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a WebSocket on, or refuse it with an answer that has the headers of every other one."""
        headers = Headers(scope=scope)
        refusal = PlainTextResponse("Forbidden", status_code=403, headers=security_headers(headers.get("host", "")))
        is_open = False

        async def guarded(message: Message) -> None:
            nonlocal is_open
            is_open = is_open or message["type"] == "websocket.accept"
            if message["type"] == "websocket.close" and not is_open and _CAN_REFUSE in scope.get("extensions", {}):
                # Left to itself, the server refuses with an answer that has no header at all.
                await refusal(scope, receive, send)
            else:
                await send(message)

        async def heard() -> Message:
            while (message := await receive())["type"] == "websocket.receive" and _empties_caches(message):
                LOG.warning("a WebSocket that asked to empty everybody's caches was not heard")
            return message

        if is_own_socket(headers, scope["scheme"]):
            await self._app(scope, heard, guarded)
        else:
            LOG.warning("a WebSocket of a foreign page was refused")
            await guarded({"type": "websocket.close", "code": 1008})


def _empties_caches(message: Message) -> bool:
    """Return whether a tab asks Streamlit to empty the caches, which are everybody's; its menu does not offer that."""
    try:
        return bool(BackMsg.FromString(message.get("bytes") or b"").WhichOneof("type") == "clear_cache")
    except DecodeError:
        return False  # Streamlit itself says what is wrong with it


def broken(request: Request, _error: Exception) -> Response:
    """Answer where a bug ended a request: outside of every middleware, so it brings the headers itself."""
    headers = security_headers(request.headers.get("host", ""))
    return PlainTextResponse("Internal Server Error", status_code=500, headers=headers)


def _send_on(address: str, *, secure: bool) -> Response:
    """Lead a page's first request after connecting to the view that was asked for before."""
    headers = {"location": address, "cache-control": "no-store", "set-cookie": waiting_view.clear_cookie(secure=secure)}
    return Response(status_code=303, headers=headers)


def _is_page_load(scope: Scope, headers: Headers) -> bool:
    return scope["method"] == "GET" and "text/html" in headers.get("accept", "")


def _is_page(status: int, answer: MutableHeaders) -> bool:
    return answer.get("content-type", "").startswith("text/html") or status in {303, 307}


def _remember_listening(scope: Scope) -> None:
    """Note the address this server answers at; one behind a Unix socket has none."""
    host, port = scope.get("server") or ("", None)
    if port:
        services.listening.host, services.listening.port = host, port

"""Files that a page offers for download belong to the browser that asked for them, while it may see their portal.

Streamlit hands a made file to whoever knows its address. So its media type names the browser and the portal; the
server reads that, compares, and takes it off the answer.
"""

import logging

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubspot.errors import HubSpotError
from hubspot.ui import state

LOG = logging.getLogger(__name__)
BROWSER = "hubspot.browser"  # in the scope of every request: who asks, hashed, empty without a cookie of ours
_OWNER = "; for="


def owned(media_type: str, browser_hash: str, hub_id: int) -> str:
    """Return the media type of a file that only this browser may fetch, and only while it sees this portal."""
    return f"{media_type}{_OWNER}{browser_hash}.{hub_id}"


class Files:
    """Refuses a file that was made for another browser, or for one that may not see its portal any more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; everything but a file with an owner passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_refused = False

        async def checked(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                kind, has_owner, owner = answer.get("content-type", "").partition(_OWNER)
                is_refused = bool(has_owner) and not await run_in_threadpool(_may_fetch, scope[BROWSER], owner)
                if is_refused:
                    await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)
                elif has_owner:
                    answer["content-type"], answer["cache-control"] = kind, "no-store"
            if not is_refused:
                await send(message)

        await self._app(scope, receive, checked)


def _may_fetch(browser_hash: str, owner: str) -> bool:
    # A server may add a charset behind it.
    made_for, _, hub_id = owner.partition(";")[0].partition(".")
    if not browser_hash or browser_hash != made_for:
        LOG.warning("a file made for another browser was refused")
        return False
    try:
        return hub_id in map(str, state.visit(browser_hash).grants)
    except HubSpotError as error:
        LOG.warning("a file was refused: %s", type(error).__name__)
        return False

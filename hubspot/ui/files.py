"""The route of downloads: a link says, sealed, which records a file holds and which browser may fetch it.

The file is made when it is fetched, on whichever replica is asked, and goes out in parts: nothing of it is kept.
"""

import base64
import json
import logging
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from hubspot.analysis.filters import Filters, from_json, to_json
from hubspot.errors import HubSpotError, KeyMissing, NotConnected, SnapshotReplaced, Tampered
from hubspot.ui import browser, destinations, downloads, services, state, tables
from hubspot.ui.state import Copy, View

LOG = logging.getLogger(__name__)
PATH = "/download"
LIFETIME_SECONDS = 600
_PURPOSE = "download"
_HEADERS = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a file holds: records of the copy `version`, as it was on the screen, and the `browser` (hashed) it is for.

    `asked_at` is in seconds since 1970, `loaded_at` the age of the copy.
    """

    browser: str
    asked_at: int
    hub_id: int
    epoch: int
    version: str
    loaded_at: datetime
    object_type: str
    filters: Filters
    columns: tuple[str, ...]


def address(view: View, object_type: str, filters: Filters, columns: Sequence[str]) -> str:
    """Return the address of a file of the records that a view's filters let through; good for ten minutes.

    Everything in it is sealed: search texts and values of records never stand in an address.
    """
    order = Order(
        browser=state.person(),
        asked_at=int(time.time()),
        hub_id=view.hub_id,
        epoch=view.epoch,
        version=view.version,
        loaded_at=view.loaded_at or state.now(),
        object_type=object_type,
        filters=filters,
        columns=tuple(columns),
    )
    sealed = services.keyring().seal(zlib.compress(_text(order).encode()), _PURPOSE)
    return f"{PATH}/{base64.urlsafe_b64encode(sealed).decode()}"


def download(request: Request) -> Response:
    """Send the file of a sealed address, or send the browser back to the page with a sentence."""
    try:
        order = _order(request.path_params["sealed"])
    except (ValueError, Tampered, KeyMissing):
        return _refused("file_unreadable")
    page = order.object_type
    if order.browser != request.scope[browser.ASKING]:
        return _refused("file_of_another", page)
    if time.time() - order.asked_at > LIFETIME_SECONDS:
        return _refused("file_expired", page, order.hub_id)
    try:
        return _file(order)
    except NotConnected:
        return _refused("file_closed", page)
    except HubSpotError as error:
        LOG.warning("a file could not be made: %s", type(error).__name__)
        return _refused("file_missing", page, order.hub_id)


def _file(order: Order) -> Response:
    # Asked again, of the token store: whoever signed out or was disconnected since gets nothing.
    now = state.view(state.visit(order.browser), order.hub_id)
    if now.epoch != order.epoch or order.object_type not in now.object_types:
        raise NotConnected("These records may no longer be read here.")
    copy, loaded_at = _copy(order, now)
    if order.object_type not in copy.frames:
        raise SnapshotReplaced("The copy that this file was to be made of is gone.")
    records = tables.listed(copy.frames[order.object_type], order.filters, copy.portal.account.time_zone)
    parts = downloads.csv_parts(records, copy.portal, order.object_type, columns=order.columns)
    name = downloads.csv_name(copy.portal, order.object_type, loaded_at)
    headers = {**_HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    LOG.info("portal %s: %s of %s sent as a file", order.hub_id, len(records), order.object_type)
    return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=headers)


def _copy(order: Order, now: View) -> tuple[Copy, datetime]:
    """Return the copy that was on the screen, or the newer one that took its place, and how old it is."""
    try:
        return state.copy_of(now.key._replace(version=order.version)), order.loaded_at
    except SnapshotReplaced:
        return state.copy_of(now.key), now.loaded_at or state.now()


def _refused(said: str, page: str = destinations.HOME, hub_id: int | None = None) -> Response:
    LOG.warning("a download was refused: %s", said)
    query = {state.SAID: said, **({state.PORTAL: hub_id} if hub_id else {})}
    return RedirectResponse(f"{destinations.PAGES[page].path}?{urlencode(query)}", status_code=303, headers=_HEADERS)


def _text(order: Order) -> str:
    told: dict[str, Any] = {name: getattr(order, name) for name in Order.__slots__}
    return json.dumps({**told, "loaded_at": order.loaded_at.isoformat(), "filters": to_json(order.filters)})


def _order(sealed: str) -> Order:
    """Read an address. Raises ValueError, Tampered or KeyMissing; what we sealed ourselves is well formed."""
    told = json.loads(
        zlib.decompress(services.keyring().open(base64.b64decode(sealed, b"-_", validate=True), _PURPOSE))
    )
    return Order(
        **{
            **told,
            "loaded_at": datetime.fromisoformat(told["loaded_at"]),
            "filters": from_json(told["filters"]),
            "columns": tuple(told["columns"]),
        }
    )

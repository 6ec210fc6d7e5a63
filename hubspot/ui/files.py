"""The route of downloads: a link says, sealed, which records a file holds and which browser may fetch it.

The file is made when it is fetched, on whichever replica is asked, and goes out in parts: nothing of it is kept.
"""

import base64
import json
import logging
import re
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from hubspot.analysis.calendar import Calendar
from hubspot.analysis.filters import Filters, from_json, to_json
from hubspot.analysis.masking import masked
from hubspot.analysis.ordering import NEWEST, Sort
from hubspot.analysis.quality.answers import FOUND
from hubspot.analysis.questions import Question
from hubspot.errors import HubSpotError, KeyMissing, NotConnected, SnapshotReplaced, Tampered
from hubspot.ui import audit, browser, columnar, destinations, downloads, filtered, report, services, spreadsheet, state
from hubspot.ui.about_file import About
from hubspot.ui.answers import answered
from hubspot.ui.state import Copy, Key, View

LOG = logging.getLogger(__name__)
PATH = "/download"
LIFETIME_SECONDS = 600
# With the number of the form in which an order is written.
_PURPOSE = "download 2"
_HEADERS = {"cache-control": "no-store"}
Format = Literal["csv", "xlsx", "parquet", "html"]
_MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a file holds: records of the copy `version`, as it was on the screen, and the `browser` (hashed) it is for.

    They are those that `filters` let through, in the order of `sort`, or those of a `question`; as "html" it is the
    health report, of all that the browser may see. `asked_at` is in
    seconds since 1970, `loaded_at` the age of the copy.
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
    question: Question | None = None
    sort: Sort = NEWEST
    format: Format = "csv"
    masked: bool = False


def address(  # noqa: PLR0913 - what a file holds
    view: View,
    object_type: str,
    filters: Filters,
    columns: Sequence[str],
    *,
    question: Question | None = None,
    sort: Sort = NEWEST,
    file_format: Format = "csv",
) -> str:
    """Return the address of a file of the records that a view's filters let through; good for ten minutes.

    With a `question` it is of that question's records instead, in the order of its answer.

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
        question=question,
        sort=sort,
        format=file_format,
        masked=view.is_masked,
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
    order = _handed_on(order, request.scope[browser.ASKING])
    if order.browser != request.scope[browser.ASKING]:
        return _refused("file_of_another", page)
    if time.time() - order.asked_at > LIFETIME_SECONDS:
        return _refused("file_expired", page, order.hub_id)
    try:
        return _file(order)
    except NotConnected:
        return _refused("file_closed", page)
    except HubSpotError as error:
        LOG.warning("a file could not be made: %(error)s", {"error": type(error).__name__})
        return _refused("file_missing", page, order.hub_id)


def _handed_on(order: Order, asking: str) -> Order:
    """Return the order as the asking browser's, where it was made in a tab that was open when that got its new id."""
    if order.browser == asking or not asking:
        return order
    try:
        successor = services.services().sessions.successor(order.browser)
    except HubSpotError:
        return order
    return replace(order, browser=asking) if successor == asking else order


def _file(order: Order) -> Response:
    # Asked again, of the token store: whoever signed out or was disconnected since gets nothing.
    now = state.view(state.visit(order.browser), order.hub_id)
    if now.epoch != order.epoch or order.object_type not in now.object_types:
        raise NotConnected("These records may no longer be read here.")
    key, copy, loaded_at = _copy(order, now)
    if order.format == "html":
        audit.note("downloaded", now.grant.account, what="health report", format=order.format)
        return _report(order, key, copy, loaded_at)
    frame, positions = _records(order, key, copy)
    count = len(positions)
    if order.format == "xlsx" and count > spreadsheet.MOST_RECORDS:
        return _refused("file_too_long", order.object_type, order.hub_id)
    parts = _parts(order, copy, frame, positions, loaded_at=loaded_at, is_partial=key.is_partial)
    name = downloads.file_name(copy.portal, _subject(order), loaded_at, order.format, is_partial=key.is_partial)
    headers = {**_HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    what = order.question.name if order.question else order.object_type
    audit.note("downloaded", now.grant.account, what=what, records=count, format=order.format)
    LOG.info(
        "portal %(portal)s: %(records)s of %(object_type)s sent as %(format)s",
        {"portal": order.hub_id, "records": count, "object_type": order.object_type, "format": order.format},
    )
    return StreamingResponse(parts, media_type=_MEDIA_TYPES[order.format], headers=headers)


def _report(order: Order, key: Key, copy: Copy, loaded_at: datetime) -> Response:
    if key.is_partial:
        raise SnapshotReplaced("Every share of a report would be wrong until the last records have arrived.")
    text = report.report(copy.frames, copy.portal, loaded_at=loaded_at, today=_day(order, copy))
    name = downloads.file_name(copy.portal, "health", loaded_at, order.format)
    headers = {**_HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    LOG.info("portal %(portal)s: a health report was sent", {"portal": order.hub_id})
    return Response(text, media_type=_MEDIA_TYPES[order.format], headers=headers)


def _subject(order: Order) -> str:
    """Return what a file's name begins with: the object type, and which list of it, in our words, never a value."""
    if order.question is None:
        return order.object_type
    name, details = order.question.name, order.question.details
    told = f"{order.object_type}.{name}" + (f".{details[0]}" if name == FOUND else "")
    return re.sub(r"[^a-z0-9]+", "-", told)


def _parts(  # noqa: PLR0913 - what a file is made of
    order: Order,
    copy: Copy,
    frame: pd.DataFrame,
    positions: NDArray[np.int32],
    *,
    loaded_at: datetime,
    is_partial: bool,
) -> Iterator[bytes]:
    portal, object_type, columns = copy.portal, order.object_type, order.columns
    texts = copy.verbatim.get(object_type, {})
    if order.masked:
        frame = masked(frame[downloads.listed(frame, columns)], portal, object_type)
    if order.format == "csv":
        return downloads.csv_parts(frame, portal, object_type, columns=columns, positions=positions, texts=texts)
    about = About(
        portal=portal,
        object_type=object_type,
        filters=order.filters,
        sort=order.sort,
        columns=downloads.listed(frame, columns),
        count=len(positions),
        loaded_at=loaded_at,
        question=order.question,
        is_masked=order.masked,
        is_partial=is_partial,
    )
    write = spreadsheet.xlsx_parts if order.format == "xlsx" else columnar.parquet_parts
    return write(frame, portal, object_type, columns=columns, about=about, positions=positions, texts=texts)


def _records(order: Order, key: Key, copy: Copy) -> tuple[pd.DataFrame, NDArray[np.int32]]:
    """Return the frame that a file is taken from, and where its records stand there."""
    if order.object_type not in copy.frames:
        raise SnapshotReplaced("The copy that this file was to be made of is gone.")
    if order.question is None:
        frame = copy.frames[order.object_type]
        return frame, filtered.positions(key, order.object_type, order.filters, order.sort)
    found = answered(key, order.question, _day(order, copy))
    return found, np.arange(len(found), dtype=np.int32)


def _day(order: Order, copy: Copy) -> date:
    """Return the portal's day when the page offered the file."""
    return Calendar(datetime.fromtimestamp(order.asked_at, UTC), copy.portal.account.time_zone).today


def _copy(order: Order, now: View) -> tuple[Key, Copy, datetime]:
    """Return the copy that was on the screen, or the newer one that took its place, and how old it is.

    Of a portal that is still arriving it is what has arrived by now: nothing else of it is kept.
    """
    key = now.key._replace(version=order.version, masked=order.masked)
    try:
        if not key.is_partial:
            return key, state.copy_of(key), order.loaded_at
    except SnapshotReplaced:
        pass
    newer = now.key._replace(masked=order.masked)
    return newer, state.copy_of(newer), now.loaded_at or state.now()


def _refused(said: str, page: str = destinations.HOME, hub_id: int | None = None) -> Response:
    LOG.warning("a download was refused: %(reason)s", {"reason": said})
    query = {state.SAID: said, **({state.PORTAL: hub_id} if hub_id else {})}
    return RedirectResponse(f"{destinations.PAGES[page].path}?{urlencode(query)}", status_code=303, headers=_HEADERS)


def _text(order: Order) -> str:
    told: dict[str, Any] = {name: getattr(order, name) for name in Order.__slots__}
    question = order.question and asdict(order.question)
    written = {
        "loaded_at": order.loaded_at.isoformat(),
        "filters": to_json(order.filters),
        "question": question,
        "sort": asdict(order.sort),
    }
    return json.dumps({**told, **written})


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
            "question": _question(told["question"]),
            "sort": Sort(**told["sort"]),
        }
    )


def _question(told: dict[str, Any] | None) -> Question | None:
    return Question(**{**told, "details": tuple(told["details"])}) if told else None

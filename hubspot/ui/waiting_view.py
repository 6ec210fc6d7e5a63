"""The view that somebody opened before connecting: it waits in a cookie, and is there when they come back.

The addresses that a run may jump to are a fixed list, so the way back leads to the bare page; the first request for
that page is answered with the rest of its address.
"""

import base64
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from hubspot.ui.destinations import PAGES, known

SECONDS = 600
_LONGEST = 2000
_NAME = "hd_view"


def set_cookie(page: str, query: str, *, secure: bool, with_page: bool = False) -> str:
    """Return the Set-Cookie header that keeps a page's query; empty where there is none, or one too long to keep.

    With `with_page` the page is worth keeping by itself, for a way back that always leads to the first one.
    """
    told = urlencode(parse_qsl(query))
    if len(told) > _LONGEST:
        told = ""
    if not told and not with_page:
        return ""
    value = base64.urlsafe_b64encode(f"{known(page)}?{told}".encode()).decode().rstrip("=")
    return _header(value, SECONDS, secure=secure)


def clear_cookie(*, secure: bool) -> str:
    """Return the Set-Cookie header that ends the waiting."""
    return _header("", 0, secure=secure)


def waiting(path: str, headers: Headers) -> str:
    """Return the address that waits for a request of a page without a query; empty where none does."""
    page, query = _kept(headers)
    told = urlencode(parse_qsl(query))
    is_asked = page in PAGES and PAGES[page].path == path
    # Somebody else may have written the cookie: it leads to a page of ours in any case, as every link does.
    return f"{path}?{told}" if is_asked and told and len(told) <= _LONGEST else ""


def page_path(headers: Headers) -> str:
    """Return the path of the page that waits, that of the first one where none does."""
    return PAGES[known(_kept(headers)[0])].path


def _kept(headers: Headers) -> tuple[str, str]:
    value = cookie_parser(headers.get("cookie", "")).get(_NAME, "")
    try:
        page, _, query = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode().partition("?")
        parse_qsl(query)
    except ValueError:
        return "", ""
    return page, query


def _header(value: str, seconds: int, *, secure: bool) -> str:
    return f"{_NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"

"""Who is asking: the browser's cookie, as the server sets it and as a script reads it."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

import streamlit as st

from hubspot.ui import signing_in

ASKING = "hubspot.browser"  # in the scope of every request: who asks, hashed, empty without a cookie of ours
MAX_AGE = 30 * 24 * 3600
_WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{43}")


def cookie_name(*, secure: bool) -> str:
    """Return the cookie's name; the prefix makes browsers refuse one that another host planted."""
    return "__Host-hd_sid" if secure else "hd_sid"


def new_id() -> str:
    """Return a fresh browser id, 32 random bytes as 43 characters."""
    return secrets.token_urlsafe(32)


def is_well_formed(value: object) -> bool:
    """Return whether a cookie could be one of ours."""
    return isinstance(value, str) and _WELL_FORMED.fullmatch(value) is not None


def set_cookie(value: str, *, secure: bool) -> str:
    """Return the Set-Cookie header. Lax, because the return from HubSpot is a navigation from another site."""
    flags = f"Path=/; Max-Age={MAX_AGE}; HttpOnly; SameSite=Lax"
    return f"{cookie_name(secure=secure)}={value}; {flags}{'; Secure' if secure else ''}"


def hashed(value: str, somebody: str = "") -> str:
    """Return what the store knows a browser by; the cookie can't be computed from it.

    Where people sign in it is another one for each of them, so that nobody finds what somebody else left in a browser.
    """
    return hashlib.sha256((value + somebody).encode()).hexdigest()


def asking(cookies: Mapping[str, str], *, secure: bool) -> str:
    """Return whose cookies these are, hashed; empty without one of ours, or where nobody may come in with them."""
    value, somebody = cookies.get(cookie_name(secure=secure)), signing_in.somebody(cookies)
    return hashed(value, somebody) if value is not None and is_well_formed(value) and somebody is not None else ""


def current(*, secure: bool) -> str:
    """Return the running script's browser, hashed; empty when it sent no cookie of ours, or may not come in."""
    return asking(st.context.cookies, secure=secure)


def origin() -> str:
    """Return the origin in the browser's address bar, such as http://localhost:8501; empty when unknown."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

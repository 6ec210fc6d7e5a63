"""What the server tells every browser to forbid: the security headers, and whose WebSockets it answers."""

import base64
import functools
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import Headers

from hubspot.ui import destinations, elements, services

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_HOST = re.compile(r"[A-Za-z0-9.\-:\[\]]+")


def is_secure() -> bool:
    """Return whether people reach this server by https.

    The operator's HUBSPOT_REDIRECT_URI says so, or redirect_uri of [auth], and no header of a request: a proxy may
    hide it, and anybody could send X-Forwarded-Proto.
    """
    given = services.settings()
    return (given.redirect_uri or (given.sign_in.redirect_uri if given.sign_in else "")).startswith("https://")


def is_own_socket(headers: Headers, scheme: str) -> bool:
    """Return whether a WebSocket comes from a page of ours: of the very origin it asks, or that of the redirect URI.

    `scheme` is that of the request, as the server or a proxy it trusts knows it. Where the redirect URI has the very
    host that is asked, its scheme alone is right: a proxy may not tell that people come by https.

    Streamlit alone would answer every page of this machine, whatever its port, and to a browser the ports of one host
    are one site: it would send our cookie along. No browser leaves the origin out, so who does carries no cookie of
    somebody else.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    given = services.settings()
    returns = (given.redirect_uri, given.sign_in.redirect_uri if given.sign_in else "")
    known = {origin_of(each) for each in returns if each}
    asked = origin_of(f"{'https' if scheme in {'https', 'wss'} else 'http'}://{headers.get('host', '')}")
    is_told = asked is not None and asked[1] in {each[1] for each in known if each}
    return origin_of(origin) in (known if is_told and is_secure() else {*known, asked}) - {None}


def origin_of(address: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an address, which together are its origin; None where it has none."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None


def security_headers(host: str) -> dict[str, str]:
    """Return the headers of every answer, for the host that the browser asked."""
    return {
        "content-security-policy": content_security_policy(host if _HOST.fullmatch(host) else ""),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "x-robots-tag": "noindex, nofollow",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


@functools.lru_cache(maxsize=64)
def content_security_policy(host: str) -> str:
    """Return the policy: our own origin only, and scripts by the hash of their exact text."""
    fixed = (elements.ROW_KEYS_SCRIPT, elements.RELOAD)
    scripts = [*_streamlit_scripts(), *fixed, *map(elements.jump_script, destinations.jumps())]
    hashes = " ".join(f"'sha256-{digest(text)}'" for text in scripts)
    # Some browsers do not count WebSockets of one's own host as 'self'.
    socket = f" {'wss' if is_secure() else 'ws'}://{host}" if host else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self'{socket}",
            "worker-src 'self' blob:",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'self'",
            "object-src 'none'",
        )
    )


@functools.cache
def _streamlit_scripts() -> tuple[str, ...]:
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    return tuple(_INLINE_SCRIPT.findall(page.read_text(encoding="utf-8")))


def digest(script: str) -> str:
    """Return the SHA-256 of a script as a policy names it, in base64."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

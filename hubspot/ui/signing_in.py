"""Who has signed in to the dashboard itself, where `[auth]` asks for it: Streamlit's own OpenID Connect.

Streamlit talks to the provider, checks the ID token and keeps its claims in a signed cookie for 30 days. Read here,
from the same cookie, are whose it is, whether they may come in, and whether that was too long ago. The ID token's own
`exp` is about the token at the moment it is handed over and ends no session.
Source: https://openid.net/specs/openid-connect-core-1_0.html#IDToken
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamlit.auth_util import get_cookie_with_chunks, get_secrets_auth_section
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from hubspot.errors import SettingsError
from hubspot.settings import SIGN_IN_RETURN, SignIn
from hubspot.ui import destinations, services

PATH = "/signin"
LOGIN = "/auth/login"
LOGOUT = "/auth/logout"
RETURN = SIGN_IN_RETURN
FAILED = "not_signed_in"  # said where the provider sent somebody back without
SIGNED_COOKIE = USER_COOKIE_NAME
_HOURS_A_DAY = 24
_PAGES = "|".join(re.escape(page.path.removeprefix("/")) for page in destinations.PAGES.values())
# What a browser needs to show the page that asks to sign in; the sample portal's wire knows its own tokens.
_OPEN = re.compile(
    rf"/(?:{_PAGES})|/(?:[a-z_]+/)?_stcore/(?:health|host-config|stream)|/static/.+|/favicon\.png|/manifest\.json|"
    rf"{PATH}|{LOGIN}|{LOGOUT}|{RETURN}|/healthz|/readyz|/sample/(?!oauth/authorize|oauth/\d+/authorize).+"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a provider has named; `email` is empty and `is_verified` None where it does not say."""

    issuer: str
    subject: str
    email: str = field(repr=False)
    is_verified: bool | None


def check() -> None:
    """Raise SettingsError unless Streamlit reads the same `[auth]` as the settings do.

    It looks in the folder it was started in and in the home folder; a section that only one of the two knows would ask
    nobody to sign in, or let nobody in.
    """
    given = services.settings().sign_in
    section = get_secrets_auth_section()
    known = section.get("redirect_uri"), section.get("cookie_secret")
    if known != ((given.redirect_uri, given.cookie_secret) if given else (None, None)):
        raise SettingsError(
            "[auth] must stand in the dashboard's own .streamlit/secrets.toml, and in no other secrets.toml that "
            "Streamlit reads. Start the dashboard in its own folder."
        )


def is_required() -> bool:
    """Return whether people have to sign in before they see anything."""
    return services.settings().sign_in is not None


def is_open(path: str) -> bool:
    """Return whether a path is answered for everybody; every other one is closed to those who have not come in."""
    return _OPEN.fullmatch(path) is not None


def person(cookies: Mapping[str, str]) -> Person | None:
    """Return who has signed in; None where nobody has, or too long ago, or by a provider that is no longer asked."""
    given = services.settings().sign_in
    claims = _claims(given, cookies) if given else {}
    issuer, subject, email = (claims.get(name) for name in ("iss", "sub", "email"))
    if not (isinstance(issuer, str) and isinstance(subject, str) and issuer and subject):
        return None
    verified = claims.get("email_verified")
    return Person(
        issuer=issuer,
        subject=subject,
        email=email if isinstance(email, str) else "",
        # Some providers write it as a word.
        is_verified=None if verified is None else str(verified).lower() == "true",
    )


def refusal(who: Person) -> str:
    """Return why somebody may not come in, empty where they may: "unverified" or "domain"."""
    if who.is_verified is False:
        return "unverified"
    given = services.settings().sign_in
    name, _, domain = who.email.lower().partition("@")
    if given and (not given.domains or (name and domain in given.domains)):
        return ""
    return "domain"


def somebody(cookies: Mapping[str, str]) -> str | None:
    """Return what tells the people in one browser apart, None for somebody who may not come in.

    It is empty where nobody has to sign in.
    """
    if not is_required():
        return ""
    who = person(cookies)
    return json.dumps([who.issuer, who.subject]) if who and not refusal(who) else None


def _claims(given: SignIn, cookies: Mapping[str, str]) -> Mapping[str, Any]:
    def opened(name: str) -> bytes | None:
        value = cookies.get(name)
        if not isinstance(value, str):
            return None
        signed = value.encode("latin-1", "replace")
        return decode_signed_value(given.cookie_secret, name, signed, max_age_days=given.hours / _HOURS_A_DAY)

    try:
        claims = json.loads(get_cookie_with_chunks(opened, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return {}
    # Of another dashboard with the same secret, or from before the settings changed.
    is_ours = claims.get("origin") == given.origin and claims.get("provider") in given.providers
    return claims if is_ours and claims.get("is_logged_in") is True else {}

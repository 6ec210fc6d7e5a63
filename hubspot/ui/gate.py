"""The gate in front of every route where people sign in: closed to everybody who has not come in.

What a script may show is decided by the script itself (`sign_in_page`); this is about everything else.
"""

from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import Message, Scope

from hubspot.ui import audit, browser, destinations, signing_in, waiting_view

NO_STORE = {"cache-control": "no-store"}
FAILED = f"/?said={signing_in.FAILED}"


def refusal(scope: Scope, headers: Headers, *, is_page_load: bool) -> Response | None:
    """Return the answer for somebody who may not have this path, None where they may."""
    path = scope["path"]
    if not signing_in.is_required():
        return None
    if path in {signing_in.LOGIN, signing_in.LOGOUT} and not is_own_click(headers):
        return PlainTextResponse("Open the dashboard, and sign in or out there.", status_code=403, headers=NO_STORE)
    if signing_in.is_open(path) or signing_in.somebody(cookie_parser(headers.get("cookie", ""))) is not None:
        return None
    if is_page_load:
        return RedirectResponse(destinations.PAGES[destinations.HOME].path, status_code=303, headers=NO_STORE)
    return PlainTextResponse("Sign in to the dashboard first.", status_code=403, headers=NO_STORE)


def is_own_click(headers: Headers) -> bool:
    """Return whether a request was not caused by a page of another site."""
    return headers.get("sec-fetch-site", "none") in {"same-origin", "none"}


def mend(scope: Scope, headers: Headers, message: Message, answer: MutableHeaders, *, secure: bool) -> None:
    """Complete the start of Streamlit's answers about signing in and out; `answer` are the message's headers.

    The way back from the provider leads to the page that was asked for, or says that it did not work, and so does a
    provider that does not answer; signing out gives the browser another cookie of ours, so that nobody finds the
    session that the old one names.
    """
    if not signing_in.is_required():
        return
    if scope["path"] == signing_in.LOGIN and message["status"] == 400:
        message["status"], answer["location"] = 303, FAILED
    if scope["path"] == signing_in.RETURN and _is_outcome(scope):
        has_signed_in = _has_signed_in(answer)
        answer["location"] = waiting_view.page_path(headers) if has_signed_in else FAILED
        if has_signed_in and (who := signing_in.person(_given(answer))):
            audit.note_signed_in(who)
    if scope["path"] == signing_in.LOGOUT and message["status"] == 302:
        answer.append("set-cookie", browser.set_cookie(browser.new_id(), secure=secure))
    if secure:
        _send_by_https_alone(answer)


def _send_by_https_alone(answer: MutableHeaders) -> None:
    # Streamlit can't know that people come by https when a proxy ends it.
    given = answer.getlist("set-cookie")
    del answer["set-cookie"]
    for each in given:
        answer.append("set-cookie", each if "; secure" in each.lower() else f"{each}; Secure")


def _is_outcome(scope: Scope) -> bool:
    # A provider sends people back here after signing out, too, with neither of them.
    return bool({"code", "error"} & parse_qs(scope["query_string"].decode("latin-1")).keys())


def _given(answer: MutableHeaders) -> dict[str, str]:
    """Return the cookies that an answer sets."""
    given: dict[str, str] = {}
    for each in answer.getlist("set-cookie"):
        given |= cookie_parser(each.partition(";")[0])
    return given


def _has_signed_in(answer: MutableHeaders) -> bool:
    begins = f"{signing_in.SIGNED_COOKIE}="
    emptied = f'{begins}""'
    return any(each.startswith(begins) and not each.startswith(emptied) for each in answer.getlist("set-cookie"))

"""Every answer of the real server, read from its socket: pages, files, refusals and failures, under http and https."""

import base64
import os
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests import running
from tests.ui.tabs import APP, HTTPS

HTML = {"accept": "text/html,application/xhtml+xml"}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# The dashboard with one route more, which has a bug.
WITH_A_BUG = f"""
import streamlit as st
from starlette.routing import Route
from hubspot.ui import web


def broken(request):
    raise RuntimeError("a bug")


settings = web.create_settings()
settings["routes"].append(Route("/broken", broken))
app = st.App({str(running.ROOT / "app.py")!r}, **settings)
"""


@pytest.fixture(scope="module", params=["http", "https"])
def server(request, tmp_path_factory):
    """The dashboard by itself with the sample portal, and one with a HubSpot app behind a proxy that ends TLS."""
    folder = tmp_path_factory.mktemp("answers")
    script = folder / "served.py"
    script.write_text(WITH_A_BUG)
    settings = APP | {"HUBSPOT_REDIRECT_URI": HTTPS} if request.param == "https" else {}
    with running.dashboard(
        folder / "home", folder / "log", script=script, PYTHONPATH=str(running.ROOT), **settings
    ) as started:
        started.scheme = request.param
        yield started


@pytest.fixture
def ask(server):
    headers = {"host": urlsplit(HTTPS).netloc, "x-forwarded-proto": "https"} if server.scheme == "https" else {}
    with httpx.Client(base_url=server.url, trust_env=False, headers=headers) as client:
        yield client


def host(server):
    return urlsplit(HTTPS if server.scheme == "https" else server.url).netloc


def assert_guarded(headers, server):
    """Each security header stands there once, and the policy names our own origin alone."""
    found = {name: headers.get_list(name) for name in HEADERS}
    assert found == {name: [value] for name, value in HEADERS.items()}
    (policy,) = headers.get_list("content-security-policy")
    directives = {name: values for name, *values in (part.split() for part in policy.split("; "))}
    socket_scheme = "wss" if server.scheme == "https" else "ws"
    assert directives["default-src"] == directives["form-action"] == directives["base-uri"] == ["'self'"]
    assert directives["connect-src"] == ["'self'", f"{socket_scheme}://{host(server)}"]
    assert directives["frame-ancestors"] == directives["object-src"] == ["'none'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set(directives["script-src"])
    assert "unsafe-eval" not in policy


ASKED = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("GET", "/contacts", 200),
    ("GET", "/?code=na1-x&state=forged", 200),
    ("GET", "/_stcore/health", 200),
    ("OPTIONS", "/_stcore/health", 204),
    ("POST", "/_stcore/health", 405),
    ("GET", "/_stcore/host-config", 200),
    ("GET", "/nothing/at/all", 200),
    ("GET", "/static/js/missing.js", 200),
    ("GET", "/media/0000.csv", 404),
    ("GET", "/component/missing/index.html", 404),
    ("PUT", "/_stcore/upload_file/session/file", 404),
    ("POST", "/", 405),
    ("POST", "/connect", 405),
    ("GET", "/%2e%2e/%2e%2e/etc/passwd", 400),
    ("GET", "/sample/nothing", 404),
    ("GET", "/sample/sandbox/truth", 404),
    ("POST", "/sample/nothing", 404),
    ("GET", "/broken", 500),
]


@pytest.mark.parametrize(("method", "path", "status"), ASKED)
def test_every_answer_has_the_policy_and_the_security_headers(ask, server, method, path, status):
    answer = ask.request(method, path, headers=HTML)

    assert answer.status_code == status
    assert_guarded(answer.headers, server)
    assert "a bug" not in answer.text


@pytest.mark.parametrize(("site", "status"), [("same-origin", 303), ("cross-site", 403)])
def test_so_have_the_answers_of_connect(ask, server, site, status):
    answer = ask.get("/connect", headers={**HTML, "sec-fetch-site": site})

    assert answer.status_code == status
    assert_guarded(answer.headers, server)


def test_so_have_all_files_that_a_page_is_made_of(ask, server):
    page = ask.get("/", headers=HTML).text
    paths = {part.split('"')[0].removeprefix("./") for part in page.split('="')[1:] if "static/" in part.split('"')[0]}

    assert len(paths) >= 2
    for path in sorted(paths)[:8]:
        assert_guarded(ask.head(f"/{path}").headers, server)


def test_the_sample_portals_wire_has_them_while_it_is_there(ask, server):
    answers = [
        ask.get("/sample/oauth/authorize", headers=HTML),
        ask.get("/sample/crm/objects/2026-09/contacts"),
        ask.post("/sample/oauth/2026-09/token", data={"grant_type": "refresh_token"}),
    ]

    assert [each.status_code for each in answers] == ([404] * 3 if server.scheme == "https" else [400, 401, 400])
    for answer in answers:
        assert_guarded(answer.headers, server)


def test_the_cookie_is_for_this_scheme_whatever_a_request_claims(ask, server):
    for claimed in ("http", "https", "https,http", "<b>"):
        ask.cookies.clear()
        (cookie,) = ask.get("/", headers={**HTML, "x-forwarded-proto": claimed}).headers.get_list("set-cookie")
        value, *flags = cookie.split("; ")
        name = value.partition("=")[0]
        expected = ["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"]
        assert name == ("__Host-hd_sid" if server.scheme == "https" else "hd_sid")
        assert flags == ([*expected, "Secure"] if server.scheme == "https" else expected)


def handshake(server, *, origin, path="/_stcore/stream"):
    """Ask for a WebSocket; return the status and the headers of the answer."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host(server)}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Protocol: streamlit",
    ]
    lines += [] if origin is None else [f"Origin: {origin}"]
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as asked:
        asked.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while b"\r\n\r\n" not in answer and (piece := asked.recv(4096)):
            answer += piece
    first, *rest = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return int(first.split()[1]), httpx.Headers([tuple(line.split(": ", 1)) for line in rest])


def own_origin(server):
    return f"{server.scheme}://{host(server)}"


def test_a_websocket_of_our_own_page_is_heard(server):
    status, _ = handshake(server, origin=own_origin(server))

    assert status == 101


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:1",
        "http://127.0.0.1:9999",
        "https://evil.example",
        "null",
        "",
        "http://localhost",
        "file://",
        "https://dash.example.evil.example",
    ],
)
def test_a_websocket_of_a_foreign_page_is_refused_also_from_another_port_of_this_machine(server, origin):
    status, headers = handshake(server, origin=origin)

    assert status == 403
    assert_guarded(headers, server)


def test_a_websocket_of_our_host_by_another_scheme_is_refused(server):
    other = {"http": "https", "https": "http"}[server.scheme]

    status, _ = handshake(server, origin=f"{other}://{host(server)}")

    assert status == 403


def test_a_websocket_to_nowhere_is_refused_with_the_same_headers(server):
    status, headers = handshake(server, origin=own_origin(server), path="/nothing")

    assert status == 403
    assert_guarded(headers, server)


def test_what_was_asked_is_in_no_line_of_the_log(ask, server):
    secret = "na1-secret-of-a-return"
    for path in ("/", "/contacts", "/connect", "/nothing", "/broken", "/media/x", "/_stcore/stream"):
        ask.get(path, params={"code": secret, "state": secret}, headers=HTML)
    handshake(server, origin=own_origin(server), path=f"/nothing?code={secret}")
    handshake(server, origin=own_origin(server), path=f"/_stcore/stream?code={secret}")
    handshake(server, origin=f"https://{secret}.example", path=f"/_stcore/stream?code={secret}")

    running.wait_until(lambda: "a bug" in server.text(), what="the log of the bug")
    assert secret not in server.text()

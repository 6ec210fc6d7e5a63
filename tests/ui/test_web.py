import asyncio
import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import streamlit
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.pages_manager import PagesManager

from hubspot.errors import HubSpotError
from hubspot.ui import browser, destinations, elements, guard, limiter, logs, services, web
from hubspot.ui.policy import content_security_policy, is_own_socket
from tests.ui.tabs import APP, HTTPS, ORIGIN, ask, dashboard

STATIC = Path(streamlit.__file__).parent / "static"
HTML = {"accept": "text/html,application/xhtml+xml"}
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-resource-policy": "same-origin",
}


def page(_request):
    return HTMLResponse("<p>page</p>")


def asset(_request):
    return PlainTextResponse("asset", media_type="text/javascript")


def broken(_request):
    raise RuntimeError("a bug")


BEHIND = [
    Route("/page", page),
    Route("/asset.js", asset),
    Route("/broken", broken),
    Mount("/", StaticFiles(directory=STATIC, html=True)),
]


def get(path, *, origin=ORIGIN, cookie=None, **headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if cookie:
        given["cookie"] = f"{browser.cookie_name(secure=origin.startswith('https'))}={cookie}"
    return ask(path, origin=origin, headers=given, routes=BEHIND)


def policy(answer):
    """Return the content security policy, its directives by name."""
    directives = (part.split() for part in answer.headers["content-security-policy"].split("; "))
    return {name: values for name, *values in directives}


def test_the_first_page_brings_a_cookie_for_this_machine(app):
    (cookie,) = get("/page", **HTML).headers.get_list("set-cookie")

    value, *flags = cookie.split("; ")
    assert re.fullmatch(r"hd_sid=[A-Za-z0-9_-]{43}", value)
    assert flags == ["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"]


def test_behind_https_the_cookie_is_secure_and_of_this_host_alone(deployed):
    # The proxy in front speaks http with the dashboard.
    (cookie,) = get("/page", origin="http://dash.example", **HTML).headers.get_list("set-cookie")

    value, *flags = cookie.split("; ")
    assert value.startswith("__Host-hd_sid=")
    assert "Secure" in flags
    assert "Path=/" in flags
    assert not any(flag.startswith("Domain") for flag in flags)


def test_every_browser_gets_a_cookie_of_its_own(app):
    cookies = {get("/page", **HTML).headers["set-cookie"] for _ in range(20)}

    assert len(cookies) == 20


def test_a_known_browser_keeps_its_cookie(app):
    assert "set-cookie" not in get("/page", cookie=browser.new_id(), **HTML).headers


@pytest.mark.parametrize("cookie", ["short", "x" * 44, "x" * 42 + "!", "x" * 42 + "=", '"' + "x" * 43 + '"x'])
def test_a_malformed_cookie_is_replaced(app, cookie):
    assert "set-cookie" in get("/page", cookie=cookie, **HTML).headers


def test_behind_https_a_cookie_without_the_prefix_counts_for_nothing(deployed):
    answer = get("/page", origin=HTTPS, **HTML | {"cookie": f"hd_sid={browser.new_id()}"})

    assert answer.headers["set-cookie"].startswith("__Host-hd_sid=")


@pytest.mark.parametrize("path", ["/asset.js", "/missing", "/sample/oauth/authorize"])
def test_only_pages_bring_a_cookie(app, path):
    assert "set-cookie" not in get(path, **HTML).headers


def test_what_does_not_ask_for_a_page_gets_no_cookie(app):
    assert "set-cookie" not in get("/page", accept="*/*").headers
    assert "set-cookie" not in ask("/page", method="HEAD", headers=HTML, routes=BEHIND).headers


def test_a_first_visit_is_answered_in_full_even_when_the_page_is_in_the_browsers_cache(app):
    etag = get("/index.html", **HTML).headers["etag"]

    first = get("/index.html", if_none_match=etag, **HTML)
    later = get("/index.html", if_none_match=etag, cookie=browser.new_id(), **HTML)

    assert (first.status_code, "set-cookie" in first.headers) == (200, True)
    assert (later.status_code, "set-cookie" in later.headers) == (304, False)


@pytest.mark.parametrize(
    ("path", "status"),
    [("/page", 200), ("/asset.js", 200), ("/nothing", 404), ("/sample/nothing", 404), ("/connect", 403)],
)
def test_every_answer_has_the_security_headers(app, path, status):
    answer = get(path, sec_fetch_site="cross-site")

    assert answer.status_code == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers.get_list("content-security-policy") == [content_security_policy("localhost:8501")]


def test_the_sample_portals_pages_have_the_same_policy(sample):
    answer = get("/sample/oauth/authorize", **HTML)

    assert answer.status_code == 400
    assert answer.headers.get_list("content-security-policy") == [content_security_policy("localhost:8501")]


def digest(script):
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


class Scripts(HTMLParser):
    """The texts of the inline scripts of a page, as a browser finds them."""

    def __init__(self, page):
        super().__init__()
        self.found, self._is_inside = [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._is_inside = tag == "script" and "src" not in dict(attributes)

    def handle_data(self, data):
        if self._is_inside:
            self.found.append(data)
            self._is_inside = False


def test_scripts_run_by_the_hash_of_streamlits_page_and_of_our_own_alone(app):
    index = Scripts((STATIC / "index.html").read_text(encoding="utf-8")).found
    jumps = [f'window.location.replace("{destination}")' for destination in destinations.jumps()]

    allowed = policy(get("/page"))["script-src"]

    assert index
    fixed = [elements.ROW_KEYS_SCRIPT, elements.RELOAD]
    assert set(allowed) == {"'self'", *map(digest, [*index, *jumps, *fixed])}


@pytest.mark.parametrize("destination", destinations.jumps())
def test_the_script_of_a_jump_is_the_one_that_is_allowed(destination):
    assert digest(elements.jump_script(destination)) in content_security_policy("")


def test_the_policy_lets_nothing_run_or_load_from_elsewhere(app):
    directives = policy(get("/page"))

    assert directives["default-src"] == ["'self'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "blob:"} & set(directives["script-src"])
    assert "'unsafe-eval'" not in str(directives)
    assert directives["connect-src"] == ["'self'", "ws://localhost:8501"]
    assert directives["frame-ancestors"] == directives["object-src"] == ["'none'"]
    assert directives["form-action"] == directives["base-uri"] == ["'self'"]
    assert not [value for values in directives.values() for value in values if value.startswith("http")]


def test_behind_https_sockets_are_encrypted_too(deployed):
    assert policy(get("/page", origin="http://dash.example"))["connect-src"] == ["'self'", "wss://dash.example"]


@pytest.mark.parametrize(
    "host", ["evil.example; script-src *", "a b", "x,y", "*", "a/b", "ws://x", "'unsafe-inline'", "", "[::1]:1;"]
)
def test_an_odd_host_adds_nothing_to_the_policy(app, host):
    directives = policy(get("/page", host=host))

    assert directives["connect-src"] == ["'self'"]
    assert len(directives) == 11


def test_an_address_in_ip_version_6_is_a_host(app):
    assert policy(get("/page", host="[::1]:8501"))["connect-src"] == ["'self'", "ws://[::1]:8501"]


def test_the_port_this_process_really_listens_on_is_learnt(app):
    get("/page", origin="http://localhost:9123")

    assert services.listening.port == 9123
    assert web.redirect_uri_for("http://anything") == "http://localhost:9123"


def test_the_launcher_tells_streamlit_that_pages_do_not_run_by_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr(PagesManager, "uses_pages_directory", True)

    with dashboard(tmp_path):
        settings = web.create_settings()

    assert PagesManager.uses_pages_directory is False
    assert set(settings) == {"middleware", "routes", "lifespan", "exception_handlers"}
    assert [each.cls for each in settings["middleware"]] == [limiter.Limiter, guard.Guard]


def test_a_wrong_setting_ends_the_launcher_with_its_sentence(tmp_path, own_logging):
    with dashboard(tmp_path, DASHBOARD_KEEP_DAYS="never"), pytest.raises(SystemExit) as ended:
        logs.begin()

    assert "DASHBOARD_KEEP_DAYS is 'never'" in str(ended.value.code)


@pytest.fixture
def housekeeping(monkeypatch):
    """How often the housekeeping was started; the real one would go on for as long as the process."""
    started = []
    monkeypatch.setattr(web.housekeeping, "start", lambda: started.append(1))
    return started


async def live():
    async with web.lifespan(None):
        return services.store.cache_info().currsize


def test_the_token_store_is_open_while_the_server_lives_and_stays_afterwards(folder, housekeeping):
    with dashboard(folder, **APP):
        assert asyncio.run(live()) == 1
        services.store().ping()

    assert housekeeping == [1]


def test_the_sample_portal_is_reached_at_the_port_of_the_settings_before_anybody_asked(folder, housekeeping):
    with dashboard(folder):
        before = streamlit.get_option("server.port")
        streamlit.config.set_option("server.port", 9123)
        try:
            asyncio.run(live())
        finally:
            streamlit.config.set_option("server.port", before)

        assert services.services().settings.api_url == "http://127.0.0.1:9123/sample"


def test_the_server_goes_on_without_a_token_store_and_logs_why(tmp_path, housekeeping, caplog):
    (tmp_path / "state").write_text("in the way")
    with dashboard(tmp_path, **APP):
        assert asyncio.run(live()) == 0
        with pytest.raises(HubSpotError):
            services.store()

    assert "can't be used" in caplog.text
    assert housekeeping == [1]


def test_a_bug_behind_it_shows_nothing_of_itself(app):
    answer = get("/broken", **HTML)

    assert answer.status_code == 500
    assert "a bug" not in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert policy(answer)["script-src"] == policy(get("/page"))["script-src"]


@pytest.mark.parametrize(
    ("origin", "host", "is_heard"),
    [
        (HTTPS, "dash.example", True),
        (HTTPS, "app:8501", True),  # a proxy wrote the host anew
        ("https://other.example", "other.example", True),
        (None, "dash.example", True),
        ("https://other.example", "dash.example", False),
        ("https://dash.example:444", "dash.example", False),
        ("null", "", False),
        ("", "", False),
    ],
)
def test_a_websocket_is_heard_from_the_host_it_asks_and_from_the_operators(deployed, origin, host, is_heard):
    given = {"host": host} | ({} if origin is None else {"origin": origin})

    assert is_own_socket(Headers(given), "wss") is is_heard


def test_nobody_empties_everybodys_caches_over_their_own_websocket(app):
    rerun, clearing = BackMsg(), BackMsg(clear_cache=True)
    rerun.rerun_script.page_name = "contacts"
    sent = [{"type": "websocket.receive", "bytes": each.SerializeToString()} for each in (clearing, rerun, clearing)]
    sent += [{"type": "websocket.receive", "bytes": b"\xff\xff no message"}, {"type": "websocket.disconnect"}]
    heard = []

    async def receive():
        return sent.pop(0)

    async def streamlits(_scope, receive, _send):
        while not heard or heard[-1]["type"] != "websocket.disconnect":
            heard.append(await receive())

    scope = {"type": "websocket", "scheme": "ws", "path": "/_stcore/stream", "headers": []}
    asyncio.run(guard.Guard(streamlits)(scope, receive, None))

    assert [BackMsg.FromString(each["bytes"]).rerun_script.page_name for each in heard[:1]] == ["contacts"]
    assert [each["type"] for each in heard] == ["websocket.receive", "websocket.receive", "websocket.disconnect"]

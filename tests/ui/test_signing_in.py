"""Who has signed in, who may come in, and what is closed to the rest; in Chromium: tests/browser/test_sign_in.py."""

import json
import os
import secrets as random_text
import subprocess
import sys
import time
from functools import partial

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route
from streamlit.auth_util import set_cookie_with_chunks

from hubspot.ui import browser, services, signing_in, waiting_view, web, words
from hubspot.ui.destinations import PAGES
from tests.running import checkout, write_private
from tests.ui.tabs import OURS, Browser, ask, dashboard

SECRET = "a cookie secret of more than 32 characters"
AUTH = f"""
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "dashboard"
client_secret = "hush"
server_metadata_url = "https://id.example/.well-known/openid-configuration"
"""
NAME = signing_in.SIGNED_COOKIE
CLAIMS = {
    "iss": "https://id.example",
    "sub": "1",
    "email": "mara@firm.example",
    "email_verified": True,
    "origin": "http://localhost:8501",
    "provider": "default",
    "is_logged_in": True,
}
SETTINGS = {"DASHBOARD_ALLOWED_DOMAINS": "firm.example"}


@pytest.fixture(scope="module")
def home(tmp_path_factory, running):
    """The dashboard of the other tests, with a door."""
    folder = tmp_path_factory.mktemp("home")
    write_private(folder / "secrets.toml", AUTH)
    with dashboard(folder, **running.settings, **SETTINGS):
        yield folder


@pytest.fixture
def gated(home):
    """The dashboard with a door."""


def signed(claims, *, secret=SECRET, seconds_ago=0, name=NAME):
    class Then(TimestampSigner):
        def get_timestamp(self):
            return int(time.time() - seconds_ago)

    return URLSafeTimedSerializer(secret, salt=name, signer=Then).dumps(json.dumps(claims))


def cookies(*, seconds_ago=0, secret=SECRET, **changes):
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return {NAME: signed(claims, secret=secret, seconds_ago=seconds_ago)}


class SignedIn(Browser):
    """A browser in which somebody has signed in; without claims, nobody has."""

    claims = None

    def signs_in(self, **changes):
        self.claims = cookies(**changes)
        return self

    @property
    def cookies(self):
        return {**super().cookies, **(self.claims or {})}

    @property
    def person(self):
        return browser.asking(self.cookies, secure=False)


def test_the_claims_of_a_sign_in_are_read(gated):
    assert signing_in.person(cookies()) == signing_in.Person("https://id.example", "1", "mara@firm.example", True)
    assert "mara" not in repr(signing_in.person(cookies()))


def test_claims_too_long_for_one_cookie_are_read_too(gated):
    parts = {}
    long = {**CLAIMS, "groups": random_text.token_hex(4500)}
    write = partial(URLSafeTimedSerializer, SECRET)
    set_cookie_with_chunks(
        lambda name, value: parts.update({name: write(salt=name).dumps(value)}),
        lambda name, value: write(salt=name).dumps(value).encode(),
        NAME,
        long,
        cookie_attr_size=60,
    )

    assert len(parts) > 2
    assert signing_in.person(parts).subject == "1"
    parts.pop(f"{NAME}_2")
    assert signing_in.person(parts) is None


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {NAME: ""},
        {NAME: "garbage"},
        {NAME: "ünïcödé ☃"},
        {NAME: signed(CLAIMS, name="another")},
        {NAME: URLSafeTimedSerializer(SECRET, salt=NAME).dumps("chunks-3")},
        {NAME: URLSafeTimedSerializer(SECRET, salt=NAME).dumps("no json")},
        cookies(secret="another cookie secret of 32 characters"),
        cookies(seconds_ago=12 * 3600 + 5),
        cookies(origin="http://localhost:9999"),
        cookies(provider="okta"),
        cookies(is_logged_in=False),
        cookies(sub=None),
        cookies(sub=""),
        cookies(iss=None),
    ],
)
def test_without_a_sign_in_of_ours_nobody_is_there(gated, sent):
    assert signing_in.person(sent) is None
    assert signing_in.somebody(sent) is None
    assert browser.asking({**Browser().cookies, **sent}, secure=False) == ""


def test_a_sign_in_lasts_as_long_as_the_setting_says(gated):
    assert signing_in.person(cookies(seconds_ago=12 * 3600 - 60)) is not None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"email": "MARA@Firm.Example"}, ""),
        ({"email_verified": None}, ""),
        ({"email_verified": "true"}, ""),
        ({"email_verified": False}, "unverified"),
        ({"email_verified": "false"}, "unverified"),
        ({"email": None}, "domain"),
        ({"email": "mara@sub.firm.example"}, "domain"),
        ({"email": "mara@notfirm.example"}, "domain"),
        ({"email": "mara@firm.example.evil.example"}, "domain"),
        ({"email": "mara@evil.example@firm.example"}, "domain"),
        ({"email": "@firm.example"}, "domain"),
        ({"email": "firm.example"}, "domain"),
        ({"email": ["mara@firm.example"]}, "domain"),
    ],
)
def test_only_verified_addresses_of_the_allowed_domains_come_in(gated, changes, reason):
    assert signing_in.refusal(signing_in.person(cookies(**changes))) == reason
    assert (signing_in.somebody(cookies(**changes)) is None) == bool(reason)


def test_without_domains_everybody_comes_in_whom_the_provider_lets_in(tmp_path):
    write_private(tmp_path / "secrets.toml", AUTH)
    with dashboard(tmp_path):
        assert signing_in.somebody(cookies(email="anybody@anywhere.example"))
        assert signing_in.somebody(cookies(email=None))
        assert signing_in.somebody(cookies(email_verified=False)) is None


def test_without_a_door_cookies_of_a_sign_in_change_nothing(tmp_path):
    value = browser.new_id()
    with dashboard(tmp_path):
        plain = browser.asking({"hd_sid": value}, secure=False)

        assert plain == browser.asking({"hd_sid": value, **cookies()}, secure=False) == browser.hashed(value)


def test_two_people_of_one_browser_are_two_to_the_store(gated):
    ours = {"hd_sid": browser.new_id()}
    people = [cookies(), cookies(sub="2"), cookies(iss="https://other.example"), cookies(email="ann@firm.example")]

    names = [browser.asking({**ours, **each}, secure=False) for each in people]

    assert len(set(names)) == 3
    assert names[0] == names[3], "an address may change; the provider's own id stays"


def test_every_route_of_ours_is_closed_but_those_that_say_nothing(gated):
    paths = {route.path + ("/oauth/authorize" if isinstance(route, Mount) else "") for route in web.routes()}
    paths = {path.replace("{sealed}", "abc") for path in paths}

    answers = {path: ask(path).status_code for path in paths}

    still_open = {path for path, status in answers.items() if status != 403}
    assert still_open == {"/healthz", "/readyz", signing_in.PATH}
    assert len(answers) > 4


@pytest.mark.parametrize(
    "path",
    [
        *(page.path for page in PAGES.values()),
        "/static/js/index.js",
        "/favicon.png",
        "/_stcore/health",
        "/contacts/_stcore/health",
        "/_stcore/stream",
        "/oauth2callback",
        "/sample/crm/objects/2026-09/contacts",
    ],
)
def test_what_the_door_itself_needs_is_open(gated, path):
    assert signing_in.is_open(path)


@pytest.mark.parametrize(
    "path",
    [
        "/media/abc.csv",
        "/_stcore/metrics",
        "/_stcore/upload_file/a/b",
        "/_stcore/script-health-check",
        "/component/x/index.html",
        "/download/abc",
        "/sample/oauth/authorize",
        "/sample/oauth/48120553/authorize",
        "/something/else",
        "/healthz/",
        "//download/abc",
        "/contacts/download/abc",
    ],
)
def test_everything_else_is_closed(gated, path):
    assert not signing_in.is_open(path)


def test_a_file_offered_to_one_person_is_not_sent_to_the_next_in_that_browser(gated, house, wire):
    mara = SignedIn().signs_in()
    mara.connect(wire)
    ben = SignedIn(mara.cookie).signs_in(sub="2", email="ben@firm.example")
    nobody = SignedIn(mara.cookie)

    assert len(mara.open("connection").text) > 0
    assert services.services().sessions.visible(mara.person).grants
    assert not services.services().sessions.visible(ben.person).grants
    assert nobody.person == ""


async def signs_in(_):
    answer = RedirectResponse("/", 302)
    answer.set_cookie(NAME, "claims", httponly=True)
    return answer


async def answers_400(_):
    return PlainTextResponse("Authentication error", 400)


STREAMLITS = [Route("/oauth2callback", signs_in), Route("/auth/login", answers_400), Route("/auth/logout", signs_in)]


@pytest.mark.parametrize(("scheme", "is_secure"), [("https://dash.example", True), ("http://localhost:8501", False)])
def test_behind_https_streamlits_cookies_are_sent_by_https_alone(tmp_path, scheme, is_secure):
    text = AUTH.replace("http://localhost:8501", scheme)
    write_private(tmp_path / "secrets.toml", text)
    with dashboard(tmp_path):
        answer = ask(
            "/oauth2callback?code=1&state=2", origin=scheme, headers={"accept": "text/html"}, routes=STREAMLITS
        )

    (cookie,) = answer.headers.get_list("set-cookie")
    assert ("; secure" in cookie.lower()) == is_secure


def test_the_way_back_leads_to_the_page_that_was_asked_for(gated):
    kept = waiting_view.set_cookie("contacts", "lifecyclestage=lead", secure=False).partition(";")[0]

    def returned(query, **headers):
        return ask(f"/oauth2callback{query}", headers=headers, routes=STREAMLITS).headers["location"]

    assert returned("?code=1&state=2", cookie=kept) == "/contacts"
    assert returned("?code=1&state=2") == "/"
    assert returned("?code=1&state=2", cookie="hd_view=nonsense") == "/"
    assert returned("", cookie=kept) == "/", "after signing out at the provider"


def test_a_provider_that_does_not_answer_is_a_sentence(gated):
    answer = ask("/auth/login?provider=x", routes=STREAMLITS)

    assert (answer.status_code, answer.headers["location"]) == (303, "/?said=not_signed_in")
    assert signing_in.FAILED in words.SIGN_INS


@pytest.mark.parametrize("path", ["/signin", "/auth/login", "/auth/logout"])
def test_a_page_of_another_site_can_sign_nobody_in_or_out(gated, path):
    answer = ask(path, headers={"sec-fetch-site": "cross-site"}, routes=STREAMLITS)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_signing_out_gives_the_browser_another_cookie_of_ours(gated):
    before = browser.new_id()

    answer = ask("/auth/logout", headers={"cookie": f"hd_sid={before}"}, routes=STREAMLITS)

    (after,) = (each for each in answer.headers.get_list("set-cookie") if each.startswith("hd_sid="))
    assert before not in after


def test_without_a_door_streamlits_routes_answer_as_they_are(tmp_path):
    with dashboard(tmp_path):
        answer = ask("/auth/logout", routes=STREAMLITS)

    assert answer.headers["location"] == "/"
    assert len(answer.headers.get_list("set-cookie")) == 1


def test_a_script_shows_the_door_and_nothing_behind_it(gated, house, wire):
    mara = SignedIn()
    mara.connect(wire)

    tab = mara.open("contacts", portal=str(wire.hub_id))

    assert tab.titles == ["Sign in"]
    assert "Contacts" not in tab.text
    assert tab.at.html[0].value.count('href="/signin?provider=default&amp;next=contacts') == 1


def test_an_open_tab_meets_the_door_when_the_sign_in_has_ended(gated, house, wire):
    mara = SignedIn().signs_in()
    mara.connect(wire)
    tab = mara.open("connection")
    assert "Signed in as" in tab.text

    mara.claims = cookies(seconds_ago=12 * 3600 + 5)
    tab.run()

    assert tab.titles == ["Sign in"]
    assert "signed_in" not in tab.at.session_state
    assert "page" not in tab.at.session_state


def test_a_tab_that_comes_back_as_somebody_else_has_forgotten_what_it_knew(gated, house, wire):
    mara = SignedIn().signs_in()
    mara.connect(wire)
    tab = mara.open("connection")
    tab.at.session_state["kept"] = "by mara"
    tab.run()
    assert tab.at.session_state["kept"] == "by mara"

    mara.signs_in(sub="2", email="ben@firm.example")
    tab.run()

    assert "kept" not in tab.at.session_state
    assert "ben" in tab.text


def test_presentation_mode_hides_who_has_signed_in(gated, house, wire):
    mara = SignedIn().signs_in()
    mara.connect(wire)
    tab = mara.open("connection")

    tab.at.session_state["masked"] = True
    tab.run()

    assert "Signed in as" not in tab.text


def test_a_section_that_only_streamlit_reads_ends_the_start_with_a_sentence(tmp_path):
    home, place = tmp_path / "user", tmp_path / "place"
    (home / ".streamlit").mkdir(parents=True)
    write_private(home / ".streamlit" / "secrets.toml", AUTH)
    place.mkdir()
    checkout(place, "")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}

    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"],
        cwd=place,
        env={**clean, "HOME": str(home), "DASHBOARD_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "[auth] must stand in the dashboard's own .streamlit/secrets.toml" in done.stderr
    assert "hush" not in done.stdout + done.stderr

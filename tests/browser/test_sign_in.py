"""Signing in to the dashboard itself, with a local OpenID provider over HTTP and a real Chromium."""

import contextlib
import json
import re
import time

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from playwright.sync_api import Error as BrowserError

from tests.openid_provider import CLIENT, openid_provider
from tests.running import checkout, dashboard, free_port, wait_until

pytestmark = pytest.mark.browser

COOKIE_SECRET = "a cookie secret of more than 32 characters"
SIGNED_IN = "_streamlit_user"
HOURS = 1
CLOSED = ["/connect?next=contacts", "/download/abc", "/media/abc.png", "/sample/oauth/authorize"]


@pytest.fixture(scope="module")
def provider():
    with openid_provider() as running:
        yield running


@pytest.fixture(scope="module")
def gated(provider, tmp_path_factory):
    """A dashboard with its sample portal, where only people of firm.example may come in."""
    folder, port = tmp_path_factory.mktemp("gated"), free_port()
    secrets = "\n".join(
        (
            "[auth]",
            f'redirect_uri = "http://localhost:{port}/oauth2callback"',
            f'cookie_secret = "{COOKIE_SECRET}"',
            *(f'{name} = "{value}"' for name, value in CLIENT.items()),
            f'server_metadata_url = "{provider.url}/.well-known/openid-configuration"',
        )
    )
    place = folder / "checkout"
    place.mkdir()
    settings = {
        "DASHBOARD_ALLOWED_DOMAINS": "firm.example, sister.example",
        "DASHBOARD_SIGN_IN_HOURS": str(HOURS),
        "DASHBOARD_LOG_FORMAT": "json",
    }
    with dashboard(folder / "home", folder / "log", port=port, folder=checkout(place, secrets), **settings) as server:
        yield server


@pytest.fixture
def visitor(visitors, gated, provider):
    provider.lets_in()
    return visitors(gated.url)


def sign_in(visitor, path="/"):
    visitor.open(path)
    visitor.page.get_by_role("link", name="Sign in", exact=True).click()


def comes_in(visitor, path="/"):
    sign_in(visitor, path)
    visitor.sees("Signed in as")


def sees_the_door(visitor):
    visitor.page.get_by_role("link", name="Sign in", exact=True).wait_for()
    assert visitor.page.get_by_role("heading", level=1).all_inner_texts() == ["Sign in"]
    assert "Northwind" not in visitor.page.content()


def cookies(visitor):
    return {each["name"]: each["value"] for each in visitor.context.cookies()}


def age(visitor, seconds):
    """Make the sign-in of a browser one of so long ago, as the dashboard would have signed it then."""

    class Then(TimestampSigner):
        def get_timestamp(self):
            return int(time.time() - seconds)

    (cookie,) = (each for each in visitor.context.cookies() if each["name"] == SIGNED_IN)
    claims = URLSafeTimedSerializer(COOKIE_SECRET, salt=SIGNED_IN).loads(cookie["value"])
    cookie["value"] = URLSafeTimedSerializer(COOKIE_SECRET, salt=SIGNED_IN, signer=Then).dumps(claims)
    visitor.context.add_cookies([cookie])


def test_somebody_of_an_allowed_domain_comes_in_and_lands_on_the_page_that_was_asked_for(visitor, gated, provider):
    visitor.open("/contacts?lifecyclestage=lead")
    sees_the_door(visitor)
    assert visitor.page.get_by_test_id("stSidebar").get_by_role("link").count() == 0

    visitor.page.get_by_role("link", name="Sign in", exact=True).click()
    visitor.sees("Signed in as")

    assert visitor.page.url == f"{gated.url}/contacts?lifecyclestage=lead"
    assert "mara@" in visitor.page.get_by_text("Signed in as").inner_text()
    assert not [url for url in visitor.history() if "code=" in url]
    visitor.start_connecting()
    visitor.allow()
    visitor.sees_heading("Contacts")
    visitor.check(f"localhost:{provider.port}")


def test_every_other_route_is_closed_until_then(visitor, gated):
    visitor.open()
    sees_the_door(visitor)

    for path in CLOSED:
        answer = visitor.context.request.get(gated.url + path, headers={"Accept": "*/*"}, max_redirects=0)
        assert (path, answer.status) == (path, 403)
        page = visitor.context.request.get(gated.url + path, headers={"Accept": "text/html"}, max_redirects=0)
        assert (path, page.status, page.headers["location"]) == (path, 303, "/")
    for path in ("/healthz", "/readyz", "/_stcore/health"):
        assert visitor.context.request.get(gated.url + path).status == 200


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"email": "eve@elsewhere.example"}, "only addresses of certain domains"),
        ({"email": "eve@firm.example.evil.example"}, "only addresses of certain domains"),
        ({"email": None, "sub": "nobody"}, "an account without an e-mail address"),
        ({"email_verified": False}, "has not verified"),
    ],
)
def test_somebody_else_reads_why_not_and_can_sign_out(visitor, gated, provider, claims, sentence):
    provider.lets_in(**claims)

    sign_in(visitor, "/contacts")
    visitor.sees(re.compile(sentence))

    assert visitor.page.get_by_test_id("stSidebar").get_by_role("link").count() == 0
    answer = visitor.context.request.get(f"{gated.url}/connect", headers={"Accept": "*/*"}, max_redirects=0)
    assert answer.status == 403
    visitor.page.get_by_role("link", name="Sign out").click()
    sees_the_door(visitor)
    assert SIGNED_IN not in cookies(visitor)


def test_a_provider_that_does_not_say_whether_the_address_is_verified_is_believed(visitor, provider):
    provider.lets_in(email="ann@sister.example", email_verified=None)

    comes_in(visitor)


@pytest.mark.parametrize("trouble", [{"error": "access_denied"}, {"is_down": True}])
def test_a_provider_that_refuses_or_is_down_is_a_sentence_and_no_loop(visitor, provider, trouble):
    vars(provider).update(trouble)

    sign_in(visitor)

    visitor.sees("Signing in did not work")
    provider.lets_in()
    visitor.page.get_by_role("link", name="Sign in", exact=True).click()
    visitor.sees("Signed in as")


def test_a_sign_in_that_is_too_old_leads_back_to_the_door(visitor):
    comes_in(visitor)

    age(visitor, HOURS * 3600 + 5)
    visitor.open()

    sees_the_door(visitor)


def test_an_open_page_ends_with_the_sign_in(visitor):
    comes_in(visitor, "/contacts")
    visitor.start_connecting()
    visitor.allow()
    visitor.wait_until_loaded()
    age(visitor, HOURS * 3600 - 12)
    ends_at = time.monotonic() + 13
    visitor.open("/contacts")
    visitor.wait_until_loaded()

    wait_until(lambda: time.monotonic() > ends_at, what="the end of the hour")
    asks_again(visitor.page)

    sees_the_door(visitor)


def asks_again(page):
    """Click on a link of the sidebar, unless the page has asked by itself meanwhile and is loaded again."""
    with contextlib.suppress(BrowserError):
        page.get_by_test_id("stSidebar").get_by_role("link", name="Companies").click(timeout=5000)


def comes_as_far_as_a_file(visitor):
    """Sign in, connect the sample portal and open its contacts; return the link to their file."""
    comes_in(visitor, "/contacts")
    visitor.start_connecting()
    visitor.allow()
    visitor.sees_heading("Contacts")
    visitor.wait_until_loaded()
    return visitor.page.get_by_role("link", name="Download CSV").get_attribute("href")


def test_signing_out_ends_it_here_at_the_provider_and_in_every_tab(visitor, gated, provider):
    file = comes_as_far_as_a_file(visitor)
    before, first, provider.signed_out[:] = cookies(visitor), visitor.page, []
    assert visitor.context.request.get(gated.url + file).headers["content-type"].startswith("text/csv")
    second = visitor.tab()
    visitor.open("/contacts")
    visitor.wait_until_loaded()

    visitor.menu("Sign out")
    sees_the_door(visitor)

    after = cookies(visitor)
    assert SIGNED_IN not in after
    assert after["hd_sid"] != before["hd_sid"]
    assert provider.signed_out[0]["id_token_hint"] == provider.tokens[-1]
    assert second.url.startswith(f"{gated.url}/")
    # The tab loads its page again, as its cookie opens nothing any more.
    asks_again(first)
    first.get_by_role("link", name="Sign in", exact=True).wait_for()
    # The cookies of before, as somebody may have copied them.
    copied = "; ".join(f"{name}={value}" for name, value in before.items())
    replayed = visitor.context.request.get(gated.url + file, headers={"Cookie": copied}, max_redirects=0)
    assert replayed.status == 303


def test_another_person_in_the_same_browser_inherits_nothing(visitor, gated, provider):
    file = comes_as_far_as_a_file(visitor)

    # Not by Sign out: the sign-in ended, or its cookie was deleted, and the browser's own cookie stayed.
    visitor.context.clear_cookies(name=re.compile(SIGNED_IN))
    closed = visitor.context.request.get(gated.url + file, headers={"Accept": "*/*"}, max_redirects=0)
    provider.lets_in(email="ben@firm.example")
    comes_in(visitor, "/contacts")

    visitor.sees("No portal connected")
    assert "ben@" in visitor.page.get_by_text("Signed in as").inner_text()
    other = visitor.context.request.get(gated.url + file, headers={"Accept": "*/*"}, max_redirects=0)
    assert closed.status == 403
    assert (other.status, "file_of_another" in other.headers["location"]) == (303, True)
    # Who comes back finds their own.
    visitor.context.clear_cookies(name=re.compile(SIGNED_IN))
    provider.lets_in()
    comes_in(visitor)
    visitor.wait_until_loaded()


def test_at_another_name_of_this_machine_the_way_leads_to_the_right_one(visitors, gated, provider):
    provider.lets_in()
    visitor = visitors(gated.url.replace("localhost", "127.0.0.1"))

    visitor.open("/contacts")
    visitor.page.get_by_role("link", name=f"Open {gated.url}").click()
    visitor.page.get_by_role("link", name="Sign in", exact=True).click()

    visitor.sees("Signed in as")
    assert visitor.page.url == f"{gated.url}/contacts"


def test_a_page_of_another_site_can_sign_nobody_in_or_out(visitor, gated):
    for path in ("/signin", "/auth/login", "/auth/logout"):
        headers = {"Sec-Fetch-Site": "cross-site"}
        assert visitor.context.request.get(gated.url + path, headers=headers, max_redirects=0).status == 403


def test_no_line_of_the_log_names_a_person_a_code_or_a_token(gated, visitor, provider):
    comes_in(visitor)

    lines = gated.text().splitlines()
    text = "\n".join(line for line in lines if json.loads(line))
    for word in ("@firm.example", "@elsewhere.example", "openid-code-", "openid-access", "sub-", COOKIE_SECRET, "hush"):
        assert word not in text
    assert not [token for token in provider.tokens if token[:40] in text]

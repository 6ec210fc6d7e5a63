import re
import time
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from hubspot.ui import browser, policy, services, web
from tests.ui.tabs import APP, HTTPS, ORIGIN, Browser, ask, dashboard

HTML = {"accept": "text/html,application/xhtml+xml"}


def connect(*, origin=ORIGIN, site="same-origin", cookie="", **query):
    """Ask to connect, as a known browser does with a click on our own page."""
    # From the main thread: on Linux the embedded server ends with the thread that starts it.
    services.store()
    name = browser.cookie_name(secure=policy.is_secure())
    headers = {**HTML, "cookie": f"{name}={cookie or browser.new_id()}", "sec-fetch-site": site}
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    return ask(f"/connect?{parameters}", origin=origin, headers={name: text for name, text in headers.items() if text})


def asked(answer):
    parts = urlsplit(answer.headers["location"])
    return {name: value for name, (value,) in parse_qs(parts.query).items()}


def test_connect_leads_to_hubspots_consent_page(app):
    answer = connect(next="contacts")

    location = answer.headers["location"]
    assert answer.status_code == 303
    assert location.startswith("https://app.hubspot.com/oauth/authorize?client_id=client-id&")
    assert "scope=oauth%20crm.objects.contacts.read%20crm.objects.companies.read%20crm.objects.owners.read&" in location
    assert "+" not in location
    assert asked(answer)["redirect_uri"] == ORIGIN
    assert asked(answer)["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked(answer)["code_challenge"])
    assert "client-secret" not in location


def test_the_state_is_good_in_the_browser_that_asked_and_nowhere_else(app):
    person = Browser()
    state = asked(connect(cookie=person.cookie, next="companies"))["state"]

    handshake = services.services().handshake
    assert handshake.judge(state, person.person).kind == "ok"
    assert handshake.judge(state, person.person).page == "companies"
    assert handshake.judge(state, Browser().person).kind == "other_browser"


def test_optional_scopes_are_asked_for_apart(folder):
    with dashboard(folder, **APP, HUBSPOT_SCOPES="oauth", HUBSPOT_OPTIONAL_SCOPES="a.read b.read"):
        location = connect().headers["location"]

    assert "&scope=oauth&optional_scope=a.read%20b.read&" in location


def test_no_answer_of_connect_may_be_kept(app):
    assert connect().headers["cache-control"] == "no-store"
    assert connect(origin="http://127.0.0.1:8501").headers["cache-control"] == "no-store"


def test_asking_to_connect_stores_nothing(app):
    before = services.store().client.dbsize()

    connect()

    assert services.store().client.dbsize() == before


@pytest.mark.parametrize("page", ["https://evil.example", "//evil.example", "", "nothing", "contacts/../x", "Contacts"])
def test_a_page_that_is_not_on_the_list_becomes_home(app, page):
    person = Browser()
    state = asked(connect(cookie=person.cookie, next=page))["state"]

    assert services.services().handshake.judge(state, person.person).page == "overview"


def test_a_first_visit_to_connect_gets_the_cookie_its_state_is_bound_to(app):
    services.store()
    answer = ask("/connect", headers={**HTML, "sec-fetch-site": "none"})

    cookie = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
    assert services.services().handshake.judge(asked(answer)["state"], browser.hashed(cookie)).kind == "ok"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_a_foreign_page_can_not_start_a_connection(app, site):
    answer = connect(site=site)

    assert answer.status_code == 403
    assert "location" not in answer.headers


@pytest.mark.parametrize("site", ["same-origin", "none", ""])
def test_our_own_page_and_an_address_typed_by_hand_can(app, site):
    assert connect(site=site).status_code == 303


def test_from_another_name_of_this_machine_connect_first_leads_to_the_one_hubspot_knows(app):
    answer = connect(origin="http://127.0.0.1:8501", next="contacts")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("http://localhost:8501/connect?next=contacts&hop=")


def hop_of(answer):
    return asked(answer)["hop"]


def test_the_hop_counts_as_our_own_click(app):
    hop = hop_of(connect(origin="http://127.0.0.1:8501"))

    answer = connect(site="cross-site", hop=hop)

    assert answer.headers["location"].startswith("https://app.hubspot.com/")


def test_a_hop_is_good_for_a_minute(app, monkeypatch):
    hop, now = hop_of(connect(origin="http://127.0.0.1:8501")), time.time()

    monkeypatch.setattr(web.time, "time", lambda: now + 58)
    assert connect(site="cross-site", hop=hop).status_code == 303
    monkeypatch.setattr(web.time, "time", lambda: now + 62)
    assert connect(site="cross-site", hop=hop).status_code == 403


@pytest.mark.parametrize(
    "forge",
    [
        lambda at, _: f"{at}.",
        lambda at, _: f"{at}.zz",
        lambda at, signature: f"{int(at) + 1}.{signature}",
        lambda at, signature: f"{at}.{signature[:-2]}00" if signature[-2:] != "00" else f"{at}.{signature[:-2]}01",
        lambda _, signature: f".{signature}",
        lambda _, __: "x",
        lambda _, __: "",
    ],
)
def test_a_forged_hop_is_refused(app, forge):
    at, _, signature = hop_of(connect(origin="http://127.0.0.1:8501")).partition(".")

    assert connect(site="cross-site", hop=forge(at, signature)).status_code == 403


def test_a_signature_for_something_else_is_no_hop(app):
    now = str(int(time.time()))
    signature = services.keyring().sign(now.encode(), "state").hex()

    assert connect(site="cross-site", hop=f"{now}.{signature}").status_code == 403


def test_behind_https_the_redirect_uri_is_the_operators(deployed):
    answer = connect(origin=HTTPS)

    assert asked(answer)["redirect_uri"] == HTTPS


@pytest.mark.parametrize("origin", ["https://other.example", "https://Dash.Example", "https://dash.example:443"])
def test_a_host_that_a_proxy_wrote_another_way_goes_on_to_hubspot(deployed, origin):
    answer = connect(origin=origin)

    assert asked(answer)["redirect_uri"] == HTTPS


def test_the_sample_portal_comes_back_to_where_the_browser_is(sample):
    answer = connect(origin="http://127.0.0.1:8501")

    assert answer.headers["location"].startswith("/sample/oauth/authorize?client_id=sample-portal&")
    assert asked(answer)["redirect_uri"] == "http://127.0.0.1:8501"


def test_without_its_token_store_connect_says_so(tmp_path):
    (tmp_path / "state").write_text("in the way")
    with dashboard(tmp_path, **APP):
        answer = ask("/connect", headers={**HTML, "sec-fetch-site": "same-origin"})

    assert answer.status_code == 503
    assert "can't be used" in answer.text
    assert "location" not in answer.headers


def test_the_sample_portal_offers_its_consent_page_while_no_app_is_configured(sample):
    answer = ask(connect().headers["location"], headers=HTML)

    assert answer.status_code == 200
    assert "Northwind Trading" in answer.text


@pytest.mark.parametrize("path", ["oauth/authorize", "oauth/2026-09/token", "crm/objects/2026-09/contacts", ""])
def test_with_an_app_there_is_no_sample_portal(app, path):
    assert ask(f"/sample/{path}", headers=HTML).status_code == 404
    assert ask(f"/sample/{path}", method="POST").status_code == 404


@pytest.mark.parametrize("mode", ["sample", "app"])
@pytest.mark.parametrize("name", ["token", "stats", "faults", "edit", "truth"])
def test_the_sandboxes_control_routes_are_nowhere(request, mode, name):
    request.getfixturevalue(mode)

    for method in ("GET", "POST"):
        assert ask(f"/sample/sandbox/{name}", method=method).status_code == 404


@pytest.mark.parametrize("origin", ["http://other.example:8501", "http://localhost:9999"])
def test_no_signed_hop_is_handed_to_whoever_asks_under_another_name(app, origin):
    assert "hop=" not in connect(origin=origin).headers["location"]


def waiting(answer):
    """The cookies that an answer sets, by name."""
    return dict(each.partition(";")[0].split("=", 1) for each in answer.headers.get_list("set-cookie"))


def test_the_view_that_was_opened_before_connecting_is_there_afterwards(app):
    view = quote("owner=100.101&where=1~c-x&portal=7")
    cookie = waiting(connect(next="contacts", view=view))["hd_view"]

    back = ask("/contacts", origin=ORIGIN, headers={**HTML, "cookie": f"hd_view={cookie}"})

    assert back.status_code == 303
    assert parse_qs(urlsplit(back.headers["location"]).query) == {
        "owner": ["100.101"],
        "where": ["1~c-x"],
        "portal": ["7"],
    }
    assert urlsplit(back.headers["location"])[:3] == ("", "", "/contacts")
    assert waiting(back)["hd_view"] == ""
    assert "content-security-policy" in back.headers


@pytest.mark.parametrize("path", ["/companies", "/contacts?owner=1", "/connect", "/_stcore/health"])
def test_it_waits_for_its_own_page_without_a_query(app, path):
    cookie = waiting(connect(next="contacts", view=quote("owner=100")))["hd_view"]

    answer = ask(path, origin=ORIGIN, headers={**HTML, "cookie": f"hd_view={cookie}"})

    assert answer.headers.get("location", "") != "/contacts?owner=100"


@pytest.mark.parametrize(
    "told",
    ["x", "!!!", "L2V2aWw_YT1i", "Y29udGFjdHM", "Y29udGFjdHM_" + "YT1i" * 900, "//evil.example", "w7bDtsO2"],
)
def test_a_waiting_view_that_somebody_made_up_leads_nowhere_else(app, told):
    answer = ask("/contacts", origin=ORIGIN, headers={**HTML, "cookie": f"hd_view={told}"})

    assert answer.headers.get("location", "/contacts").startswith("/contacts")
    assert "evil" not in answer.headers.get("location", "")


def test_without_a_view_or_with_an_endless_one_nothing_waits(app):
    assert "hd_view" not in waiting(connect(next="contacts"))
    assert "hd_view" not in waiting(connect(next="contacts", view=quote("a=" + "x" * 3000)))

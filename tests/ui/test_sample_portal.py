"""The sample portal as the running dashboard serves it: a real process, asked over a real socket."""

import httpx
import pytest

from hubspot.sandbox.paths import ROOTS
from hubspot.ui import services
from hubspot.ui.services import SAMPLE_CLIENT_ID
from tests import running
from tests.ui.tabs import APP, dashboard

CONTROL = ("token", "stats", "faults", "edit", "truth")
SPELLINGS = ("/sample/sandbox/{}", "/sample/sandbox/{}/", "/sample//sandbox/{}", "/sample/%73andbox/{}")
NORTHWIND = "26107341"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def serve(home, tmp_path):
    """Return a function that serves the dashboard of this home, and a client of it."""

    def start(**environ):
        return running.dashboard(home, tmp_path / "dashboard.log", **environ)

    return start


def ask(server, method, path, **given):
    return httpx.request(method, f"{server.url}{path}", trust_env=False, follow_redirects=False, **given)


def connect(server, secret):
    """Press Allow and exchange the code, as the dashboard does."""
    fields = {"client_id": SAMPLE_CLIENT_ID, "redirect_uri": server.url, "scope": "oauth crm.objects.contacts.read"}
    allowed = ask(server, "POST", "/sample/oauth/authorize", data={**fields, "account": NORTHWIND, "decision": "allow"})
    code = httpx.URL(allowed.headers["location"]).params["code"]
    return exchange(server, secret, grant_type="authorization_code", code=code, redirect_uri=server.url)


def exchange(server, secret, **fields):
    form = {"client_id": SAMPLE_CLIENT_ID, "client_secret": secret, **fields}
    answer = ask(server, "POST", "/sample/oauth/2026-09/token", data=form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def contacts(server, token):
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    return ask(server, "GET", "/sample/crm/objects/2026-09/contacts?limit=100", headers=headers)


def test_a_restart_keeps_the_sample_portals_connections_and_there_is_no_control(home, serve):
    with serve() as server:
        with dashboard(home):
            secret = services.sample_secret()
        for name in CONTROL:
            for spelling in SPELLINGS:
                for method in ("GET", "POST"):
                    assert ask(server, method, spelling.format(name)).status_code == 404
        token = connect(server, secret)
        before = contacts(server, token).json()["results"]

    with serve() as server:
        assert contacts(server, token).json()["results"] == before
        renewed = exchange(server, secret, grant_type="refresh_token", refresh_token=token["refresh_token"])
        assert contacts(server, renewed).json()["results"] == before

    with serve(**APP) as server:
        assert contacts(server, renewed).status_code == 404
        for root in {root for family in ROOTS.values() for root in family} | {"/oauth/authorize", "/sandbox/stats"}:
            for method in ("GET", "POST"):
                assert ask(server, method, f"/sample{root}").status_code == 404

import json
import logging
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubspot.connections.handshake import Handshake, Outcome
from hubspot.connections.sessions import Sessions
from hubspot.keyring import KeyRing
from hubspot.ui import browser, callback, services, words
from hubspot.ui.destinations import PAGES, jumps
from tests.connections.servers import Server, binaries
from tests.running import free_port, wait_until
from tests.ui.tabs import Browser, dashboard, stored

ATTEMPT = {"used", "outcome", "former", "successor"}
PERSON = "mara.lindqvist@northwind.example"
BOUNDED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def journal(caplog, wire):
    """Every text that must be in no log line and, unsealed, nowhere in the token store; looked for after each test."""
    caplog.set_level(logging.DEBUG, "hubspot")
    assert logging.getLogger("hubspot").propagate, "nothing of ours would be looked at"
    secrets = [PERSON, wire.settings["HUBSPOT_CLIENT_SECRET"]]
    yield secrets
    written = "\n".join(map(logging.Formatter().format, caplog.get_records("call")))
    kept = repr(stored(services.services())) if services._build.cache_info().currsize else ""
    assert not [secret for secret in secrets if secret in written]
    assert not [secret for secret in secrets if secret in kept]


@pytest.fixture
def allowed(wire, someone, journal):
    """Allow access on the consent page; returns what HubSpot puts into the address bar."""

    def allow(page="contacts", **answer):
        returned = wire.consent(someone.ask_to_connect(page), **answer)
        journal.extend(value for name, value in returned.items() if name in {"code", "state"})
        return returned

    return allow


def came_back(person, returned):
    """Come back from HubSpot; returns where the run leads, having checked that it shows nothing else."""
    tab = person.open(**returned)
    assert tab.jump is not None, tab.text
    return tab.jump


def grant_of(house, person):
    grants = house.sessions.visible(person.person).grants
    return next(iter(grants.values()), None)


def kinds(house):
    """The kinds of things in the token store, such as grant or session."""
    return {name.rpartition(":")[2] if "{" in name else name.partition(":")[0] for name in stored(house)}


def test_an_allowed_connection_leads_to_the_page_it_began_on(house, wire, someone, allowed, journal):
    destination = came_back(someone, allowed("contacts"))

    grant = grant_of(house, someone)
    record = house.grants._renewal.record(grant.account)
    journal.extend([record.refresh_token, house.grants.access(grant.account)])
    assert destination == "/contacts"
    assert (grant.account.hub_id, grant.user) == (wire.hub_id, PERSON)
    assert kinds(house) == {"grant", "at", "accounts", "epoch", "session", "portals", "notice"} | ATTEMPT
    tab = someone.follow(destination)
    assert tab.titles == ["Contacts"]
    assert tab.alerts == [r"Connected to northwind\.example."]
    assert "notice" not in kinds(house)


def test_what_is_kept_of_an_attempt_ends_by_itself(house, someone, allowed):
    came_back(someone, allowed())

    lifetimes = {
        name.rpartition(":")[2]: house.store.client.ttl(house.store.prefix + name)
        for name in stored(house)
        if name.endswith(("used", "outcome"))
    }
    assert 600 <= lifetimes["used"] <= 1200
    assert 0 < lifetimes["outcome"] <= 60
    assert 0 < house.store.client.ttl(house.store.key("notice", someone.person)) <= 600


def test_without_pkce_a_connection_works_too(running, tmp_path):
    with dashboard(tmp_path, **running.settings, HUBSPOT_PKCE="off"):
        services.store()
        person = Browser()
        asked = person.ask_to_connect()

        destination = came_back(person, running.consent(asked))

        assert "code_challenge" not in asked
        assert destination == "/"
        assert grant_of(services.services(), person)


def test_connecting_again_renews_the_one_grant_of_the_person(house, wire, someone, allowed):
    came_back(someone, allowed())
    first = grant_of(house, someone)

    came_back(someone, allowed())

    assert house.grants.accounts(wire.hub_id) == (first.account,)
    assert grant_of(house, someone).account == first.account


def test_optional_scopes_that_were_left_out_are_not_held(running, tmp_path):
    optional = {
        "HUBSPOT_SCOPES": "oauth crm.objects.contacts.read",
        "HUBSPOT_OPTIONAL_SCOPES": "crm.objects.companies.read crm.objects.owners.read",
    }
    with dashboard(tmp_path, **running.settings, **optional):
        services.store()
        person = Browser()

        came_back(person, running.consent(person.ask_to_connect(), granted=["crm.objects.owners.read"]))

        scopes = grant_of(services.services(), person).scopes
        assert set(scopes) == {"oauth", "crm.objects.contacts.read", "crm.objects.owners.read"}


def test_a_denied_connection_says_so_and_stores_no_grant(house, someone, allowed):
    destination = came_back(someone, allowed("companies", decision="deny"))

    assert destination == "/companies"
    assert kinds(house) == {"notice"} | ATTEMPT
    tab = someone.follow(destination)
    assert tab.alerts == [words.DENIED]
    assert tab.titles == [words.HEADLINE]


def test_a_refusal_of_scopes_names_the_setting_and_not_the_person(house, someone, journal):
    state = parse_qs(urlsplit(someone.ask_to_connect()).query)["state"][0]
    journal.append(state)

    destination = came_back(
        someone, {"error": "invalid_scope", "error_description": f"scopes of {PERSON}", "state": state}
    )

    (said,) = someone.follow(destination).alerts
    assert "HUBSPOT_SCOPES" in said
    assert "nothing was connected" in said
    assert "You did not allow" not in said


def test_any_other_refusal_of_hubspot_is_not_blamed_on_the_person(house, someone):
    state = parse_qs(urlsplit(someone.ask_to_connect()).query)["state"][0]

    destination = came_back(someone, {"error": "<b>server_error</b>", "state": state})

    (said,) = someone.follow(destination).alerts
    assert "HubSpot refused" in said
    assert "<b>" not in said


def test_a_return_carried_to_another_browser_connects_neither(house, someone, allowed):
    returned, other = allowed(), Browser()

    destination = came_back(other, returned)

    assert destination == "/?said=other_browser"
    assert stored(house) == {}
    tab = other.follow(destination)
    assert tab.alerts == [words.RETURNS["other_browser"]]
    assert tab.titles == [words.HEADLINE]


def test_a_return_that_was_carried_away_still_works_where_it_began(house, someone, allowed):
    returned = allowed()
    came_back(Browser(), returned)

    destination = came_back(someone, returned)

    assert destination == "/contacts"
    assert grant_of(house, someone)


def test_a_browser_without_cookie_connects_nothing(house, wire, journal):
    nobody = Browser(cookie="")
    state = house.handshake.begin("", "contacts").state
    code = wire.consent(Browser().ask_to_connect())["code"]
    journal.extend([state, code])

    came_back(nobody, {"code": code, "state": state})

    assert stored(house) == {}
    assert nobody.open().alerts == [words.COOKIES_NEEDED]


# Not a second from the limit: the future comes nearer while a busy machine takes its time.
@pytest.mark.parametrize("seconds", [601, -700])
def test_a_return_that_is_too_late_or_from_the_future_is_expired(house, someone, allowed, seconds):
    then = Handshake(house.store, services.keyring(), pages=tuple(PAGES), now=lambda: time.time() - seconds)

    destination = came_back(someone, allowed() | {"state": then.begin(someone.person, "contacts").state})

    assert destination == "/?said=expired"
    assert stored(house) == {}
    assert someone.follow(destination).alerts == [words.RETURNS["expired"]]


def test_a_repeated_return_leads_to_the_same_place_without_a_second_exchange(house, wire, someone, allowed):
    returned = allowed("companies")
    came_back(someone, returned)
    issued = wire.stats()["tokens_issued"]

    destination = came_back(someone, returned)

    assert destination == "/companies"
    assert wire.stats()["tokens_issued"] == issued


def test_a_repeated_return_after_a_denial_does_not_claim_a_connection(house, someone, allowed):
    returned = allowed("contacts", decision="deny")
    came_back(someone, returned)
    someone.open()

    destination = came_back(someone, returned)

    assert someone.follow(destination).alerts == []
    assert grant_of(house, someone) is None


def forget_outcome(house):
    (outcome,) = (name for name in stored(house) if name.endswith("outcome"))
    house.store.client.delete(house.store.prefix + outcome)


def test_a_repeated_return_whose_outcome_is_forgotten_says_it_works_once(house, someone, allowed):
    returned = allowed()
    came_back(someone, returned)
    forget_outcome(house)

    destination = came_back(someone, returned)

    assert destination == "/?said=replayed"
    assert words.RETURNS["replayed"] in someone.follow(destination).alerts


def test_a_reload_during_the_exchange_waits_for_what_the_first_run_finds(house, someone, allowed):
    returned = allowed()
    verdict = house.handshake.judge(returned["state"], someone.person)
    house.handshake.claim(verdict.nonce)
    found = threading.Timer(0.4, house.handshake.record, (verdict.nonce, Outcome("info", "connection", "Connected.")))
    found.start()

    destination = came_back(someone, returned)

    found.join()
    assert destination == "/connection"


def test_a_reload_waits_only_so_long_for_a_run_that_died(house, someone, allowed, monkeypatch):
    monkeypatch.setattr(callback, "_PATIENCE", 0.2)
    returned = allowed()
    house.handshake.claim(house.handshake.judge(returned["state"], someone.person).nonce)

    assert came_back(someone, returned) == "/?said=replayed"


@BOUNDED
@given(state=st.text(st.characters(exclude_categories=["Cs"]), max_size=600), code=st.text(max_size=40))
def test_a_return_with_a_state_that_is_not_ours_is_malformed(house, someone, state, code):
    code = code.encode("utf-8", "ignore").decode() or "x"

    assert came_back(someone, {"code": code, "state": state}) == "/?said=malformed"
    assert stored(house) == {}


@BOUNDED
@given(place=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_.~ %é"))
def test_a_state_with_a_changed_letter_is_malformed(house, someone, place, letter):
    state = house.handshake.begin(someone.person, "contacts").state
    place %= len(state) - 1  # the last letter holds bits that mean nothing
    changed = state[:place] + letter + state[place + 1 :]

    verdict = came_back(someone, {"code": "x", "state": changed}) if changed != state else "/?said=malformed"

    assert verdict == "/?said=malformed"
    assert stored(house) == {}


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("access_denied", words.DENIED),
        ("invalid_scope", words.REFUSALS["invalid_scope"]),
        ("server_error", words.REFUSED),
        ("", words.REFUSED),
    ],
)
@pytest.mark.parametrize("state", [{}, {"state": ""}])
def test_a_refusal_without_state_says_what_happened_and_changes_nothing(house, wire, someone, error, sentence, state):
    someone.connect(wire)
    before, cookie = stored(house), someone.cookie

    destination = came_back(someone, {"error": error, "error_description": f"denied by {PERSON}", **state})

    assert (stored(house), someone.cookie) == (before, cookie)
    assert sentence in someone.follow(destination).alerts
    assert grant_of(house, someone)


@pytest.mark.parametrize("returned", [{"code": "na1-x"}, {"code": "x", "state": ""}])
def test_a_code_without_state_is_malformed(house, someone, returned):
    destination = came_back(someone, returned)

    assert destination == "/?said=malformed"
    assert someone.follow(destination).alerts == [words.RETURNS["malformed"]]


@pytest.mark.parametrize("code", ["na1-00000000-0000-0000-0000-000000000000", "", "x" * 3000])
def test_a_code_that_hubspot_does_not_know_connects_nothing(house, someone, allowed, journal, code):
    journal.extend([code] if code else [])

    destination = came_back(someone, allowed() | {"code": code})

    (said,) = someone.follow(destination).alerts
    assert said.startswith("HubSpot's sign-in code was already used or has expired. Connect HubSpot again.")
    assert "HubSpot's reference: " in said
    assert said.endswith("Nothing was connected.")
    assert grant_of(house, someone) is None


def test_a_code_for_another_verifier_is_refused_and_names_pkce(house, someone, allowed):
    code = allowed()["code"]
    another_attempt = allowed()["state"]

    destination = came_back(someone, {"code": code, "state": another_attempt})

    assert "(PKCE)" in someone.follow(destination).alerts[0]
    assert grant_of(house, someone) is None


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"status": 503}, "HubSpot has a problem of its own (503)"),
        ({"status": 502, "kind": "html"}, "HubSpot has a problem of its own (502)"),
        ({"kind": "drop"}, "The connection to HubSpot broke off"),
        ({"kind": "truncated"}, "HubSpot"),
        ({"kind": "burst"}, "HubSpot asks to slow down"),
        ({"kind": "invalid_grant"}, "HubSpot no longer accepts this connection"),
    ],
)
def test_when_hubspot_fails_at_the_exchange_nothing_is_connected(house, wire, someone, allowed, fault, sentence):
    returned = allowed()
    wire.faults({"route": "token", "times": 9, **fault})

    destination = came_back(someone, returned)

    (said,) = someone.follow(destination).alerts
    assert said.startswith(sentence)
    assert said.endswith("Nothing was connected.")
    assert kinds(house) == ATTEMPT


def test_a_browser_that_can_not_be_let_in_is_not_told_that_nothing_was_connected(house, wire, someone, allowed):
    returned = allowed()
    nonce = house.handshake.judge(returned["state"], someone.person).nonce
    other = someone.connect(wire, account=1)
    house.sessions.sign_out(someone.person)
    renewed = browser.hashed(house.handshake.successor(returned["state"]))
    Sessions(house.store, KeyRing({"k9": b"9" * 32})).add(renewed, other)

    came_back(someone, returned)

    said = house.handshake.outcome(nonce).text
    assert said.startswith("The encryption key 'k9' is missing")
    assert said.endswith(words.NOT_IN_THIS_BROWSER)
    assert len(house.grants.accounts(wire.hub_id)) == 1


def test_what_hubspot_granted_to_nobody_it_names_is_taken_back(house, wire, someone, allowed, monkeypatch):
    returned = allowed()
    exchange, issued = house.oauth.exchange_code, []

    def nameless(*arguments, **named):
        issued.append(exchange(*arguments, **named))
        return replace(issued[0], hub_id=None, user_id=None)

    monkeypatch.setattr(house.oauth, "exchange_code", nameless)
    wire.faults({"route": "introspect", "status": 502, "times": 1})

    destination = came_back(someone, returned)

    assert someone.follow(destination).alerts[0].endswith("Nothing was connected.")
    assert wait_until(lambda: not house.oauth.introspect(issued[0].refresh_token).active)
    assert "grant" not in kinds(house)


def test_when_hubspot_can_not_be_reached_nothing_is_connected(running, tmp_path):
    nowhere = {"HUBSPOT_API_URL": f"http://127.0.0.1:{free_port()}"}
    with dashboard(tmp_path, **{**running.settings, **nowhere}):
        services.store()
        person = Browser()

        destination = came_back(person, running.consent(person.ask_to_connect()))

        (said,) = person.follow(destination).alerts
        assert said.startswith("HubSpot ")
        assert said.endswith("Nothing was connected.")


def test_when_only_introspection_fails_the_portal_is_connected_by_its_number(house, wire, someone, allowed):
    returned = allowed()
    wire.faults({"route": "introspect", "status": 502})

    destination = came_back(someone, returned)

    assert someone.follow(destination).alerts == [f"Connected to portal {wire.hub_id}."]


def test_a_portal_that_the_operator_does_not_allow_is_revoked_at_once(running, tmp_path):
    with dashboard(tmp_path, **running.settings, DASHBOARD_ALLOWED_PORTALS="1,2"):
        services.store()
        person = Browser()

        destination = came_back(person, running.consent(person.ask_to_connect()))

        (said,) = person.follow(destination).alerts
        assert said == f"The operator does not allow portal {running.hub_id} here. Nothing was connected."
        assert "grant" not in kinds(services.services())
        assert wait_until(lambda: any("revoke" in route for route in running.stats()["requests"]))


def test_when_the_token_store_is_down_the_return_leads_away_and_is_explained_later(running, tmp_path):
    store = Server(binaries()["valkey"], tmp_path).start()
    keys = "k1:" + "MTEx" * 10 + "MTE="
    with dashboard(tmp_path, **running.settings, REDIS_URL=store.url, DASHBOARD_KEYS=keys):
        person = Browser()
        returned = running.consent(person.ask_to_connect())
        store.kill()

        destination = came_back(person, returned)
        meanwhile = person.follow(destination)
        store.start()
        later = person.follow(destination)

        store.stop()
    assert destination == "/?said=store_down"
    assert "Try again" in meanwhile.text
    assert "does not answer" in meanwhile.alerts[0]
    assert later.alerts == [words.RETURNS["store_down"]]


def test_a_dashboard_that_can_not_start_leads_the_return_away_too(tmp_path, wire):
    (tmp_path / "state").write_text("in the way")
    with dashboard(tmp_path, **wire.settings):
        person = Browser()

        destination = came_back(person, {"code": "x", "state": "y"})

        assert destination == "/?said=trouble"
        assert "can't be used" in person.follow(destination).alerts[0]


def test_every_place_a_return_can_lead_to_is_on_the_fixed_list(house, someone, allowed):
    assert {f"/?said={verdict}" for verdict in words.RETURNS} < set(jumps())
    assert {came_back(someone, allowed(page)) for page in PAGES} < set(jumps())


def test_parameters_that_are_no_return_are_left_alone(house, someone):
    tab = someone.open(portal="1", grain="Months", state="x")

    assert tab.jump is None
    assert tab.titles == [words.HEADLINE]


def test_the_only_scripts_are_jumps(house, someone, allowed):
    tab = someone.open(**allowed())

    (script,) = (each.value for each in tab.at.html)
    assert script == f"<script>window.location.replace({json.dumps('/contacts')})</script>"
    assert not someone.follow("/contacts").has_script

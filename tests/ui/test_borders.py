"""The border around a portal and around what was granted: no page, address, cache, count or file leads across it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hubspot.errors import NotConnected
from hubspot.portal import COMPANIES, CONTACTS, OWNERS_SCOPE, READ_SCOPES
from hubspot.sandbox.portals import ALDER, NORTHWIND
from hubspot.sync.progress import ObjectProgress, Phase
from hubspot.ui import overview, progress, state
from hubspot.ui.destinations import PAGES
from tests.ui.tabs import Browser
from tests.ui.test_progress import load

SANDBOX = ("--contacts", 40, "--companies", 40)
TOM = 50_113_876
ONLY = {kind: ["oauth", OWNERS_SCOPE, scope] for kind, scope in READ_SCOPES.items()}
TELLING = {CONTACTS: ("lastname", "email"), COMPANIES: ("name", "domain")}


@pytest.fixture(scope="module")
def texts(running):
    """What can only be known from a portal's records of one kind, by portal and kind."""
    found = {}
    for account, facts in enumerate((NORTHWIND, ALDER)):
        lines = map(json.loads, running.http.get(f"/sandbox/truth?account={account}").text.splitlines())
        records = [line for line in lines if line["kind"] == "record" and not line["archived"]]
        for kind, names in TELLING.items():
            values = (each["properties"][name] for each in records if each["object_type"] == kind for name in names)
            found[facts.hub_id, kind] = {value.strip() for value in values if value and len(value) >= 6}
    return found


@pytest.fixture
def apart(texts):
    """Return the texts of one portal and kind that stand nowhere else."""

    def alone(hub_id, kind):
        others = set().union(*(each for key, each in texts.items() if key != (hub_id, kind)))
        others |= {owner.last_name for facts in (NORTHWIND, ALDER) for owner in facts.owners}
        return {text for text in texts[hub_id, kind] if not any(text in other or other in text for other in others)}

    return alone


def everything(tab):
    """Everything that a tab was sent: its texts, its tables, its charts and its choices."""
    tables = "\n".join(str(table.value.to_dict()) for table in tab.at.dataframe)
    raw = "\n".join(str(getattr(each, "proto", "")) for each in tab.elements)
    return f"{tab.text}\n{tables}\n{raw}"


def crossed(tab, forbidden):
    shown = everything(tab)
    return [text for text in forbidden if text in shown]


ADDRESSES = [
    {"portal": "{hub_id}"},
    {"portal": " {hub_id} "},
    {"portal": "{other},{hub_id}"},
    {"portal": "{hub_id}.0"},
    {"portal": "*"},
    {"portal": "{hub_id}", "owner": "412034871", "created": "this-year"},
    {"portal": "{hub_id}", "next": "contacts"},
]


@pytest.mark.parametrize("page", PAGES)
def test_no_address_shows_a_portal_that_is_not_ones_own(connect, northwind, apart, page):
    connect()
    stranger = connect(account=1)
    forbidden = apart(northwind, CONTACTS) | apart(northwind, COMPANIES) | {NORTHWIND.name, NORTHWIND.domain}
    assert len(forbidden) > 20

    for query in ADDRESSES:
        asked = {name: text.format(hub_id=northwind, other=ALDER.hub_id) for name, text in query.items()}
        tab = stranger.open(page, **asked)
        assert crossed(tab, forbidden) == [], asked
        assert ALDER.name.partition(" ")[0] in tab.text


@pytest.mark.parametrize("page", PAGES)
def test_whoever_is_connected_to_nothing_sees_nothing_of_what_is_loaded(connect, northwind, apart, page):
    connect()
    forbidden = apart(northwind, CONTACTS) | apart(northwind, COMPANIES) | {NORTHWIND.name}

    for nobody in (Browser(), Browser(cookie=""), Browser(cookie="x" * 43)):
        assert crossed(nobody.open(page, portal=str(northwind)), forbidden) == []


@pytest.mark.parametrize(("granted", "refused"), [(CONTACTS, COMPANIES), (COMPANIES, CONTACTS)])
def test_no_page_shows_an_object_that_only_a_colleague_was_granted(connect, wire, northwind, apart, granted, refused):
    mara = connect()
    for page in PAGES:
        mara.open(page)
    tom = Browser()
    tom.connect(wire, user_id=TOM, scopes=ONLY[granted])
    forbidden = apart(northwind, refused)
    bookmarked = [{}, {"industry": "BANKING"}, {"stage": "customer", "owner": "-"}, {"created": "this-year"}]
    assert len(forbidden) > 10

    for page in PAGES:
        for query in bookmarked:
            tab = tom.open(page, portal=str(northwind), **query)
            assert crossed(tab, forbidden) == [], (page, query)
    assert crossed(tom.open(granted), apart(northwind, granted))
    assert crossed(mara.open(refused), forbidden)


def test_a_colleagues_cached_answers_are_not_ones_own(connect, wire, northwind):
    mara = connect()
    wide = state.view(state.visit(mara.person))
    assert overview.answers(wide, "Weeks").industries is not None
    tom = Browser()
    tom.connect(wire, user_id=TOM, scopes=ONLY[CONTACTS])

    narrow = state.view(state.visit(tom.person))

    assert narrow.key != wide.key
    assert set(state.copy_of(narrow.key).frames) == {CONTACTS}
    assert "company.name" not in state.copy_of(narrow.key).frames[CONTACTS]
    assert overview.answers(narrow, "Weeks").industries is None
    assert set(narrow.portal.properties) == {CONTACTS}


def test_without_the_scope_of_owners_their_names_stand_nowhere(connect, wire, northwind):
    connect()
    tom = Browser()
    tom.connect(wire, user_id=TOM, scopes=["oauth", *READ_SCOPES.values()])
    names = [f"{owner.first_name} {owner.last_name}" for owner in NORTHWIND.owners]

    for page in PAGES:
        assert crossed(tom.open(page), names) == []


def test_a_view_of_another_portal_is_refused_whoever_asks(connect, northwind):
    connect()
    stranger = connect(account=1)

    for hub_id in (northwind, 0, -1):
        with pytest.raises(NotConnected):
            state.view(state.visit(stranger.person), hub_id)


def test_how_many_there_are_of_what_was_not_granted_is_not_told_while_it_loads():
    both = {CONTACTS: ObjectProgress(10, 20), COMPANIES: ObjectProgress(777, 888)}
    running = load(phase=Phase.LOADING, started_at=datetime(2026, 11, 23, tzinfo=UTC), objects=both)

    seen = state.allowed_progress(running, ONLY[CONTACTS])

    assert "companies" in progress.sentence(running)
    assert progress.sentence(seen) == progress.sentence(replace(running, objects={CONTACTS: both[CONTACTS]}))
    assert progress.share(seen) == 0.5


def test_a_load_of_a_colleague_is_followed_without_its_counts(house, wire, someone, northwind):
    wire.faults({"route": "list", "kind": "delay", "seconds": 0.4, "times": 50})
    mara = Browser()
    mara.connect(wire)
    mara.open()
    someone.connect(wire, user_id=TOM, scopes=ONLY[CONTACTS])

    view = state.view(state.visit(someone.person))

    assert view.is_loading
    assert house.jobs.progress(northwind).is_running
    assert COMPANIES not in view.progress.objects

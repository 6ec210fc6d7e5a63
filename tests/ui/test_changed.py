"""What changed since the last visit and between two loads, with a sandbox in which somebody edits records."""

import csv
import io
from datetime import timedelta

import pytest

from hubspot.connections.preferences import Preferences
from hubspot.errors import KeyMissing, StoreRefused
from hubspot.ui import history, services, state, visits
from hubspot.ui.visits import Visit, Visits
from tests.running import wait_until
from tests.ui.tabs import Browser

SANDBOX = ("--contacts", 120, "--companies", 30)
STEP = {"lifecyclestage": "customer", "hubspot_owner_id": None}


def rest(house, hub_id):
    """Wait until no load runs; return the newest copy."""
    wait_until(lambda: (progress := house.jobs.progress(hub_id)) and not progress.is_running, what="the load's end")
    return house.snapshots.latest(hub_id)


class Person:
    """Somebody with a browser and a portal, whose visits a test can end."""

    def __init__(self, house, wire):
        self.house, self.wire, self.browser = house, wire, Browser()
        self.grant = self.browser.connect(wire)
        self.browser.open()
        rest(house, wire.hub_id)
        self.tab = self.browser.open()

    @property
    def preferences(self):
        return Preferences(self.house.store, services.keyring())

    def stays_away(self, minutes):
        """Let what was noted be of so long ago."""
        stored = self.preferences.get(self.grant.account, "visit")
        moved = [each and [earlier(each[0], minutes), each[1]] for each in stored]
        self.preferences.put(self.grant.account, "visit", moved)

    def is_new_here(self):
        """Let this visit be the first one."""
        version = self.house.snapshots.latest(self.wire.hub_id).version
        self.preferences.put(self.grant.account, "visit", visits._written(Visits(Visit(state.now(), version))))
        self.tab = self.browser.open()
        return self.tab

    def comes_back(self, minutes=60):
        self.is_new_here()
        self.stays_away(minutes)
        self.tab = self.browser.open()
        return self.tab

    def refreshes(self):
        before = self.house.snapshots.latest(self.wire.hub_id).version
        self.tab.press("refresh")
        after = rest(self.house, self.wire.hub_id).version
        assert after != before
        return self.tab.run()

    def view(self):
        seen = services.services().sessions.visible(self.browser.person)
        return state.view(seen, self.wire.hub_id)

    def edit(self, **asked):
        return self.wire.http.post("/sandbox/edit", json=asked).raise_for_status().json()

    def looks(self, kind, object_type="Contacts"):
        """Open the dialog at one kind of change; return its table, None without rows."""
        self.tab.at.session_state["changed.kind"] = kind
        self.tab.at.session_state[f"changed.records.{kind}"] = object_type
        self.tab.press("changed.open")
        assert self.tab.at.button_group(key="changed.kind").value == kind
        assert self.tab.at.button_group(key=f"changed.records.{kind}").value == object_type
        tables = [each.value for each in self.tab.at.dataframe]
        return next((each for each in tables if {"What happened", "From"} & set(each)), None)


def earlier(moment, minutes):
    return (visits.datetime.fromisoformat(moment) - timedelta(minutes=minutes)).isoformat()


def before_last(visitor):
    """Return the version of the copy before the newest."""
    *_, start, _newest = ("", *(step.version for step in history.steps(visitor.view())))
    return start


def file_of(visitor, kind):
    visitor.looks(kind)
    answer = visitor.browser.fetch(visitor.tab.file)
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def strip_of(tab):
    return next((line for line in tab.text.splitlines() if "your last visit" in line or "First visit" in line), "")


def ids_of(table):
    return {int(each) for each in table["Record ID"]}


@pytest.fixture(scope="module")
def visitor(home, running):
    return Person(services.services(), running)


def test_before_any_load_noted_a_change_a_first_visit_is_told_when_there_will_be_something(visitor):
    assert "a visit ends after half an hour" in strip_of(visitor.is_new_here())


def test_a_record_that_was_edited_in_hubspot_shows_up_after_a_refresh(visitor, truth):
    lead = next(each for each in truth["contacts"] if each["lifecyclestage"] == "lead" and each["hubspot_owner_id"])
    visitor.comes_back()
    visitor.edit(records=[{"id": lead["hs_object_id"], "properties": STEP}])

    told = strip_of(visitor.refreshes())

    assert "1 stage move · 1 owner move" in told
    stages = visitor.looks("stages")
    assert "**1 stage move**" in visitor.tab.text
    assert stages[["From", "To"]].to_numpy().tolist() == [["Lead", "Customer"]]
    assert stages["When"].notna().all(), "HubSpot dates a stage"
    assert visitor.looks("owners")["To"].tolist() == ["No owner"]


def test_created_and_gone_are_told_apart_for_contacts_and_companies(visitor):
    visitor.comes_back()
    done = visitor.edit(create=3, archive=2, merge=1)
    visitor.edit(object_type="companies", create=2)

    told = strip_of(visitor.refreshes())

    assert "6 new records" in told, "three, the one that a merge made, and two companies"
    assert "4 records gone" in told
    assert visitor.looks("created")["What happened"].value_counts().to_dict() == {"Created": 3, "Made by a merge": 1}
    assert len(visitor.looks("created", "Companies")) == 2
    gone = visitor.looks("gone")
    assert ids_of(gone) == {*map(int, done["archived"]), *map(int, done["merged"][0]["from"])}
    assert gone["What happened"].value_counts()["Merged into another record"] == gone["Now in"].count() == 2
    assert "Nothing but the Record ID is known of them" in visitor.tab.text


def test_the_rows_of_a_change_are_a_file_too_and_a_record_that_is_gone_is_in_it_by_its_id(visitor):
    visitor.comes_back()
    done = visitor.edit(create=2, archive=1)
    visitor.refreshes()

    assert {(each["Record ID"], each["What happened"]) for each in file_of(visitor, "created")} == {
        (each, "Created") for each in done["created"]
    }
    assert [each["Record ID"] for each in file_of(visitor, "gone")] == done["archived"]


def test_what_changed_during_a_visit_is_new_at_the_next_one_no_more(visitor):
    visitor.comes_back()
    visitor.edit(create=2)
    assert "2 new records" in strip_of(visitor.refreshes())

    assert "nothing was created, moved or deleted" in strip_of(visitor.comes_back())
    assert visitor.looks("created") is None
    visitor.tab.at.session_state["changed.from"] = before_last(visitor)
    assert len(visitor.looks("created")) == 2, "between the loads it is still there to look at"


def test_half_an_hour_makes_a_new_visit_and_less_does_not(visitor):
    visitor.is_new_here()
    visitor.edit(create=1)
    visitor.refreshes()

    assert strip_of(visitor.comes_back(minutes=29)).startswith("**First visit**")
    assert "Since your last visit" in strip_of(visitor.comes_back(minutes=31))


def test_looking_at_another_page_is_a_visit_too(visitor):
    visitor.is_new_here()
    visitor.stays_away(60)
    visitor.browser.open("connection")

    assert visitor.preferences.get(visitor.grant.account, "visit")[1] is not None


def test_two_loads_can_be_compared_apart_from_the_third(visitor):
    visitor.comes_back()
    first = visitor.edit(create=1)["created"]
    visitor.refreshes()
    visitor.edit(create=1)
    visitor.refreshes()
    *earlier_ones, one, _two = history.steps(visitor.view())

    visitor.tab.at.session_state["changed.from"] = earlier_ones[-1].version if earlier_ones else ""
    visitor.tab.at.session_state["changed.to"] = one.version
    table = visitor.looks("created")

    assert [name.split()[-1] for name in table["Name"]] == first


def test_what_loads_noted_too_long_ago_is_guessed_by_dates_and_said_to_be(visitor, monkeypatch):
    visitor.comes_back()
    created = visitor.edit(create=1)["created"]
    visitor.refreshes()
    visitor.edit(create=1, archive=1)
    visitor.refreshes()
    (*_, newest) = history.steps(visitor.view())
    kept = services.services().snapshots.changes
    monkeypatch.setattr(history, "MOST_STEPS", 1)
    monkeypatch.setattr(
        type(services.services().snapshots),
        "changes",
        lambda _, hub_id: kept(hub_id, after=history_before(newest, kept(hub_id))),
    )
    services._forget_cached()

    told = strip_of(visitor.tab.run())

    assert "1 record gone" in told
    assert created[0] in "".join(visitor.looks("created")["Name"]), "by its date"
    assert "is not kept any more" in visitor.tab.text


def history_before(step, kept):
    return max(each.version for each in kept if each.version < step.version)


def test_a_colleague_has_visits_of_their_own(visitor, running):
    visitor.comes_back()
    other = Browser()
    other.connect(running, user_id=99)
    visitor.edit(create=1)
    visitor.refreshes()

    assert strip_of(other.open()).startswith("**First visit**")
    assert "1 new record" in strip_of(visitor.tab)


def test_a_colleague_without_companies_is_told_of_contacts_only(visitor, running):
    visitor.comes_back()
    other = Browser()
    other.connect(running, user_id=98, scopes=["oauth", "crm.objects.contacts.read"])
    visitor.edit(object_type="companies", create=4)
    visitor.edit(create=1)
    visitor.refreshes()
    tab = other.open()
    tab.at.session_state["changed.from"] = before_last(visitor)
    tab.press("changed.open")

    assert tab.at.button_group(key="changed.kind").options[0] == "Created · 1"
    assert tab.at.button_group(key="changed.records.created").options == ["Contacts"]


@pytest.mark.parametrize("error", [StoreRefused("full"), KeyMissing("k1")])
def test_a_store_that_can_not_tell_of_visits_hides_no_page(visitor, monkeypatch, error):
    visitor.is_new_here()

    def fail(*_):
        raise error

    monkeypatch.setattr(Preferences, "get", fail)
    tab = visitor.browser.open()

    assert tab.titles == ["Overview"]
    assert tab.alerts == []


def test_visits_follow_each_other_by_absence_alone():
    begun = state.now()
    first = Visits(Visit(begun, "v1"))
    on = first.following(begun + timedelta(minutes=20), "v2")
    again = on.following(begun + timedelta(minutes=51), "v3")

    assert on == Visits(Visit(begun + timedelta(minutes=20), "v2"))
    assert again.before == on.now
    assert again.following(begun + timedelta(minutes=52), "").now.version == "v3", "a copy in the making has no version"


@pytest.mark.parametrize("stored", [None, [], [None, None], [["yesterday", "v"], None], "x", {"now": 1}])
def test_a_stored_visit_that_makes_no_sense_is_none(stored):
    assert visits._read(stored) is None


def test_a_stored_visit_is_read_as_it_was_written():
    some = Visits(Visit(state.now(), "v2"), Visit(state.now() - timedelta(days=1), "v1"))

    assert visits._read(visits._written(some)) == some

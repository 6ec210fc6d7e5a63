import pytest

from hubspot.connections import preferences as kept
from hubspot.connections.grants import Account
from hubspot.connections.preferences import Preferences

ANNA, BEN = Account(1001, 11), Account(1001, 12)


@pytest.fixture
def preferences(store, keyring):
    return Preferences(store, keyring, keep_days=30)


def test_a_value_is_read_back_by_its_owner_only(preferences):
    preferences.put(ANNA, "last_visit", {"at": "2026-11-23", "contacts": 12431})

    assert preferences.get(ANNA, "last_visit") == {"at": "2026-11-23", "contacts": 12431}
    assert preferences.get(BEN, "last_visit") is None
    assert preferences.get(ANNA, "columns") is None


def test_values_are_sealed_and_end_with_the_days_to_keep(preferences, store):
    preferences.put(ANNA, "columns", ["secret column"])
    key = store.key("{1001}", "11", "preferences")

    assert b"secret column" not in store.client.hget(key, "columns")
    assert 29 * 86400 < store.client.ttl(key) <= 30 * 86400


def test_a_value_moved_to_another_name_or_person_is_not_used(preferences, store):
    preferences.put(ANNA, "columns", ["email"])
    sealed = store.client.hget(store.key("{1001}", "11", "preferences"), "columns")
    store.client.hset(store.key("{1001}", "11", "preferences"), "other", sealed)
    store.client.hset(store.key("{1001}", "12", "preferences"), "columns", sealed)

    assert preferences.get(ANNA, "other") is None
    assert preferences.get(BEN, "columns") is None


def test_a_view_opens_for_its_portal_only(preferences):
    view_id = preferences.keep_view(1001, {"search": "smith"})

    assert preferences.view(1001, view_id) == {"search": "smith"}
    assert preferences.view(1002, view_id) is None
    assert preferences.view(1001, "guess") is None


def test_equal_views_have_one_id_and_are_kept_once(preferences, store):
    first = preferences.keep_view(1001, {"search": "smith", "object_type": "contacts"})
    key = store.key("{1001}", f"view:{first}")
    store.client.pexpire(key, 1000)
    sealed = store.client.get(key)

    again = preferences.keep_view(1001, {"object_type": "contacts", "search": "smith"})

    assert again == first
    assert store.client.get(key) == sealed
    assert store.client.ttl(key) > 179 * 86400
    assert preferences.keep_view(1002, {"search": "smith", "object_type": "contacts"}) != first
    assert preferences.keep_view(1001, {"search": "smit", "object_type": "contacts"}) != first


def test_a_view_is_kept_half_a_year(preferences, store):
    view_id = preferences.keep_view(1001, {"search": "smith"})
    key = store.key("{1001}", f"view:{view_id}")

    assert b"smith" not in store.client.get(key)
    assert 179 * 86400 < store.client.ttl(key) <= 180 * 86400


def test_ones_own_go_with_the_grant_and_views_with_the_portal(preferences, grants, hubspot, store):
    grants.save(hubspot.issue(user_id=11))
    grants.save(hubspot.issue(user_id=12))
    preferences.put(ANNA, "columns", ["email"])
    preferences.put(BEN, "columns", ["phone"])
    view_id = preferences.keep_view(1001, {"search": "smith"})

    grants.disconnect(ANNA)
    after_anna = (preferences.get(ANNA, "columns"), preferences.get(BEN, "columns"), preferences.view(1001, view_id))
    grants.disconnect(BEN)

    assert after_anna == (None, ["phone"], {"search": "smith"})
    assert list(store.client.scan_iter()) == []


def test_the_view_kept_longest_ago_goes_first(preferences, monkeypatch):
    monkeypatch.setattr(kept, "VIEWS_OF_PORTAL", 2)
    first, second = (preferences.keep_view(1001, {"search": each}) for each in ("a", "b"))
    preferences.keep_view(1001, {"search": "a"})
    third = preferences.keep_view(1001, {"search": "c"})

    assert [preferences.view(1001, each) is not None for each in (first, second, third)] == [True, False, True]

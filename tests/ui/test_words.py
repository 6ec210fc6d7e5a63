import dataclasses

import pytest

from hubspot.connections.sessions import IDLE_MILLISECONDS, LONGEST_MILLISECONDS
from hubspot.portal import COMPANIES, CONTACTS, OBJECT_TYPES, OWNERS_SCOPE, READ_SCOPES
from hubspot.settings import Settings
from hubspot.ui import browser, words
from tests.ui.tabs import ROOT


def test_every_scope_that_is_asked_for_is_named_in_words():
    for scope in Settings().scopes:
        subject, detail = words.scope_words(scope)
        assert subject != scope
        assert detail


def test_only_reading_is_asked_for():
    scopes = {*Settings().scopes, *Settings().optional_scopes}

    assert scopes == {"oauth", OWNERS_SCOPE, *READ_SCOPES.values()}
    assert all(scope == "oauth" or scope.endswith(".read") for scope in scopes)
    assert "It only reads; it cannot change anything in HubSpot." in words.PROMISE


def test_a_scope_this_product_does_not_know_is_its_own_name():
    assert words.scope_words("crm.objects.deals.read") == ("crm.objects.deals.read", "")


@pytest.mark.parametrize("days", [1, 30, 365])
def test_the_promise_of_deletion_has_the_settings_number(days):
    assert f"after {days} days without a visit" in words.retention(Settings(keep_days=days))


def test_the_promise_about_the_cookie_is_kept_by_the_cookie_and_the_session():
    page = (ROOT / "hubspot" / "ui" / "connection.py").read_text(encoding="utf-8")

    assert "kept 30 days; what it opens ends after 7 days" in page
    assert browser.MAX_AGE == 30 * 24 * 3600 == LONGEST_MILLISECONDS / 1000
    assert IDLE_MILLISECONDS == 7 * 24 * 3600 * 1000


@pytest.mark.parametrize("sentence", [*words.RETURNS.values(), *words.REFUSALS.values(), words.REFUSED])
def test_every_sentence_about_a_failed_return_says_what_is_true_now(sentence):
    assert sentence.endswith(".")
    assert any(said in sentence for said in ("nothing was connected", "works only once", "could not be finished"))


@pytest.mark.parametrize("verdict", ["malformed", "expired", "other_browser", "store_down", "replayed"])
def test_every_verdict_has_its_sentence_with_a_next_step(verdict):
    assert "tart again" in words.RETURNS[verdict]


@pytest.mark.parametrize(
    ("count", "object_type", "expected"),
    [
        (0, CONTACTS, "0 contacts"),
        (1, CONTACTS, "1 contact"),
        (12_431, CONTACTS, "12,431 contacts"),
        (1, COMPANIES, "1 company"),
        (2, COMPANIES, "2 companies"),
    ],
)
def test_counts_have_their_noun(count, object_type, expected):
    assert words.counted(count, object_type) == expected


def test_a_part_is_told_with_its_whole():
    assert words.of_total(1_204, 12_431, CONTACTS) == "1,204 of 12,431 contacts"
    assert words.of_total(1, 1, COMPANIES) == "1 of 1 company"


def test_every_object_type_has_nouns_and_a_scope_in_words():
    assert set(words.OBJECT_NOUNS) == set(OBJECT_TYPES)
    assert {READ_SCOPES[name] for name in OBJECT_TYPES} < set(words.SCOPES)


def test_settings_have_defaults_for_what_the_words_promise():
    assert dataclasses.asdict(Settings())["keep_days"] == 30

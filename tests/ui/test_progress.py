from datetime import UTC, datetime, timedelta

import pytest

from hubspot.portal import COMPANIES, CONTACTS
from hubspot.sync.progress import ObjectProgress, Phase, Progress
from hubspot.ui import progress

BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def load(contacts=None, companies=None, **changes):
    objects = {CONTACTS: contacts, COMPANIES: companies}
    defaults = {
        "hub_id": 4711,
        "phase": Phase.LOADING,
        "objects": {name: ObjectProgress(*each) for name, each in objects.items() if each},
        "started_at": BEGAN,
    }
    return Progress(**{**defaults, **changes})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (load(), "asking HubSpot what there is"),
        (load(contacts=(300, None)), "300 contacts"),
        (load(contacts=(4_300, 12_431)), "4,300 of 12,431 contacts"),
        (load((4_300, 12_431), (210, 2_018)), "4,300 of 12,431 contacts · 210 of 2,018 companies"),
        (load((4_300, 12_431), seconds_left=8.3), "4,300 of 12,431 contacts, about 8 s left"),
        (load((1, 1), phase=Phase.SAVING), "storing the copy"),
    ],
)
def test_a_load_says_how_far_it_is(found, expected):
    assert progress.sentence(found) == expected


def test_a_count_that_grew_during_the_load_is_never_more_than_the_whole():
    assert progress.sentence(load(contacts=(120, 100))) == "120 of 120 contacts"
    assert progress.share(load(contacts=(120, 100))) == 1.0


@pytest.mark.parametrize(
    ("found", "share", "words"),
    [
        (load(), 0, "Loading"),
        (load(contacts=(300, None)), 0, "Loading"),
        (load((50, 150), (50, 50)), 0.5, "Loading, 50%"),
        (load((0, 0), (0, 0)), 0, "Loading"),
    ],
)
def test_the_share_is_of_all_records(found, share, words):
    assert progress.share(found) == share
    assert progress.percent(found) == words


def test_without_a_load_there_is_nothing_to_say():
    assert progress.percent(None) == "Loading"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 s"), (8.4, "8 s"), (89, "89 s"), (90, "2 min"), (600, "10 min"), (5399, "90 min"), (7200, "2 h")],
)
def test_a_duration_has_one_unit(seconds, words):
    assert progress.duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (59, "just now"),
        (61, "1 min ago"),
        (3599, "59 min ago"),
        (3601, "1 h ago"),
        (47 * 3600 + 60, "47 h ago"),
        (49 * 3600, "2 days ago"),
        (-30, "just now"),
    ],
)
def test_an_age_has_one_unit(seconds, words):
    assert progress.age(datetime.now(UTC) - timedelta(seconds=seconds)) == words


def test_what_never_was_has_no_age():
    assert progress.age(None) == "never"

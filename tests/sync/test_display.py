"""What a load from the command line says of itself, a line at a time."""

import io
from datetime import UTC, datetime

import pytest

from hubspot.portal import COMPANIES, CONTACTS
from hubspot.sync.display import Lines, sentence
from hubspot.sync.progress import ObjectProgress, Phase, Progress

NOW = datetime(2026, 11, 23, 13, 2, tzinfo=UTC)


def progress(phase, contacts=None, companies=None, **changes):
    counts = {CONTACTS: contacts, COMPANIES: companies}
    objects = {name: ObjectProgress(*each) for name, each in counts.items() if each}
    return Progress(hub_id=4711, phase=phase, objects=objects, started_at=NOW, **changes)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (progress(Phase.PREPARING), "asking HubSpot what there is"),
        (
            progress(Phase.LOADING, rate=2100.4, seconds_left=8.2, contacts=(3400, 12431)),
            "loading: contacts 3,400 of 12,431; 2,100 records/s, about 8 s left",
        ),
        (
            progress(Phase.LOADING, slowing_because="HubSpot is slow", contacts=(100, None)),
            "loading: contacts 100 read; HubSpot is slow",
        ),
        (progress(Phase.REFRESHING, contacts=(12, None)), "reading what changed: contacts 12 read"),
        (
            progress(Phase.DONE, contacts=(0, None), companies=(3, None)),
            "done: contacts 0 read, companies 3 read",
        ),
    ],
)
def test_a_line_says_what_is_done_and_how_much_of_it(seen, expected):
    log = io.StringIO()

    Lines(log).show(seen)

    assert (sentence(seen), log.getvalue()) == (expected, f"{expected}\n")

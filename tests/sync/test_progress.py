import json
from datetime import UTC, datetime, timedelta

import pytest

from hubspot.sync.progress import Meter, ObjectProgress, Phase, Progress

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def meter(clock):
    return Meter(42, clock)


def test_a_load_begins_with_nothing_known(meter):
    progress = meter.progress()

    assert progress == Progress(hub_id=42, phase=Phase.PREPARING, objects={}, started_at=START)
    assert progress.is_running


def test_rate_and_time_left_follow_the_last_seconds(meter, clock):
    meter.expect("contacts", 10_000)
    meter.count("contacts", 0)
    for _ in range(40):
        clock.pass_by(1)
        meter.count("contacts", 100)
    for _ in range(20):
        clock.pass_by(1)
        meter.count("contacts", 200)

    progress = meter.progress()

    assert progress.objects == {"contacts": ObjectProgress(8_000, 10_000)}
    assert progress.rate == 200
    assert progress.seconds_left == 10


def test_the_time_left_is_unknown_while_a_total_is(meter, clock):
    meter.expect("contacts", 1_000)
    meter.count("contacts", 0)
    meter.count("companies", 0)
    clock.pass_by(1)
    meter.count("contacts", 100)

    assert meter.progress().rate == 100
    assert meter.progress().seconds_left is None


def test_more_records_than_counted_leave_no_negative_time(meter, clock):
    meter.expect("contacts", 50)
    meter.count("contacts", 0)
    clock.pass_by(1)
    meter.count("contacts", 100)

    assert meter.progress().seconds_left == 0


def test_slowing_down_is_shown_until_it_is_over(meter, clock):
    meter.slow(7, "HubSpot asked us to slow down")

    assert meter.progress().slowing_until == START + timedelta(seconds=7)
    assert meter.progress().slowing_because == "HubSpot asked us to slow down"
    clock.pass_by(8)
    assert meter.progress().slowing_until is None
    assert meter.progress().slowing_because == ""


def test_an_end_says_how_and_when(meter, clock):
    meter.note("Owners are left out.")
    clock.pass_by(5)
    meter.finish(Phase.FAILED, error="HubSpot is down.")

    progress = meter.progress()

    assert not progress.is_running
    assert (progress.phase, progress.error, progress.notes) == (
        Phase.FAILED,
        "HubSpot is down.",
        ("Owners are left out.",),
    )
    assert progress.finished_at == START + timedelta(seconds=5)
    assert progress.rate == 0


def test_another_replica_reads_the_same_progress(meter, clock):
    meter.enter(Phase.LOADING)
    meter.expect("contacts", 500)
    meter.count("contacts", 0)
    clock.pass_by(1)
    meter.count("contacts", 100)
    meter.slow(7, "HubSpot asked us to slow down")
    meter.note("A note.")

    assert Progress.from_json(json.loads(json.dumps(meter.progress().to_json()))) == meter.progress()


@pytest.mark.parametrize("stored", [{}, {"hub_id": 1}, {"phase": "dreaming"}])
def test_a_foreign_record_of_progress_is_refused(stored):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Progress.from_json(stored)

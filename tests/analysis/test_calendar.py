from datetime import UTC, date, datetime

import pandas as pd
import pytest

from hubspot.analysis.calendar import Calendar, created, wall_clock
from tests.analysis.factories import contacts


def instants(*texts):
    return pd.Series(pd.to_datetime(list(texts), format="ISO8601", utc=True)).astype("datetime64[us, UTC]")


def at(text):
    return datetime.fromisoformat(text)


def calendar(text, time_zone="Europe/Berlin"):
    return Calendar(datetime.fromisoformat(text), time_zone)


@pytest.mark.parametrize(
    ("time_zone", "today"),
    [
        ("Pacific/Auckland", date(2026, 11, 24)),
        ("Europe/Berlin", date(2026, 11, 23)),
        ("US/Eastern", date(2026, 11, 23)),
        ("Pacific/Pago_Pago", date(2026, 11, 22)),
    ],
)
def test_today_is_the_portals_own_day(time_zone, today):
    at_ten_utc = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
    if time_zone == "Pacific/Auckland":
        at_ten_utc = at_ten_utc.replace(hour=11)

    assert Calendar(at_ten_utc, time_zone).today == today


def test_weeks_begin_on_monday_and_the_last_one_runs():
    weeks = calendar("2026-11-25T13:02:00+00:00").last(3, "week")

    assert weeks.starts == (date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23))
    assert weeks.end == date(2026, 11, 30)
    assert weeks.partial == (False, False, True)
    assert weeks.running == (False, False, True)


def test_a_sunday_late_in_utc_is_a_monday_ahead_of_utc_and_a_sunday_behind_it():
    late = instants("2026-11-22T23:30:00Z")

    berlin = calendar("2026-11-25T12:00:00+00:00").last(2, "week")
    new_york = calendar("2026-11-25T12:00:00+00:00", "America/New_York").last(2, "week")

    assert berlin.positions(wall_clock(late, "Europe/Berlin")).tolist() == [1]
    assert new_york.positions(wall_clock(late, "America/New_York")).tolist() == [0]


def test_the_days_of_a_clock_change_belong_to_their_own_week():
    # Berlin leaves summer time on Sunday 25 October 2026: that day lasts until 23:00 UTC.
    edges = instants(
        "2026-10-25T22:59:59.999999Z", "2026-10-25T23:00:00Z", "2026-10-18T21:59:59Z", "2026-10-18T22:00:00Z"
    )

    weeks = calendar("2026-10-30T12:00:00+00:00").between(date(2026, 10, 12), date(2026, 10, 30), "week")

    assert weeks.positions(wall_clock(edges, "Europe/Berlin")).tolist() == [1, 2, 0, 1]


def test_a_day_without_a_midnight_still_has_its_records():
    # In Santiago the clock jumped from 24:00 to 01:00 on 6 September 2026.
    first = instants("2026-09-06T04:00:00Z", "2026-09-06T03:59:59Z")

    days = wall_clock(first, "America/Santiago")

    assert days.dt.date.tolist() == [date(2026, 9, 6), date(2026, 9, 5)]


def test_times_before_after_and_missing_are_in_no_period():
    weeks = calendar("2026-11-25T12:00:00+00:00").last(2, "week")
    outside = pd.Series(pd.to_datetime(["2026-11-15 23:59", None, "2026-11-30 00:00"])).astype("datetime64[us]")

    assert weeks.positions(outside).tolist() == [-1, -1, -1]


def test_the_equal_part_of_last_month_ends_at_the_same_day_and_time():
    month, before = calendar("2026-11-23T13:02:00+00:00").month_to_date()

    assert (month.start, month.end) == (at("2026-11-01"), at("2026-11-24"))
    assert (before.start, before.end) == (at("2026-10-01"), at("2026-10-23 14:02"))


def test_the_equal_part_of_a_shorter_month_begins_before_it():
    _, before = calendar("2026-03-31T12:00:00+00:00").month_to_date()

    assert (before.start, before.end) == (at("2026-01-29"), at("2026-02-28 14:00"))


def test_in_an_hour_that_repeats_the_equal_part_ends_after_its_first_run_and_on_the_same_day():
    _, in_berlin = calendar("2026-10-25T01:05:00+00:00").month_to_date()
    _, in_beirut = calendar("2026-10-24T21:05:00+00:00", "Asia/Beirut").month_to_date()

    assert (in_berlin.start, in_berlin.end) == (at("2026-09-01"), at("2026-09-25 03:05"))
    assert (in_beirut.start, in_beirut.end) == (at("2026-09-01"), at("2026-09-25"))


def test_months_cut_by_the_asked_days_are_partial():
    months = calendar("2026-11-23T13:02:00+00:00").between(date(2026, 9, 10), date(2026, 11, 23), "month")

    assert months.starts == (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1))
    assert months.partial == (True, False, True)
    assert months.running == (False, False, True)


def test_past_periods_that_were_asked_for_whole_are_whole():
    weeks = calendar("2026-11-23T13:02:00+00:00").between(date(2026, 10, 5), date(2026, 10, 18), "week")

    assert weeks.partial == (False, False)
    assert weeks.running == (False, False)


def test_no_periods_lie_between_a_day_and_an_earlier_one():
    none = calendar("2026-11-23T13:02:00+00:00").between(date(2026, 11, 2), date(2026, 10, 1), "week")

    assert none.starts == none.partial == none.running == ()
    assert none.positions(pd.Series(pd.to_datetime(["2026-10-20"])).astype("datetime64[us]")).tolist() == [-1]


def test_years_turn_in_months_and_weeks():
    calendar_in_january = calendar("2027-01-01T12:00:00+00:00")

    assert calendar_in_january.last(2, "month").starts == (date(2026, 12, 1), date(2027, 1, 1))
    assert calendar_in_january.last(1, "week").starts == (date(2026, 12, 28),)


def test_a_frame_without_creation_dates_has_only_missing_ones():
    assert created(contacts({}, {}, without=["createdate"]), "Europe/Berlin").isna().tolist() == [True, True]


def test_quarters_begin_with_january_april_july_and_october():
    quarters = calendar("2026-11-23T13:02:00+00:00").last(5, "quarter")

    assert quarters.starts == tuple(
        date(*start, 1) for start in ((2025, 10), (2026, 1), (2026, 4), (2026, 7), (2026, 10))
    )
    assert quarters.end == date(2027, 1, 1)
    assert quarters.running == (False, False, False, False, True)


def test_days_follow_each_other_also_where_one_has_25_hours():
    days = calendar("2026-10-25T23:30:00+00:00").last(3, "day")

    assert days.starts == (date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26))
    assert days.partial == (False, False, True)

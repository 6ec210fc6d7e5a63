from datetime import date

import numpy as np
import pandas as pd
import pytest

from hubspot.analysis.lifecycle import (
    ALL_STAGES,
    ANY_STAGE,
    Generation,
    cohorts,
    funnel,
    generations,
    groups,
    journeys,
    moves,
    stays,
)
from hubspot.analysis.lifecycle.stays import BUCKETS
from hubspot.portal import COMPANIES, CONTACTS
from tests.analysis import factories

TODAY = date(2026, 11, 23)
STAGES = {"visitor": "Visitor", "trial": "Trial", "client": "Client"}
V2 = "hs_v2_date_entered_{}"


def records(*ways, pattern=V2, without=()):
    """Contacts from dicts of properties, in which the name of a stage is the instant of entering it."""
    frame = factories.contacts(*({k: v for k, v in way.items() if k not in STAGES} for way in ways))
    for stage in STAGES:
        frame[pattern.format(stage)] = instants([way.get(stage) for way in ways])
    dates = [
        name for name in frame if name.startswith("hs_v2") and name.removeprefix("hs_v2_date_entered_") not in STAGES
    ]
    return frame.drop(columns=[*dates, *(pattern.format(stage) for stage in without)])


def instants(values):
    return pd.to_datetime(pd.Series(values, dtype="str"), format="ISO8601", utc=True).dt.as_unit("us")


def portal(time_zone="Europe/Berlin", stages=STAGES):
    return factories.portal(stages=stages, time_zone=time_zone)


def way(*ways, time_zone="Europe/Berlin", stages=STAGES, **changes):
    return journeys(records(*ways, **changes), portal(time_zone, stages), CONTACTS)


def steps(journeys, mode=ANY_STAGE, chosen=()):
    return funnel(journeys, mode, chosen=chosen).rows.set_index("value")


MIXED = (
    {
        "lifecyclestage": "client",
        "visitor": "2026-01-01T12:00Z",
        "trial": "2026-01-05T12:00Z",
        "client": "2026-01-15T12:00Z",
    },
    {"lifecyclestage": "client", "visitor": "2026-01-01T12:00Z", "client": "2026-01-31T12:00Z"},
    {"lifecyclestage": "trial", "visitor": "2026-02-01T12:00Z", "trial": "2026-02-11T12:00Z"},
    {"lifecyclestage": "trial", "visitor": "2026-02-01T12:00Z"},
    {"lifecyclestage": "visitor", "visitor": "2026-03-02T12:00Z", "trial": "2026-03-01T12:00Z"},
    {"lifecyclestage": "visitor", "visitor": "2026-03-01T12:00Z"},
    {},
)


def test_any_stage_counts_whoever_was_in_a_stage():
    found = steps(way(*MIXED))

    assert found["reached"].tolist() == [6, 4, 2]
    assert found.loc["trial", "share"] == pytest.approx(4 / 6)
    assert found.loc["client", "share"] == pytest.approx(1 / 4)
    assert found["cumulative"].tolist() == pytest.approx([1, 4 / 6, 2 / 6])
    assert np.isnan(found.loc["visitor", "share"])


def test_all_stages_counts_only_those_that_were_in_every_stage_above():
    found = steps(way(*MIXED), ALL_STAGES)

    assert found["reached"].tolist() == [6, 4, 1]
    assert found.loc["client", "share"] == pytest.approx(1 / 4)
    assert found.loc["client", "cumulative"] == pytest.approx(1 / 6)
    assert found["skipped"].tolist() == [0, 0, 0]


def test_the_median_is_over_those_with_both_dates_in_order_and_says_who_is_not_in_it():
    found = steps(way(*MIXED)).loc["trial"]

    assert found["days"] == 7  # of 4 and 10
    assert (found["timed"], found["skipped"], found["undated"], found["backwards"]) == (2, 0, 1, 1)
    client = steps(way(*MIXED)).loc["client"]
    assert (client["days"], client["timed"], client["skipped"]) == (10, 1, 1)


def test_the_parts_of_a_step_are_all_that_reached_it():
    for mode in (ANY_STAGE, ALL_STAGES):
        rows = steps(way(*MIXED), mode).iloc[1:]

        assert (rows[["timed", "skipped", "undated", "backwards"]].sum(axis=1) == rows["reached"]).all()


def test_a_funnel_over_some_stages_counts_from_one_to_the_next_of_them():
    found = steps(way(*MIXED), chosen=("visitor", "client"))

    assert found.index.tolist() == ["visitor", "client"]
    assert found.loc["client", "share"] == pytest.approx(2 / 6)
    assert found.loc["client", "days"] == pytest.approx((14 + 30) / 2)


def test_a_stage_without_dates_is_left_out_of_the_funnel_and_named():
    found = funnel(way(*MIXED, without=("trial",)), ANY_STAGE)

    assert found.rows["value"].tolist() == ["visitor", "client"]
    assert found.left_out == ("Trial",)


def test_a_stage_the_portal_no_longer_has_is_in_no_funnel_but_in_the_stays():
    journey = way({"lifecyclestage": "retired"}, {"lifecyclestage": "trial", "trial": "2026-11-20T12:00Z"})

    assert steps(journey).index.tolist() == list(STAGES)
    assert stays(journey, TODAY).rows["value"].tolist() == [*STAGES, "retired", ""]


@pytest.mark.parametrize(
    ("zone", "first", "second", "days"),
    [
        ("Europe/Berlin", "2026-03-28T22:30Z", "2026-03-29T21:30Z", 1),  # 23 hours: the clock went forward
        ("Europe/Berlin", "2026-10-24T21:30Z", "2026-10-25T22:30Z", 1),  # 25 hours, from 23:30 to 23:30
        ("Europe/Berlin", "2026-10-24T22:00Z", "2026-10-25T22:59Z", 0),  # a whole day of 25 hours
        ("Europe/Berlin", "2026-06-10T21:59Z", "2026-06-10T22:01Z", 1),  # over midnight
        ("America/Los_Angeles", "2026-06-10T21:59Z", "2026-06-10T22:01Z", 0),
        ("America/Los_Angeles", "2026-06-11T06:59Z", "2026-06-11T07:01Z", 1),
        ("Pacific/Auckland", "2026-06-10T11:59Z", "2026-06-10T12:01Z", 1),
        ("Asia/Beirut", "2026-10-24T20:50Z", "2026-10-24T21:10Z", 0),  # midnight comes twice
        ("UTC", "2026-06-10T00:00Z", "2026-06-10T00:00Z", 0),
    ],
)
def test_days_between_stages_are_days_of_the_portals_calendar(zone, first, second, days):
    found = steps(way({"visitor": first, "trial": second}, time_zone=zone)).loc["trial"]

    assert (found["days"], found["timed"], found["backwards"]) == (days, 1, 0)


def test_a_clock_set_back_over_midnight_does_not_give_a_negative_day():
    # In St. John's 0:01 of 7 November 2010 became 23:01 of the 6th.
    found = steps(way({"visitor": "2010-11-07T02:30:30Z", "trial": "2010-11-07T02:32Z"}, time_zone="America/St_Johns"))

    assert found.loc["trial", ["days", "timed", "backwards"]].tolist() == [0, 1, 0]


def test_one_instant_earlier_is_backwards_even_on_the_same_day():
    found = steps(way({"visitor": "2026-06-10T10:00:00.001Z", "trial": "2026-06-10T10:00:00Z"})).loc["trial"]

    assert (found["timed"], found["backwards"]) == (0, 1)


def test_the_generation_of_the_dates_is_told():
    new = records({"visitor": "2026-01-01T00:00Z"}, {})
    old = "hs_lifecyclestage_{}_date"
    both = new.assign(**{old.format("visitor"): instants(["2020-01-01T00:00Z", "2020-01-02T00:00Z"])})

    assert generations(new, portal(), CONTACTS) == (Generation(V2, 3, 1),)
    assert generations(both, portal(), CONTACTS) == (Generation(V2, 3, 1), Generation(old, 1, 1))
    assert generations(new.drop(columns=[V2.format(each) for each in STAGES]), portal(), CONTACTS) == ()


@pytest.mark.parametrize("pattern", ["hs_lifecyclestage_{}_date", "hs_date_entered_{}"])
def test_a_portal_with_only_old_dates_gets_the_same_figures(pattern):
    old, new = way(*MIXED, pattern=pattern), way(*MIXED)

    pd.testing.assert_frame_equal(steps(old), steps(new))
    pd.testing.assert_frame_equal(stays(old, TODAY).rows, stays(new, TODAY).rows)
    assert (cohorts(old, TODAY).entered == cohorts(new, TODAY).entered).all()


def test_without_any_date_nothing_is_made_up():
    journey = way(*MIXED, without=tuple(STAGES))

    assert not journey.is_dated
    assert funnel(journey, ANY_STAGE).rows.empty
    assert funnel(journey, ANY_STAGE).left_out == tuple(STAGES.values())
    assert stays(journey, TODAY).rows["undated"].tolist() == [2, 2, 2, 1]
    assert cohorts(journey, TODAY).labels == ()
    assert moves(journey).skipped.empty
    assert moves(journey).went_back == 0


def test_dates_of_a_stage_the_portal_no_longer_has_do_not_count_as_its_dates():
    frame = records({"lifecyclestage": "retired"}, without=tuple(STAGES))
    frame[V2.format("retired")] = instants(["2026-01-01T12:00Z"])

    assert not journeys(frame, portal(), CONTACTS).is_dated


@pytest.mark.parametrize("stages", [STAGES, {}])
def test_a_portal_without_records_has_every_answer(stages):
    journey = way(stages=stages)

    assert (funnel(journey, ALL_STAGES).rows["reached"] == 0).all()
    assert stays(journey, TODAY).rows["records"].sum() == 0
    assert sum(cohorts(journey, TODAY).sizes) == 0
    assert moves(journey).back.empty


def test_one_record_is_a_whole_portal():
    journey = way({"lifecyclestage": "trial", "trial": "2026-11-20T12:00Z", "createdate": "2026-11-01T12:00Z"})

    assert steps(journey)["reached"].tolist() == [0, 1, 0]
    assert steps(journey)["skipped"].tolist() == [0, 1, 0]
    assert np.isnan(steps(journey)["cumulative"]).all()
    trial = stays(journey, TODAY).rows.set_index("value").loc["trial"]
    assert trial[["records", BUCKETS[0], "median"]].tolist() == [1, 1, 3]


@pytest.mark.parametrize(
    ("entered", "bucket"),
    [
        ("2026-11-22T23:00Z", BUCKETS[0]),  # midnight of today in Berlin
        ("2026-11-16T12:00Z", BUCKETS[0]),
        ("2026-11-15T12:00Z", BUCKETS[1]),
        ("2026-10-24T12:00Z", BUCKETS[1]),
        ("2026-10-23T12:00Z", BUCKETS[2]),
        ("2026-08-24T22:00Z", BUCKETS[2]),
        ("2026-08-24T21:59Z", BUCKETS[3]),
        ("2026-05-26T12:00Z", BUCKETS[4]),
        ("2025-11-23T12:00Z", BUCKETS[4]),
        ("2025-11-22T12:00Z", BUCKETS[5]),
        ("2026-11-23T23:01Z", "undated"),  # tomorrow in Berlin
    ],
)
def test_days_in_a_stage_fall_into_buckets_by_the_portals_days(entered, bucket):
    found = stays(way({"lifecyclestage": "trial", "trial": entered}), TODAY).rows.set_index("value").loc["trial"]

    assert {name for name in (*BUCKETS, "undated") if found[name]} == {bucket}


def waiting(*days, gone_on=10, after=10):
    """Records that went from trial to client after some days, and others that wait in trial."""
    went = {"lifecyclestage": "client", "trial": "2026-01-01T12:00Z", "client": f"2026-01-{1 + after:02}T12:00Z"}
    dates = [(TODAY - pd.Timedelta(days=each)).isoformat() + "T12:00Z" for each in days]
    return way(*([went] * gone_on), *({"lifecyclestage": "trial", "trial": each} for each in dates))


@pytest.mark.parametrize(
    ("journey", "limit", "stuck"),
    [
        (waiting(20, 21, 300), 20, 2),
        (waiting(7, 8, after=1), 7, 1),  # never less than a week
        (waiting(300, gone_on=9), None, 0),  # too few went on
        (waiting(*([300] * 31)), None, 0),  # staying is what is usual
        (waiting(*([300] * 30)), 20, 30),
    ],
)
def test_stuck_is_who_stays_twice_as_long_as_those_that_went_on(journey, limit, stuck):
    found = stays(journey, TODAY)
    trial = found.rows.set_index("value").loc["trial"]

    assert trial["stuck"] == found.stuck == stuck
    assert trial["limit"] == limit if limit else np.isnan(trial["limit"])


def test_cohorts_count_calendar_months_of_the_portal():
    journey = way(
        # The last minute of August in Berlin, and the first of September.
        {"createdate": "2026-08-31T21:59Z", "trial": "2026-08-31T21:59Z"},
        {"createdate": "2026-08-31T21:59Z", "trial": "2026-08-31T22:01Z"},
        {"createdate": "2026-08-31T22:01Z", "trial": "2026-11-01T12:00Z"},
        {"createdate": "2026-09-10T12:00Z", "trial": "2026-09-01T12:00Z"},  # before it was created
        {"createdate": "2026-09-10T12:00Z", "lifecyclestage": "trial"},  # without a date
        {"createdate": "2020-01-01T12:00Z"},
        {},
    )

    found = cohorts(journey, TODAY)

    trial = list(STAGES).index("trial")
    assert found.months[0] == date(2025, 11, 1)
    assert found.months[-1] == date(2026, 11, 1)
    assert found.sizes == (0,) * 9 + (2, 3, 0, 0)
    assert found.entered[trial, 9].tolist()[:5] == [1, 2, 2, 2, -1]
    assert found.entered[trial, 10].tolist()[:4] == [1, 1, 2, -1]
    assert found.shares(trial)[9, :2].tolist() == [0.5, 1]
    assert np.isnan(found.shares(trial)[9, 4])
    assert np.isnan(found.shares(trial)[0, 0])
    assert found.undated[trial].sum() == 1
    assert (found.outside, found.unknown) == (1, 1)


def test_going_back_is_seen_in_the_order_of_dates_and_in_the_stage_of_now():
    found = moves(
        way(
            {"visitor": "2026-01-03T12:00Z", "client": "2026-01-02T12:00Z", "lifecyclestage": "visitor"},
            {"client": "2026-01-02T12:00Z", "lifecyclestage": "visitor"},
            {"client": "2026-01-01T12:00Z", "trial": "2026-01-02T12:00Z", "visitor": "2026-01-03T12:00Z"},
            {"visitor": "2026-01-01T12:00Z", "trial": "2026-01-02T12:00Z", "lifecyclestage": "client"},
            {"visitor": "2026-01-01T12:00Z", "trial": "2026-01-01T12:00Z", "lifecyclestage": "trial"},
            {"lifecyclestage": "visitor"},
            {"client": "2026-01-02T12:00Z", "lifecyclestage": "retired"},
        )
    )

    rows = {(row.origin, row.target): row.records for row in found.back.itertuples()}
    assert rows == {("client", "visitor"): 2, ("client", "trial"): 1, ("trial", "visitor"): 1}
    assert found.went_back == 3


def test_skipped_is_a_stage_that_was_passed_without_ever_being_in_it():
    found = moves(way(*MIXED)).skipped.set_index("value")

    assert found.index.tolist() == ["visitor", "trial"]
    assert found.loc["trial", ["passed", "skipped", "share"]].tolist() == [2, 1, 0.5]
    assert found.loc["visitor", ["passed", "skipped"]].tolist() == [5, 0]


def test_sources_are_told_apart_by_who_started_arrived_and_how_fast():
    frame = records(
        {"hs_analytics_source": "OFFLINE", "visitor": "2026-01-01T12:00Z", "client": "2026-01-03T12:00Z"},
        {"hs_analytics_source": "OFFLINE", "visitor": "2026-01-01T12:00Z", "client": "2026-01-07T12:00Z"},
        {"hs_analytics_source": "OFFLINE", "visitor": "2026-01-01T12:00Z"},
        {"hs_analytics_source": "DIRECT_TRAFFIC", "client": "2026-01-01T12:00Z"},
        {"visitor": "2026-01-01T12:00Z", "lifecyclestage": "client"},
    )
    found = groups(
        frame,
        journeys(frame, portal(), CONTACTS),
        "hs_analytics_source",
        portal=portal(),
        object_type=CONTACTS,
        first=0,
        second=2,
    ).rows

    assert found["label"].tolist() == ["Offline sources", "Direct traffic", "No value"]
    assert found["started"].tolist() == [3, 0, 1]
    assert found["arrived"].tolist() == [2, 0, 1]
    assert found["timed"].tolist() == [2, 0, 0]
    assert found["days"].tolist()[0] == 4
    assert found["share"].tolist()[0] == pytest.approx(2 / 3)
    assert np.isnan(found["share"].tolist()[1])


def test_companies_without_owners_are_one_group():
    frame = factories.companies({"lifecyclestage": "lead"}, {})
    plain = factories.portal()

    found = groups(
        frame,
        journeys(frame, plain, COMPANIES),
        "hubspot_owner_id",
        portal=plain,
        object_type=COMPANIES,
        first=0,
        second=3,
    ).rows

    assert found[["value", "label", "records"]].to_numpy().tolist() == [["", "No owner", 2]]


def test_stages_keep_the_portals_own_order_whatever_they_are_called():
    turned = dict(reversed(STAGES.items()))

    found = steps(way(*MIXED, stages=turned))

    assert found.index.tolist() == ["client", "trial", "visitor"]
    assert found["reached"].tolist() == [2, 4, 6]

from datetime import date

import pytest

from hubspot.analysis.counts import OTHER, rank, recent, timeline
from hubspot.analysis.records import CONTACT_COUNT, NO_VALUE, companies_joined
from hubspot.portal import COMPANIES, CONTACTS
from tests.analysis.factories import BERLIN, companies, contacts, portal


def ranked(frame, column="hubspot_owner_id"):
    return rank(frame, column, portal(), object_type=CONTACTS)


def rows(ranking):
    return ranking.rows[["value", "label", "count"]].to_numpy().tolist()


def owned(*owners):
    return contacts(*({"hubspot_owner_id": owner} for owner in owners))


def test_a_ranking_is_most_first_and_no_value_last():
    ranking = ranked(owned(None, None, None, "101", "100", "101"))

    assert rows(ranking) == [["101", "Tom Reed", 2], ["100", "Maya Ortiz", 1], [NO_VALUE, "No owner", 3]]
    assert (ranking.n, ranking.distinct, ranking.excluded) == (6, 2, 0)


def test_equal_counts_are_ordered_by_label():
    assert [label for _, label, _ in rows(ranked(owned("101", "100")))] == ["Maya Ortiz", "Tom Reed"]


def test_values_nobody_has_any_more_are_left_out():
    assert rows(ranked(owned("100", "101").iloc[:1])) == [["100", "Maya Ortiz", 1]]


def test_without_the_column_every_record_has_no_value():
    ranking = ranked(contacts({}, {}, without=["hubspot_owner_id"]))

    assert rows(ranking) == [[NO_VALUE, "No owner", 2]]


def test_an_empty_frame_has_an_empty_ranking_of_the_same_types():
    empty, filled = ranked(contacts()), ranked(owned("100"))

    assert empty.rows.empty
    assert empty.rows.dtypes.astype(str).to_dict() == filled.rows.dtypes.astype(str).to_dict()
    assert empty.n == 0


def test_the_top_says_how_many_records_it_leaves_out():
    top = ranked(owned("100", "100", "100", "101", "101", "102", None)).top(2)

    assert [value for value, _, _ in rows(top)] == ["100", "101", NO_VALUE]
    assert (top.n, top.excluded, top.distinct) == (7, 1, 3)


def test_a_chosen_value_never_drops_out_of_the_top():
    top = ranked(owned("100", "100", "100", "101", "101", "102")).top(2, keep={"102"})

    assert [value for value, _, _ in rows(top)] == ["100", "102"]


def test_a_ranking_can_follow_a_given_order():
    frame = contacts(*({"lifecyclestage": stage} for stage in ("customer", "lead", "lead", "51439524", None)))

    in_order = ranked(frame, "lifecyclestage").in_order(["subscriber", "lead", "customer"])

    assert [label for _, label, _ in rows(in_order)] == ["Lead", "Customer", "51439524", "No stage"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("hs_email_optout", [["true", "Opted out", 2], ["false", "Reachable", 1], [NO_VALUE, "No value", 1]]),
        ("country", [["Germany", "Germany", 2], ["France", "France", 1], [NO_VALUE, "No value", 1]]),
    ],
)
def test_booleans_and_texts_rank_too(column, expected):
    frame = contacts(
        {"hs_email_optout": True, "country": "Germany"},
        {"hs_email_optout": True, "country": "Germany"},
        {"hs_email_optout": False, "country": "France"},
        {},
    )

    assert rows(ranked(frame, column)) == expected


def created(*records):
    return contacts(*({"createdate": when, "hs_analytics_source": source} for when, source in records))


def by_source(frame, periods, of=None):
    return timeline(frame, "hs_analytics_source", of or portal(), object_type=CONTACTS, periods=periods)


def test_a_timeline_counts_each_week_by_value():
    frame = created(
        ("2026-11-16T08:00:00Z", "ORGANIC_SEARCH"),
        ("2026-11-22T22:59:00Z", "ORGANIC_SEARCH"),
        ("2026-11-22T23:00:00Z", "OFFLINE"),
        ("2026-11-23T08:00:00Z", None),
        ("2026-11-01T08:00:00Z", "OFFLINE"),
        (None, "OFFLINE"),
    )

    weeks = by_source(frame, BERLIN.last(2, "week"))

    assert weeks.counts.to_dict("list") == {"ORGANIC_SEARCH": [2, 0], "OFFLINE": [0, 1], NO_VALUE: [0, 1]}
    assert [when.date() for when in weeks.counts.index] == [date(2026, 11, 16), date(2026, 11, 23)]
    assert (weeks.n, weeks.outside, weeks.undated) == (4, 1, 1)
    assert weeks.labels["OFFLINE"] == "Offline sources"
    assert weeks.periods.partial == (False, True)


def test_the_four_most_frequent_kinds_stand_alone_and_the_rest_is_other():
    when = "2026-11-17T08:00:00Z"
    frame = created(*((when, f"S{kind}") for kind in range(6) for _ in range(10 - kind)))

    weeks = by_source(frame, BERLIN.last(2, "week"))

    assert weeks.kinds == ("S0", "S1", "S2", "S3", OTHER)
    assert weeks.counts[OTHER].tolist() == [6 + 5, 0]
    assert weeks.others == ("S4", "S5")
    assert int(weeks.counts.to_numpy().sum()) == weeks.n == len(frame)


def test_kinds_are_chosen_by_what_is_in_the_periods():
    frame = created(*[("2020-01-01T08:00:00Z", "OLD")] * 9, ("2026-11-17T08:00:00Z", "NEW"))

    assert by_source(frame, BERLIN.last(2, "week")).kinds == ("NEW",)


def test_the_same_instants_fall_into_other_weeks_in_another_zone():
    frame = created(("2026-11-23T03:00:00Z", "OFFLINE"))

    berlin = by_source(frame, BERLIN.last(2, "week"))
    new_york = by_source(frame, BERLIN.last(2, "week"), portal(time_zone="America/New_York"))

    assert berlin.counts["OFFLINE"].tolist() == [0, 1]
    assert new_york.counts["OFFLINE"].tolist() == [1, 0]


def test_an_empty_frame_has_a_row_per_period_and_no_kinds():
    weeks = by_source(contacts(), BERLIN.last(3, "week"))

    assert weeks.counts.shape == (3, 0)
    assert (weeks.n, weeks.outside, weeks.undated) == (0, 0, 0)


def test_a_portal_without_sources_has_only_no_value():
    frame = contacts({"createdate": "2026-11-17T08:00:00Z"}, without=["hs_analytics_source"])

    assert by_source(frame, BERLIN.last(2, "week")).counts.to_dict("list") == {NO_VALUE: [1, 0]}


def test_recent_records_come_newest_first_and_undated_ones_not_at_all():
    frame = contacts(
        {"createdate": "2026-11-01T00:00:00Z"},
        {"createdate": "2026-11-03T00:00:00Z"},
        {},
        {"createdate": "2026-11-03T00:00:00Z"},
        {"createdate": "2026-11-02T00:00:00Z"},
    )

    assert recent(frame, 3)["hs_object_id"].tolist() == [4, 2, 5]
    assert recent(contacts({}, without=["createdate"]), 3).empty
    assert recent(contacts(), 3).empty


def test_numbers_rank_by_their_text():
    joined = companies_joined(companies({"hs_object_id": 1}, {"hs_object_id": 2}), contacts({"associatedcompanyid": 1}))

    ranking = rank(joined, CONTACT_COUNT, portal(), object_type=COMPANIES)

    assert rows(ranking) == [["0", "0", 1], ["1", "1", 1]]

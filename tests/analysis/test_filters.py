from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot.analysis.filters import (
    Between,
    Contains,
    Days,
    Filters,
    Holds,
    Known,
    OneOf,
    OrUnknown,
    Place,
    Relief,
    Within,
    Words,
    from_json,
    option_counts,
    select,
    to_json,
)
from hubspot.analysis.filters.conditions import SPANS, days_of, is_span
from hubspot.analysis.records import COMPANY_INDUSTRY, NO_VALUE, companies_joined, contacts_joined
from tests.analysis.factories import companies, contacts

COBALT = {"hs_object_id": 900, "name": "Cobalt", "industry": "BANKING"}
OWNER, STAGE, ROLE = "hubspot_owner_id", "lifecyclestage", "hs_buying_role"
NOVEMBER = date(2026, 11, 1)


def joined(*records, without=()):
    return contacts_joined(contacts(*records, without=without), companies(COBALT))


def one_of(column, *values, negated=False):
    return OneOf(column, frozenset(values), negated)


def holds(*values, match="any"):
    return Holds(ROLE, frozenset(values), match)


def shown(frame, *conditions, groups=(), time_zone="Europe/Berlin"):
    return select(frame, Filters(conditions, groups), time_zone).records["hs_object_id"].tolist()


def test_no_filter_shows_everything():
    assert shown(joined({}, {})) == [1, 2]
    assert not Filters()


def test_a_set_of_values_shows_records_with_any_of_them():
    frame = joined({OWNER: "100"}, {OWNER: "101"}, {OWNER: "102"}, {})

    assert shown(frame, one_of(OWNER, "100", "102")) == [1, 3]
    assert shown(frame, one_of(OWNER, "100", NO_VALUE)) == [1, 4]
    assert shown(frame, one_of(OWNER, NO_VALUE)) == [4]
    assert shown(frame, one_of(OWNER, "555")) == []


def test_none_of_asks_for_a_value():
    frame = joined({OWNER: "100", "country": "Chile"}, {OWNER: "101", "country": "Peru"}, {})

    assert shown(frame, one_of(OWNER, "100", negated=True)) == [2]
    assert shown(frame, one_of(OWNER, "100", NO_VALUE, negated=True)) == [2]
    assert shown(frame, one_of(OWNER, NO_VALUE, negated=True)) == [1, 2]
    assert shown(frame, one_of("country", "Chile", negated=True)) == [2]


def test_values_of_a_text_property_are_a_set_too():
    frame = joined({"country": "Germany"}, {"country": "France"}, {})

    assert shown(frame, one_of("country", "Germany")) == [1]
    assert shown(frame, one_of("country", "France", NO_VALUE)) == [2, 3]


def test_yes_and_no_are_values():
    frame = joined({"hs_email_optout": True}, {"hs_email_optout": False}, {})

    assert shown(frame, one_of("hs_email_optout", "true")) == [1]
    assert shown(frame, one_of("hs_email_optout", "false", NO_VALUE)) == [2, 3]
    assert shown(frame, one_of("hs_email_optout", "true", negated=True)) == [2]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (holds("CHAMPION"), [1, 3]),
        (holds("CHAMPION", "END_USER"), [1, 2, 3]),
        (holds("CHAMPION", NO_VALUE), [1, 3, 4]),
        (holds("CHAMPION", "END_USER", match="all"), [3]),
        (holds("CHAMPION", NO_VALUE, match="all"), []),
        (holds("CHAMPION", match="none"), [2]),
        (holds("CHAM"), []),
    ],
)
def test_several_checkboxes_are_asked_for_any_all_or_none(condition, ids):
    frame = joined({ROLE: "CHAMPION"}, {ROLE: "END_USER"}, {ROLE: "END_USER;CHAMPION"}, {})

    assert shown(frame, condition) == ids


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (Between("num_notes", 2, 3), [2, 3]),
        (Between("num_notes", low=3), [3]),
        (Between("num_notes", high=2), [1, 2]),
        (Between("num_notes", 2, 2, negated=True), [1, 3]),
        (Between("num_notes", high=2, negated=True), [3]),
        (Between("associatedcompanyid", 900, 900), [1]),
        (Between("country", 0, 9), []),
        (Between("country", 0, 9, negated=True), []),
        (Between("hs_email_optout", 0, 9), []),
    ],
)
def test_limits_of_numbers_are_included_and_a_missing_number_has_none(condition, ids):
    frame = joined(
        {"num_notes": 1.0, "associatedcompanyid": 900, "hs_email_optout": True},
        {"num_notes": 2.0},
        {"num_notes": 3.0},
        {},
    )

    assert shown(frame, condition) == ids


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        (Contains("country", "GER"), [1, 3]),
        (Contains("country", "ger", negated=True), [2, 4]),
        (Contains("country", "g.r"), []),
        (Contains("country", " "), [1, 2, 3, 4, 5]),
        (Contains("num_notes", "1"), []),
        (Contains("country", "\u03a3\u0386\u03a3"), [4]),
    ],
)
def test_contains_looks_anywhere_in_a_text_without_case_and_without_patterns(condition, ids):
    assert (
        shown(
            joined(
                {"country": "Germany"},
                {"country": "France"},
                {"country": "Algeria"},
                {"country": "\u03c3\u03ac\u03c3"},
                {},
            ),
            condition,
        )
        == ids
    )


def test_known_and_unknown_part_the_records():
    frame = joined({"country": "Chile", "num_notes": 0.0, OWNER: "100"}, {})

    for column in ("country", "num_notes", OWNER):
        assert shown(frame, Known(column)) == [1]
        assert shown(frame, Known(column, negated=True)) == [2]


def test_filters_of_different_kinds_must_all_agree():
    frame = joined({OWNER: "100", STAGE: "lead"}, {OWNER: "100", STAGE: "customer"}, {OWNER: "101", STAGE: "lead"})

    assert shown(frame, one_of(OWNER, "100"), one_of(STAGE, "lead")) == [1]


def test_one_whole_group_must_agree_and_what_all_are_asked_too():
    frame = joined(
        {OWNER: "100", STAGE: "lead"}, {OWNER: "101", STAGE: "lead"}, {OWNER: "100", STAGE: "customer"}, {OWNER: "100"}
    )
    groups = ((one_of(STAGE, "lead"), one_of(OWNER, "101")), (Known(STAGE, negated=True),))

    assert shown(frame, groups=groups) == [2, 4]
    assert shown(frame, one_of(OWNER, "100"), groups=groups) == [4]


def test_a_column_the_frame_lacks_means_no_value_everywhere():
    frame = joined({}, {}, without=[OWNER])

    assert shown(frame, one_of(OWNER, "100")) == []
    assert shown(frame, one_of(OWNER, "100", negated=True)) == []
    assert shown(frame, one_of(OWNER, NO_VALUE)) == [1, 2]
    assert shown(frame, Known(OWNER, negated=True)) == [1, 2]
    assert shown(frame, Days(OWNER, first=NOVEMBER)) == []
    assert shown(frame, Holds(OWNER, frozenset({NO_VALUE}))) == [1, 2]


def test_a_contact_is_found_by_its_companys_industry():
    frame = joined({"associatedcompanyid": 900}, {})

    assert shown(frame, one_of(COMPANY_INDUSTRY, "BANKING")) == [1]
    assert shown(frame, one_of(COMPANY_INDUSTRY, NO_VALUE)) == [2]


@pytest.mark.parametrize(
    ("text", "ids"),
    [("dahl", [1]), ("TOMÁS cobalt", [1]), ("tomas petrova", []), ("x.example", [1, 2]), (".*", []), ("   ", [1, 2])],
)
def test_search_needs_every_word_somewhere_and_no_pattern(text, ids):
    frame = joined(
        {"firstname": "Tomás", "lastname": "Dahl", "email": "td@x.example", "associatedcompanyid": 900},
        {"firstname": "Ingrid", "lastname": "Petrova", "email": "ip@x.example"},
    )

    assert shown(frame, Words(text)) == ids


def test_companies_are_searched_by_name_and_domain():
    frame = companies_joined(companies({"name": "Cobalt"}, {"domain": "tessera.example"}), None)

    assert shown(frame, Words("tessera")) == [2]


def test_the_first_and_the_last_day_are_the_portals_and_both_included():
    frame = joined(
        {"createdate": "2026-10-31T22:59:59Z"},
        {"createdate": "2026-10-31T23:00:00Z"},
        {"createdate": "2026-11-02T22:59:59Z"},
        {"createdate": "2026-11-02T23:00:00Z"},
        {},
    )
    in_november = Days("createdate", NOVEMBER, date(2026, 11, 2))

    assert shown(frame, in_november) == [2, 3]
    assert shown(frame, in_november, time_zone="America/New_York") == [3, 4]
    assert shown(frame, Days("createdate", first=date(2026, 11, 3))) == [4]
    assert shown(frame, Days("createdate", last=date(2026, 10, 31))) == [1]
    assert shown(frame, Days("createdate", NOVEMBER, date(2026, 11, 2), negated=True)) == [1, 4]


def test_a_date_is_the_same_day_in_every_zone():
    frame = joined({"closedate": "2026-11-01"}, {"closedate": "2026-11-02"})

    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert shown(frame, Days("closedate", NOVEMBER, NOVEMBER), time_zone=zone) == [1]


def test_a_day_of_25_hours_is_one_day():
    frame = joined(*({"createdate": f"2026-10-{text}:30:00Z"} for text in ("24T21", "24T22", "25T22", "25T23")))

    assert shown(frame, Days("createdate", date(2026, 10, 25), date(2026, 10, 25))) == [2, 3]


def test_the_ends_of_time_are_allowed():
    assert shown(joined({"createdate": "2026-11-01T00:00:00Z"}), Days("createdate", date.min, date.max)) == [1]


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        ("last-7-days", date(2026, 11, 17), date(2026, 11, 23)),
        ("last-1-days", date(2026, 11, 23), date(2026, 11, 23)),
        ("last-12-months", date(2025, 11, 24), date(2026, 11, 23)),
        ("this-week", date(2026, 11, 23), date(2026, 11, 29)),
        ("last-week", date(2026, 11, 16), date(2026, 11, 22)),
        ("last-month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this-quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("last-quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("last-year", date(2025, 1, 1), date(2025, 12, 31)),
        ("this-month", date(2026, 11, 1), date(2026, 11, 30)),
        ("this-year", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_moving_span_has_days_once_it_is_known_which_day_it_is(span, first, last):
    filters = Filters((Within("createdate", span),), ((Within("closedate", span, negated=True),),))

    fixed = Filters((Days("createdate", first, last),), ((Days("closedate", first, last, negated=True),),))
    assert filters.on(date(2026, 11, 23)) == fixed


def test_a_moving_span_can_not_be_asked_without_a_day():
    with pytest.raises(ValueError, match="which day"):
        select(joined({}), Filters((Within("createdate", "this-month"),)), "UTC")
    with pytest.raises(ValueError, match="no such span"):
        days_of("last-0-days", NOVEMBER)
    assert not is_span("last-99999-days")


EVERY = Filters(
    (
        Words("x"),
        Days("createdate", first=NOVEMBER),
        one_of(OWNER, "a", NO_VALUE),
        one_of("country", "a"),
        holds("a"),
        Between("num_notes", 1, 2),
        Contains("email", "x", negated=True),
        Known("firstname"),
    ),
    ((one_of("hs_email_optout", "true"), Between("total_revenue", low=0.5)), (Days("closedate", last=NOVEMBER),)),
)


def test_every_filter_copes_with_an_empty_frame():
    selection = select(joined(), EVERY, "Europe/Berlin")

    assert selection.mask.tolist() == []
    assert selection.relief is None


def test_what_asks_nothing_is_no_filter():
    idle = (Words("  "), one_of(OWNER), holds(), Between("num_notes"), Days("createdate"), Contains("email", ""))

    assert Filters(idle, (idle, ())) == Filters()


def test_equal_conditions_and_equal_groups_are_kept_once():
    lead, owned = one_of(STAGE, "lead"), Known(OWNER)

    assert Filters((lead, owned, lead), ((owned,), (owned,))) == Filters((lead, owned), ((owned,),))


def test_each_place_can_be_taken_off_alone():
    assert len(EVERY.places) == 11
    for place in EVERY.places:
        less = EVERY.without(place)
        assert len(less.places) == 10
        kept = [less.at(each) for each in less.places]
        assert kept == [EVERY.at(each) for each in EVERY.places if each != place]
    assert EVERY.without(*EVERY.places) == Filters()
    assert len(EVERY.without(Place(1, 0)).groups) == 1


def test_a_new_condition_takes_the_place_of_those_on_its_column():
    filters = Filters((one_of(OWNER, "100"), Known(STAGE)), ((Known(OWNER),),))

    assert filters.asking(one_of(OWNER, "7")) == Filters((Known(STAGE), one_of(OWNER, "7")), ((Known(OWNER),),))
    assert filters.ignoring(OWNER) == Filters((Known(STAGE),), ((Known(OWNER),),))


def test_relief_is_the_condition_whose_removal_brings_most_records_back():
    frame = joined(*[{OWNER: "100", STAGE: "customer"}] * 2, *[{OWNER: "101", STAGE: "lead"}] * 3, {})
    filters = Filters((one_of(OWNER, "100"), one_of(STAGE, "lead")))

    selection = select(frame, filters, "Europe/Berlin")

    assert not selection.mask.any()
    assert selection.relief == Relief(Place(None, 0), 3)
    assert len(shown(frame, one_of(STAGE, "lead"))) == 3


def test_relief_looks_into_groups_too():
    frame = joined({OWNER: "100", STAGE: "lead"}, {OWNER: "100", STAGE: "lead"}, {OWNER: "101"})
    groups = ((one_of(OWNER, "101"), one_of(STAGE, "lead")), (one_of(OWNER, "9"),))

    assert select(frame, Filters((), groups), "UTC").relief == Relief(Place(0, 0), 2)


def test_there_is_no_relief_where_no_single_removal_helps():
    frame = joined({OWNER: "100", STAGE: "lead"})
    hopeless = Filters((one_of(OWNER, "9"), one_of(STAGE, "9")))

    assert select(frame, hopeless, "Europe/Berlin").relief is None
    assert select(frame, Filters(), "Europe/Berlin").relief is None


def test_options_are_counted_under_the_other_filters():
    frame = joined({OWNER: "100", STAGE: "lead"}, {OWNER: "101", STAGE: "lead"}, {OWNER: "100"}, {STAGE: "lead"})
    selection = select(frame, Filters((one_of(OWNER, "100"), one_of(STAGE, "lead"))), "UTC")

    assert option_counts(frame, OWNER, selection.ignoring(OWNER)) == {"100": 1, "101": 1, NO_VALUE: 1}
    assert option_counts(frame, STAGE, selection.ignoring(STAGE)) == {"lead": 1, NO_VALUE: 1}
    assert option_counts(frame, "country", selection.mask) == {NO_VALUE: 1}
    assert option_counts(frame, "unheard_of", selection.mask) == {NO_VALUE: 1}


def test_a_record_counts_for_each_checkbox_that_is_ticked():
    frame = joined({ROLE: "CHAMPION;END_USER"}, {ROLE: "CHAMPION"}, {}, {ROLE: "END_USER"})
    among = select(frame, Filters((Between("hs_object_id", high=3),)), "UTC").mask

    assert option_counts(frame, ROLE, among, is_multiple=True) == {NO_VALUE: 1, "CHAMPION": 2, "END_USER": 1}


COLUMNS = st.sampled_from(["createdate", OWNER, "company.industry", "weird name-*._~%"])
TEXTS = st.text(max_size=8)
FLAGS = st.booleans()
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
ASKED = st.one_of(
    st.builds(Words, TEXTS),
    st.builds(Contains, COLUMNS, TEXTS, FLAGS),
    st.builds(OneOf, COLUMNS, st.frozensets(TEXTS, max_size=4), FLAGS),
    st.builds(Holds, COLUMNS, st.frozensets(TEXTS, max_size=4), st.sampled_from(["any", "all", "none"])),
    st.builds(Between, COLUMNS, NUMBERS, NUMBERS, FLAGS),
    st.builds(Days, COLUMNS, st.none() | st.dates(), st.none() | st.dates(), FLAGS),
    st.builds(Within, COLUMNS, st.sampled_from([*SPANS, "last-30-days"]), FLAGS),
    st.builds(Known, COLUMNS, FLAGS),
)
CONDITIONS = ASKED | ASKED.map(OrUnknown)
GROUPS = st.lists(CONDITIONS, max_size=4).map(tuple)
FILTERS = st.builds(Filters, GROUPS, st.lists(GROUPS, max_size=3).map(tuple))


@settings(deadline=None)
@given(filters=FILTERS)
def test_all_filters_come_back_from_json(filters):
    assert from_json(to_json(filters)) == filters


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"version": 2, "conditions": [], "groups": []},
        {"version": 1, "conditions": [{"kind": "nonsense"}], "groups": []},
        {"version": 1, "conditions": [{"kind": "known"}], "groups": []},
        {"version": 1, "conditions": [{"kind": "known", "column": 3}], "groups": []},
        {"version": 1, "conditions": [{"kind": "known", "column": "a", "negated": 1}], "groups": []},
        {"version": 1, "conditions": [{"kind": "one_of", "column": "a", "values": "abc"}], "groups": []},
        {"version": 1, "conditions": [{"kind": "between", "column": "a", "low": "1"}], "groups": []},
        {"version": 1, "conditions": [{"kind": "days", "column": "a", "first": "x"}], "groups": []},
        {"version": 1, "conditions": [{"kind": "holds", "column": "a", "values": [], "match": "x"}], "groups": []},
        {"version": 1, "conditions": [{"kind": "within", "column": "a", "span": "always"}], "groups": []},
        {"version": 1, "conditions": [{"kind": "known", "column": "a", "more": 1}], "groups": []},
    ],
)
def test_what_is_no_filter_is_refused(told):
    with pytest.raises(ValueError, match=r"."):
        from_json(told)


def test_a_portal_that_is_still_arriving_in_pieces_is_filtered_as_a_whole():
    frame = joined({"email": "a@x"}, {"email": "b@x"}, {"email": None})
    pieces = pa.chunked_array([["a@x"], ["b@x", None]], pa.large_string())
    frame["email"] = pd.Series(pd.arrays.ArrowStringArray(pieces), dtype=frame["email"].dtype)

    assert option_counts(frame, "email", np.ones(3, dtype=bool)) == {"a@x": 1, "b@x": 1, NO_VALUE: 1}
    assert shown(frame, Contains("email", "B")) == [2]


@pytest.mark.parametrize(
    ("today", "span", "first", "last"),
    [
        (date(2026, 1, 1), "yesterday", date(2025, 12, 31), date(2025, 12, 31)),
        (date(2026, 1, 1), "last-month", date(2025, 12, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), "last-quarter", date(2025, 10, 1), date(2025, 12, 31)),
        (date(2024, 3, 31), "last-month", date(2024, 2, 1), date(2024, 2, 29)),
        (date(2024, 2, 29), "last-year", date(2023, 1, 1), date(2023, 12, 31)),
        (date(2026, 3, 2), "last-week", date(2026, 2, 23), date(2026, 3, 1)),
    ],
)
def test_the_period_before_is_whole_at_every_turn_of_the_calendar(today, span, first, last):
    assert days_of(span, today) == (first, last)

from datetime import date

import pytest

from hubspot.analysis.lifecycle import answers
from hubspot.analysis.lifecycle.stays import BUCKETS
from hubspot.analysis.questions import Question
from hubspot.analysis.records import DERIVED_LABELS, STAGE_DAYS, STAGE_ENTERED, STAGE_USUAL_DAYS
from hubspot.portal import COMPANIES, CONTACTS
from tests.analysis.factories import contacts, portal

TODAY = date(2026, 11, 23)
LEAD, WON = "hs_v2_date_entered_lead", "hs_v2_date_entered_customer"
FRAME = contacts(
    {"lifecyclestage": "lead", LEAD: "2026-11-01T12:00Z"},
    {"lifecyclestage": "lead", LEAD: "2026-11-20T12:00Z"},
    {"lifecyclestage": "customer", LEAD: "2026-01-01T12:00Z", WON: "2026-01-11T12:00Z"},
    {"lifecyclestage": "customer", LEAD: "2026-01-01T12:00Z", WON: "2026-03-02T12:00Z"},
    {"lifecyclestage": "customer", WON: "2026-03-01T12:00Z"},
    {"lifecyclestage": "lead"},
    {},
)


def ask(name, *details, frame=FRAME, object_type=CONTACTS):
    return answers.ANSWERS[name]({CONTACTS: frame}, portal(), Question(name, object_type, details), TODAY)


def ids(found):
    return found["hs_object_id"].tolist()


def test_those_that_reached_a_stage_come_last_entered_first_and_undated_ones_after():
    found = ask(answers.REACHED, "any-stage", "lead")

    assert ids(found) == [2, 1, 3, 4, 6]
    assert found[STAGE_ENTERED].isna().tolist() == [False] * 4 + [True]


def test_those_that_went_from_one_stage_to_the_next_come_slowest_first():
    found = ask(answers.STEP, "any-stage", answers.TIMED, "customer", "lead", "customer")

    assert ids(found) == [4, 3]
    assert found[STAGE_DAYS].tolist() == [60, 10]


@pytest.mark.parametrize(
    ("part", "expected"),
    [("lost", [2, 1, 6]), ("here", [4, 5, 3]), ("skipped", [5]), ("undated", []), ("backwards", [])],
)
def test_each_part_of_a_step_has_its_records(part, expected):
    assert ids(ask(answers.STEP, "any-stage", part, "customer", "lead", "customer")) == expected


def test_those_that_did_not_go_on_are_told_with_the_date_of_the_stage_above():
    found = ask(answers.STEP, "any-stage", answers.LOST, "customer", "lead", "customer")

    assert found[STAGE_ENTERED].dt.day.tolist()[:2] == [20, 1]


def test_those_in_a_stage_come_longest_first_with_their_days():
    found = ask(answers.STAY, "lead", answers.ALL)

    assert ids(found) == [1, 2, 6]
    assert found[STAGE_DAYS].isna().tolist() == [False, False, True]
    assert found[STAGE_DAYS].tolist()[:2] == [22, 3]
    assert ids(ask(answers.STAY, "lead", BUCKETS[0])) == [2]
    assert ids(ask(answers.STAY, "lead", answers.UNDATED)) == [6]
    assert ids(ask(answers.STAY, "", answers.ALL)) == ids(ask(answers.STAY, "", answers.UNDATED)) == [7]
    assert [ids(ask(answers.STAY, "", bucket)) for bucket in BUCKETS] == [[]] * len(BUCKETS)


def test_the_stuck_come_longest_beyond_the_usual_first():
    went = [{"lifecyclestage": "customer", LEAD: "2026-01-01T12:00Z", WON: "2026-01-06T12:00Z"}] * 10
    frame = contacts(
        *went,
        {"lifecyclestage": "lead", LEAD: "2026-11-12T12:00Z"},
        {"lifecyclestage": "lead", LEAD: "2026-11-01T12:00Z"},
        {"lifecyclestage": "lead", LEAD: "2026-11-13T12:00Z"},
    )

    found = ask(answers.STUCK, frame=frame)

    assert ids(found) == [12, 11]
    assert found[STAGE_DAYS].tolist() == [22, 11]
    assert found[STAGE_USUAL_DAYS].tolist() == [5, 5]
    assert ids(ask(answers.STUCK, "lead", frame=frame)) == [12, 11]
    assert ids(ask(answers.STUCK, "customer", frame=frame)) == []


@pytest.mark.parametrize(
    ("name", "details"),
    [
        (answers.REACHED, ("any-stage", "gone")),
        (answers.STEP, ("any-stage", "skipped", "gone")),
        (answers.STEP, ("all-stages", "skipped", "lead")),  # the first one: nothing is above it
        (answers.STAY, ("gone", answers.ALL)),
        (answers.STUCK, ("gone",)),
        (answers.COHORT, ("gone", "2026-11-01", 0)),
        (answers.BACK, ("gone", "lead")),
        (answers.BACK, ("customer", "gone")),
        (answers.SKIPPED, ("gone", "passed")),
        (answers.GROUP, ("hs_analytics_source", "", "gone", "customer", answers.ALL)),
        (answers.GROUP, ("hs_analytics_source", "GONE", "lead", "customer", answers.ALL)),
    ],
)
def test_a_stage_or_value_that_is_not_there_any_more_has_no_records(name, details):
    assert ids(ask(name, *details)) == []


def test_a_question_about_records_that_were_not_granted_is_refused():
    with pytest.raises(KeyError):
        ask(answers.STUCK, object_type=COMPANIES)


@pytest.mark.parametrize("column", [STAGE_DAYS, STAGE_ENTERED, STAGE_USUAL_DAYS])
def test_each_added_column_has_a_label(column):
    assert DERIVED_LABELS[column]


def test_an_answer_leaves_the_shared_frame_as_it_was():
    before = FRAME.copy()

    for which in (answers.ALL, answers.UNDATED):
        ask(answers.STAY, "lead", which)
    ask(answers.REACHED, "any-stage", "lead")

    assert FRAME.equals(before)

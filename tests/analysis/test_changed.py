"""What changed over some steps: what loads noted, and what dates tell where none did."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from hubspot.analysis import changed
from hubspot.analysis.changed import AT, FROM, KINDS, NOTICED, TO, WHAT, Guess, Step
from hubspot.analysis.records import DERIVED_LABELS, contacts_joined
from hubspot.sync.changes import Changes, Move
from tests.analysis.factories import contacts, portal

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def text(minutes):
    return at(minutes).isoformat()


def step(since=0, until=15, **noted):
    return Step(at(since), at(until), Changes(**noted))


def frame(*records, **columns):
    """Return joined contacts; each record may have an owner's date and merged ids beside the usual properties."""
    made = ({"createdate": text(-1000), "firstname": "Anna"} | record for record in records)
    bare = contacts(*made, apart=("hubspot_owner_assigneddate", "hs_merged_object_ids"))
    dates = pd.to_datetime(
        pd.Series([each.get("hubspot_owner_assigneddate") for each in records], dtype="str"), utc=True
    )
    merged = pd.Series([each.get("hs_merged_object_ids") for each in records], dtype="str")
    extra = {"hubspot_owner_assigneddate": dates.astype("datetime64[us, UTC]"), "hs_merged_object_ids": merged}
    return contacts_joined(bare.assign(**extra).drop(columns=list(columns.get("without", ()))), None)


def rows(kind, records, *steps):
    return KINDS[kind](records, portal(), "contacts", steps)


def moves(found):
    told = found[["hs_object_id", FROM, TO, AT]].itertuples(index=False, name=None)
    return [tuple(None if pd.isna(value) else value for value in each) for each in told]


def test_records_created_are_told_newest_first_with_how_they_came():
    records = frame(
        {"createdate": text(1)},
        {"createdate": text(2)},
        {"createdate": text(3), "hs_merged_object_ids": "98;99"},
        {"createdate": text(-99)},
        {"createdate": text(4)},
    )

    found = rows("created", records, step(created=(1, 2, 3)), step(15, 30, created=(4, 77)))

    assert found["hs_object_id"].tolist() == [3, 2, 1, 4], "77 has gone again, 5 was not noted"
    assert found[WHAT].tolist() == [changed.MERGED, changed.CREATED, changed.CREATED, changed.BACK]


def test_a_stage_move_that_a_load_noted_has_both_stages_and_its_date():
    records = frame(
        {"lifecyclestage": "customer", "hs_v2_date_entered_customer": text(7)},
        {"lifecyclestage": "lead"},
        {"lifecyclestage": "customer", "hs_v2_date_entered_customer": text(-500)},
    )
    noted = step(updated=(1, 2, 3), stages=(Move("lead", "customer", (1,)), Move("", "lead", (2,))))

    assert moves(rows("stages", records, noted)) == [
        (1, "Lead", "Customer", at(7)),
        (2, "No stage", "Lead", None),
    ]


def test_a_stage_move_that_no_load_noted_is_told_by_its_date_without_the_stage_before():
    records = frame(
        {"lifecyclestage": "customer", "hs_v2_date_entered_customer": text(7), "hs_v2_date_entered_lead": text(6)},
        {"lifecyclestage": "customer", "hs_v2_date_entered_customer": text(8)},
    )

    found = moves(rows("stages", records, step(updated=(1,))))

    assert found == [(1, changed.UNKNOWN, "Customer", at(7)), (1, changed.UNKNOWN, "Lead", at(6))], "2 was not edited"


def test_a_move_during_a_load_is_told_once():
    records = frame({"lifecyclestage": "customer", "hs_v2_date_entered_customer": text(16)})
    first = step(0, 15, updated=(1,), stages=(Move("lead", "customer", (1,)),))
    second = step(15, 30, updated=(1,))

    assert moves(rows("stages", records, first, second)) == [(1, "Lead", "Customer", at(16))]


def test_there_and_back_are_two_moves():
    records = frame(
        {"lifecyclestage": "lead", "hs_v2_date_entered_customer": text(5), "hs_v2_date_entered_lead": text(20)}
    )
    there = step(0, 15, updated=(1,), stages=(Move("lead", "customer", (1,)),))
    back = step(15, 30, updated=(1,), stages=(Move("customer", "lead", (1,)),))

    assert moves(rows("stages", records, there, back)) == [
        (1, "Customer", "Lead", at(20)),
        (1, "Lead", "Customer", at(5)),
    ]


def test_owner_moves_have_names_and_no_owner_is_one():
    records = frame(
        {"hubspot_owner_id": "101", "hubspot_owner_assigneddate": text(3)},
        {"hubspot_owner_id": None},
        {"hubspot_owner_id": "100", "hubspot_owner_assigneddate": text(9)},
    )
    noted = step(updated=(1, 2, 3), owners=(Move("100", "101", (1,)), Move("555", "", (2,))))

    assert moves(rows("owners", records, noted)) == [
        (3, changed.UNKNOWN, "Maya Ortiz", at(9)),
        (1, "Maya Ortiz", "Tom Reed", at(3)),
        (2, "Owner 555", "No owner", None),
    ]


def test_a_record_that_is_gone_is_named_by_its_id_and_by_what_it_was_merged_into():
    records = frame({"hs_merged_object_ids": "98;99"}, {"hs_object_id": 50})

    found = rows("gone", records, step(gone=(98, 60)), step(15, 30, gone=(70, 50)))

    assert found["hs_object_id"].tolist() == [70, 60, 98], "50 is there again"
    assert found[WHAT].tolist() == [changed.DELETED, changed.DELETED, changed.MERGED_AWAY]
    assert found[changed.INTO].dropna().tolist() == ["Anna"]
    assert found[NOTICED].tolist() == [at(30), at(15), at(15)]


@pytest.mark.parametrize("kind", list(KINDS))
def test_without_steps_or_records_nothing_changed(kind):
    one = frame({"lifecyclestage": "lead"})
    none = frame({}).iloc[:0]

    assert rows(kind, one).empty
    assert rows(kind, none, step(created=(1,), updated=(1,))).empty
    assert {name for name in rows(kind, one) if name.startswith("changed.")} <= set(DERIVED_LABELS)


@pytest.mark.parametrize("kind", ["created", "stages", "owners"])
def test_a_portal_without_the_dates_still_tells_what_loads_noted(kind):
    bare = frame(
        {"lifecyclestage": "lead", "hubspot_owner_id": "100"},
        without=(
            "createdate",
            "hubspot_owner_assigneddate",
            "hs_merged_object_ids",
            "hs_v2_date_entered_lead",
            "hs_v2_date_entered_opportunity",
            "hs_v2_date_entered_customer",
        ),
    )
    noted = {
        "created": {"created": (1,)},
        "stages": {"updated": (1,), "stages": (Move("", "lead", (1,)),)},
        "owners": {"updated": (1,), "owners": (Move("", "100", (1,)),)},
    }

    assert rows(kind, bare, step(**noted[kind]))["hs_object_id"].tolist() == [1]


def test_a_time_without_a_load_is_told_by_the_dates_that_are_left():
    records = frame(
        {"createdate": text(5), "lifecyclestage": "lead", "hs_v2_date_entered_lead": text(5)},
        {"lifecyclestage": "customer", "hs_v2_date_entered_customer": text(6)},
        {"createdate": text(500)},
    )

    guess = changed.guessed(records, at(0), at(60))

    assert guess == Step(at(0), at(60), Guess(created=(1,), updated=(2, 3)))
    assert rows("created", records, guess)["hs_object_id"].tolist() == [1]
    assert moves(rows("stages", records, guess)) == [(2, changed.UNKNOWN, "Customer", at(6))]
    assert rows("gone", records, guess).empty

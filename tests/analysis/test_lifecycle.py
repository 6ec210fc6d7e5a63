import pandas as pd
import pytest

from hubspot.analysis.lifecycle import entered, reached, stages
from hubspot.portal import CONTACTS
from tests.analysis.factories import contacts, portal

DAY = "2026-11-02T00:00:00Z"
DATED = ["hs_v2_date_entered_lead", "hs_v2_date_entered_opportunity", "hs_v2_date_entered_customer"]


def by_stage(frame, **of):
    return stages(frame, portal(**of), CONTACTS)


def test_stages_follow_the_portals_order_and_labels():
    renamed = {"customer": "Client", "51439524": "Trial", "lead": "Lead"}

    found = by_stage(contacts({"lifecyclestage": "51439524"}, {"lifecyclestage": "lead"}), stages=renamed)

    assert found.rows["label"].tolist() == ["Client", "Trial", "Lead"]
    assert found.rows["current"].tolist() == [0, 1, 1]


def test_ever_reached_counts_those_that_are_there_and_those_that_were():
    found = by_stage(
        contacts(
            {"lifecyclestage": "customer", "hs_v2_date_entered_lead": DAY, "hs_v2_date_entered_customer": DAY},
            {"lifecyclestage": "lead", "hs_v2_date_entered_lead": DAY},
            {"lifecyclestage": "lead"},
            {"lifecyclestage": "subscriber", "hs_v2_date_entered_lead": DAY},
        )
    ).rows.set_index("value")

    assert found["current"].to_dict() == {"subscriber": 1, "lead": 2, "opportunity": 0, "customer": 1}
    assert found.loc["lead", "reached"] == 4
    assert found.loc["customer", "reached"] == 1


def test_a_share_counts_only_those_that_reached_the_stage_before():
    found = by_stage(
        contacts(
            {"hs_v2_date_entered_lead": DAY, "hs_v2_date_entered_opportunity": DAY},
            {"hs_v2_date_entered_lead": DAY},
            {"hs_v2_date_entered_lead": DAY},
            {"hs_v2_date_entered_lead": DAY},
            {"hs_v2_date_entered_opportunity": DAY, "hs_v2_date_entered_customer": DAY},
        )
    ).rows.set_index("value")

    assert found.loc["opportunity", "reached"] == 2
    assert found.loc["opportunity", "share"] == pytest.approx(1 / 4)
    assert found.loc["customer", "share"] == pytest.approx(1 / 2)


def test_a_stage_without_dates_is_not_known_to_be_reached():
    found = by_stage(contacts({"lifecyclestage": "subscriber"}))

    assert found.rows["value"].tolist()[0] == "subscriber"
    assert found.rows["reached"].isna().tolist() == [True, False, False, False]
    assert found.lacks_dates == [True, False, False, False]
    assert found.counts.tolist() == [1, 0, 0, 0]
    assert found.rows["share"].isna().tolist() == [True, True, True, True]
    assert found.dated


def test_a_stage_that_only_records_hold_counts_those_that_are_there_now():
    found = by_stage(contacts({"lifecyclestage": "retired"}, {"lifecyclestage": "lead"}))

    assert dict(zip(found.rows["value"], found.counts, strict=True))["retired"] == 1


def test_without_any_dates_only_the_current_stage_is_known():
    found = by_stage(contacts({"lifecyclestage": "lead"}, without=DATED))

    assert not found.dated
    assert found.rows["current"].sum() == 1


def test_records_without_a_stage_are_counted_apart():
    found = by_stage(contacts({}, {}, {"lifecyclestage": "lead"}))

    assert (found.n, found.unset) == (3, 2)


def test_a_stage_the_portal_no_longer_has_comes_last():
    found = by_stage(contacts({"lifecyclestage": "retired"}, {"lifecyclestage": "lead"}))

    assert found.rows["value"].tolist()[-1] == "retired"


def test_older_generations_of_dates_fill_the_gaps_of_newer_ones():
    frame = contacts({"hs_v2_date_entered_lead": DAY}, {}, {}).assign(
        hs_date_entered_lead=pd.to_datetime(["2020-01-01", None, None], utc=True),
        hs_lifecyclestage_lead_date=pd.to_datetime(["2021-01-01", "2021-01-01", None], utc=True),
    )

    assert entered(frame, "lead").dt.year.tolist()[:2] == [2026, 2021]
    assert reached(frame, "lead").tolist() == [True, True, False]
    assert entered(frame, "evangelist") is None


@pytest.mark.parametrize("without", [[], ["lifecyclestage"], [*DATED, "lifecyclestage"]])
def test_empty_frames_and_missing_columns_leave_every_stage_at_nothing(without):
    found = by_stage(contacts(without=without))

    assert found.rows["current"].tolist() == [0, 0, 0, 0]
    assert found.n == 0


def test_a_portal_without_stages_has_no_rows():
    assert by_stage(contacts({}), stages={}).rows.empty

from datetime import UTC, datetime

import pytest

from hubspot.analysis.calendar import Calendar
from hubspot.analysis.metrics import Kpi, customers, empty_companies, kpis, lead_to_customer, new_this_month, total
from hubspot.portal import COMPANIES, CONTACTS
from tests.analysis.factories import BERLIN, companies, contacts, portal


def created(*moments):
    return contacts(*({"createdate": moment} for moment in moments))


def test_the_overview_has_these_numbers():
    names = [kpi.name for kpi in kpis(contacts({}), companies({}), portal(), BERLIN)]

    assert names == ["contacts", "new_contacts", "customers", "lead_to_customer", "companies", "empty_companies"]


def test_numbers_of_an_object_that_was_not_granted_are_left_out():
    assert [kpi.name for kpi in kpis(None, companies({}), portal(), BERLIN)] == ["companies"]
    assert [kpi.name for kpi in kpis(contacts({}), None, portal(), BERLIN)] == [
        "contacts",
        "new_contacts",
        "customers",
        "lead_to_customer",
    ]


def test_a_total_is_compared_with_the_records_of_the_months_start():
    frame = created("2026-10-31T22:59:59Z", "2026-10-31T23:00:00Z", "2026-11-20T00:00:00Z", None)

    kpi = total(frame, CONTACTS, BERLIN)

    assert (kpi.value, kpi.before, kpi.n, kpi.excluded) == (4, 2, 4, 1)
    assert kpi.change == pytest.approx(1.0)
    assert kpi.compared == "since 1 Nov"
    # Berlin's November began on a Sunday, the last day of the eighth of these weeks; the 20th is in the eleventh.
    assert kpi.series == (1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 4, 4)
    assert kpi.excluded_means == "count as earlier ones"


def test_the_last_point_of_a_total_is_the_total_even_where_a_date_lies_ahead():
    kpi = total(created("2026-09-01T00:00:00Z", "2027-05-01T00:00:00Z"), CONTACTS, BERLIN)

    assert (kpi.value, kpi.before) == (2, 1)
    assert kpi.series == (1,) * 11 + (2,)


def test_a_total_without_creation_dates_has_no_comparison():
    kpi = total(companies({}, {}).drop(columns="createdate"), COMPANIES, BERLIN)

    assert (kpi.value, kpi.before, kpi.change, kpi.series, kpi.compared) == (2, None, None, (), "")


def test_new_contacts_are_compared_with_as_many_days_of_last_month():
    # Now is 23 November 14:02 in Berlin; 23 October 14:02 was still summer time, 12:02 in UTC.
    frame = created(
        "2026-11-01T00:30:00Z",
        "2026-11-23T13:00:00Z",
        "2026-10-23T12:01:59Z",
        "2026-10-23T12:02:00Z",
        "2026-09-30T22:00:00Z",
        "2026-09-30T21:59:59Z",
    )

    kpi = new_this_month(frame, BERLIN)

    assert (kpi.value, kpi.before) == (2, 2)
    assert kpi.compared == "1\N{EN DASH}23 Nov vs 1\N{EN DASH}23 Oct"


def test_contacts_without_a_date_are_not_new():
    kpi = new_this_month(created("2026-11-20T08:00:00Z", None), BERLIN)

    assert (kpi.value, kpi.n, kpi.excluded, kpi.excluded_means) == (1, 2, 1, "are left out")
    assert sum(kpi.series) == 1


@pytest.mark.parametrize(
    ("now", "compared"),
    [
        ("2026-03-31T12:00", "1\N{EN DASH}31 Mar vs 29 Jan\N{EN DASH}28 Feb"),
        ("2028-03-30T12:00", "1\N{EN DASH}30 Mar vs 31 Jan\N{EN DASH}29 Feb"),
        ("2026-05-31T12:00", "1\N{EN DASH}31 May vs 31 Mar\N{EN DASH}30 Apr"),
        ("2026-12-31T22:59", "1\N{EN DASH}31 Dec vs 31 Oct\N{EN DASH}30 Nov"),
        ("2026-12-31T23:00", "1 Jan vs 1 Dec"),
        ("2026-11-01T12:00", "1 Nov vs 1 Oct"),
    ],
)
def test_the_compared_days_are_as_many_and_both_named(now, compared):
    kpi = new_this_month(created(), Calendar(datetime.fromisoformat(f"{now}+00:00"), "Europe/Berlin"))

    assert kpi.compared == compared
    assert kpi.definition.startswith(f"Contacts created {compared.split(' vs ')[0]}, compared with as many days: ")


def test_the_29th_of_february_is_compared_with_as_many_days_a_year_ago():
    frame = created("2027-01-30T22:59:59Z", "2027-01-30T23:00:00Z", "2027-02-28T11:59:59Z", "2027-02-28T12:00:00Z")

    kpi = new_this_month(frame, Calendar(datetime(2028, 2, 29, 12, tzinfo=UTC), "Europe/Berlin"), basis="year")

    assert (kpi.before, kpi.compared) == (2, "1\N{EN DASH}29 Feb vs 31 Jan\N{EN DASH}28 Feb 2027")


@pytest.mark.parametrize(
    ("now", "zone", "latest"),
    [
        ("2026-10-25T01:05", "Europe/Berlin", "2026-10-25T00:59:59Z"),
        ("2026-11-01T06:05", "America/New_York", "2026-11-01T05:59:59Z"),
        ("2026-10-24T21:05", "Asia/Beirut", "2026-10-24T20:59:59Z"),  # 23:05, once more on the same day
    ],
)
def test_in_the_hour_that_repeats_those_of_its_first_run_are_new(now, zone, latest):
    kpi = new_this_month(created(latest, f"{now[:-1]}4Z"), Calendar(datetime.fromisoformat(f"{now}+00:00"), zone))

    assert kpi.value == 2


def test_the_month_is_the_portals():
    frame = created("2026-11-01T03:00:00Z")
    now = datetime(2026, 11, 23, 13, 2, tzinfo=UTC)

    assert new_this_month(frame, Calendar(now, "Europe/Berlin")).value == 1
    assert new_this_month(frame, Calendar(now, "America/Los_Angeles")).value == 0


def test_the_series_of_new_contacts_leaves_out_the_running_week():
    kpi = new_this_month(created("2026-11-23T08:00:00Z", "2026-11-20T08:00:00Z", "2026-11-19T08:00:00Z"), BERLIN)

    assert len(kpi.series) == 12
    assert kpi.series[-1] == 2


def test_customers_are_compared_with_those_of_them_that_were_customers_before():
    frame = contacts(
        {"lifecyclestage": "customer", "hs_v2_date_entered_customer": "2026-10-05T00:00:00Z"},
        {"lifecyclestage": "customer", "hs_v2_date_entered_customer": "2026-11-05T00:00:00Z"},
        {"lifecyclestage": "customer"},
        {"lifecyclestage": "lead", "hs_v2_date_entered_customer": "2026-10-05T00:00:00Z"},
        {},
    )

    kpi = customers(frame, portal(), BERLIN)

    assert (kpi.value, kpi.before, kpi.n, kpi.excluded) == (3, 2, 5, 1)
    # The one without a date counts from the start; 5 October is in the fifth of these weeks, 5 November in the ninth.
    assert kpi.series == (1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)
    assert kpi.excluded_means == "count as earlier ones"


def test_customers_take_the_portals_word_for_the_stage():
    kpi = customers(contacts({"lifecyclestage": "customer"}), portal(stages={"customer": "Client"}), BERLIN)

    assert "Client" in kpi.definition
    assert kpi.before is None


@pytest.mark.parametrize("frame", [contacts({}), contacts({}, without=["lifecyclestage"])])
def test_a_portal_that_removed_the_customer_stage_has_no_such_number(frame):
    kpi = customers(frame, portal(stages={"lead": "Lead"}), BERLIN)

    assert kpi.value is None
    assert "no lifecycle stage" in kpi.definition


def test_lead_to_customer_is_the_share_of_leads_that_became_customers():
    before, after = "2026-10-05T00:00:00Z", "2026-11-05T00:00:00Z"
    frame = contacts(
        {"hs_v2_date_entered_lead": before, "hs_v2_date_entered_customer": before},
        {"hs_v2_date_entered_lead": before, "hs_v2_date_entered_customer": after},
        {"hs_v2_date_entered_lead": before},
        {"hs_v2_date_entered_lead": after},
        {"hs_v2_date_entered_customer": before},
    )

    kpi = lead_to_customer(frame, portal(), BERLIN)

    assert kpi.value == pytest.approx(2 / 4)
    assert kpi.before == pytest.approx(1 / 3)
    assert kpi.change == pytest.approx(2 / 4 - 1 / 3)
    assert (kpi.n, kpi.kind, kpi.excluded) == (4, "rate", 0)


def test_leads_and_customers_without_a_date_count_as_earlier_ones_in_both_rates():
    before, after = "2026-10-05T00:00:00Z", "2026-11-05T00:00:00Z"
    frame = contacts(
        {"lifecyclestage": "lead"},
        {"lifecyclestage": "customer", "hs_v2_date_entered_lead": before},
        {"hs_v2_date_entered_lead": after, "hs_v2_date_entered_customer": after},
        {"lifecyclestage": "customer"},
    )

    kpi = lead_to_customer(frame, portal(), BERLIN)

    assert kpi.value == pytest.approx(2 / 3)
    assert kpi.before == pytest.approx(1 / 2)
    assert (kpi.n, kpi.excluded, kpi.excluded_means) == (3, 2, "count as earlier ones")


def test_leads_without_any_date_are_compared_with_nothing():
    kpi = lead_to_customer(contacts({"lifecyclestage": "lead"}, {"lifecyclestage": "lead"}), portal(), BERLIN)

    assert (kpi.value, kpi.before, kpi.compared, kpi.excluded) == (0, None, "", 2)


def test_lead_to_customer_needs_leads_and_dates():
    assert lead_to_customer(contacts({}), portal(), BERLIN).value is None
    assert lead_to_customer(contacts({"lifecyclestage": "lead"}), portal(), BERLIN).value == 0
    undated = contacts({"lifecyclestage": "lead"}, without=["hs_v2_date_entered_lead"])
    assert lead_to_customer(undated, portal(), BERLIN).value is None


def test_empty_companies_are_those_without_any_contact():
    some = companies({"hs_object_id": 900}, {"hs_object_id": 901})
    linked = contacts({"associatedcompanyid": 900}, {"associatedcompanyid": 999}, {})

    assert empty_companies(some, linked).value == 1
    assert empty_companies(some, contacts()).value == 2
    assert empty_companies(some, contacts({}, without=["associatedcompanyid"])).value == 2


def test_growth_from_nothing_has_no_percentage():
    assert Kpi(name="a", label="A", definition="", value=5, before=0).change is None


def test_empty_frames_give_zeroes():
    found = {kpi.name: kpi.value for kpi in kpis(contacts(), companies(), portal(), BERLIN)}

    assert found == {
        "contacts": 0,
        "new_contacts": 0,
        "customers": 0,
        "lead_to_customer": None,
        "companies": 0,
        "empty_companies": 0,
    }


def test_against_a_year_ago_totals_look_at_that_moment_and_new_ones_at_that_month():
    frame = created(
        "2025-10-31T12:00:00Z", "2025-11-10T12:00:00Z", "2025-11-23T13:02:01Z", "2025-11-30T12:00:00Z",
        "2026-11-05T12:00:00Z", "2026-11-06T12:00:00Z",
    )  # fmt: skip

    everything, new = (
        kpi for kpi in kpis(frame, None, portal(), BERLIN, basis="year") if kpi.name in {"contacts", "new_contacts"}
    )

    assert (everything.value, everything.before, everything.compared) == (6, 2, "since 23 Nov 2025")
    assert (new.value, new.before, new.compared) == (2, 1, "1\N{EN DASH}23 Nov vs 1\N{EN DASH}23 Nov 2025")


def test_a_year_before_the_29th_of_february_is_the_28th():
    leap = Calendar(datetime(2028, 2, 29, 12, tzinfo=UTC), "UTC")

    kpi = total(created("2027-02-28T11:59:59Z", "2027-02-28T12:00:01Z"), CONTACTS, leap, basis="year")

    assert (kpi.before, kpi.compared) == (1, "since 28 Feb 2027")

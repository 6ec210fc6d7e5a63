"""The grid of missing values and its cells, by hand-made records."""

from datetime import date

import numpy as np
import pytest

from hubspot.analysis.counts import OTHER
from hubspot.analysis.filters import select
from hubspot.analysis.quality.answers import ANSWERS, missing_in
from hubspot.analysis.quality.grid import ALL, COLUMNS, EARLIER, MOST_BUCKETS, cell, cell_filters, grid
from hubspot.analysis.records import NO_VALUE
from hubspot.portal import CONTACTS
from tests.analysis.factories import contacts, portal

TODAY = date(2026, 11, 23)


def made(frame, *, by="owner", properties=("email", "country"), facts=None):
    return grid(frame, facts or portal(), CONTACTS, by=by, properties=properties, today=TODAY)


def test_a_grid_counts_the_missing_values_of_each_owner():
    frame = contacts(
        {"hubspot_owner_id": "100", "email": "a@b.co"},
        {"hubspot_owner_id": "100"},
        {"hubspot_owner_id": "101", "country": "Spain"},
        {"email": "c@d.co"},
    )

    found = made(frame)

    assert found.labels == ("All", "Maya Ortiz", "Tom Reed", "No owner")
    assert found.totals.tolist() == [4, 2, 1, 1]
    assert found.missing.tolist() == [[2, 1, 1, 0], [3, 2, 0, 1]]
    assert found.shares[0].tolist() == [0.5, 0.5, 1, 0]


def test_stages_stand_in_the_portals_order_with_retired_ones_behind():
    frame = contacts(*({"lifecyclestage": each} for each in ("customer", "old", "lead", None)))

    assert made(frame, by="stage").stored == (ALL, "lead", "customer", "old", NO_VALUE)


def test_months_are_the_portals_and_older_ones_are_together():
    # Half past eleven in the evening of 31 October in UTC is November in Berlin.
    dates = ["2026-10-31T23:30Z", "2026-10-31T20:00Z", "2020-01-01T09:00Z", None, "2027-03-01T09:00Z"]
    frame = contacts(*({"createdate": when} for when in dates))

    found = made(frame, by="month")

    assert found.stored == (ALL, EARLIER, "2026-10", "2026-11", NO_VALUE)
    assert found.labels == ("All", "Earlier", "Oct 2026", "Nov 2026", "No date")
    assert found.totals.tolist() == [5, 1, 1, 2, 1]


def test_more_owners_than_fit_are_counted_together():
    people = [{"hubspot_owner_id": str(number)} for number in range(14) for _ in range(20 - number)]
    frame = contacts(*people, {})

    found = made(frame)

    assert found.stored == (ALL, *map(str, range(MOST_BUCKETS)), OTHER, NO_VALUE)
    assert found.totals.tolist() == [
        len(people) + 1,
        *(20 - n for n in range(10)),
        sum(20 - n for n in range(10, 14)),
        1,
    ]


def test_a_portal_without_the_property_has_one_bucket():
    found = made(contacts({}, {}, without=("hubspot_owner_id",)))

    assert found.labels == ("All", "No owner")
    assert found.missing.tolist() == [[2, 2], [2, 2]]


def test_an_empty_frame_has_no_grid_and_unknown_properties_no_row():
    assert made(contacts()) is None
    assert made(contacts({}), properties=("nonsense",)).properties == ()


@pytest.mark.parametrize("by", COLUMNS)
def test_every_cell_opens_as_many_records_as_it_counts(by):
    rng = np.random.default_rng(3)
    owners, stages, emails = [None, *map(str, range(14))], [None, "lead", "old"], [None, "a@b.co"]
    people = [
        {
            "hubspot_owner_id": owners[rng.integers(len(owners))],
            "lifecyclestage": stages[rng.integers(3)],
            "hs_analytics_source": [None, "OFFLINE"][rng.integers(2)],
            "email": emails[rng.integers(2)],
            "createdate": f"2026-{rng.integers(1, 12):02}-10T09:00Z",
        }
        for _ in range(150)
    ]
    frame, facts = contacts(*people), portal()
    names = ("email", "hubspot_owner_id", "lifecyclestage")
    found = made(frame, by=by, properties=names)

    for row, name in enumerate(names):
        for column, value in enumerate(found.stored):
            mask = cell(frame, facts, CONTACTS, by=by, name=name, value=value, today=TODAY)
            question = missing_in(CONTACTS, by=by, name=name, value=value)
            answer = ANSWERS[question.name]({CONTACTS: frame}, facts, question, TODAY)
            filters = cell_filters(name, by=by, value=value)
            assert mask.sum() == len(answer) == found.missing[row, column]
            if filters is not None:
                assert (select(frame, filters, "Europe/Berlin").mask == mask).all()


def test_a_bucket_that_is_gone_has_no_record():
    frame = contacts({"hubspot_owner_id": "100"})

    assert not cell(frame, portal(), CONTACTS, by="owner", name="email", value="777", today=TODAY).any()

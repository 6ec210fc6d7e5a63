import pandas as pd
import pytest

from hubspot.analysis.ordering import NEWEST, Sort, ordered, sort_from
from hubspot.analysis.records import NAME, contacts_joined
from hubspot.portal import CONTACTS
from tests.analysis.factories import contacts, portal


def joined(*records):
    return contacts_joined(contacts(*records), None)


def in_order(records, sort):
    frame = joined(*records)
    return frame["hs_object_id"].iloc[ordered(frame, sort, portal(), CONTACTS)].tolist()


def people(column, *values):
    return [{"hs_object_id": number, column: value} for number, value in enumerate(values, start=1)]


@pytest.mark.parametrize(
    ("column", "values", "ascending", "descending"),
    [
        ("email", ["b@x", "A@x", None, "c@x"], [2, 1, 4, 3], [4, 1, 2, 3]),
        ("num_notes", [2.0, None, 10.0, 1.0], [4, 1, 3, 2], [3, 1, 4, 2]),
        ("createdate", ["2026-11-22T00:00:00Z", "2025-01-01T00:00:00Z", None], [2, 1, 3], [1, 2, 3]),
        # Not by alphabet: Subscriber comes before Lead in the portal, and Lead before Opportunity.
        ("lifecyclestage", ["opportunity", "lead", None, "subscriber"], [4, 2, 1, 3], [1, 2, 4, 3]),
        # By label: Maya Ortiz is 100, Tom Reed 101.
        ("hubspot_owner_id", ["101", "100", None], [2, 1, 3], [1, 2, 3]),
    ],
)
def test_records_without_a_value_come_last_whichever_way(column, values, ascending, descending):
    records = people(column, *values)

    assert in_order(records, Sort(column, descending=False)) == ascending
    assert in_order(records, Sort(column, descending=True)) == descending


def test_equal_values_keep_the_order_of_the_frame_both_ways():
    records = people("num_notes", 1.0, 2.0, 1.0, 2.0)

    assert in_order(records, Sort("num_notes", descending=False)) == [1, 3, 2, 4]
    assert in_order(records, Sort("num_notes", descending=True)) == [2, 4, 1, 3]


def test_without_the_column_the_order_is_the_frames():
    assert in_order(people("email", "b", "a"), Sort("no_such_property")) == [1, 2]


def test_nobody_at_all_has_an_order():
    assert in_order([], NEWEST) == []


@pytest.mark.parametrize("sort", [Sort("email", descending=False), Sort(NAME), NEWEST])
def test_a_sort_in_an_address_is_read_as_it_was_written(sort):
    assert sort_from(str(sort), joined({})) == sort


@pytest.mark.parametrize("text", ["", "-", "--email", "no_such_property", "record.search", "-record.search"])
def test_an_address_that_names_no_column_means_the_newest_first(text):
    assert sort_from(text, joined({})) == NEWEST


def test_the_newest_come_first_where_nobody_chose():
    frame = joined(*people("createdate", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"))

    assert pd.Series(ordered(frame, NEWEST, portal(), CONTACTS)).tolist() == [1, 0]

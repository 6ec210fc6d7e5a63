from datetime import date

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hubspot.analysis.filters import (
    CHOICES,
    NAMES,
    Filters,
    Relief,
    column_of,
    from_query,
    known_values,
    select,
    to_query,
)
from hubspot.analysis.records import COMPANY_INDUSTRY, NO_VALUE, companies_joined, contacts_joined
from hubspot.portal import COMPANIES, CONTACTS
from tests.analysis.factories import companies, contacts, portal

COBALT = {"hs_object_id": 900, "name": "Cobalt", "industry": "BANKING"}


def joined(*records, without=()):
    return contacts_joined(contacts(*records, without=without), companies(COBALT))


def shown(frame, filters, time_zone="Europe/Berlin"):
    return select(frame, filters, time_zone).records["hs_object_id"].tolist()


def test_no_filter_shows_everything():
    assert shown(joined({}, {}), Filters()) == [1, 2]
    assert Filters().active == ()


def test_a_set_of_values_shows_records_with_any_of_them():
    frame = joined({"hubspot_owner_id": "100"}, {"hubspot_owner_id": "101"}, {"hubspot_owner_id": "102"}, {})

    assert shown(frame, Filters(owner=frozenset({"100", "102"}))) == [1, 3]
    assert shown(frame, Filters(owner=frozenset({"100", NO_VALUE}))) == [1, 4]
    assert shown(frame, Filters(owner=frozenset({NO_VALUE}))) == [4]
    assert shown(frame, Filters(owner=frozenset({"555"}))) == []


def test_text_choices_know_no_value_too():
    frame = joined({"country": "Germany"}, {"country": "France"}, {})

    assert shown(frame, Filters(country=frozenset({"Germany"}))) == [1]
    assert shown(frame, Filters(country=frozenset({"France", NO_VALUE}))) == [2, 3]


def test_filters_of_different_kinds_must_all_agree():
    frame = joined(
        {"hubspot_owner_id": "100", "lifecyclestage": "lead"},
        {"hubspot_owner_id": "100", "lifecyclestage": "customer"},
        {"hubspot_owner_id": "101", "lifecyclestage": "lead"},
    )

    assert shown(frame, Filters(owner=frozenset({"100"}), stage=frozenset({"lead"}))) == [1]


def test_a_contacts_industry_is_its_companys():
    frame = joined({"associatedcompanyid": 900}, {})

    assert column_of(frame, "industry") == COMPANY_INDUSTRY
    assert shown(frame, Filters(industry=frozenset({"BANKING"}))) == [1]
    assert shown(frame, Filters(industry=frozenset({NO_VALUE}))) == [2]


def test_a_contacts_own_industry_is_text_and_no_choice():
    frame = contacts_joined(contacts({}).assign(industry="anything"), None)

    assert column_of(frame, "industry") is None


def test_a_column_the_portal_lacks_means_no_value_everywhere():
    frame = joined({}, {}, without=["hubspot_owner_id"])

    assert shown(frame, Filters(owner=frozenset({"100"}))) == []
    assert shown(frame, Filters(owner=frozenset({NO_VALUE}))) == [1, 2]


@pytest.mark.parametrize(
    ("text", "ids"),
    [("dahl", [1]), ("TOMÁS cobalt", [1]), ("tomas petrova", []), ("x.example", [1, 2]), (".*", []), ("   ", [1, 2])],
)
def test_search_needs_every_word_somewhere_and_no_pattern(text, ids):
    frame = joined(
        {"firstname": "Tomás", "lastname": "Dahl", "email": "td@x.example", "associatedcompanyid": 900},
        {"firstname": "Ingrid", "lastname": "Petrova", "email": "ip@x.example"},
    )

    assert shown(frame, Filters(search=text)) == ids


def test_companies_are_searched_by_name_and_domain():
    frame = companies_joined(companies({"name": "Cobalt"}, {"domain": "tessera.example"}), None)

    assert shown(frame, Filters(search="tessera")) == [2]


def test_the_first_and_the_last_day_are_the_portals_and_both_included():
    frame = joined(
        {"createdate": "2026-10-31T22:59:59Z"},
        {"createdate": "2026-10-31T23:00:00Z"},
        {"createdate": "2026-11-02T22:59:59Z"},
        {"createdate": "2026-11-02T23:00:00Z"},
        {},
    )
    in_november = Filters(created_from=date(2026, 11, 1), created_to=date(2026, 11, 2))

    assert shown(frame, in_november, "Europe/Berlin") == [2, 3]
    assert shown(frame, in_november, "America/New_York") == [3, 4]
    assert shown(frame, Filters(created_from=date(2026, 11, 3)), "Europe/Berlin") == [4]
    assert shown(frame, Filters(created_to=date(2026, 10, 31)), "Europe/Berlin") == [1]


def test_a_day_of_25_hours_is_one_day():
    frame = joined(*({"createdate": f"2026-10-{text}:30:00Z"} for text in ("24T21", "24T22", "25T22", "25T23")))

    assert shown(frame, Filters(created_from=date(2026, 10, 25), created_to=date(2026, 10, 25))) == [2, 3]


def test_the_ends_of_time_are_allowed():
    frame = joined({"createdate": "2026-11-01T00:00:00Z"})

    assert shown(frame, Filters(created_from=date.min, created_to=date.max)) == [1]


def test_a_frame_without_creation_dates_passes_no_date_filter():
    assert shown(joined({}, without=["createdate"]), Filters(created_from=date(2020, 1, 1))) == []


def test_every_filter_copes_with_an_empty_frame():
    every = Filters(search="x", created_from=date(2026, 1, 1), **{name: frozenset({"a", NO_VALUE}) for name in CHOICES})

    assert shown(joined(), every) == []
    assert every.active == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_without_removes_one_filter_and_only_it(name):
    every = Filters(search="x", created_to=date(2026, 1, 1), **{choice: frozenset({"a"}) for choice in CHOICES})

    assert every.without(name).active == tuple(other for other in NAMES if other != name)


def test_relief_is_the_filter_whose_removal_brings_most_records_back():
    frame = joined(
        *[{"hubspot_owner_id": "100", "lifecyclestage": "customer"}] * 2,
        *[{"hubspot_owner_id": "101", "lifecyclestage": "lead"}] * 3,
        {},
    )
    filters = Filters(owner=frozenset({"100"}), stage=frozenset({"lead"}))

    selection = select(frame, filters, "Europe/Berlin")

    assert not selection.mask.any()
    assert selection.relief == Relief("owner", 3)
    assert len(shown(frame, filters.without("owner"))) == 3


def test_there_is_no_relief_where_no_single_removal_helps():
    frame = joined({"hubspot_owner_id": "100", "lifecyclestage": "lead"})
    hopeless = Filters(owner=frozenset({"9"}), stage=frozenset({"9"}))

    assert select(frame, hopeless, "Europe/Berlin").relief is None
    assert select(frame, Filters(), "Europe/Berlin").relief is None


KNOWN = {"owner": {"100", "101"}, "stage": {"lead", "-", "a.b", "50%", "in Arbeit"}, "country": {"Germany"}}


def test_filters_travel_in_short_query_parameters():
    filters = Filters(
        owner=frozenset({"101", "100", NO_VALUE}), created_from=date(2026, 8, 31), created_to=date(2026, 11, 23)
    )

    assert to_query(filters) == {"owner": "-.100.101", "created": "2026-08-31..2026-11-23"}
    assert from_query(to_query(filters), KNOWN) == filters


def test_search_and_text_values_never_enter_a_link():
    filters = Filters(search="amara@cobalt.example", country=frozenset({"Germany", NO_VALUE}))

    assert to_query(filters) == {"country": "-"}
    assert from_query({"country": "Germany.-", "search": "amara"}, KNOWN) == Filters(country=frozenset({NO_VALUE}))


@pytest.mark.parametrize(
    "query",
    [
        {"owner": ".."},
        {"owner": "999"},
        {"owner": "<script>"},
        {"created": "yesterday"},
        {"created": "2026-13-01.."},
        {"created": "2026-01-01"},
        {"created": ".."},
        {"created": "2026-11-24..2026-11-23"},
        {"nonsense": "1"},
        {"stage": "lead;drop"},
        {"stage": "%"},
    ],
)
def test_what_a_link_can_not_mean_is_left_out(query):
    assert from_query(query, KNOWN) == Filters()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("..2026-11-23", None, date(2026, 11, 23)),
        ("2026-11-23..", date(2026, 11, 23), None),
        ("2026-11-23..2026-11-23", date(2026, 11, 23), date(2026, 11, 23)),
    ],
)
def test_a_range_of_days_may_have_one_end_or_be_one_day(text, first, last):
    assert from_query({"created": text}, KNOWN) == Filters(created_from=first, created_to=last)


def test_a_very_long_link_is_cut_short():
    assert (
        len(from_query({"owner": ".".join(map(str, range(5000)))}, {"owner": set(map(str, range(5000)))}).owner) == 200
    )


@settings(deadline=None)
@given(
    stage=st.frozensets(st.text(max_size=12).filter(lambda value: ";" not in value)),
    owner=st.frozensets(st.sampled_from(["100", "101", NO_VALUE])),
    created_from=st.none() | st.dates(),
    created_to=st.none() | st.dates(),
)
def test_every_linkable_filter_comes_back_from_its_link(stage, owner, created_from, created_to):
    assume(not created_from or not created_to or created_from <= created_to)
    filters = Filters(stage=stage, owner=owner, created_from=created_from, created_to=created_to)

    assert from_query(to_query(filters), {"stage": stage, "owner": owner}) == filters


def test_known_values_are_the_portals_options_and_those_on_records():
    frame = companies_joined(companies({"industry": "RETIRED", "hubspot_owner_id": "999", "country": "Germany"}), None)

    known = known_values(frame, portal(), COMPANIES)

    assert known["industry"] == {"COMPUTER_SOFTWARE", "BANKING", "RETIRED"}
    assert known["owner"] == {"100", "101", "102", "999"}
    assert known["country"] == set()


def test_a_companys_industry_known_on_a_contact_can_be_linked():
    known = known_values(joined({"associatedcompanyid": 900}), portal(), CONTACTS)

    assert "BANKING" in known["industry"]

"""Which contacts and companies are taken for one, rule by rule, and which are not."""

from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pytest

from hubspot.analysis.duplicates import DIFFERENT, EQUAL, ONE_SIDED, REASONS, RULES, difference, found_in, pair_rows
from hubspot.analysis.masking import masked
from hubspot.analysis.questions import Question
from hubspot.analysis.records import DERIVED_LABELS, contacts_joined
from tests.analysis.factories import contacts, portal

IDS = {"associatedcompanyid", "hs_parent_company_id"}


def frame(*records):
    """Return records as a loaded portal has them; each is a dict of properties, its id counts from 1 unless given."""
    numbered = pd.DataFrame([{"hs_object_id": place + 1} | record for place, record in enumerate(records)])
    types = {name: "Int64" if name in IDS else "str" for name in numbered} | {"hs_object_id": "int64"}
    if "createdate" in numbered:
        numbered["createdate"] = pd.to_datetime(numbered["createdate"], utc=True).astype("datetime64[us, UTC]")
        del types["createdate"]
    return numbered.astype(types)


def contact(**properties):
    return {"firstname": "Anna", "lastname": "Berg", "email": None, "phone": None} | properties


def pairs(records, object_type="contacts"):
    found = found_in(frame(*records), object_type).pairs
    return [(row.first, row.second, row.reasons) for row in found.itertuples(index=False)]


def contact_pairs(one, other):
    return pairs([contact(**one), contact(**other)])


def company_pairs(one, other):
    return pairs([{"name": None, "domain": None, "country": None} | each for each in (one, other)], "companies")


@pytest.mark.parametrize(
    "other",
    ["ANNA.Berg@acme.example", "anna.berg+news@acme.example", "  anna.berg+a+b@acme.example "],
)
def test_one_mailbox_is_written_with_capitals_spaces_and_tags(other):
    found = contact_pairs({"email": "anna.berg@acme.example"}, {"email": other, "lastname": "Y"})

    assert found == [(1, 2, "email")]


ANN, BOB = {"firstname": "Ann", "lastname": "Lee"}, {"firstname": "Bob", "lastname": "Roy"}


@pytest.mark.parametrize("mailbox", ["sales+uk@x.example", "sales@x.example", "SALES+UK@x.example"])
def test_a_tag_with_two_full_names_tells_nothing(mailbox):
    us = {"email": "sales+us@x.example"}

    assert not contact_pairs(ANN | us, BOB | {"email": mailbox})
    assert not contact_pairs(ANN | us, BOB | {"lastname": "Lee", "email": mailbox})
    assert contact_pairs(ANN | us, ANN | {"email": mailbox}) == [(1, 2, "email;name")]
    assert contact_pairs(ANN | us, ANN | {"lastname": "Roy", "email": mailbox}), "people marry"
    assert contact_pairs(ANN | us, BOB | {"firstname": None, "email": mailbox}), "a missing name contradicts nothing"


def test_one_address_to_the_letter_is_one_whatever_the_names():
    same = {"email": "sales+us@x.example"}

    assert contact_pairs(ANN | same, BOB | {"hs_additional_emails": "Sales+US@x.example"}) == [(1, 2, "email")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("Jan", "Jana"), ("Maria", "Mario"), ("Daniel", "Daniela"), ("Andreas", "Andrea"), ("Simone", "Simon")),
        *(("Julian", "Julia"), ("Christian", "Christina"), ("Nicole", "Nicolas"), ("Alexander", "Alexandra")),
        *(("Jean", "Jeanne"), ("Gabriel", "Gabrielle"), ("Victor", "Victoria"), ("Anna Maria", "Anna Mario")),
    ],
)
def test_two_given_names_are_two_people_although_they_look_alike(one, other):
    at = {"associatedcompanyid": 7, "phone": "+49 30 1234567", "lastname": "Müller"}

    assert not contact_pairs({"firstname": one, **at}, {"firstname": other, **at})


@pytest.mark.parametrize("other", ["Bernrad", "Benard", "Bernhard", "Bernardt", "B.", "bernard"])
def test_a_slip_in_a_given_name_is_no_other_name(other):
    at = {"associatedcompanyid": 7}

    assert contact_pairs({"firstname": "Bernard", **at}, {"firstname": other, **at}) == [(1, 2, "name")]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Globex Germany", "Globex France"), ("Globex Köln GmbH", "Globex Berlin GmbH"), ("Globex APAC", "Globex EMEA")],
)
def test_branches_in_two_places_are_two_companies(one, other):
    where = {"domain": "globex.example", "country": "Germany"}

    assert not company_pairs({"name": one, "city": "Köln", **where}, {"name": other, "city": "Berlin", **where})


@pytest.mark.parametrize("other", ["Globex", "Globex Deutschland GmbH & Co. KG", "Globecks Germany"])
def test_a_place_in_one_of_two_names_contradicts_nothing(other):
    one = {"name": "Globex Deutschland", "domain": "globex.example"}

    assert company_pairs(one, {"name": other, "domain": "globex.example"})[0][2].startswith("domain")


def test_an_additional_address_counts_like_the_first():
    other = {"email": "a.berg@home.example", "hs_additional_emails": "old@x.example;Anna.Berg+x@acme.example"}

    assert contact_pairs({"email": "anna.berg@acme.example"}, other | {"lastname": "Holm"}) == [(1, 2, "email")]


def test_only_gmail_does_not_look_at_dots():
    assert contact_pairs({"email": "anna.berg@gmail.com"}, {"email": "a.n.n.aberg@googlemail.com", "lastname": "X"})
    assert not contact_pairs({"email": "anna.berg@acme.example"}, {"email": "annaberg@acme.example", "lastname": "X"})


@pytest.mark.parametrize("broken", ["@acme.example", "+tag@acme.example", "n/a", "anna", "a b@acme.example", ""])
def test_what_is_no_address_is_nobodys(broken):
    assert not contact_pairs({"email": broken}, {"email": broken, "lastname": "Holm"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+49 30 1234567", "030/123 45 67"),
        ("+49 (0)30 1234567", "0049 30 1234567"),
        ("+1 212 555 0142", "(212) 555-0142 ext. 12"),
    ],
)
def test_one_number_is_written_in_many_ways(one, other):
    found = contact_pairs({"phone": one}, {"mobilephone": other, "firstname": "A.", "lastname": "BERG"})

    assert found == [(1, 2, "phone")]


@pytest.mark.parametrize(
    "other",
    [
        {"lastname": "Holm"},
        {"lastname": None},
        {"lastname": "Berg", "firstname": "Theodor"},
        {"phone": "+43 30 1234567"},
    ],
    ids=["another last name", "none", "a relative", "another country"],
)
def test_a_number_alone_makes_nobody_a_duplicate(other):
    assert not contact_pairs({"phone": "+49 30 1234567"}, {"phone": "+49 30 1234567"} | other)


def test_a_number_that_is_no_number_or_a_switchboard_tells_nothing():
    assert not contact_pairs({"phone": "0000000000"}, {"phone": "0000000000"})
    assert not contact_pairs({"phone": "12345"}, {"phone": "12345"})
    assert not pairs([contact(phone="+49 30 1234567")] * 11)


@pytest.mark.parametrize("lastname", ["MÜLLER", "Mueller", "Muller", "Müllller", "Mu\u0308ller"])
def test_colleagues_with_nearly_one_name_are_one(lastname):
    at = {"associatedcompanyid": 7}

    assert contact_pairs({"lastname": "Müller", **at}, {"lastname": lastname, **at}) == [(1, 2, "name")]


def test_an_address_at_the_firm_or_the_firms_name_stands_for_the_link():
    by_domain = contact_pairs({"email": "anna@acme.example"}, {"email": "a.berg@mail.acme.example"})
    by_text = contact_pairs({"company": "Acme Foods GmbH"}, {"company": "ACME FOODS"})

    assert by_domain == by_text == [(1, 2, "name")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"email": "anna@gmail.com"}, {"email": "anna.b@gmail.com"}),
        ({"associatedcompanyid": 7}, {"associatedcompanyid": 8}),
        ({"company": "Acme", "associatedcompanyid": 7}, {"company": "Acme", "associatedcompanyid": 8}),
        ({"country": "Norway", "city": "Oslo"}, {"country": "Norway", "city": "Oslo"}),
    ],
    ids=["nothing else", "a provider", "other companies", "two companies of one name", "a city"],
)
def test_a_name_alone_makes_nobody_a_duplicate(one, other):
    assert not contact_pairs(one, other)


def test_two_first_names_have_to_agree_in_both():
    at = {"associatedcompanyid": 7}

    assert not contact_pairs({"firstname": "Anna Marie", **at}, {"firstname": "Anna Sophie", **at})
    assert contact_pairs({"firstname": "Anna Marie", **at}, {"firstname": "Anna Maria", **at})
    assert contact_pairs({"firstname": "A.", **at}, {"firstname": "Anna", **at})


def test_test_records_have_no_name():
    at = {"associatedcompanyid": 7, "firstname": "Test", "lastname": "Test"}

    assert not contact_pairs(at, at)


def test_a_domain_with_people_of_many_firms_is_a_providers():
    firms = [
        contact(email=f"p{number}@webpost.example", associatedcompanyid=number, lastname=f"N{number}")
        for number in range(1, 6)
    ]
    strangers = [contact(email="anna@webpost.example"), contact(email="anna.b@webpost.example")]

    assert pairs([*firms, *strangers]) == []
    assert pairs([*firms[:3], *strangers]) == [(4, 5, "name")]


@pytest.mark.parametrize(
    "other", ["www.acme.co.uk", "https://shop.ACME.co.uk/about?x=1", "acme.co.uk.", "b.a.acme.co.uk:8080"]
)
def test_companies_with_one_registered_domain_are_one(other):
    assert company_pairs({"domain": "acme.co.uk"}, {"domain": other}) == [(1, 2, "domain")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("acme.co.uk", "other.co.uk"),
        ("acme.myshopify.com", "other.myshopify.com"),
        ("gmail.com", "gmail.com"),
        ("facebook.com", "www.facebook.com"),
        ("localhost", "localhost"),
        ("192.168.0.1", "192.168.0.1"),
    ],
)
def test_a_shared_ending_or_a_page_at_a_platform_is_nobodys_domain(one, other):
    assert not company_pairs({"domain": one}, {"domain": other})


def test_an_additional_domain_counts_like_the_first():
    assert company_pairs(
        {"domain": "acme.example", "hs_additional_domains": "acme-shop.example; old.example"}, {"domain": "old.example"}
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Foods, Inc.", "ACME FOODS"),
        ("Grünfeld Sp. z o.o.", "Gruenfeld"),
        ("Solstice S.A.", "Solstice, SA"),
        ("Δέλτα \u0391.\u0395.", "Δέλτα"),
        ("Cedar & Stone Co., Ltd.", "Cedar Stone"),
    ],
)
def test_the_legal_form_is_not_a_part_of_a_name(one, other):
    assert company_pairs({"name": one, "country": "Norway"}, {"name": other, "country": " norway"}) == [
        (1, 2, "company_name")
    ]


def test_one_name_in_two_countries_or_in_none_is_two_firms():
    assert not company_pairs({"name": "Acme", "country": "Norway"}, {"name": "Acme", "country": "Peru"})
    assert not company_pairs({"name": "Acme"}, {"name": "Acme"})
    assert not company_pairs({"name": "Acme Foods", "country": "Peru"}, {"name": "Acme Food Group", "country": "Peru"})


def test_a_country_is_known_by_its_name_and_by_its_code():
    coded = {"name": "Other", "country": "Norway", "hs_country_code": "NO"}
    found = pairs(
        [coded, {"name": "Acme", "country": "Norway"}, {"name": "Acme", "hs_country_code": "NO"}], "companies"
    )

    assert found == [(2, 3, "company_name")]


def test_families_of_companies_are_no_duplicates():
    family = [
        {"name": "Acme", "domain": "acme.example"},
        {"name": "Acme Retail", "domain": "acme.example", "hs_parent_company_id": 1},
        {"name": "Acme Export", "domain": "acme.example", "hs_parent_company_id": 1},
        {"name": "Acme Shop", "domain": "acme.example", "hs_parent_company_id": 2},
    ]

    assert [pair[:2] for pair in pairs(family, "companies")] == [(3, 4)], "a niece is not of the family"
    assert pairs([*family[:2], {"name": "Stranger", "domain": "www.acme.example"}], "companies") == [
        (1, 3, "domain"),
        (2, 3, "domain"),
    ]


def test_a_record_that_was_merged_into_another_is_not_listed():
    one, other = contact(email="a@acme.example"), contact(email="a+b@acme.example")

    assert pairs([one | {"hs_merged_object_ids": "2;99"}, other]) == []
    assert pairs([one | {"hs_merged_object_ids": "1;99"}, other]) == [(1, 2, "email;name")]


def test_several_reasons_add_up_and_the_surest_group_comes_first():
    sure = {"email": "a@acme.example", "associatedcompanyid": 7}
    found = found_in(
        frame(
            contact(lastname="Ek", phone="+47 22 123456"),
            contact(lastname="Ek", phone="022-123456"),
            contact(**sure),
            contact(**sure),
        ),
        "contacts",
    )

    assert found.pairs["reasons"].tolist() == ["email;name", "phone"]
    assert found.pairs["group"].tolist() == [1, 2]
    assert found.pairs["score"].is_monotonic_decreasing
    assert found.pairs["score"].max() == 0.99, "nothing is certain"
    assert found.counts() == {"email": 1, "phone": 1, "name": 1}
    assert (found.records, found.groups, found.compared) == (4, 2, 4)


def test_records_that_are_one_by_way_of_another_are_one_group():
    found = found_in(
        frame(
            contact(email="a@acme.example"),
            contact(email="A@acme.example", phone="+47 22 123456"),
            contact(phone="+47 22 123456"),
            contact(firstname="Ole", lastname="Lie"),
        ),
        "contacts",
    )

    assert list(zip(found.pairs["first"], found.pairs["second"], strict=True)) == [(1, 2), (2, 3)]
    assert found.groups == 1
    assert found.records == 3
    assert found.only(("phone",))["group"].tolist() == [1]


def test_the_older_record_of_a_pair_comes_first():
    made = [contact(email="a@acme.example", createdate=f"2026-01-0{day}") for day in (3, 1, 2)]

    assert [pair[:2] for pair in pairs(made)] == [(2, 1), (2, 3), (3, 1)]


def test_a_crowd_that_shares_something_is_counted_and_not_paired():
    crowd = [contact(email=f"a+{number}@acme.example", lastname=f"N{number}") for number in range(201)]

    found = found_in(frame(*crowd), "contacts")

    assert (len(found.pairs), found.crowded) == (0, 201)
    assert found_in(frame(*crowd[:200]), "contacts").groups == 1


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_a_portal_without_records_or_without_properties_has_no_duplicates(object_type):
    none = found_in(pd.DataFrame({"hs_object_id": np.array([], np.int64)}), object_type)
    bare = found_in(pd.DataFrame({"hs_object_id": np.arange(3)}), object_type)

    assert (len(none.pairs), none.groups, none.records) == (0, 0, 0)
    assert (
        none.pairs.dtypes.astype(str).to_dict()
        == found_in(frame(contact()), "contacts").pairs.dtypes.astype(str).to_dict()
    )
    assert bare.missing == RULES[object_type]


def test_progress_is_told_after_each_rule():
    told = []

    found_in(frame(contact()), "contacts", progress=told.append)

    assert told == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1]


def test_pairs_are_rows_of_the_older_record_with_the_other_beside():
    records = frame(
        contact(email="a@acme.example"),
        contact(email="A@acme.example", firstname="Anne"),
        contact(lastname="Ek", phone="+47 22 123456"),
        contact(lastname="Ek", phone="022-123456"),
    )

    rows = pair_rows(
        {"contacts": records}, portal(), Question("duplicates.pairs", "contacts", ("email",)), date(2026, 11, 23)
    )

    assert rows["hs_object_id"].tolist() == [1]
    assert rows["duplicate.other_id"].tolist() == [2]
    assert rows["duplicate.other_name"].tolist() == ["Anne Berg"]
    assert rows["duplicate.reasons"].tolist() == [REASONS["email"]]
    assert rows["duplicate.score"].tolist() == [98]
    assert {name for name in rows if "." in name} <= set(DERIVED_LABELS)


def test_two_records_side_by_side_begin_with_who_they_are_and_mark_what_differs():
    records = [
        {
            "email": "a@acme.example",
            "lifecyclestage": "lead",
            "createdate": "2026-01-31T23:30:00Z",
            "country": "Norway",
        },
        {"email": "b@acme.example", "lifecyclestage": "lead", "createdate": "2026-02-01T10:00:00Z", "num_notes": 1200},
    ]

    told = difference(contacts_joined(contacts(*records), None), portal(), "contacts")

    label = partial(portal().label, "contacts")
    assert told.iloc[1:].fillna("").to_numpy().tolist() == [
        [label("email"), "a@acme.example", "b@acme.example", DIFFERENT],
        [label("country"), "Norway", "", ONE_SIDED],
        [label("createdate"), "1 Feb 2026, 00:30", "1 Feb 2026, 11:00", DIFFERENT],
        [label("lifecyclestage"), "Lead", "Lead", EQUAL],
        [label("num_notes"), "", "1,200", ONE_SIDED],
    ]
    assert told["property"][0] == "Name"


def test_masked_records_are_compared_as_they_are():
    both = contacts_joined(contacts({"email": "a@acme.example"}, {"email": "b@acme.example"}), None)

    told = difference(both, portal(), "contacts", masked(both, portal(), "contacts")).set_index("property")

    assert told.loc[portal().label("contacts", "email")].tolist() == ["•••", "•••", DIFFERENT]

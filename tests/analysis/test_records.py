import pandas as pd
import pytest

from hubspot.analysis.records import (
    COMPANY_INDUSTRY,
    COMPANY_NAME,
    CONTACT_COUNT,
    NAME,
    SEARCH,
    as_category,
    companies_joined,
    contacts_joined,
    decoded,
    names,
    search_words,
    value_labels,
)
from hubspot.portal import COMPANIES, CONTACTS
from tests.analysis.factories import companies, contacts, portal


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"firstname": "Amara", "lastname": "Herrera"}, "Amara Herrera"),
        ({"firstname": " Amara ", "lastname": "  "}, "Amara"),
        ({"lastname": "Herrera", "email": "a@x.example"}, "Herrera"),
        ({"email": "a@x.example"}, "a@x.example"),
        ({"hs_object_id": 42}, "Contact 42"),
    ],
)
def test_a_contact_is_called_by_name_then_address_then_number(record, name):
    assert names(contacts(record), CONTACTS).tolist() == [name]


def test_a_company_is_called_by_name_then_domain_then_number():
    frame = companies({"name": "Cobalt"}, {"domain": "tessera.example"}, {"hs_object_id": 7})

    assert names(frame, COMPANIES).tolist() == ["Cobalt", "tessera.example", "Company 7"]


def test_names_need_no_column_but_the_id():
    assert names(contacts({}, {})[["hs_object_id"]], CONTACTS).tolist() == ["Contact 1", "Contact 2"]


def test_a_contact_gets_its_companys_name_and_industry():
    joined = contacts_joined(
        contacts({"associatedcompanyid": 900}, {"associatedcompanyid": 901}, {}),
        companies(
            {"hs_object_id": 901, "name": "Tessera"}, {"hs_object_id": 900, "name": "Cobalt", "industry": "BANKING"}
        ),
    )

    assert joined[COMPANY_NAME].tolist()[:2] == ["Cobalt", "Tessera"]
    assert joined[COMPANY_INDUSTRY].isna().tolist() == [False, True, True]
    assert joined[COMPANY_NAME].isna().tolist() == [False, False, True]


def test_a_company_that_is_not_loaded_yet_leaves_the_name_missing():
    joined = contacts_joined(contacts({"associatedcompanyid": 900}), companies())

    assert joined[COMPANY_NAME].isna().all()
    assert joined[COMPANY_INDUSTRY].isna().all()


def test_without_the_companies_scope_there_are_no_company_columns():
    joined = contacts_joined(contacts({"associatedcompanyid": 900}), None)

    assert COMPANY_NAME not in joined
    assert COMPANY_INDUSTRY not in joined


def test_a_company_counts_the_contacts_it_is_the_primary_company_of():
    joined = companies_joined(
        companies({"hs_object_id": 900}, {"hs_object_id": 901}, {"hs_object_id": 902}),
        contacts(*({"associatedcompanyid": company} for company in (900, 900, 902, 999, None))),
    )

    assert joined[CONTACT_COUNT].tolist() == [2, 0, 1]
    assert CONTACT_COUNT not in companies_joined(companies({}), None)


def test_joining_leaves_the_given_frames_alone():
    given = contacts({"associatedcompanyid": 900})
    columns = list(given.columns)

    contacts_joined(given, companies({"hs_object_id": 900}))

    assert list(given.columns) == columns


def test_joining_keeps_the_index_of_a_filtered_frame():
    some = contacts({"email": "a@x"}, {"email": "b@x", "associatedcompanyid": 900}).iloc[1:]

    joined = contacts_joined(some, companies({"hs_object_id": 900, "name": "Cobalt"}))

    assert joined[COMPANY_NAME].to_dict() == {1: "Cobalt"}
    assert joined[NAME].to_dict() == {1: "b@x"}


def test_search_text_holds_name_address_and_company_without_case_and_accents():
    joined = contacts_joined(
        contacts({"firstname": "Tomás", "lastname": "Dahl", "email": "T.Dahl@x.example", "associatedcompanyid": 900}),
        companies({"hs_object_id": 900, "name": "Vantage RAIL"}),
    )

    assert joined[SEARCH].tolist() == ["tomas dahl\nt.dahl@x.example\nvantage rail"]
    assert search_words("  TOMÁS   rail ") == ("tomas", "rail")


def test_empty_frames_join_to_empty_frames_with_the_same_columns():
    empty = contacts_joined(contacts(), companies())
    filled = contacts_joined(contacts({"associatedcompanyid": 900}), companies({"hs_object_id": 900, "name": "Cobalt"}))

    assert list(empty.columns) == list(filled.columns)
    assert len(empty) == len(companies_joined(companies(), contacts())) == 0


def test_decoding_shows_labels_in_place_of_values():
    frame = contacts(
        {
            "lifecyclestage": "lead",
            "hubspot_owner_id": "102",
            "hs_email_optout": True,
            "hs_buying_role": "CHAMPION;END_USER",
        },
        {
            "lifecyclestage": "51439524",
            "hubspot_owner_id": "999",
            "hs_email_optout": False,
            "hs_buying_role": ";END_USER",
        },
        {},
    )

    readable = decoded(frame, portal(), CONTACTS)

    assert readable["lifecyclestage"].tolist()[:2] == ["Lead", "51439524"]
    assert readable["hubspot_owner_id"].tolist()[:2] == ["Ana Silva (deactivated)", "Owner 999"]
    assert readable["hs_email_optout"].tolist()[:2] == ["Opted out", "Reachable"]
    assert readable["hs_buying_role"].tolist()[:2] == ["Champion; End user", "End user"]
    assert readable.iloc[2][["lifecyclestage", "hubspot_owner_id", "hs_email_optout", "hs_buying_role"]].isna().all()
    assert frame["lifecyclestage"].tolist()[0] == "lead"


def test_decoding_an_empty_frame_keeps_its_columns():
    assert list(decoded(contacts(), portal(), CONTACTS).columns) == list(contacts().columns)


def test_a_contacts_company_industry_has_the_companies_labels():
    joined = contacts_joined(contacts({"associatedcompanyid": 1}), companies({"industry": "COMPUTER_SOFTWARE"}))

    assert decoded(joined, portal(), CONTACTS)[COMPANY_INDUSTRY].tolist() == ["Computer Software"]


def test_labels_stay_unique_when_a_retired_value_looks_like_a_label():
    labels = value_labels(portal(), CONTACTS, column="lifecyclestage", values=["lead", "Lead"])

    assert labels["lead"] == "Lead"
    assert labels["Lead"] == "Lead (Lead)"


def test_booleans_become_the_words_hubspot_writes():
    categories = as_category(pd.Series([True, None, False], dtype="boolean"))

    assert categories.tolist()[0] == "true"
    assert categories.tolist()[2] == "false"
    assert categories.isna().tolist() == [False, True, False]

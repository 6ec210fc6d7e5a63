from dataclasses import replace

import pytest

from hubspot.analysis.masking import MASK, masked, without_people
from hubspot.analysis.records import COMPANY_NAME, NAME, companies_joined, contacts_joined
from hubspot.portal import COMPANIES, CONTACTS, Owner
from tests.analysis.factories import companies, contacts, portal

AMARA = {
    "hs_object_id": 51,
    "firstname": "Amara",
    "lastname": "Herrera",
    "email": "amara@cobalt.example",
    "phone": "+49 30 1234567",
    "country": "Chile, amara@home.example, 030/1234567",
    "lifecyclestage": "lead",
    "associatedcompanyid": 900,
}
COBALT = {"hs_object_id": 900, "name": "Cobalt", "domain": "cobalt.example", "industry": "BANKING"}


def contact():
    joined = contacts_joined(contacts(AMARA, {"hs_object_id": 52}), companies(COBALT))
    return masked(joined, portal(), CONTACTS)


@pytest.mark.parametrize("column", ["firstname", "lastname", "email", "phone", COMPANY_NAME, "company.domain"])
def test_what_tells_who_somebody_is_is_masked_whole(column):
    shown = contact()

    assert shown[column].iloc[0] == MASK
    assert shown[column].isna().iloc[1]


def test_a_record_is_called_by_its_id():
    assert contact()[NAME].tolist() == ["Contact 51", "Contact 52"]
    company = masked(companies_joined(companies(COBALT), None), portal(), COMPANIES)
    assert company[NAME].tolist() == ["Company 900"]
    assert company["domain"].tolist() == [MASK]


def test_other_texts_lose_addresses_and_numbers_only():
    assert contact()["country"].iloc[0] == f"Chile, {MASK}, {MASK}"


def test_options_numbers_and_ids_stay():
    shown = contact()

    assert shown["lifecyclestage"].iloc[0] == "lead"
    assert shown["associatedcompanyid"].iloc[0] == 900
    assert shown["company.industry"].iloc[0] == "BANKING"


def test_the_search_text_tells_nothing():
    assert not contact()["record.search"].str.contains("amara|cobalt|herrera").any()


def test_owners_have_no_names():
    assert without_people(portal()).option_labels(CONTACTS, "hubspot_owner_id") == {
        "100": "Owner A",
        "101": "Owner B",
        "102": "Owner C (deactivated)",
    }


def test_more_owners_than_letters_are_told_apart():
    many = replace(portal(), owners=tuple(Owner(str(number), "Jo", "Doe") for number in range(900, 900 + 703)))

    names = [owner.name for owner in without_people(many).owners]

    assert [names[place][6:] for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert len(set(names)) == 703

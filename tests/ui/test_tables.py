from dataclasses import replace

import pandas as pd
import pytest

from hubspot.analysis.records import COMPANY_NAME, CONTACT_COUNT, NAME, companies_joined, contacts_joined
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui.tables import headers, table
from tests.analysis.factories import companies, contacts, definition, portal

AMARA = {
    "hs_object_id": 51,
    "firstname": "Amara",
    "lastname": "Herrera",
    "email": "amara@cobalt.example",
    "lifecyclestage": "lead",
    "hubspot_owner_id": "100",
    "hs_analytics_source": "OFFLINE",
    "associatedcompanyid": 900,
    "createdate": "2026-11-22T23:30:00Z",
}
COBALT = {"hs_object_id": 900, "name": "Cobalt", "industry": "BANKING", "annualrevenue": 1_500_000.0}


def contact_table(*records, of=None, without=(), **options):
    joined = contacts_joined(contacts(*records, without=without), companies(COBALT))
    return table(joined, of or portal(), CONTACTS, **options)


def company_table(*records, **options):
    joined = companies_joined(companies(*records), contacts(AMARA))
    return table(joined, portal(), COMPANIES, **options)


def first_row(shown):
    return shown.frame.iloc[0].to_dict()


def test_a_contact_is_shown_with_labels_names_and_its_company():
    row = first_row(contact_table(AMARA, links=False))

    assert row == {
        "Name": "Amara Herrera",
        "Lifecycle Stage": "Lead",
        "Owner": "Maya Ortiz",
        "Company": "Cobalt",
        "Original Traffic Source": "Offline sources",
        "Create Date": pd.Timestamp("2026-11-23 00:30"),
        "Email": "amara@cobalt.example",
    }


def test_a_company_is_shown_with_its_contacts_and_its_money():
    row = first_row(company_table(COBALT, links=False))

    assert row["Primary contacts"] == 1
    assert row["Industry"] == "Banking"
    assert row["Annual Revenue (EUR)"] == 1_500_000


@pytest.mark.parametrize("object_type", [CONTACTS, COMPANIES])
def test_no_header_is_an_internal_name(object_type):
    shown = contact_table(AMARA) if object_type == CONTACTS else company_table(COBALT)

    internal = {each.name for each in portal().properties[object_type]} | {NAME, COMPANY_NAME, CONTACT_COUNT}

    assert not internal & set(shown.frame.columns)
    assert set(shown.config) == set(shown.frame.columns)
    assert all(config["label"] == column for column, config in shown.config.items())


def test_two_properties_with_one_label_stay_two_columns():
    labels = headers(portal(), CONTACTS, ["createdate", "email", NAME, "name"])

    assert labels[NAME] == "Name"
    assert len(set(labels.values())) == 4


def test_a_day_is_the_portals():
    shown = contact_table(AMARA, of=portal(time_zone="America/New_York"))

    assert shown.frame["Create Date"].tolist() == [pd.Timestamp("2026-11-22 18:30")]
    assert shown.config["Create Date"]["type_config"]["format"] == "D MMM YYYY"


def test_beside_each_name_stands_a_link_to_its_record_in_hubspot():
    shown = contact_table(AMARA)

    assert list(shown.frame.columns[:2]) == ["Name", "HubSpot"]
    assert shown.frame["HubSpot"].tolist() == ["https://app.hubspot.com/contacts/4711/record/0-1/51"]
    assert shown.config["HubSpot"]["type_config"]["type"] == "link"


@pytest.mark.parametrize("host", ["evil.example", "app.hubspot.com.evil.example", "hubspot.com@evil.example", ""])
def test_a_host_that_is_not_hubspots_gets_no_links(host):
    shown = contact_table(AMARA, of=portal(ui_domain=host))

    assert "HubSpot" not in shown.frame


@pytest.mark.parametrize("host", ["app.hubspot.com", "app-eu1.hubspot.com"])
def test_every_hubspot_host_gets_links(host):
    assert contact_table(AMARA, of=portal(ui_domain=host)).frame["HubSpot"].iloc[0].startswith(f"https://{host}/")


def test_links_can_be_switched_off():
    assert "HubSpot" not in contact_table(AMARA, links=False).frame


def test_only_our_own_addresses_are_links():
    shown = contact_table(AMARA | {"email": "https://evil.example", "country": "https://evil.example"})

    kinds = {label: config["type_config"]["type"] for label, config in shown.config.items()}

    assert [label for label, kind in kinds.items() if kind == "link"] == ["HubSpot"]


def test_chosen_columns_come_in_their_order_and_unknown_ones_not_at_all():
    shown = contact_table(AMARA, columns=["email", "no_such_property", "num_notes", NAME])

    assert list(shown.frame.columns) == ["Email", "Number of Sales Activities", "Name", "HubSpot"]


def test_columns_that_the_portal_lacks_are_left_out():
    shown = contact_table(AMARA, without=["hs_analytics_source", "hubspot_owner_id"])

    assert "Original Traffic Source" not in shown.frame


def test_empty_cells_are_missing_and_shown_as_a_dash():
    shown = contact_table({"hs_object_id": 7}, links=False)

    assert shown.frame.iloc[0].drop("Name").isna().all()
    assert shown.options(10)["placeholder"] == "\N{EN DASH}"


def test_yes_and_no_are_words_of_the_portal_and_several_choices_their_labels():
    shown = contact_table(
        AMARA | {"hs_email_optout": True, "hs_buying_role": "END_USER;CHAMPION"},
        columns=["hs_email_optout", "hs_buying_role"],
    )

    assert first_row(shown) == {"Unsubscribed": "Opted out", "Buying Role": "End user; Champion"}


def test_numbers_stay_numbers_and_ids_have_no_separators():
    shown = contact_table(AMARA | {"num_notes": 3.0}, columns=["hs_object_id", "num_notes", "associatedcompanyid"])

    formats = [config["type_config"]["format"] for config in shown.config.values()]

    assert formats == ["%d", "localized", "%d"]
    assert shown.frame["Number of Sales Activities"].dtype == "float64"


def test_the_rows_keep_the_order_of_the_frame():
    joined = contacts_joined(contacts({"email": "b@x"}, {"email": "a@x"}), None).iloc[::-1]

    shown = table(joined, portal(), CONTACTS, columns=["email"])

    assert shown.frame["Email"].tolist() == ["a@x", "b@x"]
    assert shown.frame.index.tolist() == [0, 1]


@pytest.mark.parametrize(("rows", "height"), [(0, 34 + 32 + 2), (3, 34 + 96 + 2), (50, 34 + 13 * 32 + 2)])
def test_a_table_is_as_high_as_whole_rows(rows, height):
    assert contact_table(*[{}] * rows).options(13)["height"] == height


def test_an_empty_table_has_the_columns_of_a_filled_one():
    assert list(contact_table().frame.columns) == list(contact_table(AMARA).frame.columns)


@pytest.mark.parametrize("label", ["HubSpot", "Name", " HubSpot\n", "Name (email)", "\u202e", ""])
def test_a_property_may_be_called_like_a_column_of_ours(label):
    given = portal()
    others = [each for each in given.properties[CONTACTS] if each.name not in {"email", "country"}]
    called = [replace(given.property_named(CONTACTS, "email"), label=label), definition("country", "str", label=label)]
    of = replace(given, properties={CONTACTS: (*others, *called)})

    shown = contact_table(AMARA | {"country": "Spain"}, of=of, columns=[NAME, "email", "country"])

    assert len(set(shown.frame.columns)) == len(shown.config) == 4
    assert all(text == " ".join(text.split()) != "" for text in shown.frame.columns)
    assert first_row(shown)["Name"] == "Amara Herrera"

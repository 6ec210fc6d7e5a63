import datetime as dt
import json

import pytest

from hubspot.portal import COMPANIES, CONTACTS, Account, Option, Owner, Portal, Property


def portal(**fields):
    return Portal(**{"account": Account(123, time_zone="Europe/Berlin", currency="EUR"), **fields})


def enumeration(name, *options, **fields):
    return Property(name, name.title(), "enumeration", options=options, **fields)


def test_a_record_url_names_portal_object_and_record():
    account = Account(123, ui_domain="app-eu1.hubspot.com")

    assert account.record_url(CONTACTS, 9) == "https://app-eu1.hubspot.com/contacts/123/record/0-1/9"
    assert account.record_url(COMPANIES, 9) == "https://app-eu1.hubspot.com/contacts/123/record/0-2/9"


def test_stages_stand_in_the_portals_own_order():
    stages = enumeration("lifecyclestage", Option("customer", "Kunde", 2), Option("51439524", "Test drive", 1))

    assert [(stage.value, stage.order) for stage in portal(properties={CONTACTS: (stages,)}).stages(CONTACTS)] == [
        ("51439524", 0),
        ("customer", 1),
    ]
    assert portal().stages(CONTACTS) == ()


def test_two_options_of_one_label_stay_apart():
    options = (Option("a", "Same"), Option("b", "Same"), Option("c", ""))
    found = portal(properties={CONTACTS: (enumeration("x", *options),)})

    assert found.option_labels(CONTACTS, "x") == {"a": "Same", "b": "Same (b)", "c": "(c)"}


def test_owners_label_the_properties_that_refer_to_them():
    owners = (Owner("1", "Maya", "Ortiz"), Owner("2", "Tom", "Reed", archived=True), Owner("3"))
    found = portal(properties={CONTACTS: (enumeration("owner", references="OWNER"),)}, owners=owners)

    assert found.option_labels(CONTACTS, "owner") == {"1": "Maya Ortiz", "2": "Tom Reed (deactivated)", "3": "Owner 3"}


def test_a_property_the_portal_does_not_define_is_shown_by_its_name():
    assert portal().label(CONTACTS, "jobtitle") == "jobtitle"
    assert portal().option_labels(CONTACTS, "jobtitle") == {}


def test_a_group_is_called_what_hubspot_calls_it_and_otherwise_its_name_in_words():
    found = portal(groups={CONTACTS: {"contactinformation": "Kontaktdaten", "own": "Ours"}})

    assert found.group_label(CONTACTS, "contactinformation") == "Kontaktdaten"
    assert found.group_label(COMPANIES, "companyinformation") == "Company information"
    assert found.group_label(CONTACTS, "sales_properties") == "Sales properties"
    assert found.group_label(CONTACTS, "") == "Other"
    assert [found.group_place(CONTACTS, each) for each in ("contactinformation", "own", "unknown")] == [0, 1, 2]


@pytest.mark.parametrize("read_at", [None, dt.datetime(2026, 11, 23, tzinfo=dt.UTC)])
def test_a_portal_survives_json(read_at):
    whole = portal(
        properties={CONTACTS: (enumeration("x", Option("a", "A")),), COMPANIES: ()},
        owners=(Owner("1", email="maya@example.com"),),
        read_at=read_at,
        groups={CONTACTS: {"own": "Ours"}},
    )

    assert Portal.from_json(json.loads(json.dumps(whole.to_json()))) == whole


def test_a_portal_that_was_stored_before_groups_were_loaded_is_read():
    stored = portal().to_json()
    del stored["groups"]

    assert Portal.from_json(stored) == portal()


def test_an_owners_address_stays_out_of_the_repr():
    assert "maya@example.com" not in repr(Owner("1", email="maya@example.com"))


@pytest.mark.parametrize(
    "labels",
    [("A", "A", "A (2)"), ("A (2)", "A", "A"), ("A", "a", " A ", "A (3)", "A (3) (3)"), ("", " ", "()", "(1)", "(2)")],
)
def test_no_two_options_ever_look_alike(labels):
    options = [Option(str(number), label) for number, label in enumerate(labels, start=1)]
    found = portal(properties={CONTACTS: (enumeration("lifecyclestage", *options),)})

    told = found.option_labels(CONTACTS, "lifecyclestage")
    assert len({" ".join(label.casefold().split()) for label in told.values()} - {""}) == len(labels)
    assert sorted(told.values()) == sorted(stage.label for stage in found.stages(CONTACTS))


def test_two_properties_of_one_label_are_told_apart_wherever_a_label_is_read():
    first, second = (Property(name, "Lead source", "string", group="mine") for name in ("lead_source", "source_2"))
    found = portal(properties={CONTACTS: (first, second, Property("bare", "", "string"))})

    assert [each.label for each in found.properties[CONTACTS]] == ["Lead source", "Lead source (source_2)", "bare"]
    assert found.label(CONTACTS, "source_2") == "Lead source (source_2)"
    assert Portal.from_json(json.loads(json.dumps(found.to_json()))) == found

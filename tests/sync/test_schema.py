import pyarrow as pa
import pytest

from hubspot.portal import STAGE_DATES, Option, Property
from hubspot.sync.schema import BASE, MODIFIED, arrow_schema, arrow_type, wanted


@pytest.mark.parametrize(("object_type", "modified"), MODIFIED.items())
def test_the_base_table_has_about_fifty_names_each_once(object_type, modified):
    names = BASE[object_type]

    assert len(names) == len(set(names))
    assert 40 <= len(names) <= 55
    assert names[:3] == ("hs_object_id", "createdate", modified)


def test_names_a_portal_does_not_define_are_left_out():
    assert wanted("contacts", [define("email"), define("hs_unheard_of")]) == (
        "hs_object_id",
        "createdate",
        "lastmodifieddate",
        "email",
    )


def test_custom_properties_come_after_the_base_table():
    definitions = [define("favourite_tea", hubspot_defined=False), define("email")]

    assert wanted("contacts", definitions)[-2:] == ("email", "favourite_tea")


def test_each_stage_brings_every_generation_of_its_date_the_newest_of_all_stages_first():
    stages = tuple(Option(value, value) for value in ("lead", "customer", "51439524", "other"))
    definitions = [
        define("lifecyclestage", type="enumeration", options=stages),
        define("hs_date_entered_lead"),
        define("hs_lifecyclestage_lead_date"),
        define("hs_v2_date_entered_lead"),
        define("hs_lifecyclestage_customer_date"),
        define("hs_v2_date_entered_customer"),
        define("hs_date_entered_51439524"),
    ]

    assert wanted("contacts", definitions)[3:] == (
        "lifecyclestage",
        "hs_v2_date_entered_lead",
        "hs_v2_date_entered_customer",
        "hs_lifecyclestage_lead_date",
        "hs_lifecyclestage_customer_date",
        "hs_date_entered_lead",
        "hs_date_entered_51439524",
    )


def test_more_stages_than_fit_into_a_url_lose_their_oldest_dates():
    stages = tuple(f"{number:08}" for number in range(80))
    dates = [define(pattern.format(stage)) for pattern in STAGE_DATES for stage in stages]
    options = tuple(Option(value, value) for value in stages)

    names = wanted("contacts", [*reversed(dates), define("lifecyclestage", type="enumeration", options=options)])

    assert names[4:] == tuple(each.name for each in dates[: len(names) - 4])
    assert 80 < len(names) - 4 < len(dates)
    assert len(",".join(names)) <= 5_000


def test_more_custom_properties_than_fit_into_a_url_are_cut_at_the_end():
    definitions = [define(f"custom_property_{number:04}", hubspot_defined=False) for number in range(1_000)]

    names = wanted("contacts", definitions)

    assert names[3:] == tuple(each.name for each in definitions[: len(names) - 3])
    assert len(",".join(names)) <= 5_000


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({"name": "hs_object_id", "type": "number"}, pa.int64()),
        ({"name": "associatedcompanyid", "type": "number"}, pa.int64()),
        ({"name": "hs_parent_company_id", "type": "number"}, pa.int64()),
        ({"name": "reseller", "type": "number", "references": "COMPANY"}, pa.int64()),
        ({"type": "number"}, pa.float64()),
        ({"type": "datetime"}, pa.timestamp("us", tz="UTC")),
        ({"type": "date"}, pa.date32()),
        ({"type": "bool"}, pa.bool_()),
        ({"type": "enumeration", "field_type": "booleancheckbox"}, pa.bool_()),
        ({"type": "enumeration", "field_type": "select"}, pa.dictionary(pa.int32(), pa.string())),
        ({"type": "enumeration", "references": "OWNER"}, pa.dictionary(pa.int32(), pa.string())),
        ({"type": "enumeration", "field_type": "checkbox"}, pa.string()),
        ({"type": "string"}, pa.string()),
        ({"type": "phone_number"}, pa.string()),
        ({"type": "json"}, pa.string()),
        ({"type": "invented_next_year"}, pa.string()),
    ],
)
def test_every_type_of_hubspots_has_a_column_type(definition, expected):
    assert arrow_type(define(**{"name": "property", **definition})) == expected


def test_the_columns_come_in_the_order_of_the_names_and_only_the_id_is_never_empty():
    schema = arrow_schema([define("email"), define("amount", type="number")], ("hs_object_id", "amount", "email"))

    assert schema.names == ["hs_object_id", "amount", "email"]
    assert [field.nullable for field in schema] == [False, True, True]
    assert schema.metadata is None


def test_dates_hubspot_always_sends_are_dates_even_when_the_portal_does_not_define_them():
    schema = arrow_schema([], ("hs_object_id", "createdate", "hs_lastmodifieddate"))

    assert [str(field.type) for field in schema] == ["int64", "timestamp[us, tz=UTC]", "timestamp[us, tz=UTC]"]


def define(name, **fields):
    return Property(**{"name": name, "label": name, "type": "string", **fields})

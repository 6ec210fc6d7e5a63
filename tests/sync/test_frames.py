import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot.analysis.calendar import wall_clock
from hubspot.errors import UnreadableResponse
from hubspot.portal import Property
from hubspot.sync.frames import TableBuilder, distinct, read_date, read_datetime, to_frame, to_table
from hubspot.sync.pages import Piece
from hubspot.sync.schema import arrow_schema

DEFINITIONS = [
    Property("email", "E-mail", "string"),
    Property("createdate", "Created", "datetime"),
    Property("birthday", "Birthday", "date"),
    Property("amount", "Amount", "number"),
    Property("lifecyclestage", "Stage", "enumeration", "radio"),
    Property("tags", "Tags", "enumeration", "checkbox"),
    Property("hs_email_optout", "Opted out", "bool", "booleancheckbox"),
    Property("associatedcompanyid", "Company", "number"),
]
NO_DAY = ("0001-01-01", "0000-01-01", "9999-12-31", "9999-12-31T23:59:59.999Z")
NAMES = ("hs_object_id", *(each.name for each in DEFINITIONS))
SCHEMA = arrow_schema(DEFINITIONS, NAMES)
DTYPES = {
    "hs_object_id": "int64",
    "email": "str",
    "createdate": "datetime64[us, UTC]",
    "birthday": "datetime64[us]",
    "amount": "float64",
    "lifecyclestage": "category",
    "tags": "str",
    "hs_email_optout": "boolean",
    "associatedcompanyid": "Int64",
}
FULL = {
    "email": "ada@lovelace.example",
    "createdate": "2024-05-01T12:34:56.789Z",
    "birthday": "2024-05-01",
    "amount": "1500.5",
    "lifecyclestage": "lead",
    "tags": "A;B",
    "hs_email_optout": "true",
    "associatedcompanyid": "123456789012",
}


def record_of(record_id=1, **properties):
    return {"id": str(record_id), "properties": FULL | properties}


def piece_of(*records):
    return Piece(json.dumps({"results": records}).encode())


def table_of(*pages):
    return to_table([piece_of(*page) for page in pages], SCHEMA)[0]


@pytest.mark.parametrize(
    "pages",
    [
        [],
        [[]],
        [[record_of()]],
        [[record_of(1), record_of(2, **dict.fromkeys(FULL))]],
        [[{"id": "1", "properties": {}}]],
        [[record_of(number) for number in range(100)] for _ in range(45)],
    ],
)
def test_every_portal_gives_the_same_types(pages):
    table = table_of(*pages)
    frame = to_frame(table)

    assert table.schema == SCHEMA
    assert frame.dtypes.astype(str).to_dict() == DTYPES
    assert str(frame["lifecyclestage"].cat.categories.dtype) == "str"


def test_values_arrive_typed():
    values = table_of([record_of(42)]).to_pylist()[0]

    assert values == {
        "hs_object_id": 42,
        "email": "ada@lovelace.example",
        "createdate": datetime(2024, 5, 1, 12, 34, 56, 789_000, UTC),
        "birthday": date(2024, 5, 1),
        "amount": 1500.5,
        "lifecyclestage": "lead",
        "tags": "A;B",
        "hs_email_optout": True,
        "associatedcompanyid": 123456789012,
    }


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_empty_and_missing_are_no_value(nothing):
    missing = {"id": "1", "properties": {}}
    frame = to_frame(table_of([record_of(2, **dict.fromkeys(FULL, nothing)), missing]))

    assert frame.drop(columns="hs_object_id").isna().all().all()


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("createdate", "yesterday"),
        ("createdate", "9" * 30),
        ("birthday", "2024-13-01"),
        ("amount", "1,500"),
        ("amount", "inf"),
        ("amount", "NaN"),
        ("amount", "1e999"),
        ("hs_email_optout", "maybe"),
        ("associatedcompanyid", "12.5"),
        ("associatedcompanyid", "9" * 30),
    ],
)
def test_a_value_that_cannot_be_read_becomes_null_and_its_record_is_named(name, odd):
    builder = TableBuilder(SCHEMA)
    builder.add(piece_of(record_of(1), record_of(2, **{name: odd}), record_of(3)), 3)
    builder.flush()

    assert builder.verbatim == {name: {2: odd}}
    assert builder.table()[name].is_null().to_pylist() == [False, True, False]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Europe/Berlin", "America/Adak", "Asia/Manila", "Pacific/Niue"])
@pytest.mark.parametrize("name", ["createdate", "birthday"])
def test_what_has_no_day_in_some_time_zone_is_kept_as_text(zone, name):
    table, odd = to_table(
        [
            piece_of(
                *(record_of(at, **{name: text}) for at, text in enumerate(("0001-01-02", "9999-12-30"))),
                *(record_of(at, **{name: text}) for at, text in enumerate(NO_DAY, start=2)),
            )
        ],
        SCHEMA,
    )

    days = table[name].to_pylist()
    assert days[2:] == [None] * len(NO_DAY)
    assert [each if name == "birthday" else each.astimezone(ZoneInfo(zone)) for each in days[:2]]
    assert wall_clock(to_frame(table)[name], zone).notna().sum() == 2
    assert odd == {name: dict(enumerate(NO_DAY, start=2))}


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("12345678901234567", 12345678901234568.0),
        ("9007199254740993000", 9007199254740993024.0),
        ("0.12345678901234567890123", 0.12345678901234568),
        ("1e23", 1e23),
        ("-12345678901234567", -12345678901234568.0),
    ],
)
def test_a_number_of_too_many_digits_is_rounded_and_kept_as_text(text, held):
    table, odd = to_table([piece_of(record_of(1), record_of(2, amount=text), record_of(3, amount=None))], SCHEMA)

    assert table["amount"].to_pylist() == [1500.5, held, None]
    assert odd == {"amount": {2: text}}


@pytest.mark.parametrize(
    "text",
    ["10000000000000000", "1.2345678901234568E16", "1500.500000000000000000", "33.333333333333336", "1e3"],
)
def test_a_number_that_the_column_holds_exactly_is_not_kept_beside_it(text):
    assert to_table([piece_of(record_of(1, amount=text))], SCHEMA)[1] == {}


@pytest.mark.parametrize("text", ["9007199254740993.0", "9.007199254740993e15", "9007199254740993"])
def test_an_id_keeps_every_digit_however_it_is_written(text):
    assert table_of([record_of(1, associatedcompanyid=text)])["associatedcompanyid"].to_pylist() == [9007199254740993]


@pytest.mark.parametrize("value", ["7", "", "seven", None, 7])
@pytest.mark.parametrize("name", ["id", "properties", "results", "value", "old", "new", "n", "Id", "a.b", "a b"])
def test_a_property_of_any_name_is_a_property_and_no_key_of_ours(name, value):
    schema = arrow_schema([Property(name, "Anything", "string")], ("hs_object_id", name))

    table, odd = to_table([piece_of({"id": "42", "properties": {name: value, "hs_object_id": "x"}})], schema)

    assert table.to_pylist() == [{"hs_object_id": 42, name: str(value) if value else None}]
    assert odd == {}


@pytest.mark.parametrize("record_id", [None, "", "x", "4.5"])
def test_a_record_without_a_number_is_an_answer_that_cannot_be_read(record_id):
    with pytest.raises(UnreadableResponse, match="without a number"):
        to_table([piece_of({"id": record_id, "properties": {}})], SCHEMA)


def test_what_a_record_had_before_it_came_again_is_forgotten():
    builder = TableBuilder(SCHEMA)
    for amount in ("1;2", "12"):
        builder.add(piece_of(record_of(1, amount=amount), record_of(2, amount="few")), 2)
        builder.flush()

    assert builder.verbatim == {"amount": {2: "few"}}


@pytest.mark.parametrize(
    ("name", "wire", "expected"),
    [
        ("amount", "0.2000000000000000111", 0.2),
        ("amount", "1e3", 1000.0),
        ("amount", 1500, 1500.0),
        ("associatedcompanyid", "1.23456789012e11", 123456789012),
        ("associatedcompanyid", "9007199254740993", 9007199254740993),
        ("hs_email_optout", "False", False),
        ("hs_email_optout", False, False),
        ("email", 5, "5"),
        ("birthday", "2024-05-01T23:59:59Z", date(2024, 5, 1)),
        ("birthday", "1714521600000", date(2024, 5, 1)),
        ("createdate", "1714566896789", datetime(2024, 5, 1, 12, 34, 56, 789_000, UTC)),
        ("createdate", "2024-05-01T12:34:56Z", datetime(2024, 5, 1, 12, 34, 56, tzinfo=UTC)),
        ("createdate", "2024-05-01T12:34:56.7Z", datetime(2024, 5, 1, 12, 34, 56, 700_000, UTC)),
        ("createdate", "2024-05-01T14:34:56+02:00", datetime(2024, 5, 1, 12, 34, 56, tzinfo=UTC)),
        ("createdate", "2024-05-01T12:34:56", datetime(2024, 5, 1, 12, 34, 56, tzinfo=UTC)),
        ("createdate", "2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        ("createdate", "2024-05-01T12:34:56.123456789Z", datetime(2024, 5, 1, 12, 34, 56, 123_456, UTC)),
    ],
)
def test_odd_spellings_are_understood_beside_usual_ones(name, wire, expected):
    values = table_of([record_of(1), record_of(2, **{name: wire})])[name].to_pylist()

    assert values[1] == expected
    assert values[0] is not None


@given(st.text(max_size=30))
def test_no_text_makes_reading_a_date_fail(text):
    assert read_datetime(text) is None or read_datetime(text).tzinfo is UTC
    assert read_date(text) is None or isinstance(read_date(text), date)


@given(st.fixed_dictionaries(dict.fromkeys(FULL, st.none() | st.text(max_size=12) | st.integers() | st.booleans())))
def test_no_value_makes_a_load_fail(properties):
    table = table_of([{"id": "7", "properties": properties}, record_of(8)])

    assert table.schema == SCHEMA
    assert table["email"].to_pylist()[1] == FULL["email"]


def test_a_repeated_record_stays_once_in_its_last_form_and_records_are_in_order_of_id():
    pages = [[record_of(3), record_of(1, email="old@x.example")], [record_of(2), record_of(1, email="new@x.example")]]

    table = distinct(table_of(*pages))

    assert table["hs_object_id"].to_pylist() == [1, 2, 3]
    assert table["email"].to_pylist()[0] == "new@x.example"


def test_a_table_is_one_piece_whatever_its_pages_were():
    table = distinct(table_of(*[[record_of(each * 100 + at) for at in range(100)] for each in range(50)]))

    assert table.num_rows == 5_000
    assert {column.num_chunks for column in table.columns} == {1}


def test_the_first_page_shows_at_once_and_later_ones_in_larger_steps():
    builder = TableBuilder(SCHEMA)

    pages = [piece_of(*(record_of(page * 100 + at) for at in range(100))) for page in range(8)]
    shown = [builder.add(page, 100) is not None for page in pages]

    assert shown == [True, True, False, True, False, False, False, True]
    assert builder.table().num_rows == builder.num_records == 800


def test_a_growing_table_can_be_read_with_the_types_of_the_whole():
    builder = TableBuilder(SCHEMA)
    assert builder.table().schema == SCHEMA

    builder.add(piece_of(record_of(1, lifecyclestage="lead")), 1)
    builder.add(piece_of(record_of(2, lifecyclestage="customer")), 1)

    assert builder.table().schema == SCHEMA
    assert list(to_frame(builder.table())["lifecyclestage"]) == ["lead", "customer"]


def test_a_frame_of_a_table_without_an_id_keeps_its_other_types():
    frame = to_frame(pa.table({"n": pa.array([1, None], pa.int64())}))

    assert str(frame["n"].dtype) == "Int64"

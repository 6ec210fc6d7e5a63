import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot.analysis.records import COMPANY_NAME, NAME, contacts_joined
from hubspot.portal import CONTACTS
from hubspot.ui import downloads
from hubspot.ui.downloads import csv_parts, file_name
from tests.analysis.factories import companies, contacts, definition, portal

SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
SKIPPED = '" \t\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{EM SPACE}\N{ZERO WIDTH NO-BREAK SPACE}'


def written(*records, columns, of=None):
    joined = contacts_joined(contacts(*records), companies({"hs_object_id": 900, "name": "Cobalt"}))
    return b"".join(csv_parts(joined, of or portal(), CONTACTS, columns=columns))


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_file_starts_with_a_byte_order_mark_and_the_record_id():
    content = written({"hs_object_id": 51_000_000_001, "email": "a@x.example"}, columns=["email"])

    assert content.startswith(b"\xef\xbb\xbf")
    assert rows(content) == [{"Record ID": "51000000001", "Email": "a@x.example"}]


def test_the_record_id_comes_first_and_once_wherever_it_was_chosen():
    header = written({}, columns=["email", "hs_object_id", NAME]).decode("utf-8-sig").splitlines()[0]

    assert header == '"Record ID","Email","Name"'


def test_values_are_labels_and_joined_names():
    content = written(
        {
            "lifecyclestage": "lead",
            "hubspot_owner_id": "102",
            "associatedcompanyid": 900,
            "hs_email_optout": False,
            "hs_buying_role": "CHAMPION;END_USER",
        },
        columns=["lifecyclestage", "hubspot_owner_id", COMPANY_NAME, "hs_email_optout", "hs_buying_role"],
    )

    assert rows(content) == [
        {
            "Record ID": "1",
            "Lifecycle Stage": "Lead",
            "Owner": "Ana Silva (deactivated)",
            "Company": "Cobalt",
            "Unsubscribed": "Reachable",
            "Buying Role": "Champion; End user",
        }
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+49 30 1234", "+49301234", "-1-1", "- item", "@SUM(A1)", "=cmd|' /C calc'!A0", "=IMPORTXML(A1,B1)"),
        *("\tx", "\rx", "\nx", "  =1+1", "\N{NO-BREAK SPACE}=1", "\N{ZERO WIDTH NO-BREAK SPACE}@x"),
        *("\N{EM SPACE}=1", "\N{ZERO WIDTH SPACE}+1", "\N{NARROW NO-BREAK SPACE}-1-", "\N{SOFT HYPHEN}=1"),
        *(f"{sign}1" for sign in "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}"),
        "\N{FULLWIDTH COMMERCIAL AT}x",
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text):
    content = written({"email": text}, columns=["email"])

    assert rows(content)[0]["Email"] == f"'{text}"


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("x;=1+1", "x;'=1+1"),
        ("x\t@y", "x\t'@y"),
        ("two\n=lines", "two\n'=lines"),
        ('say;"=1+1"', 'say;"\'=1+1"'),
        ("\n=x", "'\n'=x"),
        ("a;+1;-2", "a;'+1;'-2"),
        ("x; =1+1", "x; '=1+1"),
        ("x;\N{NO-BREAK SPACE}=1+1", "x;\N{NO-BREAK SPACE}'=1+1"),
        ("x\n =1+1", "x\n '=1+1"),
        ("x\r\n\N{IDEOGRAPHIC SPACE}@y", "x\r\n\N{IDEOGRAPHIC SPACE}'@y"),
        ('x; " \t=1', "x; \" \t'=1"),
        ("x;\N{ZERO WIDTH SPACE}\N{EM SPACE}-1", "x;\N{ZERO WIDTH SPACE}\N{EM SPACE}'-1"),
        ("x\N{LINE SEPARATOR}=1", "x\N{LINE SEPARATOR}'=1"),
        ("x\N{NEXT LINE} +1", "x\N{NEXT LINE} '+1"),
    ],
)
def test_where_a_semicolon_or_a_line_begins_a_new_cell_it_is_no_formula_either(text, harmless):
    assert rows(written({"email": text}, columns=["email"]))[0]["Email"] == harmless


@pytest.mark.parametrize(("text", "bare"), [("\x00=1+1", "'=1+1"), ("a\x07b\x7fc", "abc"), ("\x1b;=1", "';=1")])
def test_controls_that_hide_a_formula_are_left_out(text, bare):
    assert rows(written({"email": text}, columns=["email"]))[0]["Email"] == bare.replace("';=", ";'=")


@pytest.mark.parametrize("text", ["-1", "-12.5", "-12,50", "-1,234.50"])
def test_a_negative_number_in_a_text_stays_a_number(text):
    assert rows(written({"email": text}, columns=["email"]))[0]["Email"] == text


@given(st.text(max_size=40) | st.text("=+-@;\t\r\n\" '1a\x00\xa0\u200b", max_size=12))
def test_no_text_at_all_makes_a_formula_in_any_cell(text):
    content = written({"email": text, "firstname": text}, columns=["email", NAME])

    for cell in rows(content)[0].values():
        assert is_harmless(cell), (text, cell)
    # As a spreadsheet reads it whose cells are parted by semicolons, and whose quotes count at the start of one only.
    _, *lines = re.split(r"\r\n|\r|\n", content.decode("utf-8-sig"))
    for cell in (cell for line in lines for cell in line.split(";")):
        assert not cell.lstrip(SKIPPED).startswith(SIGNS), (text, cell)


def is_harmless(cell):
    """Follow the rule of OWASP: no cell begins with a sign of a formula, a tab or a line end, but for a number."""
    is_number = re.fullmatch(r"-?\d+([.,]\d+)*", cell, re.ASCII)
    return bool(is_number) or not cell.startswith((*SIGNS, "\t", "\r", "\n"))


def test_owners_and_labels_are_quoted_too():
    given = portal(stages={"lead": "=HYPERLINK(1)"})
    others = [each for each in given.properties[CONTACTS] if each.name != "email"]
    of = replace(given, properties={CONTACTS: (*others, definition("email", "str", label="=1+1"))})

    row = rows(written({"lifecyclestage": "lead", "email": "a@x"}, columns=["email", "lifecyclestage"], of=of))[0]

    assert row == {"Record ID": "1", "'=1+1": "a@x", "Lifecycle Stage": "'=HYPERLINK(1)"}


@pytest.mark.parametrize("text", ["plain", "a=b", "O'Neil", "Quill, Ink & Co", 'say "hi"', "two\nlines", "Söhne 東京"])
def test_every_other_text_comes_back_as_it_was(text):
    assert rows(written({"email": text}, columns=["email"]))[0]["Email"] == text


def test_numbers_stay_numbers():
    content = written(
        {"num_notes": -3.0, "total_revenue": 1500.5}, {"num_notes": 12.0}, {}, columns=["num_notes", "total_revenue"]
    )

    assert [row["Number of Sales Activities"] for row in rows(content)] == ["-3", "12", ""]
    assert [row["Total Revenue (EUR)"] for row in rows(content)] == ["1500.5", "", ""]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e10, "10000000000"),
        (1e16, "10000000000000000"),
        (1.2345678901234568e16, "12345678901234568"),
        (-1e16, "-10000000000000000"),
        (1e22, f"1{'0' * 22}"),
        (2.0**63, "9223372036854775808"),
        (123456789012345.5, "123456789012345.5"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
    ],
)
def test_a_number_has_no_exponent(number, text):
    content = written({"num_notes": number}, {"num_notes": 0.5}, {"num_notes": 12.0}, columns=["num_notes"])

    assert [row["Number of Sales Activities"] for row in rows(content)] == [text, "0.5", "12"]
    assert float(text) == number


@pytest.mark.parametrize(
    ("time_zone", "instant", "text"),
    [
        ("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00"),
        ("America/New_York", "2026-11-22T23:30:05.999Z", "2026-11-22T18:30:05-05:00"),
        ("US/Eastern", "2026-07-01T00:00:00Z", "2026-06-30T20:00:00-04:00"),
        ("Asia/Kolkata", "2026-07-01T00:00:00Z", "2026-07-01T05:30:00+05:30"),
        ("America/St_Johns", "2026-01-01T00:00:00Z", "2025-12-31T20:30:00-03:30"),
        ("UTC", "2026-07-01T00:00:00Z", "2026-07-01T00:00:00+00:00"),
    ],
)
def test_instants_are_iso_in_the_portals_zone_and_name_their_offset(time_zone, instant, text):
    content = written({"createdate": instant}, {}, columns=["createdate"], of=portal(time_zone=time_zone))

    assert [row["Create Date"] for row in rows(content)] == [text, ""]
    assert datetime.fromisoformat(text) == datetime.fromisoformat(instant).replace(microsecond=0)


ODD = {
    "num_notes": {1: "12345678901234567"},
    "total_revenue": {2: "134376773869;137654776000"},
    "createdate": {2: "=1"},
}


def test_what_no_column_holds_is_written_as_hubspot_wrote_it():
    records = [{"num_notes": 12345678901234568.0, "total_revenue": 1e22}, {"num_notes": 2.5, "total_revenue": None}]
    frame = contacts(*({"hs_object_id": at, **each} for at, each in enumerate(records, start=1)))

    columns = ["num_notes", "total_revenue", "createdate"]
    written_rows = rows(b"".join(csv_parts(frame, portal(), CONTACTS, columns=columns, texts=ODD)))

    assert [list(each.values())[:3] for each in written_rows] == [
        ["1", "12345678901234567", "10000000000000000000000"],
        ["2", "2.5", "134376773869;137654776000"],
    ]
    assert list(written_rows[1].values())[3] == "'=1"


def test_a_whole_number_never_has_an_exponent():
    frame = contacts({"hs_object_id": 1, "num_notes": 2.0**60}, {"hs_object_id": 2, "num_notes": 1e16})

    assert [each["num_notes"] for each in rows_by_name(frame)] == ["1152921504606846976", "10000000000000000"]


def rows_by_name(frame):
    found = rows(b"".join(csv_parts(frame, portal(), CONTACTS, columns=["num_notes"])))
    return [{"num_notes": [*each.values()][1]} for each in found]


def test_dates_do_not_shift_with_the_zone():
    of = portal(time_zone="America/New_York")

    assert rows(written({"closedate": "2026-05-01"}, columns=["closedate"], of=of))[0]["Close Date"] == "2026-05-01"


def test_a_file_holds_exactly_the_given_records_in_their_order():
    joined = contacts_joined(contacts({"email": "a@x"}, {"email": "b@x"}, {"email": "c@x"}), None)

    content = b"".join(csv_parts(joined.iloc[[2, 0]], portal(), CONTACTS, columns=["email"]))

    assert [row["Record ID"] for row in rows(content)] == ["3", "1"]


def test_the_parts_of_a_large_file_read_as_one(monkeypatch):
    records = [{"email": f"{each}@x", "num_notes": each / 2, "lifecyclestage": "lead"} for each in range(5)]
    columns = ["email", "num_notes", "lifecyclestage", "createdate"]
    whole = written(*records, columns=columns)

    monkeypatch.setattr(downloads, "ROWS_A_PART", 2)

    assert written(*records, columns=columns) == whole
    assert [row["Number of Sales Activities"] for row in rows(whole)] == ["0", "0.5", "1", "1.5", "2"]


def test_no_records_make_a_header_alone():
    assert written(columns=["email", "num_notes", "createdate", "lifecyclestage", "no_such"]).decode("utf-8-sig") == (
        '"Record ID","Email","Number of Sales Activities","Create Date","Lifecycle Stage"\n'
    )


@pytest.mark.parametrize(
    ("account", "time_zone", "name"),
    [
        ("Northwind Trading", "Europe/Berlin", "contacts-northwind-trading-2026-11-23-1402.csv"),
        ("Müller & Söhne GmbH", "UTC", "contacts-muller-sohne-gmbh-2026-11-23-1302.csv"),
        ("../../etc/passwd\r\nX: y", "UTC", "contacts-etc-passwd-x-y-2026-11-23-1302.csv"),
        ("東京", "Asia/Tokyo", "contacts-4711-2026-11-23-2202.csv"),
        ("", "UTC", "contacts-4711-2026-11-23-1302.csv"),
    ],
)
def test_a_file_name_says_what_whose_and_as_of_when(account, time_zone, name):
    loaded_at = datetime(2026, 11, 23, 13, 2, tzinfo=UTC)

    assert file_name(portal(name=account, time_zone=time_zone), CONTACTS, loaded_at) == name


def test_the_name_of_a_partial_file_says_so():
    loaded_at = datetime(2026, 11, 23, 13, 2, tzinfo=UTC)

    name = file_name(portal(name="Northwind", time_zone="UTC"), CONTACTS, loaded_at, "xlsx", is_partial=True)

    assert name == "contacts-northwind-partial-2026-11-23-1302.xlsx"

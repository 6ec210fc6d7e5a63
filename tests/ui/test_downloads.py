import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hubspot.analysis.records import COMPANY_NAME, NAME, contacts_joined
from hubspot.portal import CONTACTS
from hubspot.ui.downloads import csv_bytes, csv_name
from tests.analysis.factories import companies, contacts, definition, portal


def written(*records, columns, of=None):
    joined = contacts_joined(contacts(*records), companies({"hs_object_id": 900, "name": "Cobalt"}))
    return csv_bytes(joined, of or portal(), CONTACTS, columns=columns)


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
    ["=1+1", "+49 30 1234", "-1", "@SUM(A1)", "\tx", "\rx", "\n=x", "\N{FULLWIDTH EQUALS SIGN}1", "=cmd|' /C calc'!A0"],
)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text):
    content = written({"email": text}, columns=["email"])

    assert rows(content)[0]["Email"] == f"'{text}"


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


def test_dates_do_not_shift_with_the_zone():
    of = portal(time_zone="America/New_York")

    assert rows(written({"closedate": "2026-05-01"}, columns=["closedate"], of=of))[0]["Close Date"] == "2026-05-01"


def test_a_file_holds_exactly_the_given_records_in_their_order():
    joined = contacts_joined(contacts({"email": "a@x"}, {"email": "b@x"}, {"email": "c@x"}), None)

    content = csv_bytes(joined.iloc[[2, 0]], portal(), CONTACTS, columns=["email"])

    assert [row["Record ID"] for row in rows(content)] == ["3", "1"]


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

    assert csv_name(portal(name=account, time_zone=time_zone), CONTACTS, loaded_at) == name

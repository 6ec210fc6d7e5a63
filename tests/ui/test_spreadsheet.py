"""Workbooks: cells that a spreadsheet takes for what they are, and a server that goes on while one is made."""

import io
import threading
import time
from datetime import UTC, datetime

import openpyxl
import pandas as pd
import pytest

from hubspot.analysis.filters import Filters
from hubspot.analysis.ordering import NEWEST
from hubspot.analysis.records import NAME, contacts_joined
from hubspot.portal import CONTACTS
from hubspot.ui import downloads, spreadsheet
from hubspot.ui.about_file import About
from hubspot.ui.workbook import letters
from tests.analysis.factories import contacts, portal

COLUMNS = (NAME, "email", "firstname", "num_notes", "createdate", "closedate", "lifecyclestage")


def parts(frame, columns=COLUMNS):
    about = About(
        portal=portal(),
        object_type=CONTACTS,
        filters=Filters(),
        sort=NEWEST,
        columns=downloads.listed(frame, columns),
        count=len(frame),
        loaded_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return spreadsheet.xlsx_parts(frame, portal(), CONTACTS, columns=columns, about=about)


def sheet(*records):
    frame = contacts_joined(contacts(*records), None)
    return openpyxl.load_workbook(io.BytesIO(b"".join(parts(frame)))).worksheets[0]


def first(column, **record):
    rows = sheet({"hs_object_id": 51, **record})
    return next(cell for head, cell in zip(rows[1], rows[2], strict=True) if head.value == column)


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-1", "@x", "=HYPERLINK(1)", "\t=1", '"', "<b>&amp;", "#REF!", "1"])
def test_a_text_is_a_text_whatever_it_begins_with(text):
    cell = first("First Name", firstname=text)

    assert (cell.value, cell.data_type) == (text, "s")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x07b\x00", "ab"), ("line\r\nline", "line\r\nline"), (" x ", " x "), ("\U0001f600é\uffff", "\U0001f600é")],
)
def test_a_text_loses_only_what_xml_can_not_hold(text, shown):
    assert first("First Name", firstname=text).value == shown


def test_a_text_that_excel_would_read_as_a_letter_is_escaped():
    assert first("First Name", firstname="_x0041_").value == "_x005F_x0041_"


@pytest.mark.parametrize(("letter", "kept"), [("x", 32_767), ("\U0001f600", 16_383)])
def test_a_text_longer_than_a_cell_is_cut(letter, kept):
    assert first("First Name", firstname=letter * 40_000).value == letter * kept


def test_numbers_and_dates_are_such_and_a_missing_value_is_no_cell():
    rows = sheet({"hs_object_id": 51, "num_notes": 2.5, "createdate": "2026-11-22T23:30:15Z"}, {"hs_object_id": 52})
    told = {head.value: (here, missing) for head, here, missing in zip(rows[1], rows[2], rows[3], strict=True)}

    assert told["Record ID"][0].value == 51
    assert told["Number of Sales Activities"][0].value == 2.5
    assert told["Create Date"][0].value == datetime(2026, 11, 23, 0, 30, 15)  # noqa: DTZ001 (a sheet has no zone)
    assert told["Create Date"][0].is_date
    assert [told[name][1].value for name in ("Number of Sales Activities", "Create Date", "Email")] == [None] * 3


def test_a_day_that_excel_can_not_count_is_a_text():
    assert first("Create Date", createdate="1850-05-06T12:00:00Z").value == "1850-05-06 12:53:28"


def column(head, *records):
    rows = sheet(*records)
    place = next(cell.column for cell in rows[1] if cell.value == head)
    return [rows.cell(row, place) for row in range(2, rows.max_row + 1)]


@pytest.mark.parametrize("odd", ["0202-05-05", "0207-01-01", "1899-12-31", "1900-02-28", "0001-01-01"])
@pytest.mark.parametrize(("head", "name"), [("Close Date", "closedate"), ("Create Date", "createdate")])
def test_one_odd_day_is_a_text_and_every_other_cell_of_its_column_a_date(head, name, odd):
    time = "T12:00:00Z" if name == "createdate" else ""
    before, cell, after = column(head, *({name: each + time} for each in ("2026-05-01", odd, "1900-03-01")))

    assert (cell.data_type, cell.number_format, cell.value[:10]) == ("s", "@", odd)
    assert [each.is_date for each in (before, cell, after)] == [True, False, True]
    assert [each.value.date().isoformat() for each in (before, after)] == ["2026-05-01", "1900-03-01"]


@pytest.mark.parametrize(
    ("odd", "text"),
    [(1.2345678901234568e16, "12345678901234568"), (-1e15, "-1000000000000000"), (1e20, f"1{'0' * 20}")],
)
def test_one_long_number_is_a_text_and_every_other_cell_of_its_column_a_number(odd, text):
    before, cell, after = column("Number of Sales Activities", *({"num_notes": each} for each in (3.0, odd, 1e14)))

    assert (cell.data_type, cell.value) == ("s", text)
    assert [(each.data_type, each.value, each.number_format) for each in (before, after)] == [
        ("n", 3, "0"),
        ("n", 10**14, "0"),
    ]


def test_a_missing_value_beside_an_odd_one_is_no_cell():
    cells = column("Create Date", {"createdate": "1899-01-01T00:00:00Z"}, {}, {"createdate": "2026-01-01T00:00:00Z"})

    assert cells[1].value is None


def test_a_text_keeps_its_letters_when_somebody_edits_its_cell():
    for text in ("3-4", "1E5", "00123", "MAR1", "1/2", "=1+1"):
        cell = first("First Name", firstname=text)
        assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")


@pytest.mark.parametrize(("identifier", "kind"), [(10**14, "n"), (2**60, "s")])
def test_a_number_of_more_digits_than_excel_keeps_is_a_text(identifier, kind):
    cell = sheet({"hs_object_id": identifier})[2][0]

    assert (int(cell.value), cell.data_type) == (identifier, kind)


def test_nobody_at_all_makes_a_sheet_of_headers():
    assert sheet().max_row == 1


@pytest.mark.parametrize(("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_called_as_spreadsheets_call_them(place, name):
    assert letters(place) == name


def test_a_workbook_goes_out_in_parts_while_other_threads_run(monkeypatch):
    monkeypatch.setattr(downloads, "ROWS_A_PART", 5_000)
    frame = contacts_joined(contacts({"email": "a@x"}, {"email": "b@x"}), None)
    frame = pd.concat([frame] * 10_000, ignore_index=True).astype(frame.dtypes)
    ticks, is_done = [], threading.Event()

    def tick():
        while not is_done.wait(0.001):
            ticks.append(time.perf_counter())

    ticking = threading.Thread(target=tick)
    ticking.start()
    sizes = [len(part) for part in parts(frame)]
    is_done.set()
    ticking.join()

    assert len(sizes) >= 4
    assert max(sizes) < sum(sizes) / 2
    # A tenth of what it would be if nobody waited; one writer that held the interpreter would leave next to none.
    assert len(ticks) > 10

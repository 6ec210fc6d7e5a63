"""What HubSpot sends and no column holds: every page opens, and the value is shown as it was written."""

import csv
import io
import json
from datetime import UTC, datetime

import openpyxl
import pyarrow.parquet as pq
import pytest

from hubspot.analysis.filters import Filters
from hubspot.analysis.ordering import NEWEST
from hubspot.portal import OBJECT_TYPES
from hubspot.ui import columnar, downloads, spreadsheet, state
from hubspot.ui.about_file import About

NEVER, DIGITS, IDS = "9999-12-31T23:59:59.999Z", "12345678901234567", "134376773869;137654776000"
ODD = {
    "createdate": NEVER,
    "notes_last_contacted": NEVER,
    "notes_last_updated": "0001-01-01T00:00:00Z",
    "closedate": NEVER,
    "hubspot_owner_assigneddate": NEVER,
    "num_notes": DIGITS,
    "num_associated_deals": IDS,
}


@pytest.fixture
def odd(connect, wire, truth):
    """A browser, and the contact that holds all that."""
    record_id = truth["contacts"][0]["hs_object_id"]
    dates = [name for name in truth["contacts"][0] if "date_entered_" in name]
    values = {**ODD, **dict.fromkeys(dates, NEVER)}
    for kind in ("contacts", "companies"):
        known = {each: text for each, text in values.items() if each in truth[kind][0]}
        record = {"id": truth[kind][0]["hs_object_id"], "properties": known}
        wire.http.post("/sandbox/edit", json={"object_type": kind, "records": [record]}).raise_for_status()
    return connect(), int(record_id)


def test_no_value_closes_a_page_and_the_drawer_shows_what_hubspot_holds(odd):
    person, record_id = odd
    for page in ("overview", "contacts", "companies", "lifecycle", "data_health", "connection"):
        assert not person.open(page).at.exception, page

    told = person.open("connection").text
    assert "Not readable" in told
    assert "Create Date (1 of contacts)" in told

    tab = person.open("contacts")
    tab.at.session_state["contacts.drawer"] = (record_id, "A name")
    shown = tab.run().text
    assert all(text in shown for text in (DIGITS, IDS))


@pytest.mark.parametrize("object_type", OBJECT_TYPES)
def test_every_file_holds_what_hubspot_wrote(odd, wire, truth, object_type):
    person, _ = odd
    copy = state.copy_of(state.view(state.visit(person.person), wire.hub_id).key)
    frame, texts = copy.frames[object_type], copy.verbatim[object_type]
    record_id = truth[object_type][0]["hs_object_id"]
    columns = downloads.listed(frame, list(frame))
    about = About(
        portal=copy.portal,
        object_type=object_type,
        filters=Filters(),
        sort=NEWEST,
        columns=columns,
        count=len(frame),
        loaded_at=datetime(2026, 11, 23, tzinfo=UTC),
    )

    def written(parts, **fields):
        return b"".join(parts(frame, copy.portal, object_type, columns=columns, texts=texts, **fields))

    expected = {name: text for name, text in ODD.items() if name in frame}
    assert {name: each[int(record_id)] for name, each in texts.items() if name in ODD} == expected

    lines = [*csv.reader(io.StringIO(written(downloads.csv_parts).decode("utf-8-sig"), newline=""))]
    found = next(dict(zip(columns, line, strict=True)) for line in lines if line[0] == record_id)
    assert {name: found[name] for name in expected} == expected

    cells = openpyxl.load_workbook(io.BytesIO(written(spreadsheet.xlsx_parts, about=about))).worksheets[0]
    rows = [dict(zip(columns, line, strict=True)) for line in cells.iter_rows(values_only=True)]
    assert {name: [str(row[name]) for row in rows].count(text) for name, text in expected.items()} == dict.fromkeys(
        expected, 1
    )
    assert {type(row["createdate"]) for row in rows[1:]} == {str, datetime}, "the others are dates as before"

    schema = pq.read_schema(io.BytesIO(written(columnar.parquet_parts, about=about)))
    kept = {name: json.loads(schema.field(name).metadata[b"verbatim"]) for name in expected}
    assert kept == {name: {record_id: text} for name, text in expected.items()}


def test_presentation_mode_shows_nothing_as_it_was_written(odd, wire):
    person, _ = odd
    key = state.view(state.visit(person.person), wire.hub_id).key

    assert state.copy_of(key).verbatim["contacts"]
    assert state.copy_of(key._replace(masked=True)).verbatim == {}

"""Files of random filters on a portal of hostile texts, opened by other readers, against SQL over its truth."""

import csv
import io
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow.parquet as pq
import pytest

from hubspot.analysis.filters import select
from hubspot.analysis.ordering import Sort, ordered
from hubspot.ui import columnar, downloads, spreadsheet
from hubspot.ui.about_file import About
from tests.analysis.test_filters_against_sql import BOTH, RUNS, Chance, evidence, where

__all__ = ["evidence"]
ALWAYS = {"contacts": ("email", "createdate", "company.name"), "companies": ("domain", "createdate", "contact.count")}
UNSENT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Asked:
    """A random filter, order and choice of columns, and the three files of it."""

    def __init__(self, evidence, object_type, seed):
        fields = evidence.fields[object_type]
        chance = Chance(f"file {object_type}{seed}", fields)
        self.filters, self.portal, self.object_type = chance.filters(), fields.portal, object_type
        some = chance.random.sample([each.column for each in fields.all()], 8)
        self.columns = tuple(dict.fromkeys((*ALWAYS[object_type], *some)))
        self.sort = Sort(chance.random.choice(self.columns), descending=bool(seed % 2))
        order = ordered(fields.frame, self.sort, fields.portal, object_type)
        self.frame = fields.frame
        self.positions = order[select(fields.frame, self.filters, evidence.zone).mask[order]]
        self.listed = downloads.listed(self.frame, self.columns)

    def file(self, write):
        about = About(
            portal=self.portal,
            object_type=self.object_type,
            filters=self.filters,
            sort=self.sort,
            columns=self.listed,
            count=len(self.positions),
            loaded_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        )
        told = {} if write is downloads.csv_parts else {"about": about}
        asked = {"columns": self.columns, "positions": self.positions, **told}
        return b"".join(write(self.frame, self.portal, self.object_type, **asked))


def truth(evidence, asked):
    """Return the records by id as SQL has them: stored values, as the texts of the wire."""
    fields = evidence.fields[asked.object_type]
    names = ", ".join(f'"{column}"' for column in asked.listed)
    found = evidence.sql.execute(f"select {names} from {asked.object_type} where {where(asked.filters, fields)}")
    return {int(row[0]): dict(zip(asked.listed, row, strict=True)) for row in found.fetchall()}


def parsed(text, kind, zone):
    """Return a text of the wire as a value of its kind."""
    if text is None:
        return None
    if kind == "number":
        return float(text)
    if kind == "instant":
        return datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return datetime.fromisoformat(text[:10]) if kind == "date" else text


def is_readable(text, kind):
    try:
        parsed(text, kind, "UTC")
    except ValueError:
        return False
    return kind != "number" or text not in {"inf", "nan"}


@pytest.mark.parametrize("object_type", BOTH)
@pytest.mark.parametrize("seed", range(RUNS // 2))
def test_three_files_hold_the_records_of_sql_in_one_order_with_the_values_of_the_portal(evidence, object_type, seed):
    asked = Asked(evidence, object_type, seed)
    expected = truth(evidence, asked)
    kinds = {each.column: each.kind for each in evidence.fields[object_type].all()}

    parquet = pq.read_table(io.BytesIO(asked.file(columnar.parquet_parts))).to_pylist()
    book = openpyxl.load_workbook(io.BytesIO(asked.file(spreadsheet.xlsx_parts)))
    text = asked.file(downloads.csv_parts).decode("utf-8-sig")

    ids = [row["hs_object_id"] for row in parquet]
    headers, *cells = book.worksheets[0].iter_rows()
    names, *lines = list(csv.reader(io.StringIO(text, newline="")))
    assert sorted(ids) == sorted(expected), asked.filters
    assert [row[0].value for row in cells] == ids
    assert [int(line[0]) for line in lines] == ids
    assert [cell.value.replace("'", "") for cell in headers] == [name.replace("'", "") for name in names]
    for row, sheet in zip(parquet, cells, strict=True):
        for place, column in enumerate(asked.listed[1:], start=1):
            wire, kind = expected[row["hs_object_id"]][column], kinds.get(column, "text")
            if is_readable(wire, kind):
                assert_same(wire, kind, stored=row[column], cell=sheet[place], zone=evidence.zone)


def assert_same(wire, kind, *, stored, cell, zone):
    value = parsed(wire, kind, zone)
    assert cell.data_type != "f"
    if value is None:
        assert (stored, cell.value) == (None, None)
    elif kind == "number":
        assert (float(stored), float(cell.value)) == (value, pytest.approx(value, rel=1e-14))
    elif kind == "instant":
        assert stored == value
        assert abs((cell.value - value.replace(tzinfo=None)).total_seconds()) < 0.001
        assert cell.is_date
    elif kind == "date":
        assert (stored.date() if isinstance(stored, datetime) else stored, cell.value) == (value.date(), value)
    elif kind == "text":
        assert stored == value
        assert cell.data_type == "s"
        told = UNSENT.sub("", value)[: spreadsheet._MOST_LETTERS]
        assert cell.value.replace("_x005F_", "_") == told.replace("_x005F_", "_")
    else:
        assert str(stored).lower() == value.lower()
        assert cell.data_type == "s"


def test_a_workbook_says_what_it_is(evidence):
    asked = Asked(evidence, "contacts", 1)

    book = openpyxl.load_workbook(io.BytesIO(asked.file(spreadsheet.xlsx_parts)))

    sheet, about = book.worksheets
    rows = list(about.iter_rows(values_only=True))
    said = {row[0]: row[1] for row in rows}
    assert (sheet.freeze_panes, about.title) == ("A2", "About this file")
    assert sheet.auto_filter.ref == sheet.dimensions
    assert said["Portal"].endswith("(26107341)")
    assert said["Records"] == f"{len(asked.positions)} contacts"
    assert said["Time zone"] == evidence.zone
    assert said["Pulled from HubSpot"] == "2026-11-23 10:00"
    own = "(computed by this dashboard)"
    assert [row[1] for row in rows[-len(asked.listed) :]] == [own if "." in name else name for name in asked.listed]

"""Records as CSV: exactly the records and columns on the screen, readable in a spreadsheet and harmless there."""

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from hubspot.analysis.records import decoded
from hubspot.portal import Portal
from hubspot.sync.frames import Verbatim
from hubspot.ui import verbatim
from hubspot.ui.cell_texts import harmless, number_texts
from hubspot.ui.tables import headers

RECORD_ID = "hs_object_id"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ROWS_A_PART = 20_000


def listed(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return the columns of a file: Record ID, so that it can be imported again, then those that the frame has."""
    return [RECORD_ID, *(column for column in columns if column in frame and column != RECORD_ID)]


def taken(frame: pd.DataFrame, positions: NDArray[np.int32] | None) -> Iterator[pd.DataFrame]:
    """Yield the records at these positions, or all of them, in parts; an empty part where there is none."""
    places = np.arange(len(frame), dtype=np.int32) if positions is None else positions
    for start in range(0, max(len(places), 1), ROWS_A_PART):
        yield frame.take(places[start : start + ROWS_A_PART])


def csv_parts(  # noqa: PLR0913 - the same as of every kind of file
    frame: pd.DataFrame,
    portal: Portal,
    object_type: str,
    *,
    columns: Sequence[str],
    positions: NDArray[np.int32] | None = None,
    texts: Verbatim = verbatim.NONE,
) -> Iterator[bytes]:
    """Yield the records at these positions, or all of them, as CSV (UTF-8 with byte order mark), part by part.

    Record ID comes first. Headers and values are HubSpot's labels. Instants are ISO 8601 in the portal's zone with its
    offset, dates are ISO 8601; missing values are empty. Columns that the frame lacks are left out. `texts` stand in
    place of what the columns hold.

    No cell is a formula to a spreadsheet: a text that begins like one (also after a semicolon or in a new line, where
    some spreadsheets begin a new cell) gets an apostrophe there. So does a phone number with a plus: it keeps its plus
    and every digit, where a spreadsheet would calculate "+49-30-1" or round it. Numbers stay numbers, also negative
    ones and those that a text property holds, and have no exponent.
    """
    shown = listed(frame, columns)
    labels = headers(portal, object_type, shown)
    names = harmless(pa.array([labels[column] for column in shown], pa.large_string())).to_pylist()
    yield _BYTE_ORDER_MARK
    for number, records in enumerate(taken(frame[shown], positions)):
        part = decoded(records, portal, object_type)
        cells = [_cells(part[column], portal.account.time_zone) for column in shown]
        odd = [verbatim.texts_of(records, texts, column) for column in shown]
        cells = [_as_written(*each) for each in zip(cells, odd, strict=True)]
        file = io.BytesIO()
        csv.write_csv(pa.Table.from_arrays(cells, names=names), file, csv.WriteOptions(include_header=number == 0))
        yield file.getvalue()


def file_name(
    portal: Portal, subject: str, loaded_at: datetime, ending: str = "csv", *, is_partial: bool = False
) -> str:
    """Return a file name that says what, whose and as of when, in the portal's zone.

    Like contacts-northwind-trading-2026-11-23-1402.csv; a portal without a name is named by its id. "partial" stands
    in it where records were still missing when the file was made.
    """
    letters = unicodedata.normalize("NFKD", portal.account.name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40].rstrip("-") or str(portal.account.hub_id)
    local = loaded_at.astimezone(ZoneInfo(portal.account.time_zone))
    partial = "-partial" if is_partial else ""
    return f"{subject}-{slug}{partial}-{local:%Y-%m-%d-%H%M}.{ending}"


def _cells(values: pd.Series, time_zone: str) -> pa.Array:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return _instants(values, time_zone)
    if values.dtype.kind == "M":
        return pc.strftime(pa.array(values, from_pandas=True), format="%Y-%m-%d")
    if isinstance(values.dtype, pd.CategoricalDtype):
        # Only the distinct labels are looked at.
        labels = harmless(pa.array(values.cat.categories.astype("str"), pa.large_string()))
        codes = pa.array(values.cat.codes, mask=(values.cat.codes < 0).to_numpy())
        return labels.take(codes)
    if isinstance(values.dtype, pd.StringDtype):
        return harmless(pa.array(values, pa.large_string(), from_pandas=True))
    numbers = pa.array(values, from_pandas=True)
    return numbers if pa.types.is_integer(numbers.type) else number_texts(numbers)


def _as_written(cells: pa.Array, texts: pa.Array | None) -> pa.Array:
    return cells if texts is None else pc.coalesce(harmless(texts), cells.cast(pa.large_string()))


def _instants(values: pd.Series, time_zone: str) -> pa.Array:
    """Return instants like 2026-11-22T14:02:11+01:00."""
    local = values.dt.tz_convert(time_zone)
    wall = local.dt.tz_localize(None)
    offsets = wall - values.dt.tz_localize(None)
    seconds = pa.array(wall, from_pandas=True).cast(pa.timestamp("s"), safe=False)
    texts = pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%S")
    return pc.binary_join_element_wise(texts, pa.array(_offset_texts(offsets), pa.string(), from_pandas=True), "")


def _offset_texts(offsets: pd.Series) -> pd.Series:
    return offsets.map({offset: _offset_text(offset) for offset in offsets.dropna().unique()})


def _offset_text(offset: pd.Timedelta) -> str:
    hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
    return f"{'-' if offset.total_seconds() < 0 else '+'}{hours:02}:{minutes:02}"

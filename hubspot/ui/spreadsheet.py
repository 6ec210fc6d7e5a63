"""Records as XLSX: true dates and numbers, texts that are never formulas, and a sheet that says what the file is.

Cells are written column by column, by Arrow, which lets the server's other threads run meanwhile.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hubspot.analysis.calendar import wall_clock
from hubspot.analysis.records import decoded
from hubspot.portal import Portal
from hubspot.ui.about_file import TITLE, About
from hubspot.ui.downloads import is_whole, listed, taken
from hubspot.ui.tables import headers
from hubspot.ui.workbook import DATE, GENERAL, HEADER, INSTANT, WHOLE, letters, parts_of, sheet

MOST_RECORDS = 100_000
# What a cell holds, in UTF-16 units. Source:
# https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
_MOST_LETTERS = 32_767
_EXACT_DIGITS = 10**15
# XML can't hold these; a surrogate can't stand in Arrow's texts.
_FORBIDDEN = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
# Excel reads _x0041_ as the letter A.
_ESCAPED = r"_(x[0-9A-Fa-f]{4}_)"
_DAYS_BEFORE_1970 = 25_569
# Excel takes 1900 for a leap year, so that days before its March are not what they seem, and knows none before 1900.
_FIRST_DAY = pd.Timestamp(1900, 3, 1)
_A_DAY = 86_400_000_000


def xlsx_parts(  # noqa: PLR0913 - the same as of every kind of file
    frame: pd.DataFrame,
    portal: Portal,
    object_type: str,
    *,
    columns: Sequence[str],
    about: About,
    positions: NDArray[np.int32] | None = None,
) -> Iterator[bytes]:
    """Yield the records at these positions, or all of them, as a workbook, part by part, Record ID first.

    Headers and values are HubSpot's labels. Numbers and dates are such, instants the portal's wall clock time, and
    missing values no cell at all. Every text is a text, whatever it begins with; one longer than a cell is cut. Days
    before March 1900, which Excel can't count, and numbers of more than 15 digits are texts. The second sheet is
    `about`.
    """
    shown = listed(frame, columns)
    labels = headers(portal, object_type, shown)
    count = len(frame) if positions is None else len(positions)
    whole = {column for column in shown if is_whole(frame[column])}
    extent = f"A1:{letters(len(shown) - 1)}{count + 1}"

    def rows() -> Iterator[bytes]:
        yield _rows([pa.array([labels[column]], pa.large_string()) for column in shown], first=1, style=HEADER)
        first = 2
        for records in taken(frame[shown], positions):
            part = decoded(records, portal, object_type)
            zone = portal.account.time_zone
            yield _written([_cells(part[column], zone, is_whole=column in whole) for column in shown], first=first)
            first += len(part)

    widths = [_width(frame[column]) for column in shown]
    main = sheet(rows(), widths=widths, is_main=True, extent=extent, filtered=extent)
    told = about.rows()
    notes = sheet(_notes(told), widths=(30, 44, 24), is_main=False, extent=f"A1:C{max(len(told), 1)}")
    return parts_of((object_type.capitalize(), TITLE), (main, notes), filtered=extent)


def _notes(rows: Sequence[Sequence[str]]) -> Iterator[bytes]:
    for number, row in enumerate(rows, start=1):
        texts = [pa.array([text], pa.large_string()) for text in row]
        yield _rows(texts, first=number, style=HEADER if number == 1 else GENERAL)


def _rows(texts: Sequence[pa.Array], *, first: int, style: int) -> bytes:
    return _written([_texts(each, style) for each in texts], first=first)


def _written(columns: Sequence[tuple[str, pa.Array]], *, first: int) -> bytes:
    """Return rows of XML. A column is the text between a cell's place and its value, and values with their ends."""
    count = len(columns[0][1])
    if not count:
        return b""
    numbers = pa.array(np.arange(first, first + count)).cast(pa.large_string())
    pieces = [pc.binary_join_element_wise(_text('<row r="'), numbers, _text('">'), _text(""))]
    for place, (opening, values) in enumerate(columns):
        cell = (_text(f'<c r="{letters(place)}'), numbers, _text(f'"{opening}'), values, _text(""))
        # A missing value is no cell at all.
        pieces.append(pc.fill_null(pc.binary_join_element_wise(*cell), _text("")))
    rows = pc.binary_join_element_wise(*pieces, _text("</row>"), _text(""))
    ends = np.frombuffer(rows.buffers()[1], dtype=np.int64)
    return bytes(memoryview(rows.buffers()[2])[: ends[count]])


def _cells(values: pd.Series, time_zone: str, *, is_whole: bool) -> tuple[str, pa.Array]:
    if values.dtype.kind == "M":
        return _moments(values, time_zone)
    if isinstance(values.dtype, pd.CategoricalDtype):
        # Only the distinct labels are looked at.
        opening, labels = _texts(pa.array(values.cat.categories.astype("str"), pa.large_string()), GENERAL)
        codes = pa.array(values.cat.codes, mask=(values.cat.codes < 0).to_numpy())
        return opening, labels.take(codes)
    if isinstance(values.dtype, pd.StringDtype):
        return _texts(pa.array(values, pa.large_string(), from_pandas=True), GENERAL)
    return _numbers(pa.array(values, from_pandas=True), is_whole=is_whole)


def _texts(texts: pa.Array, style: int) -> tuple[str, pa.Array]:
    found = pc.replace_substring_regex(_cut(texts), pattern=_FORBIDDEN, replacement="")
    found = pc.replace_substring_regex(found, pattern=_ESCAPED, replacement=r"_x005F_\1")
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        found = pc.replace_substring(found, pattern=sign, replacement=name)
    ended = pc.binary_join_element_wise(found, _text("</t></is></c>"), _text(""))
    return f' s="{style}" t="inlineStr"><is><t xml:space="preserve">', ended


def _cut(texts: pa.Array) -> pa.Array:
    if not pc.any(pc.greater(pc.utf8_length(texts), _MOST_LETTERS // 2)).as_py():
        return texts
    kept = [
        text and text.encode("utf-16-le")[: 2 * _MOST_LETTERS].decode("utf-16-le", "ignore")
        for text in texts.to_pylist()
    ]
    return pa.array(kept, pa.large_string())


def _numbers(numbers: pa.Array, *, is_whole: bool) -> tuple[str, pa.Array]:
    if pa.types.is_floating(numbers.type):
        numbers = pc.if_else(pc.is_finite(numbers), numbers, None)
    if is_whole:
        numbers = numbers.cast(pa.int64())
    written = numbers.cast(pa.large_string())
    if pa.types.is_integer(numbers.type) and pc.any(pc.greater(pc.abs(numbers), _EXACT_DIGITS)).as_py():
        return _texts(written, GENERAL)
    style = WHOLE if pa.types.is_integer(numbers.type) else GENERAL
    return f' s="{style}"><v>', pc.binary_join_element_wise(written, _text("</v></c>"), _text(""))


def _moments(values: pd.Series, time_zone: str) -> tuple[str, pa.Array]:
    is_instant = isinstance(values.dtype, pd.DatetimeTZDtype)
    wall = wall_clock(values, time_zone)
    if (wall < _FIRST_DAY).any():
        texts = pc.strftime(
            pa.array(wall, from_pandas=True).cast(pa.timestamp("s"), safe=False),
            format="%Y-%m-%d %H:%M:%S" if is_instant else "%Y-%m-%d",
        )
        return _texts(texts.cast(pa.large_string()), GENERAL)
    microseconds = pa.array(wall.astype("datetime64[us]"), from_pandas=True).cast(pa.int64())
    days = pc.add(pc.divide(microseconds.cast(pa.float64()), float(_A_DAY)), float(_DAYS_BEFORE_1970))
    style = INSTANT if is_instant else DATE
    return f' s="{style}"><v>', pc.binary_join_element_wise(days.cast(pa.large_string()), _text("</v></c>"), _text(""))


def _width(values: pd.Series) -> int:
    if values.dtype.kind == "M":
        return 17 if isinstance(values.dtype, pd.DatetimeTZDtype) else 12
    return 24 if isinstance(values.dtype, pd.StringDtype | pd.CategoricalDtype) else 14


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())

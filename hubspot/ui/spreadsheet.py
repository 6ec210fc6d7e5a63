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
from hubspot.sync.frames import Verbatim
from hubspot.ui import verbatim
from hubspot.ui.about_file import TITLE, About
from hubspot.ui.cell_texts import number_texts
from hubspot.ui.downloads import listed, taken
from hubspot.ui.tables import headers
from hubspot.ui.workbook import DATE, GENERAL, HEADER, INSTANT, TEXT, WHOLE, letters, parts_of, sheet

MOST_RECORDS = 100_000
# What a cell holds, in UTF-16 units. Source:
# https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
_MOST_LETTERS = 32_767
_FIRST_LONG = 10**15
# XML can't hold these; a surrogate can't stand in Arrow's texts.
_FORBIDDEN = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
# Excel reads _x0041_ as the letter A.
_ESCAPED = r"_(x[0-9A-Fa-f]{4}_)"
_DAYS_BEFORE_1970 = 25_569
# Excel takes 1900 for a leap year, so that days before its March are not what they seem, and knows none before 1900.
# Days are counted from 1970; the last one that it knows is the last of the year 9999.
_FIRST_DAY, _END_OF_DAYS = -25_508.0, 2_932_897.0
_A_DAY = 86_400_000_000
# Of each cell what stands between its place and its value, for all of them or one by one, and the value with its end.
_Cells = tuple[pa.Scalar | pa.Array, pa.Array]


def xlsx_parts(  # noqa: PLR0913 - the same as of every kind of file
    frame: pd.DataFrame,
    portal: Portal,
    object_type: str,
    *,
    columns: Sequence[str],
    about: About,
    positions: NDArray[np.int32] | None = None,
    texts: Verbatim = verbatim.NONE,
) -> Iterator[bytes]:
    """Yield the records at these positions, or all of them, as a workbook, part by part, Record ID first.

    Headers and values are HubSpot's labels. Numbers and dates are such, instants the portal's wall clock time, and
    missing values no cell at all. Every text is a text, whatever it begins with; one longer than a cell is cut. A day
    before March 1900, which Excel can't count, and a number of more than 15 digits before its point are texts, alone in
    their column. The second sheet is `about`. `texts` stand in place of what the columns hold.
    """
    shown = listed(frame, columns)
    labels = headers(portal, object_type, shown)
    count = len(frame) if positions is None else len(positions)
    # Of the whole column, so that it looks alike in every part.
    whole = {column for column in shown if _is_whole(frame[column])}
    extent = f"A1:{letters(len(shown) - 1)}{count + 1}"

    def rows() -> Iterator[bytes]:
        yield _rows([pa.array([labels[column]], pa.large_string()) for column in shown], first=1, style=HEADER)
        first = 2
        for records in taken(frame[shown], positions):
            part = decoded(records, portal, object_type)
            zone = portal.account.time_zone
            cells = [_cells(part[column], zone, is_whole=column in whole) for column in shown]
            odd = [verbatim.texts_of(records, texts, column) for column in shown]
            yield _written([_as_written(*each) for each in zip(cells, odd, strict=True)], first=first)
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


def _written(columns: Sequence[_Cells], *, first: int) -> bytes:
    """Return rows of XML."""
    count = len(columns[0][1])
    if not count:
        return b""
    numbers = pa.array(np.arange(first, first + count)).cast(pa.large_string())
    pieces = [pc.binary_join_element_wise(_text('<row r="'), numbers, _text('">'), _text(""))]
    for place, (opening, values) in enumerate(columns):
        cell = (_text(f'<c r="{letters(place)}'), numbers, _text('"'), opening, values, _text(""))
        # A missing value is no cell at all.
        pieces.append(pc.fill_null(pc.binary_join_element_wise(*cell), _text("")))
    rows = pc.binary_join_element_wise(*pieces, _text("</row>"), _text(""))
    ends = np.frombuffer(rows.buffers()[1], dtype=np.int64)
    return bytes(memoryview(rows.buffers()[2])[: ends[count]])


def _cells(values: pd.Series, time_zone: str, *, is_whole: bool) -> _Cells:
    if values.dtype.kind == "M":
        return _moments(values, time_zone)
    if isinstance(values.dtype, pd.CategoricalDtype):
        # Only the distinct labels are looked at.
        opening, labels = _texts(pa.array(values.cat.categories.astype("str"), pa.large_string()), TEXT)
        codes = pa.array(values.cat.codes, mask=(values.cat.codes < 0).to_numpy())
        return opening, labels.take(codes)
    if isinstance(values.dtype, pd.StringDtype):
        return _texts(pa.array(values, pa.large_string(), from_pandas=True), TEXT)
    return _numbers(pa.array(values, from_pandas=True), is_whole=is_whole)


def _texts(texts: pa.Array, style: int) -> _Cells:
    found = pc.replace_substring_regex(_cut(texts), pattern=_FORBIDDEN, replacement="")
    found = pc.replace_substring_regex(found, pattern=_ESCAPED, replacement=r"_x005F_\1")
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        found = pc.replace_substring(found, pattern=sign, replacement=name)
    ended = pc.binary_join_element_wise(found, _text("</t></is></c>"), _text(""))
    return _text(f' s="{style}" t="inlineStr"><is><t xml:space="preserve">'), ended


def _as_written(cells: _Cells, texts: pa.Array | None) -> _Cells:
    """Return a column in which the records that have a text show it."""
    return cells if texts is None else _where(pc.is_valid(texts), texts, cells)


def _cut(texts: pa.Array) -> pa.Array:
    if not pc.any(pc.greater(pc.utf8_length(texts), _MOST_LETTERS // 2)).as_py():
        return texts
    kept = [
        text and text.encode("utf-16-le")[: 2 * _MOST_LETTERS].decode("utf-16-le", "ignore")
        for text in texts.to_pylist()
    ]
    return pa.array(kept, pa.large_string())


def _numbers(numbers: pa.Array, *, is_whole: bool) -> _Cells:
    if pa.types.is_floating(numbers.type):
        numbers = pc.if_else(pc.is_finite(numbers), numbers, None)
    texts = number_texts(numbers)
    is_long = pc.greater_equal(pc.abs(numbers), _FIRST_LONG)
    return _where(is_long, texts, _values(texts, WHOLE if is_whole else GENERAL))


def _moments(values: pd.Series, time_zone: str) -> _Cells:
    is_instant = isinstance(values.dtype, pd.DatetimeTZDtype)
    wall = pa.array(wall_clock(values, time_zone).astype("datetime64[us]"), from_pandas=True)
    days = pc.divide(wall.cast(pa.int64()).cast(pa.float64(), safe=False), float(_A_DAY))
    is_odd = pc.or_(pc.less(days, _FIRST_DAY), pc.greater_equal(days, _END_OF_DAYS))
    counted = pc.add(days, float(_DAYS_BEFORE_1970)).cast(pa.large_string())
    texts = pc.strftime(
        pc.if_else(is_odd, wall, None).cast(pa.timestamp("s"), safe=False),
        format="%Y-%m-%d %H:%M:%S" if is_instant else "%Y-%m-%d",
    )
    return _where(is_odd, texts.cast(pa.large_string()), _values(counted, INSTANT if is_instant else DATE))


def _values(written: pa.Array, style: int) -> _Cells:
    return _text(f' s="{style}"><v>'), pc.binary_join_element_wise(written, _text("</v></c>"), _text(""))


def _where(is_odd: pa.Array, texts: pa.Array, usual: _Cells) -> _Cells:
    """Return cells of which the odd ones are texts; the others stay what their column is."""
    if not pc.any(is_odd).as_py():
        return usual
    return tuple(map(pc.if_else, (is_odd, is_odd), _texts(texts, TEXT), usual))


def _is_whole(values: pd.Series) -> bool:
    """Return whether a column holds nothing but whole numbers."""
    if not pd.api.types.is_float_dtype(values):
        return pd.api.types.is_integer_dtype(values)
    numbers = pa.array(values, from_pandas=True)
    return pc.all(pc.equal(pc.floor(numbers), numbers)).as_py() is not False


def _width(values: pd.Series) -> int:
    if values.dtype.kind == "M":
        return 17 if isinstance(values.dtype, pd.DatetimeTZDtype) else 12
    return 24 if isinstance(values.dtype, pd.StringDtype | pd.CategoricalDtype) else 14


def _text(text: str) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())

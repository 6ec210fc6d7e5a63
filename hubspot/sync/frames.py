"""Wire records to typed columns. Values arrive as text; null, "" and a missing key all mean "no value"."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.errors import UnreadableResponse
from hubspot.sync.pages import Piece, read_texts

# Converting many records at once is cheaper, but the first page should show at once.
_CHUNK = 500
_CHUNK_SHARE = 0.005
# What waits is lost when the process is killed.
_LONGEST_PENDING = 0.5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_CATEGORIES = pd.CategoricalDtype(pd.Index([], dtype="str"))
_PANDAS_TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


# No time zone takes what lies between them out of the years that Python's datetime counts.
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, 23, 59, 59, 999_999, UTC)
# Floating numbers hold any decimal of so many characters, and any whole number below so much.
_EXACT_LETTERS = 15
_EXACT = 2.0**53

Verbatim = Mapping[str, Mapping[int, str]]
"""Values as HubSpot wrote them, by property and record id, where the column holds null or a rounded number instead."""

# Parquet's reader refuses metadata of 100 MB; that of a million rounded numbers comes near it.
LONGEST_FACTS = 2**31 - 1


def read_verbatim(stored: Mapping[str, Mapping[str, str]]) -> Verbatim:
    """Return what was stored as JSON, which knows texts for keys alone."""
    return {name: {int(each): text for each, text in texts.items()} for name, texts in stored.items()}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Converted records, and the stretches of ids, each up to but not including its second, of which they are all.

    `verbatim` holds what of them the table does not.
    """

    table: pa.Table
    stretches: tuple[tuple[int, int], ...] = ()
    verbatim: Verbatim = field(default_factory=dict)


class TableBuilder:
    """Collects pages of records into one table of a fixed schema, readable while it grows.

    One thread adds, any thread may read. A value that can't be read as its property's type becomes null, a number of
    too many digits is rounded, and both stand in `verbatim`. `chunks`, of the same schema, are there from the start.
    """

    def __init__(self, schema: pa.Schema, chunks: Sequence[Chunk] = ()) -> None:
        self.schema = schema
        self._verbatim: Verbatim = {}
        for each in chunks:
            self._keep(each)
        self._chunks = tuple(each.table for each in chunks)
        self.num_records = sum(each.num_rows for each in self._chunks)
        self._pending: list[Piece] = []
        self._num_pending = 0
        self._flushed_at = time.monotonic()

    def add(self, piece: Piece, records: int) -> Chunk | None:
        """Add so many records of a page; return what `table` shows more than before, None where nothing."""
        self._pending.append(piece)
        self._num_pending += records
        enough = max(_CHUNK, int(self.num_records * _CHUNK_SHARE))
        is_late = time.monotonic() - self._flushed_at > _LONGEST_PENDING
        return self.flush() if is_late or self._num_pending >= min(enough, max(1, self.num_records)) else None

    def flush(self) -> Chunk | None:
        """Convert what was added last, so that `table` holds everything; return it, None where there is nothing."""
        if not self._pending:
            return None
        table, texts = to_table(self._pending, self.schema)
        chunk = Chunk(table, _joined((each.lo, each.hi) for piece in self._pending for each in piece.closed), texts)
        self._chunks = (*self._chunks, table)
        self.num_records += table.num_rows
        self._keep(chunk)
        self._pending, self._num_pending = [], 0
        self._flushed_at = time.monotonic()
        return chunk

    @property
    def verbatim(self) -> Verbatim:
        """Return what the columns do not hold, as HubSpot wrote it."""
        return self._verbatim

    def _keep(self, chunk: Chunk) -> None:
        # A record that came again has the values it came with last.
        self._verbatim = following(self._verbatim, chunk.verbatim, again=chunk.table["hs_object_id"].to_numpy())

    def table(self) -> pa.Table:
        """Return the records converted so far; without any, an empty table of the same schema."""
        chunks = self._chunks
        return pa.concat_tables(chunks).unify_dictionaries() if chunks else self.schema.empty_table()


def _joined(stretches: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for lo, hi in sorted(stretches):
        if joined and joined[-1][1] == lo:
            joined[-1] = (joined[-1][0], hi)
        elif hi > lo:
            joined.append((lo, hi))
    return tuple(joined)


def following(before: Verbatim, new: Verbatim, *, again: np.ndarray) -> Verbatim:
    """Return what columns do not hold after the records `again` were read anew: `new` is what of these they do not."""
    read = set(again.tolist()) if before else set()
    kept = {name: {each: texts[each] for each in texts.keys() - read} for name, texts in before.items()}
    both = {name: {**kept.get(name, {}), **new.get(name, {})} for name in dict.fromkeys((*kept, *new))}
    return {name: texts for name, texts in both.items() if texts}


def to_table(pieces: Sequence[Piece], schema: pa.Schema) -> tuple[pa.Table, Verbatim]:
    """Return pages of records as one table, with the same types for none, one or many records.

    The second value is what the table does not hold: values that could not be read as the property's type and became
    null, and numbers that were rounded. Raises UnreadableResponse for a record without its parts.
    """
    names = [name for name in schema.names if name != "hs_object_id"]
    nothing = pa.array([], pa.string())
    ids, texts = read_texts(pieces, names) if pieces else (nothing, dict.fromkeys(names, nothing))
    columns: list[pa.Array] = []
    odd: dict[str, tuple[pa.Array, pa.Array]] = {}
    for each in schema:
        text = ids if each.name == "hs_object_id" else _with_value(texts[each.name])
        column = _CONVERTERS[each.type.id](text)
        columns.append(column)
        if (is_odd := _is_odd(text, column)) is not None:
            odd[each.name] = (is_odd, text)
    table = pa.Table.from_arrays(columns, schema=schema)
    if table["hs_object_id"].null_count:
        raise UnreadableResponse("HubSpot's answer has a record without a number. Trying again may help.")
    told = {name: _told(table["hs_object_id"], *each) for name, each in odd.items()}
    return table, {name: each for name, each in told.items() if each}


def _told(ids: pa.ChunkedArray, is_odd: pa.Array, texts: pa.Array) -> dict[int, str]:
    return dict(zip(ids.filter(is_odd).to_pylist(), texts.filter(is_odd).to_pylist(), strict=True))


def _is_odd(texts: pa.Array, column: pa.Array) -> pa.Array | None:
    """Return which values a column does not hold as they were written; None where it holds all."""
    is_rounded = _is_rounded(texts, column) if pa.types.is_floating(column.type) else None
    if column.null_count == texts.null_count:
        return is_rounded
    is_lost = pc.and_(column.is_null(), texts.is_valid())
    return is_lost if is_rounded is None else pc.or_(is_lost, is_rounded)


def _is_rounded(texts: pa.Array, numbers: pa.Array) -> pa.Array | None:
    is_long = pc.or_(pc.greater(pc.binary_length(texts), _EXACT_LETTERS), pc.greater_equal(pc.abs(numbers), _EXACT))
    if not pc.any(is_long).as_py():
        return None
    both = zip(texts.to_pylist(), numbers.to_pylist(), pc.fill_null(is_long, fill_value=False).to_pylist(), strict=True)
    return pa.array([long and number is not None and _differs(text, number) for text, number, long in both], pa.bool_())


def _differs(text: str, number: float) -> bool:
    # A fraction is what it is written as, a whole number every digit of it.
    return Decimal(text) != (Decimal(number) if number.is_integer() else Decimal(repr(number)))


def distinct(table: pa.Table) -> pa.Table:
    """Return the table in order of `hs_object_id`, in one piece, with the last copy of a repeated record."""
    ids = table["hs_object_id"].to_numpy()
    if len(ids) and not np.all(ids[1:] > ids[:-1]):
        newest_first = np.unique(ids[::-1], return_index=True)[1]
        table = table.take(pa.array(len(ids) - 1 - newest_first))
    return table.combine_chunks()


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as pandas columns: str, category, float64, boolean, Int64, datetime64[us, UTC].

    Dates become datetime64[us] without a zone; `hs_object_id` is a plain int64 and comes first as in the table.
    """
    frame: pd.DataFrame = _without_dates(table).to_pandas(types_mapper=_PANDAS_TYPES.get)
    if "hs_object_id" in frame:
        frame["hs_object_id"] = frame["hs_object_id"].astype("int64")
    for name in frame.columns[frame.isna().all()]:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            # Categories of a column without any value would be of type object.
            frame[name] = frame[name].astype(_NO_CATEGORIES)
    return frame


def read_datetime(text: str) -> datetime | None:
    """Read an instant as HubSpot writes it: ISO 8601, or epoch milliseconds; None for anything else.

    A fraction may be missing or short, and so may the zone, which then is UTC.
    """
    try:
        if text.lstrip("-").isdecimal():
            return _EPOCH + timedelta(milliseconds=int(text))
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def read_date(text: str) -> date | None:
    """Read a day: ISO 8601 without its clock time, or epoch milliseconds of a UTC midnight; None for anything else."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        instant = read_datetime(text)
        return instant.date() if instant else None


def _with_value(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), None, texts)


def _cast(target: pa.DataType, read: Callable[[str], Any]) -> Callable[[pa.Array], pa.Array]:
    """Return a converter: Arrow's own cast, and value by value only where a chunk holds something odd."""

    def convert(texts: pa.Array) -> pa.Array:
        try:
            return texts.cast(target)
        except pa.ArrowInvalid:
            return pa.array([None if text is None else read(text) for text in texts.to_pylist()], target)

    return convert


def _read_decimal(text: str) -> Decimal | None:
    # Python reads digits in groups, as in 1_000, which nobody writes for a number.
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and "_" not in text else None


def _read_number(text: str) -> float | None:
    number = _read_decimal(text)
    return None if number is None else float(number)


def _read_integer(text: str) -> int | None:
    number = _read_decimal(text)
    return int(number) if number is not None and abs(number) < 2**63 and number == number.to_integral_value() else None


def _numbers(texts: pa.Array) -> pa.Array:
    numbers = _cast_number(texts)
    # HubSpot has no infinite numbers, and charts have no place for them.
    return pc.if_else(pc.is_finite(numbers), numbers, None)


def _in_any_zone(convert: Callable[[pa.Array], pa.Array], target: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    """Return a converter that leaves out what has no day in some time zone."""
    first, last = (pa.scalar(each, _DATETIME).cast(target) for each in (_FIRST, _LAST))

    def convert_and_look(texts: pa.Array) -> pa.Array:
        found = convert(texts)
        has_day = pc.and_(pc.greater_equal(found, first), pc.less_equal(found, last))
        return found if pc.all(has_day).as_py() else pc.if_else(has_day, found, None)

    return convert_and_look


def _booleans(texts: pa.Array) -> pa.Array:
    words = pc.utf8_lower(texts)
    is_true = pc.equal(words, "true")
    return pc.if_else(pc.or_(is_true, pc.equal(words, "false")), is_true, None)


def _without_dates(table: pa.Table) -> pa.Table:
    for index, each in enumerate(table.schema):
        if each.type == pa.date32():
            table = table.set_column(index, each.name, table.column(index).cast(pa.timestamp("us")))
    return table


_DATETIME = pa.timestamp("us", tz="UTC")
_cast_number = _cast(pa.float64(), _read_number)
_CONVERTERS: dict[int, Callable[[pa.Array], pa.Array]] = {
    pa.string().id: lambda texts: texts,
    pa.dictionary(pa.int32(), pa.string()).id: lambda texts: texts.dictionary_encode(),
    _DATETIME.id: _in_any_zone(_cast(_DATETIME, read_datetime), _DATETIME),
    pa.date32().id: _in_any_zone(_cast(pa.date32(), read_date), pa.date32()),
    pa.float64().id: _numbers,
    pa.int64().id: _cast(pa.int64(), _read_integer),
    pa.bool_().id: _booleans,
}

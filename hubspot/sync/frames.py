"""Wire records to typed columns. Values arrive as text; null, "" and a missing key all mean "no value"."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.sync.pages import ID, Piece, read_texts

# Converting many records at once is cheaper, but the first page should show at once.
_CHUNK = 500
_CHUNK_SHARE = 0.005
# What waits is lost when the process is killed.
_LONGEST_PENDING = 0.5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_CATEGORIES = pd.CategoricalDtype(pd.Index([], dtype="str"))
_PANDAS_TYPES = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


Unreadable = Mapping[str, Sequence[int]]
"""The ids of records, by property, whose value is not of the property's type."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Converted records, and the stretches of ids, each up to but not including its second, of which they are all.

    `unreadable` names the records, by property, whose value could not be read as the property's type and became null.
    """

    table: pa.Table
    stretches: tuple[tuple[int, int], ...] = ()
    unreadable: Unreadable = field(default_factory=dict)


class TableBuilder:
    """Collects pages of records into one table of a fixed schema, readable while it grows.

    One thread adds, any thread may read. A value that can't be read as its property's type becomes null, and its
    record is named in `unreadable`. `chunks`, of the same schema, are there from the beginning.
    """

    def __init__(self, schema: pa.Schema, chunks: Sequence[Chunk] = ()) -> None:
        self.schema = schema
        self._unreadable: dict[str, set[int]] = {}
        for each in chunks:
            self._lose(each.unreadable)
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
        table, lost = to_table(self._pending, self.schema)
        chunk = Chunk(table, _joined((each.lo, each.hi) for piece in self._pending for each in piece.closed), lost)
        self._chunks = (*self._chunks, table)
        self.num_records += table.num_rows
        self._lose(lost)
        self._pending, self._num_pending = [], 0
        self._flushed_at = time.monotonic()
        return chunk

    @property
    def unreadable(self) -> dict[str, tuple[int, ...]]:
        """Return the ids of the records, by property, whose value could not be read."""
        return {name: tuple(sorted(ids)) for name, ids in self._unreadable.items()}

    def _lose(self, lost: Unreadable) -> None:
        for name, ids in lost.items():
            self._unreadable.setdefault(name, set()).update(ids)

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


def to_table(pieces: Sequence[Piece], schema: pa.Schema) -> tuple[pa.Table, Unreadable]:
    """Return pages of records as one table, with the same types for none, one or many records.

    The second value names the records, by property, whose value could not be read as the property's type and became
    null.
    """
    names = [name for name in schema.names if name != "hs_object_id"]
    texts = read_texts(pieces, names) if pieces else dict.fromkeys((ID, *names), pa.array([], pa.string()))
    columns: list[pa.Array] = []
    lost: dict[str, pa.Array] = {}
    for each in schema:
        text = texts[ID] if each.name == "hs_object_id" else _with_value(texts[each.name])
        column = _CONVERTERS[each.type.id](text)
        columns.append(column)
        if column.null_count > text.null_count:
            lost[each.name] = pc.and_(column.is_null(), text.is_valid())
    table = pa.Table.from_arrays(columns, schema=schema)
    return table, {name: table["hs_object_id"].filter(mask).to_pylist() for name, mask in lost.items()}


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


def _read_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_integer(text: str) -> int | None:
    number = _read_number(text)
    exact = number is not None and number.is_integer() and abs(number) < 2**63
    return (int(text) if text.lstrip("-").isdecimal() else int(number)) if exact and number is not None else None


def _numbers(texts: pa.Array) -> pa.Array:
    numbers = _cast_number(texts)
    # HubSpot has no infinite numbers, and charts have no place for them.
    return pc.if_else(pc.is_finite(numbers), numbers, None)


def _booleans(texts: pa.Array) -> pa.Array:
    words = pc.utf8_lower(texts)
    is_true = pc.equal(words, "true")
    return pc.if_else(pc.or_(is_true, pc.equal(words, "false")), is_true, None)


def _without_dates(table: pa.Table) -> pa.Table:
    for index, each in enumerate(table.schema):
        if each.type == pa.date32():
            table = table.set_column(index, each.name, table.column(index).cast(pa.timestamp("us")))
    return table


_cast_number = _cast(pa.float64(), _read_number)
_CONVERTERS: dict[int, Callable[[pa.Array], pa.Array]] = {
    pa.string().id: lambda texts: texts,
    pa.dictionary(pa.int32(), pa.string()).id: lambda texts: texts.dictionary_encode(),
    pa.timestamp("us", tz="UTC").id: _cast(pa.timestamp("us", tz="UTC"), read_datetime),
    pa.date32().id: _cast(pa.date32(), read_date),
    pa.float64().id: _numbers,
    pa.int64().id: _cast(pa.int64(), _read_integer),
    pa.bool_().id: _booleans,
}

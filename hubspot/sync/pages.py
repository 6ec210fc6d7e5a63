"""Bytes of record pages to columns of text, without a Python object for every value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as paj

from hubspot.api.decoder import NOT_DOCUMENTED, decode_verbatim, mended
from hubspot.errors import UnreadableResponse
from hubspot.sync.ranges import Closed

_Texts = dict[str, pa.Array]


@dataclass(frozen=True, slots=True)
class Piece:
    """A page as it came, and the stretches of ids of it that are news; without any, all of its records are."""

    content: bytes
    closed: Sequence[Closed] = (Closed(0, 0, slice(None)),)


def read_texts(pieces: Sequence[Piece], names: Sequence[str]) -> tuple[pa.Array, _Texts]:
    """Return the ids, and the properties of these names, a column each, all as text; what a record lacks is null.

    The ids stand apart, as a portal may have a property of any name. Raises UnreadableResponse for a record without
    its parts.
    """
    try:
        ids, columns, lengths = _columns(pieces, names)
    except pa.ArrowException:
        ids, columns, lengths = _columns_value_by_value(pieces, names)
    wanted = _positions(pieces, lengths)
    if wanted is None:
        return ids, columns
    return ids.take(wanted), {name: column.take(wanted) for name, column in columns.items()}


def _columns(pieces: Sequence[Piece], names: Sequence[str]) -> tuple[pa.Array, _Texts, list[int]]:
    """Read all pages at once: to Arrow's reader, a page is one row that holds a list of records."""
    content = b"\n".join(mended(each.content).replace(b"\n", b" ") for each in pieces)
    table = paj.read_json(
        pa.BufferReader(content),
        # One block, so that a page is never cut; threads would wait for the interpreter all the same.
        read_options=paj.ReadOptions(use_threads=False, block_size=len(content) + 1),
        parse_options=paj.ParseOptions(explicit_schema=_schema(names), unexpected_field_behavior="ignore"),
    )
    pages = table["results"].combine_chunks()
    ids, properties = pages.flatten().flatten()
    if properties.null_count:
        raise pa.ArrowInvalid("a record without properties")
    columns = dict(zip(names, properties.flatten(), strict=True))
    return ids, columns, pages.value_lengths().to_pylist()


def _schema(names: Sequence[str]) -> pa.Schema:
    properties = pa.struct([(name, pa.string()) for name in names])
    return pa.schema([("results", pa.list_(pa.struct([("id", pa.string()), ("properties", properties)])))])


def _columns_value_by_value(pieces: Sequence[Piece], names: Sequence[str]) -> tuple[pa.Array, _Texts, list[int]]:
    """Read what Arrow's reader refuses: values that are not text, and half characters of a name cut in the middle."""
    pages = [list(_records(each.content)) for each in pieces]
    records = [record for page in pages for record in page]
    columns = {name: pa.array([_text(values.get(name)) for _, values in records], pa.string()) for name in names}
    return pa.array([record_id for record_id, _ in records], pa.string()), columns, [len(page) for page in pages]


def _records(content: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        for each in decode_verbatim(content)["results"]:
            yield str(each["id"]), each["properties"] or {}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableResponse(NOT_DOCUMENTED) from error


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _positions(pieces: Sequence[Piece], lengths: Sequence[int]) -> pa.Array | None:
    """Return which rows of all pages together count; None for all of them."""
    starts = accumulate(lengths, initial=0)
    kept = [
        np.arange(start, start + length)[rows]
        for each, start, length in zip(pieces, starts, lengths, strict=False)
        for rows in (closed.rows for closed in each.closed)
    ]
    count = sum(map(len, kept))
    return None if count == sum(lengths) else pa.array(np.concatenate(kept) if kept else [], pa.int64())

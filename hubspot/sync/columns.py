"""Columns by batch read: properties that do not fit into the address of a list call, and those chosen later.

A hundred records a call, under the limit of list; the names travel in the body, which has no limit that matters.
Source: https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis
"""

from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing.pool import ThreadPool
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.api.protocol import RawPage
from hubspot.sync.frames import TableBuilder, Verbatim, distinct
from hubspot.sync.pages import Piece
from hubspot.sync.parts import Keeping, kept
from hubspot.sync.ranges import Closed

# A hundred records of so many properties take about a megabyte.
NAMES_A_CALL = 400
_AT_ONCE = 12
_ID = "hs_object_id"


class Report(Protocol):
    """Who is told how it goes."""

    def widens(self, object_type: str, records: int, total: int) -> None:
        """Take how many of an object type's records already have a column that is being read."""

    def arrived(self, object_type: str, records: int) -> None:
        """Take notice of records that have it now."""


def widened(  # noqa: PLR0913 - what to read, and who hears of it
    client: Client, object_type: str, table: pa.Table, *, schema: pa.Schema, report: Report, parts: Keeping
) -> tuple[pa.Table, Verbatim]:
    """Return the table with the columns of `schema`: those it has as they are, the others read by id.

    A record that is gone meanwhile has no value in them. The second value is what the columns do not hold.
    Raises what the client raises.
    """
    names = [each.name for each in schema if not _has(table, each)]
    verbatim: Verbatim = {}
    for start in range(0, len(names), NAMES_A_CALL):
        chunk = pa.schema([schema.field(name) for name in (_ID, *names[start : start + NAMES_A_CALL])])
        builder = _read(client, object_type, table[_ID].to_numpy(), schema=chunk, report=report, parts=parts)
        verbatim = {**verbatim, **builder.verbatim}
        table = _joined(table, distinct(builder.table()))
    return table.select(schema.names), verbatim


def _has(table: pa.Table, field: pa.Field) -> bool:
    at = table.schema.get_field_index(field.name)
    return bool(at >= 0 and table.schema.field(at).type == field.type)


def _read(  # noqa: PLR0913 - likewise
    client: Client, object_type: str, ids: np.ndarray, *, schema: pa.Schema, report: Report, parts: Keeping
) -> TableBuilder:
    # Its own name, so that a load never takes columns of records for records.
    kept_as = f"{object_type} columns"
    builder = TableBuilder(schema, parts.found(kept_as, schema).chunks)
    left = np.setdiff1d(ids, builder.table()[_ID].to_numpy())
    report.widens(object_type, len(ids) - len(left), len(ids))
    with kept(parts, {kept_as: builder}):
        for page, closed in _pages(client, object_type, left, names=schema.names[1:]):
            if chunk := builder.add(Piece(page.content, (closed,)), len(page.ids)):
                parts.keep(kept_as, chunk)
            report.arrived(object_type, len(page.ids))
    return builder


def _pages(
    client: Client, object_type: str, ids: np.ndarray, *, names: Sequence[str]
) -> Iterator[tuple[RawPage, Closed]]:
    """Yield pages in order of ids, and the stretch of ids that each was asked about."""
    starts = range(0, len(ids), crm.BATCH_LIMIT)
    batches = [ids[start : start + crm.BATCH_LIMIT].tolist() for start in starts]
    ask = partial(_ask, client, object_type, names)
    with ThreadPool(_AT_ONCE) as pool:
        for batch, page in zip(batches, pool.imap(ask, batches), strict=True):
            yield page, Closed(batch[0], batch[-1] + 1, slice(0, len(page.ids)))


def _ask(client: Client, object_type: str, names: Sequence[str], ids: Sequence[int]) -> RawPage:
    return crm.batch_raw(client, object_type, ids=ids, properties=names)


def _joined(table: pa.Table, columns: pa.Table) -> pa.Table:
    at = pc.index_in(table[_ID].combine_chunks(), columns[_ID].combine_chunks())
    for field in columns.schema:
        if field.name == _ID:
            continue
        values = columns[field.name].combine_chunks().take(at)
        place = table.schema.get_field_index(field.name)
        table = table.append_column(field, values) if place < 0 else table.set_column(place, field, values)
    return table

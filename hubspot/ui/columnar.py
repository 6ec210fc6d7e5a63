"""Records as Parquet, for those who calculate with them.

Columns have HubSpot's internal names and values are the stored ones, typed; labels change and repeat, internal names do
not. What people read stands in the metadata: each field's `label`, and in `options` the label of each stored value, in
`verbatim` the values that the column's type does not hold; the file's `about` says whose records these are and which.
"""

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hubspot.analysis.records import value_labels
from hubspot.portal import Portal
from hubspot.sync.frames import Verbatim
from hubspot.ui import verbatim
from hubspot.ui.about_file import About
from hubspot.ui.downloads import RECORD_ID, listed, taken
from hubspot.ui.outgoing import Outgoing
from hubspot.ui.tables import headers


def parquet_parts(  # noqa: PLR0913 - the same as of every kind of file
    frame: pd.DataFrame,
    portal: Portal,
    object_type: str,
    *,
    columns: Sequence[str],
    about: About,
    positions: NDArray[np.int32] | None = None,
    texts: Verbatim = verbatim.NONE,
) -> Iterator[bytes]:
    """Yield the records at these positions, or all of them, as Parquet, a row group at a time, Record ID first.

    Instants are in the portal's zone, enumerations dictionaries of stored values. `texts`, which are no values of their
    column's type, stand in the `verbatim` of its field, by record id.
    """
    shown = listed(frame, columns)
    sink = Outgoing()
    sent = frame[[RECORD_ID]] if positions is None else frame[[RECORD_ID]].take(positions)
    schema = _schema(
        frame[shown], portal, object_type, about, {name: verbatim.told(sent, texts, name) for name in texts}
    )
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for records in taken(frame[shown], positions):
            writer.write_table(_table(records, schema))
            yield sink.taken()
    yield sink.taken()


def _schema(frame: pd.DataFrame, portal: Portal, object_type: str, about: About, texts: Verbatim) -> pa.Schema:
    plain = pa.Schema.from_pandas(frame.iloc[:0], preserve_index=False)
    labels = headers(portal, object_type, list(map(str, frame)))
    fields = []
    for column, field in zip(map(str, frame), plain, strict=True):
        told = {"label": labels[column], **_options(frame[column], column, portal, object_type)}
        if texts.get(column):
            told["verbatim"] = json.dumps(texts[column], ensure_ascii=False)
        kind = pa.timestamp("us", portal.account.time_zone) if _is_instant(field.type) else field.type
        fields.append(pa.field(column, kind, metadata=told))
    return pa.schema(fields, metadata={"about": json.dumps(about.facts(), ensure_ascii=False)})


def _options(values: pd.Series, column: str, portal: Portal, object_type: str) -> dict[str, str]:
    stored = map(str, values.dtype.categories) if isinstance(values.dtype, pd.CategoricalDtype) else ()
    labels = value_labels(portal, object_type, column=column, values=stored)
    return {"options": json.dumps(labels, ensure_ascii=False)} if labels else {}


def _is_instant(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) and kind.tz)


def _table(records: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    arrays = [
        pa.array(records[field.name], from_pandas=True).cast(field.type)
        if not pa.types.is_dictionary(field.type)
        else pa.Array.from_pandas(records[field.name])
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)

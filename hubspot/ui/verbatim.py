"""Values that no column holds, put into files as HubSpot wrote them."""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from hubspot.sync.frames import Verbatim

NONE: Verbatim = {}
_ID = "hs_object_id"


def texts_of(records: pd.DataFrame, verbatim: Verbatim, column: str) -> pa.Array | None:
    """Return a text for each record whose value of a column is to be shown so, null for the others; None without any.

    Columns of records that were joined are not among them: they are not this record's properties.
    """
    texts = verbatim.get(column)
    if not texts:
        return None
    found = [texts.get(each) for each in records[_ID].tolist()]
    return pa.array(found, pa.large_string()) if any(each is not None for each in found) else None


def told(records: pd.DataFrame, verbatim: Verbatim, column: str) -> Mapping[int, str]:
    """Return the texts of a column by the ids of those records that are in a file."""
    texts = verbatim.get(column, {})
    ids = set(records[_ID].tolist()) if texts else set()
    return {each: text for each, text in texts.items() if each in ids}

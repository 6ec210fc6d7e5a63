"""Texts looked at by pattern, a whole column at once. Patterns are RE2's: https://github.com/google/re2/wiki/Syntax."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def texts(frame: pd.DataFrame, column: str) -> pa.Array:
    """Return a column as texts, null where there is no value; all null where the frame lacks it."""
    if column not in frame:
        return pa.nulls(len(frame), pa.large_string())
    found = pa.array(frame[column].astype("str"), type=pa.large_string(), from_pandas=True)
    # A column without a row, and one that was put together, come in any number of pieces.
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def matches(values: pa.Array, pattern: str) -> Mask:
    """Return which texts a pattern is found in; a missing text has no part of it."""
    return is_true(pc.match_substring_regex(values, pattern))


def is_true(truths: pa.Array) -> Mask:
    """Return truths as a mask, in which what is unknown is false."""
    found: Mask = pc.fill_null(truths, fill_value=False).to_numpy(zero_copy_only=False)
    return found


def any_matches(frame: pd.DataFrame, columns: Iterable[str], test: Callable[[pa.Array], Mask]) -> Mask:
    """Return which records have a text in one of the columns that a test finds; columns that lack are skipped."""
    found = np.zeros(len(frame), dtype=bool)
    for column in columns:
        if column in frame:
            found |= test(texts(frame, column))
    return found


def as_series(values: pa.Array, index: pd.Index) -> pd.Series:
    """Return texts as a column, missing where nothing is left of them."""
    filled = pc.if_else(pc.equal(pc.utf8_length(values), 0), pa.scalar(None, pa.large_string()), values)
    return pd.Series(pd.array(filled, dtype="str"), index=index)

"""How many records each option would show: the counts beside options."""

from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.filters.masks import BETWEEN_OPTIONS, coded
from hubspot.analysis.records import NO_VALUE


def option_counts(
    frame: pd.DataFrame, column: str, among: NDArray[np.bool_], *, is_multiple: bool = False
) -> dict[str, int]:
    """Count the records of a mask by stored value, NO_VALUE included; a value without any is left out.

    Of a property with several checkboxes (`is_multiple`) a record counts for each option that is ticked. Without the
    column every record has no value.
    """
    distinct, codes = coded(frame[column]) if column in frame else ([], np.full(len(frame), -1))
    # Counting with weights is faster than picking the records of the mask first.
    counts = np.bincount(codes.astype(np.intp) + 1, weights=among, minlength=len(distinct) + 1).astype(int)
    by_value: Counter[str] = Counter({NO_VALUE: int(counts[0])})
    for value, count in zip(distinct, counts[1:].tolist(), strict=True):
        for option in set(value.split(BETWEEN_OPTIONS)) - {""} if is_multiple else (value,):
            by_value[option] += count
    return {value: count for value, count in by_value.items() if count}

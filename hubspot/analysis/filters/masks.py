"""Which records one condition lets through: whole columns at once, in the types that a loaded portal has."""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hubspot.analysis.calendar import Span, midnight, wall_clock
from hubspot.analysis.filters.conditions import (
    Asked,
    Between,
    Condition,
    Contains,
    Days,
    Holds,
    Known,
    OneOf,
    OrUnknown,
    Within,
    Words,
)
from hubspot.analysis.folding import folded, folded_text
from hubspot.analysis.records import NO_VALUE, search_words

Mask = NDArray[np.bool_]
BOOLEANS = ("false", "true")
BETWEEN_OPTIONS = ";"


def lets_through(frame: pd.DataFrame, condition: Condition, time_zone: str) -> Mask:
    """Return which records a condition lets through. Raises ValueError for a moving span."""
    if condition.column not in frame:
        return np.full(len(frame), _wants_no_value(condition))
    values = frame[condition.column]
    if isinstance(condition, OrUnknown):
        return _answers(values, condition.asked, time_zone) | ~_has_value(values)
    return _answers(values, condition, time_zone)


def _answers(values: pd.Series, condition: Asked, time_zone: str) -> Mask:
    if isinstance(condition, Contains | Between | Days | Within):
        return _measures(values, condition, time_zone)
    return _names(values, condition)


def coded(values: pd.Series) -> tuple[list[str], NDArray[np.integer]]:
    """Return the distinct stored values of a column, and for each record the position of its own; -1 for no value.

    Only texts, categories and booleans have such values; anything else gets -1.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [str(each) for each in values.cat.categories], values.cat.codes.to_numpy()
    if isinstance(values.dtype, pd.BooleanDtype):
        return list(BOOLEANS), values.to_numpy(dtype="int8", na_value=-1)
    if not isinstance(values.dtype, pd.StringDtype):
        return [], np.full(len(values), -1)
    encoded = pc.dictionary_encode(_together(values))
    return encoded.dictionary.to_pylist(), pc.fill_null(encoded.indices, -1).to_numpy()


def _together(values: pd.Series) -> pa.Array:
    """Return a column as one array; of a portal that is still arriving it is in pieces."""
    arrow = pa.array(values, from_pandas=True)
    return arrow.combine_chunks() if isinstance(arrow, pa.ChunkedArray) else arrow


def _names(values: pd.Series, condition: Words | OneOf | Holds | Known) -> Mask:
    match condition:
        case Words(text):
            return _finds(values, text)
        case OneOf(_, chosen, negated):
            return _turned(_is_one_of(values, chosen), values, negated=negated)
        case Holds(_, chosen, match):
            return _holds(values, chosen, match)
        case Known(_, negated):
            return ~_has_value(values) if negated else _has_value(values)


def _measures(values: pd.Series, condition: Contains | Between | Days | Within, time_zone: str) -> Mask:
    if not _is_measurable(values, condition):
        return np.zeros(len(values), dtype=bool)
    return _turned(_measured(values, condition, time_zone), values, negated=condition.negated)


def _is_measurable(values: pd.Series, condition: Contains | Between | Days | Within) -> bool:
    dtype = values.dtype
    if isinstance(condition, Contains):
        return isinstance(dtype, pd.StringDtype)
    if isinstance(condition, Between):
        return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
    return dtype.kind == "M"


def _measured(values: pd.Series, condition: Contains | Between | Days | Within, time_zone: str) -> Mask:
    """Return which values a condition describes, before it is turned round."""
    match condition:
        case Contains(_, text):
            return _contains(values, text)
        case Between(_, low, high):
            return _lies_between(values, low, high)
        case Days(_, first, last):
            return _on_days(values, _span(first, last), time_zone)
        case Within():
            raise ValueError("A moving span has no days until it is known which day it is.")


def _wants_no_value(condition: Condition) -> bool:
    match condition:
        case OneOf(_, chosen, negated):
            return NO_VALUE in chosen and not negated
        case Holds(_, chosen, match):
            return NO_VALUE in chosen and match == "any"
        case Known(_, negated):
            return negated
        case OrUnknown():
            return True
        case _:
            return False


def _has_value(values: pd.Series) -> Mask:
    return values.notna().to_numpy(dtype=bool)


def _turned(passing: Mask, values: pd.Series, *, negated: bool) -> Mask:
    return ~passing & _has_value(values) if negated else passing


def _finds(values: pd.Series, text: str) -> Mask:
    found = np.ones(len(values), dtype=bool)
    for word in search_words(text):
        found &= values.str.contains(word, regex=False).to_numpy(dtype=bool)
    return found


def _contains(values: pd.Series, text: str) -> Mask:
    held = pc.match_substring(folded(_together(values)), folded_text(text))
    found: Mask = np.asarray(pc.fill_null(held, fill_value=False))
    return found


def _is_one_of(values: pd.Series, chosen: Collection[str]) -> Mask:
    if isinstance(values.dtype, pd.StringDtype):
        return (values.isin(chosen) | (values.isna() & (NO_VALUE in chosen))).to_numpy(dtype=bool)
    return _looked_up(values, lambda each: each in chosen, without=NO_VALUE in chosen)


def _holds(values: pd.Series, chosen: Collection[str], match: str) -> Mask:
    options = set(chosen)
    tests: dict[str, Callable[[set[str]], bool]] = {
        "any": lambda ticked: not ticked.isdisjoint(options),
        "all": options.issubset,
        "none": lambda ticked: ticked.isdisjoint(options),
    }
    without = NO_VALUE in chosen and match == "any"
    return _looked_up(values, lambda each: tests[match](set(each.split(BETWEEN_OPTIONS))), without=without)


def _looked_up(values: pd.Series, test: Callable[[str], bool], *, without: bool) -> Mask:
    """Ask a test of each distinct value once."""
    distinct, codes = coded(values)
    if not distinct:
        return ~_has_value(values) & without
    # The code of a missing value is -1, which picks the last place.
    found: Mask = np.array([*map(test, distinct), without], dtype=bool)[codes]
    return found


def _lies_between(values: pd.Series, low: float | None, high: float | None) -> Mask:
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    least, most = -np.inf if low is None else low, np.inf if high is None else high
    found: Mask = (numbers >= least) & (numbers <= most)
    return found


def _on_days(values: pd.Series, span: Span, time_zone: str) -> Mask:
    held: Mask = span.holds(wall_clock(values, time_zone))
    return held


def _span(first: date | None, last: date | None) -> Span:
    end = midnight(last) + timedelta(days=1) if last and last < date.max else datetime.max  # noqa: DTZ901 (wall clock)
    return Span(midnight(first or date.min), end)

"""The conditions of a search: what each operator means for numbers, instants, texts and options.

Source: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import numpy.typing as npt

from hubspot.sandbox import answers
from hubspot.sandbox.columns import Coded, Joined, Mask, Moments, Numbers
from hubspot.sandbox.definitions import Definition
from hubspot.sandbox.tables import Table

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "EQ": np.equal,
    "LT": np.less,
    "LTE": np.less_equal,
    "GT": np.greater,
    "GTE": np.greater_equal,
}
LISTS = {"IN", "NOT_IN"}
PRESENCE = {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}
# An operator that is another one turned round; HubSpot leaves records without a value out of these too.
NEGATED = {"NEQ": "EQ", "NOT_IN": "IN", "NOT_CONTAINS_TOKEN": "CONTAINS_TOKEN"}
OPERATORS = {*COMPARISONS, *LISTS, *PRESENCE, *NEGATED, "BETWEEN", "CONTAINS_TOKEN"}
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition, checked: the property exists and the operator has the operands it needs."""

    definition: Definition
    operator: str
    operands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """What search sees: edited rows as they are, or as they were while it lags; it knows nothing of `hidden` ones."""

    overlay: Mapping[int, Mapping[str, str | None]]
    hidden: frozenset[int]


def read_filter(table: Table, given: Mapping[str, Any]) -> Filter:
    """Read one filter of a search; raises Refusal where its property, operator or operands make no sense."""
    name, operator = str(given.get("propertyName")), str(given.get("operator"))
    definition = table.definitions.get(name)
    if definition is None:
        raise answers.invalid(f"There was a problem with the request: property {name!r} does not exist.")
    if operator not in OPERATORS:
        raise answers.invalid(f"Invalid operator {operator!r}.")
    return Filter(definition, operator, read_operands(given, operator))


def read_operands(given: Mapping[str, Any], operator: str) -> tuple[str, ...]:
    """Return what an operator compares with: nothing, `value`, `value` and `highValue`, or `values`.

    Raises Refusal where one of them is missing or is neither a text nor a number.
    """
    operands = _operands(given, operator)
    if not operands and operator not in PRESENCE:
        raise answers.invalid(f"Operator {operator} needs a list of 'values'.")
    if not all(isinstance(operand, str | int | float) for operand in operands):
        wanted = "'value' and 'highValue'" if operator == "BETWEEN" else "'values'" if operator in LISTS else "'value'"
        raise answers.invalid(f"Operator {operator} needs {wanted} as texts.")
    return tuple(str(operand).lower() if isinstance(operand, bool) else str(operand) for operand in operands)


def _operands(given: Mapping[str, Any], operator: str) -> list[Any]:
    if operator in PRESENCE:
        return []
    if operator in LISTS:
        values = given.get("values")
        return values if isinstance(values, list) else []
    return [given.get("value"), given.get("highValue")] if operator == "BETWEEN" else [given.get("value")]


def filter_mask(table: Table, index: Index, each: Filter) -> Mask:
    """Return which rows pass one condition: drawn rows all at once, edited ones after them."""
    name = each.definition.name
    mask = np.zeros(len(table.ids), dtype=bool)
    if name == "hs_object_id":
        return _number_test(each)(table.ids.astype(np.float64))
    column = table.column(name)
    if isinstance(column, Moments | Numbers):
        mask[: table.size] = _number_test(each)(column.numbers)
    elif isinstance(column, Coded | Joined):
        mask[: table.size] = column.where(_text_test(each))
    edited = [(row, values[name]) for row, values in index.overlay.items() if name in values]
    if edited:
        mask[[row for row, _ in edited]] = _test_texts(each, [text for _, text in edited])
    return mask


def _test_texts(each: Filter, texts: Sequence[str | None]) -> Mask:
    if each.definition.is_number:
        return _number_test(each)(np.array([read_number(text) for text in texts]))
    test = _text_test(each)
    return np.array([test(text) for text in texts])


def read_number(text: str | None) -> float:
    """Return a number, or milliseconds since 1970 for a date or an instant; NaN for nothing and for anything else."""
    if not text:
        return math.nan
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000


def _number_test(each: Filter) -> Callable[[Floats], Mask]:
    operands = [read_number(text) for text in each.operands]
    if any(math.isnan(operand) for operand in operands):
        raise answers.invalid(f"Invalid value for property {each.definition.name!r}.")
    return lambda numbers: _compare(each.operator, numbers, operands)


def _compare(operator: str, numbers: Floats, operands: Sequence[float]) -> Mask:
    there = ~np.isnan(numbers)
    if operator in PRESENCE:
        return there if operator == "HAS_PROPERTY" else ~there
    if operator in NEGATED:
        return there & ~_compare(NEGATED[operator], numbers, operands)
    if operator == "BETWEEN":
        return np.asarray((numbers >= operands[0]) & (numbers <= operands[1]))
    if operator in COMPARISONS:
        return np.asarray(COMPARISONS[operator](numbers, operands[0]))
    return np.isin(numbers, operands)


def _text_test(each: Filter) -> Callable[[str | None], bool]:
    """Return the test of one text. Texts compare without case, options of an enumeration with it.

    The values of a list are not folded: for texts HubSpot wants them in lower case, and finds nothing otherwise.
    """
    fold: Callable[[str], str] = str if each.definition.type in {"enumeration", "bool"} else str.lower
    operands = list(each.operands) if each.operator in LISTS else [fold(text) for text in each.operands]
    if each.operator in PRESENCE:
        return lambda text: bool(text) is (each.operator == "HAS_PROPERTY")
    positive = NEGATED.get(each.operator, each.operator)
    turned = each.operator in NEGATED
    return lambda text: bool(text) and _text_passes(positive, fold(text or ""), operands) is not turned


def _text_passes(operator: str, text: str, operands: Sequence[str]) -> bool:
    if operator == "CONTAINS_TOKEN":
        return _has_tokens(text.lower(), operands[0].lower())
    if operator == "IN":
        # A multi-checkbox is in a list when any of its options is.
        return not {text, *text.split(";")}.isdisjoint(operands)
    if operator == "BETWEEN":
        return operands[0] <= text <= operands[1]
    if operator == "EQ":
        return text == operands[0]
    return bool(
        {"LT": text < operands[0], "LTE": text <= operands[0], "GT": text > operands[0]}.get(
            operator, text >= operands[0]
        )
    )


def _has_tokens(text: str, wanted: str) -> bool:
    words = re.findall(r"\w+", text)
    if "*" in wanted:
        return any(fnmatchcase(word, wanted) for word in [*words, text])
    return set(re.findall(r"\w+", wanted)).issubset(words)

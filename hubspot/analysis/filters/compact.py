"""A condition in as few characters as an address allows: column, operator and operands with dots between them.

`_` alone is no value, or no limit. A property's name has only letters, digits and underscores; whatever else could
part or end something is escaped.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from urllib.parse import quote, unquote

from hubspot.analysis.filters.conditions import (
    Asked,
    Between,
    Condition,
    Days,
    Holds,
    Known,
    OneOf,
    OrUnknown,
    Within,
    bare,
    is_span,
)
from hubspot.analysis.records import NO_VALUE

PART = "."
_MARK = "_"
# Before the operator of a condition that lets records without a value through as well.
_OR_UNKNOWN = "u"
_ESCAPES = {PART: "%2E", "-": "%2D", "*": "%2A", "~": "%7E"}
_MOST_OPERANDS = 200


def told(condition: Condition) -> str:
    """Return a condition that holds no typed text. Raises ValueError for one that does."""
    operator, *operands = _operator(bare(condition))
    operator = f"{_OR_UNKNOWN}{operator}" if isinstance(condition, OrUnknown) else operator
    return PART.join((_escaped(condition.column), operator, *operands))


def read(text: str) -> Condition:
    """Read what `told` wrote. Raises ValueError for anything else."""
    column, operator, *operands = text.split(PART, _MOST_OPERANDS + 2)
    asked = operator.removeprefix(_OR_UNKNOWN)
    if asked not in _READERS or len(operands) > _MOST_OPERANDS:
        raise ValueError("An unknown operator.")
    found = _READERS[asked](unquote(column), operands)
    return found if asked == operator else OrUnknown(found)


def _operator(condition: Asked) -> tuple[str, ...]:
    match condition:
        case OneOf(_, values, negated):
            return ("out" if negated else "in", *_values(values))
        case Holds(_, values, match):
            return (match, *_values(values))
        case Between(_, low, high, negated):
            return ("nn" if negated else "n", _number(low), _number(high))
        case Days(_, first, last, negated):
            return ("nd" if negated else "d", _day(first), _day(last))
        case Within(_, span, negated):
            return ("nw" if negated else "w", span.replace("-", _MARK))
        case Known(_, negated):
            return ("nk" if negated else "k",)
        case _:
            raise ValueError("Typed text stays out of addresses.")


def _values(values: frozenset[str]) -> list[str]:
    return [_MARK if value == NO_VALUE else _escaped(value) for value in sorted(values)]


def _escaped(text: str) -> str:
    if text == _MARK:
        return "%5F"
    quoted = quote(text, safe="")
    return "".join(_ESCAPES.get(letter, letter) for letter in quoted)


def _number(number: float | None) -> str:
    if number is None:
        return _MARK
    return _escaped(str(int(number)) if float(number).is_integer() else repr(float(number)))


def _day(day: date | None) -> str:
    return _MARK if day is None else f"{day:%Y%m%d}".rjust(8, "0")


def _read_values(operands: Sequence[str]) -> frozenset[str]:
    if not operands:
        raise ValueError("No value.")
    return frozenset(NO_VALUE if each == _MARK else unquote(each) for each in operands)


def _read_number(text: str) -> float | None:
    number = None if text == _MARK else float(unquote(text))
    if number is not None and not math.isfinite(number):
        raise ValueError("Not a number.")
    return number


def _read_day(text: str) -> date | None:
    return None if text == _MARK else date.fromisoformat(text)


def _read_between(column: str, operands: Sequence[str], *, negated: bool) -> Asked:
    low, high = map(_read_number, operands)
    _require_order(low, high)
    return Between(column, low, high, negated)


def _read_days(column: str, operands: Sequence[str], *, negated: bool) -> Asked:
    first, last = map(_read_day, operands)
    _require_order(*(None if day is None else day.toordinal() for day in (first, last)))
    return Days(column, first, last, negated)


def _require_order(low: float | None, high: float | None) -> None:
    if low is None and high is None:
        raise ValueError("No limit.")
    if low is not None and high is not None and low > high:
        raise ValueError("The end comes before the beginning.")


def _read_within(column: str, operands: Sequence[str], *, negated: bool) -> Asked:
    (text,) = operands
    span = text.replace(_MARK, "-")
    if not is_span(span):
        raise ValueError("An unknown span.")
    return Within(column, span, negated)


def _read_known(column: str, operands: Sequence[str], *, negated: bool) -> Asked:
    if operands:
        raise ValueError("Known has no operand.")
    return Known(column, negated)


_READERS: Mapping[str, Callable[[str, Sequence[str]], Asked]] = {
    "in": lambda column, operands: OneOf(column, _read_values(operands)),
    "out": lambda column, operands: OneOf(column, _read_values(operands), negated=True),
    "any": lambda column, operands: Holds(column, _read_values(operands), "any"),
    "all": lambda column, operands: Holds(column, _read_values(operands), "all"),
    "none": lambda column, operands: Holds(column, _read_values(operands), "none"),
    "n": lambda column, operands: _read_between(column, operands, negated=False),
    "nn": lambda column, operands: _read_between(column, operands, negated=True),
    "d": lambda column, operands: _read_days(column, operands, negated=False),
    "nd": lambda column, operands: _read_days(column, operands, negated=True),
    "w": lambda column, operands: _read_within(column, operands, negated=False),
    "nw": lambda column, operands: _read_within(column, operands, negated=True),
    "k": lambda column, operands: _read_known(column, operands, negated=False),
    "nk": lambda column, operands: _read_known(column, operands, negated=True),
}

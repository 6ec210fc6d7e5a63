"""What can be asked of each kind of property, in words, and the editor that each question needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from hubspot.analysis.filters import Between, Condition, Contains, Days, Holds, Known, OneOf, Within
from hubspot.analysis.filters.conditions import Asked, bare
from hubspot.analysis.filters.fields import Kind

Editor = Literal["values", "text", "number", "numbers", "day", "days", "span", "none"]


@dataclass(frozen=True, slots=True)
class Operator:
    """A question: its words, its editor, the condition it makes of a column and what the editor holds, and back.

    `read` returns what the editor shows for a condition that this question made, None for any other. One that `denies`
    can let records without a value through as well: to most people, what is empty is not Germany either.
    """

    label: str
    editor: Editor
    make: Callable[[str, Any], Asked]
    read: Callable[[Asked], Any]
    denies: bool = False


def _values(label: str, *, negated: bool) -> Operator:
    return Operator(
        label,
        "values",
        lambda column, chosen: OneOf(column, frozenset(chosen), negated),
        lambda asked: asked.values if isinstance(asked, OneOf) and asked.negated is negated else None,
        negated,
    )


def _ticked(label: str, match: Literal["any", "all", "none"]) -> Operator:
    return Operator(
        label,
        "values",
        lambda column, chosen: Holds(column, frozenset(chosen), match),
        lambda asked: asked.values if isinstance(asked, Holds) and asked.match == match else None,
        match == "none",
    )


def _text(label: str, *, negated: bool) -> Operator:
    return Operator(
        label,
        "text",
        lambda column, text: Contains(column, text or "", negated),
        lambda asked: asked.text if isinstance(asked, Contains) and asked.negated is negated else None,
        negated,
    )


def _numbers(label: str, *, negated: bool) -> Operator:
    def read(asked: Asked) -> Any:
        if not isinstance(asked, Between) or asked.negated is not negated:
            return None
        is_range = asked.low is not None and asked.high is not None and asked.low != asked.high
        return (asked.low, asked.high) if is_range else None

    return Operator(label, "numbers", lambda column, ends: Between(column, ends[0], ends[1], negated), read, negated)


def _exactly(label: str, *, negated: bool) -> Operator:
    def read(asked: Asked) -> Any:
        if not isinstance(asked, Between) or asked.negated is not negated:
            return None
        return asked.low if asked.low == asked.high else None

    return Operator(label, "number", lambda column, number: Between(column, number, number, negated), read, negated)


def _limit(label: str, end: Literal["low", "high"], *, negated: bool) -> Operator:
    def make(column: str, number: float | None) -> Asked:
        return Between(column, low=number, negated=negated) if end == "low" else Between(column, None, number, negated)

    def read(asked: Asked) -> Any:
        if not isinstance(asked, Between) or asked.negated is not negated:
            return None
        limit, other = (asked.low, asked.high) if end == "low" else (asked.high, asked.low)
        return limit if other is None else None

    return Operator(label, "number", make, read)


def _days(label: str, *, negated: bool) -> Operator:
    def read(asked: Asked) -> Any:
        if not isinstance(asked, Days) or asked.negated is not negated:
            return None
        return (asked.first, asked.last) if asked.first and asked.last else None

    return Operator(label, "days", lambda column, ends: Days(column, ends[0], ends[1], negated), read, negated)


def _side(label: str, end: Literal["first", "last"], *, negated: bool) -> Operator:
    def make(column: str, day: date | None) -> Asked:
        return Days(column, first=day, negated=negated) if end == "first" else Days(column, None, day, negated)

    def read(asked: Asked) -> Any:
        if not isinstance(asked, Days) or asked.negated is not negated:
            return None
        day, other = (asked.first, asked.last) if end == "first" else (asked.last, asked.first)
        return day if other is None else None

    return Operator(label, "day", make, read)


def _span(label: str, *, negated: bool) -> Operator:
    return Operator(
        label,
        "span",
        lambda column, span: Within(column, span, negated),
        lambda asked: asked.span if isinstance(asked, Within) and asked.negated is negated else None,
        negated,
    )


def _known(label: str, *, negated: bool) -> Operator:
    return Operator(
        label,
        "none",
        lambda column, _: Known(column, negated),
        lambda asked: True if isinstance(asked, Known) and asked.negated is negated else None,
    )


_PRESENCE = {"known": _known("is known", negated=False), "unknown": _known("is unknown", negated=True)}
_DAYS = {
    "span": _span("is in", negated=False),
    "not_span": _span("is not in", negated=True),
    "days": _days("is between", negated=False),
    "since": _side("is on or after", "first", negated=False),
    "until": _side("is on or before", "last", negated=False),
    "before": _side("is before", "first", negated=True),
    "after": _side("is after", "last", negated=True),
    "not_days": _days("is outside", negated=True),
    **_PRESENCE,
}
OPERATORS: Mapping[Kind, Mapping[str, Operator]] = {
    "choice": {
        "in": _values("is any of", negated=False),
        "out": _values("is none of", negated=True),
        **_PRESENCE,
    },
    "multiple": {
        "any": _ticked("has any of", "any"),
        "all": _ticked("has all of", "all"),
        "none": _ticked("has none of", "none"),
        **_PRESENCE,
    },
    "number": {
        "between": _numbers("is between", negated=False),
        "more": _limit("is more than", "high", negated=True),
        "less": _limit("is less than", "low", negated=True),
        "equal": _exactly("is equal to", negated=False),
        "unequal": _exactly("is not equal to", negated=True),
        "least": _limit("is at least", "low", negated=False),
        "most": _limit("is at most", "high", negated=False),
        "outside": _numbers("is outside", negated=True),
        **_PRESENCE,
    },
    "date": _DAYS,
    "instant": _DAYS,
    "text": {
        "contains": _text("contains", negated=False),
        "lacks": _text("does not contain", negated=True),
        "in": _values("is any of", negated=False),
        "out": _values("is none of", negated=True),
        **_PRESENCE,
    },
}


def question_of(kind: Kind, condition: Condition) -> tuple[str, Any]:
    """Return the name of the question that a condition answers, and what its editor shows.

    Raises ValueError for a condition that a property of this kind can't be asked.
    """
    for name, operator in OPERATORS[kind].items():
        shown = operator.read(bare(condition))
        if shown is not None:
            return name, shown
    raise ValueError("There is no such question.")

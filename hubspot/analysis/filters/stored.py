"""Filters as plain JSON, all of them, typed text included: for what is sealed, never for an address."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

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
    bare,
    is_span,
)
from hubspot.analysis.filters.model import Filters

VERSION = 1
_OR_UNKNOWN = "or_unknown"
_KINDS: Mapping[str, type[Asked]] = {
    "words": Words,
    "contains": Contains,
    "one_of": OneOf,
    "holds": Holds,
    "between": Between,
    "days": Days,
    "within": Within,
    "known": Known,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_json(filters: Filters) -> dict[str, Any]:
    """Return plain JSON types from which `from_json` makes equal filters."""
    return {
        "version": VERSION,
        "conditions": [_told(condition) for condition in filters.conditions],
        "groups": [[_told(condition) for condition in group] for group in filters.groups],
    }


def from_json(told: Any) -> Filters:
    """Rebuild filters from `to_json`. Raises ValueError for anything else."""
    try:
        if told["version"] != VERSION:
            raise ValueError("Filters of another version.")
        groups = tuple(tuple(map(_read, group)) for group in told["groups"])
        return Filters(tuple(map(_read, told["conditions"])), groups)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("These are no filters.") from error


def _told(condition: Condition) -> dict[str, Any]:
    asked = bare(condition)
    values = {each.name: _plain(getattr(asked, each.name)) for each in fields(asked)}
    return {"kind": _NAMES[type(asked)], **values, **({_OR_UNKNOWN: True} if asked is not condition else {})}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else value


def _read(told: Mapping[str, Any]) -> Condition:
    given = dict(told)
    kind, or_unknown = _KINDS[given.pop("kind")], _flag(given.pop(_OR_UNKNOWN, False))
    asked = kind(**{name: _READERS[name](value) for name, value in given.items()})
    return OrUnknown(asked) if or_unknown else asked


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("A text is missing.")
    return value


def _texts(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        raise TypeError("A list is missing.")
    return frozenset(map(_text, value))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("A flag is missing.")
    return value


def _number(value: Any) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise TypeError("A number is missing.")
    return value


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(_text(value))


def _one_of(*allowed: str) -> Any:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError("An unknown word.")
        return _text(value)

    return read


def _span(value: Any) -> str:
    if not is_span(_text(value)):
        raise ValueError("An unknown span.")
    return _text(value)


_READERS = {
    "column": _text,
    "text": _text,
    "values": _texts,
    "negated": _flag,
    "low": _number,
    "high": _number,
    "first": _day,
    "last": _day,
    "match": _one_of("any", "all", "none"),
    "span": _span,
}

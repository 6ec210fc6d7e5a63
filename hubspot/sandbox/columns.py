"""Columns of a portal: compact arrays that turn themselves into JSON values, a slice of rows at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import orjson

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Whole = npt.NDArray[Any]
Part = tuple[Whole, Sequence[bytes] | bytes]
NULL = b"null"
MISSING = int(np.iinfo(np.int64).min)  # also numpy's "not a time", so that moments need no second sentinel
EVERY = slice(None)


class Column(Protocol):
    """One property of every record of an object."""

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return the JSON values (a string or null) of these rows."""
        ...

    def compact(self) -> "Column":
        """Return the same column in as few bytes a row as it needs."""
        ...


class Source(Protocol):
    """Whole numbers by row: an array, or something that works them out when asked. MISSING is an empty value."""

    def __getitem__(self, rows: Rows | slice, /) -> Whole: ...


@dataclass(frozen=True)
class Computed:
    """Whole numbers worked out from other columns for the rows that are asked for, and kept nowhere."""

    work_out: Callable[[Rows | slice], Whole]

    def __getitem__(self, rows: Rows | slice) -> Whole:
        return self.work_out(rows)


@dataclass(frozen=True)
class Coded:
    """Few distinct values: `codes` are indices into `texts`; None is an empty value."""

    codes: Whole
    texts: Sequence[str | None]

    @cached_property
    def vocabulary(self) -> list[bytes]:
        """Return the JSON value of every code, encoded once."""
        return [orjson.dumps(text) for text in self.texts]

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return the JSON values of these rows."""
        vocabulary = self.vocabulary
        return [vocabulary[code] for code in self.codes[rows].tolist()]

    def compact(self) -> "Coded":
        """Return the column with the smallest codes."""
        return Coded(self.codes.astype(np.min_scalar_type(len(self.texts)), copy=False), self.texts)

    def where(self, test: Callable[[str | None], bool]) -> Mask:
        """Return which rows hold a text that passes; each distinct text is tested once."""
        passed: Mask = np.fromiter((test(text) for text in self.texts), dtype=bool, count=len(self.texts))[self.codes]
        return passed


@dataclass(frozen=True)
class Moments:
    """Instants as milliseconds since 1970 in UTC, or days of `unit` "D"; MISSING is an empty value."""

    values: Source
    unit: str = "ms"

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return ISO 8601 values: instants with milliseconds and Z, days as dates."""
        values = wide(self.values[rows])
        stamps = np.datetime_as_string(values.view(f"M8[{self.unit}]")).tolist()
        end = 'Z"' if self.unit == "ms" else '"'
        # Quoting and encoding all of them at once takes a third of the time that each by itself does.
        texts = ('"' + f'{end} "'.join(stamps) + end).encode().split(b" ") if stamps else []
        return _emptied(texts, values == MISSING)

    def compact(self) -> "Moments":
        """Return the column with days in fewer bytes; instants need all of theirs."""
        return Moments(narrow(self.values), self.unit)

    @property
    def numbers(self) -> npt.NDArray[np.float64]:
        """Return milliseconds since 1970, NaN where empty."""
        values, scale = wide(self.values[EVERY]), 1 if self.unit == "ms" else 86_400_000
        return np.where(values == MISSING, np.nan, values.astype(np.float64) * scale)


@dataclass(frozen=True)
class Numbers:
    """Whole numbers, or numbers with `decimals` places kept as whole ones; MISSING is an empty value."""

    values: Source
    decimals: int = 0

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return decimal texts, without a fraction where there is none."""
        drawn = self.values[rows]
        missing, values = smallest(drawn), drawn.tolist()
        if not self.decimals:
            return [NULL if value == missing else b'"%d"' % value for value in values]
        scale = 10**self.decimals
        return [NULL if value == missing else b'"%b"' % f"{value / scale:.10g}".encode() for value in values]

    def compact(self) -> "Numbers":
        """Return the column with the smallest numbers."""
        return Numbers(narrow(self.values), self.decimals)

    @property
    def numbers(self) -> npt.NDArray[np.float64]:
        """Return floats, NaN where empty; ids stay exact below 2**53."""
        values = wide(self.values[EVERY])
        return np.where(values == MISSING, np.nan, values / 10**self.decimals)


@dataclass(frozen=True)
class Joined:
    """Texts put together from parts, different for nearly every record: e-mail addresses, names, phones.

    A part is an array of codes with its fragments, or an array of numbers with a format such as b"%04d".
    `present` tells which rows have a value.
    """

    parts: Sequence[Part]
    present: Mask

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return the JSON values of these rows."""
        columns = [_fragments(codes[rows], source) for codes, source in self.quoted]
        return _emptied(list(map(b"".join, zip(*columns, strict=True))), ~self.present[rows])

    @cached_property
    def quoted(self) -> Sequence[Part]:
        """Return the parts with the quotation marks of a JSON string at both ends."""
        (codes, first), *others = self.parts
        *middle, (last_codes, last) = [(codes, _around(first, b'"%b')), *others]
        return [*middle, (last_codes, _around(last, b'%b"'))]

    def compact(self) -> "Joined":
        """Return the column with the smallest codes."""
        parts = [(narrow_codes(codes), source) for codes, source in self.parts]
        return Joined(parts, self.present)

    @cached_property
    def texts(self) -> list[str | None]:
        """Return every row's text; made when a search first needs it."""
        return [orjson.loads(value) for value in self.encoded(np.arange(len(self.present)))]

    def where(self, test: Callable[[str | None], bool]) -> Mask:
        """Return which rows hold a text that passes."""
        return np.fromiter((test(text) for text in self.texts), dtype=bool, count=len(self.texts))


@cache
def counted(pattern: bytes, size: int) -> list[bytes]:
    """Return the fragments of the numbers below `size`, looked up faster than written."""
    return [pattern % number for number in range(size)]


def fragments(texts: Sequence[str]) -> list[bytes]:
    """Return texts as the inside of JSON strings, ready to be joined."""
    return [orjson.dumps(text)[1:-1] for text in texts]


def narrow_codes(codes: Whole) -> Whole:
    """Return numbers that are never below zero in the smallest width that holds them."""
    return codes.astype(np.min_scalar_type(codes.max(initial=0)), copy=False)


def smallest(values: Whole) -> int:
    """Return the number that stands for an empty value among numbers of this width."""
    return int(np.iinfo(values.dtype).min)


def wide(values: Whole) -> npt.NDArray[np.int64]:
    """Return numbers of any width as int64, with MISSING for the empty ones."""
    if values.dtype == np.int64:
        return values
    return np.where(values == smallest(values), MISSING, values.astype(np.int64))


def narrow(values: Source) -> Source:
    """Return numbers in the smallest width that holds them and an empty value; computed ones as they are."""
    if not isinstance(values, np.ndarray):
        return values
    there = values != MISSING
    low, high = (int(edge(values, where=there, initial=0)) for edge in (np.min, np.max))
    # A width must hold one number more than it needs: its smallest stands for the empty value.
    width = next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if _holds(kind, low - 1, high))
    if width is np.int64:
        return values
    return np.where(there, values, np.iinfo(width).min).astype(width)


def _holds(kind: type[np.signedinteger[Any]], low: int, high: int) -> bool:
    return bool(np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)


def _around(source: Sequence[bytes] | bytes, pattern: bytes) -> Sequence[bytes] | bytes:
    return pattern % source if isinstance(source, bytes) else [pattern % fragment for fragment in source]


def _fragments(codes: Whole, source: Sequence[bytes] | bytes) -> Iterable[bytes]:
    if isinstance(source, bytes):
        return [source % code for code in codes.tolist()]
    return map(source.__getitem__, codes.tolist())


def _emptied(texts: list[bytes], empty: Mask) -> list[bytes]:
    """Return texts with null in the place of the empty ones."""
    for position in np.flatnonzero(empty).tolist():
        texts[position] = NULL
    return texts

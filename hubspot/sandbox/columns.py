"""Columns of a portal: compact arrays that turn themselves into JSON values, a slice of rows at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import orjson

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
NULL = b"null"
MISSING = int(np.iinfo(np.int64).min)  # also numpy's "not a time", so that moments need no second sentinel


class Column(Protocol):
    """One property of every record of an object."""

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return the JSON values (a string or null) of these rows."""
        ...


@dataclass(frozen=True)
class Coded:
    """Few distinct values: `codes` are indices into `texts`; None is an empty value."""

    codes: npt.NDArray[Any]
    texts: Sequence[str | None]

    @cached_property
    def vocabulary(self) -> list[bytes]:
        """Return the JSON value of every code, encoded once."""
        return [orjson.dumps(text) for text in self.texts]

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return the JSON values of these rows."""
        vocabulary = self.vocabulary
        return [vocabulary[code] for code in self.codes[rows].tolist()]

    def where(self, test: Callable[[str | None], bool]) -> Mask:
        """Return which rows hold a text that passes; each distinct text is tested once."""
        passed: Mask = np.fromiter((test(text) for text in self.texts), dtype=bool, count=len(self.texts))[self.codes]
        return passed


@dataclass(frozen=True)
class Moments:
    """Instants as int64 milliseconds since 1970 in UTC, or days of `unit` "D"; MISSING is an empty value."""

    values: npt.NDArray[np.int64]
    unit: str = "ms"

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return ISO 8601 values: instants with milliseconds and Z, days as dates."""
        stamps = np.datetime_as_string(self.values[rows].view(f"M8[{self.unit}]")).astype("S").tolist()
        pattern = b'"%bZ"' if self.unit == "ms" else b'"%b"'
        return [NULL if stamp == b"NaT" else pattern % stamp for stamp in stamps]

    @property
    def numbers(self) -> npt.NDArray[np.float64]:
        """Return milliseconds since 1970, NaN where empty."""
        scale = 1 if self.unit == "ms" else 86_400_000
        return np.where(self.values == MISSING, np.nan, self.values.astype(np.float64) * scale)


@dataclass(frozen=True)
class Numbers:
    """Whole numbers, or numbers with `decimals` places kept as whole ones; MISSING is an empty value."""

    values: npt.NDArray[np.int64]
    decimals: int = 0

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return decimal texts, without a fraction where there is none."""
        values = self.values[rows].tolist()
        if not self.decimals:
            return [NULL if value == MISSING else b'"%d"' % value for value in values]
        scale = 10**self.decimals
        return [NULL if value == MISSING else b'"%b"' % f"{value / scale:.10g}".encode() for value in values]

    @property
    def numbers(self) -> npt.NDArray[np.float64]:
        """Return floats, NaN where empty; ids stay exact below 2**53."""
        return np.where(self.values == MISSING, np.nan, self.values / 10**self.decimals)


@dataclass(frozen=True)
class Joined:
    """Texts put together from parts, different for nearly every record: e-mail addresses, names, phones.

    A part is an array of codes with its fragments, or an array of numbers with a format such as b"%04d".
    `present` tells which rows have a value.
    """

    parts: Sequence[tuple[npt.NDArray[Any], Sequence[bytes] | bytes]]
    present: Mask

    def encoded(self, rows: Rows) -> list[bytes]:
        """Return the JSON values of these rows."""
        columns = [_fragments(codes[rows], source) for codes, source in self.parts]
        joined = (b'"%b"' % b"".join(pieces) for pieces in zip(*columns, strict=True))
        return [text if there else NULL for text, there in zip(joined, self.present[rows].tolist(), strict=True)]

    @cached_property
    def texts(self) -> list[str | None]:
        """Return every row's text; made when a search first needs it."""
        return [orjson.loads(value) for value in self.encoded(np.arange(len(self.present)))]

    def where(self, test: Callable[[str | None], bool]) -> Mask:
        """Return which rows hold a text that passes."""
        return np.fromiter((test(text) for text in self.texts), dtype=bool, count=len(self.texts))


def fragments(texts: Sequence[str]) -> list[bytes]:
    """Return texts as the inside of JSON strings, ready to be joined."""
    return [orjson.dumps(text)[1:-1] for text in texts]


def _fragments(codes: npt.NDArray[Any], source: Sequence[bytes] | bytes) -> list[bytes]:
    if isinstance(source, bytes):
        return [source % code for code in codes.tolist()]
    return [source[code] for code in codes.tolist()]

"""How people type: capitals, stray spaces, phone numbers in every shape."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hubspot.sandbox.columns import Joined, Mask, Part, counted, fragments
from hubspot.sandbox.tables import Table
from hubspot.sandbox.vocabulary import COUNTRIES

Codes = npt.NDArray[np.int64]

PLAIN, UPPER, LOWER, SPACED = range(4)
TYPING_WEIGHTS = (0.957, 0.018, 0.015, 0.01)
# What stands before a number and between its third and fourth digit; the second shape lacks the country code.
INTERNATIONAL, NATIONAL = 0, 1
PHONE_SHAPES = (
    ("+{code} {area} ", ""),
    ("{home} ", ""),
    ("00{code} {area} ", ""),
    ("+{code} ({area}) ", " "),
    ("+{code}-{area}-", "-"),
)
PHONE_WEIGHTS = (0.76, 0.12, 0.05, 0.04, 0.03)


def typed(table: Table, name: str) -> Codes:
    """Return how each row's text was typed: PLAIN, UPPER, LOWER or SPACED."""
    return table.pick(f"{name}.typed", TYPING_WEIGHTS).astype(np.int64)


def cased(words: Sequence[str]) -> list[bytes]:
    """Return the fragments of words as they are, in capitals, in small letters, and as they are once more."""
    return fragments([*words, *(word.upper() for word in words), *(word.lower() for word in words), *words])


def cased_part(codes: Codes, words: Sequence[str], form: Codes) -> Part:
    """Return a part of a text in the form it was typed in."""
    return codes + form * len(words), cased(words)


def space_part(form: Codes) -> Part:
    """Return the stray spaces of the rows that were typed with some."""
    return (form == SPACED).astype(np.int64), [b"", b"  "]


def phone_shapes(table: Table, name: str) -> Codes:
    """Return the shape in which each row's number was typed."""
    return table.pick(f"{name}.shape", PHONE_WEIGHTS).astype(np.int64)


def phone_digits(table: Table, name: str) -> Codes:
    """Return the last seven digits of each row's number."""
    return (table.uniform(name).astype(np.float64) * 10**7).astype(np.int64)


def phone_column(countries: npt.NDArray[np.int16], digits: Codes, shapes: Codes, present: Mask) -> Joined:
    """Return phone numbers with seven digits after the area code of their country."""
    starts = fragments([_start(start, dial.dial) for start, _ in PHONE_SHAPES for dial in COUNTRIES])
    middles = fragments([middle for _, middle in PHONE_SHAPES])
    first, last = np.divmod(digits, 10_000)
    parts: list[Part] = [(countries + shapes * len(COUNTRIES), starts), (first, counted(b"%03d", 1000))]
    return Joined([*parts, (shapes, middles), (last, counted(b"%04d", 10_000))], present)


def _start(start: str, dial: str) -> str:
    code, area = dial.removeprefix("+").split(" ")
    # Only North America writes its area codes without a zero in front.
    home = area if code == "1" else f"0{area}"
    return start.format(code=code, area=area, home=home)

"""What speaks for a pair: how alike two texts are, and how several reasons add up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from hubspot.analysis.duplicates.blocks import Pairs

Score = NDArray[np.float64]
# No reason makes it certain.
_SUREST = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class Reason:
    """Pairs that one rule found, each with its own score from 0 to 1; NaN where a text to compare is missing."""

    rule: str
    pairs: Pairs
    scores: Score


def alike(texts: pa.Array, pairs: Pairs) -> Score:
    """Return how alike the texts of each pair are: 1 for equal ones, 0 for nothing in common, NaN where one is null.

    Source: https://rapidfuzz.github.io/RapidFuzz/Usage/fuzz.html#ratio
    """
    left, right = sides(texts, pairs)
    return _ratios(left, right)


def alike_by_word(texts: pa.Array, pairs: Pairs) -> Score:
    """Return how alike the most different words of each pair are; of texts with different numbers of words, the texts.

    In one family or team, many names differ in one of two words.
    """
    left, right = sides(texts, pairs)
    scores = _ratios(left, right)
    for place, (one, other) in enumerate(zip(left, right, strict=True)):
        if one and other and one != other and " " in one and one.count(" ") == other.count(" "):
            scores[place] = min(_ratios(one.split(), other.split()))
    return scores


def sides(texts: pa.Array, pairs: Pairs) -> tuple[list[str | None], list[str | None]]:
    """Return the texts of the left and of the right records of pairs."""
    left, right = (texts.take(pa.array(rows)).to_pylist() for rows in (pairs.left, pairs.right))
    return left, right


def _ratios(left: Sequence[str | None], right: Sequence[str | None]) -> Score:
    if not left:
        return np.zeros(0)
    scores = process.cpdist(left, right, scorer=fuzz.ratio, dtype=np.float64, workers=1)
    known = np.array([a is not None and b is not None for a, b in zip(left, right, strict=True)], dtype=bool)
    return np.where(known, scores / 100, np.nan)


def initials(texts: pa.Array, pairs: Pairs) -> NDArray[np.bool_]:
    """Return in which pairs one text is but the first letter of the other."""
    left, right = sides(texts, pairs)
    told = [
        a is not None and b is not None and 1 in {len(a), len(b)} and a[0] == b[0]
        for a, b in zip(left, right, strict=True)
    ]
    return np.array(told, dtype=bool)


def added(reasons: Sequence[Reason], rules: Sequence[str]) -> pd.DataFrame:
    """Return each pair once: left, right (rows), score, reasons (the rules' names in their order, with semicolons).

    Reasons are taken for independent: two of 0.9 make 0.99.
    """
    found = pd.concat(
        [
            pd.DataFrame({"left": each.pairs.left, "right": each.pairs.right, "doubt": 1 - each.scores, "rule": bit})
            for each in reasons
            for bit in [1 << rules.index(each.rule)]
        ]
    )
    grouped = found.groupby(["left", "right", "rule"], as_index=False)["doubt"].min().groupby(["left", "right"])
    total = grouped.agg(doubt=("doubt", "prod"), rules=("rule", "sum")).reset_index()
    named = {bits: _named(bits, rules) for bits in total["rules"].unique()}
    return pd.DataFrame(
        {
            "left": total["left"].astype("int64"),
            "right": total["right"].astype("int64"),
            "score": (1 - total["doubt"]).clip(upper=_SUREST).astype("float64"),
            "reasons": total["rules"].map(named).astype("str"),
        }
    )


def _named(bits: int, rules: Sequence[str]) -> str:
    return ";".join(rule for place, rule in enumerate(rules) if bits >> place & 1)

"""Which records are compared at all: those that share something exactly. Rows are places in a frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Rows = NDArray[np.int64]

# In a group of this size everybody is compared with everybody; in a larger one, with the next so many in order.
WINDOW = 20
# What more records than this have in common tells nothing about any of them.
CROWD = 200


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of rows, `left` below `right`, each once; `crowded` rows were not compared for having too much company."""

    left: Rows
    right: Rows
    crowded: int = 0

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.left)

    def where(self, mask: NDArray[np.bool_]) -> "Pairs":
        """Return the pairs of a mask."""
        return Pairs(self.left[mask], self.right[mask], self.crowded)


def codes(*columns: pa.Array) -> Rows:
    """Return a number for each row that is the same where all columns are; -1 where any is null."""
    joined, known = np.zeros(len(columns[0]), np.int64), np.ones(len(columns[0]), bool)
    for column in columns:
        encoded = column.dictionary_encode()
        own = pc.fill_null(encoded.indices, -1).to_numpy().astype(np.int64)
        # Counted anew each time, so that the numbers stay small.
        _, joined = np.unique(joined * (len(encoded.dictionary) + 1) + own + 1, return_inverse=True)
        known &= own >= 0
    return np.where(known, joined, -1)


def sharing(groups: Rows, *, rows: Rows | None = None, order: Sequence[pa.Array] = (), crowd: int = CROWD) -> Pairs:
    """Return the pairs of rows whose group is the same; -1 is no group.

    `rows` says which row each entry of `groups` belongs to, by default its own. In groups of more than WINDOW, only
    neighbours in the given order are compared; groups of more than `crowd` rows are left out.
    """
    rows = np.arange(len(groups)) if rows is None else rows
    ranks = [_ranks(each) for each in reversed(order)]
    sequence = np.lexsort((rows, *ranks, groups))
    sequence = sequence[groups[sequence] >= 0]
    groups, rows = groups[sequence], rows[sequence]
    sizes = np.bincount(groups, minlength=1)[groups] if len(groups) else groups
    crowded = len(np.unique(rows[sizes > crowd]))
    groups, rows = groups[sizes <= crowd], rows[sizes <= crowd]
    found = [np.zeros((0, 2), np.int64)]
    for step in range(1, min(WINDOW, len(rows))):
        same = groups[step:] == groups[:-step]
        if not same.any():
            break
        found.append(np.stack([rows[:-step][same], rows[step:][same]], axis=1))
    return distinct(np.concatenate(found), crowded)


def distinct(pairs: NDArray[np.int64], crowded: int = 0) -> Pairs:
    """Return pairs of two different rows in order, each once."""
    ordered = np.sort(pairs, axis=1)
    ordered = np.unique(ordered[ordered[:, 0] < ordered[:, 1]], axis=0)
    return Pairs(ordered[:, 0], ordered[:, 1], crowded)


def joined(*found: Pairs) -> Pairs:
    """Return the pairs of all."""
    pairs = [np.stack([each.left, each.right], axis=1) for each in found]
    return distinct(np.concatenate(pairs), sum(each.crowded for each in found))


def _ranks(column: pa.Array) -> Rows:
    words = column.dictionary_encode()
    places = np.argsort(np.argsort(words.dictionary.to_numpy(zero_copy_only=False), kind="stable"))
    ranks: Rows = np.append(places, len(places))[pc.fill_null(words.indices, -1).to_numpy()]
    return ranks

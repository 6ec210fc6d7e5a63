"""Known duplicates: records drawn to stand for the same person or company as an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hubspot.sandbox.columns import Mask, Rows
from hubspot.sandbox.tables import Table

TWIN_SHARE = 0.015


@dataclass(frozen=True)
class Twins:
    """Rows of duplicates, ascending, with the row each of them duplicates and the kind: an index into `names`.

    A kind says what gives a duplicate away. The same record may have several, but no duplicate has duplicates itself.
    """

    rows: Rows
    originals: Rows
    kinds: npt.NDArray[np.int8]
    names: tuple[str, ...]

    def of_kind(self, *names: str) -> tuple[Rows, Rows]:
        """Return the rows of duplicates of these kinds, and of the records they duplicate."""
        chosen = np.isin(self.kinds, [self.names.index(name) for name in names])
        return self.rows[chosen], self.originals[chosen]

    def spread(self, values: npt.NDArray[Any], *names: str) -> npt.NDArray[Any]:
        """Return values by row in which duplicates, of these kinds or of all, have what their originals have."""
        rows, originals = self.of_kind(*(names or self.names))
        copied = values.copy()
        copied[rows] = values[originals]
        return copied

    def mask(self, size: int, *names: str) -> Mask:
        """Return which of `size` rows are duplicates of these kinds, or of any, or have one."""
        involved = np.zeros(size, dtype=bool)
        for rows in self.of_kind(*(names or self.names)):
            involved[rows] = True
        return involved


def draw_twins(table: Table, names: tuple[str, ...], weights: Sequence[float]) -> Twins:
    """Draw which live rows of a table duplicate an earlier live one, and how."""
    chosen = table.chance("twin", TWIN_SHARE) & table.drawn_live
    chosen[:1] = False
    rows = np.flatnonzero(chosen)
    originals = (table.uniform("twin.of")[rows].astype(np.float64) * rows).astype(np.int64)
    sound = ~chosen[originals] & table.drawn_live[originals]
    kinds = table.pick("twin.kind", weights)[rows].astype(np.int8)
    return Twins(rows[sound], originals[sound], kinds[sound], names)
